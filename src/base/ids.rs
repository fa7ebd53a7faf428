//! Identifiers that come from outside, parsed once and never wrong afterwards.
//!
//! Roster identifiers are OneRoster `sourcedId`s. They appear in channel names, log lines and URLs, so the
//! characters that would need quoting there are refused at the door instead of escaped everywhere.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("an identifier may not be empty")]
    Empty,
    /// The text is longer than [`limits::ID_BYTES_MAX`].
    #[error("an identifier is at most {} bytes long", limits::ID_BYTES_MAX)]
    TooLong,
    /// The text holds a character outside `A–Z a–z 0–9 . _ - ~ @ { } +`.
    #[error("an identifier holds only letters, digits and . _ - ~ @ {{ }} +")]
    Character,
}

/// Checks a text against the rules for identifiers.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > limits::ID_BYTES_MAX {
        return Err(IdError::TooLong);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-~@{}+".contains(&b);
    if text.bytes().all(allowed) { Ok(()) } else { Err(IdError::Character) }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses an identifier.
            ///
            /// # Errors
            /// See [`IdError`].
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The identifier as it stood in its source.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    };
}

identifier!(
    /// A person: the `sourcedId` of a row in `users.csv`.
    AccountId
);
identifier!(
    /// A school, district or other body: the `sourcedId` of a row in `orgs.csv`.
    OrgId
);
identifier!(
    /// A class or group: the `sourcedId` of a row in `classes.csv`.
    ClassId
);
identifier!(
    /// The sender's own name for a publication. With author and channel it is the idempotency key.
    MessageId
);

/// An announcement or an assignment as a whole, in all its channels and versions. Its sender chooses the name; 64 bytes of it
/// at most, since the publications' message ids are made of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemId(Arc<str>);

impl ItemId {
    /// Parses an item's name.
    ///
    /// # Errors
    /// See [`IdError`]; [`IdError::TooLong`] beyond [`limits::ITEM_ID_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        check(text)?;
        if text.len() > limits::ITEM_ID_BYTES_MAX { Err(IdError::TooLong) } else { Ok(Self(Arc::from(text))) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ItemId({})", self.0)
    }
}

impl TryFrom<String> for ItemId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> Self {
        id.0.as_ref().to_owned()
    }
}

/// The name under which the hub itself publishes; no roster has such an account.
const HUB: &str = "{hub}";
/// The name that stands where an erased account's was; no roster has such an account either.
const ERASED: &str = "{erased}";

impl AccountId {
    /// The hub itself, as an author: of withdrawals, reminders and digests.
    pub fn hub() -> Self {
        Self(Arc::from(HUB))
    }

    /// Nobody any more: the author of what erased accounts had published.
    pub fn erased() -> Self {
        Self(Arc::from(ERASED))
    }

    /// Whether this is the hub itself.
    pub fn is_hub(&self) -> bool {
        self.as_str() == HUB
    }
}

/// One session's number, unique within a process. It appears in log lines and in `welcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_keeps_its_text_and_refuses_what_would_need_quoting() {
        assert_eq!(
            AccountId::parse("p.dupont-7@zone_A").map(|id| id.to_string()),
            Ok("p.dupont-7@zone_A".into())
        );
        assert_eq!(AccountId::parse(""), Err(IdError::Empty));
        assert_eq!(AccountId::parse("a b"), Err(IdError::Character));
        assert_eq!(OrgId::parse("a/b"), Err(IdError::Character));
        assert_eq!(ClassId::parse("é"), Err(IdError::Character));
        let longest = "x".repeat(limits::ID_BYTES_MAX);
        assert!(MessageId::parse(&longest).is_ok());
        assert_eq!(MessageId::parse(&format!("{longest}x")), Err(IdError::TooLong));
    }
}
