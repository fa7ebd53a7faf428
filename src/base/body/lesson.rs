//! What happens to a lesson: one entry of the class's log for each change that has to outlive a restart.
//!
//! A lesson is the fold of these entries since it began. Hands, votes, reactions and who is there are not among them: they
//! live in memory, and whoever comes back says them again.

use serde::{Deserialize, Serialize};

use super::{BodyError, Kind, Said, checks};
use crate::base::{AccountId, MessageId, Position, limits};

/// Who may speak in a lesson, besides its teachers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Students post and ask.
    #[default]
    Open,
    /// Students ask, and post nothing.
    Questions,
    /// Nobody but the teachers.
    Teacher,
}

/// The rules of a lesson, which its teachers may change at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Who may speak.
    pub mode: Mode,
    /// Seconds between two posts or questions of one student; 0 for none, at most [`limits::SLOW_MODE_SECONDS_MAX`].
    pub slow_s: u16,
    /// Whether the teacher reads what students say before the class does.
    pub moderated: bool,
    /// Whether students may react.
    pub reactions: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { mode: Mode::Open, slow_s: 0, moderated: false, reactions: true }
    }
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits.
    #[default]
    Open,
    /// It was answered.
    Answered,
    /// It will not be answered here.
    Dismissed,
}

/// What a poll lets one choose among. Choices are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Yes, no.
    YesNo,
    /// A, B, C, D.
    Letters,
    /// 1, 2, 3, 4, 5.
    Numbers,
}

impl Scale {
    /// How many choices there are.
    pub const fn choices(self) -> usize {
        match self {
            Self::YesNo => 2,
            Self::Letters => 4,
            Self::Numbers => 5,
        }
    }
}

/// When the class sees how a poll stands. The teacher always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// While people vote.
    Live,
    /// Once it is closed.
    #[default]
    Closed,
    /// Not at all.
    Never,
}

/// A quick poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The teacher's name for it, unlike any other of the lesson.
    pub poll: MessageId,
    /// What there is to choose.
    pub scale: Scale,
    /// What is asked; may be empty, when it was asked aloud.
    #[serde(default)]
    pub text: String,
    /// When the class sees the result.
    #[serde(default)]
    pub shown: Shown,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The lesson began.
    Started {
        /// What it is about; may be empty.
        #[serde(default)]
        title: String,
    },
    /// The lesson ended.
    Ended,
    /// Other rules hold.
    Rules {
        /// All of them.
        #[serde(flatten)]
        rules: Rules,
    },
    /// Somebody, or every student, may say nothing.
    Muted {
        /// Who; nobody named is everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<AccountId>,
    },
    /// Somebody may speak again; nobody named is everybody, also who had been muted alone.
    Unmuted {
        /// Who.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<AccountId>,
    },
    /// A post is held up for everybody to see; it displaces the one before.
    Pinned {
        /// Which.
        at: Position,
    },
    /// Nothing is pinned.
    Unpinned,
    /// A question stands otherwise.
    Question {
        /// Which.
        at: Position,
        /// How.
        standing: Standing,
    },
    /// A proposal was not let through. One that is let through is published in its author's name, and that is all.
    Rejected {
        /// Which.
        at: Position,
    },
    /// A poll is open.
    PollOpened(Poll),
    /// A poll is closed. Who voted for what is nowhere any more.
    PollClosed {
        /// Which.
        poll: MessageId,
        /// Votes for each choice, if the class may see them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counts: Option<Vec<u32>>,
    },
    /// A student found that something should not stand there. For the teachers alone.
    Reported {
        /// What.
        at: Position,
    },
}

/// An entry about a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonEvent {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Said for LessonEvent {
    const KIND: Kind = Kind::Lesson;

    fn check(&self) -> Result<(), BodyError> {
        match &self.event {
            Event::Started { title } => checks::length("title", title, limits::TITLE_CHARS_MAX),
            Event::PollOpened(poll) => checks::length("text", &poll.text, limits::QUESTION_TEXT_CHARS_MAX),
            Event::Rules { rules } if rules.slow_s > limits::SLOW_MODE_SECONDS_MAX => {
                Err(BodyError::TooLong {
                    field: "slow_s",
                    max: limits::SLOW_MODE_SECONDS_MAX.into(),
                    unit: "seconds",
                })
            }
            _ => Ok(()),
        }
    }
}
