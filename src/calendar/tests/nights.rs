//! The two nights in which clocks change, and spans past midnight.

use super::*;

/// Guardians may come in in these spans of every day, in Paris.
fn daily(open: &[&str]) -> Calendar {
    built(&CalendarConfig { windows: vec![window(Role::Guardian, &DayKind::ALL, open)], ..config(&[]) })
}

fn hours(from: &str, until: &str) -> i64 {
    (at(until).0 - at(from).0) / (60 * MINUTE_MS)
}

#[test]
fn a_weekend_of_quiet_lasts_58_60_or_59_hours() {
    let calendar = built(&config(&[Preset::National]));
    for (friday, monday, length) in [
        ("2026-03-27T20:00+01:00", "2026-03-30T07:00+02:00", 58),
        ("2026-10-23T20:00+02:00", "2026-10-26T07:00+01:00", 60),
        ("2026-03-20T20:00+01:00", "2026-03-23T07:00+01:00", 59),
    ] {
        assert_eq!(quiet(&calendar, friday), (false, Some(at(monday))));
        assert_eq!(hours(friday, monday), length);
    }
}

#[test]
fn what_begins_or_ends_in_the_missing_hour_does_so_at_the_change() {
    // On Sunday 29 March 2026 the clock goes from 02:00 to 03:00, at 01:00Z.
    let change = at("2026-03-29T01:00Z");
    assert_eq!(guardian(&daily(&["02:30-04:00"]), "2026-03-29T00:00Z"), (false, Some(change)));
    assert_eq!(guardian(&daily(&["01:30-02:30"]), "2026-03-29T00:45Z"), (true, Some(change)));
    assert!(!guardian(&daily(&["01:30-02:30"]), "2026-03-29T01:00Z").0);
    // What lies within the missing hour does not happen: the next is on Monday.
    let within = daily(&["02:10-02:50"]);
    assert_eq!(guardian(&within, "2026-03-29T00:00Z"), (false, Some(at("2026-03-30T02:10+02:00"))));
    // And a pause that lies within it does not happen either.
    let pause = daily(&["01:00-02:10", "02:50-05:00"]);
    assert_eq!(guardian(&pause, "2026-03-29T00:30Z"), (true, Some(at("2026-03-29T05:00+02:00"))));
}

#[test]
fn what_begins_or_ends_in_the_hour_that_comes_twice_does_so_the_first_time() {
    // On Sunday 25 October 2026 the clock goes from 03:00 to 02:00, at 01:00Z.
    let short = daily(&["02:30-02:45"]);
    assert_eq!(guardian(&short, "2026-10-25T00:00Z"), (false, Some(at("2026-10-25T00:30Z"))));
    assert_eq!(guardian(&short, "2026-10-25T00:30Z"), (true, Some(at("2026-10-25T00:45Z"))));
    // The second 02:30 is not another opening.
    assert_eq!(guardian(&short, "2026-10-25T01:35Z"), (false, Some(at("2026-10-26T02:30+01:00"))));
    let over = daily(&["01:00-02:30"]);
    assert_eq!(guardian(&over, "2026-10-25T00:00Z"), (true, Some(at("2026-10-25T00:30Z"))));
    assert!(!guardian(&over, "2026-10-25T01:10Z").0);
}

#[test]
fn a_span_past_midnight_lasts_into_the_day_after_whatever_that_is() {
    let mut config = config(&[]);
    // The nights of school days, and no others.
    config.windows = vec![
        window(Role::Guardian, &[DayKind::School], &["22:00-06:00"]),
        window(Role::Guardian, &[DayKind::Weekend, DayKind::Holiday], &[]),
    ];
    let calendar = built(&config);
    assert_eq!(guardian(&calendar, "2026-03-26T23:00+01:00"), (true, Some(at("2026-03-27T06:00+01:00"))));
    assert_eq!(guardian(&calendar, "2026-03-28T05:59+01:00"), (true, Some(at("2026-03-28T06:00+01:00"))));
    assert_eq!(guardian(&calendar, "2026-03-28T06:00+01:00"), (false, Some(at("2026-03-30T22:00+02:00"))));
    // Into the winter holidays, and over the whole of them.
    assert_eq!(guardian(&calendar, "2026-02-07T05:00+01:00"), (true, Some(at("2026-02-07T06:00+01:00"))));
    assert_eq!(guardian(&calendar, "2026-02-07T06:00+01:00"), (false, Some(at("2026-02-23T22:00+01:00"))));
    // A whole day round is no opening and no closing.
    assert_eq!(guardian(&daily(&["08:00-24:00", "00:00-08:00"]), "2026-03-28T06:00Z"), (true, None));
    assert_eq!(
        guardian(&daily(&["20:00-19:59"]), "2026-03-26T19:59+01:00"),
        (false, Some(at("2026-03-26T20:00+01:00")))
    );
}

#[test]
fn a_civil_time_is_read_as_often_as_the_clock_shows_it() {
    let calendar = built(&config(&[]));
    let read = |text: &str| read_civil(text.parse().unwrap(), calendar.zone(SchoolRef::NONE)).unwrap();
    assert_eq!(read("2026-03-28T02:30"), Reading::Once(at("2026-03-28T01:30Z")));
    assert_eq!(read("2026-10-25T02:30"), Reading::Twice(at("2026-10-25T00:30Z"), at("2026-10-25T01:30Z")));
    assert_eq!(
        read("2026-03-29T02:30"),
        Reading::Never {
            from: "2026-03-29T02:00".parse().unwrap(),
            to: "2026-03-29T03:00".parse().unwrap(),
            before: at("2026-03-29T01:30Z"),
            after: at("2026-03-29T00:30Z"),
        }
    );
}
