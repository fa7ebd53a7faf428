//! What the hub measured about itself and the gate does not keep: lags as they were, and what memory is made of.

use serde::Serialize;
use utoipa::ToSchema;

/// The worst of each indicator since it was last asked for, and the memory of now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vitals {
    /// Milliseconds that the slowest shard's loop ran late.
    pub shard_lag_ms: f32,
    /// Milliseconds from a commit to its last write, on the slowest shard.
    pub fanout_lag_ms: f32,
    /// Part of the pool for what waits for sockets that was used.
    pub queued_part: f32,
    /// Part of the memory budget that was used; `None` where it can't be read.
    pub memory_part: Option<f32>,
    /// Part of the last ten seconds in which something waited for a processor; `None` where the kernel does not say.
    pub psi_part: Option<f32>,
    /// What memory is made of.
    pub memory: MemorySum,
}

/// The sum of docs/LIMITS.md, with the numbers of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemorySum {
    /// What the process may take.
    pub budget_bytes: u64,
    /// What it took before anybody came.
    pub base_bytes: u64,
    /// Connections that are open.
    pub connections: u64,
    /// What one of them is taken to cost, kernel included.
    pub seat_bytes: u64,
    /// Whether that was measured; otherwise it is the value before there are enough to measure.
    pub is_seat_measured: bool,
    /// The pool for what waits for sockets.
    pub queue_pool_bytes: u64,
    /// What of the pool is used, the charge for stalled sockets included.
    pub queued_bytes: u64,
    /// What is kept free.
    pub reserve_bytes: u64,
    /// What the process has; `null` where it can't be read.
    pub resident_bytes: Option<u64>,
}
