//! The sockets of one shard behind [`SocketSet`]: WebSocket framing (RFC 6455), event streams, outboxes, readiness.
//!
//! An engine knows bytes, frames and sockets. It must not know channels, roles, JSON or time: deadlines are its
//! caller's. It answers pings, runs the closing handshake and fails a connection that breaks the RFC with the right
//! close code, all without asking; everything else is news for the shard.
//!
//! A slot that holds unsent bytes is not read from: a client that does not listen can't make the hub talk.
//! Nothing is kept per idle connection but its record: buffers exist only while a message is partial or an outbox waits.

mod connections;
mod event;
pub mod frame;
pub mod header;
pub mod inbound;
pub mod memory;
pub mod outbox;
mod pool;
pub mod readiness;
mod record;
pub mod tasks;
mod tcp;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::base::limits::STALLED_SOCKET_BYTES;
pub use frame::{CloseFrame, Frame};
pub use memory::{MemoryPeer, MemorySet, MemorySocket};
pub use pool::{Group, Quotas};
pub use readiness::ReadinessSet;
pub use tasks::TaskSet;

/// One connection of a [`SocketSet`]. A slot that was reused has another generation, so late news can't hit a newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The place in the set's table: below the largest number of connections that were ever open at once.
    pub index: u32,
    /// How often the place has been used before.
    pub generation: u32,
}

/// How what is said on a connection is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// RFC 6455, in both directions.
    #[default]
    WebSocket,
    /// Server-Sent Events, in one direction: a peer that says anything is cut off, and ends it by leaving.
    EventStream,
}

/// What became of an offered frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// It will be written in the order of offers, at the latest by [`SocketSet::flush`] or when the socket drains.
    Queued,
    /// The outbox or the pool has no room: the frame was not taken. [`Event::Drained`] says when to come again.
    Full,
    /// The slot is closed or closing.
    Gone,
}

/// What waits for the sockets of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Bytes in outboxes. A frame that waits in many is held once and counted in each: memory holds less.
    pub queued_bytes: usize,
    /// Sockets that take no more bytes for now.
    pub stalled_sockets: usize,
}

impl Backlog {
    /// What this uses of the pool: the kernel holds something for each stalled socket too.
    pub fn charged_bytes(self) -> usize {
        self.queued_bytes + self.stalled_sockets * STALLED_SOCKET_BYTES
    }
}

/// Which bound of the outbox an offer is held to, and whether it goes out before a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Publications and other things that can be read again: `OUTBOX_FRAMES_MAX` and `OUTBOX_BYTES_MAX`, and nothing
    /// beyond the first frame while the set's pool is used up. What a close finds waiting is dropped.
    Feed,
    /// What tells how far the feed has come: bounded like [`Lane::Reply`], dropped like the feed that it speaks of.
    Pace,
    /// What only the newest of its topic is worth: at most one of each topic waits, behind everything else; a newer one
    /// displaces it. It always fits, and a close drops it.
    Latest(Topic),
    /// Answers to the client's own requests: `OUTBOX_REPLY_FRAMES_MAX` more. They go out before a close.
    Reply,
}

/// What short-lived events are about, by a number of the caller's: events of one topic displace each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic(pub u32);

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The peer sent a close frame; `None` if it held no code.
    Peer(Option<u16>),
    /// We closed with this code, and the closing handshake ended or was cut short.
    Ours(u16),
    /// The peer broke the protocol and was sent this code: 1002, 1003, 1007 or 1009.
    Violation(u16),
    /// The stream ended without a close frame.
    Lost,
}

/// One piece of news from a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A whole text message, valid UTF-8; read it with [`Events::text`].
    Text(Slot, Span),
    /// The peer sent a ping or a pong.
    Control(Slot),
    /// The socket takes no more bytes for now and some wait for it.
    Stalled(Slot),
    /// A stalled socket took bytes, and some still wait. At most once per poll and slot, and never before the poll that
    /// reports the stall.
    Progress(Slot),
    /// Everything that waited for the socket has been written.
    Drained(Slot),
    /// The peer broke the protocol and is sent this code: it is not heard any more, and offers are `Gone`. How long it
    /// may take to go is the caller's to watch, as after [`SocketSet::close`].
    Failing(Slot, u16),
    /// The connection is over and its slot is free. The last news of a slot.
    Closed(Slot, Cause),
}

