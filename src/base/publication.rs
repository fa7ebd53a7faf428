//! The one durable thing: a publication, before and after it has a position.

use super::body::{Body, Kind};
use super::channel::Channel;
use super::clock::SchoolTime;
use super::ids::{AccountId, MessageId};
use super::position::Position;
use super::role::Audience;
use super::urgent::Urgent;

/// A publication that was allowed but has no position yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// Where it goes.
    pub channel: Channel,
    /// Who sends it.
    pub author: AccountId,
    /// The sender's own name for it: (author, channel, message id) is the idempotency key.
    pub message_id: MessageId,
    /// The roles it is for.
    pub audience: Audience,
    /// What it says.
    pub body: Body,
    /// When it was sent, in school time.
    pub published_at: SchoolTime,
    /// When it is to be published, if not now: it waits in the schedule until then, and has no place in the log.
    pub deliver_at: Option<SchoolTime>,
    /// Whether it is urgent, and why: it never waits.
    pub urgent: Option<Urgent>,
}

/// A publication that takes the place of earlier ones of its author in its channel. What of those still waits for its time
/// is never published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The message ids of the earlier ones; at most [`limits::REPLACED_MAX`](super::limits::REPLACED_MAX). May be none.
    pub earlier: Vec<MessageId>,
    /// What takes their place.
    pub new: NewPublication,
    /// What becomes of it if none of the earlier ones has been published.
    pub unseen: Unseen,
}

/// What becomes of a replacement if nobody has seen what it replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// It waits as long as the one that it replaces would have.
    KeepsTime,
    /// There is nothing to say.
    StaysSilent,
}

/// A publication as it stands in its channel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The channel whose log it stands in.
    pub channel: Channel,
    /// Its place there.
    pub position: Position,
    /// The kind of its body.
    pub kind: Kind,
    /// Who sent it.
    pub author: AccountId,
    /// The sender's own name for it.
    pub message_id: MessageId,
    /// The roles it is for.
    pub audience: Audience,
    /// The body's JSON, as [`Body::json`] gave it.
    pub body: Box<str>,
    /// When it was published, in school time: when it was sent, or released from the schedule.
    pub published_at: SchoolTime,
    /// Whether it is urgent.
    pub urgent: bool,
}

impl Publication {
    /// The publication that `new` becomes at `position`.
    pub fn at(new: NewPublication, position: Position) -> Self {
        Self {
            channel: new.channel,
            position,
            kind: new.body.kind(),
            author: new.author,
            message_id: new.message_id,
            audience: new.audience,
            body: new.body.json().into(),
            published_at: new.published_at,
            urgent: new.urgent.is_some(),
        }
    }
}
