//! Between the wall clock of a zone and instants. The nights in which clocks change are dealt with here and nowhere else.
//!
//! A civil time begins at **the first instant at which the wall clock shows it or has passed it**: in the night in which
//! an hour is missing, at the change; in the night in which an hour comes twice, the first time. One rule for
//! beginnings and ends: spans that adjoin on paper adjoin in time.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use super::span::DAY_MINUTES;
use crate::base::SchoolTime;

/// What a civil time means in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// One instant, as on nearly all days.
    Once(SchoolTime),
    /// The wall clock shows it twice: clocks go back.
    Twice(SchoolTime, SchoolTime),
    /// The wall clock never shows it: clocks go from `from` to `to`.
    Never {
        /// What the wall clock would show at the change.
        from: DateTime,
        /// What it shows instead.
        to: DateTime,
        /// As if clocks had not changed yet.
        before: SchoolTime,
        /// As if they had changed already.
        after: SchoolTime,
    },
}

/// What a civil time means in a zone; `None` if it lies beyond the years that can be counted.
pub fn read(civil: DateTime, zone: &TimeZone) -> Option<Reading> {
    let at = |offset: Offset| offset.to_timestamp(civil).ok();
    Some(match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => Reading::Once(school(at(offset)?)),
        AmbiguousOffset::Fold { before, after } => Reading::Twice(school(at(before)?), school(at(after)?)),
        AmbiguousOffset::Gap { before, after } => {
            let change = change_after(at(after)?, zone)?;
            Reading::Never {
                from: before.to_datetime(change),
                to: after.to_datetime(change),
                before: school(at(before)?),
                after: school(at(after)?),
            }
        }
    })
}

/// The instant at which a minute of a date begins; minutes from 1,440 on are the next day's.
pub fn begins(date: Date, minute: u16, zone: &TimeZone) -> SchoolTime {
    let days = i64::from(minute / DAY_MINUTES);
    let Ok(date) = date.checked_add(days.days()) else {
        return school(Timestamp::MAX);
    };
    let minute = i8::try_from(minute % DAY_MINUTES / 60).ok().zip(i8::try_from(minute % 60).ok());
    let time = minute.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok()).unwrap_or_default();
    let instant = match read(date.to_datetime(time), zone) {
        Some(Reading::Once(at) | Reading::Twice(at, _)) => return at,
        Some(Reading::Never { after, .. }) => change_after(timestamp(after), zone),
        None => None,
    };
    school(instant.unwrap_or(if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX }))
}

/// What the wall clock shows.
pub fn clock(at: SchoolTime, zone: &TimeZone) -> DateTime {
    zone.to_datetime(timestamp(at))
}

/// The instant with its offset, as people and programs read it.
pub(super) fn written(at: SchoolTime, zone: &TimeZone) -> String {
    let zoned = timestamp(at).to_zoned(zone.clone());
    // An instant between two minutes is rare, and then its seconds matter.
    let pattern = if zoned.second() == 0 && zoned.subsec_nanosecond() == 0 {
        "%Y-%m-%dT%H:%M%:z"
    } else {
        "%Y-%m-%dT%H:%M:%S%.f%:z"
    };
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{}[{name}]", zoned.strftime(pattern))
}

/// The instant, or the nearest that can be counted: school time has more years than the calendar.
fn timestamp(at: SchoolTime) -> Timestamp {
    let nearest = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at.0).unwrap_or(nearest)
}

fn school(at: Timestamp) -> SchoolTime {
    SchoolTime(at.as_millisecond())
}

fn change_after(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    zone.following(at).next().map(|change| change.timestamp())
}
