//! The calendar's files read again at an operator's word.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::desk::{Desk, refused};
use crate::base::SchoolTime;
use crate::calendar::{Calendar, CalendarConfig, Preset, read_holidays};
use crate::http::operations::CalendarRefused;

/// A calendar whose file knows the winter holidays and ends with them.
fn winter() -> Calendar {
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n\
        DTSTART;VALUE=DATE:20270206\r\nDTEND;VALUE=DATE:20270222\r\nSUMMARY:Vacances d'Hiver\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let (holidays, _) = read_holidays(ics.as_bytes()).unwrap();
    let files = vec!["zone-a.ics".into()];
    let config = CalendarConfig { presets: vec![Preset::Parents8To18], files, ..CalendarConfig::default() };
    Calendar::new(&config, "Europe/Paris", &BTreeMap::from([("zone-a.ics".into(), holidays)]))
}

#[tokio::test]
async fn another_calendar_is_in_force_at_once_and_says_what_it_changed() {
    let desk = Desk::new();
    let reload = |query: &str| format!("calendar/reload{query}");
    let why = json!({"why": "the ministry's new dates"});
    let answer = desk.order(&reload(""), why.clone()).await;
    assert_eq!(answer.problem(), refused(404, "not_found"), "the configuration names no files");
    *desk.hub.files.lock().unwrap() = Ok(winter());
    let tried = desk.order(&reload("?dry_run=true"), why.clone()).await.json();
    assert_eq!(
        (&tried["outcome"], &tried["before"]["ends_clock"]),
        (&json!("dry_run"), &Value::Null),
        "{tried}"
    );
    assert!(desk.hub.rules.lock().unwrap().horizon().is_none(), "tried alone");
    let done = desk.order(&reload(""), why.clone()).await.json();
    assert!(done["after"]["ends_clock"].as_str().unwrap().contains("2027-02-2"), "{done}");
    // They begin after the classes of the sixth.
    assert_eq!(done["trial"]["days_changed"], 15, "{done}");
    assert_eq!(done["after"]["alarm"], "ends", "the desk's day is within sixty days of that");
    assert!(desk.hub.rules.lock().unwrap().horizon() > Some(SchoolTime(0)));
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_is_written_down() {
    let desk = Desk::new();
    *desk.hub.files.lock().unwrap() = Ok(winter());
    desk.order("calendar/reload", json!({"why": "dates"})).await;
    let before = desk.hub.rules.lock().unwrap().horizon();
    let detail = "the calendar file zone-a.ics has 3 errors".to_owned();
    *desk.hub.files.lock().unwrap() = Err(CalendarRefused::File { detail, errors: Some(3) });
    let answer = desk.order("calendar/reload", json!({"why": "dates"})).await;
    assert_eq!(answer.problem(), refused(409, "calendar_refused"));
    assert_eq!(answer.json()["more"], json!({"errors": 3}));
    assert!(answer.json()["detail"].as_str().unwrap().contains("zone-a.ics"), "{}", answer.text);
    assert_eq!(desk.hub.rules.lock().unwrap().horizon(), before);
    let told = desk.notebook.told();
    assert_eq!(told.last().unwrap(), &("calendar".into(), "refused".into(), Some("calendar_refused".into())));
    assert_eq!(desk.order("calendar/reload", json!({})).await.problem(), refused(400, "malformed"));
    assert_eq!(
        desk.ask("operator", "POST", "/v1/operator/calendar/reload", "").await.status,
        404,
        "not outside"
    );
}

#[tokio::test]
async fn a_signal_has_its_entry_too() {
    let desk = Desk::new();
    let office = &desk.edge.parts.office;
    office.reload_calendar_on_signal();
    assert!(desk.notebook.told().is_empty(), "nobody asked for a calendar");
    *desk.hub.files.lock().unwrap() = Ok(winter());
    office.reload_calendar_on_signal();
    let entries = desk.notebook.entries.lock().unwrap();
    assert_eq!((entries[0].entry.who.as_str(), entries[0].entry.what.as_str()), ("sighup@local", "calendar"));
    assert!(desk.hub.rules.lock().unwrap().horizon().is_some());
}
