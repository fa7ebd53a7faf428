//! The comparison with a measure whose answers are known.

use std::collections::BTreeMap;

use super::comparison::{FLOOR, OURS};
use super::*;
use crate::orders::Verdict;
use crate::outcome::{Figure, Machine, Series, Subject};

/// Answers from a table: by subject, the cost of a delivery in each round.
struct Known {
    costs: BTreeMap<&'static str, Vec<f64>>,
    missing: BTreeMap<&'static str, f64>,
    /// Who has no latencies.
    lack_latencies: Vec<&'static str>,
    asked: Vec<String>,
}

impl Known {
    fn new(costs: &[(&'static str, &[f64])]) -> Self {
        let costs = costs.iter().map(|(subject, costs)| (*subject, costs.to_vec())).collect();
        Self { costs, missing: BTreeMap::new(), lack_latencies: Vec::new(), asked: Vec::new() }
    }
}

impl Measure for Known {
    fn measure(&mut self, subject: &str, scenario: &Scenario) -> Result<Outcome, Unmeasured> {
        let round = self.asked.iter().filter(|asked| *asked == subject).count();
        self.asked.push(subject.to_owned());
        let costs = self.costs.get(subject).ok_or_else(|| Unmeasured::Missing("install it".into()))?;
        let cost = *costs.get(round).ok_or_else(|| Unmeasured::Failed("it fell over".into()))?;
        let figure = |value| Figure { median: value, least: value, greatest: value };
        let missing = self.missing.get(subject).copied().unwrap_or_default();
        let latencies =
            ["p50", "p99"].map(|percentile| (format!("paced.class.student.{percentile}_us"), 1.0));
        let zeros = ["run.failed", "run.unpublished", "run.refused", "oracle.gaps", "oracle.duplicates"];
        let zeros = zeros.into_iter().chain(["run.lost", "run.outside", "oracle.disorders", "oracle.leaks"]);
        let figures: BTreeMap<String, f64> = zeros
            .map(|name| (name.to_owned(), 0.0))
            .chain([(COST.to_owned(), cost), ("run.missing".to_owned(), missing)])
            .chain(latencies.into_iter().filter(|_| !self.lack_latencies.contains(&subject)))
            .collect();
        Ok(Outcome {
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            began_at: String::new(),
            seed: 0,
            machine: Machine::default(),
            subject: Subject { name: subject.to_owned(), version: "1.2.3".into(), note: String::new() },
            baseline: None,
            order: Vec::new(),
            phases: Vec::new(),
            figures: figures.into_iter().map(|(name, value)| (name, figure(value))).collect(),
            series: Series::default(),
            verdict: Verdict::default(),
            errors: BTreeMap::new(),
            gates: Vec::new(),
            doubts: Vec::new(),
        })
    }
}

fn scenario() -> Scenario {
    let text = "name = 'fanout'\nabout = 'What does one delivery cost?'\n\
                [school]\nclasses = 1\nstudents_per_class = 100\n[arrivals]\nper_second = 100.0\nin_flight_max = 8\n\
                [[phase]]\nname = 'paced'\nseconds = 9.0\n\
                [[phase.publish]]\nkind = 'class'\nto = 'class'\nby = 'teacher'\nper_second = 4.0\nbytes = 256\n";
    toml::from_str(text).unwrap()
}

/// Three rounds of the one scenario.
fn compared(known: &mut Known, subjects: &[&str]) -> Comparison {
    let subjects: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let mut comparison = Comparison {
        began_at: "2026-01-05T08:00:00Z".into(),
        quick: false,
        rounds: 3,
        machine: Machine::default(),
        scenarios: vec![scenario()],
        subjects: Vec::new(),
        absent: Vec::new(),
        runs: Vec::new(),
    };
    for round in 0..3 {
        for subject in turns(&subjects, round) {
            one(&mut comparison, round, &scenario(), subject, known).unwrap();
        }
    }
    comparison
}

const COST: &str = "paced.cpu_us_per_delivery";

#[test]
fn each_round_begins_with_the_next_subject_and_what_is_missing_is_asked_for_once() {
    let costs: [(&str, &[f64]); 2] = [(FLOOR, &[1.0; 3]), (OURS, &[1.0; 3])];
    let mut known = Known::new(&costs);
    let comparison = compared(&mut known, &[FLOOR, OURS, "ws"]);
    assert_eq!(known.asked, [FLOOR, OURS, "ws", OURS, FLOOR, FLOOR, OURS]);
    assert_eq!(comparison.absent.len(), 1);
    let text = page::page(&comparison, PICTURE);
    assert!(text.contains("not installed: ws (install it)"), "{text}");
    assert!(
        text.contains(
            "No peer was measured.\n\nNot compared, for want of a figure:\n\n- everything beside ws,"
        ),
        "{text}"
    );
    assert!(table::table(&comparison).contains("missing: ws: install it"));
}

#[test]
fn a_ratio_is_taken_within_its_round() {
    let costs: [(&str, &[f64]); 2] = [(FLOOR, &[2.0, 4.0, 8.0]), (OURS, &[2.0, 5.0, 12.0])];
    let comparison = compared(&mut Known::new(&costs), &[FLOOR, OURS]);
    let cell = comparison.cell("fanout", OURS);
    let ratio = cell.over_floor(COST).unwrap();
    assert_eq!((ratio.least, ratio.median, ratio.greatest), (1.0, 1.25, 1.5));
    let value = cell.value(COST).unwrap();
    assert_eq!((value.least, value.median, value.greatest), (2.0, 5.0, 12.0));
}

#[test]
fn who_loses_deliveries_or_a_round_has_no_figures_and_is_named() {
    let costs: [(&str, &[f64]); 3] = [(FLOOR, &[1.0; 3]), ("ws", &[0.1; 3]), ("nats", &[0.1; 2])];
    let mut known = Known::new(&costs);
    known.missing.insert("ws", 7.0);
    let comparison = compared(&mut known, &[FLOOR, "ws", "nats"]);
    assert_eq!(comparison.cell("fanout", "ws").value(COST), None);
    assert_eq!(comparison.cell("fanout", "nats").value(COST), None);
    let page = page::page(&comparison, PICTURE);
    assert!(page.contains("fanout on ws, round 1: no figures: 7 deliveries are missing"), "{page}");
    assert!(page.contains("fanout on nats, round 3: no figures: it fell over"), "{page}");
}

#[test]
fn the_page_says_in_words_who_is_better() {
    let costs: [(&str, &[f64]); 4] =
        [(FLOOR, &[1.0; 3]), (OURS, &[2.0, 2.0, 2.5]), ("ws", &[3.0; 3]), ("nchan", &[1.5, 1.5, 2.25])];
    let subjects = [FLOOR, OURS, "ws", "nchan"];
    let mut comparison = compared(&mut Known::new(&costs), &subjects);
    let text = page::page(&comparison, PICTURE);
    let line = "- `fanout`, CPU per delivery: nchan 1.50 µs, préau 2.00 µs; the spreads overlap.";
    assert!(text.contains(&format!("In 1 of 6 comparisons:\n\n{line}")), "{text}");
    assert!(picture::picture(&comparison).contains("préau"));
    comparison.runs.retain(|run| run.subject != "nchan");
    assert!(page::page(&comparison, PICTURE).contains("Nowhere in the 3 comparisons that have"));
}

#[test]
fn what_has_no_figure_is_not_compared_and_the_page_says_why() {
    let costs: [(&str, &[f64]); 4] =
        [(FLOOR, &[1.0; 3]), (OURS, &[2.0; 3]), ("ws", &[3.0; 3]), ("nats", &[])];
    let subjects = [FLOOR, OURS, "ws", "nats"];
    let mut known = Known::new(&costs);
    known.lack_latencies.push("ws");
    let text = page::page(&compared(&mut known, &subjects), PICTURE);
    let lines = "- `fanout`, latency p50, latency p99: préau beside ws, since ws has no figure (its runs have no such figure).\n\
                 - `fanout`, CPU per delivery, latency p50, latency p99: préau beside nats, since nats has no figure \
                 (round 1: it fell over).";
    assert!(text.contains("Nowhere in the 1 comparisons that have the figures of both"), "{text}");
    assert!(text.contains(&format!("Not compared, for want of a figure:\n\n{lines}")), "{text}");

    let mut known = Known::new(&costs);
    known.missing.insert(OURS, 7.0);
    let text = page::page(&compared(&mut known, &subjects), PICTURE);
    assert!(text.contains("Nobody knows") && !text.contains("Nowhere"), "{text}");
    assert!(text.contains("since préau has no figure (round 1: 7 deliveries are missing)"), "{text}");
}

#[test]
fn the_page_says_how_the_hub_was_set_up() {
    let costs: [(&str, &[f64]); 1] = [(OURS, &[2.0; 3])];
    let text = page::page(&compared(&mut Known::new(&costs), &[OURS]), PICTURE);
    assert!(text.contains("log level `warn`") && text.contains("No peer was measured."), "{text}");
}

#[test]
fn the_page_is_made_of_what_was_kept_alone() {
    let costs: [(&str, &[f64]); 2] = [(FLOOR, &[1.0; 3]), (OURS, &[1.1; 3])];
    let comparison = compared(&mut Known::new(&costs), &[FLOOR, OURS]);
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept/comparison.json");
    write(&kept, &serde_json::to_string(&comparison).unwrap()).unwrap();
    let arguments = CompareArguments {
        quick: false,
        rounds: None,
        subjects: Vec::new(),
        scenarios: Vec::new(),
        out: folder.path().join("BENCHMARKS.md"),
        json: PathBuf::new(),
        hub: PathBuf::new(),
        pin: false,
        from: Some(kept),
    };
    let mut nobody = Known::new(&[]);
    assert!(run(&arguments, &mut nobody).unwrap());
    assert_eq!(nobody.asked, [""; 0]);
    let written = fs::read_to_string(&arguments.out).unwrap();
    assert_eq!(written, page::page(&comparison, PICTURE));
    assert!(fs::read_to_string(folder.path().join(PICTURE)).unwrap().contains("1.10"));
}

#[test]
fn a_quick_run_is_smaller_and_nobody_has_gates_or_a_baseline() {
    let mut whole = scenario();
    whole.baseline = Some(FLOOR.into());
    whole.rounds = 3;
    let quick = work(whole, true);
    assert_eq!((quick.school.students_per_class, quick.rounds, quick.baseline), (28, 1, None));
    assert!((quick.phases[0].seconds - PHASE_SECONDS_MAX).abs() < f64::EPSILON);
}
