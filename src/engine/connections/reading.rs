//! How bytes come in: leftovers of the handshake first, then from each socket in its turn, within a budget per poll.

use std::io::ErrorKind;

use super::{Connections, Marks, Phase, Record, Wire, stand_in_line};
use crate::base::limits::{LINGER_READS_MAX, PARTIAL_BYTES_MAX, POLL_BYTES_MAX, READ_BYTES_MAX};
use crate::engine::header::Violation;
use crate::engine::inbound::Received;
use crate::engine::{Cause, CloseFrame, Event, Events, Frame, Slot};

/// What the end of an event stream whose peer says something is put down to: a protocol error (RFC 6455 §7.4.1).
const EVENT_STREAM_SPOKEN: u16 = 1002;

/// How a connection goes on after what it received.
enum Onward {
    Open,
    /// The peer's close frame came.
    Closed(Option<u16>),
    Broken(Violation),
}

impl<W: Wire> Connections<W> {
    /// Feeds what was read past the handshakes, in pieces that fit the read buffer.
    pub(super) fn take_leftovers(&mut self, events: &mut Events) {
        for (slot, leftover) in std::mem::take(&mut self.leftovers) {
            for piece in leftover.chunks(READ_BYTES_MAX) {
                if let Some(place) = self.scratch.get_mut(..piece.len()) {
                    place.copy_from_slice(piece);
                    self.take(slot, piece.len(), events);
                }
            }
        }
    }

    /// Reads once from each slot in line, until the budget is spent; who holds more bytes stands in line again.
    pub(super) fn read_line(&mut self, events: &mut Events) {
        for _ in 0..self.line.len() {
            if self.polled_bytes >= POLL_BYTES_MAX {
                break;
            }
            if let Some(slot) = self.line.pop_front() {
                self.polled_bytes += self.read(slot, events);
            }
        }
    }

    /// Reads once from a socket and says how many bytes came.
    fn read(&mut self, slot: Slot, events: &mut Events) -> usize {
        let Some(record) = self.table.get_mut(slot) else {
            return 0;
        };
        record.marks.take(Marks::IN_LINE);
        if !record.outbox.is_empty() {
            // Who does not listen is not heard: the slot stands in line again when its outbox has drained.
            return 0;
        }
        let Some(wire) = &mut record.wire else { return 0 };
        match wire.read(&mut self.scratch) {
            Ok(0) => self.stream_ended(slot),
            Ok(count) => {
                // A short read has emptied the stream, unless its end lies behind it, of which no further edge tells.
                if count == self.scratch.len() || record.marks.has(Marks::HUNG_UP) {
                    stand_in_line(&mut self.line, slot, record);
                } else {
                    record.marks.take(Marks::READABLE);
                }
                self.take(slot, count, events);
                return count;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                record.marks.take(Marks::READABLE);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                stand_in_line(&mut self.line, slot, record);
            }
            Err(_) => self.stream_ended(slot),
        }
        0
    }

    /// Makes news of the first `count` bytes of the read buffer.
    fn take(&mut self, slot: Slot, count: usize, events: &mut Events) {
        let Some(record) = self.table.get_mut(slot) else {
            return;
        };
        let Some(bytes) = self.scratch.get_mut(..count) else {
            return;
        };
        let others = self.partial_bytes - record.inbound.text_bytes();
        let room = PARTIAL_BYTES_MAX.saturating_sub(others);
        if record.marks.has(Marks::EVENTS) {
            // Its request is over, and nothing more was to come.
            return self.end(slot, Cause::Violation(EVENT_STREAM_SPOKEN));
        }
        match record.phase {
            Phase::Open => {
                let waiting = record.outbox.bytes();
                let onward = receive(slot, record, bytes, room, events);
                self.partial_bytes = others + record.inbound.text_bytes();
                self.pool.holds(record.group, waiting, record.outbox.bytes());
                if record.outbox.bytes() > 0 {
                    super::mark_dirty(&mut self.dirty, slot, record);
                }
                self.go_on(slot, &onward);
            }
            Phase::Closing(code) => {
                let mut closed = false;
                let received = record.inbound.receive(bytes, room, &mut |received| {
                    closed |= matches!(received, Received::Close(_));
                });
                self.partial_bytes = others + record.inbound.text_bytes();
                if closed || received.is_err() {
                    self.end(slot, Cause::Ours(code));
                }
            }
            Phase::Failing(code, reads) if reads >= LINGER_READS_MAX => {
                self.end(slot, Cause::Violation(code));
            }
            Phase::Failing(code, reads) => record.phase = Phase::Failing(code, reads + 1),
            Phase::Answering(_) => {}
        }
    }

    fn go_on(&mut self, slot: Slot, onward: &Onward) {
        match onward {
            Onward::Open => {}
            Onward::Closed(code) => {
                let echo = code.map_or_else(CloseFrame::empty, |code| CloseFrame::new(code, ""));
                self.end_with(slot, Phase::answering(*code), &echo);
            }
            Onward::Broken(violation) => {
                let code = violation.code();
                let close = CloseFrame::new(code, (self.reasons)(code));
                self.end_with(slot, Phase::Failing(code, 0), &close);
                self.news.push(Event::Failing(slot, code));
            }
        }
    }

    /// The stream can't be read any more.
    fn stream_ended(&mut self, slot: Slot) {
        if let Some(record) = self.table.get_mut(slot) {
            let cause = record.phase.cause();
            self.end(slot, cause);
        }
    }
}

/// Reports what an open connection received, and answers its pings.
fn receive<W>(
    slot: Slot,
    record: &mut Record<W>,
    bytes: &mut [u8],
    room: usize,
    events: &mut Events,
) -> Onward {
    let Record { inbound, outbox, .. } = record;
    let mut closed = None;
    let received = inbound.receive(bytes, room, &mut |received| match received {
        Received::Text(text) => events.push_text(slot, text),
        Received::Ping(body) => {
            outbox.put_pong(&Frame::pong(body));
            events.push(Event::Control(slot));
        }
        Received::Pong => events.push(Event::Control(slot)),
        Received::Close(code) => closed = Some(code),
    });
    match (received, closed) {
        (Err(violation), _) => Onward::Broken(violation),
        (Ok(()), Some(code)) => Onward::Closed(code),
        (Ok(()), None) => Onward::Open,
    }
}
