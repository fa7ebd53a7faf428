//! Asks what is answered by a callback, and waits for the answer.

use tokio::sync::oneshot;

use super::sources::{Given, Unknown};

/// Asks the sources, or the choices.
///
/// # Errors
/// [`Unknown`] if that was the answer.
pub(super) async fn source<T: Send + 'static>(ask: impl FnOnce(Given<T>)) -> Result<T, Unknown> {
    let (answer, answered) = oneshot::channel();
    ask(Box::new(move |outcome| drop(answer.send(outcome))));
    answered.await.map_err(|_| Unknown)?
}
