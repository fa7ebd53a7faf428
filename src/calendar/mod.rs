//! School time: zones and the nights in which clocks change, holidays, the daily windows of roles, quiet hours.
//!
//! A [`Calendar`] never changes and is cheap to share; other overrides make another one. It is pure: the clock, the
//! files and the configuration are read elsewhere, and it answers for any instant, also for one that a clock has
//! stepped back to. It knows nothing of seats and connections: it says when somebody may come in, not who does.

mod answer;
mod civil;
mod config;
mod day;
mod days;
mod explanation;
mod holiday;
mod hours;
mod lateness;
mod opening;
mod overrides;
mod plan;
mod preset;
mod public;
mod read;
mod span;
mod week;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::{OrgId, Role, SchoolTime, limits};

pub use answer::{Answer, Why};
pub use civil::{Reading, begins, clock as civil_clock, read as read_civil};
pub use config::{CalendarConfig, Closure, Departure, Rule, SchoolConfig, WindowRule};
pub use day::{Day, DayKind};
pub use explanation::{Explanation, Moment};
pub use holiday::Holiday;
use hours::Hours;
pub use lateness::{Late, Untimely};
use opening::{Opening, opening};
pub use overrides::{Override, Scope, Verdict};
use plan::Plan;
pub use preset::Preset;
pub use public::PublicHolidays;
pub use read::{Code, Diagnostic, Report, Severity, read as read_holidays};
pub use span::{NotASpan, Span};
pub use week::{Week, Weekday};

/// A school, by its identifier in the roster. One without settings of its own is like all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchoolRef<'a>(Option<&'a str>);

impl<'a> SchoolRef<'a> {
    /// No school: who belongs to none, as operators do.
    pub const NONE: Self = Self(None);

    /// The school of a roster's identifier.
    pub fn id(id: &'a str) -> Self {
        Self(Some(id))
    }
}

impl<'a> From<&'a OrgId> for SchoolRef<'a> {
    fn from(id: &'a OrgId) -> Self {
        Self(Some(id.as_str()))
    }
}

/// Why operators are warned about the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Windows or quiet hours ask for holidays, and no file says when they are.
    NoHolidays,
    /// The files end soon, or have ended: from then on every day of the week counts as a school day.
    Ends {
        /// When.
        at: SchoolTime,
        /// Whole days until then; negative once it is past.
        days: i64,
    },
}

/// When whom what is open to. Immutable.
#[derive(Debug, Clone)]
pub struct Calendar {
    plans: Arc<Plans>,
    /// The newest last.
    overrides: Arc<[Arc<Override>]>,
}

#[derive(Debug)]
struct Plans {
    everywhere: Plan,
    /// Schools with settings of their own.
    own: HashMap<Box<str>, Plan>,
    /// The earliest end of what files cover.
    horizon: Option<SchoolTime>,
}

impl Calendar {
    /// The calendar of a configuration that was checked, in its zone, with what its files hold.
    pub fn new(config: &CalendarConfig, zone: &str, files: &BTreeMap<PathBuf, Vec<Holiday>>) -> Self {
        let everywhere = Plan::of(config, None, zone, files);
        let own: HashMap<Box<str>, Plan> = config
            .schools
            .iter()
            .map(|school| (Box::from(school.id.as_str()), Plan::of(config, Some(school), zone, files)))
            .collect();
        let end = |plan: &Plan| Some(begins(plan.days.horizon()?, 0, &plan.zone));
        let horizon = own.values().chain([&everywhere]).filter_map(end).min();
        Self { plans: Arc::new(Plans { everywhere, own, horizon }), overrides: Arc::new([]) }
    }

    /// A calendar without any rule: everything is always open.
    pub fn none() -> Self {
        Self::new(&CalendarConfig::default(), "UTC", &BTreeMap::new())
    }

    /// The same rules under other overrides, the newest last. Where two speak of the same, the newer holds; of more than
    /// [`limits::OVERRIDES_MAX`] the newest are kept.
    #[must_use]
    pub fn with_overrides(&self, overrides: &[Override]) -> Self {
        let from = overrides.len().saturating_sub(limits::OVERRIDES_MAX);
        let overrides = overrides.iter().skip(from).cloned().map(Arc::new).collect();
        Self { plans: Arc::clone(&self.plans), overrides }
    }

