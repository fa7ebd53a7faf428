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
use socket2::SockRef;

use super::connections::{Connections, Readiness, Wire};
use super::{Backlog, CloseFrame, Events, Frame, Lane, Offer, Reasons, Slot, SocketSet, Wake};
use crate::base::limits::{POLL_SOCKETS_MAX, SOCKET_UNSENT_BYTES_MAX};

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

    fn add(&mut self, socket: TcpStream, leftover: Bytes) -> io::Result<Slot> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        bound_unsent(&socket)?;
        let index = self.connections.next_index().ok_or(io::ErrorKind::QuotaExceeded)?;
        let mut wire = mio::net::TcpStream::from_std(socket);
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut wire, Token(index as usize), both)?;
        Ok(self.connections.insert(index, wire, leftover))
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

    fn backlog(&self) -> Backlog {
        self.connections.backlog()
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

/// Lets the kernel hold only a little that the network has not taken, so that a peer that does not read stalls its
/// outbox after kilobytes instead of megabytes of kernel memory. Elsewhere the send buffer's own bound must do.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_tcp_notsent_lowat(SOCKET_UNSENT_BYTES_MAX)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_send_buffer_size(SOCKET_UNSENT_BYTES_MAX as usize)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::base::limits::READ_BYTES_MAX;
    use crate::engine::memory::client_frame;
    use crate::engine::{Cause, Event};

    /// A socket for a set, and its client, which blocks but not for ever.
    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        (listener.accept().unwrap().0, client)
    }

    #[test]
    fn a_socket_sends_at_once_and_keeps_little_in_the_kernel() {
        let (socket, _client) = pair();
        let same = socket.try_clone().unwrap();
        let mut set = ReadinessSet::new(|_| "").unwrap();
        set.add(socket, Bytes::new()).unwrap();
        assert!(same.nodelay().unwrap());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert_eq!(SockRef::from(&same).tcp_notsent_lowat().unwrap(), SOCKET_UNSENT_BYTES_MAX);
    }

    #[test]
    fn what_was_offered_goes_out_before_a_poll_waits() {
        let (socket, mut client) = pair();
        let mut set = ReadinessSet::new(|_| "").unwrap();
        let slot = set.add(socket, Bytes::new()).unwrap();
        set.poll(&mut Events::default(), Some(Duration::from_millis(1))).unwrap();
        assert_eq!(set.offer(slot, &Frame::ping(), Lane::Reply), Offer::Queued);
        let wake = set.wake();
        let came = std::thread::scope(|scope| {
            scope.spawn(|| set.poll(&mut Events::default(), None).unwrap());
            let mut frame = [0; 2];
            let came = client.read_exact(&mut frame).map(|()| frame);
            wake();
            came
        });
        assert_eq!(came.unwrap(), [0x89, 0]);
    }

    #[test]
    fn a_violation_is_answered_with_its_reason() {
        let (socket, mut client) = pair();
        let mut set = ReadinessSet::new(|code| if code == 1003 { "words only" } else { "" }).unwrap();
        set.add(socket, Bytes::new()).unwrap();
        client.write_all(&client_frame(0x82, b"binary")).unwrap();
        let mut events = Events::default();
        while !events.iter().any(|event| matches!(event, Event::Failing(_, 1003))) {
            set.poll(&mut events, Some(Duration::from_secs(10))).unwrap();
        }
        let mut came = Vec::new();
        client.read_to_end(&mut came).unwrap();
        assert_eq!(came, [&[0x88, 12, 0x03, 0xEB][..], b"words only"].concat());
    }

    #[test]
    fn what_follows_a_close_does_not_turn_the_answer_into_a_reset() {
        let (socket, mut client) = pair();
        let mut set = ReadinessSet::new(|_| "").unwrap();
        let close = client_frame(0x88, &1000_u16.to_be_bytes());
        let ping = client_frame(0x89, b"");
        let before = client_frame(0x81, &vec![b'm'; READ_BYTES_MAX - 14 - close.len()]);
        let first_read = [&before[..], &ping, &close].concat();
        assert_eq!(first_read.len(), READ_BYTES_MAX);
        client.write_all(&[&first_read[..], b"behind the close"].concat()).unwrap();
        let slot = set.add(socket, Bytes::new()).unwrap();
        let mut events = Events::default();
        let closed = Event::Closed(slot, Cause::Peer(Some(1000)));
        let over = (0..100).any(|_| {
            set.poll(&mut events, Some(Duration::from_millis(50))).unwrap();
            events.iter().any(|event| event == closed)
        });
        assert!(over);
        let mut came = Vec::new();
        client.read_to_end(&mut came).unwrap();
        assert_eq!(came, [0x8A, 0, 0x88, 2, 3, 0xE8]);
    }
}
