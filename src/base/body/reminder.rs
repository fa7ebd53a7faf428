//! Work of one student that is due soon.

use serde::{Deserialize, Serialize};

use super::checks::{check_civil, length, required};
use super::{BodyError, Kind, Said};
use crate::base::{Channel, ItemId, limits};

/// What is due soon, in the student's own channel; at least one assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The assignments.
    pub entries: Vec<ReminderEntry>,
}

/// One assignment that is due soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderEntry {
    /// The assignment.
    pub item: ItemId,
    /// Where it was given.
    pub channel: Channel,
    /// What it is.
    pub title: String,
    /// Of which subject. May be empty.
    #[serde(default)]
    pub subject: String,
    /// By when, for this student.
    pub due: String,
    /// How soon that is.
    pub when: ReminderWhen,
}

/// How long before the due date somebody is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderWhen {
    /// 48 hours.
    TwoDays,
    /// The evening before.
    Eve,
}

impl Said for Reminder {
    const KIND: Kind = Kind::Reminder;

    fn check(&self) -> Result<(), BodyError> {
        if self.entries.is_empty() {
            return Err(BodyError::Empty { field: "entries" });
        }
        if self.entries.len() > limits::REMINDER_ENTRIES_MAX {
            let max = limits::REMINDER_ENTRIES_MAX;
            return Err(BodyError::TooLong { field: "entries", max, unit: "assignments" });
        }
        self.entries.iter().try_for_each(|entry| {
            required("title", &entry.title, limits::TITLE_CHARS_MAX)?;
            length("subject", &entry.subject, limits::TITLE_CHARS_MAX)?;
            check_civil(&entry.due)
        })
    }
}
