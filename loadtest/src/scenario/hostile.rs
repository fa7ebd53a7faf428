//! Who wants the hub no good, as a scenario has it.

use serde::{Deserialize, Serialize};

/// An attack that lasts as long as its phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attack {
    /// What they do.
    pub(crate) what: Assault,
    /// Seconds after the phase's beginning.
    #[serde(default)]
    pub(crate) at_s: f64,
    /// How often a second.
    pub(crate) per_second: f64,
    /// For `unfinished` and `sessions`: how many are kept open.
    #[serde(default)]
    pub(crate) count: u32,
}

/// What attackers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Assault {
    /// They open connections that never complete a request.
    Unfinished,
    /// They ask for upgrades with seats that nobody gave.
    Handshakes,
    /// One account opens one session after another.
    Sessions,
    /// One pupil posts to the first class, faster than anybody may.
    Posts,
    /// Two accounts show forged tickets, each other's, and the same again and again.
    Tickets,
}

impl Assault {
    /// Its word in figures.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Handshakes => "handshakes",
            Self::Sessions => "sessions",
            Self::Posts => "posts",
            Self::Tickets => "tickets",
        }
    }
}
