//! When an attacker's turns are.

use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::breath::Breath;
use crate::moment::{now_ns, until};

/// One attacker's turns.
pub(super) struct Turns {
    /// Its other end is dropped when the phase is over.
    pub(super) stop: Receiver<()>,
    pub(super) next_ns: u64,
    pub(super) step_ns: u64,
    pub(super) breath: Breath,
}

impl Turns {
    /// Waits for the next turn; whether there is one. Turns that were missed are not made up for.
    pub(super) fn next(&mut self) -> bool {
        self.next_ns = self.breath.held((self.next_ns + self.step_ns).max(now_ns()));
        matches!(self.stop.recv_timeout(until(self.next_ns)), Err(RecvTimeoutError::Timeout))
    }
}
