//! The hub's vital signs for whoever watches: the worst of each indicator since it was last asked for, and what memory is
//! made of. The sampling of the load writes them; one reader takes them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::capacity::Budget;
use super::machine::Machine;
use crate::admission::Indicators;
use crate::base::limits;
use crate::http::operations::Vitals;

/// The signs.
pub(super) struct Signs {
    machine: Machine,
    budget: Budget,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    /// The worst since it was taken.
    worst: Option<Indicators>,
    queued_bytes: u64,
    /// What a seat was measured to cost.
    seat_bytes: Option<u64>,
}

impl Signs {
    pub(super) fn new(machine: Machine, budget: Budget) -> Self {
        Self { machine, budget, latest: Mutex::default() }
    }

    /// Takes down what was sampled.
    pub(super) fn sampled(&self, seen: &Indicators, queued_bytes: u64) {
        let mut latest = self.latest();
        let worst = latest.worst.get_or_insert_default();
        worst.shard_lag_ms = worst.shard_lag_ms.max(seen.shard_lag_ms);
        worst.fanout_lag_ms = worst.fanout_lag_ms.max(seen.fanout_lag_ms);
        worst.queued_part = worst.queued_part.max(seen.queued_part);
        worst.memory_part = worst.memory_part.max(seen.memory_part);
        worst.psi_part = worst.psi_part.max(seen.psi_part);
        latest.queued_bytes = queued_bytes;
    }

    /// Takes down what a seat costs, if there were enough to measure it.
    pub(super) fn measured(&self, seat_bytes: Option<u64>) {
        self.latest().seat_bytes = seat_bytes;
    }

    /// What was sampled since this was last called; `None` if nothing was.
    pub(super) fn take(&self, connections: u64) -> Option<Vitals> {
        let mut latest = self.latest();
        let worst = latest.worst.take()?;
        let (queued_bytes, seat_bytes) = (latest.queued_bytes, latest.seat_bytes);
        drop(latest);
        let mut memory = self.budget.sum(seat_bytes.unwrap_or(limits::SEAT_BYTES), connections);
        memory.is_seat_measured = seat_bytes.is_some();
        memory.queued_bytes = queued_bytes;
        memory.resident_bytes = self.machine.resident_bytes();
        Some(Vitals {
            shard_lag_ms: worst.shard_lag_ms,
            fanout_lag_ms: worst.fanout_lag_ms,
            queued_part: worst.queued_part,
            memory_part: memory.resident_bytes.map(|_| worst.memory_part),
            psi_part: self.machine.measures_psi().then_some(worst.psi_part),
            memory,
        })
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told_once_and_nothing_if_nothing_was_sampled() {
        let machine = Machine::here();
        let budget = Budget::here(&machine, 0, 1_000);
        let signs = Signs::new(machine, budget);
        assert_eq!(signs.take(0), None);
        for (shard_lag_ms, fanout_lag_ms) in [(3.0, 90.0), (40.0, 7.0)] {
            signs.sampled(&Indicators { shard_lag_ms, fanout_lag_ms, ..Indicators::default() }, 77);
        }
        let vitals = signs.take(5).unwrap();
        assert_eq!((vitals.shard_lag_ms, vitals.fanout_lag_ms), (40.0, 90.0));
        let memory = vitals.memory;
        assert_eq!((memory.connections, memory.queued_bytes, memory.queue_pool_bytes), (5, 77, 1_000));
        assert!(!memory.is_seat_measured && memory.resident_bytes.is_some_and(|bytes| bytes > 0));
        assert_eq!(signs.take(5), None);
        signs.sampled(&Indicators::default(), 0);
        signs.measured(Some(5_000));
        let memory = signs.take(5).unwrap().memory;
        assert!(memory.is_seat_measured && memory.seat_bytes == 5_000);
    }
}
