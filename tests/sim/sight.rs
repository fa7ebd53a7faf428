//! What can be seen of a world from outside: the checkers judge by it alone, and a failure's trace is made of it.

use preau::admission::{CLASSES, Class, Leaving, Level, PerClass};
use preau::base::{MachineTime, Role, SchoolTime, SessionId};

/// Something that was seen, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) now: MachineTime,
    pub(crate) school: SchoolTime,
    pub(crate) sight: Sight,
}

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight {
    /// Somebody asked.
    Asked(Asked),
    /// Somebody took a seat.
    Seated { who: Who, session: SessionId, replaces: Option<SessionId> },
    /// A session has ended.
    Left { who: Who, session: SessionId, how: Leaving },
    /// Somebody gave up, or went, without a seat.
    GaveUp { who: Who },
    /// A lease was asked for.
    Renewed { session: SessionId, is_kept: bool },
    /// Somebody was sent away so that the hub does not fail.
    Evicted { who: Who, is_evicting: bool },
    /// The indicators were read.
    Sampled(Sample),
    /// Something changed that seats depend on.
    Changed(Change),
}

/// Whose visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) visit: usize,
    pub(crate) person: usize,
    pub(crate) role: Role,
    pub(crate) school: usize,
    pub(crate) is_live: bool,
}

impl Who {
    pub(crate) fn class(&self) -> Class {
        Class::of(self.role, self.is_live)
    }
}

/// What somebody showed at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Nothing.
    Nothing,
    /// Its ticket, when it was told to or later.
    Ticket,
    /// Its ticket, earlier than it was told to.
    EarlyTicket,
    /// A ticket that nobody signed, or that is another's.
    BadTicket,
}

/// A question and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) who: Who,
    pub(crate) shown: Shown,
    /// Since when it asks.
    pub(crate) since: MachineTime,
    /// When it lost a session that should be kept for it.
    pub(crate) lost_at: Option<MachineTime>,
    pub(crate) answer: Answer,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    /// `is_new` is whether it has taken a seat of the stock, and not one that its account had; `stock` is what was there afterwards.
    Enter {
        session: SessionId,
        is_new: bool,
        stock: Stock,
    },
    /// `is_same` is whether the ticket is the one that was shown; `waiting` how many of its class waited before it asked, where
    /// that was looked at; `for_seats` whether there was no seat, which is known of teachers.
    Wait {
        ahead: u32,
        retry_ms: u32,
        is_same: bool,
        for_seats: Option<bool>,
    },
    Suspended {
        opens_at: Option<SchoolTime>,
    },
    CoolDown {
        retry_ms: u32,
    },
    Closed {
        retry_ms: u32,
    },
}

/// The seats.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Stock {
    /// Seats in force, by the gate.
    pub(crate) seats: u32,
    /// Seats that the operator and memory allow, by the world.
    pub(crate) allowed: u32,
    pub(crate) taken: PerClass<u32>,
    pub(crate) nominal: PerClass<u32>,
    pub(crate) reserve: PerClass<u32>,
    /// About how many wait.
    pub(crate) waiting: PerClass<u32>,
    /// How many were told so far that there is no seat.
    pub(crate) seatless: PerClass<u64>,
    /// How many came in so far.
    pub(crate) entered: PerClass<u64>,
}

impl Stock {
    pub(crate) fn all_taken(&self) -> u32 {
        self.taken.iter().sum()
    }

    /// What is missing in the reserves.
    pub(crate) fn missing(&self) -> u32 {
        (0..CLASSES).map(|class| self.reserve[class].saturating_sub(self.taken[class])).sum()
    }

    /// Whether the free seats don't cover that.
    pub(crate) fn is_short(&self) -> bool {
        self.all_taken() + self.missing() > self.seats
    }
}

/// The gate after a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) stock: Stock,
    pub(crate) level: Level,
    /// Admissions per second, at the region's size.
    pub(crate) rate: f64,
    /// Sessions that are in, as the world counts them.
    pub(crate) seated: usize,
    /// Seats that are reserved, as the gate counts them.
    pub(crate) unspent: usize,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    /// The hub crashed, and another began.
    Crash,
    /// The school's clock was set.
    Clock { by_ms: i64 },
    /// Seats that are allowed.
    Allowed { seats: u32 },
    /// The window of a class closed everywhere, or opened somewhere.
    Window { class: Class, is_out: bool },
    /// An urgent message went out.
    Urgent,
    /// The pool fills, or empties.
    Queued { part: f32 },
}
