//! Thresholds on figures: what decides the exit code.
//!
//! A figure that is missing is red, since a gate that nobody measures would be green for ever. Some gates need no
//! scenario to name them: who was not let in, what was not published or not delivered, or was delivered wrongly, is a
//! failure and no figure.

use std::collections::BTreeMap;

use crate::figures::Figures;
use crate::outcome::{Figure, Judged};
use crate::scenario::Gate;

/// A figure that must be zero in every run.
struct Zero {
    figure: &'static str,
    /// What its count counts, for people.
    words: &'static str,
    why: &'static str,
}

const fn zero(figure: &'static str, words: &'static str, why: &'static str) -> Zero {
    Zero { figure, words, why }
}

/// All of them.
const ZEROS: [Zero; 10] = [
    zero("run.failed", "connections failed", "Everybody who has a place is let in."),
    zero(
        "run.outside",
        "clients wanted in at the end and were not",
        "Everybody who asks is in before the end.",
    ),
    zero("run.lost", "connections were ended by the server", "Nobody's line ends but by those who hold it."),
    zero("run.unpublished", "publications were never sent", "Everything that is planned is published."),
    zero("run.refused", "publications were refused", "Nothing that may be said is refused."),
    zero(
        "run.missing",
        "deliveries are missing",
        "Everything that was acknowledged reaches everybody who follows.",
    ),
    zero("oracle.gaps", "gaps in what clients received", "No client misses a number."),
    zero("oracle.duplicates", "publications came twice", "No client receives a number twice."),
    zero("oracle.disorders", "numbers or positions went backwards", "No number or position goes backwards."),
    zero("oracle.leaks", "deliveries to who may not see them", "Nobody receives what is not theirs."),
];
/// The same of the baseline, whose ratios would mean nothing otherwise.
const BASELINE: [(&str, &str); 5] = [
    ("baseline.failed", "A baseline that turns clients away is no measure."),
    ("baseline.lost", "A baseline that ends connections is no measure."),
    ("baseline.unpublished", "A baseline that was given less to do is no measure."),
    ("baseline.refused", "A baseline that refuses publications is no measure."),
    ("baseline.missing", "A baseline that loses deliveries is no measure."),
];

/// What a gate calls its figure.
pub(crate) fn name(gate: &Gate) -> String {
    match &gate.over {
        Some(over) => format!("{} / {over}", gate.figure),
        None => gate.figure.clone(),
    }
}

/// Judges a run: the gates that always stand, then the scenario's. One of the scenario's that names a figure of the
/// former stands in its place: a run may be about refusals. What may not happen at all may in no round.
pub(crate) fn judge(gates: &[Gate], figures: &BTreeMap<String, Figure>, has_baseline: bool) -> Vec<Judged> {
    let baseline = BASELINE.into_iter().filter(|_| has_baseline);
    let zeros: Vec<_> = ZEROS.iter().map(|zero| (zero.figure, zero.why)).chain(baseline).collect();
    let is_zero =
        |gate: &Gate| gate.max == Some(0.0) || zeros.iter().any(|(figure, _)| *figure == name(gate));
    let is_named = |figure: &str| gates.iter().any(|gate| name(gate) == figure);
    let always = zeros.iter().filter(|(figure, _)| !is_named(figure)).map(|(figure, why)| {
        let ends = figures.get(*figure).copied().map(worst);
        judged((*figure).to_owned(), why, (Some(0.0), None), ends)
    });
    let named = gates.iter().map(|gate| {
        let figure = figures.get(&name(gate)).copied();
        let ends = figure.map(|figure| if is_zero(gate) { worst(figure) } else { median(figure) });
        judged(name(gate), &gate.why, (gate.max, gate.min), ends)
    });
    always.chain(named).collect()
}

