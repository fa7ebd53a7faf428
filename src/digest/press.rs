//! The press: what is to be done for digests now, one bounded step at a time.
//!
//! It goes by the school's clock, and by what the ledger remembers: it may be dropped after any step, or in one, and
//! another goes on. A clock that is set back makes nothing twice.

use std::sync::Arc;

use jiff::civil::Date;

use super::asking::Trouble;
use super::dates::{made_at, opening};
use super::making::Making;
use super::parts::Parts;
use super::publishing::{Batch, Outcome};
use super::settings::Settings;
use super::turns::Turns;
use crate::base::metrics::Metrics;
use crate::base::{AccountId, Clock, SchoolTime, limits};
use crate::broker::Broker;
use crate::calendar::{Calendar, SchoolRef, civil_clock};
use crate::ledger::{Evening, Ledger, Rendering, wait};
use crate::roster::Directory;

/// When a guardian's account may come in after an opening.
pub type Turn = Box<dyn Fn(&AccountId, SchoolTime) -> SchoolTime + Send>;

/// What digests are made of and where they go.
pub struct Sources {
    /// The logs.
    pub broker: Arc<dyn Broker>,
    /// The registry, and the digests' own rows.
    pub ledger: Arc<dyn Ledger>,
    /// Who is whose guardian.
    pub directory: Arc<Directory>,
    /// The calendar in force.
    pub calendar: Box<dyn Fn() -> Arc<Calendar> + Send>,
    /// When a guardian's account may come in after an opening.
    pub turn: Turn,
    /// Who is written to besides.
    pub letters: Box<dyn Letters>,
    /// What withdrawals wait for.
    pub rendering: Rendering,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: Metrics,
}

/// Who writes letters about digests.
pub trait Letters: Send {
    /// Digests stand in these guardians' channels. It may be said again.
    ///
    /// # Errors
    /// As the ledger fails or is busy. Then it is said again.
    fn are_due(&self, guardians: &[AccountId], date: Date) -> Result<(), Trouble>;
}

/// A hub without mail writes no letters.
impl Letters for () {
    fn are_due(&self, _: &[AccountId], _: Date) -> Result<(), Trouble> {
        Ok(())
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Something; there may be more to do at once.
    Worked,
    /// There is nothing to do for now.
    Idle,
}

/// Makes and publishes digests.
pub struct Press {
    sources: Sources,
    settings: Settings,
    parts: Parts,
    zones: Vec<Desk>,
}

/// The work for the schools of one zone.
struct Desk {
    name: Box<str>,
    zone: jiff::tz::TimeZone,
    /// Newest first.
    evenings: Vec<Evening>,
    making: Option<Making>,
    /// Of the oldest evening that is not over.
    turns: Option<Turns>,
    /// Deliveries are made from then on; and when that was found out.
    rest: Option<(SchoolTime, SchoolTime)>,
}

impl Press {
    /// Goes on where the ledger says that the work was left.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn open(sources: Sources, settings: Settings) -> Result<Self, Trouble> {
        let calendar = (sources.calendar)();
        let schools = calendar.schools().map(SchoolRef::id).chain([SchoolRef::NONE]);
        let mut zones: Vec<Desk> = Vec::new();
        for zone in schools.map(|school| calendar.zone(school)) {
            let name = zone.iana_name().unwrap_or("UTC");
            if !zones.iter().any(|desk| &*desk.name == name) {
                let evenings = wait(|answer| sources.ledger.evenings(name.into(), answer))?;
                let (name, zone) = (name.into(), zone.clone());
                zones.push(Desk { name, zone, evenings, making: None, turns: None, rest: None });
            }
        }
        Ok(Self { sources, settings, parts: Parts::default(), zones })
    }

    /// Does one thing that is to be done now.
    ///
    /// # Errors
    /// See [`Trouble`]: the same is tried again by the next step.
    pub fn step(&mut self) -> Result<Progress, Trouble> {
        let Self { sources, settings, parts, zones } = self;
        let now = sources.clock.school();
        for desk in zones.iter_mut() {
            // What is late comes first.
            if desk.publish(now, (sources, settings), parts)? || desk.make(now, (sources, settings), parts)? {
                return Ok(Progress::Worked);
            }
        }
        if zones.iter().all(Desk::is_quiet) {
            parts.clear();
        }
        Ok(Progress::Idle)
    }
}

impl Desk {
    fn is_quiet(&self) -> bool {
        self.making.is_none() && self.evenings.iter().all(|evening| evening.is_over)
    }

