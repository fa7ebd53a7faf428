//! What a school's days bring: who is reminded, when, and who is not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::world::{STUDENTS, World, account, asked, assignment, instant, item};
use crate::base::SchoolTime;
use crate::calendar::Preset;
use crate::ledger::{Item, Marks as _};

const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_student_is_reminded_twice_of_what_is_not_done_by_their_own_date() {
    let mut world = World::at("2026-11-23T12:00", vec![]);
    world.put(assignment("essay", &["2a"], "2026-11-26"));
    world.done("essay", "ada", true);
    world.extend("essay", "bob", Some("2026-11-30T13:00"));
    world.go_to("2026-11-24T07:59");
    assert!(STUDENTS.iter().all(|student| world.reminders(student).is_empty()));
    world.go_to("2026-11-24T08:00");
    assert_eq!(world.reminders("eve"), ["reminder.2026-11-24T0800: essay 2026-11-26 TwoDays"]);
    world.go_to("2026-11-25T17:59");
    assert_eq!(world.reminders("eve").len(), 1);
    world.go_to("2026-11-25T18:00");
    assert_eq!(world.reminders("eve")[1], "reminder.2026-11-25T1800: essay 2026-11-26 Eve");
    world.go_to("2026-11-26T19:59");
    world.go_to("2026-11-27T19:59");
    world.go_to("2026-11-28T19:59");
    world.go_to("2026-11-29T19:59");
    let own = [
        "reminder.2026-11-28T1300: essay 2026-11-30T13:00 TwoDays",
        "reminder.2026-11-29T1800: essay 2026-11-30T13:00 Eve",
    ];
    assert_eq!(world.reminders("bob"), own);
    assert_eq!(world.reminders("eve").len(), 2);
    for student in ["ada", "max"] {
        assert_eq!(world.reminders(student), [""; 0], "{student}");
    }
    let log = world.log("eve");
    assert!(log.iter().all(|one| one.author.is_hub()), "it is the hub that reminds");
}

#[test]
fn what_comes_at_once_is_one_publication_with_the_earliest_first() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    world.put(assignment("z-lab", &["group"], "2026-11-26T18:05"));
    world.put(assignment("y-essay", &["2a", "group"], "2026-11-25T10:00"));
    world.put(assignment("x-sums", &["2a"], "2026-11-25"));
    world.go_to("2026-11-24T18:10");
    let expected = "reminder.2026-11-24T1800: x-sums 2026-11-25 Eve, y-essay 2026-11-25T10:00 Eve, \
                    z-lab 2026-11-26T18:05 TwoDays";
    assert_eq!(world.reminders("ada"), [expected]);
    let others = "reminder.2026-11-24T1800: x-sums 2026-11-25 Eve, y-essay 2026-11-25T10:00 Eve";
    assert_eq!(world.reminders("bob"), [others]);
}

#[test]
fn nobody_is_reminded_of_what_is_not_out_or_no_more_or_due_already() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    let later = Some(instant("2026-11-24T19:00"));
    world.put(Item { publish_at: later, ..assignment("later", &["2a"], "2026-11-25") });
    world.put(assignment("gone", &["2a"], "2026-11-25"));
    world.withdraw("gone");
    let teachers = crate::base::Audience::of(&[crate::base::Role::Teacher]).unwrap();
    world.put(Item { audience: teachers, ..assignment("teachers", &["2a"], "2026-11-25") });
    world.put(assignment("elsewhere", &["unknown"], "2026-11-25"));
    // Its class's date is over, and the one who has another has left the class.
    world.put(assignment("other", &["group"], "2026-11-20"));
    world.extend("other", "bob", Some("2026-11-25"));
    world.go_to("2026-11-24T18:00");
    // Given when both its slots are over.
    world.put(assignment("soon", &["2a"], "2026-11-25"));
    world.go_to("2026-11-25T17:00");
    // The hub is away from before 18:00 until it is due.
    world.put(assignment("past", &["2a"], "2026-11-26T07:05"));
    world.go_to("2026-11-26T07:10");
    for student in STUDENTS {
        assert_eq!(world.reminders(student), [""; 0], "{student}");
    }
}

