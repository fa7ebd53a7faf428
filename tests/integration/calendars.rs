//! New calendar files while the hub runs: by signal and at an operator's word; bad ones change nothing.

use std::path::Path;

use preau::base::{Clock, clock::SystemClock};
use serde_json::Value;
use tokio::time::timeout;

use crate::support::binary::outcome;
use crate::support::client::PATIENCE;
use crate::support::hub::{Hub, Options};

/// Writes a calendar whose last holiday ends in so many days.
fn write(path: &Path, days: i64) {
    let now = jiff::Timestamp::from_millisecond(SystemClock::start().school().0).unwrap();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |days: i64| today.saturating_add(jiff::Span::new().days(days)).strftime("%Y%m%d").to_string();
    let (from, until) = (day(days - 5), day(days));
    let event = format!(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{from}\r\n\
         DTEND;VALUE=DATE:{until}\r\nSUMMARY:Vacances\r\nEND:VEVENT\r\n"
    );
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}END:VCALENDAR\r\n");
    std::fs::write(path, text).unwrap();
}

async fn is_alarmed(hub: &Hub) -> bool {
    hub.metrics().await.lines().any(|line| line == "preau_calendar_alarm 1.0")
}

async fn ops(hub: &Hub, arguments: &[&str]) -> Result<Value, String> {
    let home = hub.path("data");
    let arguments =
        [&["ops"], arguments, &["--json", "--as", "ada", "--data", home.to_str().unwrap()]].concat();
    let (code, text, said) = outcome(&arguments).await;
    if code == Some(0) { Ok(serde_json::from_str(&text).unwrap()) } else { Err(said) }
}

#[tokio::test]
async fn the_calendar_s_files_are_read_again_and_a_bad_one_changes_nothing() {
    const RELOAD: [&str; 4] = ["calendar", "reload", "--why", "new dates"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zone-a.ics");
    write(&file, 30);
    let sections = format!("[calendar]\npresets = [\"parents-8-18\"]\nfiles = [\"{}\"]\n", file.display());
    let hub = Hub::start_with(Options { sections, ..Options::default() }).await;
    assert!(is_alarmed(&hub).await, "the file ends within sixty days");

    write(&file, 300);
    hub.signal("-HUP").await;
    let calm = async { while is_alarmed(&hub).await {} };
    timeout(PATIENCE, calm).await.expect("the signal puts the new file in force");

    std::fs::write(&file, "nonsense").unwrap();
    let said = ops(&hub, &RELOAD).await.unwrap_err();
    assert!(said.contains("calendar_refused") && said.contains("zone-a.ics"), "{said}");
    assert!(!is_alarmed(&hub).await, "the calendar in force stays");

    write(&file, 30);
    let tried = ops(&hub, &[&RELOAD[..], &["--dry-run"]].concat()).await.unwrap();
    assert_eq!((&tried["outcome"], &tried["after"]["alarm"]), (&"dry_run".into(), &"ends".into()), "{tried}");
    assert!(!is_alarmed(&hub).await, "tried alone");
    ops(&hub, &RELOAD).await.unwrap();
    assert!(is_alarmed(&hub).await);

    let audit = ops(&hub, &["audit"]).await.unwrap();
    let entries = audit["entries"].as_array().unwrap().iter();
    let told: Vec<(&str, &str)> = entries
        .filter(|entry| entry["what"] == "calendar")
        .map(|entry| (entry["who"].as_str().unwrap(), entry["outcome"].as_str().unwrap()))
        .collect();
    let ada = "ada@local";
    assert_eq!(told, [(ada, "done"), (ada, "dry_run"), (ada, "refused"), ("sighup@local", "done")]);
}
