//! What a reader has to say about an iCalendar file: the line, and what was expected there.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::base::limits;

/// Whether a diagnostic keeps the file from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is not used.
    Error,
    /// The file is used, read as the diagnostic says.
    Warning,
}

impl Severity {
    /// The word in a table and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $severity:ident $name:ident = $word:literal),+ $(,)?) => {
        /// What is wrong. The words are stable: scripts may rely on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name),+
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in a table and in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word),+
                }
            }

            /// Whether it keeps the file from being used.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity),+
                }
            }
        }
    };
}

codes!(
    /// The file is larger than allowed.
    Error FileTooLarge = "file_too_large",
    /// The file is not UTF-8.
    Error NotUtf8 = "not_utf8",
    /// A line is longer than allowed.
    Error LineTooLong = "line_too_long",
    /// A line is no property.
    Error LineInvalid = "line_invalid",
    /// Components begin or end where they should not.
    Error StructureInvalid = "structure_invalid",
    /// An event has no first day.
    Error DateMissing = "date_missing",
    /// A value is no date, or no number of days.
    Error DateInvalid = "date_invalid",
    /// An end lies before its beginning.
    Error DatesReversed = "dates_reversed",
    /// A holiday is longer than a year.
    Error HolidayTooLong = "holiday_too_long",
    /// An event repeats, which is not understood.
    Error RecurrenceUnsupported = "recurrence_unsupported",
    /// The file has more holidays than allowed.
    Error TooManyHolidays = "too_many_holidays",
    /// The file has no holidays.
    Error NoHolidays = "no_holidays",
    /// A holiday has no name.
    Warning NameMissing = "name_missing",
    /// An event is no holiday: it has a time of the day, or names a return to school. It is left out.
    Warning EventIgnored = "event_ignored",
    /// A holiday ends on the day on which it begins; it is read as one day.
    Warning EndEqualsStart = "end_equals_start",
    /// A holiday's beginning alone is known; it is taken to last until 31 August, for 70 days at most.
    Warning EndOpen = "end_open",
    /// A holiday is longer than holidays are.
    Warning HolidayLong = "holiday_long",
    /// Two holidays share days.
    Warning HolidaysOverlap = "holidays_overlap",
);

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing about one place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether it keeps the file from being used.
    pub severity: Severity,
    /// What is wrong.
    pub code: Code,
    /// The line in the file, from 1; of a folded one the first.
    pub line: u64,
    /// The property.
    pub property: Option<&'static str>,
    /// What should have stood there.
    pub expected: Cow<'static, str>,
}

/// All that a reader has to say: the first [`limits::CALENDAR_DIAGNOSTICS_MAX`] diagnostics, and how many there were.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// How many errors there were, also those beyond the list.
    pub errors: u64,
    /// How many warnings there were, also those beyond the list.
    pub warnings: u64,
    /// In the order in which they were found. An error displaces the last warning when the list is full.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether the file may be used.
    pub fn is_applicable(&self) -> bool {
        self.errors == 0
    }

    /// How many diagnostics did not fit the list.
    pub fn unlisted(&self) -> u64 {
        (self.errors + self.warnings).saturating_sub(self.diagnostics.len() as u64)
    }

    pub(super) fn add(
        &mut self,
        code: Code,
        line: u64,
        property: Option<&'static str>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        let severity = code.severity();
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.diagnostics.len() == limits::CALENDAR_DIAGNOSTICS_MAX {
            let warning = |d: &Diagnostic| d.severity == Severity::Warning;
            match self.diagnostics.iter().rposition(warning) {
                Some(last) if severity == Severity::Error => self.diagnostics.remove(last),
                _ => return,
            };
        }
        self.diagnostics.push(Diagnostic { severity, code, line, property, expected: expected.into() });
    }
}
