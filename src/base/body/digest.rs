//! What a guardian gets to read of a day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::checks::{check_civil, length, links, required};
use super::{BodyError, Kind, Language, Said};
use crate::base::{AccountId, Channel, ItemId, ReceiptBy, SchoolTime, limits};

/// What a guardian gets to read of a day, or of a week; at least one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The evening that it is for.
    pub date: Date,
    /// The language that the guardian asked for; texts that have no such wording are in their own.
    pub language: Language,
    /// What concerns each child.
    pub children: Vec<ChildSection>,
    /// What is for the whole school or region, once however many children there are.
    pub school: Vec<DigestEntry>,
    /// How many entries did not fit: the next digest has them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
}

/// What concerns one child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildSection {
    /// The child's account. Its name is the roster's to say.
    pub child: AccountId,
    /// In the order of their times.
    pub entries: Vec<DigestEntry>,
}

/// An announcement or assignment in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEntry {
    /// The item, if it is one: it may be edited or withdrawn later, and acknowledged by a receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Where it was published.
    pub channel: Channel,
    /// Announcement or assignment.
    pub kind: Kind,
    /// Who sent it.
    pub author: AccountId,
    /// When it was published.
    pub published_at: SchoolTime,
    /// What it is about.
    pub title: String,
    /// What it says. Longer than [`limits::DIGEST_TEXT_CHARS_MAX`]: cut, with an ellipsis.
    pub text: String,
    /// Of an assignment: by when, for this child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Of an assignment: of which subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of an assignment: what is needed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Who is asked to say that they have read it, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptBy>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Digest {
    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &DigestEntry> {
        self.children.iter().flat_map(|section| &section.entries).chain(&self.school)
    }
}

impl Said for Digest {
    const KIND: Kind = Kind::Digest;

    fn check(&self) -> Result<(), BodyError> {
        if self.entries().next().is_none() {
            return Err(BodyError::Empty { field: "entries" });
        }
        self.entries().try_for_each(|entry| {
            required("title", &entry.title, limits::TITLE_CHARS_MAX)?;
            length("text", &entry.text, limits::DIGEST_TEXT_CHARS_MAX)?;
            entry.due.as_deref().map_or(Ok(()), check_civil)?;
            links(&entry.links)
        })
    }
}