#[test]
fn an_edit_counts_as_it_stands_when_somebody_s_turn_comes() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    world.put(assignment("essay", &["2a"], "2026-11-25"));
    world.put(assignment("sums", &["2a"], "2026-11-25"));
    world.set(instant("2026-11-24T18:00"));
    // One student at a look: the slot is under way while things change.
    world.rules.per_second = 4;
    world.restart();
    while world.look().unwrap() == 0 {}
    let moved = assignment("essay", &["2a"], "2026-11-27");
    world.put(Item { version: 2, ..moved });
    world.done("sums", "eve", true);
    world.settle();
    let of = |student: &str| world.reminders(student);
    let key = "reminder.2026-11-24T1800";
    assert_eq!(of("ada"), [format!("{key}: essay 2026-11-25 Eve, sums 2026-11-25 Eve")]);
    assert_eq!(of("bob"), [format!("{key}: sums 2026-11-25 Eve")]);
    assert_eq!(of("eve"), [""; 0]);
}

#[test]
fn a_slot_that_was_cut_short_is_finished_and_reminds_nobody_twice() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    world.put(assignment("essay", &["2a"], "2026-11-25"));
    world.go_to("2026-11-24T17:59");
    world.rules.per_second = 4;
    for cut in 0..4 {
        world.set(instant("2026-11-24T18:00"));
        world.restart();
        for _ in 0..cut {
            world.look().unwrap();
        }
        // What has changed since makes no second reminder.
        world.put(assignment(&format!("more-{cut}"), &["2a"], "2026-11-25"));
    }
    world.restart();
    world.settle();
    for student in ["ada", "bob", "eve"] {
        let log = world.log(student);
        assert_eq!(log.len(), 1, "{student}");
    }
    world.restart();
    world.go_to("2026-11-24T19:59");
    assert_eq!(world.log("eve").len(), 1);
}

#[test]
fn after_an_absence_the_slots_of_a_day_are_made_up_for_by_day_and_no_more() {
    let mut world = World::at("2026-11-20T12:00", vec![]);
    world.put(assignment("missed", &["2a"], "2026-11-27"));
    world.put(assignment("near", &["2a"], "2026-11-28"));
    world.go_to("2026-11-24T12:00");
    // From Tuesday noon to Thursday night: two days' slots have passed, one is made up for.
    world.set(instant("2026-11-26T23:00"));
    for _ in 0..10 {
        assert_eq!(world.look().unwrap(), 0, "not at night");
    }
    world.go_to("2026-11-27T07:00");
    let expected = [
        "reminder.2026-11-26T0800: near 2026-11-28 TwoDays",
        "reminder.2026-11-26T1800: missed 2026-11-27 Eve",
    ];
    assert_eq!(world.reminders("eve"), expected);
    world.go_to("2026-11-27T18:00");
    assert_eq!(world.reminders("eve")[2], "reminder.2026-11-27T1800: near 2026-11-28 Eve");
}

#[test]
fn a_clock_that_is_set_back_reminds_nobody_twice() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    world.put(assignment("essay", &["2a"], "2026-11-25"));
    world.go_to("2026-11-24T18:00");
    world.go_to("2026-11-24T17:00");
    world.go_to("2026-11-24T18:30");
    assert_eq!(world.log("eve").len(), 1);
    // By a week: reminders begin anew, under keys that are taken.
    world.go_to("2026-11-17T12:00");
    world.put(assignment("early", &["2a"], "2026-11-18"));
    world.go_to("2026-11-17T18:00");
    assert_eq!(world.reminders("eve")[1], "reminder.2026-11-17T1800: early 2026-11-18 Eve");
    assert_eq!(world.log("eve").len(), 2);
}

