//! The bounds of items: announcements and assignments as wholes.

/// Channels of one item. More: `invalid_body`.
pub const ITEM_PLACES_MAX: usize = 50;
/// Versions of one item. More: `invalid_body`; withdraw it and send another.
pub const ITEM_VERSIONS_MAX: u32 = 200;
/// Items that one read of the ledger answers. More: the next read.
pub const ITEMS_PAGE_MAX: usize = 1_000;
/// Items that retention removes in one commit.
pub const ITEMS_TRIM_SLICE: usize = 1_024;
