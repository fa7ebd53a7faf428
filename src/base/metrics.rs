//! What the hub counts about itself. The names here are the names on `/metrics`.
//!
//! Counters are plain atomics that any thread may bump; nothing here allocates after start, except a label seen first.

use std::fmt;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Role;

/// A label holding a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RoleLabel {
    role: &'static str,
}

impl From<Role> for RoleLabel {
    fn from(role: Role) -> Self {
        Self { role: role.as_str() }
    }
}

/// A label holding a typed outcome: an error's or a close's code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CodeLabel {
    /// The code's word on the wire.
    pub code: &'static str,
}

/// A label holding an operator's name for an endpoint of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EndpointLabel {
    /// The name in the configuration.
    pub endpoint: String,
}

/// A label holding a class of admission.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClassLabel {
    /// The class's word.
    pub class: &'static str,
}

/// How long something took, as a histogram in seconds. A gauge would show a scrape's instant alone, and miss what passed between.
#[derive(Debug, Clone)]
pub struct Delays(Histogram);

impl Delays {
    /// Counts one.
    pub fn observe_ms(&self, milliseconds: f32) {
        self.0.observe(f64::from(milliseconds) / 1_000.0);
    }
}

impl Default for Delays {
    fn default() -> Self {
        Self(Histogram::new([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]))
    }
}

impl EncodeMetric for Delays {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        self.0.metric_type()
    }
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $name:ident: $kind:ty,)+) => {
        /// Every counter and gauge. A field's name is its name on `/metrics`, after `preau_`.
        #[derive(Debug, Clone, Default)]
        pub struct Metrics {
            $($(#[doc = $help])+ pub $name: $kind,)+
        }

        impl Metrics {
            /// A registry in which every field stands with its documentation as help text.
            pub fn registry(&self) -> Registry {
                let mut registry = Registry::with_prefix("preau");
                $(registry.register(
                    stringify!($name),
                    concat!($($help),+).trim_start().trim_end_matches('.'),
                    self.$name.clone(),
                );)+
                registry
            }
        }
    };
}

metrics! {
    /// Open connections, by role.
    connections: Family<RoleLabel, Gauge<i64, AtomicI64>>,
    /// Connections that ended, by close code.
    closes: Family<CodeLabel, Counter>,
    /// Typed errors sent to clients on sockets, by code.
    errors: Family<CodeLabel, Counter>,
    /// Frames offered to sockets that carry a publication.
    deliveries: Counter,
    /// Bytes that wait in outboxes.
    queued_bytes: Gauge<i64, AtomicI64>,
    /// Sockets that take no more bytes for now.
    stalled_sockets: Gauge<i64, AtomicI64>,
    /// What waits for sockets, as charged to the pool, by class.
    class_queued_bytes: Family<ClassLabel, Gauge<i64, AtomicI64>>,
    /// Bytes of the pool for what waits.
    queue_pool_bytes: Gauge<i64, AtomicI64>,
    /// How late the slowest shard's loop ran, the worst of each quarter of a second.
    shard_lag_seconds: Delays,
    /// From a commit to its last write on the slowest shard, the worst of each quarter of a second.
    fanout_lag_seconds: Delays,
    /// Times that a subscription fell behind.
    behind: Counter,
    /// Times that a subscription caught up again.
    caught_up: Counter,
    /// Publications committed.
    commits: Counter,
    /// Transactions that committed them.
    commit_batches: Counter,
    /// Publications answered from an earlier commit with the same key.
    duplicates: Counter,
    /// Publishes and reads refused because a queue was full.
    busy: Counter,
    /// Pages read for replays and histories.
    reads: Counter,
    /// Seats given.
    seats_given: Counter,
    /// Times that a place in the waiting room was given instead of a seat, by class.
    seats_waiting: Family<ClassLabel, Counter>,
    /// Polls from the waiting room that came before their time.
    polls_early: Counter,
    /// Seats refused, by code.
    seats_refused: Family<CodeLabel, Counter>,
    /// Connections that have not sent a whole request.
    http_unfinished: Gauge<i64, AtomicI64>,
    /// Such connections that were closed to make room for another.
    http_turned_away: Counter,
    /// Sockets that were upgraded and did not reach a shard, by reason.
    handovers_failed: Family<CodeLabel, Counter>,
    /// Acknowledgements of positions.
    acknowledgements: Counter,
    /// Accounts in the roster in force.
    roster_accounts: Gauge<i64, AtomicI64>,
    /// Rosters put in force since start.
    roster_reloads: Counter,
    /// Publications that wait in the schedule.
    scheduled: Gauge<i64, AtomicI64>,
    /// Publications that left the schedule for their log.
    released: Counter,
    /// Digests that were made.
    digests_made: Counter,
    /// Guardians without a digest on an evening: nothing to say, or they chose so.
    digests_skipped: Counter,
    /// Digests that were published.
    digests_published: Counter,
    /// Steps of the work on digests that failed and are tried again, and digests that could not be written.
    digests_failed: Counter,
    /// Milliseconds that making the digests of the last evening took.
    digests_making_ms: Gauge<i64, AtomicI64>,
    /// Letters that wait to be sent.
    letters_waiting: Gauge<i64, AtomicI64>,
    /// Letters that ended, by how.
    letters: Family<CodeLabel, Counter>,
    /// Attempts at letters that failed and are made again, by what failed.
    letter_failures: Family<CodeLabel, Counter>,
    /// Letters that the relay may have taken before the line or the hub ended: sent again under the same name.
    letters_ambiguous: Counter,
    /// Events that an endpoint of webhooks has taken.
    hooks_delivered: Family<EndpointLabel, Counter>,
    /// Attempts at events that an endpoint of webhooks did not take.
    hook_failures: Family<EndpointLabel, Counter>,
    /// Events that an endpoint of webhooks has not been told yet, those among them that it does not want.
    hooks_waiting: Family<EndpointLabel, Gauge<i64, AtomicI64>>,
    /// How long the next event for an endpoint of webhooks has waited, in seconds of school time.
    hook_lag_seconds: Family<EndpointLabel, Gauge<i64, AtomicI64>>,
    /// Whether an endpoint of webhooks is called no more until an operator says so: 1 or 0.
    hooks_stopped: Family<EndpointLabel, Gauge<i64, AtomicI64>>,
    /// Events that were forgotten before an endpoint of webhooks was told.
    hooks_missed: Family<EndpointLabel, Counter>,
    /// Log-ins that began.
    logins: Counter,
    /// Log-ins that were refused, by why.
    logins_refused: Family<CodeLabel, Counter>,
    /// Log-ins that ended before their time, by who ended them.
    logouts: Family<CodeLabel, Counter>,
    /// Questions to the identity provider that failed, by what was asked.
    provider_failures: Family<CodeLabel, Counter>,
    /// Whether what the identity provider says of itself could be read the last time: 1 or 0.
    provider_known: Gauge<i64, AtomicI64>,
    /// Times that the identity provider's keys were read and were others.
    provider_key_changes: Counter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_told_by_how_many_were_below_each_bound() {
        let metrics = Metrics::default();
        for milliseconds in [1.0, 30.0, 30.0, 7_000.0] {
            metrics.shard_lag_seconds.observe_ms(milliseconds);
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &metrics.registry()).unwrap();
        for line in [
            "# TYPE preau_shard_lag_seconds histogram",
            "preau_shard_lag_seconds_bucket{le=\"0.002\"} 1",
            "preau_shard_lag_seconds_bucket{le=\"0.05\"} 3",
            "preau_shard_lag_seconds_bucket{le=\"+Inf\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
