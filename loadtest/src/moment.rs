//! The clock that all processes of a machine share, and waiting on it for a condition.

use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How often a condition is looked at again that nobody announces.
const LOOK: Duration = Duration::from_millis(5);

/// Nanoseconds of a second.
pub(crate) const SECOND_NS: u64 = 1_000_000_000;

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub(crate) fn now_ns() -> u64 {
    read_ns(ClockId::Monotonic)
}

/// CPU time of this process so far, user and system.
pub(crate) fn cpu_ns() -> u64 {
    read_ns(ClockId::ProcessCPUTime)
}

/// Seconds since 1970, for tokens.
pub(crate) fn unix_s() -> u64 {
    read_ns(ClockId::Realtime) / SECOND_NS
}

/// Seconds of a scenario as nanoseconds; what is below zero is zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; scenarios are far from 2^53"
)]
pub(crate) fn seconds_ns(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// The instant that lies `after` from now.
pub(crate) fn in_ns(after: Duration) -> u64 {
    now_ns().saturating_add(nanoseconds(after))
}

/// A length of time in the clock's unit.
pub(crate) fn nanoseconds(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// The time from now to an instant; zero if it has passed.
pub(crate) fn until(at_ns: u64) -> Duration {
    Duration::from_nanos(at_ns.saturating_sub(now_ns()))
}

/// Looks again and again until `look` finds something; `None` if the limit passes first.
pub(crate) fn wait_for<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = in_ns(limit);
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if now_ns() >= deadline {
            return None;
        }
        // Parked, not asleep: nobody unparks this thread, and to be woken early would only mean to look early.
        thread::park_timeout(LOOK);
    }
}

fn read_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds * SECOND_NS + u64::try_from(time.tv_nsec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_forward_and_a_wait_ends_with_what_it_finds_or_at_its_limit() {
        let before = now_ns();
        let mut looks = 0;
        let found = wait_for(Duration::from_secs(10), || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found, Some(3));
        assert!(now_ns() >= before + nanoseconds(LOOK));
        assert_eq!(wait_for(Duration::ZERO, || None::<u8>), None);
        assert_eq!(until(before), Duration::ZERO);
    }
}
