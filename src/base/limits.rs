//! Every bound of the hub in one place, with the sums that relate them checked at compile time.
//!
//! A bound says what is counted and what happens when it is reached. Operators may lower or raise those that the
//! configuration names; the rest are the protocol's.

use std::time::Duration;

mod calendar;
mod digests;
mod families;
mod hooks;
mod items;
mod ledger;
mod lessons;
mod letters;
mod login;
mod marks;
mod operators;
mod roster;
mod watch;

pub use calendar::*;
pub use digests::*;
pub use families::*;
pub use hooks::*;
pub use items::*;
pub use ledger::*;
pub use lessons::*;
pub use letters::*;
pub use login::*;
pub use marks::*;
pub use operators::*;
pub use roster::*;
pub use watch::*;

// --- What is sent -------------------------------------------------------------------------------------------------

/// Bytes of an identifier. Longer: `malformed`, or a roster diagnostic.
pub const ID_BYTES_MAX: usize = 96;
/// Bytes of one message from a client, and of one publication's HTTP body. Longer: close 1009, or problem 413.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Frames of one message from a client, empty ones counted. More: close 1009.
pub const MESSAGE_FRAMES_MAX: usize = 256;
/// Nesting of a client's JSON. Deeper: `malformed`.
pub const MESSAGE_DEPTH_MAX: usize = 8;
/// Characters of a post. Longer: `invalid_body`.
pub const POST_TEXT_CHARS_MAX: usize = 4_000;
/// Characters of an announcement's or assignment's text. Longer: `invalid_body`.
pub const NOTICE_TEXT_CHARS_MAX: usize = 10_000;
/// Characters of a title or subject. Longer: `invalid_body`.
pub const TITLE_CHARS_MAX: usize = 200;
/// Links in an assignment or post. More: `invalid_body`.
pub const LINKS_MAX: usize = 10;
/// Characters of one link. Longer: `invalid_body`.
pub const LINK_CHARS_MAX: usize = 2_000;
/// Bytes of a close frame's reason (RFC 6455 §5.5: 125 less the code). Our reasons are built below it.
pub const CLOSE_REASON_BYTES_MAX: usize = 123;

// --- One connection -----------------------------------------------------------------------------------------------

/// Channels that one connection follows. More: `too_many_subscriptions`.
pub const SUBSCRIPTIONS_MAX: usize = 64;
/// Publications asked for by `from: {last}`. More: `malformed`.
pub const LAST_MAX: usize = 100;
/// Frames waiting in one connection's outbox. Full: the connection is behind and catches up from the log.
pub const OUTBOX_FRAMES_MAX: usize = 64;
/// Bytes waiting in one connection's outbox. Full: as above.
pub const OUTBOX_BYTES_MAX: usize = 256 * 1024;
/// Bytes waiting for a socket that takes no more, from which on it counts as slow. At load level 3 the feed stops there: the
/// connection catches up from the log.
pub const SLOW_READER_BYTES: usize = 4 * 1024;
/// Frames beyond the outbox's bound that what can't be read again may use: answers, and news of a subscription. Full: close `slow_consumer`.
pub const OUTBOX_REPLY_FRAMES_MAX: usize = 128;
/// Bytes beyond the outbox's bound that such answers may use. Full: as above.
pub const OUTBOX_REPLY_BYTES_MAX: usize = 256 * 1024;
/// Frames that one write to a socket joins. More: the next write takes them.
pub const FRAMES_PER_WRITE_MAX: usize = 64;
/// Bytes that the kernel takes for a socket before the network does (`TCP_NOTSENT_LOWAT`). Full: the socket is stalled.
pub const SOCKET_UNSENT_BYTES_MAX: u32 = 16 * 1024;
/// What a stalled socket counts in the pool for what the kernel holds: what is unsent, as much again that the peer has not
/// acknowledged, and the kernel's own. Measured: 22 to 70 KB.
pub const STALLED_SOCKET_BYTES: usize = 64 * 1024;
/// Reads of a connection that broke the protocol, all thrown away, while its close code travels. More: it is dropped.
pub const LINGER_READS_MAX: u8 = 64;
/// Publications of one connection that wait for their commit. More: `rate_limited`.
pub const PUBLISHES_IN_FLIGHT_MAX: usize = 32;
/// Messages per second that one connection may send for long, and requests per second that one account may make over
/// HTTP; the burst is twice that. More: `rate_limited`.
pub const MESSAGES_PER_SECOND: u32 = 20;
/// Publications per second that one connection may send for long, and likewise one account over HTTP; the burst is twice
/// that. More: `rate_limited`.
pub const PUBLISHES_PER_SECOND: u32 = 10;
/// Messages per second that the session refuses by itself (malformed, not allowed, over the rate) for long; the burst is
/// twice that. More: close `abuse`.
pub const REFUSALS_PER_SECOND: u32 = 100;

