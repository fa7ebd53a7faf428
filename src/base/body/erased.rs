//! What is left of a body once its author was erased: its shape, and no word.

use serde_json::{Map, Value};

/// Stands where words were, in any language.
pub const ERASED: &str = "[…]";

/// The fields of any kind that are words of somebody.
const WORDS: [&str; 2] = ["title", "text"];
/// The fields that go.
const GONE: [&str; 3] = ["subject", "links", "translations"];

/// The same body without what its author said. Which item and version it is, and when it is due, stays: others' receipts and
/// marks are about that.
pub fn erased(json: &str) -> String {
    // What can't be read has no shape to keep.
    let mut fields: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    fields.retain(|name, _| !GONE.contains(&name.as_str()));
    for word in WORDS {
        if let Some(text) = fields.get_mut(word) {
            *text = ERASED.into();
        }
    }
    Value::Object(fields).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::body::{Announcement, Assignment, Post, read};

    #[test]
    fn an_erased_body_is_still_of_its_kind_and_says_nothing() {
        let assignment = r#"{"title":"Ada's work","text":"at Ada's","due":"2026-03-27","subject":"Ada","links":["https://ada.example"],"item":"i1","version":2}"#;
        let left: Assignment = read(&erased(assignment)).unwrap();
        assert_eq!((left.due.as_str(), left.version, left.title.as_str()), ("2026-03-27", 2, ERASED));
        let announcement = r#"{"title":"Ada","text":"Ada","translations":{"en":{"title":"Ada","text":"Ada"}},"item":"i1","receipt":"student"}"#;
        assert!(read::<Announcement>(&erased(announcement)).unwrap().receipt.is_some());
        assert_eq!(read::<Post>(&erased(r#"{"text":"Ada"}"#)).unwrap().text, ERASED);
        for body in [assignment, announcement, "Ada"] {
            assert!(!erased(body).contains("Ada") && !erased(body).contains("ada"));
        }
    }
}
