//! The school's clock as a client knows it: what the hub said that it shows, and how fast it goes. Pure.

const MS_NS: u64 = 1_000_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct SchoolClock {
    /// What it showed, in milliseconds, and when.
    shown: Option<(i64, u64)>,
    speed: u32,
}

impl SchoolClock {
    /// One that goes so many times as fast as the machine's.
    pub(crate) fn new(speed: u32) -> Self {
        Self { shown: None, speed: speed.max(1) }
    }

    /// The hub has said what it shows.
    pub(crate) fn hear(&mut self, school_ms: i64, now_ns: u64) {
        self.shown = Some((school_ms, now_ns));
    }

    /// When it shows an instant; one that has passed is now. `None` before the hub has said what it shows.
    pub(crate) fn machine_ns(&self, school_ms: i64) -> Option<u64> {
        let (shown_ms, at_ns) = self.shown?;
        let ahead_ms = u64::try_from(school_ms.saturating_sub(shown_ms)).unwrap_or(0);
        let wait_ns = ahead_ms.saturating_mul(MS_NS) / u64::from(self.speed);
        // The hub's clock moves in milliseconds of the machine's time, and a faster school's in leaps.
        Some(at_ns.saturating_add(wait_ns).saturating_add(MS_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promised_instant_comes_as_fast_as_the_schools_clock_goes() {
        let mut clock = SchoolClock::new(20);
        assert_eq!(clock.machine_ns(5), None, "nobody has said what it shows");
        clock.hear(100_000, 7 * MS_NS);
        assert_eq!(clock.machine_ns(120_000), Some((7 + 1_000 + 1) * MS_NS));
        assert_eq!(clock.machine_ns(90_000), Some(8 * MS_NS), "what has passed is now");
    }
}
