//! Shards: each owns its connections, the channels they follow, and the fan-out to them. No disk, no socket type, no
//! JSON parsing, and never a question upward.
//!
//! One shard is one thread. It never waits for the broker: publishes and reads are offered to the broker's queues, and
//! answers come back through the shard's [`Mailbox`]. The change from replay to live happens on the shard's thread
//! alone, by comparing positions, so nothing is missed or doubled in between.
//!
//! * [`Front`] is the way in for other threads; [`Shard`] is the loop; [`Handler`] is what sits on top (`session`).
//! * [`Hub`] is what a handler may do: send, close, subscribe, publish.
//! * [`table`] holds who follows what, [`fanout`] delivers what was committed, in chunks where many follow (`wide`), and
//!   [`replay`] feeds from the log. `interest` is what the broker's thread may know of it.

mod encoded;
pub mod fanout;
pub mod front;
pub mod handler;
mod interest;
pub mod lags;
pub mod mailbox;
pub mod replay;
pub mod shard;
pub mod table;
mod wide;

use std::collections::VecDeque;
use std::sync::Arc;

pub use front::{Front, Overloaded};
pub use handler::{Ended, Ending, Handler, How, Opened, PublishRequest};
pub use lags::{Lag, Lags};
pub use mailbox::{Mailbox, Returned};
pub use shard::{Letter, Shard};
pub use table::SubscriptionKey;

use crate::access::{Authorised, Publish, Subscribe};
use crate::base::metrics::{CodeLabel, Metrics};
use crate::base::{Channel, Clock, Epoch, MachineTime, Position, ReplayFrom, Role, SchoolTime, limits};
use crate::broker::{Broker, Busy};
use crate::engine::{Backlog, CloseFrame, Frame, Lane, Offer};
pub use crate::engine::{Cause, Framing, Group, Slot, SocketSet, Topic};
use crate::protocol::{CloseCode, ServerMessage};
use encoded::Encoded;
use table::{Opening, Table};
use wide::WideLane;

/// What one shard knows and what its handler may do with it.
pub struct Hub<S: SocketSet, H: Handler> {
    sockets: S,
    broker: Arc<dyn Broker>,
    mailbox: Mailbox<Letter<S::Socket, H>>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    epoch: Epoch,
    table: Table,
    /// Subscriptions that wait for a page; stale keys are skipped. At most one entry per subscription.
    replays: VecDeque<SubscriptionKey>,
    replays_in_flight: usize,
    /// While the hub is loaded: those whose pages are asked for when nobody else waits, few at a time.
    deferred: VecDeque<SubscriptionKey>,
    /// From which group on that is so, if it is.
    deferred_from: Option<Group>,
    wide: WideLane,
    encoded: Encoded,
    bounds: Bounds,
    /// Connections that had no room for an answer; told to the handler within the same turn.
    overflowed: Vec<Slot>,
    /// When the oldest of the publications was committed that this turn has delivered, or part of it.
    delivered_from: Option<MachineTime>,
    /// What the gauges say of the backlog.
    gauged: Backlog,
}

/// The bounds that decide which way a publication takes. Tests make them small, so that every way is taken often.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Subscribers that a wide fan-out serves between two looks at other work.
    pub fanout_chunk: usize,
    /// Bytes that it delivers between two such looks.
    pub fanout_chunk_bytes: usize,
    /// Subscribers above which a fan-out is wide.
    pub wide_subscribers: usize,
    /// Publications waiting in the wide lane.
    pub wide_lane: usize,
    /// Publications per page of a replay.
    pub replay_page: usize,
    /// Pages asked for at a time.
    pub replays_in_flight: usize,
    /// This shard's share of the pool for what waits.
    pub pool_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            fanout_chunk: limits::FANOUT_CHUNK,
            fanout_chunk_bytes: limits::FANOUT_CHUNK_BYTES,
            wide_subscribers: limits::WIDE_CHANNEL_SUBSCRIBERS,
            wide_lane: limits::WIDE_LANE_MAX,
            replay_page: limits::REPLAY_PAGE,
            replays_in_flight: limits::REPLAYS_IN_FLIGHT_MAX,
            pool_bytes: usize::MAX,
        }
    }
}

