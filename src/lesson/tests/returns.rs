//! Who goes and comes back: students whose line is lost or who leave, their hands, and a hub that is started again.

use super::*;
use crate::base::limits;
use crate::lesson::Whose;

const RAISE: &str = r#"{"do":"raise"}"#;

#[test]
fn whoever_loses_the_line_is_there_for_a_grace_and_keeps_the_hand_for_as_long() {
    let mut world = World::with_lesson();
    let students = [account("p0"), account("p1")];
    world.lessons.present(&class(), 0, &students, 1, world.now);
    world.does(&pupil(0), RAISE).unwrap();
    let whole = world.lessons.presence(&class(), None).unwrap();
    assert_eq!((whole.here.len(), whole.since), (2, None));
    world.lessons.present(&class(), 0, &students[1..], 1, world.now);
    world.lessons.overdue(world.now);
    assert_eq!(world.lessons.presence(&class(), Some(whole.version)), None);
    world.pass(limits::PRESENCE_GRACE);
    world.lessons.overdue(world.now);
    let changed = world.lessons.presence(&class(), Some(whole.version)).unwrap();
    assert_eq!(
        (changed.since, changed.here, changed.gone),
        (Some(whole.version), vec![], vec![account("p0")])
    );
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).hand, None);
    assert!(matches!(world.does(&teacher(), r#"{"do":"presence"}"#), Ok(Act::Presence(_))));
    assert_eq!(world.refuses(&pupil(1), r#"{"do":"presence"}"#), ErrorCode::NotAllowed);
}

#[test]
fn whoever_says_so_is_gone_at_once_unless_it_has_another_line() {
    let mut world = World::with_lesson();
    let students = [account("p0"), account("p1")];
    world.lessons.present(&class(), 0, &students, 1, world.now);
    world.lessons.present(&class(), 1, &students[1..], 1, world.now);
    world.does(&pupil(0), RAISE).unwrap();
    let here = |world: &World| world.lessons.presence(&class(), None).unwrap().here;
    for who in &students {
        world.lessons.goes(&class(), who);
        assert_eq!(here(&world), students, "until the shard says so");
    }
    world.lessons.present(&class(), 0, &[], 1, world.now);
    assert_eq!(here(&world), students[1..]);
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).hand, None);
    // The other line is lost: that is another matter.
    world.lessons.present(&class(), 1, &[], 1, world.now);
    world.lessons.sink(&class(), world.now);
    assert_eq!(here(&world), students[1..]);
    world.pass(limits::PRESENCE_GRACE);
    world.lessons.sink(&class(), world.now);
    assert_eq!(here(&world), []);
    world.lessons.present(&class(), 0, &students, 1, world.now);
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).hand, Some(1), "back with its hand");
}

