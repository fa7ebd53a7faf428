//! What the screen and scripts get.

use clap::Parser as _;

use super::*;

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    args: CalendarArgs,
}

const NOON: SchoolTime = SchoolTime(1_774_609_200_000);

/// Exit code, output, errors. Paths are below the crate's folder.
fn run_line(args: &[&str]) -> (ExitCode, String, String) {
    let line = Line::try_parse_from(["calendar"].iter().chain(args)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&line.args, NOON, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn path(below: &str) -> String {
    format!("{}/{below}", env!("CARGO_MANIFEST_DIR"))
}

/// A configuration with everything that a school can set.
fn config(folder: &tempfile::TempDir) -> String {
    let file = folder.path().join("preau.toml");
    let text = format!(
        "data_dir = \"{}\"\n[calendar]\npresets = [\"parents-8-18\", \"national\"]\nfiles = [\"{}\"]\n\
         schools = [{{ id = \"s1\", closures = [{{ from = \"2026-03-27\", why = \"works\" }}] }}]\n",
        folder.path().join("data").display(),
        path("tests/fixtures/calendar/zone-a.ics")
    );
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn an_answer_says_what_why_and_until_when() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let ask =
        |more: &[&str]| run_line(&[&["explain", "--role", "guardian", "--config", &config], more].concat());
    let (code, out, err) = ask(&["--at", "2026-03-27T12:00"]);
    assert_eq!((code, err), (ExitCode::SUCCESS, String::new()));
    assert_eq!(
        out,
        "2026-03-27T12:00+01:00[Europe/Paris]\n\
         \x20 guardian: may not come in until 2026-03-27T18:00+01:00[Europe/Paris]\n\
         \x20   Friday 27 March 2026 is a school day, and on such a Friday guardians may come in 00:00 to 08:00 and 18:00 to 24:00.\n\
         \x20 deliveries: are made until 2026-03-27T20:00+01:00[Europe/Paris]\n\
         \x20   Friday 27 March 2026 is a school day, and on such a Friday deliveries are made 07:00 to 20:00.\n\
         No hub was asked: what its operators have decided is not counted.\n"
    );
    // Without a time it is the present one.
    assert_eq!(ask(&[]).1, out);
    let (_, out, _) = ask(&["--at", "2026-03-27T12:00", "--school", "s1"]);
    assert!(out.contains("is a day on which the school is closed (works)"), "{out}");
}

#[test]
fn a_time_that_the_clock_shows_twice_or_never_has_both_readings() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let ask = |at| run_line(&["explain", "--role", "guardian", "--config", &config, "--at", at]).1;
    let never = ask("2026-03-29T02:30");
    assert!(
        never.starts_with("2026-03-29T02:30 does not exist in Europe/Paris: clocks go from 02:00 to 03:00."),
        "{never}"
    );
    assert!(
        never.contains("\n2026-03-29T03:30+02:00[Europe/Paris], as if clocks had not changed yet\n"),
        "{never}"
    );
    assert!(
        never.contains("\n2026-03-29T01:30+01:00[Europe/Paris], as if they had changed before\n"),
        "{never}"
    );
    let twice = ask("2026-10-25T02:30");
    assert!(twice.starts_with("2026-10-25T02:30 comes twice in Europe/Paris"), "{twice}");
    assert!(twice.contains("T02:30+02:00[Europe/Paris], the first time"), "{twice}");
    assert!(twice.contains("T02:30+01:00[Europe/Paris], the second time"), "{twice}");
}

#[test]
fn scripts_get_json() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let (_, out, _) = run_line(&[
        "explain",
        "--role",
        "guardian",
        "--config",
        &config,
        "--at",
        "2026-03-29T02:30",
        "--json",
    ]);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["clock"], &told["zone"]), (&"never".into(), &"Europe/Paris".into()));
    assert_eq!(told["decisions"], serde_json::Value::Null);
    assert_eq!(told["readings"].as_array().map(Vec::len), Some(2));
    let admission = &told["readings"][0]["admission"];
    assert_eq!(
        (&admission["open"], &admission["at"]["instant"]),
        (&true.into(), &1_774_747_800_000_i64.into())
    );
    assert_eq!(admission["changes_at"]["civil"], "2026-03-30T08:00+02:00[Europe/Paris]");
    let (code, out, _) = run_line(&["check", &path("config/zone-a.ics"), "--json"]);
    let checked: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &checked["ok"]), (ExitCode::SUCCESS, &true.into()));
    assert_eq!(checked["holidays"].as_array().map(Vec::len), Some(13));
    assert_eq!(checked["diagnostics"][0]["code"], "end_open");
}

#[test]
fn a_file_with_errors_is_shown_and_keeps_the_calendar_from_answering() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.ics");
    std::fs::write(&file, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026\nEND:VEVENT\nEND:VCALENDAR\n")
        .unwrap();
    let file = file.display().to_string();
    let (code, out, _) = run_line(&["check", &file]);
    assert_eq!(code, ExitCode::FAILURE);
    assert!(out.contains("date_invalid") && out.ends_with("The file can't be used.\n"), "{out}");
    let config = folder.path().join("preau.toml");
    std::fs::write(&config, format!("[calendar]\nfiles = [\"{file}\"]\n")).unwrap();
    let config = config.display().to_string();
    let (code, out, err) = run_line(&["explain", "--role", "guardian", "--config", &config]);
    assert_eq!((code, out), (ExitCode::FAILURE, String::new()));
    assert_eq!(
        err,
        format!(
            "preau: the calendar file {file} has 1 errors; `preau calendar check {file}` shows them all\n"
        )
    );
    let (code, _, err) = run_line(&["check", &path("nowhere.ics")]);
    assert!(code == ExitCode::FAILURE && err.contains("can't be read"), "{err}");
}
