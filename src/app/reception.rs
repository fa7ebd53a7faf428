//! What sessions ask of admission: answered for all shards by what stands at the hub's gate.

use std::sync::Arc;

use crate::access::Identity;
use crate::admission::{Class, Gate, Window};
use crate::base::{AccountId, ClassId, MachineTime, SchoolTime, SessionId, limits};
use crate::identity::Resumes;
use crate::session;

/// Stands between the shards and the gate.
pub(super) struct Reception {
    pub(super) gate: Arc<Gate>,
    pub(super) resumes: Arc<Resumes>,
}

impl session::Reception for Reception {
    fn return_window_ms(&self, _now: MachineTime) -> (u32, u32) {
        let (soonest, latest) = limits::RETRY_WINDOW_MS;
        let seated: usize = Class::ALL.iter().map(|class| self.gate.taken(*class)).sum();
        let all_are_back_ms = seated.saturating_mul(1_300) / limits::RETURNS_PER_SECOND;
        (soonest, latest.max(u32::try_from(all_are_back_ms).unwrap_or(u32::MAX)))
    }

    fn resume(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String {
        self.resumes.give(account, session, until)
    }

    fn lesson_begins(&self, class: &ClassId) {
        tracing::debug!(%class, "a lesson begins");
    }

    fn lesson_ends(&self, class: &ClassId) {
        tracing::debug!(%class, "a lesson ends");
    }

    fn window(&self, _who: &Identity, _at: SchoolTime) -> Window {
        // No window is configured yet.
        Window::Open
    }
}
