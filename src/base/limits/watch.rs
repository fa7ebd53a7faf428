//! The bounds of what a watch team sees: the operators' stream and its last hour.

use std::time::Duration;

use super::{HTTP_CONNECTION_LIFETIME, OPERATOR_CONNECTIONS_MAX};

/// Streams of the operators' listener at once. More: `busy`.
pub const WATCHERS_MAX: usize = 32;
/// Between two moments that are told. Nobody watches: none is made.
pub const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// Without a moment for so long, a comment says that the line is there.
pub const WATCH_HEARTBEAT: Duration = Duration::from_secs(2);
/// Life of one stream, below that of its connection. Later: its reader opens another, and gets what it has not seen.
pub const WATCH_LIFETIME: Duration = Duration::from_mins(9);
/// Between two rows of the last hour.
pub const BEAT_INTERVAL: Duration = Duration::from_secs(5);
/// Rows of the last hour, of some 300 bytes each. More: the oldest is forgotten.
pub const BEATS_MAX: usize = 720;
/// Between two looks at all schools that are kept, to be compared with.
pub const GLANCE_INTERVAL: Duration = Duration::from_mins(1);
/// Looks at all schools that are kept. More: the oldest is forgotten.
pub const GLANCES_MAX: usize = 5;
/// Schools of one look. More: those that come last by identifier are not compared.
pub const GLANCE_SCHOOLS_MAX: usize = 4_096;
/// Schools that are told to stand out. More: those that concern the fewest people are left out.
pub const STANDING_OUT_MAX: usize = 12;
/// Days back in which the last day with pupils is looked for.
pub const EARLIER_DAYS_MAX: i64 = 7;

// Half of the listener is left to those who act.
const _: () = assert!(WATCHERS_MAX * 2 <= OPERATOR_CONNECTIONS_MAX);
const _: () = assert!(WATCH_LIFETIME.as_secs() < HTTP_CONNECTION_LIFETIME.as_secs());
const _: () = assert!(BEATS_MAX as u64 * BEAT_INTERVAL.as_secs() == 3_600);
