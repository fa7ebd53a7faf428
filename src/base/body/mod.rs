//! What a publication says, by kind, with the limits of each kind.
//!
//! Bodies are plain text and never markup: a page shows them as text, so nothing in them can run. People send posts,
//! questions, announcements and assignments; the other kinds are the hub's own words, about items, about a lesson or for one
//! account.

mod announcement;
mod assignment;
mod checks;
mod deletion;
mod digest;
mod erased;
mod extension;
mod language;
mod lesson;
mod proposal;
mod question;
mod reminder;
mod withdrawal;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use announcement::{Announcement, ReceiptBy, Wording};
pub use assignment::Assignment;
pub use checks::check_civil;
pub use deletion::Deletion;
pub use digest::{ChildSection, Digest, DigestEntry};
pub use erased::{ERASED, erased};
pub use extension::Extension;
pub use language::{Language, LanguageError};
pub use lesson::{Event, LessonEvent, Mode, Poll, Rules, Scale, Shown, Standing};
pub use proposal::Proposal;
pub use question::Question;
pub use reminder::{Reminder, ReminderEntry, ReminderWhen};
pub use withdrawal::Withdrawal;

use super::limits;

/// The kind of a publication. It decides the body's fields, who may send it and how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// A message in a class's live feed.
    Post = 0,
    /// A notice with a title.
    Announcement = 1,
    /// Work to hand in by a date.
    Assignment = 2,
    /// An item is no more.
    Withdrawal = 3,
    /// One student has another due date.
    Extension = 4,
    /// Work of a student that is due soon.
    Reminder = 5,
    /// What a guardian gets to read of a day.
    Digest = 6,
    /// A question of a lesson.
    Question = 7,
    /// Something happened to a lesson.
    Lesson = 8,
    /// What a student would say, for the teacher to judge.
    Proposal = 9,
    /// Something said in a class is no more.
    Deletion = 10,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = 11;
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Post,
        Self::Announcement,
        Self::Assignment,
        Self::Withdrawal,
        Self::Extension,
        Self::Reminder,
        Self::Digest,
        Self::Question,
        Self::Lesson,
        Self::Proposal,
        Self::Deletion,
    ];
    /// What people send; the rest is the hub's to say.
    pub const SENT: [Self; 4] = [Self::Post, Self::Question, Self::Announcement, Self::Assignment];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Announcement => "announcement",
            Self::Assignment => "assignment",
            Self::Withdrawal => "withdrawal",
            Self::Extension => "extension",
            Self::Reminder => "reminder",
            Self::Digest => "digest",
            Self::Question => "question",
            Self::Lesson => "lesson",
            Self::Proposal => "proposal",
            Self::Deletion => "deletion",
        }
    }

    /// The kind that the store wrote as this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A body whose fields have been checked against their limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    kind: Kind,
    json: Box<str>,
}

/// Why a body is refused. The text never repeats what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A field is missing, unknown to the kind's type, or of the wrong JSON type.
    #[error("the body does not fit its kind: {0}")]
    Shape(String),
    /// A text that must say something is empty or only white space.
    #[error("{field} may not be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A text or list is longer than its limit.
    #[error("{field} is at most {max} {unit}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The largest allowed size.
        max: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// The kind is the hub's own to say.
    #[error("people send posts, questions, announcements and assignments")]
    Sender,
    /// What says more about an item than its words has to name it.
    #[error("version, receipt and names belong to an item")]
    NoItem,
    /// A text of the hub's own is longer than a message may be.
    #[error("the body is at most {} bytes", limits::MESSAGE_BYTES_MAX)]
    Bytes,
    /// `due` is neither `YYYY-MM-DD` nor `YYYY-MM-DDTHH:MM`.
    #[error("due is a civil date or time in the school's zone: YYYY-MM-DD or YYYY-MM-DDTHH:MM")]
    Due,
    /// A link that is not `https://host…`.
    #[error("links are https:// addresses")]
    Link,
    /// A control character other than a line break or tab.
    #[error("{field} holds a control character")]
    Control {
        /// The field.
        field: &'static str,
    },
}

/// The fields of one kind.
pub trait Said: Serialize + DeserializeOwned {
    /// The kind.
    const KIND: Kind;

