//! The two times of a world. The queue moves them; only school time can be set, and then steps.

use preau::base::{MachineTime, SchoolTime};

/// Both times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VirtualClock {
    machine: MachineTime,
    /// How far school time is ahead of machine time.
    ahead_ms: i64,
}

impl VirtualClock {
    /// Both times at the same instant.
    pub(crate) fn at(school: SchoolTime) -> Self {
        Self { machine: MachineTime(school.0.unsigned_abs()), ahead_ms: 0 }
    }

    pub(crate) fn machine(&self) -> MachineTime {
        self.machine
    }

    pub(crate) fn school(&self) -> SchoolTime {
        SchoolTime(self.machine.0.cast_signed() + self.ahead_ms)
    }

    /// When the school's clock will show this, if nobody sets it before.
    pub(crate) fn machine_at(&self, school: SchoolTime) -> MachineTime {
        MachineTime((school.0 - self.ahead_ms).unsigned_abs())
    }

    pub(crate) fn move_to(&mut self, now: MachineTime) {
        assert!(now >= self.machine, "machine time never steps back");
        self.machine = now;
    }

    /// Sets the school's clock on, or back.
    pub(crate) fn step_school(&mut self, by_ms: i64) {
        self.ahead_ms += by_ms;
    }
}
