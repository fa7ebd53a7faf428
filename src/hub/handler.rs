//! What sits on top of a shard: it hears of connections and answers, and acts through [`Hub`].

use std::sync::Arc;
use std::time::Duration;

use super::Hub;
use crate::base::{Channel, MessageId, Position, ResetWhy};
use crate::broker::{Accepted, Page, PublishError, ReadError};
use crate::engine::{Cause, Framing, Slot, SocketSet};

/// How a subscription began, with the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The client's request.
    pub request: u32,
    /// The channel.
    pub channel: Channel,
    /// Where the reader stands: what follows comes after this.
    pub position: Position,
    /// Which of the three answers.
    pub how: How,
}

/// The three answers to a subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The client's position is continued.
    Resumed,
    /// The client's position can't be continued.
    Reset(ResetWhy),
    /// The client gave no position.
    Fresh,
}

/// How a subscription ended that the handler did not end at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The channel.
    pub channel: Channel,
    /// The request that this answers, if any.
    pub request: Option<u32>,
    /// Why the log could not be read; `None` if the subscription was to end.
    pub error: Option<ReadError>,
}

/// A publish that waits for its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRequest {
    /// The client's request.
    pub id: u32,
    /// Where the publication goes.
    pub channel: Channel,
    /// The sender's name for it.
    pub message_id: MessageId,
    /// Whether it is a proposal, so that its sender is told that it is held.
    pub held: bool,
}

/// How a shard ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// By when the last connection is closed.
    pub over: Duration,
    /// When clients may come back, in milliseconds from then.
    pub window_ms: (u32, u32),
}

/// The owner of what connections mean. One per shard, on the shard's thread; it must never wait.
pub trait Handler: Sized + 'static {
    /// What the edge knows about a connection before it exists.
    type Visitor: Send + 'static;
    /// News that concerns many connections, from [`Front::tell`](super::Front::tell).
    type News: Send + Sync + 'static;

    /// What a connection has in common with those that it should share a shard with: its class. The same number for each.
    fn home(visitor: &Self::Visitor) -> Option<u64>;

    /// How what is said on the connection is framed.
    fn framing(visitor: &Self::Visitor) -> Framing;

    /// A connection has joined.
    fn joined<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, visitor: Self::Visitor);

    /// A whole text message has come.
    fn text<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, text: &str);

    /// A ping or pong has come.
    fn heard<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot);

    /// The client broke the WebSocket protocol and was sent this close code; nothing more will come from it.
    fn failing<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, code: u16);

    /// The socket has stopped (`true`) or begun again to take bytes.
    fn stalled<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, stalled: bool);

    /// The client lets answers to its own requests pile up beyond `OUTBOX_REPLY_FRAMES_MAX`; one was not taken.
    fn overflowed<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot);

    /// The connection is over; its slot may be used again.
    fn left<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, cause: Cause);

    /// A subscription has begun; what it missed follows.
    fn opened<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, opened: Opened);

    /// A subscription has ended: the client asked for it before its subscribe was answered (with its request), or the log
    /// could not be read (with the error, and the request of a subscribe that can't be answered otherwise).
    fn ended<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, ended: Ended);

    /// Takes out of a page of a channel's past what its readers may not see any more. The same page, if that is nothing.
    fn sift(&self, _channel: &Channel, page: Arc<Page>) -> Arc<Page> {
        page
    }

    /// A subscription fell behind (`None`), or has everything again up to a position.
    fn paced<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        channel: Channel,
        caught_up: Option<Position>,
    );

    /// A publish was answered.
    fn published<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        request: PublishRequest,
        result: Result<Accepted, PublishError>,
    );

    /// News for many connections.
    fn news<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, news: Arc<Self::News>);

    /// The hub is shutting down: every connection is to be closed in time.
    fn drain<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, ending: Ending);

    /// The handler itself failed while it dealt with a connection: end that one. Others go on.
    fn broken<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot);

    /// As much time has passed as the last tick asked for. Returns after how long the next is to come.
    fn tick<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Duration;
}
