//! That an item is no more: its tombstone in each of its channels.

use serde::{Deserialize, Serialize};

use super::{BodyError, Kind, Said};
use crate::base::ItemId;

/// An item is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The item.
    pub item: ItemId,
}

impl Said for Withdrawal {
    const KIND: Kind = Kind::Withdrawal;

    fn check(&self) -> Result<(), BodyError> {
        Ok(())
    }
}
