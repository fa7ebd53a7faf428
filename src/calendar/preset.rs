//! Ready-made rules. What each does on holidays and weekends is said here, and in `docs/OPERATIONS.md`.

use serde::{Deserialize, Serialize};

use super::config::{Rule, WindowRule};
use super::day::DayKind;
use super::span::Span;
use super::week::{Week, Weekday};
use crate::base::Role;

/// Ready-made rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// Guardians stay out from 08:00 to 18:00 on school days. On holidays and weekends everybody may always come in.
    #[serde(rename = "parents-8-18")]
    Parents8To18,
    /// On school days students come in from 08:30 to 17:00, guardians before 08:00 and after 18:00. On holidays and
    /// weekends everybody may always come in.
    #[serde(rename = "good-practice")]
    GoodPractice,
    /// Nothing is delivered from 20:00 to 07:00, nor from Friday 20:00 to Monday 07:00, in holidays as in term. Who may
    /// come in is not its business.
    #[serde(rename = "national")]
    National,
}

const fn at(hour: u16, minute: u16) -> u16 {
    hour * 60 + minute
}

impl Preset {
    /// Whether it says who may come in.
    pub fn has_windows(self) -> bool {
        !self.windows().is_empty()
    }

    /// When roles may come in.
    pub(super) fn windows(self) -> Vec<WindowRule> {
        let outside_8_to_18 = [Span::of(at(0, 0), at(8, 0)), Span::of(at(18, 0), at(24, 0))];
        let guardians = window(Role::Guardian, &outside_8_to_18);
        match self {
            Self::Parents8To18 => vec![guardians],
            Self::GoodPractice => vec![window(Role::Student, &[Span::of(at(8, 30), at(17, 0))]), guardians],
            Self::National => Vec::new(),
        }
    }

    /// When deliveries are made.
    pub(super) fn deliveries(self) -> Vec<Rule> {
        let Self::National = self else {
            return Vec::new();
        };
        let rule = |weekdays, open| Rule { days: DayKind::ALL.to_vec(), weekdays, open };
        let weekend = Week::from(vec![Weekday::Saturday, Weekday::Sunday]);
        vec![rule(Week::WORKING, vec![Span::of(at(7, 0), at(20, 0))]), rule(weekend, Vec::new())]
    }
}

/// A window on school days; other days are left alone.
fn window(role: Role, open: &[Span]) -> WindowRule {
    WindowRule { roles: vec![role], days: vec![DayKind::School], weekdays: Week::WHOLE, open: open.to_vec() }
}
