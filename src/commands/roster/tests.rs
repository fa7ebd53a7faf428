//! What a user of `preau roster` sees.

use clap::Parser;
use jiff::civil::date;

use super::*;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    roster: RosterArgs,
}

/// Whether the exit code was 0, and what was printed.
fn run_with(args: &[&str]) -> (bool, String, String) {
    run_on(true, args)
}

fn run_on(err_is_terminal: bool, args: &[&str]) -> (bool, String, String) {
    let cli = Cli::try_parse_from([&["roster"], args].concat()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = Streams { out: &mut out, err: &mut err, out_is_terminal: false, err_is_terminal };
    let code = run(&cli.roster, date(2026, 11, 22), streams).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code == ExitCode::SUCCESS, text(out), text(err))
}

fn fixture() -> String {
    format!("{}/tests/fixtures/roster/v1p1", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_good_roster_is_summed_up_as_a_table_and_as_json() {
    let (ok, out, err) = run_with(&["check", &fixture()]);
    assert!(ok);
    let words = |line: &str| {
        let words = line.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    assert!(out.lines().any(|line| words(line) == "student accounts 2"), "{out}");
    assert!(out.ends_with("0 errors, 0 warnings. The roster can be applied.\n"), "{out}");
    assert!(err.contains("reading enrollments.csv: 8 rows"), "{err}");
    let (ok, out, _) = run_with(&["check", "--json", &fixture()]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(ok);
    assert_eq!(json["ok"], true);
    assert_eq!(json["counts"]["students"], 2);
    assert_eq!(json["skipped"]["outside_dates"], 2);
    assert_eq!(json["diagnostics"], serde_json::json!([]));
}

#[test]
fn progress_is_for_terminals() {
    let (ok, _, err) = run_on(false, &["check", &fixture()]);
    assert!(ok && err.is_empty(), "{err}");
}

#[test]
fn the_day_may_be_another() {
    let (_, out, _) = run_with(&["check", "--json", "--date", "2027-02-01", &fixture()]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["counts"]["enrolments"], 5);
}

#[test]
fn a_bad_roster_fails_and_says_where() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("orgs.csv"), "sourcedId,name,type\ns1,Name,lycee\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let (ok, out, _) = run_with(&["check", path]);
    assert!(!ok);
    assert!(out.contains("value_unknown") && out.contains("orgs.csv") && !out.contains("lycee"), "{out}");
    assert!(out.ends_with("4 errors, 2 warnings. The roster can't be applied.\n"), "{out}");
    let (ok, out, _) = run_with(&["check", "--json", path]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(!ok && json["counts"].is_null());
    let expected = serde_json::json!({
        "severity": "error", "code": "value_unknown", "file": "orgs.csv", "row": 2, "field": "type",
        "expected": "school, department, district, local, state, national",
    });
    assert_eq!(json["diagnostics"][0], expected);
}

#[test]
fn what_was_generated_checks_out() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("demo.zip");
    let path = path.to_str().unwrap();
    let (ok, out, _) = run_with(&["generate", "--demo", "--out", path]);
    assert!(ok && out.contains("t.martin"), "{out}");
    assert!(run_with(&["check", path]).0);
    let (ok, _, err) = run_with(&["generate", "--schools", "0", "--out", path]);
    assert!(!ok && err.ends_with("a roster has at least one school\n"), "{err}");
}
