//! The calendar in force: the files' and the configuration's rules, under what operators have decided since.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::admission::Window;
use crate::base::{Role, SchoolTime, limits};
use crate::calendar::{Calendar, Late, Override, SchoolRef};
use crate::http::windows::Windows;

/// Openings within one evening that are looked at. More: the first of the others counts.
const OPENINGS_MAX: usize = 8;

/// The calendar, replaced whole when an operator decides something.
pub(super) struct CivilWindows(ArcSwap<Calendar>);

impl CivilWindows {
    /// The windows of a calendar.
    pub(super) fn new(calendar: Calendar) -> Self {
        Self(ArcSwap::from_pointee(calendar))
    }

    /// The calendar in force.
    pub(super) fn calendar(&self) -> Arc<Calendar> {
        self.0.load_full()
    }

    /// Puts other decisions of operators in force, the newest last.
    pub(super) fn decide(&self, overrides: &[Override]) {
        self.0.store(Arc::new(self.0.load().with_overrides(overrides)));
    }

    /// Puts other rules in force, under what operators have decided. The office's lock is held: nobody decides meanwhile.
    pub(super) fn replace(&self, calendar: &Calendar) {
        self.0.store(Arc::new(calendar.under(&self.0.load())));
    }

    /// Where a role may not come in: schools with rules of their own, and `None` for all others.
    pub(super) fn closed(&self, role: Role, at: SchoolTime) -> BTreeSet<Option<String>> {
        let calendar = self.calendar();
        let places = calendar.schools().map(Some).chain([None]);
        let closed = places.filter(|school| {
            let school = school.map_or(SchoolRef::NONE, SchoolRef::id);
            !calendar.admission(role, school, at).open
        });
        closed.map(|school| school.map(str::to_owned)).collect()
    }
}

impl Windows for CivilWindows {
    fn window(&self, role: Role, school: Option<&str>, at: SchoolTime) -> Window {
        let calendar = self.0.load();
        let answer = |at| calendar.admission(role, school.map_or(SchoolRef::NONE, SchoolRef::id), at);
        let now = answer(at);
        if !now.open {
            return Window::Closed { opens_at: now.changes_at };
        }
        if now.changes_at.is_none() {
            // A role without windows, as most are.
            return Window::Open;
        }
        let evening_ms = i64::try_from(limits::EVENING_MAX.as_millis()).unwrap_or(i64::MAX);
        let mut then = answer(SchoolTime(at.0.saturating_sub(evening_ms)));
        let mut opened = None;
        for _ in 0..OPENINGS_MAX {
            let Some(change) = then.changes_at.filter(|change| *change <= at) else { break };
            then = answer(change);
            opened = then.open.then_some(change);
        }
        opened.map_or(Window::Open, |at| Window::Opened { at })
    }

    fn late(&self, school: Option<&str>, at: SchoolTime) -> Option<Late> {
        self.0.load().late(school.map_or(SchoolRef::NONE, SchoolRef::id), at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::calendar::{CalendarConfig, Preset};

    fn windows() -> CivilWindows {
        let config = CalendarConfig { presets: vec![Preset::Parents8To18], ..CalendarConfig::default() };
        CivilWindows::new(Calendar::new(&config, "Europe/Paris", &BTreeMap::new()))
    }

    /// A time of an ordinary Tuesday in Paris.
    fn tuesday(clock: &str) -> SchoolTime {
        let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
        let civil: jiff::civil::DateTime = format!("2026-11-24T{clock}").parse().unwrap();
        SchoolTime(civil.to_zoned(zone).unwrap().timestamp().as_millisecond())
    }

    #[test]
    fn an_evening_says_when_it_began_and_a_day_when_it_ends() {
        let windows = windows();
        let guardian = |clock| windows.window(Role::Guardian, Some("lycee"), tuesday(clock));
        assert_eq!(guardian("07:59"), Window::Open);
        assert_eq!(guardian("08:00"), Window::Closed { opens_at: Some(tuesday("18:00")) });
        assert_eq!(guardian("17:59"), Window::Closed { opens_at: Some(tuesday("18:00")) });
        assert_eq!(guardian("18:00"), Window::Opened { at: tuesday("18:00") });
        assert_eq!(guardian("19:59"), Window::Opened { at: tuesday("18:00") });
        assert_eq!(guardian("20:01"), Window::Open);
        assert_eq!(windows.window(Role::Teacher, None, tuesday("12:00")), Window::Open);
    }

    #[test]
    fn other_rules_come_under_what_operators_have_decided() {
        let windows = windows();
        let (noon, evening) = (tuesday("12:00"), tuesday("20:01"));
        let shut = r#"{"scope":{"role":"guardian","school":null},"from":0,"until":99999999999999,
            "verdict":"closed","who":"op","why":"a storm"}"#;
        windows.decide(&[serde_json::from_str(shut).unwrap()]);
        windows.replace(&Calendar::none());
        assert_eq!(windows.closed(Role::Guardian, evening), BTreeSet::from([None]), "the decision holds");
        windows.decide(&[]);
        assert!(windows.closed(Role::Guardian, noon).is_empty(), "and so do the new rules");
    }

    #[test]
    fn an_operator_s_decision_holds_until_it_is_withdrawn() {
        let windows = windows();
        let noon = tuesday("12:00");
        assert_eq!(windows.closed(Role::Guardian, noon), BTreeSet::from([None]));
        let open = r#"{"scope":{"role":"guardian","school":null},"from":0,"until":99999999999999,
            "verdict":"open","who":"op","why":"results day"}"#;
        windows.decide(&[serde_json::from_str(open).unwrap()]);
        assert!(windows.closed(Role::Guardian, noon).is_empty());
        windows.decide(&[]);
        assert_eq!(windows.closed(Role::Guardian, noon), BTreeSet::from([None]));
    }
}
