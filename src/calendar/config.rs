//! What an operator sets of the calendar: section `calendar` of the configuration. The field names are its keys.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::day::DayKind;
use super::preset::Preset;
use super::public::PublicHolidays;
use super::span::Span;
use super::week::Week;
use crate::base::{OrgId, Role};

/// Section `calendar`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarConfig {
    /// Ready-made rules; at most one of those that say who may come in.
    pub presets: Vec<Preset>,
    /// iCalendar files with the holidays of all schools.
    pub files: Vec<PathBuf>,
    /// Whose public holidays are kept beside the files.
    pub public_holidays: PublicHolidays,
    /// The days of the week with classes.
    pub school_week: Week,
    /// What the first day of holidays in a file means.
    pub departure: Departure,
    /// When roles may come in; for the roles that they name, instead of the presets.
    pub windows: Vec<WindowRule>,
    /// When deliveries are made; instead of the presets.
    pub deliveries: Vec<Rule>,
    /// Schools that differ.
    pub schools: Vec<SchoolConfig>,
}

/// What the first day of holidays in a file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// It is the last day of classes, if it is a day of the school's week: holidays begin the day after. So the French
    /// ministry means it.
    AfterClass,
    /// It is the first day without classes.
    Morning,
}

/// Which spans of which days are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The kinds of days that it speaks of.
    pub days: Vec<DayKind>,
    /// The days of the week that it speaks of.
    #[serde(default)]
    pub weekdays: Week,
    /// What is open on them.
    pub open: Vec<Span>,
}

/// A [`Rule`] for some roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowRule {
    /// Whose window it is.
    pub roles: Vec<Role>,
    /// The kinds of days that it speaks of.
    pub days: Vec<DayKind>,
    /// The days of the week that it speaks of.
    #[serde(default)]
    pub weekdays: Week,
    /// When they may come in on such days.
    pub open: Vec<Span>,
}

/// A school that differs from the others. What it leaves out is as everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolConfig {
    /// The school's identifier in the roster.
    pub id: OrgId,
    /// Its IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// iCalendar files instead of everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<PathBuf>>,
    /// The days of the week with classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school_week: Option<Week>,
    /// When roles may come in; for the roles that they name, instead of everybody's windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<WindowRule>,
    /// Dates with classes, whatever else is said of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_days: Vec<Date>,
    /// Dates without classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
}

/// Dates on which one school is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// The first date.
    pub from: Date,
    /// The last date; `from` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Why, for those who ask.
    pub why: String,
}

impl Default for CalendarConfig {
    fn default() -> Self {
        Self {
            presets: Vec::new(),
            files: Vec::new(),
            public_holidays: PublicHolidays::France,
            school_week: Week::WORKING,
            departure: Departure::AfterClass,
            windows: Vec::new(),
            deliveries: Vec::new(),
            schools: Vec::new(),
        }
    }
}

impl CalendarConfig {
    /// Every file that it names, once.
    pub fn all_files(&self) -> impl Iterator<Item = &PathBuf> {
        let own = self.schools.iter().filter_map(|school| school.files.as_ref()).flatten();
        let mut named: Vec<&PathBuf> = self.files.iter().chain(own).collect();
        named.sort_unstable();
        named.dedup();
        named.into_iter()
    }

    /// Whether it says nothing about when anybody may come in or anything may be delivered.
    pub fn is_silent(&self) -> bool {
        let silent = |school: &SchoolConfig| school.windows.is_empty();
        self.presets.is_empty()
            && self.windows.is_empty()
            && self.deliveries.is_empty()
            && self.schools.iter().all(silent)
    }
}

impl WindowRule {
    /// The rule, without the roles.
    pub(super) fn rule(&self) -> Rule {
        Rule { days: self.days.clone(), weekdays: self.weekdays, open: self.open.clone() }
    }
}

impl Closure {
    /// The last date.
    pub fn last(&self) -> Date {
        self.until.unwrap_or(self.from)
    }
}
