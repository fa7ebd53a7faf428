//! What holds for one school, with its defaults filled in: zone, days, hours. Many schools share one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::config::{CalendarConfig, Rule, SchoolConfig, WindowRule};
use super::days::{Days, Sources};
use super::holiday::Holiday;
use super::hours::Hours;
use crate::base::Role;

/// What holds for one school.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) zone: TimeZone,
    pub(super) days: Days,
    /// By role; none where nothing restricts it.
    windows: [Option<Hours>; Role::ALL.len()],
    /// When deliveries are made; none for always.
    pub(super) deliveries: Option<Hours>,
}

impl Plan {
    /// The plan of the schools without settings of their own, or of one that has some.
    pub(super) fn of(
        config: &CalendarConfig,
        school: Option<&SchoolConfig>,
        zone: &str,
        files: &BTreeMap<PathBuf, Vec<Holiday>>,
    ) -> Self {
        let named = school.and_then(|school| school.files.as_ref()).unwrap_or(&config.files);
        let sources = Sources {
            week: school.and_then(|school| school.school_week).unwrap_or(config.school_week),
            public: config.public_holidays,
            departure: config.departure,
            holidays: named.iter().filter_map(|path| files.get(path)).flatten().collect(),
            extra_days: school.map_or(&[], |school| &school.extra_days),
            closures: school.map_or(&[], |school| &school.closures),
        };
        let zone = school.and_then(|school| school.zone.as_deref()).unwrap_or(zone);
        Self {
            // The configuration has checked that it exists.
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            days: Days::from(&sources),
            windows: windows(config, school),
            deliveries: deliveries(config),
        }
    }

    /// When a role may come in; none for always.
    pub(super) fn windows(&self, role: Role) -> Option<&Hours> {
        self.windows[role as usize].as_ref()
    }

    /// Whether an answer depends on holidays.
    pub(super) fn needs_holidays(&self) -> bool {
        self.windows.iter().chain([&self.deliveries]).flatten().any(Hours::tell_holidays)
    }
}

/// For each role the nearest rules that name it: the school's, else everybody's, else the preset's.
fn windows(config: &CalendarConfig, school: Option<&SchoolConfig>) -> [Option<Hours>; Role::ALL.len()] {
    let preset: Vec<WindowRule> = config.presets.iter().flat_map(|preset| preset.windows()).collect();
    let own = school.map_or(&[][..], |school| &school.windows);
    Role::ALL.map(|role| {
        let naming = |rules: &[WindowRule]| -> Vec<Rule> {
            rules.iter().filter(|rule| rule.roles.contains(&role)).map(WindowRule::rule).collect()
        };
        let nearest =
            [own, &config.windows, &preset].into_iter().map(naming).find(|rules| !rules.is_empty())?;
        Some(Hours::by(&nearest))
    })
}

fn deliveries(config: &CalendarConfig) -> Option<Hours> {
    let preset = || config.presets.iter().flat_map(|preset| preset.deliveries()).collect();
    let rules: Vec<Rule> = if config.deliveries.is_empty() { preset() } else { config.deliveries.clone() };
    (!rules.is_empty()).then(|| Hours::by(&rules))
}
