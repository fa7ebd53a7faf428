//! How the store fails, told apart by what an operator can do about it.

use rusqlite::ErrorCode;

/// Why a read or a write failed. Nothing of a failed write is in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the configured size, has no room.
    #[error("the storage is full")]
    Full,
    /// The file holds what this program can't have written.
    #[error("the database is damaged")]
    Damaged,
    /// SQLite or the disk under it failed otherwise.
    #[error("the database failed: {0}")]
    Failed(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
        };
        match &error {
            FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..) => Self::Damaged,
            _ => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Self::Full,
                // A constraint can only fail when an index and its table disagree.
                Some(
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation,
                ) => Self::Damaged,
                _ => Self::Failed(error),
            },
        }
    }
}