// --- Time on a connection -----------------------------------------------------------------------------------------

/// From accept to a complete handshake, or to the first bytes of another request and from there to its complete head.
/// Later: the socket is closed.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(8);
/// Silence after which the hub sends a ping. Common proxies cut a line that is silent for a minute.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(45);
/// Silence after which a connection is closed with `idle`.
pub const IDLE_DEADLINE: Duration = Duration::from_secs(95);
/// From our close frame to the peer's. Later: the socket is closed.
pub const CLOSE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a socket may take no byte while some wait for it. Later: close `slow_consumer`.
pub const STALL_DEADLINE: Duration = Duration::from_mins(1);
/// Life of a seat. Later: `seat_expired`.
pub const SEAT_TTL: Duration = Duration::from_secs(30);
/// Over what time the connections of a window that has closed end, each at an instant of its own.
pub const SUSPENSION_SPREAD: Duration = Duration::from_mins(3);
/// Clock skew allowed in a token's times.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(30);

// --- Admission ----------------------------------------------------------------------------------------------------

/// How often the load's indicators are sampled, and those called who wait.
pub const LOAD_SAMPLE_INTERVAL: Duration = Duration::from_millis(250);
/// The same while nobody comes and there is little to do. A burst is then seen so much later, and let in at the rate as it was.
pub const LOAD_SAMPLE_IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Between two moves of the rate of admissions.
pub const FLOW_STEP: Duration = Duration::from_secs(1);
/// By what part of themselves seats grow in a second, one at least, when more are allowed; they fall at once.
pub const SEATS_RISE_PER_SECOND: f64 = 0.02;
/// Sessions that the settings may allow one account.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 8;
/// How long the seat of a session rests whose line was lost. Later: it is free.
pub const SEAT_GRACE: Duration = Duration::from_secs(30);
/// After a session replaced another: how long until a further one may replace one of the same account.
pub const REPLACED_COOL_DOWN: Duration = Duration::from_secs(30);
/// How long a connection lasts at most before its lease is renewed.
pub const LEASE: Duration = Duration::from_mins(30);
/// The same at a severe load, for those who are neither teachers nor in a live class.
pub const LEASE_SHORT: Duration = Duration::from_mins(10);
/// By how much leases are shorter than that, at most.
pub const LEASE_JITTER: Duration = Duration::from_mins(5);
/// How long the owners of seats are remembered who found none: so long no borrower's lease is renewed.
pub const DEMAND_TTL: Duration = Duration::from_mins(1);
/// Life of a place in the waiting room after the instant at which its holder is to ask again.
pub const TICKET_TTL: Duration = Duration::from_mins(5);
/// Between two changes of the key that signs tickets. The key before is still taken.
pub const TICKET_KEY_INTERVAL: Duration = Duration::from_hours(1);
/// Between two polls of somebody who waits, at least (half of it for teachers who resume) and, but for a fifth, at most.
pub const POLL_MIN: Duration = Duration::from_secs(2);
/// See [`POLL_MIN`].
pub const POLL_MAX: Duration = Duration::from_mins(1);
/// Minutes of one class in which somebody came who still waits: as long as a morning. More: those of the oldest wait as one.
pub const WAITING_MINUTES_MAX: usize = 300;
/// What a closed gate asks a client to wait, in milliseconds: at least, and at most where many wait already.
pub const CLOSED_RETRY_MS: u32 = 20_000;
/// See [`CLOSED_RETRY_MS`].
pub const CLOSED_RETRY_MAX_MS: u32 = 60_000;
/// The same for teachers, who are few.
pub const CLOSED_RETRY_FIRST_MS: u32 = 5_000;
/// Instants at which windows open for which guardians were promised their own. More: the oldest is forgotten.
pub const EVENINGS_MAX: usize = 64;
/// The longest time over which guardians come back.
pub const EVENING_MAX: Duration = Duration::from_hours(2);
/// How long whoever was let in is not sent away, so that nobody comes and goes in a loop.
pub const EVICTION_REST: Duration = Duration::from_mins(10);
/// Connections that one look for eviction sends away.
pub const EVICTIONS_MAX: usize = 50;
/// When an evicted client may come back, in milliseconds: from, to.
pub const EVICTED_WINDOW_MS: (u32, u32) = (30_000, 120_000);
/// The age that an evicted client's ticket has at most: short of what would lift it a class.
pub const EVICTED_AGE_MAX: Duration = Duration::from_mins(8);
/// The shortest and the longest window, in milliseconds, within which clients come back who were all sent away.
pub const RETURN_WINDOW_MIN_MS: u32 = 2_000;
/// See [`RETURN_WINDOW_MIN_MS`].
pub const RETURN_WINDOW_MAX_MS: u32 = 600_000;

