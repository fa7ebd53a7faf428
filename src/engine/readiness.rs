//! The production set: TCP sockets watched through mio, one kernel readiness queue per shard, edge-triggered.
//!
//! One thread drives it and does all reading and writing itself; no task, channel or lock stands between a frame and
//! its socket. `docs/decisions/0003-engine-on-mio.md` says why.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mio::event::Event as Ready;
use mio::{Interest, Poll, Token, Waker};

use super::connections::{Connections, Readiness, Wire};
use super::{
    Backlog, CloseFrame, Events, Frame, Framing, Group, Lane, Offer, Quotas, Reasons, Slot, SocketSet, Wake,
    tcp,
};
use crate::base::limits::POLL_SOCKETS_MAX;

/// The token of the waker; those of sockets are slot indices.
const WAKER: Token = Token(usize::MAX);

/// The TCP sockets of one shard.
#[derive(Debug)]
pub struct ReadinessSet {
    poll: Poll,
    waker: Arc<Waker>,
    ready: mio::Events,
    connections: Connections<mio::net::TcpStream>,
}

impl ReadinessSet {
    /// An empty set that gives these reasons when it fails a connection.
    ///
    /// # Errors
    /// The operating system's, when it gives no readiness queue.
    pub fn new(reasons: Reasons) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            waker,
            ready: mio::Events::with_capacity(POLL_SOCKETS_MAX),
            connections: Connections::new(reasons),
        })
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

impl SocketSet for ReadinessSet {
    type Socket = TcpStream;

    fn add(&mut self, socket: TcpStream, leftover: Bytes, framing: Framing) -> io::Result<Slot> {
        tcp::prepare(&socket)?;
        let index = self.connections.next_index().ok_or(io::ErrorKind::QuotaExceeded)?;
        let mut wire = mio::net::TcpStream::from_std(socket);
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut wire, Token(index as usize), both)?;
        Ok(self.connections.insert(index, wire, leftover, framing))
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
        let timeout = self.connections.before_wait(timeout);
        match self.poll.poll(&mut self.ready, timeout) {
            Ok(()) => {
                for ready in &self.ready {
                    if let Ok(index) = u32::try_from(ready.token().0) {
                        self.connections.ready(index, readiness(ready));
                    }
                }
            }
            // A signal: the caller sees no news and comes again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        self.connections.turn(events);
        Ok(())
    }

    fn wake(&self) -> Wake {
        let waker = Arc::clone(&self.waker);
        Arc::new(move || {
            // It fails only if the set is gone or already woken, and then nobody needs it.
            let _ = waker.wake();
        })
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

impl Wire for mio::net::TcpStream {
    fn end_output(&mut self) {
        // It fails only if the connection is gone, which the next read will tell.
        let _ = self.shutdown(Shutdown::Write);
    }
}

fn readiness(ready: &Ready) -> Readiness {
    Readiness {
        readable: ready.is_readable() || ready.is_read_closed() || ready.is_error(),
        hung_up: ready.is_read_closed(),
        writable: ready.is_writable() || ready.is_write_closed() || ready.is_error(),
    }
}
