//! One holiday, as a file names it.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

/// One holiday, as a file names it: before departures, closures and extra days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// The first date in the file.
    pub from: Date,
    /// The last date; none if the file names the beginning alone.
    pub last: Option<Date>,
    /// As the file names it.
    pub name: Arc<str>,
    /// The line where it begins.
    pub line: u64,
}
