//! What the hub says. Field order is fixed, so that equal messages are equal text.

use std::fmt::Write as _;

use serde::Serialize;

use super::client::RequestId;
use super::error::ErrorCode;
use super::lesson::{LessonState, Mine, Presence, Pulse};
use crate::base::{
    AccountId, Channel, ItemId, MachineTime, Position, Publication, ResetWhy, Role, SchoolTime, SessionId,
};
use crate::base::{MessageId, limits};

/// One message to a client, except [`publication`], which is by far the most frequent and has a function of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message of every connection.
    Welcome(Welcome),
    /// Answer to subscribe: the position was continued; what comes next is what was missed, then what is new.
    Resumed(Subscribed),
    /// Answer to subscribe: the position can't be continued. Discard what you hold; the last publications follow.
    Reset {
        /// Why.
        why: ResetWhy,
        /// As for the other two answers.
        #[serde(flatten)]
        subscribed: Subscribed,
    },
    /// Answer to subscribe without a position.
    Fresh(Subscribed),
    /// The connection no longer follows a channel: by its own request (with its id), or because the roster changed.
    Unsubscribed {
        /// The request, if there was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The channel.
        channel: Channel,
    },
    /// Answer to publish: the publication is on stable storage.
    Published {
        /// The request.
        id: RequestId,
        /// Where it stands.
        channel: Channel,
        /// The sender's name for it.
        message_id: MessageId,
        /// Its place in the log.
        position: Position,
        /// Whether an earlier publish had stored it.
        duplicate: bool,
    },
    /// Answer to publish: the publication is on stable storage, and gets its position when its time comes.
    Scheduled {
        /// The request.
        id: RequestId,
        /// Where it will stand.
        channel: Channel,
        /// The sender's name for it.
        message_id: MessageId,
        /// Its time: school time in milliseconds since 1970.
        deliver_at: SchoolTime,
        /// Whether an earlier publish had stored it.
        duplicate: bool,
    },
    /// This reader is slower than the channel: what follows comes from the log, with nothing left out.
    Behind {
        /// The channel.
        channel: Channel,
    },
    /// The reader has everything again.
    CaughtUp {
        /// The channel.
        channel: Channel,
        /// Up to here.
        position: Position,
    },
    /// Answer to publish in a class whose teacher reads first: it is on stable storage and waits for the teacher.
    Held {
        /// The request.
        id: RequestId,
        /// Where it will stand.
        channel: Channel,
        /// The sender's name for it.
        message_id: MessageId,
        /// The proposal's place in the log, by which it is judged.
        position: Position,
        /// Whether an earlier publish had stored it.
        duplicate: bool,
    },
    /// Answer to what was done in a lesson and stands in no log.
    Done {
        /// The request.
        id: RequestId,
    },
    /// How a lesson stands.
    Lesson(LessonState),
    /// What moves in a lesson.
    Pulse(Pulse),
    /// Who is there.
    Presence(Presence),
    /// How this account stands in a lesson.
    Mine {
        /// The class's channel.
        channel: Channel,
        /// How.
        #[serde(flatten)]
        mine: Mine,
    },
    /// What this account marked, in whichever of its sessions.
    Marked {
        /// The account's own channel.
        channel: Channel,
        /// How it stands now; none if this session was not told of more than one: it has to ask.
        mark: Option<OwnMark>,
    },
    /// The hub is loaded otherwise than before.
    Load {
        /// From 0, everything runs, to 4.
        level: u8,
    },
    /// Answer to ping.
    Pong {
        /// The request.
        id: RequestId,
        /// The hub's machine time in milliseconds since 1970.
        server_time: u64,
        /// School time in milliseconds since 1970.
        school_time: SchoolTime,
    },
    /// Answer to refresh.
    Refreshed {
        /// The request.
        id: RequestId,
        /// When the new token ends, in milliseconds since 1970.
        token_expires_at: u64,
        /// When the lease ends, in milliseconds since 1970.
        lease_expires_at: u64,
        /// To be shown when asking for a seat after the line was lost, instead of the last one.
        resume: String,
    },
    /// A request was refused; nothing of it was done.
    Error {
        /// The request, if it could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// Why.
        code: ErrorCode,
        /// The same in a sentence, for people who write clients.
        message: String,
        /// When to try again, if that helps.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u32>,
    },
}

