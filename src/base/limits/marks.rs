//! The bounds of receipts, done-marks, extensions and reminders.

use std::time::Duration;

/// Receipts, done-marks or extensions in one page of the ledger's. More: the next page.
pub const MARKS_PAGE_MAX: usize = 1_000;
/// Pairs of an item and a student whose marks are asked for at once. More: the first.
pub const MARKS_ASKED_MAX: usize = 4_096;
/// Done-marks of one account, receipts likewise and extensions, in its one page. More: the newest.
pub const MARKS_OF_ACCOUNT_MAX: usize = 2_000;
/// Marks of an item that retention removes in one commit.
pub const MARKS_TRIM_SLICE: usize = 1_024;
/// Days that receipts are kept after their announcement has expired or was withdrawn.
pub const RECEIPTS_KEPT_DAYS: i64 = 30;
/// Names in one answer about receipts. More: the next page.
pub const RECEIPT_NAMES_MAX: usize = 200;

/// Between two looks whether somebody is to be reminded; what one look publishes is the rate's share of it.
pub const REMINDERS_INTERVAL: Duration = Duration::from_millis(250);
/// The same while no slot is under way.
pub const REMINDERS_IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Reminders that wait for their commit. More: the next ones wait for these.
pub const REMINDERS_IN_FLIGHT_MAX: usize = 128;
/// Slots that are caught up with after the hub was away, or its school time was set forward: a day. Older ones are left out.
pub const REMINDER_SLOTS_MAX: usize = 78;
/// Days before a due date on which a reminder that falls into quiet hours may be given instead. None of them: the morning
/// after the quiet hours.
pub const REMINDER_DAYS_BACK_MAX: i32 = 4;
