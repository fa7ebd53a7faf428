//! The embedded store: one SQLite database in one folder, held by one process.
//!
//! * **Durable.** The database is in WAL mode with `synchronous = FULL`: a commit returns after an `fdatasync` of the
//!   log. What the medium does with that is its own promise; see `docs/decisions/0002-embedded-store.md`.
//! * **One process.** The folder is locked for as long as a [`Store`] or a part of it lives. The log and the ledger have a
//!   writer each, which take turns.
//! * **One life, one epoch.** The epoch is drawn when the database is made or restored, and never changes otherwise.
//! * **A row is what was written, or an error.** Each publication carries a checksum that every read verifies.
//!
//! The store does not know threads, queues, sinks or who may read what.

pub mod backup;
mod deletion;
mod digests;
mod dossier;
mod epoch;
mod erase;
mod error;
mod extensions;
mod families;
mod hooks;
mod items;
mod ledger;
mod letters;
mod lock;
mod logins;
mod marks;
mod names;
mod pages;
mod reader;
mod receipts;
mod replace;
mod row;
mod schedule;
mod schema;
mod target;
mod urgent;
mod writer;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::base::{Epoch, limits};

pub use backup::{BackupError, RestoreError, backup, restore};
pub use digests::{DigestRow, EveningRow, PreferenceRow};
pub use dossier::Dossier;
pub use epoch::{DrawError, draw_epoch};
pub use erase::Erased;
pub use error::StoreError;
pub use extensions::ExtensionRow;
pub use families::CutRow;
pub use hooks::{HookEndpointRow, HookEventRow};
pub use items::ItemRow;
pub use ledger::{AuditRow, LedgerBatch, LedgerRows};
pub use letters::LetterRow;
pub use logins::{LoginColumn, LoginRow};
pub use marks::{DoneRow, MarkedRow};
pub use reader::{End, LogReader, Past, Range, Snapshot};
pub use receipts::ReceiptRow;
pub use replace::Replacing;
pub use schedule::Taken;
pub use writer::{Batch, LogWriter, Placed, Release, Slice};

use lock::Lock;

/// The database's name in its folder. SQLite puts `-wal` and `-shm` beside it.
pub const DATABASE: &str = "preau.db";

/// How long a connection waits for another process's short lock (a backup that begins or ends).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What an operator decides about a store.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The epoch of a database that does not exist yet: from [`draw_epoch`].
    pub fresh_epoch: Epoch,
    /// Pages of 4 KiB that the database file may grow to; `None` for as many as the disk holds. Reached: commits fail
    /// with [`StoreError::Full`] until retention makes room.
    pub pages_max: Option<u32>,
}

/// Why a store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made, locked or synced.
    #[error("the data folder can't be used: {0}")]
    Folder(#[source] io::Error),
    /// Another process holds the store.
    #[error("another process uses this data folder")]
    InUse,
    /// The database was written by a newer version of this program.
    #[error("the database has schema version {found}, this program knows up to {known}: use a newer program")]
    Newer {
        /// The version in the file.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file is a database of another program.
    #[error("the file is a database, but not of this program")]
    Foreign,
    /// The file is damaged: restore a backup.
    #[error("the database is damaged; restore a backup")]
    Damaged,
    /// It failed otherwise.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged => Self::Damaged,
            other => Self::Store(other),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// An open store. Its writer and readers share the folder's lock, so they may outlive it.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    lock: Arc<Lock>,
    epoch: Epoch,
    pages_max: Option<u32>,
    turn: Arc<Mutex<()>>,
}

impl Store {
    /// Opens the store in a folder. Makes what does not exist, brings an older schema up to date, checks a database
    /// of at most [`limits::CHECKED_AT_OPEN_BYTES_MAX`].
    ///
    /// # Errors
    /// See [`OpenError`]. A database that is refused is left as it was.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        Self::open_with(folder, settings, schema::STEPS)
    }

    fn open_with(folder: &Path, settings: Settings, steps: &[&str]) -> Result<Self, OpenError> {
        make_folder(folder).map_err(OpenError::Folder)?;
        let lock = Arc::new(Lock::take(folder)?);
        let path = folder.join(DATABASE);
        let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::refuse_unknown(&db, steps)?;
        if std::fs::metadata(&path).map_err(OpenError::Folder)?.len() <= limits::CHECKED_AT_OPEN_BYTES_MAX {
            check(&db)?;
        }
        make_durable(&db)?;
        let epoch = schema::migrate(&mut db, steps, settings.fresh_epoch)?;
        sync_folder(folder).map_err(OpenError::Folder)?;
        Ok(Self { path, lock, epoch, pages_max: settings.pages_max, turn: Arc::default() })
    }

    /// The store's present life.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The connection that appends and removes. There is to be one.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn writer(&self) -> Result<LogWriter, StoreError> {
        LogWriter::new(self.writing()?, Arc::clone(&self.turn), Arc::clone(&self.lock))
    }

    /// The connection that writes and reads the ledger. There is to be one.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn ledger(&self) -> Result<LedgerRows, StoreError> {
        LedgerRows::new(self.writing()?, Arc::clone(&self.turn), Arc::clone(&self.lock))
    }

    fn writing(&self) -> Result<Connection, StoreError> {
        let db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        make_durable(&db)?;
        if let Some(pages) = self.pages_max {
            db.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(db)
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn reader(&self) -> Result<LogReader, StoreError> {
        // The connection that is closed last empties the write-ahead log: one that SQLite opened to read could not.
        let db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.pragma_update(None, "query_only", true)?;
        Ok(LogReader::new(db, self.epoch, Arc::clone(&self.lock)))
    }
}

impl Store {
    /// A connection that reads what is kept about one account.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn dossier(&self) -> Result<Dossier, StoreError> {
        let db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.pragma_update(None, "query_only", true)?;
        Ok(Dossier::new(db, Arc::clone(&self.lock)))
    }
}

/// A connection for one thread: SQLite's own mutex is not needed.
fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    // Kibibytes, by SQLite's convention of a negative number.
    db.pragma_update(None, "cache_size", -8_192)?;
    db.set_prepared_statement_cache_capacity(32);
    // Or SQLite looks at the number behind a `LIMIT ?`, and compiles the statement anew each time that one is bound.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

/// WAL with an `fdatasync` in each commit. Pages are copied into the database by the writer when it has time, not by
/// SQLite within a commit.
fn make_durable(db: &Connection) -> Result<(), StoreError> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(())
}

/// Checks every page, and every index against its table: a name that is lost from its index would begin a channel anew.
/// The findings are not repeated: they can hold what is in the rows.
fn check(db: &Connection) -> Result<(), StoreError> {
    let verdict: String = db.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged) }
}

/// Makes a folder and those above it that are missing, and their names durable.
fn make_folder(folder: &Path) -> io::Result<()> {
    let named = |path: &&Path| !path.as_os_str().is_empty();
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| named(path) && !path.exists()).collect();
    std::fs::create_dir_all(folder)?;
    // A relative path of one name lies in the present folder.
    missing.iter().try_for_each(|made| sync_folder(made.parent().filter(named).unwrap_or(Path::new("."))))
}

/// Makes the names in a folder as durable as the files they name.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
