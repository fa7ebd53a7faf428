//! When somebody is reminded of a due date: 48 hours before, and the evening before. Pure, by a school's calendar.
//!
//! Both are meant by the wall clock, so that a night in which clocks change moves neither. What falls into the night waits
//! for 07:00. What falls into quiet hours comes before them, on the last evening on which something is delivered, at most
//! [`limits::REMINDER_DAYS_BACK_MAX`] days earlier; if there is none, on the first morning after them.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::Slot;
use crate::base::body::ReminderWhen;
use crate::base::{SchoolTime, limits};
use crate::calendar::{self, Calendar, Reading, SchoolRef};

/// A due date without a time is meant for the beginning of the day's classes.
const DUE_HOUR: i8 = 8;

/// The slots of one due date. None of one where nothing is delivered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reminded {
    two_days: Option<Slot>,
    eve: Option<Slot>,
}

impl Reminded {
    /// As what a slot reminds; of two reasons in one slot the nearer counts.
    pub(super) fn at(self, slot: Slot) -> Option<ReminderWhen> {
        if self.eve == Some(slot) {
            return Some(ReminderWhen::Eve);
        }
        (self.two_days == Some(slot)).then_some(ReminderWhen::TwoDays)
    }
}

/// The slots of a due date at a school.
pub(super) fn reminded(calendar: &Calendar, school: SchoolRef<'_>, due: DateTime, evening: Time) -> Reminded {
    let delivered = |slot: &Slot| {
        let at = instant(slot.civil(), calendar.zone(school));
        at.is_some_and(|at| calendar.quiet(school, at).open)
    };
    let moved = |slot: Slot| {
        let first = Some(slot).filter(delivered);
        let back = || {
            let evenings = (1..=limits::REMINDER_DAYS_BACK_MAX).filter_map(|days| {
                let date = slot.civil().date().checked_sub(days.days()).ok()?;
                Slot::of(date.to_datetime(evening))
            });
            evenings.into_iter().find(delivered)
        };
        let on = || {
            let mornings = (0..=2).filter_map(|days: i32| {
                Some(Slot::first(slot.civil().date().checked_add(days.days()).ok()?))
            });
            mornings.filter(|morning| *morning > slot && morning.civil() < due).find(delivered)
        };
        first.or_else(back).or_else(on)
    };
    let two_days = due.checked_sub(2.days()).ok().and_then(Slot::of);
    let eve = due.date().yesterday().ok().and_then(|date| Slot::of(date.to_datetime(evening)));
    Reminded { two_days: two_days.and_then(moved), eve: eve.and_then(moved) }
}

/// The days of which something may be due, of which a slot reminds: first and last.
pub(super) fn due_days(slot: Slot, evening: Time) -> Option<(Date, Date)> {
    let (date, time) = (slot.civil().date(), slot.civil().time());
    let after = |days: i32| date.checked_add(days.days()).ok();
    if Slot::of(date.to_datetime(evening)) == Some(slot) {
        return Some((date, after(2 + limits::REMINDER_DAYS_BACK_MAX)?));
    }
    if time == Slot::first(date).civil().time() {
        return Some((date, after(2)?));
    }
    Some((after(2)?, after(2)?))
}

/// A due date as it stands in an assignment.
pub(super) fn due_time(text: &str) -> Option<DateTime> {
    match text.len() {
        10 => Some(text.parse::<Date>().ok()?.at(DUE_HOUR, 0, 0, 0)),
        _ => text.parse().ok(),
    }
}

