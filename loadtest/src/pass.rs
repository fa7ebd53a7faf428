//! What one run of one server came to, before figures are made of it.

use std::collections::BTreeMap;

use crate::histograms::Histograms;
use crate::orders::{Tally, Tick, Verdict};
use crate::sampler::Sample;
use crate::status::Status;

/// The name of phase 0.
pub(crate) const ARRIVALS: &str = "arrivals";
/// The name of what comes before it with `seats_first`: seats, asked for on connections that are kept.
pub(crate) const SEATS: &str = "seats";
/// The name of what comes then: seats, each asked for on a connection of its own.
pub(crate) const SEATS_ALONE: &str = "seats_alone";

/// One phase of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PhasePass {
    /// Its name.
    pub(crate) name: String,
    /// Its intended beginning, on the shared clock.
    pub(crate) began_ns: u64,
    /// When its last worker was done.
    pub(crate) ended_ns: u64,
    /// The server before it.
    pub(crate) before: Sample,
    /// The server after it.
    pub(crate) after: Sample,
    /// Bytes in the server's send queues before it.
    pub(crate) queued_before: u64,
    /// Bytes in the server's send queues after it.
    pub(crate) queued_after: u64,
    /// By worker. The histograms are taken out, into `latencies`.
    pub(crate) tallies: Vec<Tally>,
    /// Of all workers.
    pub(crate) latencies: Histograms,
    /// Connections that stood at its end.
    pub(crate) standing: u64,
    /// What attackers were answered.
    pub(crate) attacks: BTreeMap<String, u64>,
    /// Publications that the scenario wants in it.
    pub(crate) planned: u64,
}

/// A whole run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    /// When its arrivals began.
    pub(crate) began_ns: u64,
    /// What comes before the arrivals, they, and the scenario's phases.
    pub(crate) phases: Vec<PhasePass>,
    /// The server each second.
    pub(crate) samples: Vec<Sample>,
    /// What the hub told its operators each second.
    pub(crate) statuses: Vec<Status>,
    /// How often it told them nothing in time.
    pub(crate) statuses_missed: u64,
    /// What workers said each second, with the worker.
    pub(crate) ticks: Vec<(usize, Tick)>,
    /// What the oracles found.
    pub(crate) verdict: Verdict,
}

impl PhasePass {
    /// A count of all workers.
    pub(crate) fn sum(&self, count: impl Fn(&Tally) -> u64) -> u64 {
        self.tallies.iter().map(count).sum()
    }

    /// Seconds from its beginning to its end.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(self.began_ns, self.ended_ns)
    }

    /// Errors by code, of all workers.
    pub(crate) fn errors(&self) -> BTreeMap<&str, u64> {
        let mut sums = BTreeMap::new();
        for (code, count) in self.tallies.iter().flat_map(|tally| &tally.errors) {
            *sums.entry(code.as_str()).or_default() += count;
        }
        sums
    }
}

impl Pass {
    /// Samples within a phase, its ends included.
    pub(crate) fn samples_of<'a>(&'a self, phase: &'a PhasePass) -> impl Iterator<Item = Sample> + 'a {
        let within = |sample: &&Sample| (phase.began_ns..=phase.ended_ns).contains(&sample.at_ns);
        let between = self.samples.iter().filter(within).copied();
        std::iter::once(phase.before).chain(between).chain(std::iter::once(phase.after))
    }
}

/// Seconds between two instants; 0 if they are the other way round.
pub(crate) fn seconds(from_ns: u64, to_ns: u64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / 1e9
}

/// Adds what one oracle found to what others found.
pub(crate) fn add_verdict(sum: &mut Verdict, other: &Verdict) {
    /// Examples that a report shows.
    const EXAMPLES_MAX: usize = 20;
    sum.judged += other.judged;
    sum.gaps += other.gaps;
    sum.duplicates += other.duplicates;
    sum.disorders += other.disorders;
    sum.leaks += other.leaks;
    let room = EXAMPLES_MAX.saturating_sub(sum.examples.len());
    sum.examples.extend(other.examples.iter().take(room).cloned());
}
