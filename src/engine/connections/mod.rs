//! The connections of one set, whatever carries their bytes: the part that the TCP set and the in-memory set share.
//!
//! Driven by readiness: a [`Wire`] never blocks, and its owner tells [`Connections::ready`] about every change from
//! "would block" to "ready" (an edge). What was told is remembered until a read or write has met the end of it, so an
//! edge can't be lost while a slot is not read from. News that arises outside a poll waits for the next one.
//! One connection's failure ends that connection and nothing else.

mod reading;
mod writing;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::time::Duration;

use bytes::Bytes;

use super::pool::Pool;
use super::record::{Marks, Phase, Record, Table};
use super::{
    Backlog, Cause, CloseFrame, Event, Events, Frame, Framing, Group, Lane, Offer, Quotas, Reasons, Slot,
};
use crate::base::limits::READ_BYTES_MAX;

/// A stream of bytes in both directions that answers `WouldBlock` instead of waiting.
pub(super) trait Wire: Read + Write {
    /// Tells the peer that nothing more will come, while it may still be read from.
    fn end_output(&mut self);
}

/// What changed about a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Readiness {
    /// Bytes, the stream's end or an error can be read.
    pub(super) readable: bool,
    /// The peer's half of the stream is over.
    pub(super) hung_up: bool,
    /// Bytes can be written, or an error waits for a write.
    pub(super) writable: bool,
}

/// The connections of one set.
#[derive(Debug)]
pub(super) struct Connections<W> {
    table: Table<W>,
    /// Where every read lands. What is partial afterwards moves to the connection's own carry.
    scratch: Box<[u8]>,
    /// Bytes read past the handshake, until the next poll.
    leftovers: Vec<(Slot, Bytes)>,
    /// Slots to write to at the next flush.
    dirty: Vec<Slot>,
    /// Slots to read from, each in its turn.
    line: VecDeque<Slot>,
    /// What the next poll reports first.
    news: Vec<Event>,
    reasons: Reasons,
    pool: Pool,
    /// Bytes kept of messages that have not come whole.
    partial_bytes: usize,
    /// Bytes read since the last poll began.
    polled_bytes: usize,
}

impl<W: Wire> Connections<W> {
    pub(super) fn new(reasons: Reasons) -> Self {
        Self {
            table: Table::new(),
            scratch: vec![0; READ_BYTES_MAX].into_boxed_slice(),
            leftovers: Vec::new(),
            dirty: Vec::new(),
            line: VecDeque::new(),
            news: Vec::new(),
            reasons,
            pool: Pool::unbounded(),
            partial_bytes: 0,
            polled_bytes: 0,
        }
    }

    /// The index that the next [`Connections::insert`] will use; `None` if there are no more numbers.
    pub(super) fn next_index(&self) -> Option<u32> {
        self.table.next_index()
    }

    /// Takes over a connection and what was read past its handshake.
    pub(super) fn insert(&mut self, index: u32, wire: W, leftover: Bytes, framing: Framing) -> Slot {
        let slot = self.table.insert(index, wire);
        if framing == Framing::EventStream
            && let Some(record) = self.table.get_mut(slot)
        {
            record.marks.set(Marks::EVENTS);
        }
        if !leftover.is_empty() {
            self.leftovers.push((slot, leftover));
        }
        slot
    }

    /// See [`super::SocketSet::offer`].
    pub(super) fn offer(&mut self, slot: Slot, frame: &Frame, lane: Lane) -> Offer {
        let Some(record) = self.table.get_mut(slot).filter(|record| record.phase == Phase::Open) else {
            return Offer::Gone;
        };
        let event = record.marks.has(Marks::EVENTS).then(|| frame.to_event());
        let frame = event.as_ref().unwrap_or(frame);
        // A socket that takes what it is given holds nothing for long, however full the pool is of those that don't.
        let is_refused = lane == Lane::Feed
            && record.marks.has(Marks::STALLED)
            && !record.outbox.is_empty()
            && !self.pool.has_room(record.group, frame.bytes().len(), record.outbox.bytes());
        let waiting = record.outbox.bytes();
        if is_refused || !record.outbox.offer(frame, lane) {
            record.marks.set(Marks::REFUSED);
            return Offer::Full;
        }
        // What it displaced waits no more.
        self.pool.holds(record.group, waiting, record.outbox.bytes());
        mark_dirty(&mut self.dirty, slot, record);
        Offer::Queued
    }

    /// See [`super::SocketSet::close`].
    pub(super) fn close(&mut self, slot: Slot, close: &CloseFrame) {
        let Some(record) = self.table.get_mut(slot).filter(|record| record.phase == Phase::Open) else {
            return;
        };
        if !record.outbox.is_empty() && !record.marks.has(Marks::STALLED) {
            // What the socket takes at once is not dropped.
            self.write(slot);
        }
        if let Some(record) = self.table.get_mut(slot) {
            let dropped = record.outbox.drop_feed();
            self.pool.holds(record.group, dropped, 0);
        }
        self.end_with(slot, Phase::Closing(close.code()), close);
    }

    /// See [`super::SocketSet::abort`].
    pub(super) fn abort(&mut self, slot: Slot) {
        if let Some(record) = self.table.get_mut(slot) {
            let cause = record.phase.cause();
            self.end(slot, cause);
        }
    }

    /// See [`super::SocketSet::waiting_bytes`].
    pub(super) fn waiting_bytes(&mut self, slot: Slot) -> usize {
        self.table.get_mut(slot).map_or(0, |record| record.outbox.bytes())
    }

    /// See [`super::SocketSet::backlog`].
    pub(super) fn backlog(&self) -> Backlog {
        self.pool.backlog()
    }

