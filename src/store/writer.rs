//! The one connection that appends to the log and removes from it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::base::{Channel, Kind, NewPublication, Offset, SchoolTime, limits};

use super::StoreError;
use super::lock::Lock;
use super::row::{self, AuthorKey, ChannelKey, Columns};

/// Appends and removes. There is one per store.
#[derive(Debug)]
pub struct LogWriter {
    db: Connection,
    /// Pages in the write-ahead log after the last commit.
    log_pages: Arc<AtomicU32>,
    _lock: Arc<Lock>,
}

/// What became of one publication of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It has a new place.
    New {
        /// The place.
        offset: Offset,
        /// The end of the channel's log before it.
        previous: Offset,
    },
    /// The same publication is already in the log.
    Known(Offset),
    /// Another publication has its key.
    KeyReused,
}

/// A batch that was appended and not committed. Dropping it takes it back.
#[derive(Debug)]
pub struct Batch<'a> {
    transaction: Transaction<'a>,
    placed: Vec<Placed>,
}

impl Batch<'_> {
    /// What became of each publication, in the order of the batch.
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// Puts the batch on stable storage.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the batch is then in the log.
    pub fn commit(self) -> Result<Vec<Placed>, StoreError> {
        self.transaction.commit()?;
        Ok(self.placed)
    }
}

/// What one step of retention removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Publications.
    pub removed: usize,
    /// The channels they were in.
    pub channels: HashSet<Channel>,
}

