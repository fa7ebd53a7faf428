//! The calendar as those who ask it see it, over the ministry's file for zone A.

mod nights;
mod random;
mod schools;
mod words;

use jiff::Timestamp;
use jiff::civil::date;

use super::*;

const ZONE_A: &[u8] = include_bytes!("../../../tests/fixtures/calendar/zone-a.ics");
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

fn files() -> BTreeMap<PathBuf, Vec<Holiday>> {
    BTreeMap::from([(PathBuf::from("zone-a.ics"), read_holidays(ZONE_A).unwrap().0)])
}

/// Presets over zone A.
fn config(presets: &[Preset]) -> CalendarConfig {
    CalendarConfig {
        presets: presets.to_vec(),
        files: vec!["zone-a.ics".into()],
        ..CalendarConfig::default()
    }
}

fn built(config: &CalendarConfig) -> Calendar {
    Calendar::new(config, "Europe/Paris", &files())
}

fn spans(texts: &[&str]) -> Vec<Span> {
    texts.iter().map(|text| Span::parse(text).unwrap()).collect()
}

fn window(role: Role, days: &[DayKind], open: &[&str]) -> WindowRule {
    WindowRule { roles: vec![role], days: days.to_vec(), weekdays: Week::WHOLE, open: spans(open) }
}

