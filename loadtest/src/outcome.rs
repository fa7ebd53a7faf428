//! What a run came to: everything that reports, gates and comparisons are made of, and nothing that needs the run again.
//!
//! Figures have names of two parts, `PHASE.FIGURE`; the arrivals are the phase `arrivals`, and what `seats_first` has before
//! them are `seats` and `seats_alone`. Each holds, where it applies:
//! `connections` `failed` `seats` `lost` `deliveries` `expected` `missing` `published` `acknowledged` `refused`
//! `seconds` `deliveries_per_second`
//! `stolen_share` (CPU time that the machine's host gave to others, of one CPU)
//! `cpu_s` (server, user and system, all its processes) `cpu_share` (of one core) `cpu_us_per_delivery` `cpu_us_per_connection`
//! `connections_per_cpu_second` `cpu_us_per_seat` (where nobody connected)
//! `rss_bytes` `pss_bytes` (at the phase's end) `rss_bytes_per_connection` (growth since before the arrivals)
//! `kernel_socket_bytes` (buffers, `/proc/net/sockstat`) `slab_bytes_per_connection` (both ends of each connection)
//! `memory_bytes_per_connection` (RSS, and half of the slab: the server's end)
//! `memory_growth_bytes` (the greatest RSS of the phase and what waits in the server's send queues, above its beginning)
//! `rss_slope_bytes_per_second` (least squares over the phase)
//! `KIND.ROLE.p50_us` `.p90_us` `.p99_us` `.p999_us` `.max_us`
//! with a witness the same of `KIND_undisturbed.ROLE`, and `undisturbed_share` (of all deliveries: under way while all CPUs ran)
//! in a phase that breathes the same of `KIND_asked.ROLE` and `KIND_hushed.ROLE` (of the undisturbed, if there is a witness: published
//! while the door was asked, and while nobody asked)
//! `door.WHO.asked` `.first_try` `.waited` `.told_to_wait` `.refusals` `.refused.CODE` `.promises_broken` `.suspended` `.evicted`
//! `.evicted_again` `.overtook` `.outside` (see `door::Entries`; WHO is operator, teacher, live, student, guardian or all)
//! `entry.WHO.p99_us` (from wanting in, or the promised instant, to being in) `waited.WHO.p99_us` (the same of who had to wait)
//! `lessons.deeds` `.refused` (what students did besides publishing) `.taken_back` `.proposed` (among it)
//! `.read_again` (texts that those found who read their class again in the end) `.pulses` `.pulses_per_second_max` (of one client) `.stale`
//! (clients whose last pulse did not say how their class stood) `.reactions_told_share` (of what each listener was to be told)
//! `attack.WHAT.…` (what attackers were answered: statuses of forged handshakes and tickets, sessions seated, posts taken)
//! `entered_per_second_max` `suspended_per_second_max` `announced_window_us` (1.3 × seats taken ÷ admissions per second, when the
//! phase began: within what window the hub would call everybody back)
//! `gate.seats_taken_max` `gate.seats_over` (taken above what is allowed) `gate.waiting_max` `gate.level_max` `gate.rate_max`
//! `gate.rate_min` (what the hub told its operators each second)
//! and with a baseline `_over_baseline` of each `cpu_us_per_delivery`, `cpu_us_per_connection`, `connections_per_cpu_second`.
//! A gate with `over` makes a figure called `FIGURE / OVER`, divided within each round.
//! Over the run, and of the baseline as `baseline.`: `run.missing` (deliveries that a client lacked when its phase ended)
//! `run.failed` (connections that never reached their goal) `run.lost` (connections that the server or the network ended)
//! `run.outside` (clients who wanted in at the end of the last phase and were not) `run.evicted_again`
//! `run.seats_over` `run.status_missed` (times that it told them nothing) `run.rss_bytes_max`
//! `run.door.WHO.…` (the sums of all phases)
//! `run.refused` (publications) `run.unpublished` (planned by the flows and never sent)
//! Over the run alone: `oracle.judged` `oracle.gaps` `oracle.duplicates` `oracle.disorders` `oracle.leaks`
//! `tool.cpu_share_max` (of one worker, in one phase) `tool.late_p99_us` (how late this tool sent).
//! With several rounds a figure is the median; `spread` has the least and the greatest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::orders::Verdict;

/// The whole report, as it stands in the JSON file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// What it asks.
    pub(crate) about: String,
    /// When it began, RFC 3339.
    pub(crate) began_at: String,
    /// What random choices were drawn from.
    pub(crate) seed: u64,
    /// On what.
    pub(crate) machine: Machine,
    /// The server.
    pub(crate) subject: Subject,
    /// The server that the ratios divide by.
    pub(crate) baseline: Option<Subject>,
    /// By round, the names of the servers in the order in which they ran.
    pub(crate) order: Vec<Vec<String>>,
    /// Phases with their seconds since the run's beginning, of the last round.
    pub(crate) phases: Vec<Span>,
    /// The figures.
    pub(crate) figures: BTreeMap<String, Figure>,
    /// Over time, of the last round: one value per second and series.
    pub(crate) series: Series,
    /// What the oracle found, over all rounds.
    pub(crate) verdict: Verdict,
    /// Errors by phase and code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// The thresholds, and whether they held.
    pub(crate) gates: Vec<Judged>,
    /// What a reader must know before believing the figures, such as that the tool itself was late.
    pub(crate) doubts: Vec<String>,
}

/// One figure: the median of the rounds, and their ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// The median.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The greatest.
    pub(crate) greatest: f64,
}

/// Where it ran.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// Processors that this process may use.
    pub(crate) cores: usize,
    /// Bytes of memory.
    pub(crate) memory_bytes: u64,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// Open files per process.
    pub(crate) open_files_max: u64,
    /// The commit of this tree, with `+` if it was changed; empty outside of one.
    pub(crate) commit: String,
    /// Kernel settings that matter to sockets, by name.
    pub(crate) settings: BTreeMap<String, String>,
}

/// A server that was measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// What a reader must know beside its figures.
    pub(crate) note: String,
}

/// A phase in time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Span {
    /// Its name.
    pub(crate) name: String,
    /// Seconds since the run's beginning.
    pub(crate) from_s: f64,
    /// Seconds since the run's beginning.
    pub(crate) to_s: f64,
}

/// Values over time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Series {
    /// Seconds since the run's beginning.
    pub(crate) at_s: Vec<f64>,
    /// By name: `connected`, `deliveries_per_second`, `cpu_share`, `rss_bytes`, `pss_bytes`, `kernel_socket_bytes`,
    /// `KIND.ROLE.p50_us`, `KIND.ROLE.p99_us`. As long as `at_s`; nothing where nothing was measured.
    pub(crate) values: BTreeMap<String, Vec<Option<f64>>>,
}

/// A gate and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// The figure.
    pub(crate) figure: String,
    /// Why this number.
    pub(crate) why: String,
    /// Red above this.
    pub(crate) max: Option<f64>,
    /// Red below this.
    pub(crate) min: Option<f64>,
    /// What it was; nothing if the run has no such figure, which is red.
    pub(crate) value: Option<f64>,
    /// Whether it held.
    pub(crate) held: bool,
}
