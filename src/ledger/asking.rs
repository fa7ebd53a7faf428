//! Asking the ledger and waiting for its answer: on threads that may wait, and in tasks. The one place that does.

use std::sync::mpsc::sync_channel;

use tokio::sync::oneshot;

use super::{Answer, Busy, LedgerError};

/// Why there is no answer to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The ledger is busy, or has shut down. Nothing was done.
    #[error("the ledger is busy")]
    Busy,
    /// It was asked, and failed.
    #[error(transparent)]
    Failed(#[from] LedgerError),
    /// It ended before it answered.
    #[error("the ledger ended before it answered")]
    Ended,
}

impl From<Busy> for AskError {
    fn from(Busy: Busy) -> Self {
        Self::Busy
    }
}

/// Asks, and blocks the thread until the answer is there, which is as long as a commit takes.
///
/// # Errors
/// See [`AskError`].
pub fn wait<T: Send + 'static>(ask: impl FnOnce(Answer<T>) -> Result<(), Busy>) -> Result<T, AskError> {
    let (answer, answered) = sync_channel(1);
    // There is room for the one answer, and somebody waits for it.
    ask(Box::new(move |outcome| drop(answer.send(outcome))))?;
    Ok(answered.recv().map_err(|_| AskError::Ended)??)
}

/// Asks, and lets the task wait for the answer.
///
/// # Errors
/// See [`AskError`].
pub async fn answered<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>) -> Result<(), Busy>,
) -> Result<T, AskError> {
    let (answer, answered) = oneshot::channel();
    // A task that was dropped meanwhile waits no more; what was written stands.
    ask(Box::new(move |outcome| drop(answer.send(outcome))))?;
    Ok(answered.await.map_err(|_| AskError::Ended)??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_is_answered_whatever_becomes_of_the_ledger() {
        let busy = |_: Answer<u8>| Err(Busy);
        let lost = |_: Answer<u8>| Ok(());
        let full = |answer: Answer<u8>| {
            answer(Err(LedgerError::StorageFull));
            Ok(())
        };
        let fine = |answer: Answer<u8>| {
            answer(Ok(7));
            Ok(())
        };
        let failed = Err(AskError::Failed(LedgerError::StorageFull));
        assert_eq!(
            [wait(busy), wait(lost), wait(full), wait(fine)],
            [Err(AskError::Busy), Err(AskError::Ended), failed, Ok(7)]
        );
        assert_eq!((answered(busy).await, answered(lost).await), (Err(AskError::Busy), Err(AskError::Ended)));
        assert_eq!((answered(full).await, answered(fine).await), (failed, Ok(7)));
    }
}
