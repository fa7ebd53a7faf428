//! The times at which reminders are given: every ten minutes from 07:00 until 20:00, by the wall clock of a zone.
//!
//! A slot is a civil time and no instant: in both nights in which clocks change there is none, so each comes once a day.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};

/// Minutes from one slot to the next.
const STEP_MINUTES: i8 = 10;
/// The hour of the first slot of a day.
const FIRST_HOUR: i8 = 7;
/// The hour before which the last one is.
const END_HOUR: i8 = 20;

/// One of these times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot(DateTime);

impl Slot {
    /// Whether reminders are given at such a time of day.
    pub(super) fn is_time(time: Time) -> bool {
        (FIRST_HOUR..END_HOUR).contains(&time.hour())
    }

    /// The slot that a civil time lies in or, in the night, the first of the next morning. None at the end of time.
    pub(super) fn of(civil: DateTime) -> Option<Self> {
        if civil.hour() >= END_HOUR {
            return Some(Self::first(civil.date().tomorrow().ok()?));
        }
        if civil.hour() < FIRST_HOUR {
            return Some(Self::first(civil.date()));
        }
        let minute = civil.minute() - civil.minute() % STEP_MINUTES;
        Some(Self(civil.date().at(civil.hour(), minute, 0, 0)))
    }

    /// The first slot of a day.
    pub(super) fn first(date: Date) -> Self {
        Self(date.at(FIRST_HOUR, 0, 0, 0))
    }

    /// The last slot that has begun at a civil time.
    pub(super) fn begun(civil: DateTime) -> Option<Self> {
        if civil.hour() >= FIRST_HOUR && civil.hour() < END_HOUR {
            return Self::of(civil);
        }
        let date = if civil.hour() < FIRST_HOUR { civil.date().yesterday().ok()? } else { civil.date() };
        Some(Self(date.at(END_HOUR - 1, 60 - STEP_MINUTES, 0, 0)))
    }

    /// The slot after this one.
    pub(super) fn next(self) -> Option<Self> {
        Self::of(self.0.checked_add(i64::from(STEP_MINUTES).minutes()).ok()?)
    }

    /// The same slot of the day before.
    pub(super) fn day_before(self) -> Option<Self> {
        Some(Self(self.0.checked_sub(1.day()).ok()?))
    }

    /// The same slot of the day after.
    pub(super) fn day_after(self) -> Option<Self> {
        Some(Self(self.0.checked_add(1.day()).ok()?))
    }

    /// When it begins.
    pub(super) fn civil(self) -> DateTime {
        self.0
    }

    /// Reads a slot as [`fmt::Display`] writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let (hour, minute) = (time.get(..2)?.parse().ok()?, time.get(2..)?.parse().ok()?);
        let time = Time::new(hour, minute, 0, 0).ok()?;
        let slot = Self(date.parse::<Date>().ok()?.to_datetime(time));
        (Self::of(slot.0) == Some(slot)).then_some(slot)
    }
}

/// As it stands in message ids, which hold no colon: `2026-11-24T1800`.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{:02}{:02}", self.0.date(), self.0.hour(), self.0.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        Slot::of(text.parse().unwrap()).unwrap().to_string()
    }

    fn begun(text: &str) -> String {
        Slot::begun(text.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_time_of_the_day_has_its_slot_and_the_night_the_morning_s() {
        assert_eq!(of("2026-11-24T18:09:59"), "2026-11-24T1800");
        assert_eq!(of("2026-11-24T19:59"), "2026-11-24T1950");
        assert_eq!(of("2026-11-24T20:00"), "2026-11-25T0700");
        assert_eq!(of("2026-11-24T03:00"), "2026-11-24T0700");
        assert_eq!(begun("2026-11-24T20:00"), "2026-11-24T1950");
        assert_eq!(begun("2026-11-24T06:59"), "2026-11-23T1950");
        assert_eq!(begun("2026-11-24T07:00"), "2026-11-24T0700");
    }

    #[test]
    fn a_day_has_78_slots_also_when_clocks_change() {
        for day in ["2026-11-24", "2026-03-29", "2026-10-25"] {
            let first = Slot::first(day.parse().unwrap());
            let all = std::iter::successors(Some(first), |slot| slot.next());
            let day = all.take_while(|slot| slot.0.date() == first.0.date());
            assert_eq!(day.count(), crate::base::limits::REMINDER_SLOTS_MAX, "{first}");
        }
    }

    #[test]
    fn a_slot_is_read_as_it_is_written() {
        let slot = Slot::of("2026-11-24T18:00".parse().unwrap()).unwrap();
        assert_eq!(Slot::parse(&slot.to_string()), Some(slot));
        for text in ["", "2026-11-24T1805", "2026-11-24T2000", "2026-11-24T18:00", "2026-11-24", "T1800"] {
            assert_eq!(Slot::parse(text), None, "{text}");
        }
    }
}
