//! How long an endpoint that fails is left alone: twice as long each time, up to a bound, and never for all at the same time.

use std::time::Duration;

use crate::base::limits;

/// From the last of so many failed attempts to the next: between half and the whole of what doubling from `first` comes to, at
/// most [`limits::HOOK_RETRY_MAX`]. `chance` lies between 0 and 1.
pub(super) fn wait(failures: u32, first: Duration, chance: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = first.saturating_mul(1 << doublings).min(limits::HOOK_RETRY_MAX);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(5);

    #[test]
    fn waits_double_up_to_their_bound() {
        let longest: Vec<u64> = (1..=10).map(|failures| wait(failures, FIRST, 1.0).as_secs()).collect();
        assert_eq!(longest, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        let shortest: Vec<f64> = (1..=4).map(|failures| wait(failures, FIRST, 0.0).as_secs_f64()).collect();
        assert!(shortest.iter().zip([2.5, 5.0, 10.0, 20.0]).all(|(wait, half)| (wait - half).abs() < 1e-9));
        assert_eq!(wait(u32::MAX, FIRST, 1.0), limits::HOOK_RETRY_MAX);
        assert_eq!(wait(1, FIRST, 7.0), FIRST, "whatever chance says");
        assert_eq!(wait(1, FIRST, -7.0), FIRST / 2);
    }

    #[test]
    fn an_endpoint_is_tried_for_half_a_day_at_least_and_a_day_at_most() {
        let all = |chance| {
            (1..limits::HOOK_ATTEMPTS_MAX).map(|failures| wait(failures, FIRST, chance)).sum::<Duration>()
        };
        assert!(all(0.0) >= Duration::from_hours(12), "{:?}", all(0.0));
        let slowest = all(1.0) + limits::HOOK_TIMEOUT * limits::HOOK_ATTEMPTS_MAX;
        assert!(slowest <= Duration::from_hours(25), "{slowest:?}");
    }
}
