//! Fields that several files share: status, dates, words of a vocabulary, names.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::civil::Date;

use super::table::Row;
use super::{At, Code, Reading, Report};
use crate::base::{ids, limits};

/// Why an identifier that stands in a file is not in the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// Deleted, disabled, or of no use here.
    Inactive,
    /// Its row has an error of its own, so that what refers to it needs none.
    Faulty,
}

/// Identifiers that stand in a file but not in the roster. At most one per row of their file.
#[derive(Debug, Default)]
pub(super) struct Absent {
    by_id: HashMap<Box<str>, Absence>,
    /// The file, or some of its rows, could not be read: what is not in the roster may have stood there.
    incomplete: bool,
}

impl Absent {
    /// Notes why an identifier is not in the roster.
    pub(super) fn insert(&mut self, id: &str, absence: Absence) {
        self.by_id.insert(id.into(), absence);
    }

    /// Why an identifier is not in the roster, if it stands in the file.
    pub(super) fn get(&self, id: &str) -> Option<Absence> {
        let faulty = self.incomplete.then_some(Absence::Faulty);
        self.by_id.get(id).copied().or(faulty)
    }

    /// Notes that identifiers of the file may be unknown.
    pub(super) fn set_incomplete(&mut self, incomplete: bool) {
        self.incomplete |= incomplete;
    }
}

/// Whether a row counts: its status is `active`, or blank as in bulk files.
pub(super) fn active(
    row: &Row<'_>,
    column: impl Into<usize>,
    reading: &mut Reading<'_>,
) -> Result<(), Absence> {
    let column = column.into();
    match row.text(column) {
        "" | "active" => Ok(()),
        "tobedeleted" => {
            reading.skipped.deleted += 1;
            Err(Absence::Inactive)
        }
        _ => {
            let expected = "active, tobedeleted or nothing";
            reading.report.add(Code::ValueUnknown, row.at(column), expected);
            Err(Absence::Faulty)
        }
    }
}

/// The word of a vocabulary in a field that may not be empty. An error is either a diagnostic of its own, or that of a
/// row to be left out.
pub(super) fn word<T: Copy>(
    row: &Row<'_>,
    column: impl Into<usize>,
    vocabulary: &[(&str, T)],
    report: &mut Report,
) -> Result<T, Absence> {
    let column = column.into();
    let text = row.required(column, report).ok_or(Absence::Faulty)?;
    if let Some((_, meaning)) = vocabulary.iter().find(|(word, _)| *word == text) {
        return Ok(*meaning);
    }
    let words: Vec<&str> = vocabulary.iter().map(|(word, _)| *word).collect();
    let expected = words.join(", ");
    if text.starts_with("ext:") {
        report.add(Code::ValueExtension, row.at(column), expected);
        return Err(Absence::Inactive);
    }
    report.add(Code::ValueUnknown, row.at(column), expected);
    Err(Absence::Faulty)
}

/// Yes or no; `default` if the field is empty, `None` and a diagnostic if it is neither.
pub(super) fn flag(
    row: &Row<'_>,
    column: impl Into<usize>,
    default: bool,
    report: &mut Report,
) -> Option<bool> {
    let column = column.into();
    let text = row.text(column);
    if text.is_empty() {
        return Some(default);
    }
    let says = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if says(["true", "1"]) {
        return Some(true);
    }
    if says(["false", "0"]) {
        return Some(false);
    }
    report.add(Code::ValueUnknown, row.at(column), "true, false or nothing");
    None
}

/// A beginning and an end, either of which may be empty; `None` and diagnostics if they make no sense.
pub(super) fn dates(
    row: &Row<'_>,
    begin: impl Into<usize>,
    end: impl Into<usize>,
    report: &mut Report,
) -> Option<(Date, Date)> {
    let (begin, end) = (begin.into(), end.into());
    let first = date(row, begin, Date::MIN, report);
    let last = date(row, end, Date::MAX, report);
    let (first, last) = (first?, last?);
    if first > last {
        report.add(Code::DatesReversed, row.at(end), "a date not before the beginning");
        return None;
    }
    Some((first, last))
}

fn date(row: &Row<'_>, column: usize, default: Date, report: &mut Report) -> Option<Date> {
    let text = row.text(column);
    if text.is_empty() {
        return Some(default);
    }
    let date = if text.len() == 10 { text.parse().ok() } else { None };
    if date.is_none() {
        report.add(Code::DateInvalid, row.at(column), "YYYY-MM-DD");
    }
    date
}

/// A name or title: within its limit, control characters read as spaces.
pub(super) fn name<'t>(row: &Row<'t>, column: impl Into<usize>, report: &mut Report) -> Option<Cow<'t, str>> {
    let column = column.into();
    let text = row.text(column);
    if text.len() > limits::ROSTER_TEXT_BYTES_MAX {
        let expected = format!("at most {} bytes", limits::ROSTER_TEXT_BYTES_MAX);
        report.add(Code::TextTooLong, row.at(column), expected);
        return None;
    }
    if !text.chars().any(char::is_control) {
        return Some(Cow::Borrowed(text));
    }
    report.add(Code::TextControl, row.at(column), "text without control characters");
    Some(Cow::Owned(text.replace(char::is_control, " ")))
}

/// The grades in a comma-separated field, each fit for a channel's name.
pub(super) fn grades<'t>(
    row: &Row<'t>,
    column: impl Into<usize>,
    report: &mut Report,
) -> Option<Vec<&'t str>> {
    let column = column.into();
    let grades: Vec<&str> = row.list(column).collect();
    if grades.len() > limits::ROSTER_LIST_MAX {
        let expected = format!("at most {} entries", limits::ROSTER_LIST_MAX);
        report.add(Code::ListTooLong, row.at(column), expected);
        return None;
    }
    if let Some(error) = grades.iter().find_map(|grade| ids::check(grade).err()) {
        report.add(Code::GradeInvalid, row.at(column), error.to_string());
        return None;
    }
    Some(grades)
}

/// A reference that leads nowhere in the roster: an error, a warning, or nothing, by why its target is not there.
///
/// Returns what that makes of a row that can't do without the target.
pub(super) fn dangling(
    id: &str,
    absent: &Absent,
    at: At,
    target: &'static str,
    report: &mut Report,
) -> Absence {
    match absent.get(id) {
        None => {
            report.add(Code::ReferenceMissing, at, format!("a sourcedId of {target}"));
            Absence::Faulty
        }
        Some(Absence::Inactive) => {
            report.add(Code::ReferenceInactive, at, format!("an active row of {target}"));
            Absence::Inactive
        }
        Some(Absence::Faulty) => Absence::Faulty,
    }
}
