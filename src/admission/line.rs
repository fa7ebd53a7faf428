//! The line of those who are never called and found no seat: how many of each minute will ask again in a moment.
//!
//! Whoever waits in it is counted until the instant at which it was told to ask, and a little longer; its ticket says so, and
//! by that instant its next poll finds what was counted of it. Whoever does not ask drops out, and nobody is remembered. A minute
//! has no more counts than the longest wait between two polls has seconds, and goes with the last of them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Class;
use crate::base::MachineTime;

/// How much later than it was told to somebody may ask and still be counted: a slow line, a page in the background.
const LATE: Duration = Duration::from_secs(2);

/// How many there are, by class and minute, and there by the second at which they are to ask again.
#[derive(Debug, Default)]
pub(super) struct Line {
    minutes: BTreeMap<(Class, u64), BTreeMap<u64, u32>>,
}

impl Line {
    /// Somebody who came in this minute found no seat, and is to ask again then.
    pub(super) fn join(&mut self, since: (Class, u64), asks_at: MachineTime) {
        *self.minutes.entry(since).or_default().entry(asks_at.unix_seconds()).or_default() += 1;
    }

    /// Somebody who was to ask at that instant has asked: it comes in, or joins anew.
    pub(super) fn leave(&mut self, since: (Class, u64), asks_at: MachineTime) {
        let count = self.minutes.get_mut(&since).and_then(|minute| minute.get_mut(&asks_at.unix_seconds()));
        if let Some(count) = count {
            *count = count.saturating_sub(1);
        }
    }

    /// Those of a class who came before a minute: which minute, and how many.
    pub(super) fn before(&self, (class, minute): (Class, u64)) -> impl Iterator<Item = (u64, u32)> {
        let minutes = self.minutes.range((class, 0)..(class, minute));
        minutes.map(|((_, minute), counts)| (*minute, counts.values().sum()))
    }

    /// Drops those who have not asked.
    pub(super) fn forget(&mut self, now: MachineTime) {
        let from = now.before(LATE).unix_seconds();
        self.minutes.retain(|_, counts| {
            counts.retain(|second, count| *second >= from && *count > 0);
            !counts.is_empty()
        });
    }
}
