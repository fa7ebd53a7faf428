//! Every bound of the load test, with what happens when it is reached.

use std::time::Duration;

/// Clients of one worker: a process may hold 20,000 open files. More: another worker.
pub(crate) const CLIENTS_PER_WORKER_MAX: u32 = 19_000;
/// Worker processes. More: the scenario is refused.
pub(crate) const WORKERS_MAX: u32 = 64;
/// Part of the kernel's port range that one source address may use, since others use it too and ports rest a minute
/// after use. More: another source address.
pub(crate) const PORTS_USED_MAX: f64 = 0.7;
/// Rounds of a scenario. More: refused.
pub(crate) const ROUNDS_MAX: u32 = 9;
/// Characters of a post, the hub's limit. A longer text to a class is an announcement.
pub(crate) const POST_CHARS_MAX: u32 = 4_000;
/// Characters of an announcement, the hub's limit. A scenario that wants more bytes gets wide characters.
pub(crate) const ANNOUNCEMENT_CHARS_MAX: u32 = 10_000;
/// Bytes of a text. More: the scenario is refused.
pub(crate) const TEXT_BYTES_MAX: u32 = 3 * ANNOUNCEMENT_CHARS_MAX;
/// Bytes of a scenario file. Longer: refused.
pub(crate) const SCENARIO_BYTES_MAX: u64 = 256 * 1024;
/// Seconds of a phase. More: refused.
pub(crate) const PHASE_SECONDS_MAX: f64 = 24.0 * 3600.0;
/// Seconds that arrivals wait for who is not in. More: refused, since the coordinator waits no longer either.
pub(crate) const PATIENCE_SECONDS_MAX: f64 = 150.0;
/// Lines that an attack keeps open: the coordinator's process may hold 20,000 open files. More: refused.
pub(crate) const ATTACK_LINES_MAX: u32 = 18_000;
/// Turns of an attack per second. More: refused.
pub(crate) const ATTACKS_PER_SECOND_MAX: f64 = 10_000.0;
/// News that wait for the coordinator. More: the worker's pipe waits.
pub(crate) const NEWS_WAITING_MAX: usize = 1_024;

/// For a server to answer after its start. Longer: the run ends with an error, as with all that follow.
pub(crate) const START_WAIT: Duration = Duration::from_mins(1);
/// For a worker to prepare: it signs a token per client.
pub(crate) const READY_WAIT: Duration = Duration::from_mins(2);
/// Between two signs of life of a worker in a phase, which come each second.
pub(crate) const SILENCE_WAIT: Duration = Duration::from_secs(30);
/// For the arrivals beyond the time that their rate asks for, and for a phase beyond its seconds.
pub(crate) const TAIL_WAIT: Duration = Duration::from_mins(3);
/// For the last deliveries and the oracle's answer.
pub(crate) const SETTLE_WAIT: Duration = Duration::from_mins(2);
/// Between an order and the instant at which it takes effect, so that all workers have read it.
pub(crate) const LEAD: Duration = Duration::from_millis(200);
/// For a worker to leave after its last news. Longer: it is killed.
pub(crate) const LEAVE_WAIT: Duration = Duration::from_secs(10);

/// Connections that wait to be accepted by a server of ours. More: the kernel drops their SYN, and they come again
/// after a second.
pub(crate) const LISTEN_BACKLOG: i32 = 4_096;
/// Bytes of an upgrade request. More: the floor ends the connection.
pub(crate) const FLOOR_REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Bytes that wait for one socket of the floor. More: the floor ends the connection.
pub(crate) const FLOOR_WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of the committing floor's journal. Full: it begins anew.
pub(crate) const FLOOR_JOURNAL_BYTES: usize = 4 * 1024 * 1024;
/// Lines of its log that are told of a server that did not start.
pub(crate) const LAST_WORDS_LINES_MAX: usize = 5;

/// Publications of one connection that wait for their answer, as the protocol allows. More wait in the author's queue,
/// and their waiting counts.
pub(crate) const PUBLISHES_IN_FLIGHT_MAX: usize = 32;
/// Attempts to connect, one after another, that may fail. Then the client is counted as failed and stays away.
pub(crate) const ATTEMPTS_MAX: u8 = 8;
/// How long one attempt may take from its first byte to its goal. Then it counts as failed: `deadline`.
pub(crate) const ATTEMPT_DEADLINE: Duration = Duration::from_secs(30);
/// How long a server may take to answer a polite close. Then the line is dropped.
pub(crate) const LEAVE_DEADLINE: Duration = Duration::from_secs(5);
/// How long the last answers to publications are waited for after a phase's time. Then they count as `unanswered`.
pub(crate) const ANSWERS_DEADLINE: Duration = Duration::from_mins(1);
/// How long deliveries are waited for after the last that came. Then what is missing is missing.
pub(crate) const QUIET_DEADLINE: Duration = Duration::from_secs(5);
/// The first bound of the random wait after a lost line; it doubles with each failure up to the next.
pub(crate) const RETRY_FIRST: Duration = Duration::from_secs(1);
/// See above.
pub(crate) const RETRY_LAST: Duration = Duration::from_secs(30);
/// A connection that lived for this long is no failure of the one before.
pub(crate) const STEADY_AFTER: Duration = Duration::from_secs(5);
/// The window to come back in, when a close frame of the hundred "within" states none.
pub(crate) const RETURN_WINDOW_MS: [u32; 2] = [1_000, 30_000];
/// The longest `Retry-After` that is obeyed. A longer one is taken for this.
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);
/// Kept-alive connections on which seats are asked for. More askers wait, and their waiting counts.
pub(crate) const DESK_LINES_MAX: usize = 64;
/// Publications to a peer that wait for their answer. More wait in the publisher's queue, and their waiting counts.
pub(crate) const PEER_IN_FLIGHT_MAX: usize = 1_024;
/// Bytes that are read at once, by all connections in turns. A longer message is an error: `too_long`.
pub(crate) const READ_BYTES: usize = 256 * 1024;
/// Readiness that is taken from the system at once; between two takings what is due is published.
pub(crate) const EVENTS_MAX: usize = 256;
/// Orders that wait to be read by the loop. The reader of standard input then waits.
pub(crate) const ORDERS_MAX: usize = 16;
/// Findings of the oracle that are put into words. Further ones are only counted.
pub(crate) const EXAMPLES_MAX: usize = 20;
/// Kinds of errors that are told apart. Further ones are counted as `other`.
pub(crate) const ERROR_CODES_MAX: usize = 100;
/// This tool's own lateness, of one publication in a hundred, that still leaves latencies what they claim to be: microseconds.
pub(crate) const LATE_US_MAX: f64 = 5_000.0;
/// How late a thread that comes before all others may wake and its CPU still count as running.
pub(crate) const PAUSE: Duration = Duration::from_millis(2);
/// Pauses of CPUs that are remembered. Whatever was under way before the oldest of them then counts as touched by one.
pub(crate) const PAUSES_MAX: usize = 64;
/// Latencies above this are recorded as this, in microseconds.
pub(crate) const LATENCY_US_MAX: u64 = 120_000_000;
/// Seconds that a token is good for: longer than any run.
pub(crate) const TOKEN_SECONDS: u64 = 24 * 3600;
