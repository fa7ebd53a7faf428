//! Reminders of assignments that are due soon: one publication for each student and slot, in the student's own channel.
//!
//! * **Who.** Students to whom it was given and who have not marked it as done, by their own due dates. What is marked, moved
//!   or withdrawn before somebody's turn comes is respected: each turn looks at what the ledger says then.
//! * **Once.** The key of a reminder is made of its slot and its zone. A slot that was cut short is gone through again from
//!   its beginning, and who was reminded finds that it is so. The ledger says which slot was finished last.
//! * **In time.** After an absence the slots of a day are made up for, in the hours in which reminders are given; of what is
//!   due already nobody is reminded.
//! * **At a pace.** One look publishes a share of what a second may bring, so that lessons go on beside it.
//!
//! It waits for the disk, so it runs on a thread that may. It must not know who is connected.

mod run;
mod slot;
#[cfg(test)]
mod tests;
mod times;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use crate::base::{Clock, SchoolTime, limits};
use crate::broker::{Broker, PublishError};
use crate::calendar::{Calendar, SchoolRef};
use crate::ledger::{AskError, Ledger, LedgerError, Rendering, wait};
use crate::roster::Directory;
use run::Run;
use slot::Slot;

/// What an operator decides about reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Whether there are any.
    pub enabled: bool,
    /// When those of the evening before are given: a time between 07:00 and 20:00.
    pub evening: Time,
    /// How many are published in a second at most.
    pub per_second: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { enabled: true, evening: civil::time(18, 0, 0, 0), per_second: 1_000 }
    }
}

impl Rules {
    /// What is wrong with them: the key, and what is allowed.
    pub fn mistakes(&self) -> Vec<(&'static str, &'static str)> {
        let mut mistakes = Vec::new();
        if !Slot::is_time(self.evening) {
            mistakes.push(("evening", "a time from 07:00 until 20:00, such as \"18:00\""));
        }
        if !(1..=100_000).contains(&self.per_second) {
            mistakes.push(("per_second", "1 to 100000"));
        }
        mistakes
    }

    /// How many one look may publish.
    fn share(&self) -> usize {
        let interval_ms = limits::REMINDERS_INTERVAL.as_millis();
        let share = u128::from(self.per_second) * interval_ms / 1_000;
        usize::try_from(share).unwrap_or(usize::MAX).max(1)
    }
}

/// Why reminders did not go on. They are tried again at the next look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemindError {
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A reminder was not stored.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A queue is full, or the hub is shutting down.
    #[error("too much is asked at once")]
    Busy,
}

impl From<AskError> for RemindError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Failed(error) => Self::Ledger(error),
            AskError::Busy | AskError::Ended => Self::Busy,
        }
    }
}

/// What reminders stand on.
pub struct Ground {
    /// The school's time.
    pub clock: Arc<dyn Clock>,
    /// The roster in force.
    pub directory: Arc<Directory>,
    /// What is due, and marked.
    pub ledger: Arc<dyn Ledger>,
    /// Where reminders are published.
    pub broker: Arc<dyn Broker>,
    /// The calendar in force.
    pub calendar: Box<dyn Fn() -> Arc<Calendar> + Send>,
    /// What withdrawals wait for.
    pub rendering: Rendering,
}

/// Reminds, look by look.
pub struct Reminders {
    ground: Ground,
    rules: Rules,
    /// The last slot that was finished, by the zone's name; none before the ledger was asked.
    finished: Option<BTreeMap<String, Slot>>,
    run: Option<Run>,
}

/// Schools that go by one clock.
struct Zone {
    name: String,
    rules: TimeZone,
    schools: Vec<Option<String>>,
}

impl Zone {
    /// The key of a slot's reminders. Zones name their slots alike, so whatever is not the region's own names itself too: a
    /// student with classes in two has the reminders of both.
    fn key(&self, slot: Slot) -> String {
        if self.schools.contains(&None) {
            format!("reminder.{slot}")
        } else {
            format!("reminder.{slot}.{}", self.name.replace('/', "."))
        }
    }
}

impl Reminders {
    /// Reminders that begin where the ledger says that the last ones ended.
    pub fn new(ground: Ground, rules: Rules) -> Self {
        Self { ground, rules, finished: None, run: None }
    }