// --- HTTP ---------------------------------------------------------------------------------------------------------

/// Bytes of a request's head. Longer: 431.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1024;
/// From a request's head to its answer. Later: `timeout`.
pub const HTTP_REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// How long an HTTP connection may take no byte of an answer that waits for it. Later: it is closed.
pub const HTTP_WRITE_DEADLINE: Duration = HTTP_REQUEST_DEADLINE;
/// Life of a kept-alive HTTP connection. Later: it ends after the request in hand, or after one more request deadline.
pub const HTTP_CONNECTION_LIFETIME: Duration = Duration::from_mins(10);
/// From the first refused seat and red readiness to the closing of the port, when a hub drains: time for a balancer to
/// look. Machine time; the configuration may set another.
pub const DRAIN_GRACE: Duration = Duration::from_secs(2);
/// Over what time the connections of a hub that drains are closed at most; the configuration may set another.
pub const DRAIN_WINDOW: Duration = Duration::from_secs(30);
/// From the closing of the port to the end of HTTP connections. Later: they are cut.
pub const HTTP_DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// Connections that the kernel holds until they are accepted.
pub const HTTP_BACKLOG: i32 = 4_096;
/// Publications of a history page when the request names no limit.
pub const HISTORY_LIMIT_DEFAULT: usize = 50;
/// Publications of one bulletin. More: the older ones are left out.
pub const BULLETIN_PUBLICATIONS_MAX: usize = 10;
/// Bytes of their bodies, but for the newest one's. More: as above.
pub const BULLETIN_BYTES_MAX: usize = 64 * 1024;
/// How long a bulletin is kept while nothing is published in it: retention may remove what it holds.
pub const BULLETIN_TTL: Duration = Duration::from_mins(1);
/// Bytes of all bulletins that are kept. More: all are forgotten, and read again.
pub const BULLETINS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Polls per second that one account may make from the waiting room for long; the burst is twice that. A poll before its
/// time does not count. More: `rate_limited`.
pub const POLLS_PER_SECOND: u32 = 5;
/// What `busy` asks a client to wait, in milliseconds.
pub const BUSY_RETRY_MS: u32 = 500;
/// What `busy` asks an operator to wait while another reload of the roster is under way.
pub const RELOAD_RETRY: Duration = Duration::from_secs(5);
/// What `draining` asks a client to wait at most before it connects again, in milliseconds.
pub const DRAIN_WINDOW_MS: u32 = 10_000;
/// When clients may come back after a close that nobody planned, in milliseconds: from, to.
pub const RETRY_WINDOW_MS: (u32, u32) = (500, 10_000);
/// When a client comes back whose socket no shard had room for, in milliseconds.
pub const OVERLOAD_WINDOW_MS: (u32, u32) = (1_000, 10_000);

// --- The hub ------------------------------------------------------------------------------------------------------

