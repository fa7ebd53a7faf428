//! The two times. They have two types because they must never be mixed up.
//!
//! *School time* is what windows, digests, due dates and publications' dates are judged by; a demo or a test may set it
//! and speed it up. *Machine time* is what timeouts, leases, token expiry and rates are judged by; nobody may set it.
//! Both are values that are passed in: only this file reads the machine's clocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Machine time: milliseconds since 1970-01-01T00:00Z, never stepping back within a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MachineTime(pub u64);

impl MachineTime {
    /// The instant `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The instant `duration` earlier; the first there is if that lies before it.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whole seconds since 1970, as tokens count them.
    pub fn unix_seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// School time: milliseconds since 1970-01-01T00:00Z on the clock that the school goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchoolTime(pub i64);

/// Where both times come from.
pub trait Clock: Send + Sync + 'static {
    /// Machine time now.
    fn machine(&self) -> MachineTime;
    /// School time now.
    fn school(&self) -> SchoolTime;
}

/// The machine's clocks. Machine time is the wall clock read once at start and moved on by the monotonic clock, so it
/// never steps back; school time is the wall clock as it is, so it follows a correction.
#[derive(Debug)]
pub struct SystemClock {
    wall_at_start: u64,
    start: std::time::Instant,
}

impl SystemClock {
    /// Reads the machine's clocks.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
    pub fn start() -> Self {
        Self { wall_at_start: wall_ms(), start: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn machine(&self) -> MachineTime {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        MachineTime(self.wall_at_start.saturating_add(elapsed))
    }

    fn school(&self) -> SchoolTime {
        SchoolTime(i64::try_from(wall_ms()).unwrap_or(i64::MAX))
    }
}

/// Milliseconds since 1970 on the wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
fn wall_ms() -> u64 {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)
}

/// A demo's clock: school time may be set and sped up, machine time is the system's.
#[derive(Debug)]
pub struct DemoClock {
    system: SystemClock,
    setting: Mutex<Setting>,
}

#[derive(Debug, Clone, Copy)]
struct Setting {
    school: SchoolTime,
    since: MachineTime,
    speed: u32,
}

impl DemoClock {
    /// The largest speed: one school day in 24 seconds.
    pub const SPEED_MAX: u32 = 3_600;

    /// A clock whose school time begins at `school` (now, if none) and runs `speed` times as fast as the machine's.
    pub fn start(school: Option<SchoolTime>, speed: u32) -> Self {
        let system = SystemClock::start();
        let setting = Setting { school: school.unwrap_or(system.school()), since: system.machine(), speed };
        Self { system, setting: Mutex::new(setting) }
    }

    /// Sets school time (unchanged, if none) and its speed (unchanged, if none; clamped to 1..=[`Self::SPEED_MAX`]).
    pub fn set(&self, school: Option<SchoolTime>, speed: Option<u32>) {
        let now = self.school();
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        setting.school = school.unwrap_or(now);
        setting.since = self.system.machine();
        if let Some(speed) = speed {
            setting.speed = speed.clamp(1, Self::SPEED_MAX);
        }
    }

    /// How many school seconds pass in one machine second.
    pub fn speed(&self) -> u32 {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner).speed
    }
}

impl Clock for DemoClock {
    fn machine(&self) -> MachineTime {
        self.system.machine()
    }

    fn school(&self) -> SchoolTime {
        let setting = *self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.system.machine().since(setting.since).as_millis();
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX).saturating_mul(i64::from(setting.speed));
        SchoolTime(setting.school.0.saturating_add(elapsed))
    }
}

/// A clock that a test moves by hand. Both times stand still in between.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock standing at `now_ms` milliseconds since 1970.
    pub fn at(now_ms: u64) -> Self {
        Self(AtomicU64::new(now_ms))
    }

    /// Moves both times on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn machine(&self) -> MachineTime {
        MachineTime(self.0.load(Ordering::SeqCst))
    }

    fn school(&self) -> SchoolTime {
        SchoolTime(i64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_sets_school_time_and_leaves_machine_time_alone() {
        let clock = DemoClock::start(Some(SchoolTime(1_000)), 1);
        let machine = clock.machine();
        clock.set(Some(SchoolTime(5_000_000)), Some(60));
        assert!(clock.school() >= SchoolTime(5_000_000));
        assert_eq!(clock.speed(), 60);
        assert!(clock.machine().since(machine) < Duration::from_mins(1));
        clock.set(None, Some(1_000_000));
        assert_eq!(clock.speed(), DemoClock::SPEED_MAX);
        assert!(clock.school() >= SchoolTime(5_000_000));
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(10);
        clock.advance(Duration::from_millis(5));
        assert_eq!(clock.machine(), MachineTime(15));
        assert_eq!(clock.school(), SchoolTime(15));
        assert_eq!(clock.machine().since(MachineTime(20)), Duration::ZERO);
    }
}
