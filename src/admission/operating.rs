//! What operators see of the gate, and change about it while it runs.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::snapshot::{ClassSnapshot, GroupSnapshot};
use super::state::{State, allowed};
use super::stock::Stock;
use super::trial::{self, Present};
use super::{Capacity, Class, Gate, Level, Reason, Settings, Snapshot, Step, Trial, whole};
use crate::base::{MachineTime, OrgId};

/// What a group of schools comes to.
#[derive(Default)]
struct Sum {
    taken: u32,
    lent: f64,
    waiting: u32,
    evicted: [u64; Step::ALL.len()],
}

impl Gate {
    /// Puts other settings in force at once. They were checked by [`Settings::mistakes`].
    pub fn change(&self, settings: Settings, now: MachineTime) {
        let mut evenings = self.evenings.lock().unwrap_or_else(PoisonError::into_inner);
        evenings.spread(settings.evening_seconds);
        drop(evenings);
        let mut state = self.state();
        state.flow.bound(&settings.flow);
        state.settings = settings;
        state.share_out(now);
    }

    /// Another capacity was measured.
    pub fn set_capacity(&self, capacity: Capacity, now: MachineTime) {
        let mut state = self.state();
        state.capacity = capacity;
        state.share_out(now);
    }

    /// Says whether a class is outside its window everywhere: then it owns no seats, and its share is the others'.
    pub fn set_outside(&self, class: Class, is_outside: bool, now: MachineTime) {
        let mut state = self.state();
        if state.is_out[class.index()] != is_outside {
            state.is_out[class.index()] = is_outside;
            state.share_out(now);
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Tries other settings on the people of now, without any effect.
    pub fn trial(&self, settings: &Settings, now: MachineTime) -> Trial {
        let mut state = self.state();
        state.pass(now);
        let mut empty = Stock::new(allowed(settings, state.capacity), settings, now);
        empty.set(empty.seats(), settings, state.is_out, now);
        let present = Present {
            held: Class::ALL.map(|class| state.seating.stock.used(class)),
            waiting: Class::ALL.map(|class| whole(state.room.waiting(class))),
            asked: state.recent.sum(now),
            flow_max: settings.flow.max.saturating_mul(60),
        };
        let is_lending = state.load.level() == Level::Normal;
        drop(state);
        trial::run(&empty, &present, is_lending)
    }

    /// The gate at this moment.
    pub fn snapshot(&self, now: MachineTime) -> Snapshot {
        let mut state = self.state();
        state.pass(now);
        let stock = &state.seating.stock;
        Snapshot {
            level: state.load.level(),
            pressure: state.load.pressure(),
            pressures: state.load.pressures(),
            is_evicting: state.load.is_evicting(),
            rate: state.flow.rate(),
            seats: stock.seats(),
            seats_allowed: allowed(&state.settings, state.capacity),
            bound: state.capacity.bound,
            free: stock.free(),
            recalled: state.seating.recalled(),
            live_classes: self.live.count(),
            classes: Class::ALL.map(|class| self.class_snapshot(&state, class)).to_vec(),
            evicted: named(self.tally.of_steps()),
            groups: Vec::new(),
        }
    }

    /// Seats and evictions by group of schools, beside those who wait, whom the gate can't tell apart by school; `group_of`
    /// also says where those are counted who are of none.
    pub fn groups<'a>(
        &self,
        group_of: impl Fn(Option<&OrgId>) -> &'a str,
        waiting: &[(Option<OrgId>, u32)],
    ) -> Vec<GroupSnapshot> {
        let state = self.state();
        let stock = &state.seating.stock;
        let lent_part =
            Class::ALL.map(|class| f64::from(stock.borrowed(class)) / f64::from(stock.used(class).max(1)));
        let mut groups: BTreeMap<&str, Sum> = BTreeMap::new();
        for school in state.seating.schools.all() {
            let sum = groups.entry(group_of(school.name.as_ref())).or_default();
            sum.taken += school.seats.iter().sum::<u32>();
            sum.lent +=
                school.seats.iter().zip(lent_part).map(|(seats, part)| f64::from(*seats) * part).sum::<f64>();
            sum.evicted.iter_mut().zip(school.evicted).for_each(|(sum, count)| *sum += count);
        }
        drop(state);
        for (school, count) in waiting {
            groups.entry(group_of(school.as_ref())).or_default().waiting += count;
        }
        let told = |(group, Sum { taken, lent, waiting, evicted }): (&str, Sum)| GroupSnapshot {
            group: group.to_owned(),
            taken,
            lent: whole(lent),
            waiting,
            evicted: named(evicted),
        };
        groups.into_iter().map(told).collect()
    }

    fn class_snapshot(&self, state: &State, class: Class) -> ClassSnapshot {
        let stock = &state.seating.stock;
        let decided = self.tally.of(class);
        ClassSnapshot {
            class,
            nominal: stock.share(class).nominal,
            reserve: stock.share(class).reserve,
            taken: stock.used(class),
            unspent: state.seating.reserved(class),
            lent: stock.lent(class),
            borrowed: stock.borrowed(class),
            waiting: whole(state.room.waiting(class)),
            admitted: decided[Reason::Entered as usize],
            decisions: Reason::ALL.map(Reason::as_str).into_iter().zip(decided).collect(),
        }
    }

    /// Signs tickets with another secret from now on; those of the one before are still taken.
    pub fn rotate(&self, secret: &[u8; 32]) {
        self.tickets.rotate(secret);
    }
}

/// Counts with the words of their steps.
fn named(evicted: [u64; Step::ALL.len()]) -> Vec<(&'static str, u64)> {
    Step::ALL.map(Step::as_str).into_iter().zip(evicted).collect()
}
