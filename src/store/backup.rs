//! A copy of the whole store while it runs, and a new life from such a copy.
//!
//! A backup is one file: the database at one moment, checked and synced before it gets its name. A restored store
//! begins a new epoch, because the copy may be older than what readers have seen: their positions must not fit.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::base::{Epoch, limits};

use super::lock::Lock;
use super::{DATABASE, OpenError, StoreError, check, connect, make_folder, schema, sync_folder};

/// How far a copy is, in pages of 4 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pages copied.
    pub copied: u64,
    /// Pages altogether.
    pub total: u64,
}

/// Why there is no new backup. An older one under the same name is still there.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The data folder holds no database.
    #[error("there is no database in this data folder")]
    NoStore,
    /// The backup would take the place of the store's own files.
    #[error("a backup can't lie in the data folder under one of the database's own names")]
    OntoStore,
    /// The destination can't be written, synced or named.
    #[error("the backup can't be written: {0}")]
    Destination(#[source] io::Error),
    /// The database can't be read, or the copy can't be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is of another program or a newer version.
    #[error(transparent)]
    Refused(OpenError),
}

/// Why nothing was restored. The data folder is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup does not exist.
    #[error("there is no backup at this path")]
    NoBackup,
    /// The data folder already holds a database: it is never overwritten.
    #[error("the data folder already holds a database; move it away first")]
    Occupied,
    /// The backup is damaged, of another program or of a newer version, or the data folder is in use.
    #[error(transparent)]
    Refused(#[from] OpenError),
    /// The data folder can't be written.
    #[error("the data folder can't be written: {0}")]
    Folder(#[source] io::Error),
}

/// Copies the store in `folder` to the file `destination`, whether a hub is running on it or not. Returns its pages.
///
/// The copy shows one moment. While it is made, the running hub's write-ahead log grows instead of being reused.
///
/// # Errors
/// See [`BackupError`].
pub fn backup(
    folder: &Path,
    destination: &Path,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<u64, BackupError> {
    let source = folder.join(DATABASE);
    if !source.is_file() {
        return Err(BackupError::NoStore);
    }
    let home = home(destination).map_err(BackupError::Destination)?;
    refuse_own_names(folder, &home, destination)?;
    let db = connect(&source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    schema::refuse_unknown(&db, schema::STEPS).map_err(BackupError::Refused)?;
    // An open read holds the moment: without it each commit of the hub would make the copy start over.
    db.execute_batch("BEGIN")?;
    schema::epoch(&db)?;
    let partial = Partial::beside(destination);
    let pages = copy(&db, &partial.0, on_progress)?;
    partial.keep_as(destination, &home).map_err(BackupError::Destination)?;
    Ok(pages)
}

/// Makes a store in `folder` from a backup, with `epoch` as its new life.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore(
    backup: &Path,
    folder: &Path,
    epoch: Epoch,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Epoch, RestoreError> {
    if !backup.is_file() {
        return Err(RestoreError::NoBackup);
    }
    make_folder(folder).map_err(RestoreError::Folder)?;
    let _lock = Lock::take(folder)?;
    let destination = folder.join(DATABASE);
    // A log without its database would be taken for the restored one's.
    for name in own_names() {
        if folder.join(name).exists() {
            return Err(RestoreError::Occupied);
        }
    }
    let db = connect(backup, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(OpenError::from)?;
    schema::refuse_unknown(&db, schema::STEPS)?;
    check(&db).map_err(OpenError::from)?;
    let partial = Partial::beside(&destination);
    copy(&db, &partial.0, on_progress).map_err(OpenError::from)?;
    let epoch = renew(&partial.0, epoch).map_err(OpenError::from)?;
    partial.keep_as(&destination, folder).map_err(RestoreError::Folder)?;
    Ok(epoch)
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies a database into a new file, in steps, and checks it. The file has no log beside it.
fn copy(source: &Connection, to: &Path, on_progress: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut copy = connect(to, flags)?;
    let step = i32::try_from(limits::BACKUP_STEP_PAGES).unwrap_or(i32::MAX);
    let total = {
        let backup = Backup::new(source, &mut copy)?;
        loop {
            let outcome = backup.step(step)?;
            let now = backup.progress();
            let total = u64::try_from(now.pagecount).unwrap_or(0);
            let copied = total.saturating_sub(u64::try_from(now.remaining).unwrap_or(0));
            on_progress(Progress { copied, total });
            if outcome == StepResult::Done {
                break total;
            }
        }
    };
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    check(&copy)?;
    Ok(total)
}

/// Gives a copy its new epoch, which is never its old one.
fn renew(path: &Path, epoch: Epoch) -> Result<Epoch, StoreError> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let epoch = if schema::epoch(&db)? == epoch { Epoch(epoch.0.wrapping_add(1)) } else { epoch };
    db.execute("UPDATE store SET epoch = ?1", [epoch.0])?;
    Ok(epoch)
}

/// A file that is being written beside its place. Dropped, it is removed.
struct Partial(PathBuf);

impl Partial {
    fn beside(destination: &Path) -> Self {
        let mut name = destination.file_name().unwrap_or_default().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let partial = Self(destination.with_file_name(name));
        partial.remove();
        partial
    }

    /// Syncs the file, gives it its name, and syncs the name.
    fn keep_as(self, destination: &Path, home: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        std::fs::rename(&self.0, destination)?;
        sync_folder(home)
    }

    fn remove(&self) {
        // It is usually not there, and a leftover is overwritten by the next attempt.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The folder that a file is to lie in.
fn home(file: &Path) -> io::Result<PathBuf> {
    if file.file_name().is_none() || file.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "name a file, not a folder"));
    }
    match file.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(PathBuf::from(".")),
        Some(parent) => Ok(parent.to_owned()),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

fn refuse_own_names(folder: &Path, home: &Path, destination: &Path) -> Result<(), BackupError> {
    let same_folder = home.canonicalize().map_err(BackupError::Destination)?
        == folder.canonicalize().map_err(BackupError::Destination)?;
    let own =
        own_names().iter().any(|name| destination.file_name().is_some_and(|file| file == name.as_str()));
    if same_folder && own { Err(BackupError::OntoStore) } else { Ok(()) }
}

/// The names that SQLite uses in a data folder.
fn own_names() -> [String; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| format!("{DATABASE}{suffix}"))
}
