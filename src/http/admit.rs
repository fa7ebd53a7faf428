//! The gate as the edge sees it, and its refusals as problems.

use std::sync::Arc;
use std::time::Duration;

use super::problem::Problem;
use crate::admission::{Decision, Gate, Level, NotReserved, Occupied, Request, Waiting};
use crate::base::{AccountId, ClassId, MachineTime, SchoolTime, SessionId};
use crate::protocol::ErrorCode;

/// Decides who enters. Implemented by the [`Gate`]; tests script it.
pub trait Admit: Send + Sync + 'static {
    /// What an account's ticket that comes before its time is answered with: its own place again. Costs one check of its
    /// signature; `None` for a ticket whose time has come, and for what is no ticket of this account.
    fn early(&self, ticket: &str, account: &AccountId, now: MachineTime) -> Option<Waiting>;

    /// Decides about somebody, and reserves a seat for whoever enters.
    fn ask(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Decision;

    /// Takes a reserved seat: the handshake has succeeded.
    ///
    /// # Errors
    /// [`NotReserved`].
    fn occupy(
        &self,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Result<Occupied, NotReserved>;

    /// Whether one of the class's teachers has a session that follows it.
    fn is_live(&self, class: &ClassId) -> bool;

    /// How loaded the hub is.
    fn level(&self) -> Level;
}

impl Admit for Arc<Gate> {
    fn early(&self, ticket: &str, account: &AccountId, now: MachineTime) -> Option<Waiting> {
        Gate::early(self, ticket, account, now)
    }

    fn ask(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Decision {
        Gate::ask(self, request, now, school)
    }

    fn occupy(
        &self,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Result<Occupied, NotReserved> {
        Gate::occupy(self, session, account, now)
    }

    fn is_live(&self, class: &ClassId) -> bool {
        Gate::is_live(self, class)
    }

    fn level(&self) -> Level {
        Gate::level(self)
    }
}

/// What a decision that lets nobody in is answered with. It says what the school's clock shows, since a client's own may
/// be wrong.
pub(super) fn refusal(decision: &Decision, school_time: SchoolTime) -> Problem {
    let later = |code, ms: u32| Problem::new(code).after(Duration::from_millis(ms.into()));
    match decision {
        Decision::Suspended { opens_at } => Problem::suspended(*opens_at, school_time),
        Decision::CoolDown { retry_after_ms } => later(ErrorCode::CoolDown, *retry_after_ms),
        Decision::Closed { retry_after_ms } => later(ErrorCode::Closed, *retry_after_ms),
        // Whoever may enter or wait is not refused.
        Decision::Wait(waiting) => later(ErrorCode::Closed, waiting.retry_after_ms),
        Decision::Enter { .. } => Problem::new(ErrorCode::Internal),
    }
}
