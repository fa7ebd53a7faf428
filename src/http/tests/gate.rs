//! A gate that decides as told, and as the real one until then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::desk::NOW;
use crate::admission::{
    Capacity, Decision, Gate, Level, NotReserved, Occupied, Request, Secrets, Settings, Waiting, Window,
};
use crate::base::{AccountId, ClassId, MachineTime, Role, SchoolTime, SessionId, limits};
use crate::calendar::{Late, Untimely};
use crate::http::admit::Admit;
use crate::http::windows::Windows;

/// What somebody was at the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) account: String,
    pub(super) is_live: bool,
    pub(super) window: Window,
    pub(super) resume: Option<SessionId>,
    pub(super) ticket: Option<String>,
}

/// What is decided besides who may sit.
#[derive(Default)]
struct Script {
    decision: Option<Decision>,
    /// Tickets that come too early until then.
    early: Vec<(String, MachineTime)>,
    replaces: Option<SessionId>,
    live: Vec<String>,
    level: Level,
    seen: Vec<Seen>,
}

/// The gate.
#[derive(Clone)]
pub(super) struct ScriptedGate {
    pub(super) real: Arc<Gate>,
    script: Arc<Mutex<Script>>,
}

impl ScriptedGate {
    pub(super) fn new() -> Self {
        let secrets = Secrets { tickets: [7; 32], order: [8; 32] };
        let settings = Settings { evening_seconds: 5 * 60, ..Settings::default() };
        let gate = Gate::new(settings, Capacity::given(1_000_000), &secrets, MachineTime(NOW));
        Self { real: Arc::new(gate), script: Arc::default() }
    }

    pub(super) fn decide(&self, decision: Decision) {
        self.script.lock().unwrap().decision = Some(decision);
    }

    pub(super) fn call_early(&self, ticket: &str, until: MachineTime) {
        self.script.lock().unwrap().early.push((ticket.to_owned(), until));
    }

    pub(super) fn replace(&self, session: SessionId) {
        self.script.lock().unwrap().replaces = Some(session);
    }

    pub(super) fn go_live(&self, class: &str) {
        self.script.lock().unwrap().live.push(class.to_owned());
    }

    pub(super) fn rise_to(&self, level: Level) {
        self.script.lock().unwrap().level = level;
    }

    /// Who was at the gate since the last look.
    pub(super) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.script.lock().unwrap().seen)
    }

    /// How many seats are taken or reserved.
    pub(super) fn held(&self) -> usize {
        crate::admission::Class::ALL.into_iter().map(|class| self.real.taken(class)).sum()
    }
}

impl Admit for ScriptedGate {
    fn early(&self, ticket: &str, _: &AccountId, now: MachineTime) -> Option<Waiting> {
        let script = self.script.lock().unwrap();
        let (_, until) = script.early.iter().find(|(known, until)| known == ticket && now < *until)?;
        let retry_after_ms = u32::try_from(until.since(now).as_millis()).unwrap();
        Some(Waiting { ticket: ticket.to_owned(), ahead: 40, retry_after_ms, load: Level::High })
    }

    fn ask(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Decision {
        let mut script = self.script.lock().unwrap();
        script.seen.push(Seen {
            account: request.account.to_string(),
            is_live: request.is_live,
            window: request.window,
            resume: request.resume,
            ticket: request.ticket.map(str::to_owned),
        });
        script.decision.clone().unwrap_or_else(|| self.real.ask(request, now, school))
    }

    fn occupy(
        &self,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Result<Occupied, NotReserved> {
        let occupied = self.real.occupy(session, account, now)?;
        Ok(Occupied { replaces: self.script.lock().unwrap().replaces.take(), ..occupied })
    }

    fn is_live(&self, class: &ClassId) -> bool {
        self.script.lock().unwrap().live.iter().any(|live| live == class.as_str())
    }

    fn may_publish(&self, role: Role, is_live: bool, window: Window) -> Result<(), Decision> {
        let decision = self.script.lock().unwrap().decision.clone();
        decision.map_or_else(|| self.real.may_publish(role, is_live, window), Err)
    }

    fn inside(
        &self,
        account: &AccountId,
        role: Role,
        window: Window,
        school: SchoolTime,
    ) -> Result<(), Option<SchoolTime>> {
        self.real.inside(account, role, window, school)
    }

    fn level(&self) -> Level {
        self.script.lock().unwrap().level
    }
}

/// Guardians are out before this time.
pub(super) const GUARDIANS_FROM: SchoolTime = SchoolTime(1_800_000_100_000);

/// From the desk's time to one at which every guardian is in again.
pub(super) const AFTER_OPENING: Duration = Duration::from_mins(7);

/// Windows that close to guardians before [`GUARDIANS_FROM`], and let each in at an instant of its own.
pub(super) struct Evening;

impl Windows for Evening {
    fn window(&self, role: Role, _: Option<&str>, at: SchoolTime) -> Window {
        match role {
            Role::Guardian if at < GUARDIANS_FROM => Window::Closed { opens_at: Some(GUARDIANS_FROM) },
            Role::Guardian => Window::Opened { at: GUARDIANS_FROM },
            _ => Window::Open,
        }
    }

    fn late(&self, school: Option<&str>, _: SchoolTime) -> Option<Late> {
        let publish_at = Some(GUARDIANS_FROM);
        school.is_none().then_some(Late { why: Untimely::Weekend, publish_at })
    }
}

/// How long a place in the waiting room is told to wait in these tests.
pub(super) fn waiting(ticket: &str) -> Waiting {
    let retry_after_ms = limits::BUSY_RETRY_MS * 5;
    Waiting { ticket: ticket.to_owned(), ahead: 41, retry_after_ms, load: Level::High }
}
