//! The reader against the ministry's layout, and against everything that files get wrong.

use jiff::civil::{Date, date};

use super::*;

const ZONE_A: &[u8] = include_bytes!("../../../tests/fixtures/calendar/zone-a.ics");

fn file(events: &[&str]) -> String {
    let events: Vec<String> =
        events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.concat())
}

/// Code, line and property of each diagnostic.
fn said(text: impl AsRef<[u8]>) -> Vec<(&'static str, u64, Option<&'static str>)> {
    let report = match read(text.as_ref()) {
        Ok((_, report)) | Err(report) => report,
    };
    report.diagnostics.iter().map(|d| (d.code.as_str(), d.line, d.property)).collect()
}

fn holidays(events: &[&str]) -> Vec<(Date, Option<Date>, String)> {
    let (holidays, _) = read(file(events).as_bytes()).unwrap();
    holidays.into_iter().map(|holiday| (holiday.from, holiday.last, holiday.name.to_string())).collect()
}

#[test]
fn the_ministrys_file_is_read_whole() {
    let (holidays, report) = read(ZONE_A).unwrap();
    assert_eq!(holidays.len(), 14);
    let winter = holidays.iter().find(|holiday| holiday.from == date(2026, 2, 7)).unwrap();
    // The end is not included: classes begin again on Monday 23.
    assert_eq!(winter.last, Some(date(2026, 2, 22)));
    assert_eq!(&*winter.name, "Vacances d'Hiver - Zone A");
    let summer = holidays.last().unwrap();
    assert_eq!((summer.from, summer.last), (date(2027, 7, 3), None));
    assert_eq!((report.errors, report.warnings), (0, 1), "{report:?}");
    assert_eq!(report.diagnostics[0].code, Code::EndOpen);
    assert!(holidays.is_sorted_by_key(|holiday| holiday.from));
}