/// Bytes taken from one socket before the next has its turn; one such buffer serves a whole shard.
pub const READ_BYTES_MAX: usize = 64 * 1024;
/// Bytes that a shard keeps of messages that have not come whole, whoever sent them. Full: who needs more is closed
/// with 1009; messages that come in one piece pass.
pub const PARTIAL_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes taken from all sockets of a shard in one poll. More: they stay in the kernel until the next.
pub const POLL_BYTES_MAX: usize = 1024 * 1024;
/// Sockets whose readiness one poll takes from the kernel. More: the next poll takes them.
pub const POLL_SOCKETS_MAX: usize = 1_024;
/// Messages waiting for one shard. Full: the sender of that message waits (broker) or is refused (a new connection).
pub const SHARD_INBOX_MAX: usize = 4_096;
/// Connections that a shard may hold beyond the shard that holds the fewest. More: who comes goes there, whatever its class.
pub const SHARD_LEAD_MIN: usize = 64;
/// The same as a part of the fewest, where that is more: one eighth.
pub const SHARD_LEAD_PART: usize = 8;
/// How often a shard looks for sessions' deadlines that have passed.
pub const TICK_INTERVAL: Duration = Duration::from_millis(500);
/// How often while it has something to do for all its sessions, which it does piece by piece.
pub const CHORE_INTERVAL: Duration = Duration::from_millis(100);
/// Connections that a shard tells of another load level in one piece. More: the next piece tells them.
pub const LOAD_TOLD_PER_CHORE: u32 = 1_024;
/// Sessions whose deadlines lie within the same such time are looked at together.
pub const WHEEL_BUCKET: Duration = Duration::from_millis(250);
/// Buckets of a shard's wheel of deadlines. Later deadlines are looked at early, and put in again.
pub const WHEEL_BUCKETS: usize = 256;
/// How long a shard waits before it asks a busy broker again.
pub const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// Encoded publications that a shard keeps for the next reader. More: the oldest are encoded again.
pub const ENCODED_FRAMES_MAX: usize = 1_024;
/// Bytes of all of them. More: as above.
pub const ENCODED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Subscribers that one wide fan-out serves between two looks at other work.
pub const FANOUT_CHUNK: usize = 64;
/// Bytes that it delivers between two such looks, but for the last subscriber's.
pub const FANOUT_CHUNK_BYTES: usize = 512 * 1024;
/// Subscribers on a shard above which a channel's fan-out takes the wide lane.
pub const WIDE_CHANNEL_SUBSCRIBERS: usize = 256;
/// Publications waiting in the wide lane of a shard. Full: their channel's subscribers catch up from the log.
pub const WIDE_LANE_MAX: usize = 512;
/// Replays in flight per shard. More: they wait in line, one entry per subscription.
pub const REPLAYS_IN_FLIGHT_MAX: usize = 64;
/// Replays in flight per shard when the pool has no room for what they bring: who subscribes waits for a page too.
pub const REPLAYS_IN_FLIGHT_MIN: usize = 8;
/// Mebibytes of the pool for what waits for all sockets of the hub, a share for each shard. Used up: outboxes that hold
/// something take no more of the feed, and their connections read the log later.
pub const QUEUE_POOL_MIB: usize = 64;
/// Of each class of admission, in their order: its thousandths of the pool. Used up: its own slow connections read the log
/// later, others do not notice.
pub const QUEUE_POOL_SHARES: [u16; 6] = [50, 200, 350, 250, 50, 100];
/// Quotas that a set of sockets can tell apart.
pub const POOL_GROUPS: usize = 8;
/// Publications per page of a replay.
pub const REPLAY_PAGE: usize = 32;
/// Connections of HTTP, with sockets at the door whose heads are not whole. More: newcomers wait in the backlog.
pub const HTTP_CONNECTIONS_MAX: usize = 4_096;
/// Connections among them that have not sent a whole request. More: the one that waits for longest is told 503 and closed.
pub const HTTP_UNFINISHED_MAX: usize = 2_048;
/// The same at the highest load level.
pub const HTTP_UNFINISHED_CRITICAL_MAX: usize = 256;
/// Files that are not connections with a seat, at least: the store's, the threads' own, and HTTP with the rest.
pub const FILES_KEPT_MIN: u64 = 512;
/// The same as a part of the files that the process may open, where that is more: a twelfth, up to what HTTP may take.
pub const FILES_KEPT_PART: u64 = 12;
/// Memory that is kept back for what is not counted: a sixteenth of the budget.
pub const MEMORY_RESERVE_PART: u64 = 16;
/// What the kernel holds for a connection at rest.
pub const SEAT_KERNEL_BYTES: u64 = 3_994;
/// What a seat is taken to cost until so many are there that it can be measured, kernel included.
pub const SEAT_BYTES: u64 = 8 * 1024;
/// Connections from which on the cost of a seat is measured.
pub const SEATS_MEASURED_MIN: u64 = 2_000;
/// Between two looks at what a seat costs.
pub const CAPACITY_INTERVAL: Duration = Duration::from_secs(5);
/// Between two looks at the school's clock for windows that close.
pub const WINDOWS_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// Connections on the operators' listener. More: they wait in the backlog.
pub const OPERATOR_CONNECTIONS_MAX: usize = 64;
/// Accounts whose rate over HTTP is remembered. More: the one seen first is forgotten, and has its whole burst again.
pub const HTTP_ACCOUNTS_RATED_MAX: usize = 65_536;
/// Seats that were spent and have not expired: upgrades per second, times [`SEAT_TTL`]. Full: `busy`.
pub const SPENT_SEATS_MAX: usize = 262_144;