/// Where in [`Events`] a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: usize,
    end: usize,
}

/// News of one [`SocketSet::poll`], with one arena for the texts. Reused from poll to poll.
#[derive(Debug, Default)]
pub struct Events {
    list: Vec<Event>,
    arena: String,
}

impl Events {
    /// Forgets all news, keeping the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.arena.clear();
    }

    /// Adds news other than a text.
    pub fn push(&mut self, event: Event) {
        self.list.push(event);
    }

    /// Adds a text message.
    pub fn push_text(&mut self, slot: Slot, text: &str) {
        let start = self.arena.len();
        self.arena.push_str(text);
        self.list.push(Event::Text(slot, Span { start, end: self.arena.len() }));
    }

    /// Whether there is no news.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The news in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().copied()
    }

    /// The text of a [`Event::Text`] of this poll.
    pub fn text(&self, span: Span) -> &str {
        self.arena.get(span.start..span.end).unwrap_or_default()
    }
}

/// The reasons that a set puts into the close frames which it sends without being asked: for 1002, 1003, 1007 and 1009.
/// What a reason says is the caller's; empty for none. The echo of a peer's close has none.
pub type Reasons = fn(u16) -> &'static str;

/// Wakes a set that waits in [`SocketSet::poll`], from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The sockets of one shard. Owned and driven by one thread.
pub trait SocketSet {
    /// What the edge hands over after the upgrade.
    type Socket: Send + 'static;

    /// Takes over an upgraded socket and the bytes that were read past its handshake. What is offered is framed as its
    /// peer expects it.
    ///
    /// # Errors
    /// The operating system's, when the socket can't be watched; the socket is then closed.
    fn add(&mut self, socket: Self::Socket, leftover: Bytes, framing: Framing) -> io::Result<Slot>;

    /// Says whose quota of the pool a slot uses from now on; until then it is that of group 0.
    fn assign(&mut self, slot: Slot, group: Group);

    /// Whose quota a slot uses.
    fn group(&mut self, slot: Slot) -> Group;

    /// Says from how many waiting bytes on a socket that takes no more is offered none of the feed: it is behind. `None`
    /// leaves it to the outbox and the pool. What waits already stays.
    fn hold_slow(&mut self, bytes: Option<usize>);

    /// Puts a frame in a slot's outbox, sharing its bytes.
    fn offer(&mut self, slot: Slot, frame: &Frame, lane: Lane) -> Offer;

    /// Writes what the outboxes hold, one write per socket; what does not fit waits for the socket.
    fn flush(&mut self);

    /// Begins the closing handshake: later offers are `Gone`. If the socket does not take everything that is queued, only
    /// the frame whose turn it is and those of [`Lane::Reply`] go out before the close frame; the others are dropped.
    /// A connection that is ending already is left as it is. How long the peer may take is the caller's to watch.
    fn close(&mut self, slot: Slot, close: &CloseFrame);

    /// Ends a connection at once, without a handshake. Its [`Event::Closed`] comes with the next poll; the cause is the
    /// one of the handshake that it cuts short, else [`Cause::Lost`].
    fn abort(&mut self, slot: Slot);

    /// Waits for news until one comes, the set is woken, or `timeout` has passed (for ever, if none); it may come back
    /// early without news. Old news is cleared first, and what was offered without a flush is flushed.
    ///
    /// # Errors
    /// The operating system's; the set can't go on.
    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()>;

    /// What wakes [`SocketSet::poll`].
    fn wake(&self) -> Wake;

    /// Bytes that wait for one socket.
    fn waiting_bytes(&mut self, slot: Slot) -> usize;

    /// What waits for all sockets.
    fn backlog(&self) -> Backlog;

    /// What each group uses of the pool: together what the backlog does.
    fn charged(&self) -> Quotas;
}
