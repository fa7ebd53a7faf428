//! Who asked for a seat in the last minute, counted by class and second: what a dry run is made on.

use super::PerClass;
use crate::base::MachineTime;

const SECONDS: usize = 60;

/// Of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Newcomers who asked without a ticket.
    pub(super) newcomers: u32,
    /// Those who came in, with a ticket or without.
    pub(super) entered: u32,
}

/// The last minute.
#[derive(Debug)]
pub(super) struct Recent {
    ring: [PerClass<Asked>; SECONDS],
    second: u64,
}

impl Recent {
    /// Nobody has asked.
    pub(super) fn new(now: MachineTime) -> Self {
        Self { ring: [PerClass::default(); SECONDS], second: now.unix_seconds() }
    }

    /// The counts of the present second.
    pub(super) fn now(&mut self, now: MachineTime) -> &mut PerClass<Asked> {
        self.turn(now);
        &mut self.ring[slot(self.second)]
    }

    /// The counts of the last minute.
    pub(super) fn sum(&mut self, now: MachineTime) -> PerClass<Asked> {
        self.turn(now);
        let mut sum = PerClass::<Asked>::default();
        for second in &self.ring {
            for (sum, asked) in sum.iter_mut().zip(second) {
                sum.newcomers += asked.newcomers;
                sum.entered += asked.entered;
            }
        }
        sum
    }

    fn turn(&mut self, now: MachineTime) {
        let second = now.unix_seconds().max(self.second);
        let behind = (second - self.second).min(SECONDS as u64);
        for step in 0..behind {
            self.ring[slot(second - step)] = PerClass::default();
        }
        self.second = second;
    }
}

fn slot(second: u64) -> usize {
    usize::try_from(second % SECONDS as u64).unwrap_or_default()
}
