//! What a reader has to say about a roster's files: where, what was expected, never what stood there.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::builder::BuildError;
use crate::base::limits;

/// Whether a diagnostic keeps the roster from being applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing of the roster is applied.
    Error,
    /// The roster is applied without what the diagnostic names.
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

            /// Whether it keeps the roster from being applied.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity),+
                }
            }
        }
    };
}

codes!(
    /// The path is neither a folder nor a zip that can be read.
    Error BundleUnreadable = "bundle_unreadable",
    /// The zip is larger, or holds more files, than allowed.
    Error BundleTooLarge = "bundle_too_large",
    /// A file that is needed, or that the manifest announces, is not there.
    Error FileMissing = "file_missing",
    /// A file that describes classes is not there; what it would add stays empty.
    Warning OptionalFileMissing = "optional_file_missing",
    /// A file can't be opened or read to its end.
    Error FileUnreadable = "file_unreadable",
    /// A file is larger, unpacked, than allowed.
    Error FileTooLarge = "file_too_large",
    /// A file has more rows than allowed.
    Error TooManyRows = "too_many_rows",
    /// A row is longer than allowed; often a quote that never closes. The rest of the file is not read.
    Error RowTooLong = "row_too_long",
    /// The manifest announces changes only, which would be taken for the whole.
    Error DeltaUnsupported = "delta_unsupported",
    /// The header is separated by semicolons or tabs.
    Error DelimiterWrong = "delimiter_wrong",
    /// A column that is needed is not there.
    Error ColumnMissing = "column_missing",
    /// A column is there twice.
    Error ColumnDuplicate = "column_duplicate",
    /// A row has more or fewer fields than the header.
    Error FieldCount = "field_count",
    /// A row is not UTF-8.
    Error NotUtf8 = "not_utf8",
    /// A field that is needed is empty.
    Error ValueMissing = "value_missing",
    /// A field holds none of the words that it may hold.
    Error ValueUnknown = "value_unknown",
    /// A field holds a word of an extended vocabulary (`ext:…`); the row is left out.
    Warning ValueExtension = "value_extension",
    /// A field is no date.
    Error DateInvalid = "date_invalid",
    /// An end lies before its beginning.
    Error DatesReversed = "dates_reversed",
    /// An e-mail address is none; it is left out.
    Warning EmailInvalid = "email_invalid",
    /// A name, title or address is longer than allowed.
    Error TextTooLong = "text_too_long",
    /// A name or title holds control characters; they are read as spaces.
    Warning TextControl = "text_control",
    /// A list has more entries than allowed.
    Error ListTooLong = "list_too_long",
    /// An identifier can't stand in a channel's name.
    Error IdInvalid = "id_invalid",
    /// An identifier has another meaning in channel names.
    Error IdReserved = "id_reserved",
    /// An identifier was given before.
    Error IdDuplicate = "id_duplicate",
    /// A grade can't stand in a channel's name.
    Error GradeInvalid = "grade_invalid",
    /// A reference leads nowhere.
    Error ReferenceMissing = "reference_missing",
    /// A reference leads to a row that is deleted, disabled or left out; what it would add is left out too.
    Warning ReferenceInactive = "reference_inactive",
    /// A class belongs to a body that is no school.
    Error NotASchool = "not_a_school",
    /// A user has a role neither in its own row nor in `roles.csv`.
    Error RoleMissing = "role_missing",
    /// A student or guardian is enrolled as something that their role does not allow.
    Error EnrolmentRole = "enrolment_role",
    /// Somebody who is no student is enrolled as one; the enrolment is left out.
    Warning EnrolmentIgnored = "enrolment_ignored",
    /// A link does not join a student and a guardian; it is left out.
    Warning LinkIgnored = "link_ignored",
    /// Somebody who is no student is marked as of age; the mark is left out.
    Warning AdultIgnored = "adult_ignored",
    /// The roster has no room for more.
    Error RosterFull = "roster_full",
);

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Code {
    /// The code for what the builder refuses.
    pub(super) fn of(error: BuildError) -> Self {
        match error {
            BuildError::Id(_) => Self::IdInvalid,
            BuildError::Reserved => Self::IdReserved,
            BuildError::Duplicate => Self::IdDuplicate,
            BuildError::UnknownOrg | BuildError::UnknownAccount | BuildError::UnknownClass => {
                Self::ReferenceMissing
            }
            BuildError::NotASchool => Self::NotASchool,
            BuildError::EnrolmentRole => Self::EnrolmentRole,
            BuildError::LinkRoles => Self::LinkIgnored,
            BuildError::Adult => Self::AdultIgnored,
            BuildError::TextTooLong => Self::TextTooLong,
            BuildError::ListTooLong => Self::ListTooLong,
            BuildError::Full { .. } => Self::RosterFull,
        }
    }
}

