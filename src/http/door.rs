//! The door: one thread that accepts sockets, lets in those whose first bytes are a plain handshake, and passes all
//! others on to HTTP.
//!
//! A handshake costs no task and no second parser here: its socket is accepted, read and given to a shard with the
//! answer, which leaves in one write with the session's first words.
//! A socket is parked until its head is whole, and closed at the handshake deadline. Only so many are parked, fewer when
//! the hub is at its limit: for each newcomer beyond that, the one that has said nothing whole for longest is told the
//! same few words and closed. Whoever asks at once is never parked, however many wait.
//! What is passed on is hyper's to
//! answer, from the first byte that was read. Places are taken before sockets: when none is left, newcomers wait in the
//! kernel's backlog.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Poll, Token, Waker};
use tokio::sync::mpsc;
// Works without a runtime, and keeps the edge's deadlines on one clock.
use tokio::time::Instant;

use super::edge::Edge;
use super::entrance::{self, Who};
use super::handshake::Admitted;
use super::head::{Verdict, judge};
use super::places::{Place, Places};
use super::refusal;
use crate::admission::Level;
use crate::base::limits;
use crate::engine::Frame;
use crate::protocol::SUBPROTOCOL;

const LISTENER: Token = Token(0);
const BELL: Token = Token(1);
/// Tokens count up from here and are not used twice, so that late news of one socket can't hit another.
const FIRST_TOKEN: usize = 2;
/// Sockets accepted before their first bytes are read. In a storm the bytes have come by then.
const ACCEPTS_PER_TURN: usize = 64;
/// Parked sockets heard in one turn.
const EVENTS_PER_TURN: usize = 256;
/// How long the door rests when the kernel gives no socket, for instance because the open-file limit is reached.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// A socket that HTTP takes over.
pub(super) struct Newcomer {
    pub(super) socket: net::TcpStream,
    /// What has been read of it.
    pub(super) read: Bytes,
    pub(super) place: Place,
}

/// Ends a door from another thread.
pub(super) struct Closer {
    is_closing: Arc<AtomicBool>,
    bell: Arc<Waker>,
}

/// The accepting thread's state.
pub(super) struct Door {
    edge: Arc<Edge>,
    poll: Poll,
    listener: TcpListener,
    is_closing: Arc<AtomicBool>,
    places: Places,
    newcomers: mpsc::Sender<Newcomer>,
    /// Sockets whose heads are not whole, in the order in which they came and so in that of their deadlines.
    parked: BTreeMap<usize, Guest>,
    next_token: usize,
    /// When to look at the backlog without being told; `None` if the kernel or a free place will tell.
    look_at: Option<Instant>,
    /// What a socket is told that has no place to be parked.
    turned_away: Bytes,
    /// Where every read lands.
    scratch: Box<[u8]>,
}

/// A socket that has been accepted.
struct Guest {
    socket: TcpStream,
    place: Place,
    /// What has been read, if that is not all of a head.
    head: Vec<u8>,
    deadline: Instant,
}

/// What a look at a socket came to.
enum Look {
    Unfinished,
    Gone,
    Admitted(Admitted, Bytes),
    Other(Bytes),
}

impl Closer {
    /// Closes the door: it takes no more sockets, drops those whose heads are not whole, and its thread ends.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        // It fails only if the door is gone.
        let _ = self.bell.wake();
    }
}

impl Door {
    /// A door at this address; what is not a plain handshake goes to `newcomers`, which has room for every place.
    ///
    /// # Errors
    /// The operating system's, when the listener can't be watched.
    pub(super) fn new(
        listener: net::TcpListener,
        edge: Arc<Edge>,
        places_max: usize,
        newcomers: mpsc::Sender<Newcomer>,
    ) -> io::Result<(Self, Places, Closer)> {
        let poll = Poll::new()?;
        let bell = Arc::new(Waker::new(poll.registry(), BELL)?);
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let ring = Arc::clone(&bell);
        let places = Places::new(places_max, Arc::new(move || drop(ring.wake())));
        let is_closing = Arc::new(AtomicBool::new(false));
        let turned_away = refusal::turned_away(edge.parts.is_https);
        let closer = Closer { is_closing: Arc::clone(&is_closing), bell };
        let door = Self {
            edge,
            poll,
            listener,
            is_closing,
            places: places.clone(),
            newcomers,
            parked: BTreeMap::new(),
            next_token: FIRST_TOKEN,
            look_at: None,
            turned_away,
            scratch: vec![0; limits::HTTP_HEAD_BYTES_MAX].into(),
        };
        Ok((door, places, closer))
    }

