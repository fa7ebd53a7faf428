//! Those of one class who came in one minute and wait: how many are still there, and how far they were called.
//!
//! Nothing is kept of anybody in particular: sketches of who was seen in each of the last minutes, and a cursor.

use super::place::{Order, SECONDS};
use super::sketch::Sketch;

/// Minutes for which somebody who does not ask again is still counted, and the present one.
const SLOTS: usize = 6;
/// How fast those are given up who were called and do not come, in seconds. Nobody near the head was told to ask later than
/// in ten; and where seats come free one by one, each who was never there keeps one empty for as long.
const NO_SHOW_SECONDS: f64 = 15.0;
/// The same while admissions go unused: then most of them were never there, since all counts are estimates.
const NO_SHOW_SECONDS_IDLE: f64 = 10.0;

/// One class's minute.
pub(super) struct Bucket {
    /// Everybody below it was called.
    cursor: Order,
    /// About how many were called and have not come.
    called: f64,
    /// Who was seen, by minute: a ring.
    seen: [Option<Sketch>; SLOTS],
    /// The minute of the newest slot.
    seen_minute: u64,
    /// About how many are there, by the second in which they came. Right at each [`Bucket::count`].
    there: [f32; SECONDS],
    /// About how many of those were not called.
    uncalled: f64,
    is_stale: bool,
    /// About how many wait before this bucket. Set by the room's round.
    pub(super) before: f64,
}

fn slot(minute: u64) -> usize {
    usize::try_from(minute % SLOTS as u64).unwrap_or_default()
}

impl Bucket {
    /// An empty bucket.
    pub(super) fn new(minute: u64, before: f64) -> Self {
        let seen = [const { None }; SLOTS];
        let (cursor, there) = (Order::default(), [0.0; SECONDS]);
        Self { cursor, called: 0.0, seen, seen_minute: minute, there, uncalled: 0.0, is_stale: false, before }
    }

    /// Somebody of this bucket asks.
    pub(super) fn see(&mut self, order: Order, minute: u64) {
        self.turn(minute);
        if self.has_called(order) {
            // Whatever the estimate says, there is one.
            self.called = self.called.max(1.0);
        }
        let sketch = self.seen[slot(self.seen_minute)].get_or_insert_with(Sketch::new);
        if sketch.see(order) {
            self.is_stale = true;
            if let Some(there) = self.there.get_mut(order.second()) {
                // Until the next count, so that nobody overtakes who came a moment ago.
                *there = there.max(1.0);
                self.uncalled = self.uncalled.max(1.0);
            }
        }
    }

    /// Whether somebody was called.
    pub(super) fn has_called(&self, order: Order) -> bool {
        order < self.cursor
    }

    /// Somebody who was called comes in.
    pub(super) fn enter(&mut self) {
        self.called = (self.called - 1.0).max(0.0);
    }

    /// Counts who is there, and gives up a part of those who do not come.
    pub(super) fn count(&mut self, minute: u64, seconds: f64, may_come: bool, is_idle: bool) {
        self.turn(minute);
        // While there is no seat for them, it says nothing that those who were called do not come in.
        if may_come {
            let patience = if is_idle { NO_SHOW_SECONDS_IDLE } else { NO_SHOW_SECONDS };
            self.called *= (-seconds / patience).exp();
        }
        if self.is_stale {
            let mut all = Sketch::new();
            for sketch in self.seen.iter().flatten() {
                all.join(sketch);
            }
            self.there = all.by_second();
            self.uncalled = self.range(self.cursor, Order::new(SECONDS, 0));
            self.is_stale = false;
        }
    }

    /// Whether nobody was seen for so long that all their tickets have expired.
    pub(super) fn is_dead(&self) -> bool {
        self.seen.iter().flatten().all(Sketch::is_empty)
    }

    /// About how many were seen lately, those who have come in since among them.
    pub(super) fn seen(&self) -> f64 {
        self.there.iter().copied().map(f64::from).sum()
    }

    /// About how many were not called.
    pub(super) fn uncalled(&self) -> f64 {
        self.uncalled
    }

    /// About how many were called and have not come.
    pub(super) fn called(&self) -> f64 {
        self.called
    }

    /// About how many of this bucket come before somebody.
    pub(super) fn ahead_of(&self, order: Order) -> f64 {
        if self.has_called(order) {
            // Those who were called come in as they ask: any of them may be next.
            return self.called * order.jitter();
        }
        self.called + self.range(self.cursor, order)
    }

    /// Calls so many more, but nobody from `end` on; how many it were.
    pub(super) fn call(&mut self, mut count: f64, end: Order) -> f64 {
        let mut called = 0.0;
        while count > 0.0 && self.cursor < end {
            let second = self.cursor.second();
            let stop = Order::new(second + 1, 0).min(end);
            let waiting = self.range(self.cursor, stop);
            if waiting <= count {
                self.cursor = stop;
                called += waiting;
                count -= waiting;
            } else {
                self.cursor = Order(self.cursor.0 + part(stop.0 - self.cursor.0, count / waiting));
                called += count;
                count = 0.0;
            }
        }
        self.called += called;
        self.uncalled = self.range(self.cursor, Order::new(SECONDS, 0));
        called
    }

    /// About how many stand from one order to another.
    fn range(&self, from: Order, to: Order) -> f64 {
        if from >= to {
            return 0.0;
        }
        let before = |order: Order| {
            let second = order.second();
            let whole: f32 = self.there[..second].iter().sum();
            let partly = self.there.get(second).map_or(0.0, |there| f64::from(*there) * order.fraction());
            f64::from(whole) + partly
        };
        (before(to) - before(from)).max(0.0)
    }

    /// Moves the ring on to this minute.
    fn turn(&mut self, minute: u64) {
        let behind = minute.saturating_sub(self.seen_minute).min(SLOTS as u64);
        for step in 1..=behind {
            if let Some(sketch) = &mut self.seen[slot(minute - behind + step)] {
                self.is_stale |= !sketch.is_empty();
                sketch.clear();
            }
        }
        self.seen_minute = self.seen_minute.max(minute);
    }
}

/// A part of a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "orders of one second fit a float, and the part is from 0 to 1"
)]
fn part(whole: u64, part: f64) -> u64 {
    ((whole as f64 * part).ceil() as u64).min(whole)
}
