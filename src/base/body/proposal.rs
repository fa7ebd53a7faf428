//! What a student would say in a class whose teacher reads everything first. The teacher alone sees it; what is let
//! through is published anew, in the student's name.

use serde::{Deserialize, Serialize};

use super::{Body, BodyError, Kind, Said};
use crate::base::MessageId;
use crate::base::ids::IdError;

/// A post or a question that waits for the teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// [`Kind::Post`] or [`Kind::Question`].
    pub kind: Kind,
    /// What it says.
    pub text: String,
    /// A post's links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// The student's own name for it, which it has when it is let through.
    pub message_id: MessageId,
}

impl Proposal {
    /// What the proposal of a publication is called: it must not have the name of the publication itself.
    ///
    /// # Errors
    /// [`IdError::TooLong`] for a name that leaves no room.
    pub fn name(of: &MessageId) -> Result<MessageId, IdError> {
        MessageId::parse(&format!("{of}.p"))
    }

    /// The body that is published when it is let through.
    ///
    /// # Errors
    /// The first rule of its kind that it breaks; [`BodyError::Sender`] for any other kind.
    pub fn body(&self) -> Result<Body, BodyError> {
        match self.kind {
            Kind::Post => Body::of(&super::Post { text: self.text.clone(), links: self.links.clone() }),
            Kind::Question => Body::of(&super::Question { text: self.text.clone() }),
            _ => Err(BodyError::Sender),
        }
    }
}

impl Said for Proposal {
    const KIND: Kind = Kind::Proposal;

    fn check(&self) -> Result<(), BodyError> {
        self.body().map(drop)
    }
}
