//! Load levels: how full the hub is, in five steps that clients are told and that shed more the higher they are.

use serde::{Deserialize, Serialize};

/// How loaded the hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum Level {
    /// Everything runs.
    #[default]
    Normal = 0,
    /// No seats are lent any more; reactions are shed.
    Tight = 1,
    /// Borrowers and guardians wait; what moves in lessons is told less often; replay of low classes is capped.
    High = 2,
    /// Only teachers and students of live classes enter; leases of the idle shorten; students' posts are shed; slow readers
    /// catch up from the log.
    Severe = 3,
    /// Nobody enters but teachers of live classes and who comes back; eviction; votes and polls are shed.
    Critical = 4,
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level as Self
    }
}

/// There are five levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a load level is 0 to 4")]
pub struct NoSuchLevel;

impl TryFrom<u8> for Level {
    type Error = NoSuchLevel;

    fn try_from(number: u8) -> Result<Self, NoSuchLevel> {
        [Self::Normal, Self::Tight, Self::High, Self::Severe, Self::Critical]
            .into_iter()
            .find(|level| *level as u8 == number)
            .ok_or(NoSuchLevel)
    }
}
