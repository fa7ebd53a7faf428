//! The way from a handshake to the hub: a socket that was let in is given to a shard, or told why not.
//!
//! A socket that the hub has no room for is told so by a close frame, if the kernel takes it at once. Each socket that was
//! let in and does not reach a shard is counted and logged.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use bytes::Bytes;

use super::edge::Edge;
use crate::base::metrics::CodeLabel;
use crate::base::{AccountId, Channel, SessionId, limits};
use crate::engine::{CloseFrame, Frame};
use crate::hub::{Front, Handler, Overloaded};
use crate::protocol::CloseCode;
use crate::protocol::server::OwnMark;
use crate::session::{News, Visitor};

/// Where upgraded sockets go.
pub trait Entrance: Send + Sync + 'static {
    /// Takes a socket that has been upgraded, with what was read past its handshake and, if that has not gone out yet,
    /// the answer to it.
    ///
    /// # Errors
    /// [`Overloaded`] with the socket.
    fn join(
        &self,
        socket: TcpStream,
        leftover: Bytes,
        answer: Option<Frame>,
        visitor: Visitor,
    ) -> Result<(), Overloaded<TcpStream>>;

    /// Ends a session whose seat a newer one of the same account has, wherever it is.
    fn replace(&self, session: SessionId);

    /// Ends the connections of an account whose log-in has ended, wherever they are.
    fn log_out(&self, account: &AccountId);

    /// Shows a student's mark in the student's sessions, wherever they are. It does not wait: where there is no room, the
    /// session learns of it when it asks.
    fn mark(&self, account: &AccountId, mark: OwnMark);
}

impl<H: Handler<Visitor = Visitor, News = News>> Entrance for Front<TcpStream, H> {
    fn join(
        &self,
        socket: TcpStream,
        leftover: Bytes,
        answer: Option<Frame>,
        visitor: Visitor,
    ) -> Result<(), Overloaded<TcpStream>> {
        Self::join(self, socket, leftover, answer, visitor)
    }

    fn replace(&self, session: SessionId) {
        self.tell(&Arc::new(News::Replaced { session }));
    }

    fn log_out(&self, account: &AccountId) {
        self.tell(&Arc::new(News::LoggedOut { account: account.clone() }));
    }

    fn mark(&self, account: &AccountId, mark: OwnMark) {
        let news = News::Marked { account: account.clone(), mark };
        self.tell_about(&Channel::Account(account.clone()), &Arc::new(news));
    }
}

/// Why an upgraded socket did not reach the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HandOverError {
    #[error("the connection ended during its handshake")]
    Gone,
    #[error("the socket was closed with {}", .0.as_str())]
    Closed(CloseCode),
}

impl HandOverError {
    /// The word in metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Closed(code) => code.as_str(),
        }
    }
}

/// Whose socket it is, for the log.
pub(super) struct Who(SessionId, AccountId);

impl Who {
    pub(super) fn of(visitor: &Visitor) -> Self {
        Self(visitor.permit.session(), visitor.identity.account.clone())
    }
}

/// Gives a socket to the hub. `answer` is the handshake's, if the client has not had it: it leaves in one write with the
/// session's first words.
///
/// # Errors
/// [`HandOverError::Closed`], after the client was told.
pub(super) fn give(
    edge: &Edge,
    socket: TcpStream,
    leftover: Bytes,
    answer: Option<Frame>,
    visitor: Visitor,
) -> Result<(), HandOverError> {
    let untold = answer.clone();
    edge.parts.entrance.join(socket, leftover, answer, visitor).map_err(|Overloaded(socket)| {
        // Shards that have ended take nobody either.
        let is_drained = edge.parts.drain.is_raised();
        let code = if is_drained { CloseCode::Draining } else { CloseCode::Overloaded };
        turn_away(&socket, untold.as_ref(), code);
        HandOverError::Closed(code)
    })
}

/// Counts and logs a socket that was let in and did not reach a shard.
pub(super) fn count(edge: &Edge, Who(session, account): &Who, error: HandOverError) {
    edge.parts.metrics.handovers_failed.get_or_create(&CodeLabel { code: error.as_str() }).inc();
    tracing::warn!(%session, %account, %error, "an upgraded socket did not reach the hub");
}

/// Tells a client why it is closed, unless that would mean to wait for it.
fn turn_away(mut socket: &TcpStream, untold: Option<&Frame>, code: CloseCode) {
    let close = CloseFrame::new(code.number(), &code.reason(limits::OVERLOAD_WINDOW_MS));
    let untold = untold.map_or(&[][..], |answer| answer.bytes());
    // The socket does not block. It is empty, so the kernel takes both whole or the client is gone.
    let _ = socket.write(&[untold, close.frame().bytes()].concat());
    let _ = socket.shutdown(Shutdown::Write);
}
