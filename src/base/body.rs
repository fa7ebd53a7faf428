//! What a publication says, by kind, with the limits of each kind.
//!
//! Bodies are plain text and never markup: a page shows them as text, so nothing in them can run.

use serde::{Deserialize, Serialize};

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
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Post, Self::Announcement, Self::Assignment];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Announcement => "announcement",
            Self::Assignment => "assignment",
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

#[derive(Serialize, Deserialize)]
struct Post {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Announcement {
    title: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Assignment {
    title: String,
    text: String,
    due: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    links: Vec<String>,
}

impl Body {
    /// Parses and checks a body of the given kind. Unknown fields are ignored and do not reach the log.
    ///
    /// # Errors
    /// The first rule that the body breaks.
    pub fn parse(kind: Kind, json: &str) -> Result<Self, BodyError> {
        let json = match kind {
            Kind::Post => {
                let post: Post = shape(json)?;
                required("text", &post.text, limits::POST_TEXT_CHARS_MAX)?;
                canonical(&post)?
            }
            Kind::Announcement => {
                let announcement: Announcement = shape(json)?;
                required("title", &announcement.title, limits::TITLE_CHARS_MAX)?;
                required("text", &announcement.text, limits::NOTICE_TEXT_CHARS_MAX)?;
                canonical(&announcement)?
            }
            Kind::Assignment => {
                let assignment: Assignment = shape(json)?;
                check_assignment(&assignment)?;
                canonical(&assignment)?
            }
        };
        Ok(Self { kind, json: json.into_boxed_str() })
    }

    /// A post with the given text: a shorthand for code and tests that need no other kind.
    ///
    /// # Errors
    /// As for [`Body::parse`].
    pub fn post(text: &str) -> Result<Self, BodyError> {
        let json = canonical(&Post { text: text.to_owned() })?;
        Self::parse(Kind::Post, &json)
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

fn check_assignment(assignment: &Assignment) -> Result<(), BodyError> {
    required("title", &assignment.title, limits::TITLE_CHARS_MAX)?;
    length("text", &assignment.text, limits::NOTICE_TEXT_CHARS_MAX)?;
    length("subject", &assignment.subject, limits::TITLE_CHARS_MAX)?;
    if !is_civil(&assignment.due) {
        return Err(BodyError::Due);
    }
    if assignment.links.len() > limits::LINKS_MAX {
        return Err(BodyError::TooLong { field: "links", max: limits::LINKS_MAX, unit: "links" });
    }
    for link in &assignment.links {
        length("links", link, limits::LINK_CHARS_MAX)?;
        let host = link.strip_prefix("https://").ok_or(BodyError::Link)?;
        let host_end = host.find(['/', '?', '#']).unwrap_or(host.len());
        if host_end == 0 || link.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BodyError::Link);
        }
    }
    Ok(())
}

/// `YYYY-MM-DD`, or that with `THH:MM`, naming a day and a minute that exist.
fn is_civil(text: &str) -> bool {
    match text.len() {
        10 => text.parse::<jiff::civil::Date>().is_ok(),
        16 => {
            text.as_bytes()[10] == b'T'
                && text.as_bytes()[13] == b':'
                && text.parse::<jiff::civil::DateTime>().is_ok()
        }
        _ => false,
    }
}

fn required(field: &'static str, text: &str, chars_max: usize) -> Result<(), BodyError> {
    if text.trim().is_empty() {
        return Err(BodyError::Empty { field });
    }
    length(field, text, chars_max)
}

fn length(field: &'static str, text: &str, chars_max: usize) -> Result<(), BodyError> {
    if text.chars().count() > chars_max {
        return Err(BodyError::TooLong { field, max: chars_max, unit: "characters" });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(BodyError::Control { field });
    }
    Ok(())
}

fn shape<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, BodyError> {
    serde_json::from_str(json).map_err(|error| BodyError::Shape(shape_message(&error)))
}

/// Serde's message without its place and, for a wrong type, without the value that was found: bodies are pupils' words.
fn shape_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    if message.starts_with("missing field") {
        return message.to_owned();
    }
    match message.split_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "not a JSON object of this kind".to_owned(),
    }
}

fn canonical<T: Serialize>(body: &T) -> Result<String, BodyError> {
    serde_json::to_string(body).map_err(|error| BodyError::Shape(error.to_string()))
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
}
