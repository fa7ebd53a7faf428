//! One visit: a page that somebody opens, from the first question at the gate to the end.

use preau::admission::Permit;
use preau::base::{MachineTime, SessionId};

/// How somebody behaves who is told to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Asks when it was told to, with the ticket that it was given.
    Patient,
    /// Asks earlier.
    Impatient,
    /// Shows a ticket that nobody signed.
    Forger,
    /// Shows somebody else's ticket.
    Thief,
    /// Forgets its ticket, as a page does that is loaded anew.
    Forgetful,
}

/// How far it has come.
#[derive(Debug)]
pub(crate) enum State {
    /// Not come yet, or out for a while.
    Away,
    /// At the gate, since then.
    Asking { since: MachineTime },
    /// It has a seat that it has not spent.
    Entering { session: SessionId },
    /// It is in.
    Seated { permit: Permit },
    /// Gone for good.
    Over,
}

/// A visit.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub(crate) struct Visit {
    /// Whose, by the place among the people.
    pub(crate) person: usize,
    pub(crate) manners: Manners,
    pub(crate) begins: MachineTime,
    pub(crate) ends: MachineTime,
    pub(crate) state: State,
    /// Counts the changes of the state, so that what was planned for another is void.
    pub(crate) turn: u32,
    pub(crate) ticket: Option<String>,
    /// When the ticket allows to ask.
    pub(crate) not_before: MachineTime,
    /// The session that it lost, and when.
    pub(crate) lost: Option<(SessionId, MachineTime)>,
    /// Whether it shows its resume token when it comes back.
    pub(crate) has_token: bool,
    pub(crate) lease_until: MachineTime,
    /// Whether its page is hidden, and its line slow.
    pub(crate) is_hidden: bool,
    pub(crate) is_slow: bool,
    /// Whether its end is planned because its window has closed.
    pub(crate) is_ending: bool,
}

impl Visit {
    pub(crate) fn new(person: usize, begins: MachineTime, ends: MachineTime) -> Self {
        Self {
            person,
            manners: Manners::Patient,
            begins,
            ends,
            state: State::Away,
            turn: 0,
            ticket: None,
            not_before: MachineTime::default(),
            lost: None,
            has_token: true,
            lease_until: MachineTime::default(),
            is_hidden: false,
            is_slow: false,
            is_ending: false,
        }
    }

    /// Puts it in another state; the one that it was in.
    pub(crate) fn turn_to(&mut self, state: State) -> State {
        self.turn += 1;
        self.is_ending = false;
        std::mem::replace(&mut self.state, state)
    }

    /// Its session, if it is in.
    pub(crate) fn session(&self) -> Option<SessionId> {
        match &self.state {
            State::Seated { permit } => Some(permit.session()),
            _ => None,
        }
    }
}
