//! Subscribing, publishing, falling behind, catching up: the flow of publications through one shard.

use super::{Peer, World, numbers, roster};
use crate::admission::Level;
use crate::base::limits;
use crate::broker::{PublishError, ReadError};
use crate::hub::Bounds;
use crate::session::News;

#[test]
fn a_publication_comes_once_whether_it_was_committed_before_during_or_after_the_replay() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    teacher.post(1);
    world.settle();
    let mut pupil = world.join("s0");
    pupil.subscribe("class:2a", r#"{"last":10}"#);
    world.turn();
    // The page with 1 is read; before it arrives, 2 is committed and echoed.
    teacher.post(2);
    world.turn();
    world.broker.commit_one();
    world.turn();
    assert_eq!(pupil.types(), Vec::<String>::new(), "nothing comes before the answer");
    world.settle();
    teacher.post(3);
    world.settle();
    let frames = pupil.take();
    let types: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["fresh", "publication", "publication", "caught_up", "publication"]);
    assert_eq!(numbers(&frames), [1, 2, 3]);
}

#[test]
fn a_resumed_reader_gets_page_after_page_until_it_is_live() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    let mut pupil = world.join("s0");
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    let position = pupil.take()[0]["position"].to_string();
    drop(pupil);
    world.settle();
    let count = 3 * limits::REPLAY_PAGE + 5;
    for number in 1..=count {
        teacher.post(number);
        world.settle();
    }
    let mut pupil = world.join("s0");
    pupil.subscribe("class:2a", &format!(r#"{{"position":{position}}}"#));
    world.settle();
    let frames = pupil.take();
    assert_eq!(frames[0]["type"], "resumed");
    assert_eq!(numbers(&frames), (1..=count).collect::<Vec<_>>());
    assert_eq!(frames.last().unwrap()["type"], "caught_up");
}

#[test]
fn a_position_of_another_life_or_beyond_the_end_is_reset() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    teacher.post(1);
    world.settle();
    for (position, why) in [
        (r#"{"position":{"epoch":"00000001","offset":3}}"#, "epoch"),
        (r#"{"position":{"epoch":"abcd0001","offset":4}}"#, "ahead"),
    ] {
        let mut pupil = world.join("s0");
        pupil.subscribe("class:2a", position);
        world.settle();
        let frames = pupil.take();
        assert_eq!((frames[0]["type"].as_str(), frames[0]["why"].as_str()), (Some("reset"), Some(why)));
        assert_eq!(numbers(&frames), [1]);
    }
}

#[test]
fn a_slow_reader_falls_behind_alone_and_catches_up_from_the_log() {
    let mut world = World::new(2);
    let teacher = world.join("t");
    let (mut slow, mut fast) = (world.join("s0"), world.join("s1"));
    slow.subscribe("class:2a", r#""now""#);
    fast.subscribe("class:2a", r#""now""#);
    world.settle();
    slow.take();
    fast.take();
    slow.socket.stop_reading(100);
    let count = 4 * limits::OUTBOX_FRAMES_MAX;
    for number in 1..=count {
        teacher.post(number);
        world.settle();
    }
    assert_eq!(numbers(&fast.take()), (1..=count).collect::<Vec<_>>());
    assert_eq!((world.metrics.behind.get(), world.metrics.caught_up.get()), (1, 2));
    slow.socket.resume_reading();
    world.settle();
    let frames = slow.take();
    assert_eq!(numbers(&frames), (1..=count).collect::<Vec<_>>(), "nothing is left out or doubled");
    let marks = |kind: &str| frames.iter().filter(|frame| frame["type"] == kind).count();
    assert_eq!((marks("behind"), marks("caught_up")), (1, 1));
    teacher.post(count + 1);
    world.settle();
    assert_eq!(numbers(&slow.take()), [count + 1], "and it is live again");
}

#[test]
fn at_level_three_a_slow_reader_is_given_little_and_reads_the_log_later() {
    const COUNT: usize = limits::OUTBOX_FRAMES_MAX - 4;
    let waiting_at = |level: Level| {
        let mut world = World::new(1);
        let teacher = world.join("t");
        let mut slow = world.join("s0");
        slow.subscribe("class:2a", r#""now""#);
        world.settle();
        slow.socket.stop_reading(100);
        world.tell(News::Load(level));
        for number in 1..=COUNT {
            teacher.post(number);
            world.settle();
        }
        world.advance(limits::TICK_INTERVAL);
        let waiting = (world.metrics.behind.get(), world.metrics.queued_bytes.get());
        slow.socket.resume_reading();
        world.settle();
        assert_eq!(numbers(&slow.take()), (1..=COUNT).collect::<Vec<_>>(), "nothing is left out or doubled");
        waiting
    };
    let slow_bytes = i64::try_from(limits::SLOW_READER_BYTES).unwrap();
    let (behind, bytes) = waiting_at(Level::High);
    assert!(behind == 0 && bytes > 2 * slow_bytes, "an outbox holds all of it: {bytes}");
    let (behind, bytes) = waiting_at(Level::Severe);
    assert!(behind == 1 && bytes <= 2 * slow_bytes, "{bytes}");
}

#[test]
fn a_busy_broker_is_an_answer_to_a_publish_and_patience_for_a_replay() {
    let mut world = World::new(1);
    let mut pupil = world.join("s0");
    world.broker.state().busy = true;
    pupil.post(1);
    pupil.subscribe("class:2a", r#""now""#);
    world.turn();
    world.turn();
    let frames = pupil.take();
    assert_eq!((frames.len(), frames[0]["code"].as_str()), (1, Some("busy")));
    assert!(frames[0]["retry_after_ms"].as_u64().is_some());
    world.broker.state().busy = false;
    world.settle();
    assert_eq!(pupil.types(), ["fresh", "caught_up"]);
}

#[test]
fn each_failure_of_the_broker_has_its_typed_error() {
    let mut world = World::new(1);
    let mut pupil = world.join("s0");
    for (error, code) in [
        (PublishError::KeyReused, "message_id_reused"),
        (PublishError::StorageFull, "storage_full"),
        (PublishError::StorageFailed, "storage_failed"),
        (PublishError::ShuttingDown, "draining"),
    ] {
        world.broker.state().publish_error = Some(error);
        pupil.post(1);
        world.settle();
        assert_eq!(pupil.take()[0]["code"], code);
    }
    world.broker.state().read_error = Some(ReadError::StorageFailed);
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    assert_eq!(pupil.take()[0]["code"], "storage_failed");
    world.broker.state().read_error = None;
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    assert_eq!(pupil.types(), ["fresh", "caught_up"], "the failed subscription was removed");
}

#[test]
fn subscriptions_are_bounded_single_and_ended_by_request() {
    let mut world = World::new(1);
    let mut pupil = world.join("s0");
    let code = |pupil: &mut Peer| pupil.take()[0]["code"].as_str().unwrap().to_owned();
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    pupil.take();
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    assert_eq!(code(&mut pupil), "already_subscribed");
    pupil.socket.send_text(r#"{"type":"unsubscribe","id":2,"channel":"class:2a"}"#);
    world.settle();
    assert_eq!(pupil.types(), ["unsubscribed"]);
    pupil.socket.send_text(r#"{"type":"unsubscribe","id":3,"channel":"class:2a"}"#);
    world.settle();
    assert_eq!(code(&mut pupil), "not_subscribed");
    pupil.post(1);
    world.settle();
    assert_eq!(pupil.types(), ["published"], "it hears of nothing any more");
}

#[test]
fn an_acknowledgement_is_of_something_that_was_sent() {
    let mut world = World::new(1);
    let mut pupil = world.join("s0");
    let acknowledge = |pupil: &Peer, epoch: &str, offset: u64| {
        pupil.socket.send_text(&format!(
            r#"{{"type":"acknowledge","channel":"class:2a","position":{{"epoch":"{epoch}","offset":{offset}}}}}"#
        ));
    };
    acknowledge(&pupil, "abcd0001", 0);
    world.settle();
    assert_eq!(pupil.take()[0]["code"], "not_subscribed");
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    pupil.post(1);
    world.settle();
    pupil.take();
    acknowledge(&pupil, "abcd0001", 3);
    world.settle();
    assert_eq!(pupil.types(), Vec::<String>::new());
    assert_eq!(world.metrics.acknowledgements.get(), 1);
    for (epoch, offset) in [("abcd0001", 4), ("abcd0002", 3)] {
        acknowledge(&pupil, epoch, offset);
        world.settle();
        assert_eq!(pupil.take()[0]["code"], "position_unknown");
    }
}

#[test]
fn a_new_roster_acts_on_open_connections() {
    let mut world = World::new(3);
    let (mut stays, mut gone) = (world.join("s0"), world.join("s1"));
    stays.subscribe("class:2a", r#""now""#);
    gone.subscribe("class:2a", r#""now""#);
    world.settle();
    stays.take();
    gone.take();
    world.reload(roster(3, &["s1"]));
    gone.take();
    assert_eq!(gone.closed, Some(4002));
    assert_eq!((stays.types(), stays.closed), (Vec::new(), None));

    // s0 leaves the class but stays in the school.
    let mut builder_roster = crate::roster::RosterBuilder::new();
    let kind = crate::roster::OrgKind::School;
    builder_roster.org(crate::roster::NewOrg { id: "lycee", name: "", kind }).unwrap();
    let new = crate::roster::NewAccount {
        id: "s0",
        role: crate::base::Role::Student,
        given_name: "",
        family_name: "",
        email: "",
        orgs: &["lycee"],
        grades: &[],
    };
    builder_roster.account(new).unwrap();
    world.reload(builder_roster.build());
    let frames = stays.take();
    assert_eq!((frames[0]["type"].as_str(), frames[0]["id"].as_u64()), (Some("unsubscribed"), None));
    assert_eq!(stays.closed, None);
    stays.post(1);
    world.settle();
    assert_eq!(stays.take()[0]["code"], "not_allowed");
}

#[test]
fn an_unsubscribe_before_the_answer_comes_after_it() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    teacher.post(1);
    world.settle();
    let mut pupil = world.join("s0");
    pupil.subscribe("class:2a", r#"{"last":10}"#);
    pupil.socket.send_text(r#"{"type":"unsubscribe","id":2,"channel":"class:2a"}"#);
    world.settle();
    let frames = pupil.take();
    let types: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["fresh", "unsubscribed"]);
    assert_eq!((frames[0]["id"].as_u64(), frames[1]["id"].as_u64()), (Some(1), Some(2)));
    pupil.subscribe("class:2a", r#"{"last":10}"#);
    world.settle();
    assert_eq!(pupil.types(), ["fresh", "publication", "caught_up"]);
}

#[test]
fn a_newcomer_is_not_behind_only_because_it_asked_for_much() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    for number in 1..=limits::LAST_MAX {
        teacher.post(number);
        world.settle();
    }
    let mut pupil = world.join("s0");
    pupil.subscribe("class:2a", &format!(r#"{{"last":{}}}"#, limits::LAST_MAX));
    world.settle();
    let frames = pupil.take();
    assert_eq!(numbers(&frames), (1..=limits::LAST_MAX).collect::<Vec<_>>());
    assert!(frames.iter().all(|frame| frame["type"] != "behind"));
}

#[test]
fn many_requests_in_one_packet_are_all_answered() {
    let mut world = World::new(1);
    let mut pupil = world.join("s0");
    let count = 2 * (limits::OUTBOX_FRAMES_MAX + limits::OUTBOX_REPLY_FRAMES_MAX);
    for id in 0..count {
        pupil.socket.send_text(&format!(r#"{{"type":"ping","id":{id}}}"#));
    }
    world.turn();
    assert_eq!((pupil.types().len(), pupil.closed), (count, None));
}

#[test]
fn a_defect_that_one_message_uncovers_ends_one_connection() {
    let mut world = World::new(2);
    let (mut unlucky, mut other) = (world.join("s0"), world.join("s1"));
    unlucky.socket.send_text(r#"{"type":"refresh","id":1,"token":"broken"}"#);
    world.turn();
    unlucky.take();
    assert_eq!(unlucky.closed, Some(1011));
    other.post(1);
    world.settle();
    assert_eq!((other.types(), other.closed), (vec!["published".to_owned()], None));
}

#[test]
fn a_close_never_says_caught_up_without_what_was_to_come_before() {
    let mut world = World::new(2);
    let teacher = world.join("t");
    for number in 1..=10 {
        teacher.post(number);
    }
    world.settle();
    let mut pupil = world.join("s0");
    pupil.socket.stop_reading(150);
    pupil.subscribe("class:2a", r#"{"last":10}"#);
    world.settle();
    world.reload(roster(2, &["s0"]));
    pupil.socket.resume_reading();
    world.settle();
    let frames = pupil.take();
    assert_eq!(pupil.closed, Some(4002));
    assert!(numbers(&frames).len() < 10, "the close went ahead of the feed");
    assert!(frames.iter().all(|frame| frame["type"] != "caught_up"), "{frames:?}");
}

#[test]
fn replays_ask_for_a_few_pages_at_a_time_while_the_pool_is_used_up() {
    const READERS: usize = 12;
    let asked = |pool_bytes: usize| {
        let mut world = World::with_bounds(READERS, Bounds { pool_bytes, ..Bounds::default() });
        let pupils: Vec<Peer> = (0..READERS).map(|number| world.join(&format!("s{number}"))).collect();
        for pupil in &pupils {
            pupil.subscribe("class:2a", r#""now""#);
        }
        world.turn();
        let asked = std::iter::from_fn(|| world.broker.read_one().then_some(())).count();
        world.settle();
        assert_eq!(world.broker.state().pages, READERS, "the others had theirs later");
        asked
    };
    assert_eq!(asked(0), limits::REPLAYS_IN_FLIGHT_MIN);
    assert_eq!(asked(10 * limits::READ_PAGE_BYTES_MAX), 10);
    assert_eq!(asked(usize::MAX), READERS);
}

#[test]
fn the_gauges_tell_what_waits_for_sockets() {
    let mut world = World::new(1);
    let (teacher, pupil) = (world.join("t"), world.join("s0"));
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    pupil.socket.stop_reading(0);
    teacher.post(1);
    world.settle();
    world.advance(limits::TICK_INTERVAL);
    assert_eq!(world.metrics.stalled_sockets.get(), 1);
    assert!(world.metrics.queued_bytes.get() > 100);
    pupil.socket.resume_reading();
    world.turn();
    world.advance(limits::TICK_INTERVAL);
    assert_eq!((world.metrics.stalled_sockets.get(), world.metrics.queued_bytes.get()), (0, 0));
}

#[test]
fn the_front_knows_how_many_a_shard_holds() {
    let mut world = World::new(2);
    let (first, second) = (world.join("s0"), world.join("s1"));
    assert_eq!(world.front.connections(), [2]);
    drop(first);
    world.turn();
    assert_eq!(world.front.connections(), [1]);
    drop(second);
    world.turn();
    assert_eq!(world.front.connections(), [0]);
}
