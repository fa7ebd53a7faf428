//! Whether the machine stood still in a round, so that its latencies are the server's.
//!
//! Judged by what a server with a CPU of its own can't move: how late this tool spoke, and how much CPU time the machine's
//! host gave to others. A round in which it did not is measured again, a bounded number of times; its latencies then don't
//! count, and all its other figures do: what is lost on a restless machine is lost.

use std::collections::BTreeMap;

use crate::figures::{Figures, across};
use crate::limits::{LATE_US_MAX, STOLEN_SHARE_MAX};
use crate::numbers::duration_us;
use crate::outcome::Figure;

/// What was wrong with the machine in one of these phases.
pub(crate) fn fault(phases: &[String], figures: &Figures) -> Option<String> {
    phases.iter().find_map(|phase| {
        let figure = |name: &str| figures.get(&format!("{phase}.{name}")).copied();
        let (Some(late), Some(stolen)) = (figure("late.publish.p99_us"), figure("stolen_share")) else {
            return Some(format!("in `{phase}` nobody measured whether the machine stood still"));
        };
        if late > LATE_US_MAX {
            return Some(format!("in `{phase}` this tool spoke {} late", duration_us(late)));
        }
        (stolen > STOLEN_SHARE_MAX)
            .then(|| format!("in `{phase}` {:.0} % of a CPU were others'", stolen * 100.0))
    })
}

/// The figures of a run: latencies of its steady rounds, everything else of all.
pub(crate) fn figures(all: &[Figures], steady: &[Figures]) -> BTreeMap<String, Figure> {
    let mut figures = across(all);
    figures.retain(|name, _| !is_latency(name));
    figures.extend(across(steady).into_iter().filter(|(name, _)| is_latency(name)));
    figures
}

/// What the tool says of itself is no latency of the server's.
fn is_latency(name: &str) -> bool {
    name.ends_with("_us") && !name.starts_with("tool.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(latency: f64, late: f64, stolen: f64, lost: f64) -> Figures {
        let named = [
            ("full.class.student.p99_us", latency),
            ("full.late.publish.p99_us", late),
            ("full.stolen_share", stolen),
            ("tool.late_p99_us", late),
            ("run.lost", lost),
        ];
        named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn a_round_is_judged_in_the_phases_that_are_named() {
        let named = ["full".to_owned()];
        assert_eq!(fault(&named, &round(9e9, 900.0, 0.01, 9.0)), None);
        let late = fault(&named, &round(1.0, LATE_US_MAX + 1.0, 0.0, 0.0));
        assert!(late.is_some_and(|said| said.contains("`full` this tool spoke")));
        let stolen = fault(&named, &round(1.0, 1.0, STOLEN_SHARE_MAX * 2.0, 0.0));
        assert_eq!(stolen.as_deref(), Some("in `full` 8 % of a CPU were others'"));
        assert_eq!(fault(&[], &round(1.0, 9e9, 1.0, 0.0)), None);
        let unmeasured = fault(&["quiet".to_owned()], &round(1.0, 1.0, 0.0, 0.0));
        assert!(unmeasured.is_some_and(|said| said.contains("nobody measured")));
    }

    #[test]
    fn only_latencies_are_those_of_steady_rounds() {
        let (steady, restless) = (round(2_000.0, 100.0, 0.0, 0.0), round(90_000.0, 80_000.0, 0.2, 3.0));
        let of_all = figures(&[steady.clone(), restless.clone()], &[steady]);
        assert!((of_all["full.class.student.p99_us"].greatest - 2_000.0).abs() < 1e-9);
        assert!((of_all["run.lost"].greatest - 3.0).abs() < 1e-9, "a loss is a loss");
        assert!((of_all["tool.late_p99_us"].greatest - 80_000.0).abs() < 1e-9);
        let none = figures(&[restless], &[]);
        assert_eq!(none.get("full.class.student.p99_us"), None, "nobody measured it, so its gate is red");
    }
}
