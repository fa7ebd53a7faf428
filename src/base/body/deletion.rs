//! That something said in a class is no more: its tombstone. The words of what it names leave the log in the same commit.

use serde::{Deserialize, Serialize};

use super::{BodyError, Kind, Said};
use crate::base::Position;

/// A post, question or proposal is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Which.
    pub at: Position,
}

impl Said for Deletion {
    const KIND: Kind = Kind::Deletion;

    fn check(&self) -> Result<(), BodyError> {
        Ok(())
    }
}
