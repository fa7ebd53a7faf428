//! Random weeks: whatever order things come in, nobody is reminded twice in a slot, of nothing that is done, withdrawn or
//! due by another date, and everybody of what is left.

use std::collections::{BTreeMap, BTreeSet};

use super::super::times;
use super::world::{World, assignment, instant};
use crate::base::body::{self, Reminder, ReminderWhen};
use crate::base::{Clock as _, SchoolTime};
use crate::calendar::{Calendar, SchoolRef};
use crate::ledger::Item;

const CLASS: [&str; 3] = ["ada", "bob", "eve"];
const MINUTE_MS: i64 = 60_000;

struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What the ledger was told.
#[derive(Default)]
struct Model {
    /// By assignment: version, due date, whether it is withdrawn.
    items: BTreeMap<String, (u32, String, bool)>,
    done: BTreeSet<(String, &'static str)>,
    extended: BTreeMap<(String, &'static str), String>,
    /// Reminders that were seen, by student.
    seen: BTreeMap<&'static str, usize>,
}

impl Model {
    fn due(&self, id: &str, student: &'static str) -> &str {
        let own = self.extended.get(&(id.to_owned(), student));
        own.unwrap_or(&self.items[id].1)
    }

    /// Of what a student is to be reminded at a slot.
    fn expected(&self, student: &'static str, slot: &str, now: SchoolTime) -> BTreeMap<String, ReminderWhen> {
        let calendar = Calendar::none();
        let slot = super::super::slot::Slot::parse(slot).unwrap();
        let live = self.items.iter().filter(|(id, (_, _, is_withdrawn))| {
            !is_withdrawn && !self.done.contains(&((*id).clone(), student))
        });
        live.filter_map(|(id, _)| {
            let due = times::due_time(self.due(id, student)).unwrap();
            let evening = jiff::civil::time(18, 0, 0, 0);
            let when = times::reminded(&calendar, SchoolRef::NONE, due, evening).at(slot)?;
            let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
            (times::instant(due, &zone).unwrap() > now).then(|| (id.clone(), when))
        })
        .collect()
    }
}

fn date(draw: &mut Draw) -> String {
    let day = 24 + draw.below(6);
    if draw.below(2) == 0 {
        format!("2026-03-{day}")
    } else {
        format!("2026-03-{day}T{:02}:{:02}", draw.below(24), draw.below(60))
    }
}

fn change(world: &mut World, model: &mut Model, draw: &mut Draw) {
    let id = format!("work-{}", draw.below(6));
    let student = CLASS[usize::try_from(draw.below(3)).unwrap()];
    match (draw.below(8), model.items.get(&id).cloned()) {
        (0..4, None) => {
            let due = date(draw);
            world.put(assignment(&id, &["2a"], &due));
            model.items.insert(id, (1, due, false));
        }
        (0, Some((version, _, false))) => {
            let due = date(draw);
            world.put(Item { version: version + 1, ..assignment(&id, &["2a"], &due) });
            model.items.insert(id, (version + 1, due, false));
        }
        (1, Some((version, due, false))) if draw.below(3) == 0 => {
            world.withdraw(&id);
            model.items.insert(id, (version, due, true));
        }
        (2..4, Some(_)) => {
            world.done(&id, student, true);
            model.done.insert((id, student));
        }
        (4, _) => {
            world.done(&id, student, false);
            model.done.remove(&(id, student));
        }
        (5, Some(_)) => {
            let due = (draw.below(3) > 0).then(|| date(draw));
            world.extend(&id, student, due.as_deref());
            match due {
                Some(due) => drop(model.extended.insert((id, student), due)),
                None => drop(model.extended.remove(&(id, student))),
            }
        }
        (6, _) => world.restart(),
        _ => {}
    }
}

/// Every reminder that came since the last check says what the model says now.
fn check_new(world: &World, model: &mut Model) {
    let now = world.clock.school();
    for student in CLASS {
        let log = world.log(student);
        let keys: BTreeSet<&str> = log.iter().map(|one| one.message_id.as_str()).collect();
        assert_eq!(keys.len(), log.len(), "{student}: one reminder for a slot");
        for publication in &log[*model.seen.get(student).unwrap_or(&0)..] {
            let slot = publication.message_id.as_str().strip_prefix("reminder.").unwrap();
            let reminder: Reminder = body::read(&publication.body).unwrap();
            let said: BTreeMap<String, ReminderWhen> =
                reminder.entries.iter().map(|entry| (entry.item.as_str().to_owned(), entry.when)).collect();
            assert_eq!(said, model.expected(student, slot, now), "{student} {slot}");
            for entry in &reminder.entries {
                assert_eq!(entry.due, model.due(entry.item.as_str(), student));
            }
        }
        model.seen.insert(student, log.len());
    }
}

/// Everybody has the reminder of a slot that was gone through without a change.
fn check_complete(world: &World, model: &Model, slot: &str) {
    for student in CLASS {
        let expected = model.expected(student, slot, world.clock.school());
        let key = format!("reminder.{slot}");
        let has = world.log(student).iter().any(|one| one.message_id.as_str() == key);
        assert_eq!(has, !expected.is_empty(), "{student} {slot} {expected:?}");
    }
}

fn week(seed: u64) {
    let mut draw = Draw(seed);
    let mut model = Model::default();
    // The week of the Sunday on which an hour is missing.
    let mut world = World::at("2026-03-25T12:00", vec![]);
    world.rules.per_second = 4;
    world.restart();
    let mut now = instant("2026-03-25T12:00");
    while now < instant("2026-03-30T09:00") {
        for _ in 0..draw.below(4) {
            change(&mut world, &mut model, &mut draw);
        }
        // Most looks come at the slots that matter.
        now = SchoolTime(now.0 + [10, 10, 60, 180][usize::try_from(draw.below(4)).unwrap()] * MINUTE_MS);
        world.set(now);
        let is_changing = draw.below(2) == 0;
        while !world.is_settled() {
            let run = world.open.reminders.run.as_ref();
            let (slot, is_new) = (run.map(|run| run.slot().to_string()), run.is_none());
            let before = world.open.reminders.finished.clone();
            world.look().unwrap();
            check_new(&world, &mut model);
            if is_changing {
                change(&mut world, &mut model, &mut draw);
                continue;
            }
            let after = world.open.reminders.finished.clone();
            let finished = after.and_then(|after| after.get("Europe/Paris").copied());
            let was = before.and_then(|before| before.get("Europe/Paris").copied());
            if let Some(finished) = finished.filter(|finished| Some(*finished) != was && was.is_some()) {
                // Begun and ended without a change in between; a restart would have begun it anew.
                if is_new || slot == Some(finished.to_string()) {
                    check_complete(&world, &model, &finished.to_string());
                }
            }
        }
    }
}

#[test]
fn whatever_order_things_come_in_each_is_reminded_of_what_stands() {
    for seed in 1..=3 {
        week(seed);
    }
}
