//! A rate with a burst, in eight bytes: the generic cell rate algorithm (ITU-T I.371, annex A).

use std::time::Duration;

use crate::base::MachineTime;

/// The time up to which one connection's allowance has been used, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget(u64);

impl Budget {
    /// Takes one from an allowance of `per_second` (1 to 1,000,000) with a burst of twice that.
    ///
    /// # Errors
    /// How long to wait until one can be taken; nothing was taken.
    pub fn take(&mut self, now: MachineTime, per_second: u32) -> Result<(), Duration> {
        let now = now.0.saturating_mul(1_000);
        let interval = 1_000_000 / u64::from(per_second.max(1));
        let burst = interval * u64::from(per_second.max(1)) * 2;
        let used_until = self.0.max(now) + interval;
        let over = used_until.saturating_sub(now + burst);
        if over > 0 {
            return Err(Duration::from_micros(over));
        }
        self.0 = used_until;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &mut Budget, now: u64, tries: u32) -> u32 {
        (0..tries).map(|_| u32::from(budget.take(MachineTime(now), 10).is_ok())).sum()
    }

    #[test]
    fn a_burst_of_twice_the_rate_then_the_rate() {
        let mut budget = Budget::default();
        assert_eq!(taken(&mut budget, 1_000, 100), 20);
        assert_eq!(taken(&mut budget, 1_100, 100), 1);
        assert_eq!(taken(&mut budget, 2_100, 100), 10);
        assert_eq!(taken(&mut budget, 60_000, 100), 20);
    }

    #[test]
    fn the_wait_is_long_enough() {
        let mut budget = Budget::default();
        taken(&mut budget, 5_000, 100);
        let wait = budget.take(MachineTime(5_000), 10).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(budget.take(MachineTime(5_000).after(wait), 10), Ok(()));
    }
}
