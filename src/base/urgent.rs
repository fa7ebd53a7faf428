//! What makes a publication urgent: a reason, which is kept for whoever asks later.

use serde::Deserialize;

use super::clock::MachineTime;
use super::limits;

/// Why somebody does something that is written down: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(Box<str>);

/// Why a text is no reason. Says what is allowed, never what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason has 1 to {} characters, of which none is a control character", limits::REASON_CHARS_MAX)]
pub struct ReasonError;

impl Reason {
    /// Checks a text.
    ///
    /// # Errors
    /// [`ReasonError`] if it is blank, longer than [`limits::REASON_CHARS_MAX`], or holds a control character.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        let fits = !text.trim().is_empty()
            && text.chars().count() <= limits::REASON_CHARS_MAX
            && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(ReasonError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;
    fn try_from(text: String) -> Result<Self, ReasonError> {
        Self::parse(&text)
    }
}

/// That a publication is urgent. It is written into the audit log in the commit that publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urgent {
    /// Why.
    pub reason: Reason,
    /// When it was sent, in machine time: its rate is judged by that.
    pub at: MachineTime,
}
