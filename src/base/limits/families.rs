//! The bounds of what is decided about families.

/// Links that are cut at once. More: `storage_full`; restore one.
pub const LINK_CUTS_MAX: usize = 10_000;
