//! The bounds of guardians' digests.

use std::time::Duration;

/// Entries of one digest, an item that concerns two children counted twice. More: the next digest has them.
pub const DIGEST_ENTRIES_MAX: usize = 90;
/// Bytes that the entries of a digest take when it is chosen; what is edited until it is published has the rest of a message.
/// More: the next digest has them.
pub const DIGEST_CHOSEN_BYTES_MAX: usize = 56 * 1024;
/// Days of a guardian's earlier digests whose items are never taken again.
pub const DIGEST_ROWS_DAYS: i64 = 35;
/// Days back that a digest looks at least: what did not fit is found again.
pub const DIGEST_LOOK_BACK_DAYS: i64 = 8;
/// Days back that a digest looks at most: the longest holidays. What is older is in no digest.
pub const DIGEST_LOOK_BACK_DAYS_MAX: i64 = 70;
/// Days that digests are remembered: longer than any look back.
pub const DIGEST_KEPT_DAYS: i64 = 72;
/// Publications of one channel that its part of the digests looks at. More: the oldest are left out.
pub const DIGEST_PART_ENTRIES_MAX: usize = 1_000;
/// Bytes of the parts that are kept while digests are made. More: the ones used least lately are read again.
pub const DIGEST_PARTS_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Guardians that one request to the ledger names. More: the next request.
pub const DIGEST_PAGE_MAX: usize = 256;
/// Digests published between two moments at which a withdrawal may come in.
pub const DIGEST_BATCH_MAX: usize = 64;
/// Guardians whose turns are known. More: the later ones are asked for when these had theirs.
pub const DIGEST_QUEUE_MAX: usize = 16_384;
/// Guardians in one page of those whose digests are ready.
pub const DIGEST_READY_PAGE_MAX: usize = 1_024;
/// Reads of the log that the digests have in flight.
pub const DIGEST_READS_IN_FLIGHT: usize = 256;
/// Publications of a channel that a first look at it reads.
pub const DIGEST_READ_PAGE: usize = 24;
/// Evenings of one zone that are remembered when the hub starts.
pub const DIGEST_EVENINGS_MAX: usize = 100;
/// Rows that retention removes in one commit.
pub const DIGESTS_TRIM_SLICE: usize = 1_024;
/// How long an answer of the broker's or the ledger's is waited for. Later: the step is tried again.
pub const DIGEST_ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// Between two steps of the work on digests.
pub const DIGEST_STEP_INTERVAL: Duration = Duration::from_millis(100);
/// The same while there is nothing to do: a hub at rest wakes up seldom.
pub const DIGEST_IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// How long the work rests after a step that failed.
pub const DIGEST_RETRY: Duration = Duration::from_secs(10);

const _: () = assert!(DIGEST_LOOK_BACK_DAYS_MAX < DIGEST_KEPT_DAYS && DIGEST_ROWS_DAYS < DIGEST_KEPT_DAYS);
const _: () = assert!(DIGEST_LOOK_BACK_DAYS < DIGEST_ROWS_DAYS);
const _: () = assert!(DIGEST_CHOSEN_BYTES_MAX < super::MESSAGE_BYTES_MAX);
