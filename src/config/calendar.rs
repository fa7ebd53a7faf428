//! What section `calendar` allows beyond the form of its values.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use super::rules::Mistakes;
use crate::base::limits;
use crate::calendar::{CalendarConfig, Closure, DayKind, SchoolConfig, Week, WindowRule};

/// Adds everything that the section says wrongly.
pub(super) fn check(config: &CalendarConfig, mistakes: &mut Mistakes) {
    if config.presets.iter().filter(|preset| preset.has_windows()).count() > 1 {
        mistakes.add("calendar.presets", "a list with at most one of parents-8-18, good-practice");
    }
    check_files("calendar.files", &config.files, mistakes);
    check_week("calendar.school_week", config.school_week, mistakes);
    check_windows("calendar.windows", &config.windows, mistakes);
    check_count("calendar.deliveries", config.deliveries.len(), limits::CALENDAR_RULES_MAX, mistakes);
    for (place, rule) in config.deliveries.iter().enumerate() {
        check_days(&format!("calendar.deliveries.{place}"), &rule.days, rule.weekdays, mistakes);
    }
    check_count("calendar.schools", config.schools.len(), limits::CALENDAR_SCHOOLS_MAX, mistakes);
    let mut ids = BTreeSet::new();
    for (place, school) in config.schools.iter().enumerate() {
        let key = format!("calendar.schools.{place}");
        if !ids.insert(&school.id) {
            mistakes.add(&format!("{key}.id"), "a school that is named once");
        }
        check_school(&key, school, mistakes);
    }
}

fn check_school(key: &str, school: &SchoolConfig, mistakes: &mut Mistakes) {
    if school.zone.as_ref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        mistakes.add(&format!("{key}.zone"), "an IANA time zone such as Europe/Paris");
    }
    check_files(&format!("{key}.files"), school.files.as_deref().unwrap_or_default(), mistakes);
    if let Some(week) = school.school_week {
        check_week(&format!("{key}.school_week"), week, mistakes);
    }
    check_windows(&format!("{key}.windows"), &school.windows, mistakes);
    let days_max = usize::try_from(limits::CALENDAR_STRETCH_DAYS_MAX).unwrap_or_default();
    check_count(&format!("{key}.extra_days"), school.extra_days.len(), days_max, mistakes);
    check_count(&format!("{key}.closures"), school.closures.len(), days_max, mistakes);
    for (place, closure) in school.closures.iter().enumerate() {
        check_closure(&format!("{key}.closures.{place}"), closure, mistakes);
    }
}

fn check_closure(key: &str, closure: &Closure, mistakes: &mut Mistakes) {
    let most = closure.from.saturating_add((limits::CALENDAR_STRETCH_DAYS_MAX - 1).days());
    if closure.last() < closure.from || closure.last() > most {
        let days = limits::CALENDAR_STRETCH_DAYS_MAX;
        mistakes.add(&format!("{key}.until"), format!("a date from {} on, within {days} days", closure.from));
    }
    mistakes.filled(&format!("{key}.why"), &closure.why);
}

fn check_windows(key: &str, rules: &[WindowRule], mistakes: &mut Mistakes) {
    check_count(key, rules.len(), limits::CALENDAR_RULES_MAX, mistakes);
    for (place, rule) in rules.iter().enumerate() {
        let key = format!("{key}.{place}");
        if rule.roles.is_empty() {
            mistakes.add(&format!("{key}.roles"), "a list of one role or more");
        }
        check_days(&key, &rule.days, rule.weekdays, mistakes);
    }
}

fn check_days(key: &str, days: &[DayKind], weekdays: Week, mistakes: &mut Mistakes) {
    if days.is_empty() {
        mistakes.add(&format!("{key}.days"), "a list of school, weekend, holiday");
    }
    check_week(&format!("{key}.weekdays"), weekdays, mistakes);
}

fn check_week(key: &str, week: Week, mistakes: &mut Mistakes) {
    if week.is_empty() {
        mistakes.add(key, "a list of one day of the week or more");
    }
}

fn check_files(key: &str, files: &[PathBuf], mistakes: &mut Mistakes) {
    check_count(key, files.len(), limits::CALENDAR_RULES_MAX, mistakes);
    if files.iter().any(|file| file.as_os_str().is_empty()) {
        mistakes.add(key, "a list of paths that are not empty");
    }
}

fn check_count(key: &str, count: usize, most: usize, mistakes: &mut Mistakes) {
    if count > most {
        mistakes.add(key, format!("a list of at most {most}"));
    }
}
