//! What a reader must know before believing a run's figures. A doubt is no failure: it says what the failure or the
//! success may be made of.

use std::collections::BTreeMap;

use crate::limits::LATE_US_MAX;
use crate::numbers::duration_us;
use crate::outcome::Figure;

/// The part of a CPU beyond which a worker may have been what was slow.
const CPU_SHARE_MAX: f64 = 0.9;
/// Rounds below which a ratio has no spread to speak of.
const ROUNDS_MIN: u32 = 3;
/// The part of the deliveries below which those that were under way while all CPUs ran are few.
const UNDISTURBED_MIN: f64 = 0.8;
/// How far two rounds may lie apart before the median alone says little.
const SPREAD_MAX: f64 = 1.5;

/// Under what a run was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    /// The factor on people and rates.
    pub(crate) scale: f64,
    /// Rounds.
    pub(crate) rounds: u32,
    /// What wanted a CPU before the run began.
    pub(crate) load: Option<f64>,
    /// CPUs.
    pub(crate) cores: usize,
    /// Whether server and clients had CPUs of their own.
    pub(crate) is_pinned: bool,
    /// Whether the scenario wants to know when CPUs stood still.
    pub(crate) has_witness: bool,
}

/// All doubts about a run.
pub(crate) fn of(figures: &BTreeMap<String, Figure>, conditions: &Conditions) -> Vec<String> {
    let mut doubts = Vec::new();
    let &Conditions { scale, rounds, load, cores, is_pinned, has_witness } = conditions;
    if (scale - 1.0).abs() > f64::EPSILON {
        doubts.push(format!("People and rates are scaled by {scale}: the gates were written for the whole."));
    }
    let busy = load.filter(|load| *load > cores as f64 / 2.0);
    doubts.extend(busy.map(|load| {
        format!("The machine was busy before the run began: {load:.1} processes for {cores} CPUs.")
    }));
    if !is_pinned {
        doubts.push(
            "Server and clients shared their CPUs (no --pin): latencies hold what they took from each other."
                .into(),
        );
    }
    let late = figures.get("tool.late_p99_us").map(|late| late.greatest).filter(|late| *late > LATE_US_MAX);
    doubts.extend(late.map(|late| {
        format!("This tool sent one publication in a hundred {} late or more.", duration_us(late))
    }));
    let share =
        figures.get("tool.cpu_share_max").map(|share| share.greatest).filter(|share| *share > CPU_SHARE_MAX);
    doubts.extend(share.map(|share| {
        format!("A worker took {:.0} % of a CPU: the clients may have been what was slow.", share * 100.0)
    }));
    let shares: Vec<_> = figures.iter().filter(|(name, _)| name.ends_with(".undisturbed_share")).collect();
    if has_witness && shares.is_empty() {
        doubts.push(
            "Nobody saw whether the CPUs ran: real-time priority takes the superuser or CAP_SYS_NICE.".into(),
        );
    }
    let low = shares.iter().filter(|(_, share)| share.least < UNDISTURBED_MIN);
    doubts.extend(low.map(|(name, share)| {
        format!(
            "`{name}` is {:.0} %: what was under way while a CPU stood still is told apart.",
            share.least * 100.0
        )
    }));
    let ratios = figures.iter().filter(|(name, _)| name.ends_with("per_delivery_over_baseline"));
    for (name, figure) in ratios {
        if rounds < ROUNDS_MIN {
            doubts.push(format!("`{name}` comes from {rounds} rounds; neighbours move it by a quarter."));
        }
        if figure.least > 0.0 && figure.greatest / figure.least > SPREAD_MAX {
            doubts.push(format!(
                "`{name}` lies between {:.2} and {:.2}: the rounds do not agree.",
                figure.least, figure.greatest
            ));
        }
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_run_raises_none_and_each_flaw_one() {
        let clean = Conditions {
            scale: 1.0,
            rounds: 3,
            load: Some(0.4),
            cores: 2,
            is_pinned: true,
            has_witness: false,
        };
        let figure = |least: f64, greatest: f64| Figure { median: least, least, greatest };
        let with = |name: &str, ends: (f64, f64)| BTreeMap::from([(name.to_owned(), figure(ends.0, ends.1))]);
        let ratio = "a.cpu_us_per_delivery_over_baseline";
        assert!(of(&with(ratio, (1.0, 1.2)), &clean).is_empty());
        assert_eq!(of(&with(ratio, (1.0, 1.6)), &clean).len(), 1);
        assert_eq!(of(&with(ratio, (1.0, 1.2)), &Conditions { rounds: 2, ..clean }).len(), 1);
        assert_eq!(of(&with("tool.late_p99_us", (1.0, 9_000.0)), &clean).len(), 1);
        assert_eq!(of(&with("tool.cpu_share_max", (0.1, 0.95)), &clean).len(), 1);
        assert_eq!(of(&BTreeMap::new(), &Conditions { has_witness: true, ..clean }).len(), 1);
        let witnessed = Conditions { has_witness: true, ..clean };
        assert!(of(&with("full.undisturbed_share", (0.9, 1.0)), &witnessed).is_empty());
        assert_eq!(of(&with("full.undisturbed_share", (0.6, 1.0)), &witnessed).len(), 1);
        let flawed = Conditions { scale: 0.1, load: Some(9.0), is_pinned: false, ..clean };
        assert_eq!(of(&BTreeMap::new(), &flawed).len(), 3);
    }
}
