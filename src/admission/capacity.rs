//! How many seats there are: a pure sum over measured numbers.
//!
//! `seats = (budget − base − queue pool − reserve) / bytes per seat`, and no more than the open files allow. Whoever
//! measures (the process's slope per connection, the kernel's constant, the socket buffers in use) passes numbers in.

use serde::{Deserialize, Serialize};

/// What was measured, or is configured, about memory and open files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Bytes that the hub may take: the smaller of the control group's limit and the configured one.
    pub budget_bytes: u64,
    /// Bytes that it takes without any connection: code, threads, caches, the roster.
    pub base_bytes: u64,
    /// Bytes of the pool for what waits for sockets.
    pub queue_pool_bytes: u64,
    /// Bytes kept back for what is not counted: storms of requests, the page cache, the allocator's holes.
    pub reserve_bytes: u64,
    /// Bytes of one connection at rest, the kernel's part included.
    pub seat_bytes: u64,
    /// Files that the process may open.
    pub files_max: u64,
    /// Files that are not connections with a seat: HTTP, the door, the store, threads' own.
    pub files_kept: u64,
}

/// What bounds the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Memory.
    Memory,
    /// Open files.
    Files,
    /// Nothing that was measured: a number that was given.
    Given,
}

/// How many seats there may be, and why no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Seats.
    pub seats: u32,
    /// What bounds them.
    pub bound: Bound,
}

impl Capacity {
    /// So many seats, whatever was measured.
    pub fn given(seats: u32) -> Self {
        Self { seats, bound: Bound::Given }
    }

    /// What the measured numbers allow; no seat at all if the fixed parts already use up the budget.
    pub fn of(measured: &Measured) -> Self {
        let Measured { budget_bytes, base_bytes, queue_pool_bytes, reserve_bytes, .. } = *measured;
        let fixed = base_bytes.saturating_add(queue_pool_bytes).saturating_add(reserve_bytes);
        let by_memory = budget_bytes.saturating_sub(fixed) / measured.seat_bytes.max(1);
        let by_files = measured.files_max.saturating_sub(measured.files_kept);
        let bound = if by_memory <= by_files { Bound::Memory } else { Bound::Files };
        Self { seats: u32::try_from(by_memory.min(by_files)).unwrap_or(u32::MAX), bound }
    }
}
