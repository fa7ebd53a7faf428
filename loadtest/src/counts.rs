//! What a worker's clients have counted since it began. Pure.

/// What is counted; the worker takes differences for seconds and phases.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Connections that reached their goal.
    pub(crate) connected: u64,
    /// Clients that stay away for good.
    pub(crate) failed: u64,
    /// Seats given.
    pub(crate) seats: u64,
    /// Connections ended by the server or the network.
    pub(crate) lost: u64,
    /// Connections that ended because a window closed.
    pub(crate) suspended: u64,
    /// Publications sent for the first time.
    pub(crate) published: u64,
    /// Publications acknowledged.
    pub(crate) acknowledged: u64,
    /// Publications refused.
    pub(crate) refused: u64,
    /// Publications that are due and have no answer yet.
    pub(crate) unanswered: u64,
    /// Deliveries, with those that the oracle does not like.
    pub(crate) deliveries: u64,
    /// Their payloads.
    pub(crate) delivered_bytes: u64,
    /// Errors of all kinds.
    pub(crate) errors: u64,
    /// What was done in lessons and answered.
    pub(crate) deeds: u64,
    /// What was not done.
    pub(crate) deeds_refused: u64,
    /// What was asked and has no answer yet.
    pub(crate) undone: u64,
    /// Words among what was done that were taken back, and that the teacher was to read first.
    pub(crate) taken_back: u64,
    /// See above.
    pub(crate) proposed: u64,
    /// Clients who read their class again, and words that were found by those who did.
    pub(crate) looking: u64,
    /// See above.
    pub(crate) read_again: u64,
    /// Reactions among what was done, and those that pulses told, to each listener.
    pub(crate) reactions: u64,
    /// See above.
    pub(crate) reactions_told: u64,
    /// Pulses.
    pub(crate) pulses: u64,
}
