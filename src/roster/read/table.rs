//! One CSV file as rows with known columns: RFC 4180, UTF-8 with or without a byte order mark, columns in any order.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use csv::StringRecord;

use super::super::diagnostic::{At, Code, Report};
use super::bundle::{BUFFER_BYTES, Bound, Bundle, Stream};
use crate::base::limits;

/// Whether a file or column has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Without it the roster is not applied.
    Required,
    /// Without it something stays empty, which is said.
    Expected,
    /// Without it nothing is said.
    Optional,
}

/// What a file looks like.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) file: &'static str,
    pub(super) need: Need,
    pub(super) rows_max: usize,
    pub(super) columns: &'static [(&'static str, Need)],
}

/// Declares a file's columns as an enum `Column` and a table of their names.
macro_rules! columns {
    ($($name:ident = $text:literal $need:ident),+ $(,)?) => {
        #[derive(Debug, Clone, Copy)]
        enum Column { $($name),+ }

        impl From<Column> for usize {
            fn from(column: Column) -> usize {
                column as usize
            }
        }

        const COLUMNS: &[(&str, $crate::roster::read::table::Need)] =
            &[$(($text, $crate::roster::read::table::Need::$need)),+];
    };
}
pub(super) use columns;

/// A file being read.
pub(super) struct Table<'b> {
    layout: &'static Layout,
    reader: csv::Reader<Box<dyn Read + 'b>>,
    since_row: Rc<Cell<usize>>,
    /// By column of the layout: its place in the file.
    places: Vec<Option<usize>>,
    width: usize,
    record: StringRecord,
    row: u64,
    ended: bool,
    incomplete: bool,
}

/// One row of a file.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    layout: &'static Layout,
    places: &'t [Option<usize>],
    record: &'t StringRecord,
    number: u64,
}

impl<'b> Table<'b> {
    /// Opens a file and reads its header. `None`, and usually a diagnostic, if it can't be used.
    pub(super) fn open(bundle: &'b mut Bundle, layout: &'static Layout, report: &mut Report) -> Option<Self> {
        let at = At::file(layout.file);
        let stream = match bundle.stream(layout.file) {
            Ok(Some(stream)) => stream,
            Ok(None) => {
                match layout.need {
                    Need::Required => report.add(Code::FileMissing, at, "this file, not in a sub-folder"),
                    Need::Expected => report.add(Code::OptionalFileMissing, at, "this file"),
                    Need::Optional => (),
                }
                return None;
            }
            Err(_) => {
                report.add(Code::FileUnreadable, at, "a file that can be read");
                return None;
            }
        };
        let Stream { bytes, since_row } = stream;
        let mut table = Self {
            layout,
            reader: csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .buffer_capacity(BUFFER_BYTES)
                .from_reader(bytes),
            since_row,
            places: Vec::new(),
            width: 0,
            record: StringRecord::new(),
            row: 0,
            ended: false,
            incomplete: false,
        };
        table.read_header(report).then_some(table)
    }

