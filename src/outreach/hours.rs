//! The hours in which letters leave that are not urgent: by the schools' clock, and never in the evening or at night.

use jiff::tz::TimeZone;

use super::settings::Settings;
use crate::base::SchoolTime;
use crate::calendar::Span;

/// When letters leave that are not urgent.
pub(super) struct Hours {
    zone: TimeZone,
    spans: Vec<Span>,
}

impl Hours {
    pub(super) fn of(settings: &Settings, zone: TimeZone) -> Self {
        Self { zone, spans: settings.hours.clone() }
    }

    /// Whether letters may leave now.
    pub(super) fn are_open(&self, at: SchoolTime) -> bool {
        self.spans.iter().any(|span| span.holds(at, &self.zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_leave_by_the_wall_clock_on_every_day_of_the_year() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let hours = Hours::of(&Settings::default(), zone.clone());
        let open = |text: &str| {
            let civil = text.parse::<jiff::civil::DateTime>().unwrap();
            let at = civil.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond();
            hours.are_open(SchoolTime(at))
        };
        // A usual day, and both Sundays on which clocks change.
        for day in ["2026-11-30", "2026-03-29", "2026-10-25"] {
            for (time, is_open) in [
                ("06:59:59", false),
                ("07:00", true),
                ("07:59", true),
                ("08:00", false),
                ("17:59", false),
                ("18:00", true),
                ("19:44:59", true),
                ("19:45", false),
                ("23:30", false),
                ("02:30", false),
            ] {
                assert_eq!(open(&format!("{day}T{time}")), is_open, "{day} {time}");
            }
        }
    }
}
