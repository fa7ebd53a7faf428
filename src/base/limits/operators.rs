//! The bounds of the operators' surface and of the report.

use std::time::Duration;

/// Characters of the reason for an operator's change. Longer: `malformed`.
pub const WHY_CHARS_MAX: usize = 500;
/// Characters of the incident notice. Longer: `invalid_body`.
pub const INCIDENT_CHARS_MAX: usize = 500;
/// Entries of one page of the audit log. More: `malformed`.
pub const AUDIT_PAGE_MAX: usize = 200;

/// How long a kicked account is kept out if nobody says otherwise, in seconds of machine time.
pub const KICK_SECONDS: u32 = 600;
/// How long at most. More: `invalid_body`; whoever is to stay out for longer leaves the roster.
pub const KICK_SECONDS_MAX: u32 = 7 * 24 * 3_600;
/// Accounts that are kept out at once. More: `invalid_body`.
pub const KICKS_MAX: usize = 256;

/// Groups of schools in metrics, with the one of all others. More: a mistake of the configuration.
pub const SCHOOL_GROUPS_MAX: usize = 64;
/// Schools whose seats are counted apart at the gate. More: with those of no school.
pub const SCHOOLS_COUNTED_MAX: usize = 4_096;
/// From first asking for a seat until it is given, for a pupil who came in at the first try. Later: it did not.
pub const FIRST_TRY_MAX: Duration = Duration::from_secs(10);
/// Between two savings of what the report has counted. A process that is killed loses what came after the last.
pub const REPORT_SAVE_INTERVAL: Duration = Duration::from_secs(10);
/// Days whose reports are kept. More: the oldest is removed.
pub const REPORT_DAYS_MAX: usize = 800;
/// Bytes of a file with a day's report, or with what it is counted from. Longer: it is not one.
pub const REPORT_FILE_BYTES_MAX: usize = 512 * 1024 * 1024;
