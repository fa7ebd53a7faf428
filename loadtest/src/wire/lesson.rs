//! Lessons on the wire: what people do in them, what stands of it in the log, and what the hub tells. Pure.

use serde::{Deserialize, Serialize};

use super::{Kind, Position};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reaction {
    ThumbsUp,
    Clap,
    Heart,
    Smile,
    Surprised,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Open,
    Questions,
    Teacher,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rules {
    mode: Mode,
    slow_s: u16,
    moderated: bool,
    reactions: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Open,
    Answered,
    Dismissed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    YesNo,
    Letters,
    Numbers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shown {
    Live,
    Closed,
    Never,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Poll {
    #[serde(rename = "poll")]
    pub(crate) name: String,
    pub(crate) scale: Scale,
    pub(crate) text: String,
    pub(crate) shown: Shown,
}

impl Rules {
    /// Those of the beginning, but for whether the teacher reads first.
    pub(crate) fn moderated(moderated: bool) -> Self {
        Self { mode: Mode::Open, slow_s: 0, moderated, reactions: true }
    }
}

/// What somebody does in a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Deed {
    Start {
        title: String,
    },
    End,
    Rule {
        #[serde(flatten)]
        rules: Rules,
    },
    Mute {
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    Unmute {
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    Pin {
        at: Position,
    },
    Unpin,
    Settle {
        at: Position,
        standing: Standing,
    },
    Judge {
        at: Position,
        approved: bool,
    },
    OpenPoll(Poll),
    ClosePoll {
        poll: String,
    },
    Delete {
        at: Position,
    },
    Report {
        at: Position,
    },
    Raise {
        #[serde(skip_serializing_if = "Option::is_none")]
        hand: Option<String>,
    },
    Lower {
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    Call {
        account: String,
    },
    Vote {
        poll: String,
        choice: u8,
    },
    Upvote {
        at: Position,
        up: bool,
    },
    React {
        reaction: Reaction,
    },
    Presence,
}

/// What stands of a lesson in its class's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Started {
        title: String,
    },
    Ended,
    Rules {
        #[serde(flatten)]
        rules: Rules,
    },
    Muted {
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    Unmuted {
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    Pinned {
        at: Position,
    },
    Unpinned,
    Question {
        at: Position,
        standing: Standing,
    },
    Rejected {
        at: Position,
    },
    PollOpened(Poll),
    PollClosed {
        poll: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        counts: Option<Vec<u32>>,
    },
    Reported {
        at: Position,
    },
}

/// How a lesson stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lesson {
    since: i64,
    by: String,
    title: String,
    #[serde(flatten)]
    rules: Rules,
    muted_all: bool,
    pinned: Option<Position>,
    poll: Option<PollState>,
    questions: Vec<QuestionState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposals: Option<Vec<Position>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<Vec<(Position, u32)>>,
}

/// A proposal of one's own that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    at: Position,
    kind: Kind,
    text: String,
    message_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PollState {
    #[serde(flatten)]
    poll: Poll,
    open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Vec<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QuestionState {
    at: Position,
    standing: Standing,
    upvotes: u32,
}

/// How an open poll stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Votes {
    poll: String,
    pub(crate) voters: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Vec<u32>>,
}
