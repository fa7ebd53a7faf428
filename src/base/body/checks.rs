//! What the fields of bodies have in common: lengths, characters, civil times, links.

use serde::de::DeserializeOwned;

use super::BodyError;
use crate::base::limits;

/// A text that must say something.
pub(super) fn required(field: &'static str, text: &str, chars_max: usize) -> Result<(), BodyError> {
    if text.trim().is_empty() {
        return Err(BodyError::Empty { field });
    }
    length(field, text, chars_max)
}

/// A text within its length.
pub(super) fn length(field: &'static str, text: &str, chars_max: usize) -> Result<(), BodyError> {
    if text.chars().count() > chars_max {
        return Err(BodyError::TooLong { field, max: chars_max, unit: "characters" });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(BodyError::Control { field });
    }
    Ok(())
}

/// Addresses that a page may link to.
pub(super) fn links(links: &[String]) -> Result<(), BodyError> {
    if links.len() > limits::LINKS_MAX {
        return Err(BodyError::TooLong { field: "links", max: limits::LINKS_MAX, unit: "links" });
    }
    for link in links {
        length("links", link, limits::LINK_CHARS_MAX)?;
        let host = link.strip_prefix("https://").ok_or(BodyError::Link)?;
        let host_end = host.find(['/', '?', '#']).unwrap_or(host.len());
        if host_end == 0 || link.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BodyError::Link);
        }
    }
    Ok(())
}

/// Checks a due date.
///
/// # Errors
/// [`BodyError::Due`].
pub fn check_civil(text: &str) -> Result<(), BodyError> {
    if is_civil(text) { Ok(()) } else { Err(BodyError::Due) }
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

/// The fields, if they are those of the kind.
pub(super) fn shape<T: DeserializeOwned>(json: &str) -> Result<T, BodyError> {
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
