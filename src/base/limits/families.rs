//! The bounds of what is decided about families, and of what is done when somebody leaves.

/// Links that are cut at once. More: `storage_full`; restore one.
pub const LINK_CUTS_MAX: usize = 10_000;
/// Publications that an erasure changes between two commits.
pub const ERASE_SLICE: usize = 64;
/// Erasures that wait for the broker. Full: `busy`.
pub const ERASURES_WAITING_MAX: usize = 4;
/// Accounts that one round of retention erases. More: the next round.
pub const LEAVERS_ERASED_MAX: usize = 256;
/// Rows of one table in an account's export. More: cut off, which it says.
pub const EXPORT_ROWS_MAX: usize = 10_000;
