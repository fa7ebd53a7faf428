//! How somebody stands at the gate, told without a question at it: for the operator who must say why somebody was refused.

use serde::Serialize;

use super::accounts::AccountKey;
use super::state::Newcomer;
use super::{Class, Gate, Level, Reason, Request, whole};
use crate::base::{MachineTime, SchoolTime};

/// How somebody stands at the gate. Nothing was taken, and nobody was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The class that it would enter with.
    pub class: Class,
    /// The rule by which it would be answered: the gate's own judgement, not one beside it.
    pub reason: Reason,
    /// Whether it is outside its window, or inside and before its own instant.
    pub is_outside: bool,
    /// When it may come in then, as it is promised; `None` if the calendar does not know.
    pub opens_at: Option<SchoolTime>,
    /// Seats that it has: taken or resting.
    pub sessions: usize,
    /// Seats that it may have.
    pub sessions_max: usize,
    /// For how long no further session of it may replace one, in milliseconds, if it has all that it may have.
    pub cool_down_ms: Option<u32>,
    /// How loaded the hub is.
    pub level: Level,
    /// How many of its class may come in now.
    pub free: u32,
    /// About how many of its class wait.
    pub waiting: u32,
}

impl Gate {
    /// How somebody stands who would ask now, without a ticket.
    pub fn standing(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Standing {
        let class = Class::of(request.role, request.is_live);
        let outside = self.inside(request.account, request.role, request.window, school);
        let account = AccountKey::of(request.account);
        let mut state = self.state();
        state.pass(now);
        let level = state.load.level();
        let sessions = state.seating.sessions(account).len();
        let sessions_max = state.settings.sessions.of(class);
        let cool_down_ms = state.seating.cool_down_ms(account, now).filter(|_| sessions >= sessions_max);
        let newcomer = Newcomer {
            account,
            class,
            is_live: request.is_live,
            session: request.session,
            resume: request.resume,
            place: None,
            is_owed: false,
            asks_at: None,
        };
        Standing {
            class,
            reason: if outside.is_err() { Reason::Suspended } else { state.prospect(&newcomer, now) },
            is_outside: outside.is_err(),
            opens_at: outside.err().flatten(),
            sessions,
            sessions_max,
            cool_down_ms,
            level,
            free: state.free().all[class.index()],
            waiting: whole(state.room.waiting(class)),
        }
    }
}