/// Why the figures of one run don't count: who loses deliveries or turns clients away is cheap.
pub(crate) fn fault(figures: &Figures) -> Option<String> {
    let faults = ZEROS.iter().filter_map(|zero| match figures.get(zero.figure) {
        Some(0.0) => None,
        Some(count) => Some(format!("{count:.0} {}", zero.words)),
        None => Some(format!("nobody measured `{}`", zero.figure)),
    });
    let faults: Vec<String> = faults.collect();
    (!faults.is_empty()).then(|| faults.join(", "))
}

/// The least and the greatest that count: all rounds here, since one loss in three rounds is a loss.
fn worst(figure: Figure) -> (f64, f64) {
    (figure.least, figure.greatest)
}

fn median(figure: Figure) -> (f64, f64) {
    (figure.median, figure.median)
}

fn judged(
    figure: String,
    why: &str,
    (max, min): (Option<f64>, Option<f64>),
    ends: Option<(f64, f64)>,
) -> Judged {
    let held = ends.is_some_and(|(least, greatest)| {
        least.is_finite()
            && greatest.is_finite()
            && max.is_none_or(|max| greatest <= max)
            && min.is_none_or(|min| least >= min)
    });
    let value = ends.map(|(least, greatest)| if max.is_some() { greatest } else { least });
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
        let zeros = ZEROS.map(|zero| (zero.figure, [0.0; 3]));
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
        assert_eq!(judge(&[], &BTreeMap::new(), true).iter().filter(|gate| !gate.held).count(), 15);
    }

    #[test]
    fn one_loss_in_one_round_is_red() {
        for zero in ZEROS {
            assert_eq!(red(&[], &[(zero.figure, [0.0, 0.0, 1.0])]), [zero.figure]);
        }
    }

    #[test]
    fn what_a_scenario_forbids_counts_in_its_worst_round() {
        let refusals = gate("a.b", None, Some(0.0), None);
        assert_eq!(red(std::slice::from_ref(&refusals), &[("a.b", [0.0, 0.0, 1.0])]), ["a.b"]);
        assert_eq!(red(&[refusals], &[("a.b", [0.0; 3])]), [""; 0]);
    }

    #[test]
    fn a_baseline_that_turns_away_or_refuses_is_red() {
        let zeros = ZEROS.iter().map(|zero| zero.figure).chain(BASELINE.map(|(figure, _)| figure));
        let zeros: Vec<_> = zeros.map(|figure| (figure, [0.0; 3])).collect();
        for (figure, _) in BASELINE {
            let figures = figures(&[&zeros[..], &[(figure, [0.0, 0.0, 1.0])]].concat());
            let red = judge(&[], &figures, true).into_iter().filter(|gate| !gate.held);
            assert_eq!(red.map(|gate| gate.figure).collect::<Vec<_>>(), [figure]);
        }
    }

    #[test]
    fn a_scenario_may_say_itself_what_is_refused_and_its_worst_round_counts() {
        let refused =
            |values| red(&[gate("run.refused", None, Some(5.0), Some(2.0))], &[("run.refused", values)]);
        assert_eq!(refused([2.0, 3.0, 5.0]), [""; 0]);
        assert_eq!(refused([2.0, 3.0, 6.0]), ["run.refused"]);
        assert_eq!(refused([1.0, 3.0, 5.0]), ["run.refused"]);
        let ratio = gate("run.refused", Some("run.missing"), Some(9.0), None);
        let values = [("run.refused", [3.0; 3]), ("run.refused / run.missing", [1.0; 3])];
        assert_eq!(red(&[ratio], &values), ["run.refused"], "a ratio says nothing of the count");
    }

    #[test]
    fn a_fault_is_what_a_gate_would_be_red_for() {
        let whole: Figures = ZEROS.iter().map(|zero| (zero.figure.to_owned(), 0.0)).collect();
        assert_eq!(fault(&whole), None);
        for zero in ZEROS {
            let mut figures = whole.clone();
            figures.insert(zero.figure.to_owned(), 3.0);
            assert_eq!(fault(&figures), Some(format!("3 {}", zero.words)));
            figures.remove(zero.figure);
            assert_eq!(fault(&figures), Some(format!("nobody measured `{}`", zero.figure)));
        }
    }
}
