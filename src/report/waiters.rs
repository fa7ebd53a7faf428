//! About how many of one role wait, of one school: told apart by when each was told to ask again.
//!
//! Whoever is told to wait counts until then, and somewhat longer, since polls come late; whoever asks again is taken off
//! first. Nobody is remembered: a count for each span of time, as many as one can be told to wait for.

use crate::base::{MachineTime, limits};

/// How long one count stands for.
const SPAN_MS: u64 = 10_000;
/// For how long somebody counts who should have asked again.
const LATE_MS: u64 = 30_000;
/// Spans that are looked ahead: the longest wait, half as much again for the spread of polls, and who comes late.
const SPANS: usize = 16;

const _: () = assert!(
    limits::POLL_MAX.as_secs() * 1_500 + LATE_MS <= (SPANS as u64 - 1) * SPAN_MS,
    "nobody waits for longer than is looked ahead"
);

/// Those who wait.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waiters {
    /// How many count until a span is over: spans after the present one, and it.
    until: [u32; SPANS],
    /// The present span.
    now: u64,
}

impl Waiters {
    /// One more is told to wait until then.
    pub(super) fn wait(&mut self, until: MachineTime, now: MachineTime) {
        self.pass(now);
        let ahead = ((until.0 + LATE_MS) / SPAN_MS).saturating_sub(self.now);
        let last = SPANS - 1;
        self.until[usize::try_from(ahead).unwrap_or(last).min(last)] += 1;
    }

    /// One of those who wait asks again: it is one whose time has come, so of those who count least long.
    pub(super) fn ask(&mut self, now: MachineTime) {
        self.pass(now);
        if let Some(count) = self.until.iter_mut().find(|count| **count > 0) {
            *count -= 1;
        }
    }

    /// About how many wait.
    pub(super) fn count(mut self, now: MachineTime) -> u32 {
        self.pass(now);
        self.until.iter().sum()
    }

    /// Forgets whose time is over.
    fn pass(&mut self, now: MachineTime) {
        let span = now.0 / SPAN_MS;
        let over = usize::try_from(span.saturating_sub(self.now)).unwrap_or(SPANS).min(SPANS);
        self.until.rotate_left(over % SPANS);
        self.until[SPANS - over..].fill(0);
        self.now = self.now.max(span);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: MachineTime = MachineTime(1_700_000_000_000);

    #[test]
    fn who_asks_again_counts_once_and_who_never_does_is_forgotten() {
        let mut waiters = Waiters::default();
        for _ in 0..100 {
            waiters.wait(START.after(Duration::from_secs(20)), START);
        }
        assert_eq!(waiters.count(START), 100);
        let again = START.after(Duration::from_secs(21));
        for number in 0..60 {
            waiters.ask(again);
            if number < 40 {
                waiters.wait(again.after(Duration::from_mins(1)), again);
            }
        }
        assert_eq!(waiters.count(again), 80, "forty ask again, forty not yet, twenty came in");
        assert_eq!(waiters.count(again.after(Duration::from_secs(45))), 40, "forty are gone");
        assert_eq!(waiters.count(again.after(Duration::from_mins(5))), 0);
        waiters.ask(again.after(Duration::from_mins(5)));
        assert_eq!(waiters.count(again), 0, "nobody is taken off twice");
    }

    #[test]
    fn the_longest_wait_counts_to_its_end() {
        let mut waiters = Waiters::default();
        let until = START.after(limits::POLL_MAX + limits::POLL_MAX / 5);
        waiters.wait(until, START);
        assert_eq!(waiters.count(until), 1);
        assert_eq!(waiters.count(START.after(Duration::from_hours(1))), 0);
    }
}
