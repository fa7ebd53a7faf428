//! On which evenings a guardian gets a digest, when these begin, and how far back each looks.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use super::settings::{Settings, minute};
use crate::base::{SchoolTime, limits};
use crate::calendar::{Calendar, DayKind, SchoolRef, Weekday, begins};
use crate::ledger::{Evening, Frequency};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// When the digests of an evening are made.
pub(super) fn made_at(settings: &Settings, date: Date, zone: &TimeZone) -> SchoolTime {
    begins(date, minute(settings.build_at), zone)
}

/// From when on the digests of an evening are published.
pub(super) fn opening(settings: &Settings, date: Date, zone: &TimeZone) -> SchoolTime {
    begins(date, minute(settings.publish_at), zone)
}

/// Whether a guardian of these schools gets a digest on an evening: only on a day with classes at one of them.
pub(super) fn is_evening(
    calendar: &Calendar,
    schools: &[Box<str>],
    (date, frequency): (Date, Frequency),
    weekly_on: Weekday,
) -> bool {
    let has_classes = |date| {
        schools
            .iter()
            .any(|school| calendar.school_day(SchoolRef::id(school), date).kind() == DayKind::School)
    };
    match frequency {
        Frequency::Off => false,
        Frequency::Daily => has_classes(date),
        Frequency::Weekly => {
            let ahead = weekly_on as i64 - Weekday::of(date) as i64;
            // The days from the day after until the week's own have no classes, or this is not the last that has.
            ahead >= 0 && has_classes(date) && (1..=ahead).all(|days| !has_classes(later(date, days.days())))
        }
    }
}

/// From when on a guardian's digest of an evening takes what was published: the last such evening that was made and a day
/// more, or some days at least. Bounds the work; that nothing is taken twice is the ledger's rows' doing.
pub(super) fn since(
    (calendar, settings): (&Calendar, &Settings),
    schools: &[Box<str>],
    (date, frequency): (Date, Frequency),
    earlier: &[Evening],
) -> SchoolTime {
    let zone = schools.first().map_or(SchoolRef::NONE, |school| SchoolRef::id(school));
    let zone = calendar.zone(zone);
    let opening = opening(settings, date, zone);
    let is_one = |evening: &&Evening| {
        evening.is_made
            && evening.date < date
            && is_evening(calendar, schools, (evening.date, frequency), settings.weekly_on)
    };
    // If none of the guardian's own was made yet, all since there are digests counts.
    let last = earlier.iter().find(is_one).or(earlier.last());
    let last = last.map(|evening| made_at(settings, evening.date, zone).0 - DAY_MS);
    let (nearest, farthest) =
        (limits::DIGEST_LOOK_BACK_DAYS * DAY_MS, limits::DIGEST_LOOK_BACK_DAYS_MAX * DAY_MS);
    let since = last.unwrap_or(i64::MAX).min(opening.0 - nearest).max(opening.0 - farthest);
    let delay_ms = i64::try_from(settings.delay_max().as_millis()).unwrap_or(0);
    SchoolTime(since - delay_ms)
}

/// What began then or later and was in a digest stands in the rows that are read for an evening: a day of it may be another's by
/// another clock.
pub(super) fn remembered_since(date: Date) -> SchoolTime {
    begins(later(date, (2 - limits::DIGEST_ROWS_DAYS).days()), 0, &TimeZone::UTC)
}

/// A date so much later, or earlier.
pub(super) fn later(date: Date, by: Span) -> Date {
    date.saturating_add(by)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::calendar::CalendarConfig;

    fn calendar() -> Calendar {
        Calendar::new(&CalendarConfig::default(), "Europe/Paris", &BTreeMap::new())
    }

    fn instant(text: &str) -> SchoolTime {
        SchoolTime(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn is(date: Date, frequency: Frequency) -> bool {
        is_evening(&calendar(), &["lycee".into()], (date, frequency), Weekday::Friday)
    }

    #[test]
    fn an_evening_begins_by_the_wall_clock_also_around_the_nights_of_a_change() {
        let (calendar, settings) = (calendar(), Settings::default());
        let zone = calendar.zone(SchoolRef::NONE);
        let at = |date| opening(&settings, date, zone);
        // Clocks go forward on Sunday 29 March and back on Sunday 25 October.
        assert_eq!(at(date(2026, 3, 27)), instant("2026-03-27T17:00:00Z"));
        assert_eq!(at(date(2026, 3, 29)), instant("2026-03-29T16:00:00Z"));
        assert_eq!(at(date(2026, 3, 30)), instant("2026-03-30T16:00:00Z"));
        assert_eq!(at(date(2026, 10, 23)), instant("2026-10-23T16:00:00Z"));
        assert_eq!(at(date(2026, 10, 25)), instant("2026-10-25T17:00:00Z"));
        assert_eq!(at(date(2026, 10, 26)), instant("2026-10-26T17:00:00Z"));
        assert_eq!(made_at(&settings, date(2026, 10, 26), zone), instant("2026-10-26T16:30:00Z"));
    }

    #[test]
    fn weekly_is_the_last_day_with_classes_up_to_its_day() {
        let monday = date(2026, 11, 23);
        let week: Vec<bool> = (0..7).map(|days| is(later(monday, days.days()), Frequency::Weekly)).collect();
        assert_eq!(week, [false, false, false, false, true, false, false]);
        let week: Vec<bool> = (0..7).map(|days| is(later(monday, days.days()), Frequency::Daily)).collect();
        assert_eq!(week, [true, true, true, true, true, false, false]);
        // The first of May 2026 is a Friday.
        assert!(is(date(2026, 4, 30), Frequency::Weekly) && !is(date(2026, 5, 1), Frequency::Weekly));
        assert!(!is(monday, Frequency::Off));
    }

    #[test]
    fn a_look_back_reaches_the_last_evening_however_long_ago() {
        let (calendar, settings) = (calendar(), Settings::default());
        let evening = |date| Evening {
            date,
            zone: "Europe/Paris".into(),
            is_made: true,
            is_over: true,
            ready: 1,
            skipped: 0,
            published: 1,
        };
        let schools = ["lycee".into()];
        let since = |today, frequency, evenings: &[Evening]| {
            since((&calendar, &settings), &schools, (today, frequency), evenings)
        };
        let today = date(2026, 11, 24);
        let eight_days = instant("2026-11-16T17:00:00Z");
        assert_eq!(since(today, Frequency::Daily, &[evening(date(2026, 11, 23))]), eight_days);
        assert_eq!(since(today, Frequency::Daily, &[]), eight_days);
        let long_ago = [evening(date(2026, 11, 8)), evening(date(2026, 11, 5))];
        // A Sunday is no evening.
        assert_eq!(since(today, Frequency::Daily, &long_ago), instant("2026-11-04T16:30:00Z"));
        assert_eq!(since(today, Frequency::Daily, &[long_ago[0].clone()]), instant("2026-11-07T16:30:00Z"));
        let begun = Evening { is_made: false, ..evening(date(2026, 11, 23)) };
        let earlier = [begun, long_ago[1].clone()];
        assert_eq!(since(today, Frequency::Daily, &earlier), instant("2026-11-04T16:30:00Z"), "not complete");
        // A Thursday is no evening of a weekly guardian's, but there were digests then.
        assert_eq!(since(today, Frequency::Weekly, &long_ago), instant("2026-11-04T16:30:00Z"));
        let summer = [evening(date(2026, 7, 3))];
        assert_eq!(since(today, Frequency::Daily, &summer), instant("2026-09-15T17:00:00Z"), "at most");
    }
}
