//! Asking the broker and the ledger, and waiting for the answer: the work on digests has a thread of its own to wait on.

use flume::Receiver;

use crate::base::limits;
use crate::broker::{PublishError, ReadError};
use crate::ledger::{self, LedgerError};

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

impl From<ledger::Busy> for Trouble {
    fn from(_: ledger::Busy) -> Self {
        Self::Busy
    }
}

impl From<crate::broker::Busy> for Trouble {
    fn from(_: crate::broker::Busy) -> Self {
        Self::Busy
    }
}

/// Asks the ledger, and waits for it.
///
/// # Errors
/// As the ledger fails, is busy or late.
pub fn ask<T: Send + 'static>(
    request: impl FnOnce(ledger::Answer<T>) -> Result<(), ledger::Busy>,
) -> Result<T, Trouble> {
    let (answer, answered) = flume::bounded(1);
    // Nobody waits any more if it comes too late.
    request(Box::new(move |outcome| drop(answer.send(outcome))))?;
    Ok(next(&answered)??)
}

/// The next of some answers.
pub(super) fn next<T>(answers: &Receiver<T>) -> Result<T, Trouble> {
    answers.recv_timeout(limits::DIGEST_ANSWER_DEADLINE).map_err(|_| Trouble::Late)
}
