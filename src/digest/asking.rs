//! Waiting for what the broker answers, and why a step was not done: the work on digests has a thread of its own to wait on.

use flume::Receiver;

use crate::base::limits;
use crate::broker::{PublishError, ReadError};
use crate::ledger::{AskError, LedgerError};

/// Why a step was not done. It is tried again: what it had done already is found done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A queue is full.
    #[error("a queue is full")]
    Busy,
    /// No answer came in time.
    #[error("no answer came in time")]
    Late,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The broker could not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The broker could not publish.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl From<AskError> for Trouble {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Busy => Self::Busy,
            AskError::Failed(error) => Self::Ledger(error),
            AskError::Ended => Self::Late,
        }
    }
}

impl From<crate::broker::Busy> for Trouble {
    fn from(_: crate::broker::Busy) -> Self {
        Self::Busy
    }
}

/// The next of some answers.
pub(super) fn next<T>(answers: &Receiver<T>) -> Result<T, Trouble> {
    answers.recv_timeout(limits::DIGEST_ANSWER_DEADLINE).map_err(|_| Trouble::Late)
}
