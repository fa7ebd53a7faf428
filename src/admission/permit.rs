//! A held seat, as a value: whoever drops it gives it back, on every way out.

use std::sync::Arc;

use super::Gate;
use crate::base::{ClassId, MachineTime, SessionId};

/// How a connection ended, for its seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// For good: by its own wish, by ours, or replaced. The seat is free at once.
    ForGood,
    /// The line was lost. The seat rests for its grace, so that a resume finds it.
    Lost,
}

/// What a lease's renewal is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The seat is kept for another lease.
    Kept {
        /// When the lease ends.
        until: MachineTime,
    },
    /// The seat was lent, and its owners want it back: the connection ends with its present lease.
    Ended,
}

/// A seat that somebody sits on.
pub struct Permit {
    session: SessionId,
    /// None for a session that no gate knows: in tests of what lies above.
    gate: Option<Arc<Gate>>,
}

impl Permit {
    pub(super) fn new(session: SessionId, gate: Arc<Gate>) -> Self {
        Self { session, gate: Some(gate) }
    }

    /// A permit that no gate gave and none takes back.
    pub fn unbound(session: SessionId) -> Self {
        Self { session, gate: None }
    }

    /// Whose it is.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Says whether one of a student's classes is live now: its seat counts in that class from here on. To be said
    /// before a lease is renewed, so that nobody is taken for a borrower who is in class.
    pub fn turn(&self, is_live: bool) {
        if let Some(gate) = &self.gate {
            gate.turn(self.session, is_live);
        }
    }

    /// Whether one of these classes is live.
    pub fn is_live<'a>(&self, classes: impl IntoIterator<Item = &'a ClassId>) -> bool {
        self.gate.as_ref().is_some_and(|gate| classes.into_iter().any(|class| gate.is_live(class)))
    }

    /// Asks for another lease.
    pub fn renew(&self, now: MachineTime) -> Renewal {
        match &self.gate {
            Some(gate) => gate.renew(self.session, now),
            None => Renewal::Kept { until: MachineTime(u64::MAX) },
        }
    }

    /// Gives the seat back.
    pub fn leave(mut self, how: Leaving, now: MachineTime) {
        if let Some(gate) = self.gate.take() {
            gate.give_back(self.session, how, now);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.give_back(self.session, Leaving::ForGood, MachineTime::default());
        }
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Permit({})", self.session)
    }
}

impl PartialEq for Permit {
    fn eq(&self, other: &Self) -> bool {
        self.session == other.session
    }
}

impl Eq for Permit {}
