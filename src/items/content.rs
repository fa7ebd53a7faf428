//! What an item says: the fields of its kind, and the body that each version of it has.

use crate::base::body::{self, Announcement, Assignment};
use crate::base::{Body, BodyError, ItemId, Kind, ReceiptBy};
use crate::ledger::{Item, Json};

use super::ItemError;

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A notice with a title.
    Announcement(Box<Announcement>),
    /// Work to hand in.
    Assignment(Box<Assignment>),
}

impl Content {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Announcement(_) => Kind::Announcement,
            Self::Assignment(_) => Kind::Assignment,
        }
    }

    /// Who is asked for a receipt, if anybody.
    pub fn receipt(&self) -> Option<ReceiptBy> {
        match self {
            Self::Announcement(announcement) => announcement.receipt,
            Self::Assignment(_) => None,
        }
    }

    /// What an item says in the version that holds.
    ///
    /// # Errors
    /// [`ItemError::Body`] if it can't be read, which only a damaged store brings about.
    pub fn of(item: &Item) -> Result<Self, ItemError> {
        Ok(match item.kind {
            Kind::Assignment => Self::Assignment(Box::new(body::read(item.body.as_str())?)),
            _ => Self::Announcement(Box::new(body::read(item.body.as_str())?)),
        })
    }

    /// The same, as a version of an item.
    #[must_use]
    pub(super) fn stamped(self, id: &ItemId, number: u32, is_earlier: bool) -> Self {
        let item = Some(id.clone());
        match self {
            Self::Announcement(said) => {
                Self::Announcement(Box::new(Announcement { item, version: number, ..*said }))
            }
            Self::Assignment(said) => {
                let earlier = is_earlier;
                Self::Assignment(Box::new(Assignment { item, version: number, earlier, ..*said }))
            }
        }
    }

    /// The body of a publication that says it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub(super) fn body(&self) -> Result<Body, BodyError> {
        match self {
            Self::Announcement(said) => Body::of(&**said),
            Self::Assignment(said) => Body::of(&**said),
        }
    }

    /// As the registry keeps it.
    ///
    /// # Errors
    /// As for [`Content::body`].
    pub(super) fn json(&self) -> Result<Json, ItemError> {
        // It has been checked as a body, so that it fits.
        self.body()?;
        let json = match self {
            Self::Announcement(said) => Json::of(&**said),
            Self::Assignment(said) => Json::of(&**said),
        };
        json.map_err(|_| ItemError::Body(BodyError::Bytes))
    }

    /// The due date, if it has one.
    pub(super) fn due(&self) -> Option<&str> {
        match self {
            Self::Announcement(_) => None,
            Self::Assignment(assignment) => Some(&assignment.due),
        }
    }
}
