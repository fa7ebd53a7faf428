//! The lines of an iCalendar file with their numbers. The library knows their grammar, folds included, but counts no
//! lines; so it is handed one logical line at a time.

use ical_vcard::{Contentline, Parser};

use super::diagnostic::{Code, Report};
use crate::base::limits;

/// One logical line.
#[derive(Debug)]
pub(super) struct Line {
    /// Its first line in the file, from 1.
    pub(super) number: u64,
    /// The property, in capitals.
    pub(super) name: String,
    /// Whether it says that its value is a date, without a time.
    pub(super) says_date: bool,
    pub(super) value: String,
}

/// The logical lines of a text. What is none is left out, with a diagnostic.
pub(super) fn lines(text: &str, report: &mut Report) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut folded, mut number) = (String::new(), 1);
    for (physical, from) in text.split_inclusive('\n').zip(1..) {
        if !physical.starts_with([' ', '\t']) {
            lines.extend(line(&std::mem::take(&mut folded), number, report));
            number = from;
        }
        folded.push_str(physical);
    }
    lines.extend(line(&folded, number, report));
    lines
}

fn line(folded: &str, number: u64, report: &mut Report) -> Option<Line> {
    if folded.trim().is_empty() {
        return None;
    }
    if folded.len() > limits::CALENDAR_LINE_BYTES_MAX {
        let most = format!("at most {} bytes", limits::CALENDAR_LINE_BYTES_MAX);
        report.add(Code::LineTooLong, number, None, most);
        return None;
    }
    let whole = format!("{}\r\n", folded.trim_end_matches(['\r', '\n']));
    let Some(Ok(parsed)) = Parser::new(whole.as_bytes()).next() else {
        report.add(Code::LineInvalid, number, None, "NAME:value, or NAME;PARAMETER=value:value");
        return None;
    };
    Some(Line {
        number,
        name: parsed.name().to_ascii_uppercase(),
        says_date: says_date(&parsed),
        value: parsed.value().trim().to_owned(),
    })
}

fn says_date(line: &Contentline) -> bool {
    let kind = line.params().iter().find(|param| param.name().eq_ignore_ascii_case("VALUE"));
    kind.is_some_and(|kind| kind.values().iter().any(|value| value.as_str().eq_ignore_ascii_case("DATE")))
}