    /// The same rules under the overrides of another calendar.
    #[must_use]
    pub fn under(&self, other: &Self) -> Self {
        Self { plans: Arc::clone(&self.plans), overrides: Arc::clone(&other.overrides) }
    }

    /// Whether a role may hold a seat.
    pub fn admission(&self, role: Role, school: SchoolRef<'_>, at: SchoolTime) -> Answer {
        let plan = self.plan(school);
        let by_rule = |at| by_hours(plan, plan.windows(role), at);
        if self.overrides.is_empty() {
            return by_rule(at);
        }
        let speaking: Vec<&Arc<Override>> =
            self.overrides.iter().filter(|decision| decision.speaks_of(role, school.0)).collect();
        overridden(&speaking, at, by_rule)
    }

    /// Whether deliveries are made: if not, these are quiet hours, and they wait until the answer changes.
    pub fn quiet(&self, school: SchoolRef<'_>, at: SchoolTime) -> Answer {
        let plan = self.plan(school);
        by_hours(plan, plan.deliveries.as_ref(), at)
    }

    /// What kind of day a date is.
    pub fn school_day(&self, school: SchoolRef<'_>, date: Date) -> Day {
        self.plan(school).days.on(date)
    }

    /// The zone of a school.
    pub fn zone(&self, school: SchoolRef<'_>) -> &TimeZone {
        &self.plan(school).zone
    }

    /// The schools for which other rules or decisions may hold than for all others.
    pub fn schools(&self) -> impl Iterator<Item = &str> {
        let decided =
            self.overrides.iter().filter_map(|decision| decision.scope.school.as_ref().map(OrgId::as_str));
        self.plans.own.keys().map(AsRef::as_ref).chain(decided)
    }

    /// The instant from which nothing is known about holidays, at the first school for which that is so.
    pub fn horizon(&self) -> Option<SchoolTime> {
        self.plans.horizon
    }

    /// What operators should be warned of.
    pub fn alarm(&self, now: SchoolTime) -> Option<Alarm> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let all = self.plans.own.values().chain([&self.plans.everywhere]);
        let mut needing = all.filter(|plan| plan.needs_holidays()).peekable();
        needing.peek()?;
        if needing.any(|plan| plan.days.horizon().is_none()) {
            return Some(Alarm::NoHolidays);
        }
        let at = self.plans.horizon?;
        let days = at.0.saturating_sub(now.0).div_euclid(DAY_MS);
        (days < limits::CALENDAR_ALARM_DAYS).then_some(Alarm::Ends { at, days })
    }

    fn plan(&self, school: SchoolRef<'_>) -> &Plan {
        let own = || self.plans.own.get(school.0?);
        if self.plans.own.is_empty() {
            &self.plans.everywhere
        } else {
            own().unwrap_or(&self.plans.everywhere)
        }
    }
}

fn by_hours(plan: &Plan, hours: Option<&Hours>, at: SchoolTime) -> Answer {
    let Some(hours) = hours else {
        return Answer::ALWAYS;
    };
    let Opening { open, changes_at } = opening(plan, hours, at);
    let day = plan.days.on(civil::clock(at, &plan.zone).date());
    Answer { open, why: Why::Hours { day }, changes_at }
}

/// The answer where overrides may hold. It goes from one instant at which anything changes to the next: each override
/// adds two at most.
fn overridden(speaking: &[&Arc<Override>], at: SchoolTime, by_rule: impl Fn(SchoolTime) -> Answer) -> Answer {
    let at_instant = |at| match speaking.iter().rev().find(|decision| decision.holds(at)) {
        Some(decision) => {
            let why = Why::Override { decision: Arc::clone(decision) };
            Answer { open: decision.verdict == Verdict::Open, why, changes_at: None }
        }
        None => by_rule(at),
    };
    let first = at_instant(at);
    let (mut now, mut answer) = (at, first.clone());
    let changes_at = loop {
        let bounds = speaking.iter().flat_map(|decision| [decision.from, decision.until]);
        // None while an override holds: a rule's change is then nobody's.
        let next = bounds.filter(|bound| *bound > now).chain(answer.changes_at).min();
        let Some(next) = next else { break None };
        (now, answer) = (next, at_instant(next));
        if answer.open != first.open {
            break Some(now);
        }
    };
    Answer { changes_at, ..first }
}
