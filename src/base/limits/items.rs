//! The bounds of items: announcements and assignments as wholes.

use std::time::Duration;

/// Channels of one item. More: `invalid_body`.
pub const ITEM_PLACES_MAX: usize = 50;
/// Versions of one item. More: `invalid_body`; withdraw it and send another.
pub const ITEM_VERSIONS_MAX: u32 = 200;
/// How long an edit of an assignment waits for a further one that takes its place.
pub const EDIT_HOLD: Duration = Duration::from_mins(5);
/// How long at most, from the first edit that nobody has seen.
pub const EDIT_HOLD_MAX: Duration = Duration::from_mins(30);
/// Items that are written at once; their names share these locks.
pub const ITEM_LOCKS: usize = 64;
/// Items on a page of one's own. More: `malformed`.
pub const ITEMS_LIMIT_MAX: usize = 200;
/// Operations of one batch. More: `malformed`.
pub const BATCH_MAX: usize = 100;
/// Bytes of a batch. Longer: problem 413.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Accounts that may send in others' names. More: a mistake of the configuration.
pub const ON_BEHALF_MAX: usize = 16;
/// Between two looks for items whose copies are not all where they belong.
pub const RECOVERY_INTERVAL: Duration = Duration::from_secs(10);
/// Items that one read of the ledger answers. More: the next read.
pub const ITEMS_PAGE_MAX: usize = 1_000;
/// Items that retention removes in one commit.
pub const ITEMS_TRIM_SLICE: usize = 1_024;
/// Publications that one replacement may take back. As many as an item has versions.
pub const REPLACED_MAX: usize = ITEM_VERSIONS_MAX as usize;
/// Replacements that are carried out in one commit, all or none.
pub const REPLACEMENTS_MAX: usize = 64;

const _: () = assert!(ITEM_PLACES_MAX <= REPLACEMENTS_MAX);
/// Languages of one announcement besides its own. More: `invalid_body`.
pub const TRANSLATIONS_MAX: usize = 8;
/// Bytes of an item's name. Longer: `malformed`.
pub const ITEM_ID_BYTES_MAX: usize = 64;
/// Assignments in one reminder. More: the earliest due.
pub const REMINDER_ENTRIES_MAX: usize = 50;
/// Characters of an entry's text in a digest. Longer: cut, with an ellipsis.
pub const DIGEST_TEXT_CHARS_MAX: usize = 1_000;
