//! The days of one school: which have classes, which do not, and which nobody knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::config::{Closure, Departure};
use super::day::{Day, DayKind};
use super::holiday::Holiday;
use super::public::PublicHolidays;
use super::week::{Week, Weekday};
use crate::base::limits;

/// Holidays of fewer days have no departure: they begin on the morning of their first day, as long weekends do.
const DEPARTURE_DAYS_MIN: i32 = 7;

/// The days of one school. What comes first wins: closures and extra days, the files' holidays, public holidays, the
/// week. A day that only the week speaks of has classes if the files cover it, and is unknown otherwise.
#[derive(Debug)]
pub(super) struct Days {
    week: Week,
    public: PublicHolidays,
    /// In order, without overlaps.
    stretches: Box<[Stretch]>,
    /// From the first day that the files speak of until the day after the last.
    covered: Option<(Date, Date)>,
}

/// Days in a row of which the same is said.
#[derive(Debug)]
struct Stretch {
    from: Date,
    last: Date,
    said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    School,
    Holiday(Arc<str>),
    Closed(Arc<str>),
}

/// What [`Days`] are made from.
pub(super) struct Sources<'a> {
    pub(super) week: Week,
    pub(super) public: PublicHolidays,
    pub(super) departure: Departure,
    pub(super) holidays: Vec<&'a Holiday>,
    pub(super) extra_days: &'a [Date],
    pub(super) closures: &'a [Closure],
}

impl Days {
    pub(super) fn from(sources: &Sources<'_>) -> Self {
        let mut painted = BTreeMap::new();
        let mut covered: Option<(Date, Date)> = None;
        let mut holidays = sources.holidays.clone();
        holidays.sort_by_key(|holiday| holiday.from);
        for holiday in holidays {
            let last = last_day(holiday);
            let first = first_day(holiday, last, sources.departure, &painted);
            paint(&mut painted, first, last, &Said::Holiday(Arc::clone(&holiday.name)));
            let after = last.tomorrow().unwrap_or(last);
            let (from, until) = covered.unwrap_or((holiday.from, after));
            covered = Some((from, until.max(after)));
        }
        for day in sources.extra_days {
            painted.insert(*day, Said::School);
        }
        for closure in sources.closures {
            paint(&mut painted, closure.from, closure.last(), &Said::Closed(Arc::from(closure.why.as_str())));
        }
        Self { week: sources.week, public: sources.public, stretches: stretches(painted), covered }
    }

    /// What kind of day it is.
    pub(super) fn on(&self, date: Date) -> Day {
        match self.said(date) {
            Some(Said::School) => Day::School,
            Some(Said::Holiday(name)) => Day::Holiday { name: Arc::clone(name) },
            Some(Said::Closed(why)) => Day::Closed { why: Arc::clone(why) },
            None => match self.public.on(date) {
                Some(name) => Day::Holiday { name },
                None if !self.week.holds(Weekday::of(date)) => Day::Weekend,
                None if self.covers(date) => Day::School,
                None => Day::Unknown,
            },
        }
    }

    /// As [`Days::on`], for those who need no names.
    pub(super) fn kind(&self, date: Date) -> DayKind {
        match self.said(date) {
            Some(Said::Holiday(_) | Said::Closed(_)) => DayKind::Holiday,
            None if self.public.on(date).is_some() => DayKind::Holiday,
            None if !self.week.holds(Weekday::of(date)) => DayKind::Weekend,
            Some(Said::School) | None => DayKind::School,
        }
    }

    /// The first day of which the files say nothing any more.
    pub(super) fn horizon(&self) -> Option<Date> {
        self.covered.map(|(_, until)| until)
    }

    fn covers(&self, date: Date) -> bool {
        self.covered.is_some_and(|(from, until)| from <= date && date < until)
    }

    fn said(&self, date: Date) -> Option<&Said> {
        let place = self.stretches.partition_point(|stretch| stretch.last < date);
        self.stretches.get(place).filter(|stretch| stretch.from <= date).map(|stretch| &stretch.said)
    }
}

/// The last day of a holiday. The ministry's files name the beginning of the summer before its end is known: such a
/// holiday is taken to last as long as summers do, until the school year ends with August.
fn last_day(holiday: &Holiday) -> Date {
    if let Some(last) = holiday.last {
        return last;
    }
    let longest = holiday.from.saturating_add((limits::CALENDAR_HOLIDAY_DAYS_MAX - 1).days());
    let year = holiday.from.year() + i16::from(holiday.from.month() > 8);
    date(year, 8, 31).min(longest)
}

/// The first day without classes: what a departure leaves of the holiday.
fn first_day(holiday: &Holiday, last: Date, departure: Departure, painted: &BTreeMap<Date, Said>) -> Date {
    let from = holiday.from;
    let goes_on = from.yesterday().is_ok_and(|eve| painted.contains_key(&eve)) || painted.contains_key(&from);
    let long = from.saturating_add((DEPARTURE_DAYS_MIN - 1).days()) <= last;
    match departure {
        Departure::AfterClass if long && !goes_on => from.tomorrow().unwrap_or(from),
        _ => from,
    }
}

fn paint(painted: &mut BTreeMap<Date, Said>, from: Date, last: Date, said: &Said) {
    let days = usize::try_from(limits::CALENDAR_STRETCH_DAYS_MAX).unwrap_or(usize::MAX);
    for day in from.series(1.day()).take(days).take_while(|day| *day <= last) {
        painted.insert(day, said.clone());
    }
}

fn stretches(painted: BTreeMap<Date, Said>) -> Box<[Stretch]> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (day, said) in painted {
        match stretches.last_mut() {
            Some(stretch)
                if stretch.said == said && stretch.last.tomorrow().is_ok_and(|next| next == day) =>
            {
                stretch.last = day;
            }
            _ => stretches.push(Stretch { from: day, last: day, said }),
        }
    }
    stretches.into()
}