/// The instant of a civil time: the first one, of two; as if clocks had changed already, of none.
pub(super) fn instant(civil: DateTime, zone: &TimeZone) -> Option<SchoolTime> {
    Some(match calendar::read_civil(civil, zone)? {
        Reading::Once(at) | Reading::Twice(at, _) | Reading::Never { after: at, .. } => at,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::calendar::{CalendarConfig, Preset};

    const EVENING: Time = Time::constant(18, 0, 0, 0);

    fn calendar(presets: Vec<Preset>) -> Calendar {
        let config = CalendarConfig { presets, ..CalendarConfig::default() };
        Calendar::new(&config, "Europe/Paris", &BTreeMap::new())
    }

    fn slots(presets: Vec<Preset>, due: &str) -> [String; 2] {
        let due = due_time(due).unwrap();
        let found = reminded(&calendar(presets), SchoolRef::NONE, due, EVENING);
        [found.two_days, found.eve]
            .map(|slot| slot.map_or_else(|| "none".to_owned(), |slot| slot.to_string()))
    }

    #[test]
    fn a_due_date_is_reminded_of_two_days_and_an_evening_before() {
        assert_eq!(slots(vec![], "2026-11-26"), ["2026-11-24T0800", "2026-11-25T1800"]);
        assert_eq!(slots(vec![], "2026-11-26T13:45"), ["2026-11-24T1340", "2026-11-25T1800"]);
        assert_eq!(slots(vec![], "2026-11-26T23:59"), ["2026-11-25T0700", "2026-11-25T1800"]);
        assert_eq!(slots(vec![], "2026-11-26T02:00"), ["2026-11-24T0700", "2026-11-25T1800"]);
    }

    #[test]
    fn what_falls_into_quiet_hours_comes_on_the_last_evening_before_them() {
        let national = || vec![Preset::National];
        assert_eq!(slots(national(), "2026-11-23"), ["2026-11-20T1800", "2026-11-20T1800"], "a Monday");
        assert_eq!(slots(national(), "2026-11-24"), ["2026-11-20T1800", "2026-11-23T1800"], "a Tuesday");
        assert_eq!(slots(national(), "2026-11-26"), ["2026-11-24T0800", "2026-11-25T1800"], "a Thursday");
    }

    #[test]
    fn after_quiet_hours_that_are_too_long_it_is_the_morning_after_them() {
        let rule =
            |days: &str| serde_json::from_str(&format!(r#"{{"days":["weekend"],{days}"open":[]}}"#)).unwrap();
        // A school whose week is Monday alone is quiet on all other days.
        let config = CalendarConfig {
            school_week: serde_json::from_str(r#"["monday"]"#).unwrap(),
            deliveries: vec![rule("")],
            ..CalendarConfig::default()
        };
        let calendar = Calendar::new(&config, "Europe/Paris", &BTreeMap::new());
        let found = |due: &str| {
            let found = reminded(&calendar, SchoolRef::NONE, due_time(due).unwrap(), EVENING);
            [found.two_days, found.eve].map(|slot| slot.map(|slot| slot.to_string()))
        };
        let monday = Some("2026-11-23T0700".to_owned());
        assert_eq!(found("2026-11-23T10:00"), [monday.clone(), monday]);
        // Four days before the Friday that is meant is a Monday; before the Saturday there is none so near.
        assert_eq!(found("2026-11-22"), [Some("2026-11-16T1800".to_owned()), None]);
    }

    /// The days on which clocks change, and those before and after: by the wall clock nothing moves.
    #[test]
    fn clocks_that_change_move_no_reminder() {
        for (due, two_days, eve) in [
            ("2026-03-29", "2026-03-27T0800", "2026-03-28T1800"),
            ("2026-03-30", "2026-03-28T0800", "2026-03-29T1800"),
            ("2026-03-31T09:30", "2026-03-29T0930", "2026-03-30T1800"),
            ("2026-10-25", "2026-10-23T0800", "2026-10-24T1800"),
            ("2026-10-26", "2026-10-24T0800", "2026-10-25T1800"),
            ("2026-10-27T02:30", "2026-10-25T0700", "2026-10-26T1800"),
        ] {
            assert_eq!(slots(vec![], due), [two_days, eve], "{due}");
        }
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| instant(text.parse().unwrap(), &zone).unwrap().0;
        assert_eq!(at("2026-03-29T18:00") - at("2026-03-28T18:00"), 23 * 3_600_000);
        assert_eq!(at("2026-10-25T18:00") - at("2026-10-24T18:00"), 25 * 3_600_000);
    }

    /// Every slot of every due date lies among the days of which that slot asks for what is due.
    #[test]
    fn no_slot_asks_for_too_few_days() {
        for presets in [vec![], vec![Preset::National]] {
            let calendar = calendar(presets);
            for day in 1..=28 {
                for (hour, minute) in [(0, 0), (7, 5), (8, 0), (18, 0), (19, 59), (20, 0), (23, 59)] {
                    let due = Date::constant(2026, 11, day).at(hour, minute, 0, 0);
                    let found = reminded(&calendar, SchoolRef::NONE, due, EVENING);
                    for slot in [found.two_days, found.eve].into_iter().flatten() {
                        let (first, last) = due_days(slot, EVENING).unwrap();
                        assert!((first..=last).contains(&due.date()), "{due} {slot} {first} {last}");
                        assert!(slot.civil() < due, "{due} {slot}");
                    }
                }
            }
        }
    }
}
