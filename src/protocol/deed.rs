//! What somebody does in a lesson, besides speaking.
//!
//! Durable deeds have a `message_id` and are answered `published`: they stand in the class's log as a
//! [`LessonEvent`](crate::base::body::LessonEvent) or a [`Deletion`](crate::base::body::Deletion). The others live in memory
//! and are answered `done`.

use serde::{Deserialize, Serialize};

use crate::base::body::{Poll, Rules, Standing};
use crate::base::{AccountId, MessageId, Position};

/// A way to react, from a fixed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Reaction {
    /// Agreement.
    ThumbsUp = 0,
    /// Applause.
    Clap = 1,
    /// Liking.
    Heart = 2,
    /// Amusement.
    Smile = 3,
    /// Surprise.
    Surprised = 4,
    /// "I have lost the thread."
    Lost = 5,
}

impl Reaction {
    /// How many there are.
    pub const COUNT: usize = 6;
}

/// What somebody does. On the wire the word stands in `do`, its fields beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Deed {
    // --- Durable ---
    /// A teacher begins the lesson.
    Start {
        /// What it is about.
        #[serde(default)]
        title: String,
    },
    /// A teacher ends it.
    End,
    /// A teacher sets other rules; all of them are given.
    Rule {
        /// The rules.
        #[serde(flatten)]
        rules: Rules,
    },
    /// A teacher silences one student, or all.
    Mute {
        /// Who; nobody named is everybody.
        #[serde(default)]
        account: Option<AccountId>,
    },
    /// A teacher lets one student speak again, or all.
    Unmute {
        /// Who; nobody named is everybody.
        #[serde(default)]
        account: Option<AccountId>,
    },
    /// A teacher pins a post or question.
    Pin {
        /// Which.
        at: Position,
    },
    /// A teacher takes down what is pinned.
    Unpin,
    /// A teacher says how a question stands.
    Settle {
        /// Which.
        at: Position,
        /// How.
        standing: Standing,
    },
    /// A teacher lets a proposal through, or does not.
    Judge {
        /// Which.
        at: Position,
        /// Whether.
        approved: bool,
    },
    /// A teacher opens a poll; one at a time.
    OpenPoll(Poll),
    /// A teacher closes the poll.
    ClosePoll {
        /// Which.
        poll: MessageId,
    },
    /// A teacher takes away what anybody said; a student what it said itself in this lesson.
    Delete {
        /// Which.
        at: Position,
    },
    /// Somebody finds that something should not stand there.
    Report {
        /// What.
        at: Position,
    },
    // --- In memory ---
    /// A student raises a hand; again changes nothing.
    Raise {
        /// The student's own name for this raising: said again after a lost answer, it does not raise a hand that was
        /// lowered since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hand: Option<MessageId>,
    },
    /// A student lowers its own hand; a teacher one or all.
    Lower {
        /// Whose; nobody named is one's own for a student, everybody's for a teacher.
        #[serde(default)]
        account: Option<AccountId>,
    },
    /// A teacher calls on a student, whose hand is lowered by that.
    Call {
        /// Whom.
        account: AccountId,
    },
    /// A student votes, or votes otherwise.
    Vote {
        /// In which poll.
        poll: MessageId,
        /// The choice, from 0.
        choice: u8,
    },
    /// A student finds a question worth asking, or no more.
    Upvote {
        /// Which question.
        at: Position,
        /// Whether.
        up: bool,
    },
    /// A student reacts.
    React {
        /// How.
        reaction: Reaction,
    },
    /// A teacher asks who is there; the answer is a whole `presence`.
    Presence,
}

impl Deed {
    /// Whether it stands in the log, and so needs a `message_id`.
    pub fn is_durable(&self) -> bool {
        !matches!(
            self,
            Self::Raise { .. }
                | Self::Lower { .. }
                | Self::Call { .. }
                | Self::Vote { .. }
                | Self::Upvote { .. }
                | Self::React { .. }
                | Self::Presence
        )
    }
}
