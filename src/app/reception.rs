//! What sessions ask of admission: answered for all shards by what stands at the hub's gate.

use std::sync::Arc;
use std::time::Duration;

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

impl Reception {
    /// How long it takes until all who are here have come back, if they are sent away now.
    pub(super) fn return_time(&self) -> Duration {
        let seated: usize = Class::ALL.iter().map(|class| self.gate.taken(*class)).sum();
        let ms = seated.saturating_mul(1_300) / limits::RETURNS_PER_SECOND;
        Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
    }
}

impl session::Reception for Reception {
    fn return_window_ms(&self, _now: MachineTime) -> (u32, u32) {
        let (soonest, latest) = limits::RETRY_WINDOW_MS;
        let return_ms = u32::try_from(self.return_time().as_millis()).unwrap_or(u32::MAX);
        (soonest, latest.max(return_ms))
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
