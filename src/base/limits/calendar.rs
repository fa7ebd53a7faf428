//! The bounds of the calendar.

/// Bytes of one iCalendar file. Larger: a diagnostic, and it is not read.
pub const CALENDAR_FILE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one line of such a file, folds taken out. Longer: a diagnostic, and the line is left out.
pub const CALENDAR_LINE_BYTES_MAX: usize = 16 * 1024;
/// Holidays of one such file. More: a diagnostic, and the rest is not read.
pub const CALENDAR_HOLIDAYS_MAX: usize = 1_024;
/// Days of one holiday that are believed. More: a warning, since it is often a wrong month.
pub const CALENDAR_HOLIDAY_DAYS_MAX: i32 = 70;
/// Days of one holiday, or of one closure, at all. More: a diagnostic, or a mistake of the configuration.
pub const CALENDAR_STRETCH_DAYS_MAX: i32 = 400;
/// Characters of a holiday's name. Longer: the rest is cut off.
pub const CALENDAR_NAME_CHARS_MAX: usize = 120;
/// Diagnostics that a report on such a file lists. More: they are counted.
pub const CALENDAR_DIAGNOSTICS_MAX: usize = 200;
/// Schools with settings of their own in a calendar. More: a mistake of the configuration.
pub const CALENDAR_SCHOOLS_MAX: usize = 2_000;
/// Rules for windows, and files, of the region or of one school. More: a mistake of the configuration.
pub const CALENDAR_RULES_MAX: usize = 64;
/// Overrides of operators in force at once. Whoever takes them refuses more; given more, the calendar keeps the newest.
pub const OVERRIDES_MAX: usize = 64;
/// Days ahead in which the next change of an answer is looked for. Later: it is not named.
pub const CALENDAR_SEARCH_DAYS_MAX: i32 = 400;
/// Days before the calendar's end from which operators are warned.
pub const CALENDAR_ALARM_DAYS: i64 = 60;
