//! A connection that leaves HTTP for the hub: its socket is given to a shard, with what HTTP has read and not used.
//!
//! A WebSocket leaves when HTTP has written the 101. An event stream leaves at once: HTTP writes nothing, and the hub
//! begins with the head of the answer. No task of its own, nothing to leak.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
#[cfg(any(target_os = "linux", target_os = "android"))]
use socket2::SockRef;
use tokio::net::TcpStream;

use super::edge::Edge;
use super::entrance::{self, HandOverError, Who};
use super::stream::Stream;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::base::limits;
use crate::engine::Frame;
use crate::session::Visitor;

/// Where a request says that its connection leaves. The connection's task puts it into each request.
#[derive(Clone, Default)]
pub(super) struct LeavingSlot(Arc<Mutex<Option<Leaving>>>);

/// A connection that was let in.
pub(super) struct Leaving {
    /// Who will sit on the socket.
    pub(super) visitor: Visitor,
    /// The head of the answer, if the hub is to begin with it; `None` if HTTP writes the answer first.
    pub(super) answer: Option<Frame>,
}

impl LeavingSlot {
    pub(super) fn put(&self, leaving: Leaving) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaving);
    }

    pub(super) fn take(&self) -> Option<Leaving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a request of this connection is answered by the hub from the first byte on.
    pub(super) fn is_for_the_hub(&self) -> bool {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().is_some_and(|leaving| leaving.answer.is_some())
    }
}

impl Leaving {
    /// Gives the socket to the hub, with what was read past the request.
    pub(super) fn hand_over(self, edge: &Edge, stream: Stream<TcpStream>, read: Bytes) {
        let Self { visitor, answer } = self;
        let who = Who::of(&visitor);
        let (socket, unread) = stream.into_parts();
        let socket = socket.into_std().map_err(|_| HandOverError::Gone);
        if let (Ok(socket), Some(_)) = (&socket, &answer) {
            bound_silence(socket);
        }
        let given =
            socket.and_then(|socket| entrance::give(edge, socket, joined(read, &unread), answer, visitor));
        if let Err(error) = given {
            entrance::count(edge, &who, error);
        }
    }

    /// The connection has ended before its answer went out.
    pub(super) fn give_up(self, edge: &Edge) {
        entrance::count(edge, &Who::of(&self.visitor), HandOverError::Gone);
    }
}

/// The reader of an event stream answers no ping. Instead the kernel ends a connection whose peer acknowledges nothing for
/// as long; where it can't be told to, it takes its own time.
fn bound_silence(socket: &std::net::TcpStream) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // A socket that refuses is about to end.
    let _ = SockRef::from(socket).set_tcp_user_timeout(Some(limits::IDLE_DEADLINE));
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = socket;
}

/// What HTTP read past the request, and what it had not yet taken of that which the door had read.
fn joined(read: Bytes, unread: &Bytes) -> Bytes {
    if unread.is_empty() {
        return read;
    }
    let mut both = BytesMut::from(read);
    both.extend_from_slice(unread);
    both.freeze()
}
