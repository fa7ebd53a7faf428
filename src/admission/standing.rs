//! How somebody stands at the gate, told without a question at it: for the operator who must say why somebody was refused.

use serde::Serialize;

use super::accounts::AccountKey;
use super::state::is_kept_open;
use super::{Class, Gate, Level, Request, whole};
use crate::base::{MachineTime, SchoolTime};

/// How somebody stands at the gate. Nothing was taken, and nobody was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The class that it would enter with.
    pub class: Class,
    /// Whether it is outside its window, or inside and before its own instant.
    pub is_outside: bool,
    /// When it may come in then, as it is promised; `None` if the calendar does not know.
    pub opens_at: Option<SchoolTime>,
    /// Seats that it has: taken or resting.
    pub sessions: usize,
    /// Seats that it may have.
    pub sessions_max: usize,
    /// Whether a seat is reserved for it, or rests until it comes back.
    pub is_expected: bool,
    /// For how long no further session of it may replace one, in milliseconds, if it has all that it may have.
    pub cool_down_ms: Option<u32>,
    /// How loaded the hub is.
    pub level: Level,
    /// Whether its class enters at this load.
    pub is_admitted: bool,
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
        let (resting, unspent) = (state.seating.returning(account, None), state.seating.unspent(account));
        Standing {
            class,
            is_outside: outside.is_err(),
            opens_at: outside.err().flatten(),
            sessions,
            sessions_max,
            is_expected: resting.or(unspent).is_some(),
            cool_down_ms,
            level,
            is_admitted: match level {
                Level::Critical => is_kept_open(class, request.is_live),
                _ => state.is_admitted(class),
            },
            free: state.free().all[class.index()],
            waiting: whole(state.room.waiting(class)),
        }
    }
}