    /// Keeps the door until it is closed.
    ///
    /// # Errors
    /// The operating system's, when sockets can't be watched any longer.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut ready = mio::Events::with_capacity(EVENTS_PER_TURN);
        while !self.is_closing.load(Ordering::SeqCst) {
            match self.poll.poll(&mut ready, self.timeout()) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => self.turn(&ready),
            }
        }
        Ok(())
    }

    fn timeout(&self) -> Option<Duration> {
        let deadline = self.parked.first_key_value().map(|(_, guest)| guest.deadline);
        let next = self.look_at.into_iter().chain(deadline).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn turn(&mut self, ready: &mio::Events) {
        let now = Instant::now();
        let mut looks = self.look_at.is_some_and(|at| at <= now);
        for event in ready {
            match event.token() {
                LISTENER | BELL => looks = true,
                Token(token) => {
                    if let Some(guest) = self.parked.remove(&token) {
                        self.attend(guest, Some(token));
                    }
                }
            }
        }
        if looks {
            self.accept(now);
        }
        while let Some(guest) = self.parked.first_entry().filter(|guest| guest.get().deadline <= now) {
            guest.remove();
        }
        let unfinished = i64::try_from(self.parked.len()).unwrap_or(i64::MAX);
        self.edge.parts.metrics.http_unfinished.set(unfinished);
    }

    fn accept(&mut self, now: Instant) {
        self.look_at = None;
        let mut fresh = Vec::new();
        while let Some(place) = self.places.take() {
            match self.listener.accept() {
                Ok((socket, _)) => {
                    let deadline = now + limits::HANDSHAKE_DEADLINE;
                    fresh.push(Guest { socket, place, head: Vec::new(), deadline });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // It left while it waited: the next may be there.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    // Nothing else says when the kernel has room again.
                    self.look_at = Some(now + ACCEPT_REST);
                    break;
                }
            }
            if fresh.len() == ACCEPTS_PER_TURN {
                self.look_at = Some(now);
                break;
            }
        }
        for guest in fresh {
            self.attend(guest, None);
        }
    }

    /// Does for a socket what can be done now. `token` is what it is watched by, if it is.
    fn attend(&mut self, mut guest: Guest, token: Option<usize>) {
        let look = self.look(&mut guest);
        let moves_on = matches!(look, Look::Admitted(..) | Look::Other(_));
        // Another thread's readiness queue will watch it. One that is closed leaves this one by itself.
        if token.is_some() && moves_on && self.poll.registry().deregister(&mut guest.socket).is_err() {
            return;
        }
        match look {
            Look::Unfinished => self.park(guest, token),
            Look::Gone => {}
            Look::Admitted(admitted, leftover) => self.let_in(guest.socket.into(), admitted, leftover),
            Look::Other(read) => {
                let newcomer = Newcomer { socket: guest.socket.into(), read, place: guest.place };
                // It has room for every place; if nobody takes newcomers any more, the socket is closed.
                drop(self.newcomers.try_send(newcomer));
            }
        }
    }

    fn park(&mut self, mut guest: Guest, token: Option<usize>) {
        let token = token.unwrap_or(self.next_token);
        if token == self.next_token {
            self.next_token += 1;
            let registry = self.poll.registry();
            if let Err(error) = registry.register(&mut guest.socket, Token(token), Interest::READABLE) {
                tracing::warn!(%error, "a socket could not be watched and was closed");
                return;
            }
        }
        self.parked.insert(token, guest);
        while self.parked.len() > self.parked_max() {
            let Some((_, mut guest)) = self.parked.pop_first() else { break };
            self.edge.parts.metrics.http_turned_away.inc();
            // An empty socket takes it at once, or its client is gone.
            let _ = guest.socket.write(&self.turned_away);
        }
    }

    fn parked_max(&self) -> usize {
        let most = if self.edge.parts.gate.level() >= Level::Critical {
            limits::HTTP_UNFINISHED_CRITICAL_MAX
        } else {
            limits::HTTP_UNFINISHED_MAX
        };
        // Half of the places are left to who asks.
        most.min((self.places.max() / 2).max(1))
    }

    /// Reads what has come, to its end: readiness is told once.
    fn look(&mut self, guest: &mut Guest) -> Look {
        loop {
            let room = self.scratch.len().saturating_sub(guest.head.len());
            let read = match guest.socket.read(self.scratch.get_mut(..room).unwrap_or_default()) {
                Ok(0) => return Look::Gone,
                Ok(length) => self.scratch.get(..length).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Look::Unfinished,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Look::Gone,
            };
            if !guest.head.is_empty() {
                guest.head.extend_from_slice(read);
            }
            let bytes = if guest.head.is_empty() { read } else { &guest.head };
            // A head ends with a line, so that a byte at a time is not parsed from the start each time.
            let may_end = guest.head.is_empty() || read.contains(&b'\n');
            if !may_end && bytes.len() < limits::HTTP_HEAD_BYTES_MAX {
                continue;
            }
            // A defect that one client's bytes uncover must not close the door to the others.
            let verdict = catch_unwind(AssertUnwindSafe(|| judge(&self.edge, bytes)));
            match verdict.unwrap_or(Verdict::Other) {
                Verdict::Unfinished if guest.head.is_empty() => guest.head = bytes.to_vec(),
                Verdict::Unfinished => {}
                Verdict::Admitted(admitted, head_bytes) => {
                    let leftover = bytes.get(head_bytes..).unwrap_or_default();
                    return Look::Admitted(admitted, Bytes::copy_from_slice(leftover));
                }
                Verdict::Other => return Look::Other(Bytes::copy_from_slice(bytes)),
            }
        }
    }

    fn let_in(&self, socket: net::TcpStream, admitted: Admitted, leftover: Bytes) {
        let Admitted { accept_key, visitor } = admitted;
        let who = Who::of(&visitor);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept_key}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        );
        tracing::debug!(method = "GET", path = "/v1/socket", status = 101, "request");
        let answer = Some(Frame::verbatim(answer));
        if let Err(error) = entrance::give(&self.edge, socket, leftover, answer, visitor) {
            entrance::count(&self.edge, &who, error);
        }
    }
}
