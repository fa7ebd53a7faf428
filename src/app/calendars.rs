//! The calendar's files: read at start, on SIGHUP, when an operator asks, and by commands that answer for it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::{SchoolTime, limits};
use crate::calendar::{Alarm, Calendar, CalendarConfig, Holiday, read_holidays};
use crate::config::{Config, files};
use crate::http::operations::CalendarRefused;

/// Why there is no calendar.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// A file is not there, or can't be read.
    #[error("the calendar file {path} can't be read: {error}")]
    File {
        /// Which.
        path: String,
        /// The operating system's word.
        #[source]
        error: std::io::Error,
    },
    /// A file has errors.
    #[error("the calendar file {path} has {errors} errors; `preau calendar check {path}` shows them all")]
    Refused {
        /// Which.
        path: String,
        /// How many.
        errors: u64,
    },
}

/// The bytes of a calendar file: one more than allowed of a larger one, so that its reader refuses it.
///
/// # Errors
/// [`CalendarError::File`].
pub fn bytes(path: &Path) -> Result<Vec<u8>, CalendarError> {
    files::read_up_to(path, limits::CALENDAR_FILE_BYTES_MAX + 1)
        .map_err(|error| CalendarError::File { path: path.display().to_string(), error })
}

/// The calendar that a configuration describes, its files read.
///
/// # Errors
/// See [`CalendarError`].
pub fn load(config: &Config) -> Result<Calendar, CalendarError> {
    CalendarFiles::of(config).read()
}

/// The rules of a configuration, and where its files lie. The files may become others while the hub runs; the rules don't.
pub(super) struct CalendarFiles {
    rules: CalendarConfig,
    zone: String,
}

impl CalendarFiles {
    /// The files that a configuration names.
    pub(super) fn of(config: &Config) -> Self {
        Self { rules: config.calendar.clone(), zone: config.zone.clone() }
    }

    /// Reads them all, or says which can't be.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub(super) fn read(&self) -> Result<Calendar, CalendarError> {
        let mut files: BTreeMap<_, Vec<Holiday>> = BTreeMap::new();
        for path in self.rules.all_files() {
            let (holidays, _) = read_holidays(&bytes(path)?).map_err(|report| CalendarError::Refused {
                path: path.display().to_string(),
                errors: report.errors,
            })?;
            files.insert(path.clone(), holidays);
        }
        Ok(Calendar::new(&self.rules, &self.zone, &files))
    }

    /// Reads them again for an operator.
    ///
    /// # Errors
    /// See [`CalendarRefused`].
    pub(super) fn read_again(&self) -> Result<Calendar, CalendarRefused> {
        if self.rules.all_files().next().is_none() {
            return Err(CalendarRefused::NoFiles);
        }
        self.read().map_err(|error| CalendarRefused::File {
            detail: error.to_string(),
            errors: match error {
                CalendarError::Refused { errors, .. } => Some(errors),
                CalendarError::File { .. } => None,
            },
        })
    }
}

/// Warns operators of a calendar that ends soon, or knows no holidays.
pub fn warn(calendar: &Calendar, now: SchoolTime) {
    match calendar.alarm(now) {
        None => {}
        Some(Alarm::NoHolidays) => {
            tracing::warn!("windows ask for holidays, and no file says when they are: set calendar.files");
        }
        Some(Alarm::Ends { days, .. }) => {
            tracing::warn!(
                days,
                "the calendar's files end: after that every day of the week counts as a school day"
            );
        }
    }
}
