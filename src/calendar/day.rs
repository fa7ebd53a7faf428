//! What kind of day it is at a school.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What kind of day it is at one school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Day {
    /// There are classes.
    School,
    /// No day of the school's week.
    Weekend,
    /// Holidays, or a public holiday.
    Holiday {
        /// As the file or the list of public holidays names it.
        name: Arc<str>,
    },
    /// The school is closed, by the configuration.
    Closed {
        /// As the configuration says it.
        why: Arc<str>,
    },
    /// Outside what the calendar's files cover: treated as a school day.
    Unknown,
}

/// The kinds of days that a rule can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A day with classes, or of which nothing is known.
    School,
    /// No day of the school's week, and no holiday.
    Weekend,
    /// Holidays, public holidays, and days on which the school is closed.
    Holiday,
}

impl Day {
    /// The kind that rules see.
    pub fn kind(&self) -> DayKind {
        match self {
            Self::School | Self::Unknown => DayKind::School,
            Self::Weekend => DayKind::Weekend,
            Self::Holiday { .. } | Self::Closed { .. } => DayKind::Holiday,
        }
    }
}

impl DayKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::School, Self::Weekend, Self::Holiday];
}
