//! Work that comes round by the machine's clock: looked to again and again until the hub drains.

use std::convert::Infallible;
use std::io;
use std::thread;
use std::time::Duration;

use flume::RecvTimeoutError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

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
/// hub at rest costs; and rounds of the same interval, or of a multiple, do so on one beat, counted from `start`: the second to
/// wake up finds a processor that is awake.
///
/// # Errors
/// The operating system's, if it has no thread to give; one that says so if the work panicked.
pub(super) async fn rounds<R: Round>(mut work: R, start: Instant, mut drain: DrainSignal) -> io::Result<()> {
    let (awake, bell) = flume::bounded::<Infallible>(1);
    let (running, mut ended) = oneshot::channel::<Infallible>();
    let runtime = Handle::current();
    let thread = thread::Builder::new().name("preau-round".into()).spawn(move || {
        let (_runtime, _running) = (runtime.enter(), running);
        let mut rest = Duration::ZERO;
        while matches!(bell.recv_timeout(rest), Err(RecvTimeoutError::Timeout)) {
            work.look();
            let interval = if work.is_idle() { R::IDLE_INTERVAL } else { R::INTERVAL };
            rest = until_beat(interval, start.elapsed());
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

/// How long to rest until the next beat after so much time; at least half an interval, so that work that takes long rests too.
fn until_beat(interval: Duration, past: Duration) -> Duration {
    let beyond = past.as_nanos() % interval.as_nanos().max(1);
    let left = interval.saturating_sub(Duration::from_nanos(u64::try_from(beyond).unwrap_or_default()));
    if left < interval / 2 { left + interval } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_meet_on_a_beat_and_rest_for_half_an_interval_at_least() {
        let rest = |interval, past| until_beat(Duration::from_millis(interval), Duration::from_millis(past));
        assert_eq!(rest(500, 1_000), Duration::from_millis(500));
        assert_eq!([rest(500, 1_003), rest(1_000, 1_003)], [497, 997].map(Duration::from_millis));
        assert_eq!(rest(500, 1_250), Duration::from_millis(250));
        assert_eq!(rest(500, 1_251), Duration::from_millis(749));
        assert_eq!(rest(0, 7), Duration::ZERO);
    }
}