// --- Running ------------------------------------------------------------------------------------------------------

/// Threads that serve HTTP. Sockets live on the shards' threads.
pub const HTTP_THREADS: usize = 2;
/// Threads for blocking work: reloads, start and end. More wait in line.
pub const BLOCKING_THREADS_MAX: usize = 8;
/// Between two looks at the school's clock for retention.
pub const RETENTION_CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// Between two looks at the school's clock for what is due in the schedule.
pub const RELEASE_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// School time between two removals by retention.
pub const RETENTION_INTERVAL: Duration = Duration::from_hours(1);
/// Bytes of the embedded issuer's key file. Longer: it is not one.
pub const ISSUER_KEY_BYTES_MAX: usize = 4_096;
/// Life of a token that `preau token` mints. More is refused.
pub const TOKEN_TTL_MAX: Duration = Duration::from_hours(24 * 30);

// --- Broker and store ---------------------------------------------------------------------------------------------

/// Publications waiting for the commit thread. Full: `busy`.
pub const PUBLISH_QUEUE_MAX: usize = 4_096;
/// Publications in one commit.
pub const COMMIT_BATCH_MAX: usize = 256;
/// Reads waiting for a reader. Full: `busy`.
pub const READ_QUEUE_MAX: usize = 4_096;
/// Publications that one read returns.
pub const READ_PAGE_MAX: usize = 200;
/// Bytes of bodies that one read returns; the first publication is returned whatever its size.
pub const READ_PAGE_BYTES_MAX: usize = 256 * 1024;
/// Publications of one channel kept in memory for replays. More: the oldest leave, and are read from disk.
pub const TAIL_PUBLICATIONS_MAX: usize = 64;
/// Channels whose tail is kept in memory. More: the least recently written leaves.
pub const TAIL_CHANNELS_MAX: usize = 4_096;
/// Bytes of all tails together. More: the least recently written channel's tail leaves.
pub const TAIL_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Publications that one read looks at, visible or not. More: the page ends there, and the next one goes on.
pub const READ_SCAN_MAX: usize = 4_096;
/// Answers that wait for queued reads, equal ones counted each. Full: `busy`.
pub const READ_ANSWERS_MAX: usize = 65_536;
/// Threads that read the log.
pub const READERS: usize = 2;
/// Between two trial commits while the storage fails and nobody publishes.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// Removals by retention that wait or run. Full: `busy`.
pub const TRIMS_WAITING_MAX: usize = 4;
/// Publications that retention removes between two commits.
pub const TRIM_SLICE: usize = 64;
/// Publications that wait in the schedule. More: `schedule_full`.
pub const SCHEDULED_MAX: usize = 131_072;
/// Publications of one author that wait in the schedule. More: `schedule_full`.
pub const SCHEDULED_PER_AUTHOR_MAX: usize = 256;
/// How far ahead a publication may be sent, in school time. Further: `malformed`.
pub const SCHEDULE_AHEAD_MAX: Duration = Duration::from_hours(24 * 366);
/// Publications that leave the schedule in one commit.
pub const RELEASE_SLICE: usize = 64;
/// Publications that one look at the clock releases: with [`RELEASE_CHECK_INTERVAL`] it paces what waited for one hour.
/// More: the next look goes on.
pub const RELEASE_MAX: usize = 8 * RELEASE_SLICE;
/// Releases that wait or run. Full: `busy`.
pub const RELEASES_WAITING_MAX: usize = 4;
/// The time in which urgent publications are counted, in machine time.
pub const URGENT_INTERVAL: Duration = Duration::from_hours(1);
/// Urgent publications of one account in that time. More: `rate_limited`.
pub const URGENT_PER_ACCOUNT_MAX: usize = 3;
/// Urgent publications in one school's channels, or in the region's, in that time. More: `rate_limited`.
pub const URGENT_PER_SCHOOL_MAX: usize = 6;
/// Channels, and authors, whose numbers in the file the commit thread keeps in memory. Full: it begins anew.
pub const NAMES_KEPT_MAX: usize = 16_384;
/// Pages of the write-ahead log after which they are copied into the database, between two commits.
pub const LOG_PAGES_BEFORE_CHECKPOINT: u32 = 1_000;
/// Bytes of a database that is checked page by page when it is opened. Larger: its backups are.
pub const CHECKED_AT_OPEN_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Pages that a backup copies between two looks at its progress.
pub const BACKUP_STEP_PAGES: u32 = 256;

