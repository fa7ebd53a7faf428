//! The same outcome in all three forms.

use std::collections::BTreeMap;

use super::*;
use crate::gate;
use crate::orders::Verdict;
use crate::outcome::{Figure, Machine, Series, Span, Subject};

/// A run of a minute: enough for each part of a report to have something to say.
fn outcome() -> Outcome {
    let figure = |value: f64| Figure { median: value, least: value * 0.9, greatest: value * 1.2 };
    let names = [
        ("arrivals.connections", 17_990.0),
        ("arrivals.connect.student.p99_us", 41_000.0),
        ("lesson.connections", 0.0),
        ("lesson.deliveries", 350_000.0),
        ("lesson.deliveries_per_second", 17_480.0),
        ("lesson.cpu_us_per_delivery", 5.4),
        ("lesson.cpu_us_per_delivery_over_baseline", 1.08),
        ("lesson.class.student.p50_us", 420.0),
        ("lesson.class.student.p99_us", 3_400.0),
        ("oracle.gaps", 0.0),
    ];
    let figures: BTreeMap<String, Figure> =
        names.into_iter().map(|(name, value)| (name.into(), figure(value))).collect();
    let at_s: Vec<f64> = (1..=30).map(f64::from).collect();
    let values = |f: &dyn Fn(f64) -> Option<f64>| at_s.iter().map(|at| f(*at)).collect::<Vec<_>>();
    let series = BTreeMap::from([
        ("connected".to_owned(), values(&|at| Some((at * 3_000.0).min(17_990.0)))),
        (
            "deliveries_per_second".to_owned(),
            values(&|at| Some(if at > 8.0 { 17_000.0 + at.sin() * 500.0 } else { 0.0 })),
        ),
        ("class.student.p99_us".to_owned(), values(&|at| (at > 8.0).then_some(3_000.0 + at * 20.0))),
        ("class.student.p50_us".to_owned(), values(&|at| (at > 8.0).then_some(400.0))),
        ("rss_bytes".to_owned(), values(&|at| Some((at * 4e6).min(2.4e7)))),
    ]);
    let subject =
        |name: &str| Subject { name: name.into(), version: "0.1.0".into(), note: "a <note> & more".into() };
    Outcome {
        scenario: "classroom".into(),
        about: "What does one delivery cost?".into(),
        began_at: "2026-01-02T03:04:05Z".into(),
        seed: 7,
        machine: Machine { cpu: "A processor".into(), cores: 2, ..Machine::default() },
        subject: subject("preau"),
        baseline: Some(subject("floor")),
        order: vec![vec!["floor".into(), "preau".into()], vec!["preau".into(), "floor".into()]],
        phases: vec![
            Span { name: "arrivals".into(), from_s: 0.0, to_s: 8.0 },
            Span { name: "lesson".into(), from_s: 8.2, to_s: 29.5 },
        ],
        gates: gate::judge(&[], &figures, true),
        figures,
        series: Series { at_s, values: series },
        verdict: Verdict { judged: 350_000, ..Verdict::default() },
        errors: BTreeMap::from([("lesson.reset".to_owned(), 3)]),
        doubts: vec!["The machine was busy.".into()],
    }
}

#[test]
fn what_was_written_is_read_again_and_rendered_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let first = outcome();
    let page = write(&first, folder.path()).unwrap();
    assert_eq!(page, folder.path().join("classroom.html"));
    let again = read(&folder.path().join("classroom.json")).unwrap();
    assert_eq!(text(&again), fs::read_to_string(folder.path().join("classroom.txt")).unwrap());
    assert_eq!(page::page(&again), fs::read_to_string(page).unwrap());
    fs::write(folder.path().join("classroom.json"), "{}").unwrap();
    assert!(matches!(read(&folder.path().join("classroom.json")), Err(RunError::File { .. })));
    let peer = Outcome { subject: Subject { name: "nchan".into(), ..Subject::default() }, ..first };
    assert!(write(&peer, folder.path()).unwrap().ends_with("classroom-nchan.html"));
}

#[test]
fn the_text_says_what_was_asked_what_is_red_and_what_to_doubt() {
    let text = text(&outcome());
    let wanted = [
        "classroom · 14 gates are red",
        "What does one delivery cost?",
        "baseline floor 0.1.0",
        "order    floor preau, preau floor",
        "not measured",
        "≤ 0",
        "3.40 ms",
        "1.08 ×",
        "350,000 deliveries judged, 0 gaps",
        "error: lesson.reset × 3",
        "doubt: The machine was busy.",
    ];
    for part in wanted {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn the_page_needs_nothing_but_itself_and_takes_no_text_for_markup() {
    let page = page::page(&outcome());
    for foreign in ["http://", "https://", "<script", "<link", "url(", "@import", "<note>"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("a &lt;note&gt; &amp; more"));
    assert_eq!(page.matches("<svg").count(), page.matches("role=\"img\" aria-label=\"").count());
    assert_eq!(page.matches("<svg").count(), 4);
    for tag in ["main", "table", "figure", "dl", "div", "ul", "details"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}
