//! One event of an iCalendar file on its way to becoming a holiday.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::diagnostic::{Code, Report};
use super::line::Line;
use super::{Holiday, last_before};
use crate::base::limits;

/// What was read of an event so far.
#[derive(Debug)]
pub(super) struct Event {
    line: u64,
    start: Option<When>,
    end: Option<When>,
    days: Option<i64>,
    name: String,
    is_cancelled: bool,
    /// Something was said of it already that keeps it from being a holiday.
    is_refused: bool,
}

/// A date in the file, and where.
#[derive(Debug, Clone, Copy)]
struct When {
    line: u64,
    date: Date,
}

/// How the ministry's files name a beginning whose end is not known yet.
const BEGINNING: &str = "Début des";
/// How calendars name the day on which classes begin again: it is no holiday.
const RETURN: &str = "Rentrée";

impl Event {
    pub(super) fn at(line: u64) -> Self {
        Self {
            line,
            start: None,
            end: None,
            days: None,
            name: String::new(),
            is_cancelled: false,
            is_refused: false,
        }
    }

    pub(super) fn take(&mut self, line: &Line, report: &mut Report) {
        match line.name.as_str() {
            "DTSTART" => self.start = self.date(line, "DTSTART", report),
            "DTEND" => self.end = self.date(line, "DTEND", report),
            "DURATION" => self.days = self.duration(line, report),
            "SUMMARY" => self.name = unescaped(&line.value),
            "STATUS" => self.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "RRULE" | "RDATE" | "EXDATE" | "RECURRENCE-ID" => {
                self.is_refused = true;
                report.add(Code::RecurrenceUnsupported, line.number, None, "one event for each holiday");
            }
            _ => {}
        }
    }

    fn date(&mut self, line: &Line, property: &'static str, report: &mut Report) -> Option<When> {
        let text = line.value.as_str();
        if !line.says_date && text.contains('T') {
            if !self.is_refused {
                report.add(
                    Code::EventIgnored,
                    line.number,
                    Some(property),
                    "a date without a time: VALUE=DATE",
                );
            }
            self.is_refused = true;
            return None;
        }
        let date = Date::strptime("%Y%m%d", text).ok().filter(|_| text.len() == 8);
        if date.is_none() {
            self.is_refused = true;
            report.add(Code::DateInvalid, line.number, Some(property), "a date such as 20261017");
        }
        Some(When { line: line.number, date: date? })
    }

    fn duration(&mut self, line: &Line, report: &mut Report) -> Option<i64> {
        let text = line.value.strip_prefix('P').unwrap_or_default();
        let number = |unit: char| text.strip_suffix(unit)?.parse::<u16>().ok().map(i64::from);
        let days = number('D').or_else(|| number('W').map(|weeks| weeks * 7)).filter(|days| *days > 0);
        if days.is_none() {
            self.is_refused = true;
            report.add(Code::DateInvalid, line.number, Some("DURATION"), "whole days or weeks, such as P16D");
        }
        days
    }

    /// The holiday, if it is one.
    pub(super) fn holiday(self, report: &mut Report) -> Option<Holiday> {
        if self.is_cancelled || self.is_refused {
            return None;
        }
        let Some(start) = self.start else {
            report.add(Code::DateMissing, self.line, Some("DTSTART"), "the first day");
            return None;
        };
        if self.name.starts_with(RETURN) {
            report.add(
                Code::EventIgnored,
                self.line,
                Some("SUMMARY"),
                "a holiday: this names a return to school",
            );
            return None;
        }
        if self.name.is_empty() {
            report.add(Code::NameMissing, self.line, Some("SUMMARY"), "the holiday's name");
        }
        let last = self.last(start, report)?;
        if let Some(last) = last {
            check_length(start.date, last, self.line, report)?;
        }
        let name = if self.name.is_empty() { "holidays" } else { &self.name };
        let name: String = name.chars().take(limits::CALENDAR_NAME_CHARS_MAX).collect();
        Some(Holiday { from: start.date, last, name: Arc::from(name), line: self.line })
    }

    /// The last day; `Some(None)` for an end that the file does not know, `None` for one that can't be.
    #[expect(
        clippy::option_option,
        reason = "no end and no holiday are two answers, and this is their one meeting"
    )]
    fn last(&self, start: When, report: &mut Report) -> Option<Option<Date>> {
        let end = match (self.end, self.days) {
            (Some(end), _) => end,
            (None, Some(days)) => When { line: self.line, date: start.date.saturating_add(days.days()) },
            // RFC 5545 §3.6.1: one day.
            (None, None) => When { line: self.line, date: start.date.saturating_add(1.day()) },
        };
        if end.date < start.date {
            report.add(Code::DatesReversed, end.line, Some("DTEND"), "the day after the last, after DTSTART");
            return None;
        }
        let is_beginning = self.name.starts_with(BEGINNING);
        if is_beginning && end.date <= start.date.saturating_add(1.day()) {
            report.add(Code::EndOpen, self.line, Some("DTEND"), "an end: read as 31 August, or 70 days");
            return Some(None);
        }
        if end.date == start.date {
            report.add(
                Code::EndEqualsStart,
                end.line,
                Some("DTEND"),
                "the day after the last: read as one day",
            );
            return Some(Some(start.date));
        }
        Some(Some(last_before(end.date)))
    }
}

fn check_length(from: Date, last: Date, line: u64, report: &mut Report) -> Option<()> {
    let is_longer = |days: i32| from.saturating_add((days - 1).days()) < last;
    if is_longer(limits::CALENDAR_STRETCH_DAYS_MAX) {
        let most = format!("at most {} days", limits::CALENDAR_STRETCH_DAYS_MAX);
        report.add(Code::HolidayTooLong, line, Some("DTEND"), most);
        return None;
    }
    if is_longer(limits::CALENDAR_HOLIDAY_DAYS_MAX) {
        let most = format!("{} days or less: look at the months", limits::CALENDAR_HOLIDAY_DAYS_MAX);
        report.add(Code::HolidayLong, line, Some("DTEND"), most);
    }
    Some(())
}

/// The text of a value (RFC 5545 §3.3.11), in one line.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') | None => text.push(' '),
                Some(escaped) => text.push(escaped),
            },
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.trim().to_owned()
}
