//! Days of the week, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All days, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day of the week of a date.
    pub fn of(date: jiff::civil::Date) -> Self {
        let index = date.weekday().to_monday_zero_offset();
        Self::ALL[usize::try_from(index).unwrap_or_default()]
    }
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Weekday>", into = "Vec<Weekday>")]
pub struct Week(u8);

impl Week {
    /// Every day.
    pub const WHOLE: Self = Self(0b111_1111);
    /// Monday to Friday.
    pub const WORKING: Self = Self(0b001_1111);

    /// Whether the day is in the set.
    pub fn holds(self, day: Weekday) -> bool {
        self.0 & 1 << day as u8 != 0
    }

    /// Whether no day is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Default for Week {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl From<Vec<Weekday>> for Week {
    fn from(days: Vec<Weekday>) -> Self {
        Self(days.into_iter().fold(0, |bits, day| bits | 1 << day as u8))
    }
}

impl From<Week> for Vec<Weekday> {
    fn from(week: Week) -> Self {
        Weekday::ALL.into_iter().filter(|day| week.holds(*day)).collect()
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_week_holds_its_days() {
        let week = Week::from(vec![Weekday::Saturday, Weekday::Monday]);
        assert_eq!(Vec::from(week), [Weekday::Monday, Weekday::Saturday]);
        assert_eq!(Vec::from(Week::WORKING).len(), 5);
        assert!(!Week::WORKING.holds(Weekday::of(date(2026, 3, 28))), "a Saturday");
        assert!(Week::WORKING.holds(Weekday::of(date(2026, 3, 27))), "a Friday");
    }
}
