//! The size of the write-ahead log, as a connection that writes sees it, and when it is copied into the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use crate::base::limits;

use super::StoreError;

/// Pages in the write-ahead log after a connection's last commit.
#[derive(Debug)]
pub(super) struct LogPages(Arc<AtomicU32>);

impl LogPages {
    /// Counts from now on.
    pub(super) fn watch(db: &mut Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&pages);
        db.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self(pages))
    }

    /// Copies the log into the database if it has grown past [`limits::LOG_PAGES_BEFORE_CHECKPOINT`], so that its file is
    /// written again from the start.
    pub(super) fn checkpoint_if_due(&self, db: &Connection) -> Result<(), StoreError> {
        if self.0.load(Ordering::Relaxed) >= limits::LOG_PAGES_BEFORE_CHECKPOINT {
            db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE)?;
            self.0.store(0, Ordering::Relaxed);
        }
        Ok(())
    }
}
