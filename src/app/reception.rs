//! What sessions ask of admission: answered for all shards by what stands at the hub's gate.

use std::sync::Arc;

use crate::access::Identity;
use crate::admission::{Candidate, Gate, Window};
use crate::base::{AccountId, ClassId, MachineTime, SchoolTime, SessionId};
use crate::identity::Resumes;
use crate::session;

/// Stands between the shards and the gate.
pub(super) struct Reception {
    pub(super) gate: Arc<Gate>,
    pub(super) resumes: Arc<Resumes>,
}

impl session::Reception for Reception {
    fn return_window_ms(&self, now: MachineTime) -> (u32, u32) {
        self.gate.return_window(now)
    }

    fn resume(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String {
        self.resumes.give(account, session, until)
    }

    fn lesson_begins(&self, class: &ClassId) {
        self.gate.lesson_begins(class);
    }

    fn lesson_ends(&self, class: &ClassId) {
        self.gate.lesson_ends(class);
    }

    fn is_live(&self, class: &ClassId) -> bool {
        self.gate.is_live(class)
    }

    fn evict(&self, max: usize, candidates: &[Candidate]) -> Vec<SessionId> {
        self.gate.evict(max, candidates)
    }

    fn window(&self, _who: &Identity, _at: SchoolTime) -> Window {
        // No window is configured yet.
        Window::Open
    }
}
