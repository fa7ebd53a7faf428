//! What the coordinator tells its worker processes and what they tell it: one JSON value per line, over stdin and stdout.
//!
//! A run is: `Plan`, `Ready`; with `seats_first` two times `Seats` and `Ended`; per phase `Begin` and `Ended`; then `Settle`,
//! `Done`. Instants are nanoseconds of `CLOCK_MONOTONIC`, which all processes of a machine share. The arrivals are phase 0.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::door::Entries;
use crate::scenario::Scenario;

/// To a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
// With its content apart: within one object, serde could not read the numbers of streams back as keys.
#[serde(tag = "order", content = "of", rename_all = "snake_case")]
pub(crate) enum Order {
    /// The first line.
    Plan(Box<Plan>),
    /// One half of the clients take seats at an instant and keep them for the arrivals. Answered as phase 0.
    Seats {
        /// On which connections they ask; each kind has its half.
        lines: Lines,
        /// When.
        at_ns: u64,
    },
    /// Begin a phase at an instant. 0 is the arrivals, 1 the scenario's first.
    Begin {
        /// The phase.
        phase: usize,
        /// Its intended beginning.
        at_ns: u64,
    },
    /// The last sequence numbers that were acknowledged, of all workers' streams: wait for them, judge, answer `Done`.
    Settle {
        /// By stream.
        streams: BTreeMap<u32, StreamEnd>,
    },
}

/// On what connections seats are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lines {
    /// On some that stay open, one request after another.
    #[default]
    Kept,
    /// Each on one of its own.
    Own,
}

/// A worker's part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Which worker this is; it has the classes whose number modulo `of` is this, and worker 0 the operators.
    pub(crate) index: u32,
    /// How many workers there are.
    pub(crate) of: u32,
    /// What happens.
    pub(crate) scenario: Scenario,
    /// What is random is drawn from this and the index.
    pub(crate) seed: u64,
    /// Whom to connect to.
    pub(crate) target: Target,
    /// Source addresses to connect from, in turns.
    pub(crate) sources: Vec<Ipv4Addr>,
    /// CPUs of which it is witnessed whether they ran; none if nobody wants to know.
    pub(crate) witnessed: Vec<usize>,
}

/// The server under test, as clients see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    /// How it is spoken to: the dialect's name.
    pub(crate) dialect: String,
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    /// Where publications are sent, if that is another place.
    pub(crate) publish_address: Option<SocketAddr>,
    /// For préau: the key that signs tokens (PKCS #8, base64), and what they say.
    pub(crate) tokens: Option<TokenKey>,
}

/// What a worker needs to mint tokens as the identity provider would.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenKey {
    /// Ed25519 private key, PKCS #8 DER in base64.
    pub(crate) pkcs8: String,
    /// The key's number in the JWKS.
    pub(crate) kid: String,
    /// `iss`.
    pub(crate) issuer: String,
    /// `aud`.
    pub(crate) audience: String,
}

/// From a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "news", content = "of", rename_all = "snake_case")]
pub(crate) enum News {
    /// The plan was understood; roster-independent preparation (tokens) is done.
    Ready,
    /// Once a second while a phase runs.
    Tick(Tick),
    /// A phase is over: its time has passed, and what was under way has arrived or been waited for long enough.
    Ended {
        /// The phase.
        phase: usize,
        /// What happened in it.
        tally: Box<Tally>,
    },
    /// The last news.
    Done(Box<Verdict>),
    /// The worker can't go on.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

/// What the live line and the plots over time are made of. Counts are since the last tick, except where said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tick {
    /// When, on the shared clock.
    pub(crate) at_ns: u64,
    /// Clients connected and subscribed, now.
    pub(crate) connected: u64,
    /// Clients that hold a seat or a socket and are on their way, now.
    pub(crate) on_their_way: u64,
    /// Deliveries.
    pub(crate) deliveries: u64,
    /// Publications acknowledged.
    pub(crate) acknowledged: u64,
    /// Errors of all kinds.
    pub(crate) errors: u64,
    /// Who came in.
    #[serde(default)]
    pub(crate) entered: u64,
    /// Connections that ended because a window closed.
    #[serde(default)]
    pub(crate) suspended: u64,
    /// Latencies of this second by `kind/role`: HDR histogram, V2 deflate, base64.
    pub(crate) latencies: BTreeMap<String, String>,
}

