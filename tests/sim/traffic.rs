//! Who comes when, on a day: lessons by their bells, guardians around their window, staff, further tabs.
//!
//! The hours, the parts and the rates are those of the region's busiest weeks; what nobody has measured is drawn.

use preau::base::{MachineTime, Role};

use crate::chance::{Chance, whole};
use crate::day::{Day, Kind, Turn};
use crate::region::{CLASS_PUPILS, Region};
use crate::visit::{Manners, Visit};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Of a class's pupils, how many come on a day.
const PRESENT: f64 = 0.9;
/// Of those who come, how many behave otherwise than they are told.
const UNRULY: f64 = 0.06;

/// Writes down visits.
struct Ledger<'a> {
    day: &'a Day,
    region: &'a Region,
    chance: &'a mut Chance,
    visits: Vec<Visit>,
}

/// All visits of a day.
pub(crate) fn visits(day: &Day, region: &Region, chance: &mut Chance) -> Vec<Visit> {
    let mut ledger = Ledger { day, region, chance, visits: Vec::new() };
    ledger.lessons();
    ledger.guardians();
    ledger.staff();
    ledger.tabs();
    ledger.visits
}

impl Ledger<'_> {
    /// Notes a visit, by milliseconds after 08:00.
    fn note(&mut self, person: usize, from_ms: f64, until_ms: f64) {
        let instant = |ms: f64| {
            let at = self.day.eight.0.saturating_add_unsigned(whole(ms + 8.0 * HOUR_MS as f64)) - 8 * HOUR_MS;
            MachineTime(at.clamp(self.day.begins.0, self.day.ends.0).unsigned_abs())
        };
        let (begins, ends) = (instant(from_ms), instant(until_ms.max(from_ms + 30_000.0)));
        let mut visit = Visit::new(person, begins, ends);
        let role = self.region.people[person].role;
        if role != Role::Teacher && self.chance.is(UNRULY) {
            let all = [Manners::Impatient, Manners::Forger, Manners::Thief, Manners::Forgetful];
            visit.manners = all[self.chance.below(all.len())];
        }
        visit.is_hidden = self.chance.is(0.3);
        visit.is_slow = self.chance.is(0.02);
        self.visits.push(visit);
    }

    /// The classes that are taught over the hub.
    fn lessons(&mut self) {
        let seats = f64::from(self.region.scale.seats());
        let people = 1.0 + CLASS_PUPILS as f64 * PRESENT;
        let count = usize::try_from(whole(seats * self.day.demand / people)).unwrap();
        let mut classes: Vec<usize> = (0..self.region.classes.len()).collect();
        self.chance.shuffle(&mut classes);
        for class in classes.into_iter().take(count) {
            let shift_ms = if self.is_punctual() { 0.0 } else { (class % 7) as f64 * 90_000.0 };
            let first = if self.is_punctual() { 0 } else { [0, 0, 0, 1, 2][self.chance.below(5)] };
            let last = 3 + self.chance.between(0, 2).cast_signed();
            self.lesson(class, (first * HOUR_MS) as f64 + shift_ms, (last * HOUR_MS) as f64 + shift_ms);
            if self.chance.is(0.6) {
                let begins = if self.chance.is(0.5) { 330 } else { 360 };
                let lasts = 60 * (1 + self.chance.between(0, 3).cast_signed());
                let (begins, ends) = (begins * MINUTE_MS, (begins + lasts) * MINUTE_MS);
                self.lesson(class, begins as f64 + shift_ms, ends as f64 + shift_ms);
            }
        }
    }

    /// Whether everybody is told to come at 08:00.
    fn is_punctual(&self) -> bool {
        matches!(self.day.kind, Kind::Closure | Kind::Over15 | Kind::Over34)
    }

    /// Some hours of one class.
    fn lesson(&mut self, class: usize, begins_ms: f64, ends_ms: f64) {
        let (teacher, pupils) = self.region.members[class].clone();
        // One in twenty is late, or does not come: the class is not live, and its pupils are as others.
        let late_ms = if self.chance.is(0.05) { self.chance.part() * 2.0 * HOUR_MS as f64 } else { 0.0 };
        let comes = self.chance.around(begins_ms - 120_000.0, 60_000.0) + late_ms;
        let goes = self.chance.around(ends_ms + 120_000.0, 60_000.0);
        self.note(teacher, comes, goes);
        for pupil in pupils {
            if !self.chance.is(PRESENT) {
                continue;
            }
            let comes = self.chance.around(begins_ms, self.day.spread_s * 1_000.0);
            let goes = self.chance.around(ends_ms, 60_000.0);
            if self.chance.is(0.2) && goes - comes > HOUR_MS as f64 {
                // Out for the break.
                let pause = comes + HOUR_MS as f64;
                self.note(pupil, comes, pause - 300_000.0);
                self.note(pupil, pause, goes);
            } else {
                self.note(pupil, comes, goes);
            }
        }
    }

    /// Before their window closes, in vain while it is closed, at its opening, and in the night.
    fn guardians(&mut self) {
        let is_busy = if self.day.demand > 0.1 { 1.0 } else { 0.3 };
        for guardian in self.region.guardians.clone() {
            let come = |ledger: &mut Self, part: f64, from: f64, over: f64| {
                if ledger.chance.is(part * is_busy) {
                    let at = (from + ledger.chance.part() * over) * HOUR_MS as f64;
                    let stay = ledger.chance.until(720_000.0);
                    ledger.note(guardian, at, at + 60_000.0 + stay as f64);
                }
            };
            come(self, 0.15, -1.0, 1.05);
            come(self, 0.2, 0.0, 10.0);
            come(self, 0.15, 10.0, 0.08);
            come(self, 0.35, 10.0, 2.0);
            come(self, 0.03, -8.0, 5.0);
            for (at, _) in self.day.turns.iter().filter(|(_, turn)| *turn == Turn::Urgent) {
                let hours = (at.0 - self.day.eight.0) as f64 / HOUR_MS as f64;
                come(self, 0.05, hours, 0.05);
            }
        }
    }

    fn staff(&mut self) {
        for person in self.region.staff.clone() {
            if self.chance.is(0.2 * self.day.demand.min(1.0)) {
                let at = self.chance.part() * 9.0 * HOUR_MS as f64;
                let stay = self.chance.until(1_800_000.0);
                self.note(person, at, at + stay as f64);
            }
        }
    }

    /// Further tabs, and one account that can't have enough of them.
    fn tabs(&mut self) {
        let first = self.visits.len();
        for place in 0..first {
            let Visit { person, begins, ends, .. } = self.visits[place];
            let part = if self.region.people[person].role == Role::Teacher { 0.15 } else { 0.04 };
            let count = if place % 2_003 == 7 { 12 } else { u64::from(self.chance.is(part)) };
            for _ in 0..count {
                let at = self.chance.between(begins.0, ends.0);
                let visit = Visit::new(person, MachineTime(at), MachineTime(ends.0.min(at + 900_000)));
                self.visits.push(visit);
            }
        }
    }
}
