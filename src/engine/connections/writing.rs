//! How outboxes reach their sockets, and what follows when one is empty.

use super::{Connections, Marks, Phase, Wire, stand_in_line};
use crate::engine::outbox::Written;
use crate::engine::{Event, Slot};

impl<W: Wire> Connections<W> {
    /// Writes to every slot that was offered something, once.
    pub(in crate::engine) fn flush(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(record) = self.table.get_mut(slot) {
                record.marks.take(Marks::DIRTY);
                self.write(slot);
            }
        }
        self.dirty = dirty;
    }

    /// Writes what waits for one socket until it takes no more.
    pub(super) fn write(&mut self, slot: Slot) {
        let Some(record) = self.table.get_mut(slot) else {
            return;
        };
        let Some(wire) = &mut record.wire else { return };
        let waiting = record.outbox.bytes();
        let written = record.outbox.write_to(wire);
        self.pool.holds(record.group, waiting, record.outbox.bytes());
        match written {
            Ok(Written::All) => self.drained(slot),
            Ok(Written::Part) if !record.marks.has(Marks::STALLED) => {
                record.marks.set(Marks::STALLED);
                self.pool.stalls(record.group);
                self.news.push(Event::Stalled(slot));
            }
            Ok(Written::Part) if record.outbox.bytes() < waiting => self.news.push(Event::Progress(slot)),
            Ok(Written::Part) => {}
            Err(_) => {
                let cause = record.phase.cause();
                self.end(slot, cause);
            }
        }
    }

    /// Goes on where the unsent bytes held the connection up.
    fn drained(&mut self, slot: Slot) {
        let Some(record) = self.table.get_mut(slot) else {
            return;
        };
        let stalled = record.marks.take(Marks::STALLED);
        if stalled {
            self.pool.flows(record.group);
        }
        if record.marks.take(Marks::REFUSED) || stalled {
            self.news.push(Event::Drained(slot));
        }
        if let Phase::Answering(_) = record.phase {
            let cause = record.phase.cause();
            self.end(slot, cause);
            return;
        }
        if let (Phase::Failing(..), Some(wire)) = (record.phase, &mut record.wire) {
            wire.end_output();
        }
        if let (Phase::Closing(_), true) = (record.phase, record.marks.has(Marks::EVENTS)) {
            // Nobody answers the last event: the stream's end is the end.
            if let Some(wire) = &mut record.wire {
                wire.end_output();
            }
            let cause = record.phase.cause();
            self.end(slot, cause);
            return;
        }
        if record.marks.has(Marks::READABLE) {
            stand_in_line(&mut self.line, slot, record);
        }
    }
}
