//! The rules of lessons, one by one.

use super::*;
use crate::base::limits;
use crate::lesson::{Reacted, Whose};
use crate::protocol::lesson::{PollState, Votes};

const ENDED: &str = r#"{"do":"end"}"#;
const RAISE: &str = r#"{"do":"raise"}"#;
const POLL: &str = r#"{"do":"open_poll","poll":"q1","scale":"yes_no","text":"Ready?"}"#;
const CLOSE: &str = r#"{"do":"close_poll","poll":"q1"}"#;
const YES: &str = r#"{"do":"vote","poll":"q1","choice":0}"#;
const NO: &str = r#"{"do":"vote","poll":"q1","choice":1}"#;

fn code<T: std::fmt::Debug>(result: Result<T, Refused>) -> ErrorCode {
    result.unwrap_err().code
}

fn at(position: Position, word: &str, rest: &str) -> String {
    let position = serde_json::to_string(&position).unwrap();
    format!(r#"{{"do":"{word}","at":{position}{rest}}}"#)
}

#[test]
fn outside_lessons_students_post_and_do_not_ask() {
    let mut world = World::new();
    assert!(world.says(&pupil(0), Kind::Post).is_ok());
    assert_eq!(code(world.says(&pupil(0), Kind::Question)), ErrorCode::NoLesson);
    assert_eq!(world.refuses(&pupil(0), RAISE), ErrorCode::NoLesson);
    assert_eq!(world.refuses(&pupil(0), r#"{"do":"start"}"#), ErrorCode::NotAllowed);
    assert!(matches!(world.does(&teacher(), &at(place(1), "delete", "")), Ok(Act::Say { .. })));
    assert_eq!(world.refuses(&pupil(0), &at(place(1), "delete", "")), ErrorCode::NotAllowed);
    assert_eq!((world.lessons.count(), world.lessons.is_live(&class())), (0, false));
}

#[test]
fn a_lesson_begins_once_and_ends() {
    let mut world = World::new();
    world.acts(&teacher(), &deed(r#"{"do":"start","title":"a"}"#)).unwrap();
    world.acts(&teacher(), &deed(r#"{"do":"start","title":"b"}"#)).unwrap();
    assert_eq!(world.commit().unwrap().1, Some(Turn::Began(class())));
    assert_eq!(world.commit().unwrap().1, None, "the second of two that began it at once");
    assert_eq!(world.lessons.state(&class(), Role::Student).lesson.unwrap().title, "a");
    assert_eq!(world.refuses(&teacher(), r#"{"do":"start"}"#), ErrorCode::LessonRuns);
    world.acts(&teacher(), &deed(ENDED)).unwrap();
    assert_eq!(world.commit().unwrap().1, Some(Turn::Ended(class())));
    assert_eq!((world.lessons.count(), world.lessons.is_live(&class())), (0, false));
    assert_eq!(world.lessons.state(&class(), Role::Teacher).lesson, None);
}

#[test]
fn a_deed_asked_again_has_its_answer_and_another_of_its_name_has_none() {
    let mut world = World::with_lesson();
    let started = &world.log[0].message_id.clone();
    let ask = |world: &World, name: &MessageId, json: &str| {
        world.lessons.act(&class(), &teacher(), Some(name), &deed(json), world.now)
    };
    let again = ask(&world, started, r#"{"do":"start","title":"Verbs"}"#).unwrap();
    let Act::Say { body, .. } = again else { unreachable!("a start is said") };
    assert_eq!(body.json(), world.log[0].body.as_ref());
    world.does(&teacher(), POLL).unwrap();
    world.does(&pupil(0), YES).unwrap();
    let closed = world.does(&teacher(), CLOSE).unwrap();
    let name = world.log.last().unwrap().message_id.clone();
    assert_eq!(ask(&world, &name, CLOSE), Ok(closed));
    assert_eq!(code(ask(&world, &name, r#"{"do":"unpin"}"#)), ErrorCode::MessageIdReused);
    assert_eq!(code(ask(&world, &message("other"), CLOSE)), ErrorCode::UnknownTarget);
}

#[test]
fn the_mode_binds_students_and_not_teachers() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","mode":"questions"}"#).unwrap();
    assert_eq!(code(world.says(&pupil(0), Kind::Post)), ErrorCode::ModeForbids);
    assert!(world.says(&pupil(0), Kind::Question).is_ok());
    world.does(&teacher(), r#"{"do":"rule","mode":"teacher","reactions":false}"#).unwrap();
    assert_eq!(code(world.says(&pupil(0), Kind::Question)), ErrorCode::ModeForbids);
    assert_eq!(world.refuses(&pupil(0), r#"{"do":"react","reaction":"clap"}"#), ErrorCode::ModeForbids);
    assert!(world.says(&teacher(), Kind::Post).is_ok());
    assert!(world.does(&pupil(0), RAISE).is_ok(), "a hand asks for the floor");
}

#[test]
fn slow_mode_tells_when_and_lets_the_same_words_be_sent_again() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","slow_s":30}"#).unwrap();
    let name = message("mine");
    world.speaks_as(&pupil(0), Kind::Post, &name).unwrap();
    world.pass(Duration::from_secs(10));
    assert_eq!(world.speaks_as(&pupil(0), Kind::Post, &name), Ok(Speech::Said), "its answer was lost");
    let refused = world.says(&pupil(0), Kind::Post).unwrap_err();
    let rest = Duration::from_secs(20);
    assert_eq!(refused, Refused { code: ErrorCode::SlowMode, retry_after: Some(rest) });
    let speak_at = world.lessons.mine(&class(), &pupil(0).account).speak_at;
    assert_eq!(speak_at, Some(SchoolTime(world.school().0 + 20_000)));
    assert!(world.says(&pupil(1), Kind::Post).is_ok());
    world.pass(rest);
    assert!(world.says(&pupil(0), Kind::Post).is_ok());
}

#[test]
fn whoever_is_muted_says_nothing_and_the_class_does_not_learn_who() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"mute","account":"p0"}"#).unwrap();
    assert_eq!(world.log.last().unwrap().audience, Audience::only(Role::Teacher));
    assert_eq!(code(world.says(&pupil(0), Kind::Post)), ErrorCode::Muted);
    assert_eq!(world.refuses(&pupil(0), r#"{"do":"react","reaction":"clap"}"#), ErrorCode::Muted);
    assert!(world.lessons.mine(&class(), &pupil(0).account).muted);
    assert!(world.says(&pupil(1), Kind::Post).is_ok());
    assert_eq!(world.lessons.state(&class(), Role::Student).lesson.unwrap().muted, None);
    let told = world.lessons.state(&class(), Role::Teacher).lesson.unwrap();
    assert_eq!(told.muted, Some(vec![account("p0")]));
    world.does(&teacher(), r#"{"do":"mute"}"#).unwrap();
    assert_eq!(code(world.says(&pupil(1), Kind::Post)), ErrorCode::Muted);
    world.does(&teacher(), r#"{"do":"unmute","account":"p0"}"#).unwrap();
    assert!(world.says(&pupil(0), Kind::Post).is_ok(), "one may speak while the others are muted");
    assert!(world.does(&pupil(1), RAISE).is_ok());
}

#[test]
fn a_proposal_is_let_through_in_its_authors_name_or_not_at_all() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","moderated":true}"#).unwrap();
    let first = world.says(&pupil(0), Kind::Question).unwrap();
    let second = world.says(&pupil(1), Kind::Post).unwrap();
    let waiting = |world: &World| world.lessons.state(&class(), Role::Teacher).lesson.unwrap().proposals;
    assert_eq!(waiting(&world), Some(vec![first, second]));
    assert_eq!(world.lessons.state(&class(), Role::Student).lesson.unwrap().proposals, None);
    assert_eq!(world.refuses(&teacher(), &at(first, "pin", "")), ErrorCode::UnknownTarget);
    world.does(&teacher(), &at(first, "judge", r#","approved":true"#)).unwrap();
    let released = world.log.last().unwrap().clone();
    assert_eq!((released.kind, released.author.as_str()), (Kind::Question, "p0"));
    assert_eq!(waiting(&world), Some(vec![second]));
    let questions = world.lessons.state(&class(), Role::Student).lesson.unwrap().questions;
    assert_eq!(questions.iter().map(|question| question.at).collect::<Vec<_>>(), [released.position]);
    world.does(&teacher(), &at(second, "judge", r#","approved":false"#)).unwrap();
    assert_eq!(waiting(&world), Some(Vec::new()));
    let again = at(second, "judge", r#","approved":true"#);
    assert_eq!(world.refuses(&teacher(), &again), ErrorCode::UnknownTarget);
}

#[test]
fn a_student_takes_back_its_own_words_and_a_teacher_anybodys() {
    let mut world = World::with_lesson();
    let post = world.says(&pupil(0), Kind::Post).unwrap();
    world.does(&teacher(), &at(post, "pin", "")).unwrap();
    assert_eq!(world.refuses(&pupil(1), &at(post, "delete", "")), ErrorCode::NotAllowed);
    assert_eq!(world.refuses(&pupil(1), &at(place(99), "delete", "")), ErrorCode::UnknownTarget);
    world.does(&pupil(0), &at(post, "delete", "")).unwrap();
    assert_eq!(world.lessons.state(&class(), Role::Student).lesson.unwrap().pinned, None);
    assert_eq!(world.refuses(&pupil(0), &at(post, "delete", "")), ErrorCode::UnknownTarget);
    assert_eq!(world.refuses(&teacher(), &at(post, "pin", "")), ErrorCode::UnknownTarget);
    let other = world.says(&pupil(1), Kind::Post).unwrap();
    assert!(world.does(&teacher(), &at(other, "delete", "")).is_ok());
}

#[test]
fn what_was_said_before_the_lesson_is_pinned_and_reported_too() {
    let mut world = World::new();
    let [kept, gone] = [0, 1].map(|number| world.says(&pupil(number), Kind::Post).unwrap());
    world.does(&teacher(), &at(gone, "delete", "")).unwrap();
    world.does(&teacher(), r#"{"do":"start"}"#).unwrap();
    let state = |lessons: &Lessons| lessons.state(&class(), Role::Teacher).lesson.unwrap();
    world.does(&teacher(), &at(kept, "pin", "")).unwrap();
    world.does(&pupil(2), &at(kept, "report", "")).unwrap();
    for lessons in [&world.lessons, &world.restarted()] {
        let state = state(lessons);
        assert_eq!((state.pinned, state.reports), (Some(kept), Some(vec![(kept, 1)])));
    }
    // The lesson does not know what became of it: the store does, and nothing comes of it.
    world.does(&teacher(), &at(gone, "pin", "")).unwrap();
    assert_eq!(state(&world.lessons).pinned, Some(kept));
    assert_eq!(world.refuses(&teacher(), &at(place(99), "pin", "")), ErrorCode::UnknownTarget);
    let other_life = Position { epoch: Epoch(2), ..kept };
    assert_eq!(world.refuses(&teacher(), &at(other_life, "pin", "")), ErrorCode::UnknownTarget);
    world.does(&teacher(), &at(kept, "delete", "")).unwrap();
    assert_eq!((state(&world.lessons).pinned, state(&world.lessons).reports), (None, Some(vec![])));
}

#[test]
fn hands_stand_in_line_and_are_lowered_by_a_call() {
    let mut world = World::with_lesson();
    for number in [2, 0, 1, 2] {
        world.does(&pupil(number), RAISE).unwrap();
    }
    let raised = |world: &World| {
        let pulse = world.lessons.pulse(&class(), Role::Teacher, 3, &[]).unwrap();
        pulse.raised.unwrap().iter().map(|account| account.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(raised(&world), ["p2", "p0", "p1"]);
    assert_eq!(world.lessons.mine(&class(), &pupil(1).account).hand, Some(3));
    assert_eq!(world.lessons.pulse(&class(), Role::Student, 3, &[]).unwrap().raised, None);
    world.does(&teacher(), r#"{"do":"call","account":"p2"}"#).unwrap();
    assert_eq!(raised(&world), ["p0", "p1"]);
    let called = world.lessons.pulse(&class(), Role::Student, 3, &[]).unwrap().called;
    assert_eq!(called, Some(account("p2")));
    assert_eq!(world.refuses(&teacher(), r#"{"do":"call","account":"p9"}"#), ErrorCode::UnknownTarget);
    assert_eq!(world.refuses(&pupil(0), r#"{"do":"lower","account":"p1"}"#), ErrorCode::NotAllowed);
    world.does(&pupil(0), r#"{"do":"lower"}"#).unwrap();
    assert_eq!(raised(&world), ["p1"]);
    world.does(&teacher(), r#"{"do":"lower"}"#).unwrap();
    assert_eq!(raised(&world), [""; 0]);
}

#[test]
fn a_vote_can_be_changed_until_the_poll_is_closed_and_is_nowhere_then() {
    let mut world = World::with_lesson();
    world.does(&teacher(), POLL).unwrap();
    assert_eq!(world.refuses(&teacher(), POLL), ErrorCode::PollOpen);
    world.does(&pupil(0), YES).unwrap();
    world.does(&pupil(1), YES).unwrap();
    world.does(&pupil(0), NO).unwrap();
    assert_eq!(world.refuses(&pupil(0), r#"{"do":"vote","poll":"q1","choice":2}"#), ErrorCode::InvalidBody);
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).vote, Some(1));
    let votes = |world: &World, role| world.lessons.pulse(&class(), role, 3, &[]).unwrap().votes;
    let both = Votes { poll: message("q1"), voters: 2, counts: None };
    assert_eq!(votes(&world, Role::Student), Some(both.clone()));
    assert_eq!(votes(&world, Role::Teacher), Some(Votes { counts: Some(vec![1, 1]), ..both }));
    world.acts(&teacher(), &deed(CLOSE)).unwrap();
    assert_eq!(world.refuses(&pupil(2), YES), ErrorCode::UnknownTarget, "the counts in the log are the last");
    world.commit_all();
    assert_eq!(world.lessons.mine(&class(), &pupil(0).account).vote, None);
    assert_eq!(votes(&world, Role::Teacher), None);
    let state: PollState = world.lessons.state(&class(), Role::Student).lesson.unwrap().poll.unwrap();
    assert_eq!((state.open, state.counts), (false, Some(vec![1, 1])));
    assert_eq!(world.refuses(&teacher(), POLL), ErrorCode::MessageIdReused);
}

#[test]
fn the_counts_of_a_poll_that_is_never_shown_stay_with_the_teacher() {
    let mut world = World::with_lesson();
    let never = r#"{"do":"open_poll","poll":"q1","scale":"yes_no","shown":"never"}"#;
    world.does(&teacher(), never).unwrap();
    world.does(&pupil(0), YES).unwrap();
    world.does(&teacher(), CLOSE).unwrap();
    assert!(!world.log.last().unwrap().body.contains("counts"));
    let counts = |lessons: &Lessons, role| lessons.state(&class(), role).lesson.unwrap().poll.unwrap().counts;
    assert_eq!(counts(&world.lessons, Role::Teacher), Some(vec![1, 0]));
    assert_eq!(counts(&world.lessons, Role::Student), None);
    assert_eq!(counts(&world.restarted(), Role::Teacher), None);
}

#[test]
fn questions_are_upvoted_while_they_are_open() {
    let mut world = World::with_lesson();
    let question = world.says(&pupil(0), Kind::Question).unwrap();
    let up = at(question, "upvote", r#","up":true"#);
    world.does(&pupil(1), &up).unwrap();
    world.does(&pupil(1), &up).unwrap();
    world.does(&pupil(2), &up).unwrap();
    world.does(&pupil(2), &at(question, "upvote", r#","up":false"#)).unwrap();
    let upvotes = |world: &World| world.lessons.pulse(&class(), Role::Student, 3, &[]).unwrap().upvotes;
    assert_eq!(upvotes(&world), [(question, 1)]);
    assert_eq!(world.lessons.mine(&class(), &pupil(1).account).upvoted, [question]);
    world.does(&teacher(), &at(question, "settle", r#","standing":"answered""#)).unwrap();
    assert_eq!(upvotes(&world), []);
    assert_eq!(world.refuses(&pupil(2), &up), ErrorCode::UnknownTarget);
    let other = at(place(1), "settle", r#","standing":"answered""#);
    assert_eq!(world.refuses(&teacher(), &other), ErrorCode::UnknownTarget);
}

#[test]
fn reactions_are_told_once_on_each_shard() {
    let mut world = World::with_lesson();
    let mut told = [Reacted::default(); SHARDS];
    for told in &mut told {
        assert_eq!(world.lessons.reacted(&class(), told), []);
    }
    world.does(&pupil(0), r#"{"do":"react","reaction":"lost"}"#).unwrap();
    for told in &mut told {
        assert_eq!(world.lessons.reacted(&class(), told).len(), 1);
        assert_eq!(world.lessons.reacted(&class(), told), []);
    }
}

#[test]
fn the_hub_ends_lessons_without_a_teacher_and_those_that_last_too_long() {
    let mut world = World::with_lesson();
    let overdue = |world: &World| world.lessons.overdue(world.now);
    world.pass(limits::LESSON_WITHOUT_TEACHER.saturating_sub(Duration::from_millis(1)));
    assert_eq!(overdue(&world), []);
    world.lessons.present(&class(), 1, &[], 2, world.now);
    world.pass(Duration::from_hours(2));
    assert_eq!(overdue(&world), []);
    world.lessons.present(&class(), 1, &[], 0, world.now);
    world.pass(limits::LESSON_WITHOUT_TEACHER);
    assert_eq!(overdue(&world), [class()]);
    world.lessons.present(&class(), 0, &[], 1, world.now);
    assert_eq!(overdue(&world), []);
    world.pass(limits::LESSON_LENGTH_MAX);
    assert_eq!(overdue(&world), [class()]);
}

#[test]
fn what_was_reported_is_told_to_teachers_until_it_is_gone_and_after_a_restart() {
    let mut world = World::with_lesson();
    let [one, two] = [0, 1].map(|number| world.says(&pupil(number), Kind::Post).unwrap());
    for (number, place) in [(2, two), (2, two), (3, two), (2, one)] {
        world.does(&pupil(number), &at(place, "report", "")).unwrap();
    }
    let reports = |lessons: &Lessons, role| lessons.state(&class(), role).lesson.unwrap().reports;
    let told = Some(vec![(two, 2), (one, 1)]);
    assert_eq!(reports(&world.lessons, Role::Teacher), told);
    assert_eq!(reports(&world.restarted(), Role::Teacher), told);
    assert_eq!(reports(&world.lessons, Role::Student), None);
    world.does(&teacher(), &at(two, "delete", "")).unwrap();
    assert_eq!(reports(&world.lessons, Role::Teacher), Some(vec![(one, 1)]));
    assert_eq!(reports(&world.restarted(), Role::Teacher), Some(vec![(one, 1)]));
}

#[test]
fn a_student_is_told_its_own_words_while_they_wait() {
    let mut world = World::with_lesson();
    world.does(&teacher(), r#"{"do":"rule","moderated":true}"#).unwrap();
    let post = world.says(&pupil(0), Kind::Post).unwrap();
    let question = world.says(&pupil(0), Kind::Question).unwrap();
    let held = |lessons: &Lessons, number| {
        let held = lessons.mine(&class(), &pupil(number).account).held;
        held.into_iter().map(|held| (held.at, held.kind, held.message_id, held.text)).collect::<Vec<_>>()
    };
    let both = vec![
        (post, Kind::Post, message("m3"), "words of m3".to_owned()),
        (question, Kind::Question, message("m4"), "words of m4".to_owned()),
    ];
    assert_eq!(held(&world.lessons, 0), both);
    assert_eq!(held(&world.restarted(), 0), both);
    assert_eq!(held(&world.lessons, 1), []);
    world.does(&teacher(), &at(post, "judge", r#","approved":true"#)).unwrap();
    assert_eq!(held(&world.lessons, 0), both[1..]);
    world.does(&teacher(), &at(question, "judge", r#","approved":false"#)).unwrap();
    assert_eq!(held(&world.lessons, 0), []);
}

#[test]
fn a_shard_is_told_of_the_end_and_nothing_is_kept_of_the_class() {
    let mut world = World::with_lesson();
    let began = world.lessons.changed(0);
    assert!(began[0].began && began[0].state && began[0].mine == Whose::Everybody);
    assert_eq!(world.lessons.changed(0), []);
    world.does(&teacher(), ENDED).unwrap();
    for shard in 0..SHARDS {
        let ended = world.lessons.changed(shard);
        assert_eq!((ended.len(), ended[0].state, ended[0].began), (1, true, false), "shard {shard}");
    }
    assert!(world.lessons.rooms.is_empty());
    assert_eq!(world.lessons.changed(SHARDS), [], "there is no such shard");
}
