//! The reminders of the whole region: each student of two time zones is reminded of what is due 48 hours before and on the
//! evening before, and a hub that is started again reminds nobody twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use preau::base::body::Assignment;
use preau::base::{AccountId, Body, Channel, ClassId, Clock, ItemId, Kind, OrgId, Role, SchoolTime, limits};
use preau::calendar::{Calendar, CalendarConfig, SchoolConfig};
use preau::items::reminders::{Ground, Reminders, Rules};
use preau::ledger::Rendering;
use preau::roster::{ClassKind, OrgKind};

use super::{SAMPLE, World, ZONE, cpu_seconds, instant, item, memory_mib};

/// Every second school goes by this clock: three hours ahead in winter.
const OTHER_ZONE: &str = "Indian/Reunion";
/// Each class has so much that is due on the same day.
const WORKS: usize = 2;
/// So many looks in a row that tell nobody mean that there is nobody to be told now: each ends a slot at most, and both zones
/// may have a day's to make up for.
const LOOKS: usize = 2 * limits::REMINDER_SLOTS_MAX + 2;

/// Reminds everybody of what is due on a day, and says what it took.
pub(crate) fn remind(world: &World, due: Date) {
    let works = world.give_work(due);
    let calendar = Arc::new(world.two_zones());
    let students = world.roster.current().counts().of(Role::Student);
    println!("reminders of {works} assignments, {students} students, two time zones:");
    let mut reminders = world.reminders(&calendar);
    let days_before = |days: i64| due.saturating_add((-days).days());
    // Slots are known from here on, and none of these days has begun.
    world.set(instant(days_before(3), 12 * 60));
    assert_eq!(reminders.look().unwrap(), 0);
    let two_days = world.reminded("48 h before", &mut reminders, days_before(2));
    let eve = world.reminded("the evening before", &mut reminders, days_before(1));
    assert_eq!((two_days, eve), (students, students), "nobody is left out");
    let mut again = world.reminders(&calendar);
    world.set(SchoolTime(world.clock.school().0 + 60_000));
    let twice: usize = (0..LOOKS).map(|_| again.look().unwrap()).sum();
    assert_eq!(twice, 0, "a hub that is started again finds it done");
    world.check_sample();
}

impl World {
    fn reminders(&self, calendar: &Arc<Calendar>) -> Reminders {
        let calendar = Arc::clone(calendar);
        let ground = Ground {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            directory: Arc::clone(&self.roster),
            ledger: Arc::clone(&self.ledger),
            broker: Arc::clone(&self.broker),
            calendar: Box::new(move || Arc::clone(&calendar)),
            rendering: Rendering::default(),
        };
        Reminders::new(ground, Rules { per_second: 100_000, ..Rules::default() })
    }

    fn two_zones(&self) -> Calendar {
        let roster = self.roster.current();
        let schools = roster.orgs().filter(|org| org.kind() == OrgKind::School).step_by(2);
        let other = |id: &str| SchoolConfig {
            id: OrgId::parse(id).unwrap(),
            zone: Some(OTHER_ZONE.to_owned()),
            files: None,
            school_week: None,
            windows: Vec::new(),
            extra_days: Vec::new(),
            closures: Vec::new(),
        };
        let schools = schools.map(|org| other(org.id())).collect();
        Calendar::new(&CalendarConfig { schools, ..CalendarConfig::default() }, ZONE, &BTreeMap::new())
    }

    /// Each class has work; how much that is.
    fn give_work(&self, due: Date) -> usize {
        let roster = self.roster.current();
        let classes = roster.classes().filter(|class| class.kind() == ClassKind::Homeroom);
        let classes: Vec<ClassId> = classes.map(|class| ClassId::parse(class.id()).unwrap()).collect();
        let mut given = 0;
        for classes in classes.chunks(256) {
            let (done, are_done) = flume::bounded(classes.len() * WORKS);
            for (class, number) in
                classes.iter().flat_map(|class| (0..WORKS).map(move |number| (class, number)))
            {
                let body = Body::of(&Assignment {
                    title: "Exercices".to_owned(),
                    text: "3 et 4 page 12".to_owned(),
                    due: due.to_string(),
                    subject: "Mathématiques".to_owned(),
                    links: Vec::new(),
                    item: None,
                    version: 1,
                    earlier: false,
                });
                let id = ItemId::parse(&format!("due-{class}-{number}")).unwrap();
                let channel = Channel::Class(class.clone());
                let item = item(id, Kind::Assignment, channel, &body.unwrap(), self.clock.school());
                let done = done.clone();
                let told = Box::new(move |outcome: Result<_, _>| done.send(outcome.is_ok()).unwrap());
                self.ledger.put_item(item, None, told).unwrap();
                given += 1;
            }
            assert!(are_done.iter().take(classes.len() * WORKS).all(|is_done| is_done));
        }
        given
    }

    /// Lets a day pass, hour by hour; how many were reminded.
    fn reminded(&self, name: &str, reminders: &mut Reminders, day: Date) -> usize {
        let (cpu, memory) = (cpu_seconds(), memory_mib());
        let (mut count, mut most) = (0, memory);
        for hour in 4..22 {
            self.set(instant(day, hour * 60));
            let mut in_vain = 0;
            while in_vain < LOOKS {
                let told = reminders.look().unwrap();
                (count, in_vain) = (count + told, if told == 0 { in_vain + 1 } else { 0 });
                most = most.max(memory_mib());
            }
        }
        let (cpu, grown) = (cpu_seconds() - cpu, most - memory);
        println!("  {name}: {count} in {cpu:.1} s of CPU; memory grew by {grown:.0} MiB at most");
        count
    }

    /// Each has two reminders, of all that is due.
    fn check_sample(&self) {
        let roster = self.roster.current();
        let students = roster.accounts().filter(|account| account.role() == Role::Student);
        for student in students.step_by(SAMPLE) {
            let student = AccountId::parse(student.id()).unwrap();
            let reminders = self.published(&student, Kind::Reminder);
            assert_eq!(reminders.len(), 2, "{student}");
        }
    }
}
