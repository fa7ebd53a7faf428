//! What an operator can set about admission, at start and while it runs.

use serde::{Deserialize, Serialize};

use super::Class;

/// All settings. A change takes effect at once; [`Settings::mistakes`] comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seats at most, whatever memory says; 0 for as many as memory and the open-file limit allow.
    pub seats_max: u32,
    /// Of each class, in the order of [`Class::ALL`]: its share of the seats, in thousandths. At most 1,000 together.
    pub shares: [u16; Class::ALL.len()],
}

impl Default for Settings {
    fn default() -> Self {
        Self { seats_max: 0, shares: [5, 150, 400, 300, 45, 100] }
    }
}

impl Settings {
    /// What is wrong with them: each line names the key and what is allowed.
    pub fn mistakes(&self) -> Vec<String> {
        let sum: u32 = self.shares.iter().map(|share| u32::from(*share)).sum();
        let too_much = (sum > 1_000).then(|| format!("`shares` add up to {sum}; at most 1000 thousandths"));
        too_much.into_iter().collect()
    }
}
