//! What operators can see and do, as the edge sees it. Implemented by the composition root; tests script it.

use std::sync::Arc;

use crate::admission::{Gate, Snapshot};
use crate::base::MachineTime;

/// What the operators' surface rests on.
pub trait Operate: Send + Sync + 'static {
    /// The gate at this moment.
    fn snapshot(&self, now: MachineTime) -> Snapshot;
}

impl Operate for Arc<Gate> {
    fn snapshot(&self, now: MachineTime) -> Snapshot {
        Gate::snapshot(self, now)
    }
}
