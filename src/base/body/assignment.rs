//! Work to hand in by a date.

use serde::{Deserialize, Serialize};

use super::announcement::{first, is_first};
use super::checks::{check_civil, length, links, required};
use super::{BodyError, Kind, Said};
use crate::base::{ItemId, limits};

/// Work to hand in by a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// What it is.
    pub title: String,
    /// What is to be done. May be empty.
    pub text: String,
    /// By when: a civil date or time in the school's zone, `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`.
    pub due: String,
    /// Of which subject. May be empty.
    #[serde(default)]
    pub subject: String,
    /// What is needed for it, or where it is handed in.
    #[serde(default)]
    pub links: Vec<String>,
    /// The item that it belongs to: the same in all its channels and versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Which wording of the item this is, from 1. The highest holds.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub version: u32,
    /// Whether it is due earlier than the version before said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub earlier: bool,
}

impl Assignment {
    /// The same, of no item.
    pub(super) fn alone(self) -> Self {
        Self { item: None, version: 1, earlier: false, ..self }
    }
}

impl Said for Assignment {
    const KIND: Kind = Kind::Assignment;

    fn check(&self) -> Result<(), BodyError> {
        required("title", &self.title, limits::TITLE_CHARS_MAX)?;
        length("text", &self.text, limits::NOTICE_TEXT_CHARS_MAX)?;
        length("subject", &self.subject, limits::TITLE_CHARS_MAX)?;
        check_civil(&self.due)?;
        links(&self.links)?;
        if self.item.is_none() && self.version > 1 { Err(BodyError::NoItem) } else { Ok(()) }
    }
}
