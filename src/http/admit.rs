//! The gate as the edge sees it, and its refusals as problems.

use std::sync::Arc;
use std::time::Duration;

use super::edge::Edge;
use super::problem::Problem;
use super::windows::window_of;
use crate::access::Identity;
use crate::admission::{Decision, Gate, Level, NotReserved, Occupied, Request, Waiting, Window};
use crate::base::{AccountId, ClassId, MachineTime, Role, SchoolTime, SessionId, limits};
use crate::protocol::ErrorCode;
use crate::roster::{Account, Roster};

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

    /// Whether somebody without a socket may publish now.
    ///
    /// # Errors
    /// What stands in the way.
    fn may_publish(&self, role: Role, is_live: bool, window: Window) -> Result<(), Decision>;

    /// Whether somebody is inside the window.
    ///
    /// # Errors
    /// When it may come back, if the calendar knows.
    fn inside(
        &self,
        account: &AccountId,
        role: Role,
        window: Window,
        school: SchoolTime,
    ) -> Result<(), Option<SchoolTime>>;

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

    fn may_publish(&self, role: Role, is_live: bool, window: Window) -> Result<(), Decision> {
        Gate::may_publish(self, role, is_live, window)
    }

    fn inside(
        &self,
        account: &AccountId,
        role: Role,
        window: Window,
        school: SchoolTime,
    ) -> Result<(), Option<SchoolTime>> {
        Gate::inside(self, account, role, window, school)
    }

    fn level(&self) -> Level {
        Gate::level(self)
    }
}

/// Asks at the gate for somebody who comes to publish without a socket: the same door as for those who have one.
///
/// # Errors
/// `kicked`, `suspended` and `closed`; `unknown_account` for one that has just left the roster.
pub(super) fn check_publish(edge: &Edge, roster: &Roster, author: &Identity) -> Result<(), Problem> {
    let account = roster.account(author.account.as_str()).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    edge.parts.office.check_kicked(&author.account, edge.parts.clock.machine())?;
    let school_time = edge.parts.clock.school();
    let window = window_of(&*edge.parts.windows, &account, school_time);
    let asked = edge.parts.gate.may_publish(account.role(), is_live(edge, &account), window);
    asked.map_err(|decision| refusal(&decision, school_time))
}

/// Whether somebody without a socket is answered at this load: at the highest one students and guardians are not, who else
/// would read over HTTP what a seat was refused for.
///
/// # Errors
/// `closed`.
pub(super) fn check_load(edge: &Edge, role: Role) -> Result<(), Problem> {
    let is_many = matches!(role, Role::Student | Role::Guardian);
    if is_many && edge.parts.gate.level() >= Level::Critical {
        let wait = Duration::from_millis(limits::CLOSED_RETRY_MS.into());
        return Err(Problem::new(ErrorCode::Closed).after(wait));
    }
    Ok(())
}

/// Whether somebody without a socket is answered at this time: those are not who got no seat for it, since they would read
/// over HTTP what the door is closed for.
///
/// # Errors
/// `kicked` and `suspended`; `unknown_account` for one that has just left the roster.
pub(super) fn check_hours(edge: &Edge, reader: &Identity) -> Result<(), Problem> {
    let parts = &edge.parts;
    parts.office.check_kicked(&reader.account, parts.clock.machine())?;
    let roster = parts.directory.current();
    let account = roster.account(reader.account.as_str()).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    let school_time = parts.clock.school();
    let window = window_of(&*parts.windows, &account, school_time);
    let inside = parts.gate.inside(&reader.account, reader.role, window, school_time);
    inside.map_err(|opens_at| Problem::suspended(opens_at, school_time))
}

/// Whether one of the classes that the account teaches or attends is live.
pub(super) fn is_live(edge: &Edge, account: &Account<'_>) -> bool {
    let matters = matches!(account.role(), Role::Teacher | Role::Student);
    let is_live = |class: ClassId| edge.parts.gate.is_live(&class);
    matters && account.classes().any(|enrolment| ClassId::parse(enrolment.class.id()).is_ok_and(is_live))
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
