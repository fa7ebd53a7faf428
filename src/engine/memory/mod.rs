//! The in-memory set, for tests and simulation: the same connections, framing and outboxes, over streams in memory.
//!
//! Deterministic: news comes in the order of slot indices, and nothing happens but by a call. No thread is needed; if
//! a peer or a wake acts from another thread, a waiting poll comes back. It must not know real sockets.

mod peer;
mod stream;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

pub use peer::{Arrival, MemoryPeer, client_frame};
pub use stream::MemorySocket;

#[cfg(test)]
pub(super) use peer::take_arrivals;

use super::connections::{Connections, Readiness};
use super::{
    Backlog, CloseFrame, Events, Frame, Framing, Group, Lane, Offer, Quotas, Reasons, Slot, SocketSet, Wake,
};

/// The in-memory sockets of one shard.
#[derive(Debug)]
pub struct MemorySet {
    signals: Arc<Signals>,
    connections: Connections<MemorySocket>,
    waits: bool,
}

impl MemorySet {
    /// An empty set whose poll waits for news as a real one does, and that gives these reasons when it fails a
    /// connection.
    pub fn new(reasons: Reasons) -> Self {
        Self { signals: Arc::default(), connections: Connections::new(reasons), waits: true }
    }

    /// An empty set whose poll never waits, for a simulation that moves its own clock.
    pub fn stepped(reasons: Reasons) -> Self {
        Self { waits: false, ..Self::new(reasons) }
    }

    /// The same set with these quotas of it for its groups.
    #[must_use]
    pub fn with_quotas(mut self, quotas: Quotas) -> Self {
        self.connections.set_quotas(quotas);
        self
    }

    /// The same set with this share of the pool for what waits.
    #[must_use]
    pub fn with_pool(mut self, bytes: usize) -> Self {
        self.connections.set_pool(bytes);
        self
    }

    /// Bytes kept of messages that have not come whole.
    #[cfg(test)]
    pub(super) fn partial_bytes(&self) -> usize {
        self.connections.partial_bytes()
    }

    /// How many connections hold memory beyond their record.
    #[cfg(test)]
    pub(super) fn boxes(&self) -> usize {
        self.connections.boxes()
    }
}

impl SocketSet for MemorySet {
    type Socket = MemorySocket;

    fn add(&mut self, socket: MemorySocket, leftover: Bytes, framing: Framing) -> io::Result<Slot> {
        let index = self.connections.next_index().ok_or(io::ErrorKind::QuotaExceeded)?;
        socket.watch(Arc::clone(&self.signals), index);
        Ok(self.connections.insert(index, socket, leftover, framing))
    }

    fn assign(&mut self, slot: Slot, group: Group) {
        self.connections.assign(slot, group);
    }

    fn group(&mut self, slot: Slot) -> Group {
        self.connections.group(slot)
    }

    fn hold_slow(&mut self, bytes: Option<usize>) {
        self.connections.hold_slow(bytes);
    }

    fn offer(&mut self, slot: Slot, frame: &Frame, lane: Lane) -> Offer {
        self.connections.offer(slot, frame, lane)
    }

    fn flush(&mut self) {
        self.connections.flush();
    }

    fn close(&mut self, slot: Slot, close: &CloseFrame) {
        self.connections.close(slot, close);
    }

    fn abort(&mut self, slot: Slot) {
        self.connections.abort(slot);
    }

    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.clear();
        let timeout = self.connections.before_wait(if self.waits { timeout } else { Some(Duration::ZERO) });
        for (index, readiness) in self.signals.take(timeout) {
            self.connections.ready(index, readiness);
        }
        self.connections.turn(events);
        Ok(())
    }

    fn wake(&self) -> Wake {
        let signals = Arc::clone(&self.signals);
        Arc::new(move || signals.wake())
    }

    fn waiting_bytes(&mut self, slot: Slot) -> usize {
        self.connections.waiting_bytes(slot)
    }

    fn backlog(&self) -> Backlog {
        self.connections.backlog()
    }

    fn charged(&self) -> Quotas {
        self.connections.charged()
    }
}

/// What the streams of a set have to tell it: at most one entry per slot.
#[derive(Debug, Default)]
struct Signals {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    ready: BTreeMap<u32, Readiness>,
    woken: bool,
}

impl Signals {
    fn raise(&self, index: u32, readiness: Readiness) {
        let mut pending = self.lock();
        let known = pending.ready.entry(index).or_default();
        known.readable |= readiness.readable;
        known.hung_up |= readiness.hung_up;
        known.writable |= readiness.writable;
        self.changed.notify_all();
    }

    fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_all();
    }

    /// Waits for a signal or a wake, and takes all signals.
    fn take(&self, timeout: Option<Duration>) -> BTreeMap<u32, Readiness> {
        let quiet = |pending: &mut Pending| pending.ready.is_empty() && !pending.woken;
        let pending = self.lock();
        let mut pending = match timeout {
            Some(timeout) => {
                self.changed
                    .wait_timeout_while(pending, timeout, quiet)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            None => self.changed.wait_while(pending, quiet).unwrap_or_else(PoisonError::into_inner),
        };
        pending.woken = false;
        std::mem::take(&mut pending.ready)
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Event;

    #[test]
    fn a_stepped_set_never_waits() {
        let mut set = MemorySet::stepped(|_| "");
        let (socket, peer) = MemorySocket::pair();
        let slot = set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
        let mut events = Events::default();
        set.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().count(), 0);
        peer.send_fragments(&["h", "i"]);
        set.poll(&mut events, None).unwrap();
        let texts: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                Event::Text(from, span) if from == slot => Some(events.text(span)),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["hi"]);
    }

    #[test]
    fn a_violation_is_answered_with_its_reason_and_a_close_without_one() {
        let mut set = MemorySet::stepped(|code| if code == 1009 { "too much" } else { "for no other" });
        let mut came = |bytes: &[u8]| {
            let (socket, peer) = MemorySocket::pair();
            set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
            peer.send_bytes(bytes);
            set.poll(&mut Events::default(), None).unwrap();
            peer.arrived_bytes()
        };
        let too_big = [&[0x81, 0xFF][..], &u64::from(u32::MAX).to_be_bytes()].concat();
        assert_eq!(came(&too_big), [&[0x88, 10, 0x03, 0xF1][..], b"too much"].concat());
        assert_eq!(came(&client_frame(0x88, &[0x03, 0xE8])), [0x88, 2, 0x03, 0xE8]);
    }

    #[test]
    fn a_peer_that_stops_reading_takes_what_fits_on_the_way() {
        let mut set = MemorySet::stepped(|_| "");
        let (socket, peer) = MemorySocket::pair();
        let slot = set.add(socket, Bytes::new(), Framing::WebSocket).unwrap();
        peer.stop_reading(5);
        for text in ["one", "two"] {
            assert_eq!(set.offer(slot, &Frame::text(text), Lane::Feed), Offer::Queued);
        }
        let mut events = Events::default();
        set.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Stalled(slot)]);
        assert_eq!(peer.arrived(), [Arrival::Text("one".to_owned())]);
        assert_eq!(set.backlog().queued_bytes, 5);
        set.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().count(), 0);
        peer.read_some(2);
        set.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Progress(slot)]);
        peer.resume_reading();
        set.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Drained(slot)]);
        assert_eq!(peer.arrived(), [Arrival::Text("two".to_owned())]);
        assert_eq!(peer.writes(), 3);
    }
}
