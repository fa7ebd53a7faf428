//! A question of a lesson: it stands in a queue of its own, apart from what is said.

use serde::{Deserialize, Serialize};

use super::{BodyError, Kind, Said, checks};
use crate::base::limits;

/// A question to the teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub text: String,
}

impl Said for Question {
    const KIND: Kind = Kind::Question;

    fn check(&self) -> Result<(), BodyError> {
        checks::required("text", &self.text, limits::QUESTION_TEXT_CHARS_MAX)
    }
}
