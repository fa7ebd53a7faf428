//! What is kept of one connection, and the table that hands out slots.
//!
//! A record of a TCP connection fits one cache line, since a fan-out touches tens of thousands of cold ones.

use super::inbound::Inbound;
use super::outbox::Outbox;
use super::{Cause, Group, Slot};

/// The code that RFC 6455 §7.4.1 reserves to say "the close frame held none".
const NO_CODE: u16 = 1005;

/// Where a connection stands in its life. The codes are those that its [`Cause`] will hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Messages flow.
    Open,
    /// We began the closing handshake: what comes is thrown away until the peer's close frame or the stream's end.
    Closing(u16),
    /// The peer broke the protocol: nothing is parsed any more, only thrown away so that our close frame can arrive;
    /// the second number counts the reads.
    Failing(u16, u8),
    /// The peer closed, our answer is on its way; [`NO_CODE`] stands for none.
    Answering(u16),
}

impl Phase {
    pub(super) fn answering(code: Option<u16>) -> Self {
        Self::Answering(code.unwrap_or(NO_CODE))
    }

    /// What the connection's end is put down to if it comes now.
    pub(super) fn cause(self) -> Cause {
        match self {
            Self::Open => Cause::Lost,
            Self::Closing(code) => Cause::Ours(code),
            Self::Failing(code, _) => Cause::Violation(code),
            Self::Answering(NO_CODE) => Cause::Peer(None),
            Self::Answering(code) => Cause::Peer(Some(code)),
        }
    }
}

/// A set of yes-or-no facts in one byte.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks(u8);

impl Marks {
    /// The stream may hold bytes: it said so, and no read has come back empty since.
    pub(super) const READABLE: Self = Self(1);
    /// The peer's half of the stream is over once what it holds has been read.
    pub(super) const HUNG_UP: Self = Self(1 << 1);
    /// The slot waits in the line of those to read from.
    pub(super) const IN_LINE: Self = Self(1 << 2);
    /// The slot stands on the list of those to write to.
    pub(super) const DIRTY: Self = Self(1 << 3);
    /// The last write left bytes: the stream will say when it takes more.
    pub(super) const STALLED: Self = Self(1 << 4);
    /// An offer was refused: news of the drained outbox is owed.
    pub(super) const REFUSED: Self = Self(1 << 5);
    /// It is an event stream.
    pub(super) const EVENTS: Self = Self(1 << 6);

    pub(super) fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(super) fn set(&mut self, mark: Self) {
        self.0 |= mark.0;
    }

    /// Takes a mark away and says whether it was there.
    pub(super) fn take(&mut self, mark: Self) -> bool {
        let had = self.has(mark);
        self.0 &= !mark.0;
        had
    }
}

/// One connection, or a place where one was.
#[derive(Debug)]
pub(super) struct Record<W> {
    /// `None` when the connection is over.
    pub(super) wire: Option<W>,
    generation: u32,
    pub(super) inbound: Inbound,
    pub(super) outbox: Outbox,
    pub(super) phase: Phase,
    pub(super) marks: Marks,
    /// Whose quota of the pool it uses.
    pub(super) group: Group,
}

// mio's sockets are larger with debug assertions, in which it checks who they are registered with.
const _: () =
    assert!(size_of::<Record<mio::net::TcpStream>>() <= if cfg!(debug_assertions) { 80 } else { 64 });

/// Records by slot. A place is used again only after [`Table::free`], with the next generation.
#[derive(Debug)]
pub(super) struct Table<W> {
    records: Vec<Record<W>>,
    free: Vec<u32>,
}

impl<W> Table<W> {
    pub(super) fn new() -> Self {
        Self { records: Vec::new(), free: Vec::new() }
    }

    /// The index that the next [`Table::insert`] will use; `None` if there are no more numbers.
    pub(super) fn next_index(&self) -> Option<u32> {
        self.free.last().copied().or_else(|| u32::try_from(self.records.len()).ok())
    }

    /// Gives a connection the place `index`, which [`Table::next_index`] named.
    pub(super) fn insert(&mut self, index: u32, wire: W) -> Slot {
        if let Some(record) = self.records.get_mut(index as usize) {
            self.free.pop();
            record.wire = Some(wire);
            record.phase = Phase::Open;
            record.marks = Marks::default();
            record.group = Group::default();
            return Slot { index, generation: record.generation };
        }
        self.records.push(Record {
            wire: Some(wire),
            generation: 0,
            inbound: Inbound::default(),
            outbox: Outbox::default(),
            phase: Phase::Open,
            marks: Marks::default(),
            group: Group::default(),
        });
        Slot { index, generation: 0 }
    }

    /// The record of a slot whose connection is not over.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Record<W>> {
        self.records
            .get_mut(slot.index as usize)
            .filter(|record| record.generation == slot.generation && record.wire.is_some())
    }

    /// The slot in use at an index.
    pub(super) fn slot_at(&self, index: u32) -> Option<Slot> {
        let record = self.records.get(index as usize)?;
        record.wire.as_ref()?;
        Some(Slot { index, generation: record.generation })
    }

    /// Lets a place be used again, once the last news of its connection is out.
    pub(super) fn free(&mut self, slot: Slot) {
        if let Some(record) = self.records.get_mut(slot.index as usize)
            && record.generation == slot.generation
            && record.wire.is_none()
        {
            record.generation = record.generation.wrapping_add(1);
            self.free.push(slot.index);
        }
    }

    /// How many records hold memory beyond themselves.
    #[cfg(test)]
    pub(super) fn boxes(&self) -> usize {
        self.records.iter().filter(|record| record.inbound.is_partial() || record.outbox.is_boxed()).count()
    }
}

impl<W> Record<W> {
    /// Ends the connection, freeing all it holds. Gives back the socket.
    pub(super) fn end(&mut self) -> Option<W> {
        self.inbound = Inbound::default();
        self.outbox = Outbox::default();
        self.wire.take()
    }
}