    /// The next row that can be used; diagnostics for those that can't.
    pub(super) fn next(&mut self, report: &mut Report) -> Option<Row<'_>> {
        while self.advance(report) {
            let at = At { row: Some(self.row), ..At::file(self.layout.file) };
            // The header is no row of the table's.
            if self.row - 1 > self.layout.rows_max as u64 {
                let expected = format!("at most {} rows", self.layout.rows_max);
                report.add(Code::TooManyRows, at, expected);
                self.ended = true;
                self.incomplete = true;
                return None;
            }
            if self.record.len() == self.width {
                return Some(Row {
                    layout: self.layout,
                    places: &self.places,
                    record: &self.record,
                    number: self.row,
                });
            }
            let expected = format!("{} fields, as in the header", self.width);
            report.add(Code::FieldCount, at, expected);
            self.incomplete = true;
        }
        None
    }

    /// Whether a row could not be read.
    pub(super) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// The file's name, and the rows read so far.
    pub(super) fn progress(&self) -> (&'static str, u64) {
        (self.layout.file, self.row.saturating_sub(1))
    }

    fn read_header(&mut self, report: &mut Report) -> bool {
        let at = At { row: Some(1), ..At::file(self.layout.file) };
        let errors = report.errors;
        if !self.advance(report) && report.errors > errors {
            return false;
        }
        let foreign = self.record.len() == 1 && self.record[0].contains([';', '\t']);
        if foreign {
            report.add(Code::DelimiterWrong, at, "fields separated by commas");
            return false;
        }
        self.width = self.record.len();
        for (name, need) in self.layout.columns {
            let mut places = self.record.iter().enumerate().filter(|(_, text)| text.trim() == *name);
            let place = places.next().map(|(place, _)| place);
            let at = At { field: Some(name), ..at };
            if places.next().is_some() {
                report.add(Code::ColumnDuplicate, at, "this column once");
            } else if place.is_none() && *need == Need::Required {
                report.add(Code::ColumnMissing, at, "this column, in exactly this case");
            }
            self.places.push(place);
        }
        report.errors == errors
    }

    /// Reads the next record that is UTF-8. `false` at the end of the file or at what makes going on useless.
    fn advance(&mut self, report: &mut Report) -> bool {
        while !self.ended {
            let mut bytes = std::mem::take(&mut self.record).into_byte_record();
            self.since_row.set(0);
            let outcome = self.reader.read_byte_record(&mut bytes);
            let at = At { row: Some(self.row + 1), ..At::file(self.layout.file) };
            match outcome {
                Ok(true) => self.row += 1,
                Ok(false) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    self.incomplete = true;
                    unreadable(&error, at, report);
                }
            }
            if self.ended {
                return false;
            }
            if let Ok(record) = StringRecord::from_byte_record(bytes) {
                self.record = record;
                return true;
            }
            report.add(Code::NotUtf8, at, "UTF-8");
            self.incomplete = true;
        }
        false
    }
}

fn unreadable(error: &csv::Error, at: At, report: &mut Report) {
    let bound = match error.kind() {
        csv::ErrorKind::Io(error) => error.get_ref().and_then(|e| e.downcast_ref::<Bound>()),
        _ => None,
    };
    match bound {
        Some(Bound::File { bytes_max }) => {
            report.add(Code::FileTooLarge, at, format!("at most {bytes_max} bytes"));
        }
        Some(Bound::Row) => {
            let expected = format!("at most {} bytes a row", limits::ROSTER_ROW_BYTES_MAX);
            report.add(Code::RowTooLong, at, expected);
        }
        None => report.add(Code::FileUnreadable, at, "a file that can be read to its end"),
    }
}

impl<'t> Row<'t> {
    /// The field without surrounding white space; empty if the file has no such column.
    pub(super) fn text(&self, column: impl Into<usize>) -> &'t str {
        let place = self.places.get(column.into()).copied().flatten();
        place.and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }

    /// The entries of a comma-separated field.
    pub(super) fn list<C: Into<usize>>(&self, column: C) -> impl Iterator<Item = &'t str> + use<'t, C> {
        self.text(column).split(',').map(str::trim).filter(|entry| !entry.is_empty())
    }

    /// The field, which may not be empty.
    pub(super) fn required(&self, column: impl Into<usize>, report: &mut Report) -> Option<&'t str> {
        let column = column.into();
        let text = self.text(column);
        if text.is_empty() {
            report.add(Code::ValueMissing, self.at(column), "a value");
            return None;
        }
        Some(text)
    }

    /// The place of a field.
    pub(super) fn at(&self, column: impl Into<usize>) -> At {
        At {
            file: Some(self.layout.file),
            row: Some(self.number),
            field: self.layout.columns.get(column.into()).map(|(name, _)| *name),
        }
    }

    /// The row's number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}
