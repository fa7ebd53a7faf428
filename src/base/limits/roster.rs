//! The bounds of a roster.

/// Accounts of a roster. More: the roster is refused.
pub const ROSTER_ACCOUNTS_MAX: usize = 4_000_000;
/// Classes and groups of a roster. More: the roster is refused.
pub const ROSTER_CLASSES_MAX: usize = 1_000_000;
/// Schools and other bodies of a roster. More: the roster is refused.
pub const ROSTER_ORGS_MAX: usize = 100_000;
/// Enrolments of a roster. More: the roster is refused.
pub const ROSTER_ENROLMENTS_MAX: usize = 20_000_000;
/// Links between guardians and students. More: the roster is refused.
pub const ROSTER_LINKS_MAX: usize = 10_000_000;
/// Bytes of one name, title or e-mail address. Longer: a diagnostic.
pub const ROSTER_TEXT_BYTES_MAX: usize = 255;
/// Bytes of all texts of a roster, each distinct one counted once. More: the roster is refused.
pub const ROSTER_ARENA_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Schools, and grades, of one account or class. More: a diagnostic.
pub const ROSTER_LIST_MAX: usize = 64;
/// Bytes of a roster's zip. Larger: a diagnostic, and it is not read.
pub const ROSTER_ZIP_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Files in a roster's zip. More: a diagnostic, and it is not read.
pub const ROSTER_ZIP_FILES_MAX: usize = 64;
/// Bytes of one file of a roster, unpacked. More: a diagnostic, and the rest is not read.
pub const ROSTER_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of one row. More: a diagnostic, and the rest of the file is not read.
pub const ROSTER_ROW_BYTES_MAX: usize = 64 * 1024;
/// Diagnostics that a report lists. More: they are counted, and errors displace warnings.
pub const ROSTER_DIAGNOSTICS_MAX: usize = 1_000;
/// Accounts that a reload names one by one as changed. More: it says that everybody may have changed.
pub const ROSTER_CHANGES_MAX: usize = 20_000;
