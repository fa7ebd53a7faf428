//! Thresholds on figures: what decides the exit code.
//!
//! A figure that is missing is red, since a gate that nobody measures would be green for ever. Some gates need no
//! scenario to name them: what was not delivered, or was delivered wrongly, is a failure and no figure.

use std::collections::BTreeMap;

use crate::outcome::{Figure, Judged};
use crate::scenario::Gate;

/// Figures that must be zero in every run, with the reason.
const ZEROS: [(&str, &str); 5] = [
    ("run.missing", "Everything that was acknowledged reaches everybody who follows."),
    ("oracle.gaps", "No client misses a number."),
    ("oracle.duplicates", "No client receives a number twice."),
    ("oracle.disorders", "No number or position goes backwards."),
    ("oracle.leaks", "Nobody receives what is not theirs."),
];
/// The same of the baseline, whose ratios would mean nothing otherwise.
const BASELINE: (&str, &str) = ("baseline.missing", "A baseline that loses deliveries is no measure.");

/// What a gate calls its figure.
pub(crate) fn name(gate: &Gate) -> String {
    match &gate.over {
        Some(over) => format!("{} / {over}", gate.figure),
        None => gate.figure.clone(),
    }
}

/// Judges a run: the gates that always stand, then the scenario's.
pub(crate) fn judge(gates: &[Gate], figures: &BTreeMap<String, Figure>, has_baseline: bool) -> Vec<Judged> {
    let baseline = has_baseline.then_some(BASELINE);
    let always = ZEROS.into_iter().chain(baseline).map(|(figure, why)| {
        // The worst round counts here, not the median: one loss in three rounds is a loss.
        let value = figures.get(figure).map(|figure| figure.greatest);
        judged(figure.to_owned(), why, (Some(0.0), None), value)
    });
    let named = gates.iter().map(|gate| {
        let value = figures.get(&name(gate)).map(|figure| figure.median);
        judged(name(gate), &gate.why, (gate.max, gate.min), value)
    });
    always.chain(named).collect()
}

fn judged(figure: String, why: &str, (max, min): (Option<f64>, Option<f64>), value: Option<f64>) -> Judged {
    let held = value.is_some_and(|value| {
        value.is_finite() && max.is_none_or(|max| value <= max) && min.is_none_or(|min| value >= min)
    });
    Judged { figure, why: why.to_owned(), max, min, value, held }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(figure: &str, over: Option<&str>, max: Option<f64>, min: Option<f64>) -> Gate {
        Gate { figure: figure.into(), over: over.map(str::to_owned), max, min, why: "because".into() }
    }

    fn figures(values: &[(&str, [f64; 3])]) -> BTreeMap<String, Figure> {
        let figure = |[least, median, greatest]: [f64; 3]| Figure { median, least, greatest };
        values.iter().map(|(name, ends)| ((*name).to_owned(), figure(*ends))).collect()
    }

    fn red(gates: &[Gate], values: &[(&str, [f64; 3])]) -> Vec<String> {
        let zeros = ZEROS.map(|(figure, _)| (figure, [0.0; 3]));
        let all = figures(&[&zeros[..], values].concat());
        judge(gates, &all, false).into_iter().filter(|gate| !gate.held).map(|gate| gate.figure).collect()
    }

    #[test]
    fn a_gate_holds_on_its_threshold_and_not_beyond() {
        let gates = [gate("a.b", None, Some(2.0), Some(1.0)), gate("a.b", Some("c.d"), Some(3.0), None)];
        assert_eq!(red(&gates, &[("a.b", [0.0, 2.0, 9.0]), ("a.b / c.d", [3.0; 3])]), [""; 0]);
        assert_eq!(red(&gates, &[("a.b", [2.1; 3]), ("a.b / c.d", [3.1; 3])]), ["a.b", "a.b / c.d"]);
        assert_eq!(red(&gates, &[("a.b", [0.9; 3]), ("a.b / c.d", [0.0; 3])]), ["a.b"]);
        assert_eq!(red(&gates, &[("a.b", [f64::NAN; 3]), ("a.b / c.d", [f64::INFINITY; 3])]).len(), 2);
    }

    #[test]
    fn what_nobody_measured_is_red() {
        assert_eq!(red(&[gate("a.b", None, Some(2.0), None)], &[]), ["a.b"]);
        assert_eq!(judge(&[], &BTreeMap::new(), true).iter().filter(|gate| !gate.held).count(), 6);
    }

    #[test]
    fn one_loss_in_one_round_is_red() {
        assert_eq!(red(&[], &[("oracle.gaps", [0.0, 0.0, 1.0])]), ["oracle.gaps"]);
        assert_eq!(red(&[], &[("run.missing", [0.0, 0.0, 1.0])]), ["run.missing"]);
    }
}
