//! Whether some hours are open at an instant, and when that changes: exactly, by the instants at which spans begin and
//! end, never by trying instants out.

use jiff::civil::Date;

use super::civil::{begins, clock};
use super::hours::Hours;
use super::plan::Plan;
use super::span::{DAY_MINUTES, Span};
use super::week::Weekday;
use crate::base::{SchoolTime, limits};

/// Whether some hours are open, and since when they will not be, or will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) open: bool,
    /// The first instant at which `open` differs; none within [`limits::CALENDAR_SEARCH_DAYS_MAX`].
    pub(super) changes_at: Option<SchoolTime>,
}

/// The wall clock at a school: minutes since the midnight with which the search began.
type Minute = i64;

/// The days of a search: yesterday, today, and those ahead.
const SEARCHED_DAYS: i64 = limits::CALENDAR_SEARCH_DAYS_MAX as i64 + 2;

/// Whether the hours are open at an instant.
pub(super) fn opening(plan: &Plan, hours: &Hours, at: SchoolTime) -> Opening {
    let today = clock(at, &plan.zone).date();
    // What began yesterday may last past midnight.
    let first = today.yesterday().unwrap_or(today);
    let instant = |day: Date, minute: u16| begins(day, minute, &plan.zone);
    // Where the opening that holds `at` ends as far as it is known: on the wall clock, and how to reckon the instant.
    let mut until: Option<(Minute, (Date, u16))> = None;
    for (index, day, span) in spans(plan, hours, first) {
        let midnight = index * Minute::from(DAY_MINUTES);
        let (start, end) = (midnight + Minute::from(span.start()), midnight + Minute::from(span.end()));
        match until {
            None => {
                let (opens, closes) = (instant(day, span.start()), instant(day, span.end()));
                if opens <= at && at < closes {
                    until = Some((end, (day, span.end())));
                } else if at < opens && opens < closes {
                    return Opening { open: false, changes_at: Some(opens) };
                }
            }
            // Spans that adjoin on the wall clock adjoin in time; those that do not may, where an hour is missing.
            Some((minute, (on, last)))
                if start <= minute || instant(day, span.start()) <= instant(on, last) =>
            {
                until = Some((minute.max(end), if end > minute { (day, span.end()) } else { (on, last) }));
            }
            Some((_, (on, last))) => return Opening { open: true, changes_at: Some(instant(on, last)) },
        }
    }
    // An opening with nothing after it ends all the same; one that goes on as far as was looked does not, for all we know.
    let ends = until.filter(|(minute, _)| *minute < SEARCHED_DAYS * Minute::from(DAY_MINUTES));
    let changes_at = ends.map(|(_, (on, last))| instant(on, last)).filter(|change| *change > at);
    Opening { open: until.is_some(), changes_at }
}

/// The spans of the days from one on, in the order of their beginnings.
fn spans<'a>(
    plan: &'a Plan,
    hours: &'a Hours,
    first: Date,
) -> impl Iterator<Item = (Minute, Date, Span)> + 'a {
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    (0..SEARCHED_DAYS).zip(days).flat_map(|(index, day)| {
        let spans = hours.on(Weekday::of(day), plan.days.kind(day));
        spans.iter().map(move |span| (index, day, *span))
    })
}