#[test]
fn an_event_of_whole_days_is_a_holiday() {
    let found = holidays(&[
        "DTSTART;VALUE=DATE:20261017\nDTEND;VALUE=DATE:20261102\nSUMMARY:Toussaint\\, fête\\; à\n  Lyon",
        "DTSTART:20260612\nSUMMARY:one day",
        "dtstart;value=date:20261219\nDURATION:P2W\nSUMMARY:two weeks\nBEGIN:VALARM\nDTSTART:19700101\nEND:VALARM",
        "DTSTART;VALUE=DATE:20260714\nSTATUS:CANCELLED\nSUMMARY:not this one",
    ]);
    let expected = [
        (date(2026, 6, 12), Some(date(2026, 6, 12)), "one day".to_owned()),
        (date(2026, 10, 17), Some(date(2026, 11, 1)), "Toussaint, fête; à Lyon".to_owned()),
        (date(2026, 12, 19), Some(date(2027, 1, 1)), "two weeks".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_beginning_alone_stays_open_and_an_empty_span_is_one_day() {
    let events = [
        "DTSTART;VALUE=DATE:20270703\nDTEND;VALUE=DATE:20270703\nSUMMARY:Début des Vacances d'Été",
        "DTSTART;VALUE=DATE:20250609\nDTEND;VALUE=DATE:20250609\nSUMMARY:Lundi de Pentecôte",
    ];
    let found: Vec<_> = holidays(&events).into_iter().map(|(from, last, _)| (from, last)).collect();
    assert_eq!(found, [(date(2025, 6, 9), Some(date(2025, 6, 9))), (date(2027, 7, 3), None)]);
    assert_eq!(
        said(file(&events)),
        [("end_open", 3, Some("DTEND")), ("end_equals_start", 10, Some("DTEND"))]
    );
}

#[test]
fn what_is_no_holiday_is_left_out_and_said() {
    let events = [
        "DTSTART;VALUE=DATE:20260901\nSUMMARY:Rentrée scolaire des élèves",
        "DTSTART:20260612T090000Z\nDTEND:20260612T170000Z\nSUMMARY:a meeting",
        "DTSTART;VALUE=DATE:20260714\nSUMMARY:Fête nationale",
    ];
    assert_eq!(holidays(&events).len(), 1);
    assert_eq!(
        said(file(&events)),
        [("event_ignored", 3, Some("SUMMARY")), ("event_ignored", 8, Some("DTSTART"))]
    );
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let one = |event: &str| said(file(&[event]));
    assert_eq!(one("SUMMARY:x"), [("date_missing", 3, Some("DTSTART"))]);
    assert_eq!(one("DTSTART;VALUE=DATE:20260231\nSUMMARY:x"), [("date_invalid", 4, Some("DTSTART"))]);
    assert_eq!(one("DTSTART;VALUE=DATE:2026-02-01\nSUMMARY:x"), [("date_invalid", 4, Some("DTSTART"))]);
    assert_eq!(one("DTSTART:20260201\nDTEND:20260131\nSUMMARY:x"), [("dates_reversed", 5, Some("DTEND"))]);
    assert_eq!(one("DTSTART:20260201\nDURATION:PT8H\nSUMMARY:x"), [("date_invalid", 5, Some("DURATION"))]);
    assert_eq!(one("DTSTART:20260201"), [("name_missing", 3, Some("SUMMARY"))]);
    assert_eq!(one("DTSTART:20260412\nDTEND:20260826\nSUMMARY:x"), [("holiday_long", 3, Some("DTEND"))]);
    assert_eq!(one("DTSTART:20260412\nDTEND:20270826\nSUMMARY:x"), [("holiday_too_long", 3, Some("DTEND"))]);
    assert_eq!(one("DTSTART:20260412\nRRULE:FREQ=YEARLY\nSUMMARY:x"), [("recurrence_unsupported", 5, None)]);
    assert_eq!(one("DTSTART:20260412\nwhat is this\nSUMMARY:x"), [("line_invalid", 5, None)]);
    let long =
        format!("DTSTART:20260412\nSUMMARY:x\nDESCRIPTION:{}", "x".repeat(limits::CALENDAR_LINE_BYTES_MAX));
    assert_eq!(one(&long), [("line_too_long", 6, None)]);
}

#[test]
fn a_file_that_is_none_is_refused() {
    assert_eq!(said(""), [("structure_invalid", 1, None)]);
    assert_eq!(said("{}\n"), [("line_invalid", 1, None), ("structure_invalid", 1, None)]);
    assert_eq!(said(b"BEGIN:VCALENDAR\nX:\xff\n"), [("not_utf8", 2, None)]);
    assert_eq!(said(file(&[])), [("no_holidays", 3, None)]);
    let torn = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260412\nSUMMARY:x\n";
    assert_eq!(said(torn), [("structure_invalid", 4, None), ("structure_invalid", 4, None)]);
    let crossed = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260412\nEND:VCALENDAR\nEND:VEVENT\n";
    assert!(said(crossed).contains(&("structure_invalid", 4, None)), "{:?}", said(crossed));
    assert_eq!(said(vec![b' '; limits::CALENDAR_FILE_BYTES_MAX + 1]), [("file_too_large", 1, None)]);
}

#[test]
fn holidays_that_share_days_are_doubted() {
    let overlapping =
        ["DTSTART:20260207\nDTEND:20260223\nSUMMARY:A", "DTSTART:20260214\nDTEND:20260302\nSUMMARY:B"];
    assert_eq!(said(file(&overlapping)), [("holidays_overlap", 8, Some("DTSTART"))]);
    let within =
        ["DTSTART:20260704\nDTEND:20260901\nSUMMARY:A", "DTSTART:20260831\nDTEND:20260901\nSUMMARY:B"];
    assert_eq!(said(file(&within)), []);
}

#[test]
fn more_holidays_than_allowed_are_refused_once() {
    let events = vec!["DTSTART:20260714\nSUMMARY:x"; limits::CALENDAR_HOLIDAYS_MAX + 3];
    let report = read(file(&events).as_bytes()).unwrap_err();
    assert_eq!((report.errors, report.diagnostics[0].code), (1, Code::TooManyHolidays));
}

#[test]
fn a_full_list_counts_on_and_prefers_errors() {
    let mut report = Report::default();
    for _ in 0..=limits::CALENDAR_DIAGNOSTICS_MAX {
        report.add(Code::NameMissing, 1, None, "a name");
    }
    assert!(report.is_applicable());
    report.add(Code::DateMissing, 2, None, "a date");
    assert_eq!((report.unlisted(), report.is_applicable()), (2, false));
    assert_eq!(report.diagnostics.last().map(|d| d.code), Some(Code::DateMissing));
}

#[test]
fn the_documentation_lists_exactly_the_codes() {
    let page = include_str!("../../../docs/OPERATIONS.md");
    let listed: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(code, rest)| Some((code, rest.split_once(" | ")?.0)))
        .filter(|(_, severity)| ["error", "warning"].contains(severity))
        .collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| (code.as_str(), code.severity().as_str())).collect();
    assert_eq!(listed, codes);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whatever a file holds, the reader ends and never panics; and what it accepts has days in order.
    #[test]
    fn no_mutation_of_a_file_is_too_much(at in 0..ZONE_A.len(), byte: u8, cut in 0..64_usize) {
        let mut bytes = ZONE_A.to_vec();
        bytes[at] = byte;
        bytes.drain(at..(at + cut).min(ZONE_A.len()));
        if let Ok((holidays, _)) = read(&bytes) {
            proptest::prop_assert!(holidays.iter().all(|h| h.last.is_none_or(|last| h.from <= last)));
        }
    }
}
