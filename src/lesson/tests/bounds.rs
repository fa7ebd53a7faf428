//! What happens when a lesson's memory is full.

use super::*;
use crate::base::limits;

fn at(position: Position, word: &str, rest: &str) -> String {
    let position = serde_json::to_string(&position).unwrap();
    format!(r#"{{"do":"{word}","at":{position}{rest}}}"#)
}

#[test]
fn no_more_hands_are_raised_than_can_be_seen() {
    let mut world = World::with_lesson();
    for number in 0..limits::HANDS_MAX {
        world.does(&pupil(number), r#"{"do":"raise"}"#).unwrap();
    }
    let next = pupil(limits::HANDS_MAX);
    assert_eq!(world.refuses(&next, r#"{"do":"raise"}"#), ErrorCode::Busy);
    assert!(world.does(&pupil(0), r#"{"do":"raise"}"#).is_ok(), "it is raised already");
    world.does(&teacher(), r#"{"do":"lower","account":"p7"}"#).unwrap();
    assert!(world.does(&next, r#"{"do":"raise"}"#).is_ok());
}

#[test]
fn of_hands_that_were_lowered_the_oldest_is_forgotten_and_goes_up_again() {
    let mut world = World::with_lesson();
    let raise = r#"{"do":"raise","hand":"h"}"#;
    for number in 0..=limits::HANDS_LOWERED_MAX {
        world.does(&pupil(number), raise).unwrap();
        world.does(&pupil(number), r#"{"do":"lower"}"#).unwrap();
    }
    let mut goes_up = |number| {
        world.does(&pupil(number), raise).unwrap();
        world.lessons.mine(&class(), &pupil(number).account).hand.is_some()
    };
    assert_eq!([goes_up(1), goes_up(limits::HANDS_LOWERED_MAX), goes_up(0)], [false, false, true]);
}

#[test]
fn questions_that_are_no_longer_open_are_forgotten_first() {
    let mut world = World::with_lesson();
    let asked: Vec<_> =
        (0..limits::QUESTIONS_MAX).map(|_| world.says(&teacher(), Kind::Question).unwrap()).collect();
    world.does(&teacher(), &at(asked[5], "settle", r#","standing":"answered""#)).unwrap();
    world.does(&pupil(0), &upvote(asked[0])).unwrap();
    world.says(&teacher(), Kind::Question).unwrap();
    assert_eq!(world.refuses(&pupil(0), &upvote(asked[5])), ErrorCode::UnknownTarget);
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).upvoted, [asked[0]]);
    world.says(&teacher(), Kind::Question).unwrap();
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).upvoted, [], "then the oldest");
    let questions = world.lessons.state(&class(), Role::Student).lesson.unwrap().questions;
    assert_eq!((questions.len(), questions[0].at), (limits::QUESTIONS_MAX, asked[1]));
}

fn upvote(question: Position) -> String {
    at(question, "upvote", r#","up":true"#)
}

#[test]
fn no_more_proposals_wait_than_a_teacher_can_read() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","moderated":true}"#).unwrap();
    let first = world.says(&pupil(0), Kind::Post).unwrap();
    for number in 1..limits::PROPOSALS_MAX {
        world.says(&pupil(number), Kind::Post).unwrap();
    }
    let next = pupil(limits::PROPOSALS_MAX);
    assert_eq!(world.says(&next, Kind::Post).unwrap_err().code, ErrorCode::Busy);
    world.does(&teacher(), &at(first, "judge", r#","approved":true"#)).unwrap();
    assert!(world.says(&next, Kind::Post).is_ok());
}

#[test]
fn what_was_allowed_before_the_bound_may_still_be_held_and_no_more() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","moderated":true}"#).unwrap();
    for number in 0..3 * limits::PROPOSALS_MAX {
        let name = world.new_name();
        world.speaks_as(&pupil(number), Kind::Post, &name).unwrap();
    }
    world.commit_all();
    let waiting = world.lessons.state(&class(), Role::Teacher).lesson.unwrap().proposals.unwrap();
    assert_eq!(waiting.len(), 2 * limits::PROPOSALS_MAX);
}

#[test]
fn of_the_oldest_words_the_author_is_forgotten() {
    let mut world = World::with_lesson();
    let first = world.says(&pupil(0), Kind::Post).unwrap();
    let second = world.says(&pupil(0), Kind::Post).unwrap();
    for _ in 2..=limits::LESSON_AUTHORS_MAX {
        world.says(&teacher(), Kind::Post).unwrap();
    }
    assert_eq!(world.refuses(&pupil(0), &at(first, "delete", "")), ErrorCode::UnknownTarget);
    assert!(world.does(&teacher(), &at(first, "delete", "")).is_ok());
    assert!(world.does(&pupil(0), &at(second, "delete", "")).is_ok());
}

#[test]
fn a_student_reports_a_few_times() {
    let mut world = World::with_lesson();
    let post = world.says(&pupil(0), Kind::Post).unwrap();
    for _ in 0..limits::REPORTS_PER_STUDENT_MAX {
        world.does(&pupil(1), &at(post, "report", "")).unwrap();
    }
    assert_eq!(world.refuses(&pupil(1), &at(post, "report", "")), ErrorCode::RateLimited);
    assert!(world.does(&pupil(2), &at(post, "report", "")).is_ok());
}

#[test]
fn of_what_was_reported_the_oldest_is_forgotten_and_long_words_are_told_in_part() {
    let mut world = World::with_lesson();
    let mut said = Vec::new();
    for number in 0..=limits::REPORTED_MAX {
        said.push(world.says(&pupil(number), Kind::Post).unwrap());
        world.does(&pupil(number + 1), &at(said[number], "report", "")).unwrap();
    }
    let reports = world.lessons.state(&class(), Role::Teacher).lesson.unwrap().reports.unwrap();
    let places: Vec<_> = reports.into_iter().map(|(at, _)| at).collect();
    assert_eq!(places, said[1..]);
    world.does(&teacher(), r#"{"do":"rule","moderated":true}"#).unwrap();
    let long = "é".repeat(limits::PROPOSAL_TOLD_CHARS_MAX + 1);
    let proposal = Proposal { kind: Kind::Post, text: long, links: vec![], message_id: message("l") };
    world.flying.push_back(Flying {
        author: pupil(0).account,
        message_id: message("l.p"),
        audience: Audience::only(Role::Teacher),
        body: Body::of(&proposal).unwrap(),
    });
    world.commit_all();
    let held = world.lessons.mine(&class(), &pupil(0).account).held;
    assert_eq!(held[0].text.chars().count(), limits::PROPOSAL_TOLD_CHARS_MAX);
    assert!(held[0].text.ends_with("é…"));
}

#[test]
fn no_more_people_are_remembered_one_by_one_than_a_lesson_has() {
    let mut world = World::with_lesson();
    let max = limits::LESSON_PEOPLE_MAX;
    world.does(&teacher(), r#"{"do":"open_poll","poll":"q","scale":"numbers"}"#).unwrap();
    let vote = r#"{"do":"vote","poll":"q","choice":4}"#;
    let question = world.says(&teacher(), Kind::Question).unwrap();
    for number in 0..max {
        world.does(&pupil(number), vote).unwrap();
        world.does(&pupil(number), &upvote(question)).unwrap();
        world.says(&pupil(number), Kind::Post).unwrap();
        world.does(&teacher(), &format!(r#"{{"do":"mute","account":"p{number}"}}"#)).unwrap();
    }
    assert_eq!(world.refuses(&pupil(max), vote), ErrorCode::Busy);
    assert_eq!(world.refuses(&pupil(max), &upvote(question)), ErrorCode::Busy);
    assert_eq!(world.says(&pupil(max), Kind::Post).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(world.refuses(&teacher(), r#"{"do":"mute","account":"p9999"}"#), ErrorCode::Busy);
    assert!(world.does(&pupil(0), r#"{"do":"vote","poll":"q","choice":0}"#).is_ok());
    let everybody: Vec<_> = (0..=max).map(|number| pupil(number).account).collect();
    world.lessons.present(&class(), 0, &everybody, 0, world.now);
    let here = |world: &World| world.lessons.pulse(&class(), Role::Student, 0, &[]).unwrap().here;
    assert_eq!(here(&world), u32::try_from(max).unwrap());
    world.lessons.present(&class(), 0, &everybody[..max], 0, world.now);
    assert_eq!(here(&world), u32::try_from(max).unwrap());
}

#[test]
fn whoever_is_too_far_back_is_told_the_whole_of_who_is_there() {
    let world = World::with_lesson();
    let before = world.lessons.presence(&class(), None).unwrap().version;
    let students: Vec<_> = (0..limits::PRESENCE_CHANGES_MAX).map(|number| pupil(number).account).collect();
    world.lessons.present(&class(), 0, &students, 1, world.now);
    let since = |world: &World, version| world.lessons.presence(&class(), Some(version)).unwrap().since;
    assert_eq!(since(&world, before), Some(before));
    world.lessons.present(&class(), 1, &[account("late")], 0, world.now);
    assert_eq!(since(&world, before), None);
    assert_eq!(since(&world, before + 1), Some(before + 1));
    assert_eq!(since(&world, before + 99_999), None, "a state of another lesson");
}

#[test]
fn the_oldest_deeds_are_judged_anew() {
    let mut world = World::with_lesson();
    let name = message("first");
    let ask = |world: &World, json: &str| {
        world.lessons.act(&class(), &teacher(), Some(&name), &deed(json), world.now)
    };
    let mute = r#"{"do":"mute"}"#;
    ask(&world, r#"{"do":"unpin"}"#).unwrap();
    for _ in 1..limits::DEEDS_REMEMBERED_MAX {
        world.does(&teacher(), mute).unwrap();
    }
    assert_eq!(ask(&world, mute).unwrap_err().code, ErrorCode::MessageIdReused);
    world.does(&teacher(), mute).unwrap();
    assert!(ask(&world, mute).is_ok(), "the store still knows the name");
}

#[test]
fn no_more_lessons_go_on_than_the_hub_holds() {
    let mut world = World::with_lesson();
    let started = world.log[0].clone();
    for number in 1..limits::LESSONS_MAX {
        let channel = Channel::Class(ClassId::parse(&format!("c{number}")).unwrap());
        world.lessons.committed(&Publication { channel, ..started.clone() }, world.now);
    }
    assert_eq!(world.lessons.count(), limits::LESSONS_MAX);
    let other = ClassId::parse("other").unwrap();
    let start = |world: &World| {
        world.lessons.act(&other, &teacher(), Some(&message("s")), &deed(r#"{"do":"start"}"#), world.now)
    };
    assert_eq!(start(&world).unwrap_err().code, ErrorCode::Busy);
    let channel = Channel::Class(other.clone());
    assert_eq!(world.lessons.committed(&Publication { channel, ..started }, world.now), None);
    world.does(&teacher(), r#"{"do":"end"}"#).unwrap();
    assert!(start(&world).is_ok());
}