/// Who and where the client is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Welcome {
    /// The protocol's version: [`SUBPROTOCOL`](super::SUBPROTOCOL).
    pub protocol: &'static str,
    /// The session's number in the hub's log.
    pub session: SessionId,
    /// The account that the token names.
    pub account: AccountId,
    /// Its role in the roster.
    pub role: Role,
    /// The hub's machine time in milliseconds since 1970.
    pub server_time: u64,
    /// School time in milliseconds since 1970.
    pub school_time: SchoolTime,
    /// When the token ends, and with it the connection, in milliseconds since 1970.
    pub token_expires_at: u64,
    /// When the lease ends, and with it the connection, in milliseconds since 1970.
    pub lease_expires_at: u64,
    /// To be shown when asking for a seat after the line was lost: this session's seat rests for a while.
    pub resume: String,
    /// How loaded the hub is, from 0 to 4.
    pub load: u8,
    /// The bounds that the hub holds this connection to.
    pub limits: Limits,
}

/// The bounds of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Bytes of one message.
    pub message_bytes: usize,
    /// Channels followed at once.
    pub subscriptions: usize,
    /// Publications that `from: {last}` may ask for.
    pub last: usize,
    /// Messages per second for long; the burst is twice that.
    pub messages_per_second: u32,
    /// Publications per second for long; the burst is twice that.
    pub publishes_per_second: u32,
    /// Silence after which the client should send a ping, in milliseconds.
    pub heartbeat_ms: u64,
    /// Silence after which the hub gives the connection up, in milliseconds.
    pub idle_ms: u64,
}

impl Limits {
    /// The limits of `base::limits`, with the rates that the configuration sets.
    pub fn with_rates(messages_per_second: u32, publishes_per_second: u32) -> Self {
        let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            message_bytes: limits::MESSAGE_BYTES_MAX,
            subscriptions: limits::SUBSCRIPTIONS_MAX,
            last: limits::LAST_MAX,
            messages_per_second,
            publishes_per_second,
            heartbeat_ms: ms(limits::HEARTBEAT_INTERVAL),
            idle_ms: ms(limits::IDLE_DEADLINE),
        }
    }
}

/// The answer to a subscribe, whichever of the three it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscribed {
    /// The request.
    pub id: RequestId,
    /// The channel.
    pub channel: Channel,
    /// Where the reader stands: what follows comes after this.
    pub position: Position,
}

/// A student's own mark on an assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnMark {
    /// The assignment.
    pub item: ItemId,
    /// Since when it is done, in school time; none if it is not.
    pub done_at: Option<SchoolTime>,
}

#[derive(Serialize)]
struct Publishing<'a> {
    channel: &'a Channel,
    position: Position,
    kind: &'static str,
    author: &'a AccountId,
    message_id: &'a MessageId,
    audience: crate::base::Audience,
    published_at: SchoolTime,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
}

impl ServerMessage {
    /// Where a reader stands who has this message and all before it, if it says so.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Resumed(subscribed) | Self::Reset { subscribed, .. } | Self::Fresh(subscribed) => {
                Some(subscribed.position)
            }
            Self::CaughtUp { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// The message as text.
    pub fn encode(&self) -> String {
        // These types hold nothing that JSON can't: no map with odd keys, no float.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Machine time as the wire writes it: milliseconds since 1970.
pub fn wire_time(time: MachineTime) -> u64 {
    time.0
}

/// A publication as text. Encoded once and shared by every subscriber.
pub fn publication(publication: &Publication) -> String {
    let fields = Publishing {
        channel: &publication.channel,
        position: publication.position,
        kind: publication.kind.as_str(),
        author: &publication.author,
        message_id: &publication.message_id,
        audience: publication.audience,
        published_at: publication.published_at,
        urgent: publication.urgent,
    };
    let fields = serde_json::to_string(&fields).unwrap_or_default();
    let inner = fields.strip_prefix('{').and_then(|f| f.strip_suffix('}')).unwrap_or_default();
    let mut text = String::with_capacity(inner.len() + publication.body.len() + 40);
    // The body stands in the log as checked JSON, so it goes out as it is.
    let _ = write!(text, r#"{{"type":"publication",{inner},"body":{}}}"#, publication.body);
    text
}