/// How many topics a channel has.
pub const CHANNEL_TOPICS: u32 = 4;

/// What became of an unsubscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Unsubscribed {
    /// The connection follows the channel no more.
    Now,
    /// It will be told once its subscribe has been answered.
    Later,
    /// It did not follow the channel.
    NotFollowed,
}

/// Why a connection can't follow a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// It follows the channel already.
    #[error("the connection follows that channel already")]
    Already,
    /// It follows [`limits::SUBSCRIPTIONS_MAX`] channels.
    #[error("the connection follows as many channels as it may")]
    TooMany,
}

impl<S: SocketSet, H: Handler> Hub<S, H> {
    /// Machine time now.
    pub fn now(&self) -> MachineTime {
        self.clock.machine()
    }

    /// School time now.
    pub fn school_time(&self) -> SchoolTime {
        self.clock.school()
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Answers a client. If it has let so many answers pile up that there is no room, [`Handler::overflowed`] comes next.
    pub fn send(&mut self, slot: Slot, message: &ServerMessage) {
        if let ServerMessage::Error { code, .. } = message {
            self.metrics.errors.get_or_create(&CodeLabel { code: code.as_str() }).inc();
        }
        let frame = Frame::text(&message.encode());
        let frame = if let Some(position) = message.position() { frame.at(position) } else { frame };
        // A client keeps the position of `caught_up`: it must not come without the publications before it.
        let lane = if matches!(message, ServerMessage::CaughtUp { .. }) { Lane::Pace } else { Lane::Reply };
        if self.sockets.offer(slot, &frame, lane) == Offer::Full {
            self.overflowed.push(slot);
        }
    }

    /// Tells clients something short-lived. It is encoded once; of each topic the newest alone waits for a socket.
    pub fn tell(&mut self, slots: &[Slot], message: &ServerMessage, topic: Topic) {
        let frame = Frame::text(&message.encode());
        for slot in slots {
            // Whoever is going does not need it.
            let _ = self.sockets.offer(*slot, &frame, Lane::Latest(topic));
        }
    }

    /// One of the topics that a channel has which somebody follows here: `number` is below [`CHANNEL_TOPICS`].
    pub fn topic(&self, channel: &Channel, number: u32) -> Option<Topic> {
        // The first is not of a channel. A place that another channel has later is one that this connection follows no more.
        self.table.place(channel).map(|place| Topic(1 + place * CHANNEL_TOPICS + number % CHANNEL_TOPICS))
    }

    /// Whether anybody follows a channel here.
    pub fn follows(&self, channel: &Channel) -> bool {
        self.table.place(channel).is_some_and(|place| self.table.subscribers(place) > 0)
    }

    /// Who follows a channel here and has been answered: connections, with the roles by which they read.
    pub fn followers(&self, channel: &Channel) -> Vec<(Slot, Role)> {
        self.table.followers(channel).collect()
    }

    /// Sends a ping; nothing happens if the connection is closing or has no room, since then bytes are on their way.
    pub fn ping(&mut self, slot: Slot) {
        let _ = self.sockets.offer(slot, &Frame::ping(), Lane::Reply);
    }

    /// Says whose quota of the pool a connection uses from now on.
    pub fn assign(&mut self, slot: Slot, group: Group) {
        self.sockets.assign(slot, group);
    }

    /// While the hub is loaded, connections of this group and those after it read the log when nobody else waits for it,
    /// few at a time; `None` when all are alike.
    pub fn defer_replays(&mut self, from: Option<Group>) {
        self.deferred_from = from;
    }

    /// While the hub is heavily loaded, whoever reads slowly is given no more until it has read, and catches up from the log
    /// then: what waits for it would keep memory that others need.
    pub fn hold_slow_readers(&mut self, is_on: bool) {
        self.sockets.hold_slow(is_on.then_some(limits::SLOW_READER_BYTES));
    }

    /// Bytes that wait for a connection's socket.
    pub fn waiting_bytes(&mut self, slot: Slot) -> usize {
        self.sockets.waiting_bytes(slot)
    }

    /// Begins to close a connection; the reason is the code's own.
    pub fn close(&mut self, slot: Slot, code: CloseCode, reason: &str) {
        self.table.remove_connection(slot);
        self.sockets.close(slot, &CloseFrame::new(code.number(), reason));
    }

    /// Ends a connection at once.
    pub fn abort(&mut self, slot: Slot) {
        self.table.remove_connection(slot);
        self.sockets.abort(slot);
    }

    /// Follows a channel; [`Handler::opened`] tells how it began.
    ///
    /// # Errors
    /// See [`SubscribeError`]; nothing has changed then.
    pub fn subscribe(
        &mut self,
        slot: Slot,
        request: u32,
        subscribe: Authorised<Subscribe>,
        role: Role,
        from: ReplayFrom,
    ) -> Result<(), SubscribeError> {
        let Subscribe { channel } = subscribe.into_inner();
        if self.table.find(slot, &channel).is_some() {
            return Err(SubscribeError::Already);
        }
        if self.table.count(slot) >= limits::SUBSCRIPTIONS_MAX {
            return Err(SubscribeError::TooMany);
        }
        let key = self.table.add(slot, &channel, role, Opening { request, from, leaving: None });
        self.replays.push_back(key);
        Ok(())
    }

    /// Stops following a channel. A subscription that was not answered yet is answered first; [`Handler::ended`] comes then.
    pub fn unsubscribe(&mut self, slot: Slot, channel: &Channel, request: Option<u32>) -> Unsubscribed {
        let Some(key) = self.table.find(slot, channel) else {
            return Unsubscribed::NotFollowed;
        };
        if let Some(opening) = self.table.get_mut(key).and_then(|subscription| subscription.opening.as_mut())
        {
            opening.leaving = Some(request);
            return Unsubscribed::Later;
        }
        self.table.remove(key);
        Unsubscribed::Now
    }

    /// The channels that a connection follows.
    pub fn channels(&self, slot: Slot) -> Vec<Channel> {
        let keys = self.table.of(slot);
        keys.filter_map(|key| self.table.channel_of(key)).map(|followed| followed.channel.clone()).collect()
    }

    /// How far a connection has been fed on a channel; `None` if it does not follow it or was not answered yet.
    pub fn position(&self, slot: Slot, channel: &Channel) -> Option<Position> {
        let subscription = self.table.get(self.table.find(slot, channel)?)?;
        subscription.opening.is_none().then_some(Position { epoch: self.epoch, offset: subscription.offset })
    }

    /// Hands a publication to the broker; [`Handler::published`] brings its answer.
    ///
    /// # Errors
    /// [`Busy`] when the broker's queue is full; nothing was stored then.
    pub fn publish(
        &self,
        slot: Slot,
        publish: Authorised<Publish>,
        request: PublishRequest,
    ) -> Result<(), Busy> {
        let Publish(new) = publish.into_inner();
        let mailbox = self.mailbox.clone();
        self.broker.publish(
            new,
            Box::new(move |result| {
                // A shard that has ended has nobody left to tell.
                let _ = mailbox.slip(Letter::Published { slot, request, result });
            }),
        )
    }

    /// Notes that something is being delivered that was committed then.
    fn delivers_from(&mut self, committed_at: MachineTime) {
        let oldest = self.delivered_from.unwrap_or(committed_at);
        self.delivered_from = Some(oldest.min(committed_at));
    }

    /// Moves the gauges, which all shards share, by what has changed since they were last moved.
    fn gauge_backlog(&mut self) {
        let now = self.sockets.backlog();
        let before = std::mem::replace(&mut self.gauged, now);
        let change = |now: usize, before: usize| {
            i64::try_from(now).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(i64::MAX)
        };
        self.metrics.queued_bytes.inc_by(change(now.queued_bytes, before.queued_bytes));
        self.metrics.stalled_sockets.inc_by(change(now.stalled_sockets, before.stalled_sockets));
    }
}
