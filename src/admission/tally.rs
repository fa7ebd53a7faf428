//! What was decided, counted by class and reason. Plain atomics: some decisions are made without the gate's lock.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::{Class, PerClass, Step};

/// Why somebody came in, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It came in.
    Entered,
    /// It came back to its seat.
    Resumed,
    /// It had a seat already that it has not spent.
    Unspent,
    /// Others come before it.
    Queue,
    /// There is no seat for its class.
    Seats,
    /// Too many come at once.
    Flow,
    /// Its class waits at this load.
    Load,
    /// It asked earlier than its ticket allows.
    Early,
    /// It is outside its window.
    Suspended,
    /// One of its sessions replaced another a moment ago.
    CoolDown,
    /// Nobody of its class is answered at this load.
    Closed,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 11] = [
        Self::Entered,
        Self::Resumed,
        Self::Unspent,
        Self::Queue,
        Self::Seats,
        Self::Flow,
        Self::Load,
        Self::Early,
        Self::Suspended,
        Self::CoolDown,
        Self::Closed,
    ];

    /// The word in metrics and for operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Resumed => "resumed",
            Self::Unspent => "unspent",
            Self::Queue => "queue",
            Self::Seats => "seats",
            Self::Flow => "flow",
            Self::Load => "load",
            Self::Early => "early",
            Self::Suspended => "suspended",
            Self::CoolDown => "cool_down",
            Self::Closed => "closed",
        }
    }
}

const REASONS: usize = Reason::ALL.len();

/// The counters.
#[derive(Default)]
pub(super) struct Tally {
    decided: PerClass<[AtomicU64; REASONS]>,
    evicted: [AtomicU64; Step::ALL.len()],
}

impl Tally {
    /// One decision more.
    pub(super) fn decided(&self, class: Class, reason: Reason) {
        self.decided[class.index()][reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// One more sent away.
    pub(super) fn evicted(&self, step: Step) {
        self.evicted[step as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Decisions about a class so far, in the order of [`Reason::ALL`].
    pub(super) fn of(&self, class: Class) -> [u64; REASONS] {
        std::array::from_fn(|reason| self.decided[class.index()][reason].load(Ordering::Relaxed))
    }

    /// How many were sent away so far, in the order of [`Step::ALL`].
    pub(super) fn of_steps(&self) -> [u64; Step::ALL.len()] {
        std::array::from_fn(|step| self.evicted[step].load(Ordering::Relaxed))
    }
}
