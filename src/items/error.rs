//! Why something can't be done with an item.

use crate::access::NotAllowed;
use crate::base::{BodyError, limits};
use crate::broker::PublishError;
use crate::ledger::{AskError, LedgerError};

/// Why something can't be done with an item. Unless the storage or a queue is at fault, nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// The rules do not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// There is no such item of this kind.
    #[error("there is no such item")]
    Unknown,
    /// Another version holds than the one that was to be replaced, or another item has this name.
    #[error("version {version} holds")]
    Conflict {
        /// The version that holds.
        version: u32,
    },
    /// It is no more.
    #[error("the item is withdrawn")]
    Withdrawn,
    /// What it says breaks a rule.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It names no channel, or too many, or one twice.
    #[error("places are 1 to {} channels, each once", limits::ITEM_PLACES_MAX)]
    Places,
    /// It was edited too often.
    #[error("an item has at most {} versions: withdraw it and send another", limits::ITEM_VERSIONS_MAX)]
    Versions,
    /// It can't be published at the time that was asked for.
    #[error("publish_at is at most {} days ahead, and not for what is urgent", limits::SCHEDULE_AHEAD_MAX.as_secs() / 86_400)]
    Time,
    /// Whoever withdraws another's item says why.
    #[error("whoever withdraws another's item says why")]
    NoReason,
    /// The copies could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The registry could not be written or read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A queue is full, or the hub is shutting down.
    #[error("too much is asked at once")]
    Busy,
}

impl From<AskError> for ItemError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Failed(error) => Self::Ledger(error),
            AskError::Busy | AskError::Ended => Self::Busy,
        }
    }
}

impl ItemError {
    /// Whether the copies will never be published like this, so that the registry has to forget them.
    pub(super) fn is_final(&self) -> bool {
        let is_refused = |error: &PublishError| {
            matches!(
                error,
                PublishError::KeyReused | PublishError::TooManyUrgent { .. } | PublishError::ScheduleFull
            )
        };
        matches!(self, Self::Publish(error) if is_refused(error))
    }
}
