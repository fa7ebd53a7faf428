//! Work that comes round by the machine's clock: looked to again and again until the hub drains.

use std::convert::Infallible;
use std::io;
use std::thread;
use std::time::Duration;

use flume::RecvTimeoutError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::base::drain::DrainSignal;

/// Work that comes round.
pub(super) trait Round: Send + Sized + 'static {
    /// For the log, if it fails: what is not done any more then.
    const WORK: &'static str;
    /// Between two rounds.
    const INTERVAL: Duration;
    /// The same after a round that found nothing to do: a hub at rest is to wake up seldom.
    const IDLE_INTERVAL: Duration = Self::INTERVAL;

    /// One round. It may read files, and wait for room in the shards' inboxes.
    fn look(&mut self);

    /// Whether the last round found nothing to do.
    fn is_idle(&self) -> bool {
        false
    }
}

/// Goes round on a thread of its own until drained. Each round then wakes up one thread and no other, which is most of what a
/// hub at rest costs.
///
/// # Errors
/// The operating system's, if it has no thread to give; one that says so if the work panicked.
pub(super) async fn rounds<R: Round>(mut work: R, mut drain: DrainSignal) -> io::Result<()> {
    let (awake, bell) = flume::bounded::<Infallible>(1);
    let (running, mut ended) = oneshot::channel::<Infallible>();
    let runtime = Handle::current();
    let thread = thread::Builder::new().name("preau-round".into()).spawn(move || {
        let (_runtime, _running) = (runtime.enter(), running);
        let mut rest = Duration::ZERO;
        while matches!(bell.recv_timeout(rest), Err(RecvTimeoutError::Timeout)) {
            work.look();
            rest = if work.is_idle() { R::IDLE_INTERVAL } else { R::INTERVAL };
        }
    })?;
    tokio::select! {
        () = drain.raised() => {
            drop(awake);
            let _ = ended.await;
        }
        _ = &mut ended => {}
    }
    thread.join().map_err(|_| io::Error::other(format!("{} is not done any more: it panicked", R::WORK)))
}
