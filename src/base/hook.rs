//! What a webhook may tell: the kinds of events, by their words and numbers.

use serde::{Deserialize, Serialize};

/// What has happened, as an endpoint chooses it and reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum HookKind {
    /// An announcement stands in a channel.
    #[serde(rename = "announcement.published")]
    AnnouncementPublished = 0,
    /// A later wording of it does.
    #[serde(rename = "announcement.edited")]
    AnnouncementEdited = 1,
    /// It is no more.
    #[serde(rename = "announcement.withdrawn")]
    AnnouncementWithdrawn = 2,
    /// An assignment stands in a channel.
    #[serde(rename = "assignment.published")]
    AssignmentPublished = 3,
    /// A later wording of it does.
    #[serde(rename = "assignment.edited")]
    AssignmentEdited = 4,
    /// It is no more.
    #[serde(rename = "assignment.withdrawn")]
    AssignmentWithdrawn = 5,
    /// A lesson began.
    #[serde(rename = "lesson.started")]
    LessonStarted = 6,
    /// A lesson ended.
    #[serde(rename = "lesson.ended")]
    LessonEnded = 7,
}

impl HookKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::AnnouncementPublished,
        Self::AnnouncementEdited,
        Self::AnnouncementWithdrawn,
        Self::AssignmentPublished,
        Self::AssignmentEdited,
        Self::AssignmentWithdrawn,
        Self::LessonStarted,
        Self::LessonEnded,
    ];

    /// The word in the configuration and in payloads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnnouncementPublished => "announcement.published",
            Self::AnnouncementEdited => "announcement.edited",
            Self::AnnouncementWithdrawn => "announcement.withdrawn",
            Self::AssignmentPublished => "assignment.published",
            Self::AssignmentEdited => "assignment.edited",
            Self::AssignmentWithdrawn => "assignment.withdrawn",
            Self::LessonStarted => "lesson.started",
            Self::LessonEnded => "lesson.ended",
        }
    }

    /// The kind that the store wrote as this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_name_the_same_kinds() {
        for (number, kind) in (0..).zip(HookKind::ALL) {
            assert_eq!((kind as u8, HookKind::from_number(number)), (number, Some(kind)));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(HookKind::from_number(8), None);
    }
}
