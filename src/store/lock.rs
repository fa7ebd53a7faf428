//! The lock that keeps a second process away from a data folder. It ends with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::OpenError;

/// The lock file's name. It stays when the lock is given back: removing it would let two processes lock two files.
const FILE: &str = "preau.lock";

/// Held while it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process, or another store in this one, holds it.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(FILE))
            .map_err(OpenError::Folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => Err(OpenError::Folder(error)),
        }
    }
}