impl LogWriter {
    pub(super) fn new(mut db: Connection, lock: Arc<Lock>) -> Result<Self, StoreError> {
        let log_pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&log_pages);
        db.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { db, log_pages, _lock: lock })
    }

    /// Appends publications in their order, in one transaction that the caller commits.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the batch is then in the log.
    pub fn append<'a>(
        &mut self,
        batch: impl IntoIterator<Item = &'a NewPublication>,
    ) -> Result<Batch<'_>, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let placed = batch.into_iter().map(|new| place(&transaction, new)).collect::<Result<_, _>>()?;
        Ok(Batch { transaction, placed })
    }

    /// Removes and commits at most [`limits::TRIM_SLICE`] publications of a kind that were published before an
    /// instant, oldest first. Their idempotency keys go with them; their offsets are never given again.
    ///
    /// # Errors
    /// As SQLite fails; nothing is then removed.
    pub fn trim(&mut self, kind: Kind, before: SchoolTime) -> Result<Slice, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let old: Vec<(i64, i64)> = transaction
            .prepare_cached(
                "SELECT channel, offset FROM publication INDEXED BY publication_age
                 WHERE kind = ?1 AND published_at < ?2 ORDER BY published_at LIMIT ?3",
            )?
            .query_map(params![kind as u8, before.0, row::count_to_sql(limits::TRIM_SLICE)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut channels = HashSet::new();
        for &(channel, offset) in &old {
            transaction
                .prepare_cached("DELETE FROM publication WHERE channel = ?1 AND offset = ?2")?
                .execute([channel, offset])?;
            let name: String = transaction
                .prepare_cached(
                    "UPDATE channel SET trimmed_through = max(trimmed_through, ?2) WHERE id = ?1 RETURNING name",
                )?
                .query_row([channel, offset], |row| row.get(0))?;
            channels.insert(Channel::parse(&name).map_err(|_| StoreError::Damaged)?);
        }
        transaction.commit()?;
        Ok(Slice { removed: old.len(), channels })
    }

    /// Commits a publication of the largest size and its removal as one transaction: whether there is room, whether the
    /// tables can be written and whether the medium takes a commit. It leaves nothing, and nobody can see it.
    ///
    /// # Errors
    /// As SQLite fails, and as an append would.
    pub fn probe(&mut self) -> Result<(), StoreError> {
        // An empty name can't belong to a channel or an account.
        const NOBODY: &str = "";
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("INSERT INTO channel (name) VALUES (?1)", [NOBODY])?;
        let channel = transaction.last_insert_rowid();
        transaction.execute("INSERT INTO author (name) VALUES (?1)", [NOBODY])?;
        let author = transaction.last_insert_rowid();
        transaction.execute(
            "INSERT INTO publication
                (channel, offset, kind, audience, author, published_at, checksum, message_id, body)
             VALUES (?1, 1, 0, 0, ?2, 0, 0, '', ?3)",
            params![channel, author, " ".repeat(limits::MESSAGE_BYTES_MAX)],
        )?;
        transaction.execute("DELETE FROM publication WHERE channel = ?1", [channel])?;
        transaction.execute("DELETE FROM author WHERE id = ?1", [author])?;
        transaction.execute("DELETE FROM channel WHERE id = ?1", [channel])?;
        Ok(transaction.commit()?)
    }

    /// Copies the write-ahead log into the database if it has grown past
    /// [`limits::LOG_PAGES_BEFORE_CHECKPOINT`], so that its file is written again from the start.
    ///
    /// # Errors
    /// As SQLite fails; the log then stays and grows, and nothing is lost.
    pub fn checkpoint_if_due(&mut self) -> Result<(), StoreError> {
        if self.log_pages.load(Ordering::Relaxed) >= limits::LOG_PAGES_BEFORE_CHECKPOINT {
            self.db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE)?;
            self.log_pages.store(0, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn place(db: &Connection, new: &NewPublication) -> Result<Placed, StoreError> {
    let (channel, previous) = channel(db, &new.channel)?;
    let author = author(db, new.author.as_str())?;
    if let Some(known) = known(db, channel, author, new)? {
        return Ok(known);
    }
    let offset = previous.next();
    let columns = Columns {
        channel,
        offset,
        kind: new.body.kind(),
        audience: new.audience,
        author,
        author_name: new.author.as_str(),
        published_at: new.published_at,
        message_id: new.message_id.as_str(),
        body: new.body.json(),
    };
    db.prepare_cached(
        "INSERT INTO publication
            (channel, offset, kind, audience, author, published_at, checksum, message_id, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        channel.0,
        row::to_sql(offset),
        columns.kind as u8,
        columns.audience.bits(),
        author.0,
        columns.published_at.0,
        columns.checksum(),
        columns.message_id,
        columns.body,
    ])?;
    db.prepare_cached("UPDATE channel SET last = ?2 WHERE id = ?1")?
        .execute([channel.0, row::to_sql(offset)])?;
    Ok(Placed::New { offset, previous })
}

/// The channel's number and the end of its log.
fn channel(db: &Connection, channel: &Channel) -> Result<(ChannelKey, Offset), StoreError> {
    let name = channel.to_string();
    let found = db
        .prepare_cached("SELECT id, last FROM channel WHERE name = ?1")?
        .query_row([&name], |row| Ok((ChannelKey(row.get(0)?), row.get(1)?)))
        .optional()?;
    if let Some((key, last)) = found {
        return Ok((key, row::offset_from(last)?));
    }
    db.prepare_cached("INSERT INTO channel (name) VALUES (?1)")?.execute([&name])?;
    Ok((ChannelKey(db.last_insert_rowid()), Offset::START))
}

fn author(db: &Connection, name: &str) -> Result<AuthorKey, StoreError> {
    let found = db
        .prepare_cached("SELECT id FROM author WHERE name = ?1")?
        .query_row([name], |row| row.get(0).map(AuthorKey))
        .optional()?;
    if let Some(key) = found {
        return Ok(key);
    }
    db.prepare_cached("INSERT INTO author (name) VALUES (?1)")?.execute([name])?;
    Ok(AuthorKey(db.last_insert_rowid()))
}

/// What the log already holds under the publication's key. The time is no part of the comparison: a client that asks
/// again does so later.
fn known(
    db: &Connection,
    channel: ChannelKey,
    author: AuthorKey,
    new: &NewPublication,
) -> Result<Option<Placed>, StoreError> {
    let found: Option<(i64, bool)> = db
        .prepare_cached(
            "SELECT offset, kind = ?4 AND audience = ?5 AND body = ?6 FROM publication
             WHERE author = ?1 AND channel = ?2 AND message_id = ?3",
        )?
        .query_row(
            params![
                author.0,
                channel.0,
                new.message_id.as_str(),
                new.body.kind() as u8,
                new.audience.bits(),
                new.body.json()
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    match found {
        None => Ok(None),
        Some((offset, true)) => row::offset_from(offset).map(|offset| Some(Placed::Known(offset))),
        Some((_, false)) => Ok(Some(Placed::KeyReused)),
    }
}
