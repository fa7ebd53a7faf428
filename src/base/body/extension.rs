//! That one student has another due date.

use serde::{Deserialize, Serialize};

use super::checks::check_civil;
use super::{BodyError, Kind, Said};
use crate::base::ItemId;

/// One student has another due date; it stands in the student's own channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The assignment.
    pub item: ItemId,
    /// The student's date, or nothing if the class's holds again.
    pub due: Option<String>,
}

impl Said for Extension {
    const KIND: Kind = Kind::Extension;

    fn check(&self) -> Result<(), BodyError> {
        self.due.as_deref().map_or(Ok(()), check_civil)
    }
}
