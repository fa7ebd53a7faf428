//! How far behind a shard is, for whoever decides how many more may come: written by the shard, read by one other thread.
//!
//! What is read is the worst since it was last read; a turn that has not ended counts as long as it lasts, so that a shard
//! which hangs is seen to hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::base::limits::POOL_GROUPS;
use crate::base::{Clock, MachineTime};
use crate::engine::Quotas;

/// No turn is under way.
const NO_TURN: u64 = 0;

/// The lags of one shard.
pub struct Lags {
    clock: Arc<dyn Clock>,
    /// When the turn that is under way began.
    turn_since_ms: AtomicU64,
    turn_ms: AtomicU64,
    fanout_ms: AtomicU64,
    charged: [AtomicUsize; POOL_GROUPS],
}

/// The lags of one shard since they were last read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// The longest turn of its loop, in milliseconds: what came meanwhile has waited as long.
    pub turn_ms: u64,
    /// The longest time from a commit to the last write to its subscribers, in milliseconds.
    pub fanout_ms: u64,
    /// What waits for its sockets, as charged to the pool, by group.
    pub charged: Quotas,
}

impl Lag {
    /// What waits for its sockets, as charged to the pool.
    pub fn charged_bytes(&self) -> usize {
        self.charged.iter().sum()
    }
}

impl Lags {
    /// No lag yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            turn_since_ms: AtomicU64::new(NO_TURN),
            turn_ms: AtomicU64::new(0),
            fanout_ms: AtomicU64::new(0),
            charged: Default::default(),
        }
    }

    /// Machine time now, on whichever thread asks.
    pub(super) fn now(&self) -> MachineTime {
        self.clock.machine()
    }

    /// The worst since the last reading. One thread reads.
    pub fn read(&self) -> Lag {
        let turn_since_ms = self.turn_since_ms.load(Ordering::Relaxed);
        let under_way_ms =
            if turn_since_ms == NO_TURN { 0 } else { self.now().0.saturating_sub(turn_since_ms) };
        Lag {
            turn_ms: self.turn_ms.swap(0, Ordering::Relaxed).max(under_way_ms),
            fanout_ms: self.fanout_ms.swap(0, Ordering::Relaxed),
            charged: std::array::from_fn(|group| self.charged[group].load(Ordering::Relaxed)),
        }
    }

    /// The shard has woken up.
    pub(super) fn turn_begins(&self) {
        self.turn_since_ms.store(self.now().0, Ordering::Relaxed);
    }

    /// The shard has done what there was, and the oldest commit among what it delivered was made then.
    pub(super) fn turn_ends(&self, delivered_from: Option<MachineTime>, charged: Quotas) {
        let now = self.now();
        let since_ms = self.turn_since_ms.swap(NO_TURN, Ordering::Relaxed);
        self.turn_ms.fetch_max(now.0.saturating_sub(since_ms), Ordering::Relaxed);
        if let Some(committed_at) = delivered_from {
            self.fanout_ms.fetch_max(now.0.saturating_sub(committed_at.0), Ordering::Relaxed);
        }
        for (told, charged) in self.charged.iter().zip(charged) {
            told.store(charged, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn the_worst_since_the_last_reading_is_told_and_a_turn_counts_while_it_lasts() {
        let clock = Arc::new(ManualClock::at(1_000_000));
        let lags = Lags::new(Arc::clone(&clock) as Arc<dyn Clock>);
        assert_eq!(lags.read(), Lag::default());
        let mut charged = Quotas::default();
        (charged[0], charged[3]) = (70, 7);
        for (turn_ms, fanout_ms) in [(30, 45), (10, 90)] {
            lags.turn_begins();
            clock.advance(Duration::from_millis(turn_ms));
            lags.turn_ends(Some(MachineTime(clock.machine().0 - fanout_ms)), charged);
        }
        assert_eq!(lags.read(), Lag { turn_ms: 30, fanout_ms: 90, charged });
        assert_eq!(lags.read().charged_bytes(), 77);
        assert_eq!(lags.read(), Lag { charged, ..Lag::default() });
        lags.turn_begins();
        clock.advance(Duration::from_secs(2));
        assert_eq!(lags.read().turn_ms, 2_000);
        clock.advance(Duration::from_secs(1));
        lags.turn_ends(None, Quotas::default());
        assert_eq!(lags.read(), Lag { turn_ms: 3_000, ..Lag::default() });
    }
}
