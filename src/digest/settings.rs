//! What an operator sets of digests: section `digest` of the configuration. The field names are its keys.

use std::time::Duration;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::base::Kind;
use crate::calendar::Weekday;

/// Section `digest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// When the evening's digests are made, in the time of each school.
    pub build_at: Time,
    /// From when on they are published.
    pub publish_at: Time,
    /// The day of weekly digests; if it has no classes, the last day of that week before it that has.
    pub weekly_on: Weekday,
    /// The kinds that guardians get to read later than students.
    pub staged: Vec<Kind>,
    /// How much later, in hours.
    pub staged_hours: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            build_at: Time::constant(17, 30, 0, 0),
            publish_at: Time::constant(18, 0, 0, 0),
            weekly_on: Weekday::Friday,
            staged: Vec::new(),
            staged_hours: 24,
        }
    }
}

impl Settings {
    /// How long after its publication something of a kind is for guardians.
    pub fn delay(&self, kind: Kind) -> Duration {
        let hours = if self.staged.contains(&kind) { self.staged_hours } else { 0 };
        Duration::from_hours(u64::from(hours))
    }

    /// The longest delay of all.
    pub fn delay_max(&self) -> Duration {
        Kind::ALL.into_iter().map(|kind| self.delay(kind)).max().unwrap_or_default()
    }

    /// Everything that it says wrongly.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.build_at >= self.publish_at {
            mistakes.push("`build_at` is before `publish_at`, on the same day".to_owned());
        }
        if [self.build_at, self.publish_at].iter().any(|time| time.second() != 0) {
            mistakes.push("`build_at` and `publish_at` are whole minutes, HH:MM".to_owned());
        }
        let can_wait = |kind: &Kind| matches!(kind, Kind::Announcement | Kind::Assignment);
        if !self.staged.iter().all(can_wait) {
            mistakes.push("`staged` holds \"announcement\" or \"assignment\" or both".to_owned());
        }
        if !(1..=168).contains(&self.staged_hours) {
            mistakes.push("`staged_hours` is 1 to 168".to_owned());
        }
        mistakes
    }
}

/// The minute of the day that a time shows.
pub(super) fn minute(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(Settings::default().mistakes(), [""; 0]);
        let wrong = Settings {
            build_at: Time::constant(18, 0, 5, 0),
            staged: vec![Kind::Post],
            staged_hours: 0,
            ..Settings::default()
        };
        assert_eq!(wrong.mistakes().len(), 4);
    }

    #[test]
    fn only_chosen_kinds_wait() {
        let staged = Settings { staged: vec![Kind::Assignment], ..Settings::default() };
        assert_eq!(staged.delay(Kind::Assignment), Duration::from_hours(24));
        assert_eq!(staged.delay(Kind::Announcement), Duration::ZERO);
        assert_eq!(
            (staged.delay_max(), Settings::default().delay_max()),
            (Duration::from_hours(24), Duration::ZERO)
        );
        assert_eq!(minute(staged.build_at), 17 * 60 + 30);
    }
}