    /// See [`super::SocketSet::charged`].
    pub(super) fn charged(&self) -> Quotas {
        self.pool.charged()
    }

    /// Sets what the backlog may use before the feed has to wait. An empty outbox takes its first frame all the same,
    /// since nothing else would say that it drained.
    pub(super) fn set_pool(&mut self, bytes: usize) {
        self.pool.set_bytes(bytes);
    }

    /// Sets what each group may use of it.
    pub(super) fn set_quotas(&mut self, quotas: Quotas) {
        self.pool.set_quotas(quotas);
    }

    /// See [`super::SocketSet::hold_slow`].
    pub(super) fn hold_slow(&mut self, bytes: Option<usize>) {
        self.pool.set_slow_bytes(bytes.unwrap_or(usize::MAX));
    }

    /// See [`super::SocketSet::group`].
    pub(super) fn group(&mut self, slot: Slot) -> Group {
        self.table.get_mut(slot).map_or(Group::default(), |record| record.group)
    }

    /// See [`super::SocketSet::assign`].
    pub(super) fn assign(&mut self, slot: Slot, group: Group) {
        let Some(record) = self.table.get_mut(slot) else { return };
        let (from, bytes) = (std::mem::replace(&mut record.group, group), record.outbox.bytes());
        self.pool.holds(from, bytes, 0);
        self.pool.holds(group, 0, bytes);
        if record.marks.has(Marks::STALLED) {
            self.pool.flows(from);
            self.pool.stalls(group);
        }
    }

    /// Remembers what changed about the wire at `index`, and writes what waited for it.
    pub(super) fn ready(&mut self, index: u32, readiness: Readiness) {
        let Some(slot) = self.table.slot_at(index) else {
            return;
        };
        let Some(record) = self.table.get_mut(slot) else {
            return;
        };
        if readiness.hung_up {
            record.marks.set(Marks::HUNG_UP);
        }
        if readiness.readable {
            record.marks.set(Marks::READABLE);
            stand_in_line(&mut self.line, slot, record);
        }
        if readiness.writable && record.marks.has(Marks::STALLED) {
            self.write(slot);
        }
    }

    /// Prepares to wait for readiness: flushes, and says how long a poll of at most `timeout` may wait. Not at all if
    /// the next [`Connections::turn`] has something to do anyway. A poll's budget of bytes begins anew.
    pub(super) fn before_wait(&mut self, timeout: Option<Duration>) -> Option<Duration> {
        self.polled_bytes = 0;
        self.flush();
        if self.is_idle() { timeout } else { Some(Duration::ZERO) }
    }

    /// Whether the next [`Connections::turn`] has nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.news.is_empty() && self.line.is_empty() && self.leftovers.is_empty()
    }

    /// Reads from the slots in line, each once, writes what this calls for, and reports all news. A poll may have
    /// several turns; the budget of bytes is for all of them together.
    pub(super) fn turn(&mut self, events: &mut Events) {
        self.report(events);
        self.take_leftovers(events);
        self.read_line(events);
        self.flush();
        self.report(events);
    }

    /// Begins to end a connection that is open: `close` goes out after what is queued, and offers are `Gone` from now.
    fn end_with(&mut self, slot: Slot, phase: Phase, close: &CloseFrame) {
        let Some(record) = self.table.get_mut(slot).filter(|record| record.phase == Phase::Open) else {
            return;
        };
        record.phase = phase;
        let event = record.marks.has(Marks::EVENTS).then(|| close.frame().to_event());
        let frame = event.as_ref().unwrap_or(close.frame());
        record.outbox.put_close(frame);
        self.pool.holds(record.group, 0, frame.bytes().len());
        mark_dirty(&mut self.dirty, slot, record);
    }

    /// Ends a connection: its socket is closed, its memory freed. The slot is free once this has been reported.
    fn end(&mut self, slot: Slot, cause: Cause) {
        let Some(record) = self.table.get_mut(slot) else {
            return;
        };
        self.pool.holds(record.group, record.outbox.bytes(), 0);
        if record.marks.take(Marks::STALLED) {
            self.pool.flows(record.group);
        }
        self.partial_bytes -= record.inbound.text_bytes();
        let wire = record.end();
        if let Some(mut wire) = wire
            && matches!(cause, Cause::Peer(_) | Cause::Ours(_))
        {
            // Unread bytes would make the kernel send a reset, and a reset may overtake our close frame. What they are
            // does not matter, nor whether the read fails.
            let _ = wire.read(&mut self.scratch);
        }
        self.news.push(Event::Closed(slot, cause));
    }

    fn report(&mut self, events: &mut Events) {
        for event in self.news.drain(..) {
            events.push(event);
            if let Event::Closed(slot, _) = event {
                self.table.free(slot);
            }
        }
    }

    /// Bytes kept of messages that have not come whole.
    #[cfg(test)]
    pub(super) fn partial_bytes(&self) -> usize {
        self.partial_bytes
    }

    /// How many connections hold memory beyond their record.
    #[cfg(test)]
    pub(super) fn boxes(&self) -> usize {
        self.table.boxes()
    }
}

/// Puts a slot on the list of those to write to, unless it stands there or waits for its socket.
fn mark_dirty<W>(dirty: &mut Vec<Slot>, slot: Slot, record: &mut Record<W>) {
    if !record.marks.has(Marks::DIRTY) && !record.marks.has(Marks::STALLED) {
        record.marks.set(Marks::DIRTY);
        dirty.push(slot);
    }
}

/// Puts a slot in the line of those to read from, unless it stands there.
fn stand_in_line<W>(line: &mut VecDeque<Slot>, slot: Slot, record: &mut Record<W>) {
    if !record.marks.has(Marks::IN_LINE) {
        record.marks.set(Marks::IN_LINE);
        line.push_back(slot);
    }
}
