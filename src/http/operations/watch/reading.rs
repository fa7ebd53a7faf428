//! All counters and gauges at one instant, from which moments and rows are made.

use std::collections::BTreeMap;

use super::vitals::Vitals;
use crate::admission::{Class, Snapshot};
use crate::base::metrics::{ClassLabel, CodeLabel};
use crate::base::{MachineTime, SchoolTime};
use crate::http::edge::Edge;
use crate::protocol::ErrorCode;
use crate::report::Region;

/// Why somebody has no seat: a place in the waiting room.
pub(super) const WAITS: &str = "waits";

/// The instant.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) at: MachineTime,
    pub(super) school_time: SchoolTime,
    pub(super) gate: Snapshot,
    pub(super) region: Region,
    /// `None` if nothing was measured since the last reading.
    pub(super) vitals: Option<Vitals>,
    /// Answers that were no seat since the start, by reason. Reasons that never were are not there.
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// Who came in since the start.
    pub(super) admitted: u64,
    pub(super) evicted: u64,
    pub(super) publications: u64,
    pub(super) deliveries: u64,
}

impl Reading {
    pub(super) fn take(edge: &Edge, at: MachineTime) -> Self {
        let operate = &edge.parts.office.instruments.operate;
        let (metrics, gate) = (&edge.parts.metrics, operate.snapshot(at));
        let codes = ErrorCode::ALL.iter().filter_map(|code| {
            let code = code.as_str();
            let count = metrics.seats_refused.get(&CodeLabel { code })?.get();
            Some((code, count))
        });
        let mut refused: BTreeMap<_, _> = codes.collect();
        let waits = Class::ALL.iter().filter_map(|class| {
            let class = class.as_str();
            Some(metrics.seats_waiting.get(&ClassLabel { class })?.get())
        });
        let waits: u64 = waits.sum();
        if waits > 0 {
            refused.insert(WAITS, waits);
        }
        Self {
            at,
            school_time: edge.parts.clock.school(),
            admitted: gate.classes.iter().map(|class| class.admitted).sum(),
            evicted: gate.evicted.iter().map(|(_, count)| count).sum(),
            gate,
            region: edge.parts.books.region(),
            vitals: operate.vitals(),
            refused,
            publications: metrics.commits.get(),
            deliveries: metrics.deliveries.get(),
        }
    }

    /// How fast a counter grew since an earlier reading, per second. `None` if no time has passed.
    pub(super) fn rate(&self, before: Option<&Self>, of: impl Fn(&Self) -> u64) -> Option<f64> {
        let before = before?;
        let elapsed_ms = self.at.0.checked_sub(before.at.0).filter(|elapsed| *elapsed > 0)?;
        let grown = of(self).checked_sub(of(before))?;
        Some(rounded(grown as f64 * 1_000.0 / elapsed_ms as f64))
    }

    /// The same for answers of some reasons.
    pub(super) fn refused_for(&self, is_meant: impl Fn(&str) -> bool) -> u64 {
        self.refused.iter().filter(|(reason, _)| is_meant(reason)).map(|(_, count)| count).sum()
    }
}

/// To thousandths: more digits say nothing and cost bytes.
pub(super) fn rounded(value: impl Into<f64>) -> f64 {
    (value.into() * 1_000.0).round() / 1_000.0
}
