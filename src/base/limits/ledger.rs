//! The bounds of the ledger.

/// Requests that wait for the ledger. Full: `busy`.
pub const LEDGER_QUEUE_MAX: usize = 1_024;
/// Requests that the ledger answers after one commit.
pub const LEDGER_BATCH_MAX: usize = 64;
/// Characters of a word in the ledger: a key, a deed, a scope. Longer: refused.
pub const LEDGER_WORD_CHARS_MAX: usize = 128;
/// Characters of a reason. Longer: refused.
pub const REASON_CHARS_MAX: usize = 500;
/// Bytes of a JSON document in the ledger. Longer: refused.
pub const LEDGER_JSON_BYTES_MAX: usize = 64 * 1024;
/// Settings that operators may keep. More: refused.
pub const SETTINGS_MAX: usize = 1_024;
/// Entries of the audit log that retention removes in one commit.
pub const AUDIT_TRIM_SLICE: usize = 1_024;