/// An instant with its offset.
fn at(text: &str) -> SchoolTime {
    SchoolTime(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// Whether it is open at an instant, and until when.
fn guardian(calendar: &Calendar, text: &str) -> (bool, Option<SchoolTime>) {
    let answer = calendar.admission(Role::Guardian, SchoolRef::NONE, at(text));
    (answer.open, answer.changes_at)
}

fn quiet(calendar: &Calendar, text: &str) -> (bool, Option<SchoolTime>) {
    let answer = calendar.quiet(SchoolRef::NONE, at(text));
    (answer.open, answer.changes_at)
}

#[test]
fn guardians_stay_out_from_8_to_18_on_school_days() {
    let calendar = built(&config(&[Preset::Parents8To18]));
    let thursday = [
        ("2026-03-26T07:59:59.999+01:00", (true, Some(at("2026-03-26T08:00+01:00")))),
        ("2026-03-26T08:00+01:00", (false, Some(at("2026-03-26T18:00+01:00")))),
        ("2026-03-26T17:59:59.999+01:00", (false, Some(at("2026-03-26T18:00+01:00")))),
        ("2026-03-26T18:00+01:00", (true, Some(at("2026-03-27T08:00+01:00")))),
    ];
    for (text, expected) in thursday {
        assert_eq!(guardian(&calendar, text), expected, "{text}");
    }
    for role in [Role::Teacher, Role::Student, Role::Staff, Role::Operator] {
        assert_eq!(calendar.admission(role, SchoolRef::NONE, at("2026-03-26T10:00+01:00")), Answer::ALWAYS);
    }
}

#[test]
fn weekends_and_holidays_leave_guardians_in() {
    let calendar = built(&config(&[Preset::Parents8To18]));
    // Over a weekend and the change of clocks; over the winter holidays; over a long weekend and Whit Monday.
    for (friday, monday) in [
        ("2026-03-27T18:00+01:00", "2026-03-30T08:00+02:00"),
        ("2026-02-06T18:00+01:00", "2026-02-23T08:00+01:00"),
        ("2026-05-13T18:00+02:00", "2026-05-18T08:00+02:00"),
        ("2026-05-22T18:00+02:00", "2026-05-26T08:00+02:00"),
        ("2026-07-03T18:00+02:00", "2026-09-01T08:00+02:00"),
    ] {
        assert_eq!(guardian(&calendar, friday), (true, Some(at(monday))));
        let last = SchoolTime(at(monday).0 - 1);
        assert!(calendar.admission(Role::Guardian, SchoolRef::NONE, last).open);
    }
    // A public holiday in the middle of a week.
    assert_eq!(guardian(&calendar, "2026-11-11T10:00+01:00"), (true, Some(at("2026-11-12T08:00+01:00"))));
}

#[test]
fn good_practice_keeps_students_and_guardians_apart() {
    let calendar = built(&config(&[Preset::GoodPractice]));
    let student = |text| {
        let answer = calendar.admission(Role::Student, SchoolRef::NONE, at(text));
        (answer.open, answer.changes_at)
    };
    assert_eq!(student("2026-03-26T08:29+01:00"), (false, Some(at("2026-03-26T08:30+01:00"))));
    assert_eq!(student("2026-03-26T08:30+01:00"), (true, Some(at("2026-03-26T17:00+01:00"))));
    // A Friday: Saturday is open from its first minute.
    assert_eq!(student("2026-03-27T17:00+01:00"), (false, Some(at("2026-03-28T00:00+01:00"))));
    assert_eq!(student("2026-02-18T03:00+01:00"), (true, Some(at("2026-02-23T00:00+01:00"))));
    assert_eq!(guardian(&calendar, "2026-03-26T12:00+01:00"), (false, Some(at("2026-03-26T18:00+01:00"))));
}

#[test]
fn national_quiet_hours_hold_in_holidays_too_and_are_no_matter_of_admission() {
    let calendar = built(&config(&[Preset::National, Preset::Parents8To18]));
    assert_eq!(quiet(&calendar, "2026-03-26T06:59+01:00"), (false, Some(at("2026-03-26T07:00+01:00"))));
    assert_eq!(quiet(&calendar, "2026-03-26T07:00+01:00"), (true, Some(at("2026-03-26T20:00+01:00"))));
    assert_eq!(quiet(&calendar, "2026-03-20T20:00+01:00"), (false, Some(at("2026-03-23T07:00+01:00"))));
    assert_eq!(quiet(&calendar, "2026-02-17T12:00+01:00"), (true, Some(at("2026-02-17T20:00+01:00"))));
    assert!(guardian(&calendar, "2026-03-26T21:00+01:00").0);
    assert_eq!(
        built(&config(&[Preset::Parents8To18])).quiet(SchoolRef::NONE, at("2026-03-26T21:00Z")),
        Answer::ALWAYS
    );
}

#[test]
fn without_rules_everything_is_always_open() {
    let calendar = Calendar::none();
    for role in Role::ALL {
        assert_eq!(calendar.admission(role, SchoolRef::NONE, SchoolTime(0)), Answer::ALWAYS);
    }
    assert_eq!(calendar.quiet(SchoolRef::id("s1"), SchoolTime(0)), Answer::ALWAYS);
    assert_eq!((calendar.horizon(), calendar.alarm(SchoolTime(0))), (None, None));
}

#[test]
fn every_instant_has_an_answer() {
    let calendar = built(&config(&[Preset::Parents8To18, Preset::National]));
    for ms in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
        let answer = calendar.admission(Role::Guardian, SchoolRef::NONE, SchoolTime(ms));
        assert!(answer.changes_at.is_none_or(|change| change.0 > ms), "{ms}: {answer:?}");
        calendar.quiet(SchoolRef::NONE, SchoolTime(ms));
    }
}

#[test]
fn holidays_begin_after_class_and_end_before_their_end() {
    let mut six_days = config(&[]);
    six_days.school_week = Week::from(Weekday::ALL[..6].to_vec());
    let calendar = built(&six_days);
    let day = |month, day| calendar.school_day(SchoolRef::NONE, date(2026, month, day));
    // Where Saturday has classes, the departure is after them.
    assert_eq!(day(2, 7), Day::School);
    assert_eq!(day(2, 8), Day::Holiday { name: "Vacances d'Hiver - Zone A".into() });
    assert_eq!(day(2, 22).kind(), DayKind::Holiday);
    assert_eq!(day(2, 23), Day::School);
    // A long weekend has no departure, and Ascension is a public holiday besides.
    assert_eq!(day(5, 14), Day::Holiday { name: "Pont de l'Ascension - Zone A".into() });
    assert_eq!((day(5, 16).kind(), day(5, 18)), (DayKind::Holiday, Day::School));
    // The teachers' days belong to the summer.
    assert_eq!((day(8, 31).kind(), day(9, 1)), (DayKind::Holiday, Day::School));
    six_days.departure = Departure::Morning;
    assert_eq!(built(&six_days).school_day(SchoolRef::NONE, date(2026, 2, 7)).kind(), DayKind::Holiday);
    // Where it has none, that Saturday is one like all others.
    assert_eq!(built(&config(&[])).school_day(SchoolRef::NONE, date(2026, 2, 7)), Day::Weekend);
}

#[test]
fn beyond_its_files_the_calendar_knows_nothing_and_says_so_early() {
    let calendar = built(&config(&[Preset::Parents8To18]));
    let day = |year, month, day| calendar.school_day(SchoolRef::NONE, date(year, month, day));
    // Only the beginning of the last summer is known: it is taken to end with August.
    assert_eq!(day(2027, 8, 31).kind(), DayKind::Holiday);
    assert_eq!((day(2027, 9, 1), day(2025, 7, 4)), (Day::Unknown, Day::Unknown));
    assert_eq!((day(2027, 9, 4), day(2027, 11, 11).kind()), (Day::Weekend, DayKind::Holiday));
    let horizon = at("2027-09-01T00:00+02:00");
    assert_eq!(calendar.horizon(), Some(horizon));
    assert_eq!(guardian(&calendar, "2027-09-01T10:00+02:00"), (false, Some(at("2027-09-01T18:00+02:00"))));
    let answer = calendar.admission(Role::Guardian, SchoolRef::NONE, at("2027-10-20T10:00+02:00"));
    assert_eq!((answer.open, answer.why), (false, Why::Hours { day: Day::Unknown }));

    assert_eq!(calendar.alarm(SchoolTime(horizon.0 - 60 * DAY_MS)), None);
    let ends = |days| Some(Alarm::Ends { at: horizon, days });
    assert_eq!(calendar.alarm(SchoolTime(horizon.0 - 60 * DAY_MS + 1)), ends(59));
    assert_eq!(calendar.alarm(horizon), ends(0));
    assert_eq!(calendar.alarm(SchoolTime(horizon.0 + DAY_MS)), ends(-1));
    let none = CalendarConfig { files: Vec::new(), ..config(&[Preset::Parents8To18]) };
    assert_eq!(built(&none).alarm(SchoolTime(0)), Some(Alarm::NoHolidays));
    let indifferent = CalendarConfig { files: Vec::new(), ..config(&[Preset::National]) };
    assert_eq!(built(&indifferent).alarm(SchoolTime(0)), None);
}

#[test]
fn the_last_opening_of_all_ends_too() {
    let mut holidays_only = config(&[]);
    holidays_only.public_holidays = PublicHolidays::None;
    holidays_only.windows = vec![window(Role::Guardian, &[DayKind::School, DayKind::Weekend], &[])];
    let calendar = built(&holidays_only);
    let end = at("2027-09-01T00:00+02:00");
    assert_eq!(guardian(&calendar, "2027-07-20T10:00+02:00"), (true, Some(end)));
    assert_eq!(guardian(&calendar, "2027-09-01T00:00+02:00"), (false, None));
}

#[test]
fn a_clock_that_steps_back_is_answered_for_the_time_that_it_shows() {
    let calendar = built(&config(&[Preset::Parents8To18]));
    let before = guardian(&calendar, "2026-03-26T07:58+01:00");
    assert_eq!(guardian(&calendar, "2026-03-26T08:01+01:00"), (false, Some(at("2026-03-26T18:00+01:00"))));
    assert_eq!(guardian(&calendar, "2026-03-26T07:58+01:00"), before);
    assert_eq!(before, (true, Some(at("2026-03-26T08:00+01:00"))));
}
