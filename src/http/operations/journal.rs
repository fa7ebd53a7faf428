//! What operators have done, and what they have decided that still holds, as the edge sees it. Implemented by the
//! composition root over the disk; tests keep it in memory.
//!
//! A decision and the entry that says so are one write: either both are there after a crash, or neither is.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Keeps the audit log and what was decided. Each call waits for the disk.
pub trait Journal: Send + Sync + 'static {
    /// Appends an entry; if it names a setting, what stands after it is that setting from now on. The entry's number.
    ///
    /// # Errors
    /// See [`JournalError`]. Nothing was written.
    fn append(&self, entry: NewEntry) -> Result<u64, JournalError>;

    /// A page of the log, newest first: before an entry, or from the end.
    ///
    /// # Errors
    /// See [`JournalError`].
    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, JournalError>;
}

/// Why the journal could not be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Too much waits for it. Nothing was done; asking again may help.
    #[error("the audit log is busy")]
    Busy,
    /// There is no room for more.
    #[error("the audit log has no room")]
    Full,
    /// The storage is damaged or unreachable.
    #[error("the audit log can't be written or read")]
    Failed,
}

/// How an operator's act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in force.
    Done,
    /// It was tried, and changed nothing.
    DryRun,
    /// It was refused, and changed nothing.
    Refused,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewEntry {
    /// Machine time in milliseconds since 1970.
    pub machine_time: u64,
    /// School time in milliseconds since 1970.
    pub school_time: i64,
    /// An account of the roster, or a name on the machine with `@local`.
    pub who: String,
    /// What was done: `limits`, `window`, `withdraw`, `suspend`, `calendar`, `notice`, `kick`, `lift`, `link`, `posting`,
    /// `webhook`, `export`, `erase` or `drain`.
    pub what: String,
    /// Where: `hub`, a role, a school, a class or an account.
    pub scope: String,
    /// The reason given.
    pub why: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The setting that it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// What stood there before.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    pub before: Value,
    /// What stands there since, or would stand there.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    pub after: Value,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its number, higher than those of all earlier entries.
    pub id: u64,
    /// What it says.
    #[serde(flatten)]
    pub entry: NewEntry,
}