#[test]
fn an_evening_is_18_00_by_the_school_s_clock_also_on_the_sundays_of_change() {
    for (sunday, monday, utc_hour) in [("2026-03-29", "2026-03-30", 16), ("2026-10-25", "2026-10-26", 17)] {
        let mut world = World::at(&format!("{sunday}T00:30"), vec![]);
        world.put(assignment("essay", &["2a", "2r"], monday));
        // On Réunion it is evening some hours earlier.
        world.go_to(&format!("{sunday}T15:30"));
        world.go_to(&format!("{sunday}T17:59"));
        assert_eq!(world.reminders("eve"), [""; 0]);
        let line = |zone: &str| format!("reminder.{sunday}T1800{zone}: essay {monday} Eve");
        assert_eq!(world.reminders("max"), [line(".Indian.Reunion")]);
        world.go_to(&format!("{sunday}T18:00"));
        assert_eq!(world.reminders("eve"), [line("")]);
        let at = world.log("eve")[0].published_at;
        assert_eq!(at.0.rem_euclid(24 * HOUR_MS) / HOUR_MS, utc_hour);
        world.go_to(&format!("{monday}T19:50"));
        assert_eq!(world.log("eve").len(), 1);
    }
}

#[test]
fn a_student_of_classes_in_two_zones_has_the_reminders_of_both() {
    let mut world = World::at("2026-11-25T06:30", vec![]);
    world.put(assignment("here", &["2a"], "2026-11-26"));
    world.put(assignment("there", &["2r"], "2026-11-26"));
    let there = "reminder.2026-11-25T1800.Indian.Reunion: there 2026-11-26 Eve";
    world.go_to("2026-11-25T15:00");
    assert_eq!(world.reminders("ina"), [there], "it is 18:00 on Réunion");
    world.restart();
    world.go_to("2026-11-25T18:00");
    assert_eq!(world.reminders("ina"), [there, "reminder.2026-11-25T1800: here 2026-11-26 Eve"]);
    world.restart();
    world.go_to("2026-11-25T19:50");
    assert_eq!(world.log("ina").len(), 2);
}

#[test]
fn in_quiet_hours_nobody_is_reminded() {
    let mut world = World::at("2026-11-20T12:00", vec![Preset::National]);
    world.put(assignment("monday", &["2a"], "2026-11-23"));
    world.put(assignment("tuesday", &["2a"], "2026-11-24"));
    world.go_to("2026-11-20T18:00");
    let friday = "reminder.2026-11-20T1800: monday 2026-11-23 Eve, tuesday 2026-11-24 TwoDays";
    assert_eq!(world.reminders("eve"), [friday]);
    world.put(assignment("late", &["2a"], "2026-11-23T10:00"));
    for day in ["2026-11-21T12:00", "2026-11-22T18:00", "2026-11-23T07:30"] {
        world.go_to(day);
        assert_eq!(world.log("eve").len(), 1, "{day}");
    }
    world.go_to("2026-11-23T18:00");
    assert_eq!(world.reminders("eve")[1], "reminder.2026-11-23T1800: tuesday 2026-11-24 Eve");
}

/// Students mark and unmark while the slot is under way. Whoever was done before it began is left in peace.
#[test]
fn marks_that_race_reminders_are_respected_from_their_acknowledgement_on() {
    let mut world = World::at("2026-11-24T12:00", vec![]);
    for number in 0..20 {
        world.put(assignment(&format!("work-{number}"), &["2a"], "2026-11-25"));
    }
    world.go_to("2026-11-24T17:59");
    for number in 0..20 {
        world.done(&format!("work-{number}"), "ada", true);
    }
    let ledger = std::sync::Arc::clone(&world.open.ledger);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0_i64.. {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let at = (round % 2 == 0).then_some(SchoolTime(round));
                for number in 0..20 {
                    let (id, bob) = (item(&format!("work-{number}")), account("bob"));
                    asked(|answer| ledger.put_done(id, bob, at, answer)).unwrap();
                    let due = (round % 2 == 0).then(|| "2026-11-25T09:00".to_owned());
                    let (id, eve) = (item(&format!("work-{number}")), account("eve"));
                    asked(|answer| ledger.put_extension(id, eve, due, answer)).unwrap();
                }
            }
        });
        for time in ["18:00", "18:10", "18:20", "18:30", "18:40", "18:50", "19:00"] {
            world.go_to(&format!("2026-11-24T{time}"));
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(world.reminders("ada"), [""; 0]);
    assert!(world.log("bob").len() <= 1);
    let eve = world.reminders("eve");
    assert_eq!((eve.len(), eve[0].matches("work-").count()), (1, 20), "each once, whichever date: {eve:?}");
}
