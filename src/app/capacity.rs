//! What a seat costs and how many there may be, from what the process and the kernel say.

use super::machine::{Machine, part};
use crate::admission::{Capacity, Measured};
use crate::base::limits;
use crate::http::operations::MemorySum;

/// The fixed numbers of the sum, taken once before anybody connects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    bytes: u64,
    base_bytes: u64,
    pool_bytes: u64,
    files_max: u64,
}

impl Budget {
    /// The budget of this process: what is configured (0 for none), and no more than its control group or the machine
    /// give. To be taken when the roster is loaded and nobody is connected.
    pub(super) fn here(machine: &Machine, configured_bytes: u64, pool_bytes: u64) -> Self {
        let given = machine.memory_bytes().unwrap_or(u64::MAX);
        let bytes = if configured_bytes == 0 { given } else { configured_bytes.min(given) };
        let base_bytes = machine.resident_bytes().unwrap_or_default();
        Self { bytes, base_bytes, pool_bytes, files_max: machine.files_max().unwrap_or(1_024) }
    }

    /// Files that are not connections with a seat.
    pub(super) fn files_kept(&self) -> u64 {
        let most = limits::HTTP_CONNECTIONS_MAX as u64 + limits::FILES_KEPT_MIN;
        (self.files_max / limits::FILES_KEPT_PART).clamp(limits::FILES_KEPT_MIN, most)
    }

    /// HTTP connections that leave the other files alone.
    pub(super) fn http_connections(&self) -> usize {
        let free = self.files_kept().saturating_sub(limits::FILES_KEPT_MIN / 2);
        usize::try_from(free).unwrap_or(usize::MAX).min(limits::HTTP_CONNECTIONS_MAX)
    }

    /// How many seats there may be while each takes so much.
    pub(super) fn capacity(&self, seat_bytes: u64) -> Capacity {
        Capacity::of(&Measured {
            budget_bytes: self.bytes,
            base_bytes: self.base_bytes,
            queue_pool_bytes: self.pool_bytes,
            reserve_bytes: self.bytes / limits::MEMORY_RESERVE_PART,
            seat_bytes,
            files_max: self.files_max,
            files_kept: self.files_kept(),
        })
    }

    /// What memory is made of while each seat takes so much and so many are open. What is measured besides is still to come.
    pub(super) fn sum(&self, seat_bytes: u64, connections: u64) -> MemorySum {
        MemorySum {
            budget_bytes: self.bytes,
            base_bytes: self.base_bytes,
            connections,
            seat_bytes,
            is_seat_measured: false,
            queue_pool_bytes: self.pool_bytes,
            queued_bytes: 0,
            reserve_bytes: self.bytes / limits::MEMORY_RESERVE_PART,
            resident_bytes: None,
        }
    }

    /// The part of the budget that is used. One that is configured below what the machine gives counts as well.
    pub(super) fn used_part(&self, machine: &Machine) -> f32 {
        let resident = machine.resident_bytes().unwrap_or_default();
        machine.memory_part(resident).max(part(resident, self.bytes))
    }

    /// What a connection takes: the process's growth since it began, the kernel's constant, and its socket buffers in use.
    /// Few connections say little, so `None`: the growth is then that of the first storm's requests.
    pub(super) fn seat_bytes(&self, machine: &Machine, connections: u64, charged_bytes: u64) -> Option<u64> {
        if connections < limits::SEATS_MEASURED_MIN {
            return None;
        }
        let resident = machine.resident_bytes().unwrap_or_default();
        let grown = resident.saturating_sub(self.base_bytes).saturating_sub(charged_bytes);
        let buffers = machine.socket_bytes().unwrap_or_default().saturating_sub(charged_bytes);
        let own = (grown + buffers) / connections;
        Some((limits::SEAT_KERNEL_BYTES + own).clamp(limits::SEAT_BYTES / 2, limits::SEAT_BYTES * 8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Bound;

    const MIB: u64 = 1024 * 1024;

    fn budget(bytes: u64, files_max: u64) -> Budget {
        Budget { bytes, base_bytes: 60 * MIB, pool_bytes: 64 * MIB, files_max }
    }

    #[test]
    fn files_bound_a_large_machine_and_memory_a_small_one() {
        let large = budget(16_384 * MIB, 20_000);
        assert_eq!(large.files_kept(), 1_666);
        assert_eq!(large.http_connections(), 1_410);
        let capacity = large.capacity(limits::SEAT_BYTES);
        assert_eq!((capacity.seats, capacity.bound), (18_334, Bound::Files));
        let small = budget(192 * MIB, 20_000).capacity(limits::SEAT_BYTES);
        assert_eq!(small.bound, Bound::Memory);
        assert_eq!(u64::from(small.seats), (192 - 60 - 64 - 12) * MIB / limits::SEAT_BYTES);
        assert_eq!(
            budget(100 * MIB, 20_000).capacity(limits::SEAT_BYTES).seats,
            0,
            "nothing is left for seats"
        );
    }

    #[test]
    fn a_machine_that_allows_many_files_keeps_no_more_than_it_needs() {
        let most = budget(16_384 * MIB, 1_000_000);
        assert_eq!(most.http_connections(), limits::HTTP_CONNECTIONS_MAX);
        assert!(budget(16_384 * MIB, 1_024).http_connections() >= 64);
    }

    #[test]
    fn a_budget_below_the_machines_memory_is_what_is_used_up() {
        let machine = Machine::here();
        let resident = machine.resident_bytes().unwrap();
        let (tight, wide) = (budget(resident * 2, 20_000), budget(u64::MAX, 20_000));
        let part = tight.used_part(&machine);
        assert!((0.3..1.0).contains(&part), "{part}");
        assert!(wide.used_part(&machine) < part, "the machine has more than twice of what a test takes");
    }
}
