//! The bounds of webhooks.

use std::time::Duration;

/// Endpoints of webhooks. More: a mistake of the configuration.
pub const HOOK_ENDPOINTS_MAX: usize = 16;
/// Bytes of an endpoint's name. Longer: a mistake of the configuration.
pub const HOOK_NAME_BYTES_MAX: usize = 32;
/// Bytes of an endpoint's address. Longer: a mistake of the configuration.
pub const HOOK_URL_BYTES_MAX: usize = 2_000;
/// Schools that one endpoint may name. More: a mistake of the configuration.
pub const HOOK_SCHOOLS_MAX: usize = 1_024;
/// Bytes of the file with an endpoint's secrets. Longer: it is not one.
pub const HOOK_SECRET_FILE_BYTES_MAX: usize = 4_096;
/// Secrets that sign for one endpoint at a time, so that one can take the place of the other. More: refused at start.
pub const HOOK_SECRETS_MAX: usize = 2;
/// Events that are kept for endpoints that have not taken them. More: the oldest is forgotten, and each endpoint that had not
/// taken it is told so by a metric and a line of the log.
pub const HOOK_EVENTS_MAX: u64 = 100_000;
/// Events that one endpoint has in memory at a time. More: the next page's.
pub const HOOK_PAGE_MAX: usize = 64;
/// Between two looks for events.
pub const HOOKS_INTERVAL: Duration = Duration::from_millis(250);
/// For one request, from the connection to the answer. Later: it counts as failed.
pub const HOOK_TIMEOUT: Duration = Duration::from_secs(15);
/// For the connection alone.
pub const HOOK_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer's body that are read, so that the line can be used again. More: the line is closed.
pub const HOOK_ANSWER_BYTES_MAX: usize = 8 * 1024;
/// How long a request that is under way may still take when the hub drains. Longer: it is made again after the next start.
pub const HOOK_DRAIN: Duration = Duration::from_secs(2);
/// Between two attempts at one event, at most: the wait doubles up to it.
pub const HOOK_RETRY_MAX: Duration = Duration::from_mins(15);
/// Attempts at one event, which with the usual first wait take 12 to 24 hours. All failed: the endpoint is parked.
pub const HOOK_ATTEMPTS_MAX: u32 = 104;
