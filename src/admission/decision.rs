//! What is asked at the gate, and what it answers.

use super::Level;
use crate::base::{AccountId, Role, SchoolTime, SessionId};

/// What the calendar says about a role in a school now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// It may come in, and could for longer than an evening's spread ([`limits::EVENING_MAX`](crate::base::limits)).
    Open,
    /// It may come in since then. A guardian still waits for its own instant of that opening.
    Opened {
        /// When the window opened, in school time.
        at: SchoolTime,
    },
    /// It may not, until then; `None` if the calendar does not know when.
    Closed {
        /// When the window opens, in school time.
        opens_at: Option<SchoolTime>,
    },
}

/// Somebody at the gate.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who.
    pub account: &'a AccountId,
    /// The account's role.
    pub role: Role,
    /// Whether one of a student's classes is live, or a teacher's.
    pub is_live: bool,
    /// The account's window.
    pub window: Window,
    /// The number that a new session would have.
    pub session: SessionId,
    /// The session that is resumed, if a resume token was shown and is this hub's own. It is resumed under the new
    /// number; without a token, an account comes back to its seat that rests.
    pub resume: Option<SessionId>,
    /// The ticket that was shown, if any, as it came.
    pub ticket: Option<&'a str>,
}

/// What becomes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A seat is reserved for this session, until [`SEAT_TTL`](crate::base::limits::SEAT_TTL) from now. It is another
    /// than the request's if the account has a seat that was not spent; that one lasts until its own time is over.
    Enter {
        /// The session.
        session: SessionId,
        /// How loaded the hub is.
        load: Level,
    },
    /// Not yet: a place in the waiting room.
    Wait(Waiting),
    /// Not inside this window. When the account itself may come back is promised: later than the window opens, by its
    /// share of the evening's spread.
    Suspended {
        /// When; `None` if the calendar does not know.
        opens_at: Option<SchoolTime>,
    },
    /// Its newest session replaced another a moment ago: two tabs would chase each other.
    CoolDown {
        /// When to ask again, in milliseconds.
        retry_after_ms: u32,
    },
    /// Nobody of this class enters at this load, and there is no waiting room either.
    Closed {
        /// When to ask again, in milliseconds.
        retry_after_ms: u32,
    },
}

/// A place in the waiting room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// To be shown at the next poll. Says nothing to anybody but the gate.
    pub ticket: String,
    /// About how many come before.
    pub ahead: u32,
    /// When to ask again, in milliseconds; earlier gains nothing.
    pub retry_after_ms: u32,
    /// How loaded the hub is.
    pub load: Level,
}
