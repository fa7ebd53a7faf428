//! `preau.v1` as a client sees it, written down a second time on purpose. Pure: no socket, no file.
//!
//! Unknown fields are ignored, as the protocol asks of both sides; `golden` notices them by writing a frame again.

mod body;
mod lesson;

use serde::{Deserialize, Serialize};

pub(crate) use body::Body;
pub(crate) use lesson::{Deed, Held, Lesson, Poll, Reaction, Rules, Scale, Shown, Votes};

/// Where a channel's log has been read to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) epoch: String,
    pub(crate) offset: u64,
}

/// Where a subscription begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    Position(Position),
    Now,
    Last(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Teacher,
    Student,
    Guardian,
    Staff,
    Operator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Post,
    Announcement,
    Assignment,
    Withdrawal,
    Extension,
    Reminder,
    Digest,
    Question,
    Lesson,
    Proposal,
    Deletion,
}

/// Why a publication is urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Urgent {
    reason: String,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ClientFrame {
    Subscribe {
        id: u32,
        channel: String,
        from: From,
    },
    Unsubscribe {
        id: u32,
        channel: String,
    },
    Publish {
        id: u32,
        channel: String,
        kind: Kind,
        message_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        audience: Option<Vec<Role>>,
        body: Body,
        #[serde(skip_serializing_if = "Option::is_none")]
        publish_at: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        urgent: Option<Urgent>,
    },
    Acknowledge {
        channel: String,
        position: Position,
    },
    Ping {
        id: u32,
    },
    Refresh {
        id: u32,
        token: String,
    },
    Visibility {
        hidden: bool,
    },
    Lesson {
        id: u32,
        channel: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(flatten)]
        deed: Deed,
    },
}

impl ClientFrame {
    /// The types of all frames above.
    pub(crate) const TYPES: [&str; 8] =
        ["subscribe", "unsubscribe", "publish", "acknowledge", "ping", "refresh", "visibility", "lesson"];
}

/// Why a subscription could not go on where it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResetWhy {
    Epoch,
    Trimmed,
    Ahead,
}

/// How a student's mark on an assignment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnMark {
    item: String,
    done_at: Option<i64>,
}

/// What the hub holds its clients to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    message_bytes: u64,
    subscriptions: u32,
    last: u32,
    messages_per_second: u32,
    publishes_per_second: u32,
    heartbeat_ms: u64,
    idle_ms: u64,
}

/// What the hub sends. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerFrame {
    Welcome {
        protocol: String,
        session: u64,
        account: String,
        role: Role,
        server_time: u64,
        school_time: i64,
        token_expires_at: u64,
        /// A hub of before has no leases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_expires_at: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        load: Option<u8>,
        limits: Limits,
    },
    Resumed {
        id: u32,
        channel: String,
        position: Position,
    },
    Reset {
        why: ResetWhy,
        id: u32,
        channel: String,
        position: Position,
    },
    Fresh {
        id: u32,
        channel: String,
        position: Position,
    },
    Unsubscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
        channel: String,
    },
    Publication {
        channel: String,
        position: Position,
        kind: Kind,
        author: String,
        message_id: String,
        audience: Vec<Role>,
        published_at: i64,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        urgent: bool,
        body: Body,
    },
    Published {
        id: u32,
        channel: String,
        message_id: String,
        position: Position,
        duplicate: bool,
    },
    Scheduled {
        id: u32,
        channel: String,
        message_id: String,
        deliver_at: i64,
        duplicate: bool,
    },
    Held {
        id: u32,
        channel: String,
        message_id: String,
        position: Position,
        duplicate: bool,
    },
    Done {
        id: u32,
    },
    Lesson {
        channel: String,
        lesson: Option<Lesson>,
    },
    Pulse {
        channel: String,
        here: u32,
        of: u32,
        hands: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        raised: Option<Vec<String>>,
        called: Option<String>,
        votes: Option<Votes>,
        reactions: Vec<(Reaction, u32)>,
        upvotes: Vec<(Position, u32)>,
    },
    Presence {
        channel: String,
        version: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
        here: Vec<String>,
        gone: Vec<String>,
    },
    Mine {
        channel: String,
        muted: bool,
        hand: Option<u32>,
        vote: Option<u8>,
        upvoted: Vec<Position>,
        speak_at: Option<i64>,
        known_since: u64,
        held: Vec<Held>,
    },
    Behind {
        channel: String,
    },
    CaughtUp {
        channel: String,
        position: Position,
    },
    Marked {
        channel: String,
        mark: Option<OwnMark>,
    },
    Load {
        level: u8,
    },
    Pong {
        id: u32,
        server_time: u64,
        school_time: i64,
    },
    Refreshed {
        id: u32,
        token_expires_at: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_expires_at: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
        code: String,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u32>,
    },
}

impl ServerFrame {
    /// The types of all frames above.
    pub(crate) const TYPES: [&str; 21] = [
        "welcome",
        "resumed",
        "reset",
        "fresh",
        "unsubscribed",
        "publication",
        "published",
        "scheduled",
        "held",
        "done",
        "lesson",
        "pulse",
        "presence",
        "mine",
        "behind",
        "caught_up",
        "marked",
        "load",
        "pong",
        "refreshed",
        "error",
    ];
}

/// Whether a client whose connection was closed comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Retry {
    Never,
    /// After a random time within the window that the reason states.
    Within,
    AtOnce,
}

impl Retry {
    /// What a close code says to a client that has never heard of it: the hundreds decide.
    pub(crate) fn of(number: u16) -> Self {
        match number {
            1011 | 4100..=4199 => Self::Within,
            4200..=4299 => Self::AtOnce,
            _ => Self::Never,
        }
    }
}

/// The JSON in a close frame's reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CloseReason {
    pub(crate) code: String,
    /// The window to come back in, in milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_ms: Option<[u32; 2]>,
    /// When to come back at the earliest, in milliseconds of school time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opens_at: Option<i64>,
}