    /// Goes on with making the digests of today, if it is time; whether there was something to do.
    fn make(
        &mut self,
        now: SchoolTime,
        (sources, settings): (&Sources, &Settings),
        parts: &mut Parts,
    ) -> Result<bool, Trouble> {
        let today = civil_clock(now, &self.zone).date();
        if self.making.as_ref().is_some_and(|making| making.date != today) {
            // Midnight, or another clock: what was chosen stands, the rest is the next evening's.
            self.making = None;
        }
        let known = self.evenings.iter().find(|evening| evening.date >= today);
        let is_done = known.is_some_and(|evening| evening.is_made || evening.date > today);
        if is_done || now < made_at(settings, today, &self.zone) {
            return Ok(false);
        }
        if known.is_none() {
            // Known before the first digest: rows of an evening that nobody knew of would wait for ever.
            let (zone, is_made, is_over) = (self.name.clone(), false, false);
            let begun = Evening { date: today, zone, is_made, is_over, ready: 0, skipped: 0, published: 0 };
            wait(|answer| sources.ledger.put_evening(begun.clone(), answer))?;
            self.evenings.insert(0, begun);
            self.evenings.truncate(limits::DIGEST_EVENINGS_MAX);
        }
        let making = self.making.get_or_insert_with(|| {
            parts.clear();
            let (roster, calendar) = (sources.directory.current(), (sources.calendar)());
            Making::begin(today, &self.name, (&roster, &calendar), sources.clock.machine())
        });
        if making.step(sources, settings, parts, &self.evenings)? {
            self.made(sources)?;
        }
        Ok(true)
    }

    /// All digests of today are made.
    fn made(&mut self, sources: &Sources) -> Result<(), Trouble> {
        let (Some(making), Some(evening)) = (&self.making, self.evenings.first_mut()) else { return Ok(()) };
        let (ready, skipped) = (making.ready, making.skipped);
        let made = Evening { is_made: true, ready, skipped, ..evening.clone() };
        wait(|answer| sources.ledger.put_evening(made.clone(), answer))?;
        *evening = made;
        let took = sources.clock.machine().since(making.begun_at);
        sources.metrics.digests_made.inc_by(u64::from(ready));
        sources.metrics.digests_skipped.inc_by(u64::from(skipped));
        sources.metrics.digests_making_ms.set(i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
        tracing::info!(date = %making.date, zone = &*self.name, ready, skipped, ?took, "digests are made");
        self.making = None;
        Ok(())
    }

    /// Publishes the digests whose turn has come; whether there were any.
    fn publish(
        &mut self,
        now: SchoolTime,
        (sources, settings): (&Sources, &Settings),
        parts: &mut Parts,
    ) -> Result<bool, Trouble> {
        let today = civil_clock(now, &self.zone).date();
        // One that was cut short is published as far as it was made.
        let is_next = |evening: &Evening| !evening.is_over && (evening.is_made || evening.date < today);
        let Some(index) = self.evenings.iter().rposition(is_next) else { return Ok(false) };
        if self.rest.is_some_and(|(since, until)| since <= now && now < until) {
            return Ok(false);
        }
        self.rest = None;
        let date = self.evenings[index].date;
        let opening = opening(settings, date, &self.zone);
        if now < opening {
            return Ok(false);
        }
        let turns = match &mut self.turns {
            Some(turns) => turns,
            none => {
                let instant = |guardian: &AccountId| (sources.turn)(guardian, opening);
                none.insert(Turns::of(date, &*sources.ledger, instant)?)
            }
        };
        if turns.is_empty() {
            self.turns = None;
            return self.end(index, sources).map(|()| true);
        }
        let guardians = turns.due(now, limits::DIGEST_BATCH_MAX);
        if guardians.is_empty() {
            return Ok(false);
        }
        let is_last = turns.is_empty();
        let batch = Batch { date, sources, settings, evenings: &self.evenings, now };
        let published = batch.publish(guardians, parts);
        if is_last || published.is_err() {
            // Who is still ready is asked for again.
            self.turns = None;
        }
        let Outcome { published, emptied, put_off_until } = published?;
        self.rest = put_off_until.filter(|_| is_last).map(|until| (now, until));
        sources.metrics.digests_published.inc_by(u64::from(published));
        let evening = &mut self.evenings[index];
        evening.published += published;
        tracing::debug!(%date, published, emptied, "digests are out");
        let evening = evening.clone();
        wait(|answer| sources.ledger.put_evening(evening, answer))?;
        Ok(true)
    }

    /// All digests of an evening are published.
    fn end(&mut self, index: usize, sources: &Sources) -> Result<(), Trouble> {
        let over = Evening { is_over: true, ..self.evenings[index].clone() };
        wait(|answer| sources.ledger.put_evening(over.clone(), answer))?;
        let Evening { date, zone, ready, skipped, published, .. } = &over;
        tracing::info!(%date, zone = &**zone, ready, skipped, published, "the evening's digests are out");
        self.evenings[index] = over;
        Ok(())
    }
}