/// What one phase of one worker came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Connections that reached their goal (subscribed).
    pub(crate) connected: u64,
    /// Clients that were given up after their last attempt, or told never to come back.
    #[serde(default)]
    pub(crate) failed: u64,
    /// Seats given.
    #[serde(default)]
    pub(crate) seats: u64,
    /// Connections ended by the server or the network.
    pub(crate) lost: u64,
    /// Publications sent, acknowledged, refused.
    pub(crate) published: u64,
    /// See above.
    pub(crate) acknowledged: u64,
    /// See above.
    pub(crate) refused: u64,
    /// Deliveries received, their payload bytes, and how many were expected (subscribers × publications).
    pub(crate) deliveries: u64,
    /// See above.
    pub(crate) delivered_bytes: u64,
    /// See above.
    pub(crate) expected: u64,
    /// What clients lack of that, each for itself: what one received twice is not what another did not.
    #[serde(default)]
    pub(crate) missing: u64,
    /// CPU time of this worker in the phase.
    pub(crate) worker_cpu_ns: u64,
    /// First and last instant at which a delivery came.
    pub(crate) first_delivery_ns: Option<u64>,
    /// See above.
    pub(crate) last_delivery_ns: Option<u64>,
    /// Latency from the intended instant by `kind/role`, in microseconds; `connect/ROLE` from the intended arrival to the
    /// subscription, `publish/ROLE` to the acknowledgement, `late/publish` how late this tool itself sent.
    pub(crate) latencies: BTreeMap<String, String>,
    /// Errors by their code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// The streams that this worker published, as they stand.
    pub(crate) streams: BTreeMap<u32, StreamEnd>,
    /// What happened at the door, by standing.
    #[serde(default)]
    pub(crate) door: BTreeMap<String, Entries>,
    /// What lessons came to.
    #[serde(default)]
    pub(crate) lessons: LessonTally,
}

/// What the lessons of one worker came to in a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LessonTally {
    /// What students did and the hub answered.
    pub(crate) deeds: u64,
    /// What it refused.
    pub(crate) refused: u64,
    /// Words that were taken back.
    #[serde(default)]
    pub(crate) taken_back: u64,
    /// Words that the teacher read first.
    #[serde(default)]
    pub(crate) proposed: u64,
    /// Texts that those found who read their class again.
    #[serde(default)]
    pub(crate) read_again: u64,
    /// Pulses that came.
    pub(crate) pulses: u64,
    /// The most that came to one client.
    pub(crate) pulses_max: u32,
    /// Clients whose last pulse did not say how their class stands, when the phase was over.
    pub(crate) stale: u64,
    /// Reactions that pulses told, each to each listener, and how many that should have been.
    pub(crate) reactions_told: u64,
    /// See above.
    pub(crate) reactions_owed: u64,
}

/// How far a stream (one flow in one channel) came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamEnd {
    /// Sequence numbers run from 1 to this.
    pub(crate) last: u64,
    /// The numbers that were refused and never stored: no gap.
    pub(crate) refused: Vec<u64>,
}

/// What the oracle of one worker found over the whole run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Deliveries judged.
    pub(crate) judged: u64,
    /// Numbers that a client should have received and did not.
    pub(crate) gaps: u64,
    /// Numbers that a client received twice.
    pub(crate) duplicates: u64,
    /// Numbers or positions that went backwards.
    pub(crate) disorders: u64,
    /// Deliveries to somebody who does not follow that channel, or is not in its audience.
    pub(crate) leaks: u64,
    /// Some of them in words, at most 20.
    pub(crate) examples: Vec<String>,
}
