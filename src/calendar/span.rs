//! A span of the day on the wall clock, in whole minutes. It may go past midnight, into the day after.

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::civil;
use crate::base::SchoolTime;

/// Minutes of a day on the wall clock, whatever the clock does in the night of a change.
pub(super) const DAY_MINUTES: u16 = 24 * 60;

/// From a minute of the day until another, the end not included. Written `08:00-18:00`; `22:00-06:00` goes past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// Below [`DAY_MINUTES`].
    start: u16,
    /// Above `start`, by a day at most.
    end: u16,
}

/// A text that is no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a span such as \"08:00-18:00\" is expected, from 00:00 to 24:00; \"22:00-06:00\" goes past midnight"
)]
pub struct NotASpan;

impl Span {
    /// The whole day.
    pub const DAY: Self = Self { start: 0, end: DAY_MINUTES };

    /// Parses `HH:MM-HH:MM`.
    ///
    /// # Errors
    /// [`NotASpan`].
    pub fn parse(text: &str) -> Result<Self, NotASpan> {
        let (start, end) = text.split_once('-').ok_or(NotASpan)?;
        let (start, end) = (minute(start.trim())?, minute(end.trim())?);
        match (start, end) {
            // Midnight as a beginning is written 00:00, and a span without a minute in it says nothing.
            (DAY_MINUTES, _) => Err(NotASpan),
            (start, end) if start == end => Err(NotASpan),
            (start, end) if start < end => Ok(Self { start, end }),
            (start, end) => Ok(Self { start, end: end + DAY_MINUTES }),
        }
    }

    /// Whether the wall clock of a zone shows a minute of the span.
    pub fn holds(self, at: SchoolTime, zone: &TimeZone) -> bool {
        let time = civil::clock(at, zone).time();
        let minute =
            u16::try_from(i16::from(time.hour()) * 60 + i16::from(time.minute())).unwrap_or_default();
        let within = |minute| self.start <= minute && minute < self.end;
        within(minute) || within(minute + DAY_MINUTES)
    }

    /// Whether no minute of it lies outside another span.
    pub fn lies_within(self, other: Self) -> bool {
        other.start <= self.start && self.end <= other.end
    }

    /// A span that is known to be one: minutes of the day, in order.
    pub(super) const fn of(start: u16, end: u16) -> Self {
        Self { start, end }
    }

    /// The first minute.
    pub(super) fn start(self) -> u16 {
        self.start
    }

    /// The minute after the last, counted from the midnight before the first.
    pub(super) fn end(self) -> u16 {
        self.end
    }
}

fn minute(text: &str) -> Result<u16, NotASpan> {
    let (hour, minute) = text.split_once(':').ok_or(NotASpan)?;
    let two = |digits: &str| match digits.as_bytes() {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Ok(u16::from(a - b'0') * 10 + u16::from(b - b'0')),
        _ => Err(NotASpan),
    };
    match (two(hour)?, two(minute)?) {
        (24, 0) => Ok(DAY_MINUTES),
        (hour @ 0..=23, minute @ 0..=59) => Ok(hour * 60 + minute),
        _ => Err(NotASpan),
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.end > DAY_MINUTES { self.end - DAY_MINUTES } else { self.end };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.start / 60, self.start % 60, end / 60, end % 60)
    }
}

impl TryFrom<String> for Span {
    type Error = NotASpan;
    fn try_from(text: String) -> Result<Self, NotASpan> {
        Self::parse(&text)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_written() {
        for text in ["08:00-18:00", "00:00-24:00", "22:00-06:00", "18:00-24:00"] {
            assert_eq!(Span::parse(text).map(|span| span.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(Span::parse("18:00-00:00"), Span::parse("18:00-24:00"));
        assert_eq!(Span::parse("22:00-06:00"), Ok(Span::of(22 * 60, 30 * 60)));
        assert_eq!(Span::parse("00:00-24:00"), Ok(Span::DAY));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "08:00",
            "8:00-18:00",
            "08:00-18:60",
            "08:00-25:00",
            "24:00-08:00",
            "08:00-08:00",
            "a-b",
            "24:01-25:00",
        ] {
            assert_eq!(Span::parse(text), Err(NotASpan), "{text}");
        }
    }
}
