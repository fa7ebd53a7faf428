//! Reads the holidays of an iCalendar file (RFC 5545), as the French ministry and common calendars write them.
//!
//! Every event of whole days is a holiday. Its end is not included, as the RFC has it. What is left out, or read in
//! another way than it is written, is said in the report with its line; an error keeps the file from being used.

mod diagnostic;
mod event;
mod line;
#[cfg(test)]
mod tests;

use jiff::ToSpan as _;

pub use diagnostic::{Code, Diagnostic, Report, Severity};
use event::Event;
use line::{Line, lines};

use super::holiday::Holiday;
use crate::base::limits;

/// Reads the holidays of a file, in the order of their dates.
///
/// # Errors
/// The report, if it has errors.
pub fn read(bytes: &[u8]) -> Result<(Vec<Holiday>, Report), Report> {
    let mut report = Report::default();
    let holidays = parse(bytes, &mut report);
    if report.is_applicable() { Ok((holidays, report)) } else { Err(report) }
}

fn parse(bytes: &[u8], report: &mut Report) -> Vec<Holiday> {
    if bytes.len() > limits::CALENDAR_FILE_BYTES_MAX {
        report.add(Code::FileTooLarge, 1, None, format!("at most {} bytes", limits::CALENDAR_FILE_BYTES_MAX));
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let before = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        report.add(Code::NotUtf8, before.lines().count().max(1) as u64, None, "UTF-8");
        return Vec::new();
    };
    let mut reader = Reader::default();
    for line in lines(text.trim_start_matches('\u{feff}'), report) {
        reader.take(&line, report);
    }
    reader.end(report);
    let mut holidays = reader.holidays;
    holidays.sort_by_key(|holiday| holiday.from);
    check_overlaps(&holidays, report);
    holidays
}

/// Where in the file the reader is.
#[derive(Debug, Default)]
struct Reader {
    /// Open components, the outermost first, each with its line.
    open: Vec<(String, u64)>,
    event: Option<Event>,
    seen_calendar: bool,
    full: bool,
    last_line: u64,
    holidays: Vec<Holiday>,
}

impl Reader {
    fn take(&mut self, line: &Line, report: &mut Report) {
        self.last_line = line.number;
        match line.name.as_str() {
            "BEGIN" => self.begin(line, report),
            "END" => self.close(line, report),
            // Alarms within an event have times of their own.
            _ if self.open.len() == 2 => {
                if let Some(event) = &mut self.event {
                    event.take(line, report);
                }
            }
            _ if self.open.is_empty() => {
                report.add(
                    Code::StructureInvalid,
                    line.number,
                    None,
                    "BEGIN:VCALENDAR before everything else",
                );
            }
            _ => {}
        }
    }

    fn begin(&mut self, line: &Line, report: &mut Report) {
        let component = line.value.to_ascii_uppercase();
        let outermost = self.open.is_empty();
        if outermost != (component == "VCALENDAR") {
            report.add(Code::StructureInvalid, line.number, None, "events within one VCALENDAR");
        }
        self.seen_calendar |= outermost;
        if component == "VEVENT" && self.open.len() == 1 {
            self.event = Some(Event::at(line.number));
        }
        // Deeper than any calendar goes; what is below is of no interest.
        if self.open.len() < 8 {
            self.open.push((component, line.number));
        } else {
            report.add(
                Code::StructureInvalid,
                line.number,
                None,
                "components within components, 8 deep at most",
            );
        }
    }

    fn close(&mut self, line: &Line, report: &mut Report) {
        let expected = self.open.pop();
        if expected.as_ref().is_none_or(|(component, _)| !component.eq_ignore_ascii_case(&line.value)) {
            let expected = expected
                .map_or("no END here".to_owned(), |(name, at)| format!("END:{name}, as line {at} began it"));
            report.add(Code::StructureInvalid, line.number, None, expected);
        }
        if self.open.len() != 1 {
            return;
        }
        let Some(holiday) = self.event.take().and_then(|event| event.holiday(report)) else {
            return;
        };
        if self.holidays.len() < limits::CALENDAR_HOLIDAYS_MAX {
            self.holidays.push(holiday);
        } else if !std::mem::replace(&mut self.full, true) {
            let most = format!("at most {} holidays", limits::CALENDAR_HOLIDAYS_MAX);
            report.add(Code::TooManyHolidays, holiday.line, None, most);
        }
    }

    fn end(&self, report: &mut Report) {
        if !self.seen_calendar {
            report.add(Code::StructureInvalid, 1, None, "an iCalendar file: BEGIN:VCALENDAR");
        }
        for (component, at) in self.open.iter().rev() {
            let expected = format!("END:{component}, as line {at} began it");
            report.add(Code::StructureInvalid, self.last_line, None, expected);
        }
        if self.seen_calendar && self.holidays.is_empty() && report.is_applicable() {
            report.add(Code::NoHolidays, self.last_line, None, "an event of whole days");
        }
    }
}

/// Two holidays that share some days, and neither lies within the other: one of the dates is often wrong, or the file
/// is of several zones.
fn check_overlaps(holidays: &[Holiday], report: &mut Report) {
    let mut before: Option<&Holiday> = None;
    for holiday in holidays {
        let last = |holiday: &Holiday| holiday.last.unwrap_or(holiday.from);
        if let Some(other) = before
            && other.from < holiday.from
            && holiday.from <= last(other)
            && last(other) < last(holiday)
        {
            let shared = format!("no day of the holiday of line {}", other.line);
            report.add(Code::HolidaysOverlap, holiday.line, Some("DTSTART"), shared);
        }
        if before.is_none_or(|other| last(other) <= last(holiday)) {
            before = Some(holiday);
        }
    }
}

/// The date before an end that is not included.
fn last_before(end: jiff::civil::Date) -> jiff::civil::Date {
    end.saturating_sub(1.day())
}
