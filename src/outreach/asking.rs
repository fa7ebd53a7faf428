//! Asks what is answered by a callback, and waits for the answer.

use tokio::sync::oneshot;

use super::sources::{Given, Unknown};
use crate::ledger::{Answer, Busy};

/// Asks the ledger.
///
/// # Errors
/// [`Unknown`] if it was busy or failed, which it has logged.
pub(super) async fn ledger<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>) -> Result<(), Busy>,
) -> Result<T, Unknown> {
    let (answer, answered) = oneshot::channel();
    // Who asked may be gone: then nobody misses the answer.
    ask(Box::new(move |outcome| drop(answer.send(outcome)))).map_err(|Busy| Unknown)?;
    answered.await.map_err(|_| Unknown)?.map_err(|_| Unknown)
}

/// Asks the sources, or the choices.
///
/// # Errors
/// [`Unknown`] if that was the answer.
pub(super) async fn source<T: Send + 'static>(ask: impl FnOnce(Given<T>)) -> Result<T, Unknown> {
    let (answer, answered) = oneshot::channel();
    ask(Box::new(move |outcome| drop(answer.send(outcome))));
    answered.await.map_err(|_| Unknown)?
}