/// One thing about one place in the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether it keeps the roster from being applied.
    pub severity: Severity,
    /// What is wrong.
    pub code: Code,
    /// The file's name; none for the bundle as a whole.
    pub file: Option<&'static str>,
    /// The row: the header is row 1, blank lines don't count.
    pub row: Option<u64>,
    /// The column's name.
    pub field: Option<&'static str>,
    /// What should have stood there.
    pub expected: Cow<'static, str>,
}

/// Where a diagnostic points to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    pub(super) file: Option<&'static str>,
    pub(super) row: Option<u64>,
    pub(super) field: Option<&'static str>,
}

impl At {
    /// A file as a whole.
    pub(super) fn file(file: &'static str) -> Self {
        Self { file: Some(file), ..Self::default() }
    }
}

/// All that a reader has to say: the first [`limits::ROSTER_DIAGNOSTICS_MAX`] diagnostics, and how many there were.
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
    /// Whether the roster may be applied.
    pub fn is_applicable(&self) -> bool {
        self.errors == 0
    }

    /// How many diagnostics did not fit the list.
    pub fn unlisted(&self) -> u64 {
        (self.errors + self.warnings).saturating_sub(self.diagnostics.len() as u64)
    }

    pub(super) fn add(&mut self, code: Code, at: At, expected: impl Into<Cow<'static, str>>) {
        let severity = code.severity();
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.diagnostics.len() == limits::ROSTER_DIAGNOSTICS_MAX {
            let warning = |d: &Diagnostic| d.severity == Severity::Warning;
            match self.diagnostics.iter().rposition(warning) {
                Some(last) if severity == Severity::Error => self.diagnostics.remove(last),
                _ => return,
            };
        }
        self.diagnostics.push(Diagnostic {
            severity,
            code,
            file: at.file,
            row: at.row,
            field: at.field,
            expected: expected.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_list_counts_on_and_prefers_errors() {
        let mut report = Report::default();
        for _ in 0..=limits::ROSTER_DIAGNOSTICS_MAX {
            report.add(Code::TextControl, At::default(), "text");
        }
        assert!(report.is_applicable());
        assert_eq!(report.unlisted(), 1);
        report.add(Code::DateInvalid, At::file("users.csv"), "a date");
        assert_eq!(report.diagnostics.len(), limits::ROSTER_DIAGNOSTICS_MAX);
        assert_eq!(report.diagnostics.last().map(|d| d.code), Some(Code::DateInvalid));
        assert_eq!((report.errors, report.unlisted()), (1, 2));
        assert!(!report.is_applicable());
    }

    #[test]
    fn the_documentation_lists_exactly_the_codes() {
        let page = include_str!("../../docs/ROSTER.md");
        let listed: Vec<(&str, &str)> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter_map(|(code, rest)| Some((code, rest.split_once(" | ")?.0)))
            .filter(|(_, severity)| ["error", "warning"].contains(severity))
            .collect();
        let codes = Code::ALL.iter();
        let codes: Vec<_> = codes.map(|code| (code.as_str(), code.severity().as_str())).collect();
        assert_eq!(listed, codes);
    }

    #[test]
    fn codes_are_distinct_snake_case_words() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b"_8".contains(&b))));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
