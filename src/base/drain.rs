//! The signal that ends everything: raised once, seen by every task that waits for it.

use tokio::sync::watch;

/// Raises the signal. Dropping it raises it too, so that no task outlives its owner.
#[derive(Debug)]
pub struct Drain(watch::Sender<bool>);

/// Waits for the signal. Clones wait for the same one.
#[derive(Debug, Clone)]
pub struct DrainSignal(watch::Receiver<bool>);

/// A new signal and what waits for it.
pub fn drain() -> (Drain, DrainSignal) {
    let (sender, receiver) = watch::channel(false);
    (Drain(sender), DrainSignal(receiver))
}

impl Drain {
    /// Raises the signal. Raising it again does nothing.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }
}

impl DrainSignal {
    /// Returns once the signal has been raised.
    pub async fn raised(&mut self) {
        // An error means that the sender is gone, which counts as raised.
        let _ = self.0.wait_for(|raised| *raised).await;
    }

    /// Whether it has been raised.
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }
}
