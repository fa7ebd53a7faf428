//! What comes of what people say and do in lessons, and what of it others are to be told.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::{AccountId, Audience, Body, ClassId, MessageId};
use crate::protocol::{ErrorCode, lesson::Presence};

/// Why something is not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", code.as_str())]
pub struct Refused {
    /// The reason, as the wire names it.
    pub code: ErrorCode,
    /// When it may be tried again, if time alone helps.
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// A refusal that time alone does not lift.
    pub(super) fn with(code: ErrorCode) -> Self {
        Self { code, retry_after: None }
    }

    /// A refusal until later.
    pub(super) fn until(code: ErrorCode, retry_after: Duration) -> Self {
        Self { code, retry_after: Some(retry_after) }
    }
}

/// How somebody may say something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// In the feed.
    Said,
    /// As a [`Proposal`](crate::base::body::Proposal): the teacher reads it first.
    Held,
}

/// What a deed comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It stands in the log in the actor's name once this is committed, and changes nothing before.
    Say {
        /// A [`LessonEvent`](crate::base::body::LessonEvent) or a [`Deletion`](crate::base::body::Deletion).
        body: Body,
        /// Whom it is for.
        audience: Audience,
    },
    /// A student's words are published in the student's name, for everyone.
    Release {
        /// The student.
        author: AccountId,
        /// The student's name for them.
        message_id: MessageId,
        /// The words.
        body: Body,
    },
    /// It is done. What that changes for others, [`Lessons::changed`](super::Lessons::changed) says.
    Done {
        /// Whether it changed how the actor itself stands: tell it at once.
        mine: bool,
    },
    /// The answer to who is there.
    Presence(Presence),
}

/// Whether a class has a lesson has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It has one now.
    Began(ClassId),
    /// It has none any more.
    Ended(ClassId),
}

/// What of a class is to be told on a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own to tell")]
pub struct Changed {
    /// The class.
    pub class: ClassId,
    /// Its lesson began since the shard last asked, and holds nothing yet of who is there:
    /// [`Lessons::present`](super::Lessons::present) is to say it.
    pub began: bool,
    /// [`Lessons::state`](super::Lessons::state) is another.
    pub state: bool,
    /// [`Lessons::pulse`](super::Lessons::pulse) is another.
    pub pulse: bool,
    /// [`Lessons::presence`](super::Lessons::presence) is another.
    pub presence: bool,
    /// Whose [`Lessons::mine`](super::Lessons::mine) is another.
    pub mine: Whose,
}

/// Of whom something is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Whose {
    /// Of nobody.
    #[default]
    Nobody,
    /// Of these students.
    These(BTreeSet<AccountId>),
    /// Of all students.
    Everybody,
}