#[test]
fn a_hand_has_its_place_again_when_its_owner_is_back_unless_it_was_lowered_meanwhile() {
    let mut world = World::with_lesson();
    let class_here = [account("p0"), account("p1"), account("p2")];
    let hand = |world: &World, number| world.lessons.mine(&class(), &pupil(number).account).hand;
    for lowered in [r#"{"do":"lower"}"#, r#"{"do":"lower","account":"p0"}"#] {
        world.lessons.present(&class(), 0, &class_here, 1, world.now);
        for number in 0..3 {
            world.does(&pupil(number), RAISE).unwrap();
        }
        let away = |world: &mut World| {
            world.lessons.present(&class(), 0, &class_here[2..], 1, world.now);
            world.pass(limits::PRESENCE_GRACE);
            world.lessons.overdue(world.now);
            assert_eq!((hand(world, 0), hand(world, 1), hand(world, 2)), (None, None, Some(1)));
        };
        away(&mut world);
        world.lessons.changed(0);
        world.lessons.present(&class(), 0, &class_here, 1, world.now);
        assert_eq!((hand(&world, 0), hand(&world, 1), hand(&world, 2)), (Some(1), Some(2), Some(3)));
        let told = world.lessons.changed(0).pop().unwrap();
        assert_eq!(told.mine, Whose::These(class_here.clone().into()));
        away(&mut world);
        world.does(&teacher(), lowered).unwrap();
        world.lessons.present(&class(), 0, &class_here, 1, world.now);
        assert_eq!(hand(&world, 0), None, "{lowered}");
        world.does(&teacher(), r#"{"do":"lower"}"#).unwrap();
    }
}

#[test]
fn a_raising_whose_answer_was_lost_does_not_raise_a_hand_that_was_lowered_since() {
    let mut world = World::with_lesson();
    let hand = |world: &World| world.lessons.mine(&class(), &pupil(0).account).hand;
    let raise = r#"{"do":"raise","hand":"one"}"#;
    for lowered in
        [r#"{"do":"lower"}"#, r#"{"do":"lower","account":"p0"}"#, r#"{"do":"call","account":"p0"}"#]
    {
        let named = lowered.replace(['"', '{', '}', ':', ','], "");
        let raise = raise.replace("one", &named);
        world.does(&pupil(0), &raise).unwrap();
        world.does(&pupil(0), &raise).unwrap();
        assert_eq!(hand(&world), Some(1), "again changes nothing");
        world.does(&teacher(), lowered).unwrap();
        assert_eq!(
            world.does(&pupil(0), &raise),
            Ok(Act::Done { mine: true }),
            "and it is told how it stands"
        );
        assert_eq!(hand(&world), None, "{lowered}");
    }
    world.does(&pupil(0), &raise.replace("one", "two")).unwrap();
    assert_eq!(hand(&world), Some(1), "another raising is another");
    let restarted = world.restarted();
    let again = deed(&raise.replace("one", "two"));
    restarted.act(&class(), &pupil(0), None, &again, world.now).unwrap();
    assert_eq!(
        restarted.mine(&class(), &pupil(0).account).hand,
        Some(1),
        "a hub that has forgotten is told anew"
    );
}

#[test]
fn a_student_is_told_since_when_the_hub_has_forgotten_nothing() {
    let mut world = World::with_lesson();
    let told = |lessons: &Lessons| lessons.mine(&class(), &pupil(0).account).known_since;
    let before = told(&world.lessons);
    world.pass(Duration::from_mins(1));
    world.does(&pupil(0), RAISE).unwrap();
    assert_eq!(told(&world.lessons), before);
    assert_ne!(told(&world.restarted()), before);
}

#[test]
fn a_restart_makes_no_lesson_younger_and_gives_its_teacher_time_to_come_back() {
    let mut world = World::with_lesson();
    world.pass(Duration::from_mins(12));
    world.does(&teacher(), r#"{"do":"unpin"}"#).unwrap();
    let acted = world.now;
    world.pass(Duration::from_mins(30));
    let after = |world: &World, restarted_at: MachineTime, passed: Duration| {
        let lessons = world.restarted_at(restarted_at);
        !lessons.overdue(restarted_at.after(passed)).is_empty()
    };
    let [short, long] =
        [limits::LESSON_RETURN.saturating_sub(Duration::from_millis(1)), limits::LESSON_RETURN];
    assert!(!after(&world, world.now, short), "whoever taught may come back");
    assert!(after(&world, world.now, long), "and has been away for long enough before");
    // Had the hub come back at once, the time from the last deed would have counted.
    let rest = limits::LESSON_WITHOUT_TEACHER;
    assert!(!after(&world, acted, rest.saturating_sub(Duration::from_millis(1))));
    assert!(after(&world, acted, rest));
    let lessons = world.restarted_at(world.now);
    lessons.present(&class(), 0, &[], 1, world.now);
    let over = MachineTime(1_000_000).after(limits::LESSON_LENGTH_MAX);
    assert!(lessons.overdue(over.before(Duration::from_millis(1))).is_empty());
    assert_eq!(lessons.overdue(over), [class()], "by when it began, not by when the hub did");
}
