//! What the hub says about a lesson besides its log. Each message carries the whole of what it is about, so that a newer one
//! displaces an older one that still waits for a socket; `presence` alone tells changes, with a number that shows a hole.

use serde::Serialize;

use super::deed::Reaction;
use crate::base::body::{Poll, Rules, Standing};
use crate::base::{AccountId, Channel, Kind, MessageId, Position, SchoolTime};

/// A lesson as its log has made it. Sent after the answer to a subscribe, and whenever it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LessonState {
    /// The class's channel.
    pub channel: Channel,
    /// The lesson; `null` if the class has none now, and then nothing else is said.
    pub lesson: Option<Lesson>,
}

/// A lesson that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lesson {
    /// Since when.
    pub since: SchoolTime,
    /// The teacher who began it.
    pub by: AccountId,
    /// What it is about.
    pub title: String,
    /// Its rules.
    #[serde(flatten)]
    pub rules: Rules,
    /// Whether every student is muted.
    pub muted_all: bool,
    /// What is pinned.
    pub pinned: Option<Position>,
    /// The poll that is open, or the last one that was.
    pub poll: Option<PollState>,
    /// The questions that are counted, in the order of the log.
    pub questions: Vec<QuestionState>,
    /// Who is muted. To teachers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted: Option<Vec<AccountId>>,
    /// The proposals that wait. To teachers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposals: Option<Vec<Position>>,
    /// What was reported and still stands there, and by how many. To teachers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<Vec<(Position, u32)>>,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PollState {
    /// The poll.
    #[serde(flatten)]
    pub poll: Poll,
    /// Whether one can vote.
    pub open: bool,
    /// Votes for each choice, for whoever may see them now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Vec<u32>>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionState {
    /// Its place in the log.
    pub at: Position,
    /// How it stands.
    pub standing: Standing,
    /// How many find it worth asking.
    pub upvotes: u32,
}

/// What moves in a lesson: at most one a second, the same for all students, with names for teachers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pulse {
    /// The class's channel.
    pub channel: Channel,
    /// Students of the class who are there.
    pub here: u32,
    /// Students of the class.
    pub of: u32,
    /// Raised hands.
    pub hands: u32,
    /// Whose, the first raised first. To teachers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised: Option<Vec<AccountId>>,
    /// Who was called last, while nobody else was and the lesson goes on.
    pub called: Option<AccountId>,
    /// The open poll's votes.
    pub votes: Option<Votes>,
    /// Reactions since the pulse before, those that there were.
    pub reactions: Vec<(Reaction, u32)>,
    /// The questions that are open and have upvotes.
    pub upvotes: Vec<(Position, u32)>,
}

/// How a poll that is open stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Votes {
    /// Which poll.
    pub poll: MessageId,
    /// How many have voted.
    pub voters: u32,
    /// Votes for each choice, for whoever may see them now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Vec<u32>>,
}

/// Who of the class's students is there. To teachers alone. It is no register of attendance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The class's channel.
    pub channel: Channel,
    /// This state's number.
    pub version: u64,
    /// The state that this changes; none if `here` is everybody. Whoever does not hold it asks with `presence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// Who came.
    pub here: Vec<AccountId>,
    /// Who went.
    pub gone: Vec<AccountId>,
}

/// How somebody itself stands in a lesson. Sent after the answer to a subscribe, and whenever it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Mine {
    /// Whether it may say nothing, alone or with everybody.
    pub muted: bool,
    /// The place of its raised hand, from 1.
    pub hand: Option<u32>,
    /// Its vote in the open poll.
    pub vote: Option<u8>,
    /// The questions that it finds worth asking.
    pub upvoted: Vec<Position>,
    /// School time from which on it may speak again, in slow mode.
    pub speak_at: Option<SchoolTime>,
    /// Machine time since when the hub has forgotten nothing of what students do here. Another than before: it was started
    /// again, and what it keeps in memory alone is to be said again.
    pub known_since: u64,
    /// What it would say and the teacher has not judged yet.
    pub held: Vec<Held>,
}

/// A proposal of one's own that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Where it stands.
    pub at: Position,
    /// Whether it would be a post or a question.
    pub kind: Kind,
    /// What it says; a long one is cut, with an ellipsis.
    pub text: String,
    /// One's own name for it.
    pub message_id: MessageId,
}
