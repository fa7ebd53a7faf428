//! Work that comes round by the machine's clock: looked to again and again until the hub drains.

use std::time::Duration;

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

/// Goes round until drained.
pub(super) async fn rounds(mut work: impl Round, mut drain: DrainSignal) {
    fn what<R: Round>(_: &R) -> (&'static str, Duration, Duration) {
        (R::WORK, R::INTERVAL, R::IDLE_INTERVAL)
    }
    let (name, interval, idle_interval) = what(&work);
    let mut rest = Duration::ZERO;
    loop {
        if tokio::time::timeout(rest, drain.raised()).await.is_ok() {
            return;
        }
        let looked = tokio::task::spawn_blocking(move || {
            work.look();
            work
        });
        work = match looked.await {
            Ok(looked) => looked,
            Err(error) => return tracing::error!(%error, work = name, "is not done any more"),
        };
        rest = if work.is_idle() { idle_interval } else { interval };
    }
}
