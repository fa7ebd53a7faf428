//! What a publication says, by kind: what people send, and what only the hub says. Pure.
//!
//! Known to the field, so that `golden` sees a field come or go; the load itself reads texts only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lesson::Event;
use super::{Kind, Position};

/// What a publication says. The fields tell the kinds apart; the one with the most is tried first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Body {
    Lesson(Event),
    Proposal {
        kind: Kind,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<String>,
        message_id: String,
    },
    Digest {
        date: String,
        language: String,
        children: Vec<ChildSection>,
        school: Vec<DigestEntry>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<u32>,
    },
    Reminder {
        entries: Vec<ReminderEntry>,
    },
    Assignment {
        title: String,
        text: String,
        due: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<String>,
        #[serde(flatten)]
        item: Box<Item>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        earlier: bool,
    },
    Announcement {
        title: String,
        text: String,
        #[serde(flatten)]
        notice: Box<Notice>,
        #[serde(flatten)]
        item: Box<Item>,
    },
    /// A question is one without links.
    Post {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<String>,
    },
    Extension {
        item: String,
        /// Nothing is said too: a withdrawal does not have the field.
        #[serde(deserialize_with = "Option::deserialize")]
        due: Option<String>,
    },
    Withdrawal {
        item: String,
    },
    Deletion {
        at: Position,
    },
}

/// To which item a publication belongs, if to any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

/// What an announcement may say besides its title and text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    translations: BTreeMap<String, Wording>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBy>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    names: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wording {
    title: String,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReceiptBy {
    Student,
    Account,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChildSection {
    child: String,
    entries: Vec<DigestEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DigestEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    channel: String,
    kind: Kind,
    author: String,
    published_at: i64,
    title: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptBy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReminderEntry {
    item: String,
    channel: String,
    title: String,
    subject: String,
    due: String,
    when: ReminderWhen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReminderWhen {
    TwoDays,
    Eve,
}

impl Body {
    /// An announcement of no item.
    pub(crate) fn announcement(title: &str, text: String) -> Self {
        let (notice, item) = Default::default();
        Self::Announcement { title: title.to_owned(), text, notice, item }
    }

    /// A post.
    pub(crate) fn post(text: String) -> Self {
        Self::Post { text, links: Vec::new() }
    }

    /// Its text; the hub's own kinds have none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Lesson(Event::PollOpened(poll)) => &poll.text,
            Self::Assignment { text, .. }
            | Self::Announcement { text, .. }
            | Self::Proposal { text, .. }
            | Self::Post { text, .. } => text,
            Self::Digest { .. }
            | Self::Reminder { .. }
            | Self::Extension { .. }
            | Self::Withdrawal { .. }
            | Self::Lesson(_)
            | Self::Deletion { .. } => "",
        }
    }
}
