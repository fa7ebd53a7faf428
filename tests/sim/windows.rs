//! What the calendar says about a role at a school, as the hub's edge asks it: with the instant at which a window opened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::date;
use preau::admission::Window;
use preau::base::{Role, SchoolTime, limits};
use preau::calendar::{
    Calendar, CalendarConfig, DayKind, Preset, SchoolConfig, SchoolRef, Span, Week, WindowRule, read_holidays,
};

use crate::day::Kind;
use crate::region::Region;

/// How long an answer is not asked for again.
const KEPT_MS: i64 = 60_000;

/// An answer, and from when until when it holds.
#[derive(Debug, Clone, Copy)]
struct Kept {
    window: Window,
    from: SchoolTime,
    until: SchoolTime,
}

/// The windows of all schools.
pub(crate) struct Windows {
    calendar: Calendar,
    schools: Vec<String>,
    kept: Vec<[Option<Kept>; Role::ALL.len()]>,
}

impl Windows {
    /// The calendar of a day: zone A and the hours 8 to 18, or hours that end in the night on which clocks change.
    pub(crate) fn of(kind: Kind, region: &Region) -> Self {
        let zone_a = include_bytes!("../fixtures/calendar/zone-a.ics");
        let (holidays, _) = read_holidays(zone_a).expect("the ministry's file");
        let file = PathBuf::from("zone-a.ics");
        let first = SchoolConfig {
            id: region.schools[0].clone(),
            zone: None,
            files: None,
            school_week: None,
            windows: Vec::new(),
            extra_days: vec![date(2025, 10, 27)],
            closures: Vec::new(),
        };
        let mut config =
            CalendarConfig { files: vec![file.clone()], schools: vec![first], ..CalendarConfig::default() };
        if matches!(kind, Kind::SpringSunday | Kind::AutumnSunday) {
            let open = ["00:00-02:30", "18:00-24:00"].map(|span| Span::parse(span).unwrap());
            config.windows = vec![WindowRule {
                roles: vec![Role::Guardian],
                days: DayKind::ALL.to_vec(),
                weekdays: Week::WHOLE,
                open: open.to_vec(),
            }];
        } else {
            config.presets = vec![Preset::Parents8To18];
        }
        Self {
            calendar: Calendar::new(&config, "Europe/Paris", &BTreeMap::from([(file, holidays)])),
            schools: region.schools.iter().map(ToString::to_string).collect(),
            kept: vec![[None; Role::ALL.len()]; region.schools.len()],
        }
    }

    /// A role's window at a school.
    pub(crate) fn window(&mut self, role: Role, school: usize, at: SchoolTime) -> Window {
        if let Some(kept) = self.kept[school][role as usize].filter(|kept| kept.from <= at && at < kept.until)
        {
            return kept.window;
        }
        let (window, changes_at) = self.asked(role, school, at);
        let until = changes_at.map_or(i64::MAX, |at| at.0).min(at.0 + KEPT_MS);
        self.kept[school][role as usize] = Some(Kept { window, from: at, until: SchoolTime(until) });
        window
    }

    fn asked(&self, role: Role, school: usize, at: SchoolTime) -> (Window, Option<SchoolTime>) {
        let school = SchoolRef::id(&self.schools[school]);
        let now = self.calendar.admission(role, school, at);
        if !now.open {
            return (Window::Closed { opens_at: now.changes_at }, now.changes_at);
        }
        let lately = limits::EVENING_MAX.as_millis().try_into().unwrap_or(i64::MAX);
        let mut since = SchoolTime(at.0 - lately);
        let mut opened = None;
        loop {
            let then = self.calendar.admission(role, school, since);
            let Some(next) = then.changes_at.filter(|next| *next <= at) else { break };
            opened = (!then.open).then_some(next);
            since = next;
        }
        (opened.map_or(Window::Open, |at| Window::Opened { at }), now.changes_at)
    }
}
