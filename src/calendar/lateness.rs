//! Whether somebody writes to a class out of school time, and when the next school morning is: what a teacher is told
//! before sending. Nothing is refused by it; when quiet hours keep something is another matter.

use jiff::ToSpan as _;

use super::civil::{begins, clock};
use super::day::DayKind;
use super::{Calendar, SchoolRef};
use crate::base::{SchoolTime, limits};

/// School time begins with this minute of a day with classes.
const MORNING_MINUTE: u16 = 7 * 60;
/// And ends before this one.
const EVENING_MINUTE: u16 = 20 * 60;

/// Why it is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untimely {
    /// It is before 07:00, or after 20:00.
    Hour,
    /// It is no day of the school's week.
    Weekend,
    /// There are holidays, or the school is closed.
    Holiday,
}

/// It is late, and there is a better time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Why it is late.
    pub why: Untimely,
    /// The next school morning, 07:00; none within [`limits::CALENDAR_SEARCH_DAYS_MAX`] days.
    pub publish_at: Option<SchoolTime>,
}

impl Calendar {
    /// Whether what is published now reaches a school out of its time.
    pub fn late(&self, school: SchoolRef<'_>, at: SchoolTime) -> Option<Late> {
        let plan = self.plan(school);
        let civil = clock(at, &plan.zone);
        let minute = u16::from(civil.hour().unsigned_abs()) * 60 + u16::from(civil.minute().unsigned_abs());
        let why = match plan.days.kind(civil.date()) {
            DayKind::Weekend => Untimely::Weekend,
            DayKind::Holiday => Untimely::Holiday,
            DayKind::School if (MORNING_MINUTE..EVENING_MINUTE).contains(&minute) => return None,
            DayKind::School => Untimely::Hour,
        };
        let days = usize::try_from(limits::CALENDAR_SEARCH_DAYS_MAX).unwrap_or_default();
        let mut mornings = civil
            .date()
            .series(1.day())
            .take(days)
            .filter(|date| plan.days.kind(*date) == DayKind::School)
            .map(|date| begins(date, MORNING_MINUTE, &plan.zone));
        Some(Late { why, publish_at: mornings.find(|morning| *morning > at) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::calendar::{CalendarConfig, Closure, SchoolConfig};

    /// Paris, and a school that is closed from a Thursday to a Friday.
    fn calendar() -> Calendar {
        let closure: Closure =
            serde_json::from_str(r#"{"from":"2026-06-11","until":"2026-06-12","why":"works"}"#).unwrap();
        let mut school: SchoolConfig = serde_json::from_str(r#"{"id":"closed"}"#).unwrap();
        school.closures = vec![closure];
        let config = CalendarConfig { schools: vec![school], ..CalendarConfig::default() };
        Calendar::new(&config, "Europe/Paris", &BTreeMap::new())
    }

    fn instant(text: &str) -> SchoolTime {
        SchoolTime(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn late(school: SchoolRef<'_>, at: &str) -> Option<(Untimely, String)> {
        let late = calendar().late(school, instant(at))?;
        let publish_at = late.publish_at.unwrap();
        Some((late.why, jiff::Timestamp::from_millisecond(publish_at.0).unwrap().to_string()))
    }

    #[test]
    fn evenings_weekends_and_holidays_are_late_and_the_next_school_morning_is_offered() {
        let all = SchoolRef::NONE;
        let monday = "2026-11-23T06:00:00Z".to_owned();
        assert_eq!(late(all, "2026-11-20T18:59:59Z"), None, "a Friday, 19:59");
        assert_eq!(late(all, "2026-11-20T19:00:00Z"), Some((Untimely::Hour, monday.clone())));
        assert_eq!(late(all, "2026-11-21T10:00:00Z"), Some((Untimely::Weekend, monday.clone())));
        assert_eq!(late(all, "2026-11-23T05:59:00Z"), Some((Untimely::Hour, monday)), "the same morning");
        assert_eq!(late(all, "2026-11-23T06:00:00Z"), None);
        let after = "2026-11-12T06:00:00Z".to_owned();
        assert_eq!(late(all, "2026-11-11T10:00:00Z"), Some((Untimely::Holiday, after)), "Armistice Day");
    }

    #[test]
    fn a_school_goes_by_its_own_days() {
        let thursday = "2026-06-11T10:00:00Z";
        assert_eq!(late(SchoolRef::NONE, thursday), None);
        let monday = "2026-06-15T05:00:00Z".to_owned();
        assert_eq!(late(SchoolRef::id("closed"), thursday), Some((Untimely::Holiday, monday)));
    }

    #[test]
    fn the_morning_after_a_change_of_clocks_is_07_00_by_the_wall_clock() {
        let sunday = Untimely::Weekend;
        let all = SchoolRef::NONE;
        assert_eq!(late(all, "2026-03-29T00:30:00Z"), Some((sunday, "2026-03-30T05:00:00Z".to_owned())));
        assert_eq!(late(all, "2026-10-25T00:30:00Z"), Some((sunday, "2026-10-26T06:00:00Z".to_owned())));
    }
}