    /// Checks the fields against their limits.
    ///
    /// # Errors
    /// The first rule that is broken.
    fn check(&self) -> Result<(), BodyError>;
}

/// A message in a class's live feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What it says.
    pub text: String,
    /// Where it leads to: `https://` addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

impl Said for Post {
    const KIND: Kind = Kind::Post;

    fn check(&self) -> Result<(), BodyError> {
        checks::required("text", &self.text, limits::POST_TEXT_CHARS_MAX)?;
        checks::links(&self.links)
    }
}

impl Body {
    /// Parses and checks a body of the given kind. Unknown fields are ignored and do not reach the log.
    ///
    /// # Errors
    /// The first rule that the body breaks.
    pub fn parse(kind: Kind, json: &str) -> Result<Self, BodyError> {
        match kind {
            Kind::Post => Self::of(&checks::shape::<Post>(json)?),
            Kind::Announcement => Self::of(&checks::shape::<Announcement>(json)?),
            Kind::Assignment => Self::of(&checks::shape::<Assignment>(json)?),
            Kind::Withdrawal => Self::of(&checks::shape::<Withdrawal>(json)?),
            Kind::Extension => Self::of(&checks::shape::<Extension>(json)?),
            Kind::Reminder => Self::of(&checks::shape::<Reminder>(json)?),
            Kind::Digest => Self::of(&checks::shape::<Digest>(json)?),
            Kind::Question => Self::of(&checks::shape::<Question>(json)?),
            Kind::Lesson => Self::of(&checks::shape::<LessonEvent>(json)?),
            Kind::Proposal => Self::of(&checks::shape::<Proposal>(json)?),
            Kind::Deletion => Self::of(&checks::shape::<Deletion>(json)?),
        }
    }

    /// Parses and checks what somebody sends as one publication. That it belongs to an item is not theirs to say, and is
    /// dropped like an unknown field.
    ///
    /// # Errors
    /// As for [`Body::parse`], and [`BodyError::Sender`].
    pub fn sent(kind: Kind, json: &str) -> Result<Self, BodyError> {
        match kind {
            Kind::Post | Kind::Question => Self::parse(kind, json),
            Kind::Announcement => Self::of(&checks::shape::<Announcement>(json)?.alone()),
            Kind::Assignment => Self::of(&checks::shape::<Assignment>(json)?.alone()),
            Kind::Withdrawal
            | Kind::Extension
            | Kind::Reminder
            | Kind::Digest
            | Kind::Lesson
            | Kind::Proposal
            | Kind::Deletion => Err(BodyError::Sender),
        }
    }

    /// The body with these fields.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn of<T: Said>(said: &T) -> Result<Self, BodyError> {
        said.check()?;
        let json = serde_json::to_string(said).map_err(|error| BodyError::Shape(error.to_string()))?;
        if json.len() > limits::MESSAGE_BYTES_MAX {
            return Err(BodyError::Bytes);
        }
        Ok(Self { kind: T::KIND, json: json.into_boxed_str() })
    }

    /// A post with the given text: a shorthand for code and tests that need no other kind.
    ///
    /// # Errors
    /// As for [`Body::parse`].
    pub fn post(text: &str) -> Result<Self, BodyError> {
        Self::of(&Post { text: text.to_owned(), links: Vec::new() })
    }

    /// The kind that the body was checked for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The body as JSON with its known fields in a fixed order: equal bodies have equal text.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Reads the fields of a body that the log holds.