    /// Whether no slot is under way.
    pub fn is_idle(&self) -> bool {
        self.run.is_none()
    }

    /// Goes on with the slot that is under way, or with the next one that has begun; how many reminders that were.
    ///
    /// # Errors
    /// See [`RemindError`].
    pub fn look(&mut self) -> Result<usize, RemindError> {
        if !self.rules.enabled {
            return Ok(0);
        }
        let calendar = (self.ground.calendar)();
        let now = self.ground.clock.school();
        if self.run.is_none() {
            self.run = self.next_run(&calendar, now)?;
        }
        let Some(run) = &mut self.run else { return Ok(0) };
        if !is_time(&calendar, run.zone(), now) {
            return Ok(0);
        }
        let published = run.publish(&self.ground, &calendar, now, self.rules.share())?;
        if run.is_over() {
            let (zone, slot) = (run.zone().name.clone(), run.slot());
            self.finish(zone, slot)?;
            self.run = None;
        }
        Ok(published)
    }

    /// The next slot that has begun in some zone, if it is a time for reminders there.
    fn next_run(&mut self, calendar: &Calendar, now: SchoolTime) -> Result<Option<Run>, RemindError> {
        if self.finished.is_none() {
            self.finished = Some(self.read_finished()?);
        }
        for zone in zones(calendar) {
            let Some(begun) = Slot::begun(clock(now, &zone.rules)) else { continue };
            let known = self.finished.as_ref().and_then(|finished| finished.get(&zone.name)).copied();
            // A hub's first reminders are those of the next slot; so it is after a clock was set back by more than a day.
            let is_ahead = |last: &Slot| begun.day_after().is_some_and(|tomorrow| *last > tomorrow);
            let Some(last) = known.filter(|last| !is_ahead(last)) else {
                self.finish(zone.name, begun)?;
                continue;
            };
            let last = begun.day_before().map_or(last, |oldest| oldest.max(last));
            let next = last.next().filter(|next| *next <= begun);
            if let Some(slot) = next.filter(|_| is_time(calendar, &zone, now)) {
                return Run::gather(&self.ground, calendar, (zone, slot), self.rules.evening).map(Some);
            }
        }
        Ok(None)
    }

    fn read_finished(&self) -> Result<BTreeMap<String, Slot>, RemindError> {
        let kept = wait(|answer| self.ground.ledger.reminded(answer))?;
        Ok(kept.into_iter().filter_map(|(zone, slot)| Some((zone, Slot::parse(&slot)?))).collect())
    }

    fn finish(&mut self, zone: String, slot: Slot) -> Result<(), RemindError> {
        wait(|answer| self.ground.ledger.put_reminded(zone.clone(), slot.to_string(), answer))?;
        self.finished.get_or_insert_default().insert(zone, slot);
        Ok(())
    }
}

/// All zones, with the schools that go by them; `None` for all schools that have nothing of their own.
fn zones(calendar: &Calendar) -> Vec<Zone> {
    let mut zones: BTreeMap<String, Zone> = BTreeMap::new();
    for school in calendar.schools().map(Some).chain([None]) {
        let zone = calendar.zone(school.map_or(SchoolRef::NONE, SchoolRef::id));
        let name = zone_name(zone).to_owned();
        let entry = zones.entry(name.clone());
        let entry = entry.or_insert_with(|| Zone { name, rules: zone.clone(), schools: Vec::new() });
        entry.schools.push(school.map(str::to_owned));
    }
    zones.into_values().collect()
}

fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// Whether reminders are given in a zone now: by day, and where something is delivered.
fn is_time(calendar: &Calendar, zone: &Zone, now: SchoolTime) -> bool {
    let delivered = |school: &Option<String>| {
        let school = school.as_deref().map_or(SchoolRef::NONE, SchoolRef::id);
        calendar.quiet(school, now).open
    };
    Slot::is_time(clock(now, &zone.rules).time()) && zone.schools.iter().any(delivered)
}

/// What the wall clock shows.
fn clock(at: SchoolTime, zone: &TimeZone) -> DateTime {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(at)
}
