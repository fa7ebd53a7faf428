//! What happens when. What was put in first comes first among what happens at one instant.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use preau::base::MachineTime;

/// What can happen in a world. Of a visit that is named with a turn, what was planned before its last turn is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A visit asks at the gate.
    Ask { visit: usize, turn: u32 },
    /// It opens the socket that its seat is for.
    Handshake { visit: usize, turn: u32 },
    /// It asks for another lease.
    Renew { visit: usize, turn: u32 },
    /// Its lease was not renewed, and ends.
    LeaseEnds { visit: usize, turn: u32 },
    /// Its line is lost.
    Lose { visit: usize, turn: u32 },
    /// Its window has closed, and its connection ends.
    Suspend { visit: usize, turn: u32 },
    /// It is over, whatever it was doing.
    Leave { visit: usize },
    /// A lesson is over whose teachers have gone, unless one has come back since that turn.
    LessonEnds { class: usize, turn: u32 },
    /// The hub notices that nobody is at the other end of a session.
    Notice { session: u64 },
    /// The indicators are read.
    Sample { turn: u32 },
    /// The calendar is looked at.
    Minute,
    /// Something that this day is about, by its place in the day's list.
    Turn { number: usize },
}

/// What is to happen.
#[derive(Default)]
pub(crate) struct Queue {
    events: BinaryHeap<Reverse<(MachineTime, u64, Event)>>,
    count: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: MachineTime, event: Event) {
        self.count += 1;
        self.events.push(Reverse((at, self.count, event)));
    }

    pub(crate) fn pop(&mut self) -> Option<(MachineTime, Event)> {
        let Reverse((at, _, event)) = self.events.pop()?;
        Some((at, event))
    }
}
