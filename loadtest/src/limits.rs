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
/// Bytes of a scenario file. Longer: refused.
pub(crate) const SCENARIO_BYTES_MAX: u64 = 256 * 1024;
/// Seconds of a phase. More: refused.
pub(crate) const PHASE_SECONDS_MAX: f64 = 24.0 * 3600.0;
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
/// Lines of its log that are told of a server that did not start.
pub(crate) const LAST_WORDS_LINES_MAX: usize = 5;
