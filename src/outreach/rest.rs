//! The relay's rest: after a line fails, all wait a while, and longer each time, until one succeeds. So a relay that is down
//! costs the letters that wait nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::{MachineTime, limits};

/// Until when the relay is left alone.
#[derive(Default)]
pub(super) struct Rest(Mutex<State>);

#[derive(Default)]
struct State {
    until: MachineTime,
    last: Duration,
}

impl Rest {
    /// Whether the relay may be asked.
    pub(super) fn is_over(&self, now: MachineTime) -> bool {
        now >= self.lock().until
    }

    /// Begins a rest, twice as long as the last one; how long it is. While one lasts, those who fail too lengthen nothing.
    pub(super) fn begin(&self, now: MachineTime) -> Option<Duration> {
        let mut state = self.lock();
        if now < state.until {
            return None;
        }
        state.last = (state.last * 2).clamp(limits::RELAY_REST_MIN, limits::RELAY_REST_MAX);
        state.until = now.after(state.last);
        Some(state.last)
    }

    /// Says that the relay works.
    pub(super) fn end(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_until_something_succeeds() {
        let rest = Rest::default();
        let mut now = MachineTime(1_000_000);
        let mut grown = Vec::new();
        for _ in 0..9 {
            assert!(rest.is_over(now));
            let length = rest.begin(now).unwrap();
            assert_eq!(rest.begin(now), None, "one failure at a time counts");
            assert!(!rest.is_over(now));
            grown.push(length.as_secs());
            now = now.after(length);
        }
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        rest.end();
        assert_eq!(rest.begin(now), Some(limits::RELAY_REST_MIN));
    }
}
