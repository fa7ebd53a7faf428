//! Work that comes round by the machine's clock: looked to again and again until the hub drains.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::base::drain::DrainSignal;

/// Work that comes round.
pub(super) trait Round: Send + Sized + 'static {
    /// For the log, if it fails: what is not done any more then.
    const WORK: &'static str;
    /// Between two rounds.
    const INTERVAL: Duration;

    /// One round. It may read files, and wait for room in the shards' inboxes.
    fn look(&mut self);
}

/// Goes round until drained.
pub(super) async fn rounds(mut work: impl Round, mut drain: DrainSignal) {
    fn what<R: Round>(_: &R) -> (&'static str, Duration) {
        (R::WORK, R::INTERVAL)
    }
    let (name, interval) = what(&work);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = drain.raised() => return,
            _ = ticks.tick() => {}
        }
        let looked = tokio::task::spawn_blocking(move || {
            work.look();
            work
        });
        work = match looked.await {
            Ok(work) => work,
            Err(error) => return tracing::error!(%error, work = name, "is not done any more"),
        };
    }
}
