//! The names of channels: what each kind of channel is for and how it is written on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{AccountId, ClassId, IdError, OrgId};

/// A named, ordered log of publications that accounts subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Channel {
    /// `region`: everybody but guardians.
    Region,
    /// `school:{org}`: one school, everybody but guardians.
    School(OrgId),
    /// `level:{org}/{grade}`: one grade of one school.
    Level(OrgId, ClassId),
    /// `class:{class}`: one OneRoster class, be it a homeroom or a scheduled group.
    Class(ClassId),
    /// `account:{account}`: what is for one person alone.
    Account(AccountId),
    /// `bulletin:{org}`: what every role of a school may read, also while waiting.
    Bulletin(OrgId),
    /// `bulletin:region`: what everybody may read.
    RegionBulletin,
}

/// Why a text does not name a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The part before `:` is none of the kinds above.
    #[error("a channel is region, school:…, level:…/…, class:…, account:…, bulletin:… or bulletin:region")]
    UnknownKind,
    /// The part after `:` is not an identifier.
    #[error("the channel's identifier is malformed: {0}")]
    Id(#[from] IdError),
    /// `level:` needs a school and a grade joined by `/`.
    #[error("a level is written level:{{school}}/{{grade}}")]
    Level,
}

impl Channel {
    /// Parses a channel's name as it appears on the wire.
    ///
    /// # Errors
    /// See [`ChannelError`].
    pub fn parse(text: &str) -> Result<Self, ChannelError> {
        match text.split_once(':') {
            None if text == "region" => Ok(Self::Region),
            Some(("school", id)) => Ok(Self::School(OrgId::parse(id)?)),
            Some(("level", rest)) => {
                let (school, grade) = rest.split_once('/').ok_or(ChannelError::Level)?;
                Ok(Self::Level(OrgId::parse(school)?, ClassId::parse(grade)?))
            }
            Some(("class", id)) => Ok(Self::Class(ClassId::parse(id)?)),
            Some(("account", id)) => Ok(Self::Account(AccountId::parse(id)?)),
            Some(("bulletin", "region")) => Ok(Self::RegionBulletin),
            Some(("bulletin", id)) => Ok(Self::Bulletin(OrgId::parse(id)?)),
            _ => Err(ChannelError::UnknownKind),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region => f.write_str("region"),
            Self::School(id) => write!(f, "school:{id}"),
            Self::Level(school, grade) => write!(f, "level:{school}/{grade}"),
            Self::Class(id) => write!(f, "class:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Bulletin(id) => write!(f, "bulletin:{id}"),
            Self::RegionBulletin => f.write_str("bulletin:region"),
        }
    }
}

impl TryFrom<String> for Channel {
    type Error = ChannelError;
    fn try_from(text: String) -> Result<Self, ChannelError> {
        Self::parse(&text)
    }
}

impl From<Channel> for String {
    fn from(channel: Channel) -> Self {
        channel.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_a_round_trip() {
        for name in [
            "region",
            "school:0690026D",
            "level:0690026D/2nde",
            "class:3a",
            "account:u1",
            "bulletin:0690026D",
            "bulletin:region",
        ] {
            assert_eq!(Channel::parse(name).map(|c| c.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_is_no_channel_says_why() {
        assert_eq!(Channel::parse(""), Err(ChannelError::UnknownKind));
        assert_eq!(Channel::parse("regional"), Err(ChannelError::UnknownKind));
        assert_eq!(Channel::parse("room:1"), Err(ChannelError::UnknownKind));
        assert_eq!(Channel::parse("class:"), Err(ChannelError::Id(IdError::Empty)));
        assert_eq!(Channel::parse("class:a b"), Err(ChannelError::Id(IdError::Character)));
        assert_eq!(Channel::parse("level:lycee"), Err(ChannelError::Level));
    }
}