const _: () = assert!(POST_TEXT_CHARS_MAX <= NOTICE_TEXT_CHARS_MAX);
// Four bytes a character at worst, six when JSON escapes them; the largest body must fit one message with its frame.
const _: () = assert!(NOTICE_TEXT_CHARS_MAX * 4 + LINKS_MAX * LINK_CHARS_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(OUTBOX_BYTES_MAX >= 2 * MESSAGE_BYTES_MAX);
const _: () = assert!(OUTBOX_REPLY_BYTES_MAX >= 2 * MESSAGE_BYTES_MAX);
const _: () = assert!(STALLED_SOCKET_BYTES >= 2 * SOCKET_UNSENT_BYTES_MAX as usize);
const _: () = assert!(QUEUE_POOL_SHARES.len() <= POOL_GROUPS);
const _: () = assert!(READ_BYTES_MAX <= POLL_BYTES_MAX);
const _: () = assert!(PARTIAL_BYTES_MAX >= 256 * MESSAGE_BYTES_MAX);
const _: () = assert!(PUBLISHES_IN_FLIGHT_MAX < OUTBOX_REPLY_FRAMES_MAX);
const _: () = assert!(SUBSCRIPTIONS_MAX < OUTBOX_REPLY_FRAMES_MAX);
const _: () = assert!(REPLAY_PAGE < OUTBOX_FRAMES_MAX);
const _: () = assert!(REPLAY_PAGE <= READ_PAGE_MAX && LAST_MAX <= READ_PAGE_MAX);
// Whoever waits has a ticket of the present key before the one before is gone.
const _: () = assert!(TICKET_KEY_INTERVAL.as_secs() >= TICKET_TTL.as_secs());
const _: () = assert!(HEARTBEAT_INTERVAL.as_secs() * 2 < IDLE_DEADLINE.as_secs());
const _: () = assert!(COMMIT_BATCH_MAX <= PUBLISH_QUEUE_MAX);
const _: () = assert!(RELEASE_SLICE <= COMMIT_BATCH_MAX && SCHEDULED_PER_AUTHOR_MAX < SCHEDULED_MAX);
const _: () = assert!(READ_QUEUE_MAX <= READ_ANSWERS_MAX && READ_PAGE_MAX <= READ_SCAN_MAX);
// Half of the places are left to who asks.
const _: () = assert!(HTTP_UNFINISHED_MAX * 2 <= HTTP_CONNECTIONS_MAX);
// A token must fit a request's head.
const _: () = assert!(TOKEN_BYTES_MAX * 2 <= HTTP_HEAD_BYTES_MAX);
// The longest silence of a calendar must be found, whatever its longest holiday.
const _: () = assert!(CALENDAR_STRETCH_DAYS_MAX <= CALENDAR_SEARCH_DAYS_MAX);