///
/// # Errors
/// [`BodyError::Shape`] if it is of another kind.
pub fn read<T: Said>(json: &str) -> Result<T, BodyError> {
    checks::shape(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Kind, json: &str) -> Option<BodyError> {
        Body::parse(kind, json).err()
    }

    #[test]
    fn known_fields_are_kept_in_a_fixed_order_and_unknown_ones_dropped() {
        let body = Body::parse(Kind::Announcement, r#"{"text":"b","extra":1,"title":"a"}"#);
        assert_eq!(body.as_ref().map(Body::json), Ok(r#"{"title":"a","text":"b"}"#));
        assert_eq!(Body::post("hi").as_ref().map(Body::json), Ok(r#"{"text":"hi"}"#));
    }

    #[test]
    fn each_rule_has_its_error() {
        assert_eq!(error(Kind::Post, "{}"), Some(BodyError::Shape("missing field `text`".into())));
        assert_eq!(
            error(Kind::Post, r#"{"text":"secret","text":7}"#),
            Some(BodyError::Shape("not a JSON object of this kind".into()))
        );
        assert_eq!(error(Kind::Post, r#"{"text":7}"#), Some(BodyError::Shape("expected a string".into())));
        assert_eq!(error(Kind::Post, r#"{"text":"  "}"#), Some(BodyError::Empty { field: "text" }));
        let long = format!(r#"{{"text":"{}"}}"#, "é".repeat(limits::POST_TEXT_CHARS_MAX + 1));
        let max = limits::POST_TEXT_CHARS_MAX;
        assert_eq!(
            error(Kind::Post, &long),
            Some(BodyError::TooLong { field: "text", max, unit: "characters" })
        );
        assert_eq!(error(Kind::Post, r#"{"text":"a\u0007"}"#), Some(BodyError::Control { field: "text" }));
    }

    #[test]
    fn an_assignment_checks_its_date_and_links() {
        let with = |due: &str, link: &str| {
            error(Kind::Assignment, &format!(r#"{{"title":"t","text":"","due":"{due}","links":["{link}"]}}"#))
        };
        assert_eq!(with("2026-11-30", "https://example.org/a"), None);
        assert_eq!(with("2026-11-30T18:00", "https://example.org"), None);
        for due in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-11-30T25:00",
            "2026-11-30 18:00",
            "2026-11-30T18+02",
            "2026-11-30T18:00:00Z",
        ] {
            assert_eq!(with(due, "https://example.org"), Some(BodyError::Due), "{due}");
        }
        for link in ["http://example.org", "https://", "https:///x", "javascript:alert(1)", "https://a b"] {
            assert_eq!(with("2026-11-30", link), Some(BodyError::Link), "{link}");
        }
    }

    #[test]
    fn what_people_send_belongs_to_no_item_and_is_of_their_kinds() {
        let json = r#"{"title":"a","text":"b","item":"i1","version":3,"receipt":"student","names":true}"#;
        assert_eq!(Body::parse(Kind::Announcement, json).unwrap().json(), json);
        assert_eq!(Body::sent(Kind::Announcement, json).unwrap().json(), r#"{"title":"a","text":"b"}"#);
        let json = r#"{"title":"a","text":"","due":"2026-11-30","item":"i1","earlier":true}"#;
        let alone = r#"{"title":"a","text":"","due":"2026-11-30","subject":"","links":[]}"#;
        assert_eq!(Body::sent(Kind::Assignment, json).unwrap().json(), alone);
        assert_eq!(Body::sent(Kind::Withdrawal, r#"{"item":"i1"}"#), Err(BodyError::Sender));
        let orphan = r#"{"title":"a","text":"b","version":2}"#;
        assert_eq!(Body::parse(Kind::Announcement, orphan), Err(BodyError::NoItem));
    }

    #[test]
    fn a_text_may_come_in_several_languages() {
        let json =
            r#"{"title":"a","text":"b","translations":{"en":{"title":"c","text":"d"}},"expires_at":7}"#;
        let body = Body::sent(Kind::Announcement, json).unwrap();
        assert_eq!(body.json(), json);
        let read: Announcement = read(body.json()).unwrap();
        assert_eq!(read.wording(&Language::parse("en").unwrap()), ("c", "d"));
        assert_eq!(read.wording(&Language::parse("oci").unwrap()), ("a", "b"));
    }

    #[test]
    fn a_digest_and_a_reminder_say_something() {
        let digest = r#"{"date":"2026-11-30","language":"fr","children":[],"school":[]}"#;
        assert_eq!(error(Kind::Digest, digest), Some(BodyError::Empty { field: "entries" }));
        assert_eq!(error(Kind::Reminder, r#"{"entries":[]}"#), Some(BodyError::Empty { field: "entries" }));
        let due = r#"{"item":"i","due":"soon"}"#;
        assert_eq!(error(Kind::Extension, due), Some(BodyError::Due));
        assert_eq!(error(Kind::Extension, r#"{"item":"i","due":null}"#), None);
    }
}
