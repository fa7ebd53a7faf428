//! Where a reader stands in a channel's log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One life of the store. A restored backup begins a new epoch, so offsets of the old one can't be mistaken for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(pub u32);

/// The text is not eight lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an epoch is eight lower-case hexadecimal digits")]
pub struct EpochError;

impl Epoch {
    /// Parses the eight hexadecimal digits that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`EpochError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, EpochError> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 8 || !text.bytes().all(lower_hex) {
            return Err(EpochError);
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| EpochError)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl TryFrom<String> for Epoch {
    type Error = EpochError;
    fn try_from(text: String) -> Result<Self, EpochError> {
        Self::parse(&text)
    }
}

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> Self {
        epoch.to_string()
    }
}

/// A publication's number within its channel and epoch. Offsets strictly increase, begin at 1 and may leave holes;
/// 0 is the place before the first publication. At most 2^53 − 1, so that JavaScript reads it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// The place before the first publication of a channel.
    pub const START: Self = Self(0);

    /// The next number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The place just after one publication: what a reader has seen includes it and everything before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The store's life that the offset belongs to.
    pub epoch: Epoch,
    /// The last publication that the reader has.
    pub offset: Offset,
}

/// Where a reader asks to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayFrom {
    /// After a position that the reader kept.
    Position(Position),
    /// After the end of an earlier page of the same replay: what retention removed meanwhile is a hole like any other
    /// and no reason to reset. Clients never ask for this.
    Next(Position),
    /// With nothing of the past.
    Now,
    /// With the last publications that the reader may see: at most [`LAST_MAX`](super::limits::LAST_MAX).
    Last(usize),
}

/// Why a reader's position can't be continued: what it holds of the channel is to be discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetWhy {
    /// The position belongs to another life of the store.
    Epoch,
    /// Retention has removed publications after the position.
    Trimmed,
    /// The position lies beyond the end of the log.
    Ahead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_eight_lower_case_digits() {
        assert_eq!(Epoch::parse("00ab12ff"), Ok(Epoch(0x00ab_12ff)));
        assert_eq!(Epoch(0x00ab_12ff).to_string(), "00ab12ff");
        for text in ["", "ab12ff", "00AB12FF", "+0ab12ff", "00ab12ff0"] {
            assert_eq!(Epoch::parse(text), Err(EpochError), "{text}");
        }
    }
}
