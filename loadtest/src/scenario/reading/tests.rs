//! Every file of the folder, and what must be refused.

use super::*;
use crate::pass::{ARRIVALS, SEATS, SEATS_ALONE};

fn sample() -> String {
    let path = list().unwrap().into_iter().find(|path| stem(path) == "mixed").unwrap();
    fs::read_to_string(path).unwrap()
}

/// What is said of the sample with one text replaced by another.
fn refused(from: &str, to: &str) -> ScenarioError {
    let text = sample();
    assert!(text.contains(from), "the sample has no `{from}`");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.toml");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    read(&path).unwrap_err()
}

fn keys(error: ScenarioError) -> Vec<String> {
    match error {
        ScenarioError::Faults { faults, .. } => faults.into_iter().map(|fault| fault.key).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_file_of_the_folder_is_a_scenario_that_one_machine_holds() {
    let paths = list().unwrap();
    let names: Vec<String> = paths.iter().map(|path| stem(path)).collect();
    let wanted = [
        "attackers",
        "burst",
        "churn-million",
        "churn",
        "classroom",
        "eight",
        "eighteen",
        "fanout",
        "handshakes",
        "idle",
        "lessons",
        "mixed",
        "overload-1.5",
        "overload-3.4",
        "overload-small",
        "school-day",
        "slow-readers",
        "storm",
    ];
    assert_eq!(names, wanted);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let scenario = read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(text.starts_with(&format!("# {}: ", scenario.name)), "{}: no header", path.display());
        assert!(scenario.population() <= 18_000, "{}: {}", scenario.name, scenario.population());
        assert!(!scenario.gates.is_empty(), "{}: no gate", scenario.name);
        let phases: Vec<&str> = scenario.phases.iter().map(|phase| phase.name.as_str()).collect();
        for gate in &scenario.gates {
            for figure in [Some(&gate.figure), gate.over.as_ref()].into_iter().flatten() {
                let phase = figure.split('.').next().unwrap();
                let is_first = [ARRIVALS, SEATS, SEATS_ALONE, "run"].contains(&phase);
                assert!(is_first || phases.contains(&phase), "{}: {figure}", scenario.name);
            }
        }
        let half = scenario.clone().scaled(0.5);
        assert!(half.population() < scenario.population() && half.connections() < scenario.connections());
    }
}

#[test]
fn an_unknown_key_and_a_wrong_type_are_refused_with_their_line() {
    for (from, to) in [("rounds = 5", "round = 5"), ("classes = 514", "classes = \"many\"")] {
        let said = refused(from, to).to_string();
        assert!(said.contains("line") && said.contains(to.split(' ').next().unwrap()), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.toml");
    fs::write(&path, vec![b'#'; usize::try_from(SCENARIO_BYTES_MAX).unwrap() + 1]).unwrap();
    assert!(matches!(read(&path), Err(ScenarioError::TooLong { .. })));
    assert!(matches!(read(&folder.path().join("none.toml")), Err(ScenarioError::Unreadable { .. })));
    assert!(matches!(find("none"), Err(ScenarioError::Unknown { known, .. }) if known.len() == 18));
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_with_its_key() {
    let cases = [
        ("name = \"mixed\"", "name = \"Mixed\"", vec!["name", "name"]),
        ("rounds = 5", "rounds = 10", vec!["rounds"]),
        ("rounds = 5", "rounds = 5\nprocs = 65", vec!["procs"]),
        ("classes = 514", "classes = 0", vec!["school.classes"]),
        ("classes = 514", "classes = 514000", vec!["school"]),
        ("operators = 1", "operators = 0", vec!["phase.1.publish.0.by"]),
        ("per_second = 3000.0", "per_second = inf", vec!["arrivals.per_second"]),
        ("in_flight_max = 256", "in_flight_max = 0", vec!["arrivals.in_flight_max"]),
        ("name = \"quiet\"", "name = \"announced\"", vec!["phase.1.name"]),
        ("name = \"quiet\"", "name = \"arrivals\"", vec!["phase"]),
        ("seconds = 10.0", "seconds = 0.0", vec!["phase.0.seconds"]),
        ("seconds = 10.0", "seconds = 10.0\nbreath_s = 0.1", vec!["phase.0.breath_s"]),
        ("seconds = 10.0", "seconds = 10.0\nbreath_s = 6.0", vec!["phase.0.breath_s"]),
        ("per_second = 200.0", "per_second = 0.0", vec!["phase.0.publish.0"]),
        ("probe_classes = 1", "probe_classes = 0", vec!["phase.0.publish.0.to", "phase.1.publish.1.to"]),
        ("bytes = 256", "bytes = 30001", vec!["phase.0.publish.0.bytes"]),
        (
            "by = \"teacher\"\nper_second = 300.0\nbytes = 256",
            "by = \"student\"\nper_second = 300.0\nbytes = 4001",
            vec!["phase.0.publish.1.bytes"],
        ),
        ("kind = \"class\"", "kind = \"connect\"", vec!["phase.0.publish.1.kind"]),
        ("share = 0.1", "share = 0.0", vec!["phase.0.publish.2.share"]),
        ("by = \"teacher\"", "by = \"operator\"", vec!["phase.0.publish.0.by"]),
        (
            "by = \"teacher\"\nper_second = 5.0",
            "by = \"student\"\nper_second = 5.0",
            vec!["phase.0.publish.2.teachers_only"],
        ),
        ("max = 5000.0\n", "", vec!["gate.0"]),
        ("figure = \"announced.probe.student.p99_us\"", "figure = \"p99\"", vec!["gate.0.figure"]),
    ];
    for (from, to, wanted) in cases {
        assert_eq!(keys(refused(from, to)), wanted, "{from} -> {to}");
    }
    let deeds = "[[phase.deed]]\nwhat = \"vote\"\nper_second = 0.0\n\n[[phase]]\nname = \"announced\"";
    let wanted = ["phase.0.deed.0.per_second"];
    assert!(keys(refused("[[phase]]\nname = \"announced\"", deeds)).starts_with(&wanted.map(str::to_owned)));
    let events = [("rate = -1.0", "rate"), ("rate = 0.0", "rate"), ("rate = 1.0\nat_s = 11.0", "at_s")];
    for (value, key) in events {
        let event = format!("[[phase.event]]\nwhat = \"churn\"\n{value}\n\n[[phase]]\nname = \"announced\"");
        assert_eq!(
            keys(refused("[[phase]]\nname = \"announced\"", &event)),
            [format!("phase.0.event.0.{key}")]
        );
    }
}
