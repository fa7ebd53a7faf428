//! Lessons on a shard: what those who follow a class are told of its lesson, and when.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{News, Rates};
use super::{OTHER_CLASSES, Peer, World};
use crate::admission::Level;
use crate::base::Clock as _;
use crate::base::limits::{
    CHORE_INTERVAL, PRESENCE_GRACE, PULSE_INTERVAL, PULSE_INTERVAL_LOADED, PULSES_PER_GO, PULSES_REST,
    TICK_INTERVAL,
};

/// Sends a deed.
fn act(peer: &Peer, id: u32, deed: &str) {
    let name = format!("d{id}");
    peer.socket.send_text(&format!(
        r#"{{"type":"lesson","id":{id},"channel":"class:2a","message_id":"{name}",{deed}}}"#
    ));
}

fn start(world: &mut World, teacher: &Peer) {
    act(teacher, 90, r#""do":"start","title":"Fractions""#);
    world.settle();
    world.advance(TICK_INTERVAL);
}

/// A teacher and pupils who follow their class, in which a lesson goes on; what they were told so far is read.
fn lesson(pupils: usize) -> (World, Peer, Vec<Peer>) {
    let mut world = World::new(pupils);
    let mut teacher = world.join("t");
    let mut class: Vec<Peer> = (0..pupils).map(|number| world.join(&format!("s{number}"))).collect();
    for peer in class.iter().chain([&teacher]) {
        peer.subscribe("class:2a", r#""now""#);
    }
    world.settle();
    start(&mut world, &teacher);
    rest(&mut world);
    teacher.take();
    for pupil in &mut class {
        pupil.take();
    }
    (world, teacher, class)
}

/// Lets everything be told that waits for an interval.
fn rest(world: &mut World) {
    for _ in 0..6 {
        world.advance(TICK_INTERVAL);
    }
}

fn of_type(frames: &[Value], kind: &str) -> Vec<Value> {
    frames.iter().filter(|frame| frame["type"] == kind).cloned().collect()
}

#[test]
fn whoever_follows_a_class_is_told_whether_it_has_a_lesson() {
    let mut world = World::new(1);
    let (mut teacher, mut pupil) = (world.join("t"), world.join("s0"));
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    let told = of_type(&pupil.take_all(), "lesson");
    assert_eq!(told, [json!({"type": "lesson", "channel": "class:2a", "lesson": null})]);
    start(&mut world, &teacher);
    let told = of_type(&pupil.take_all(), "lesson");
    assert_eq!((told.len(), &told[0]["lesson"]["title"]), (1, &json!("Fractions")));
    // Who comes later has the whole.
    teacher.subscribe("class:2a", r#""now""#);
    world.settle();
    let told = teacher.take_all();
    assert_eq!(of_type(&told, "lesson")[0]["lesson"]["by"], "t");
    assert_eq!(of_type(&told, "presence")[0]["here"], json!(["s0"]));
    assert!(of_type(&told, "presence")[0]["since"].is_null());
    act(&teacher, 3, r#""do":"end""#);
    world.settle();
    world.advance(TICK_INTERVAL);
    assert_eq!(of_type(&pupil.take_all(), "lesson")[0]["lesson"], Value::Null);
    assert_eq!(of_type(&teacher.take_all(), "lesson")[0]["lesson"], Value::Null);
}

#[test]
fn pupils_are_told_a_number_and_teachers_who_it_is() {
    let (mut world, mut teacher, mut class) = lesson(3);
    act(&class[1], 5, r#""do":"raise""#);
    world.turn();
    let told = class[1].take();
    assert_eq!(told[0], json!({"type": "done", "id": 5}));
    assert_eq!((&told[1]["type"], &told[1]["hand"]), (&json!("mine"), &json!(1)), "at once: {told:?}");
    rest(&mut world);
    let pulse = of_type(&teacher.take(), "pulse").pop().unwrap();
    assert_eq!((&pulse["here"], &pulse["of"], &pulse["raised"]), (&json!(3), &json!(3), &json!(["s1"])));
    let pulse = of_type(&class[0].take(), "pulse").pop().unwrap();
    assert_eq!((&pulse["hands"], &pulse["raised"]), (&json!(1), &Value::Null));
    // Whose place changes is told, and nobody else.
    act(&class[2], 6, r#""do":"raise""#);
    world.turn();
    class[2].take();
    act(&teacher, 7, r#""do":"call","account":"s1""#);
    rest(&mut world);
    let mine = |peer: &mut Peer| of_type(&peer.take(), "mine").pop().map(|mine| mine["hand"].clone());
    assert_eq!(mine(&mut class[0]), None);
    assert_eq!(mine(&mut class[1]), Some(Value::Null));
    assert_eq!(mine(&mut class[2]), Some(json!(1)));
}

#[test]
fn what_moves_is_told_once_an_interval_and_less_often_under_load() {
    let (mut world, mut teacher, class) = lesson(2);
    let mut pulses_over = |world: &mut World, time: Duration| {
        let mut told = 0;
        for round in 0..time.as_millis() / 100 {
            let deed = if round % 2 == 0 { r#""do":"raise""# } else { r#""do":"lower""# };
            act(&class[0], 10, deed);
            world.advance(Duration::from_millis(100));
            teacher.socket.pong();
            told += of_type(&teacher.take(), "pulse").len();
        }
        u32::try_from(told).unwrap()
    };
    let told = pulses_over(&mut world, 10 * PULSE_INTERVAL);
    assert!((8..=11).contains(&told), "{told}");
    world.tell(News::Load(Level::High));
    let told = pulses_over(&mut world, 4 * PULSE_INTERVAL_LOADED);
    assert!((3..=5).contains(&told), "{told}");
}

#[test]
fn who_comes_and_goes_is_told_as_changes_without_a_hole() {
    let (mut world, mut teacher, mut class) = lesson(4);
    act(&teacher, 4, r#""do":"presence""#);
    world.turn();
    let told = teacher.take();
    let mut here: Vec<Value> = told[0]["here"].as_array().unwrap().clone();
    let mut version = told[0]["version"].clone();
    assert_eq!((here.len(), &told[1]), (4, &json!({"type": "done", "id": 4})));
    drop(class.remove(0));
    let late = world.join("s0");
    for round in 0..60 {
        if round == 40 {
            late.subscribe("class:2a", r#""now""#);
        }
        world.settle();
        world.advance(TICK_INTERVAL);
        world.gatehouse.lessons.overdue(world.clock.machine());
        teacher.socket.pong();
        late.socket.pong();
        for change in of_type(&teacher.take(), "presence") {
            assert_eq!(change["since"], version, "{change}");
            version = change["version"].clone();
            here.retain(|account| !change["gone"].as_array().unwrap().contains(account));
            here.extend(change["here"].as_array().unwrap().clone());
        }
        // Gone only after the grace; back at once.
        assert_eq!(here.len(), if (33..40).contains(&round) { 3 } else { here.len() }, "{round}");
    }
    assert_eq!(here.len(), 4);
}

#[test]
fn whoever_leaves_in_good_order_is_gone_within_two_intervals_and_a_lost_line_after_the_grace() {
    let (mut world, mut teacher, class) = lesson(4);
    class[0].socket.send_text(r#"{"type":"unsubscribe","id":8,"channel":"class:2a"}"#);
    class[1].socket.close(Some(1001));
    world.settle();
    let mut gone = Vec::new();
    let mut lost = class;
    drop(lost.remove(2));
    let mut rounds = 0;
    while gone.len() < 3 && rounds < 400 {
        world.advance(CHORE_INTERVAL);
        rounds += 1;
        teacher.socket.pong();
        for peer in &lost {
            peer.socket.pong();
        }
        for change in of_type(&teacher.take(), "presence") {
            let names = change["gone"].as_array().unwrap().iter();
            gone.extend(names.map(|name| (name.as_str().unwrap().to_owned(), rounds)));
        }
    }
    gone.sort();
    let names: Vec<&str> = gone.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["s0", "s1", "s2"], "{gone:?}");
    let in_rounds = |time: Duration| u32::try_from(time.as_millis() / CHORE_INTERVAL.as_millis()).unwrap();
    assert!(gone[..2].iter().all(|(_, round)| *round <= in_rounds(2 * PULSE_INTERVAL) + 1), "{gone:?}");
    let (earliest, latest) = (in_rounds(PRESENCE_GRACE), in_rounds(PRESENCE_GRACE + 4 * PULSE_INTERVAL));
    assert!((earliest..=latest).contains(&gone[2].1), "{gone:?}");
}

#[test]
fn a_hub_that_is_loaded_does_without_reactions_first_and_questions_never() {
    let (mut world, _teacher, mut class) = lesson(1);
    let pupil = &mut class[0];
    let mut answer = |world: &mut World, text: &str| {
        pupil.socket.send_text(text);
        world.settle();
        let answer = pupil.take().into_iter().find(|frame| frame["id"] == 7).unwrap();
        answer["code"].as_str().unwrap_or(answer["type"].as_str().unwrap()).to_owned()
    };
    let react = r#"{"type":"lesson","id":7,"channel":"class:2a","do":"react","reaction":"clap"}"#;
    let say = |kind: &str, name: &str| {
        format!(
            r#"{{"type":"publish","id":7,"channel":"class:2a","kind":"{kind}","message_id":"{name}","body":{{"text":"a"}}}}"#
        )
    };
    assert_eq!(answer(&mut world, react), "done");
    world.tell(News::Load(Level::Tight));
    assert_eq!(answer(&mut world, react), "shed");
    assert_eq!(answer(&mut world, &say("post", "a")), "published");
    world.tell(News::Load(Level::Severe));
    assert_eq!(answer(&mut world, &say("post", "b")), "shed");
    world.tell(News::Load(Level::Critical));
    assert_eq!(answer(&mut world, &say("question", "c")), "published");
    let vote = r#"{"type":"lesson","id":7,"channel":"class:2a","do":"vote","poll":"p","choice":0}"#;
    assert_eq!(answer(&mut world, vote), "shed");
}

#[test]
fn more_classes_than_are_told_in_one_go_have_their_turn_in_the_next() {
    const GOES: usize = OTHER_CLASSES.div_ceil(PULSES_PER_GO);
    let mut world = World::new(1);
    world.tell(News::Rates(Rates { messages_per_second: 1_000, publishes_per_second: 1_000 }));
    let mut teacher = world.join("t");
    for class in 0..OTHER_CLASSES {
        let channel = format!("class:c{class}");
        teacher.subscribe(&channel, r#""now""#);
        world.settle();
        let id = 1_000 + class;
        teacher.socket.send_text(&format!(
            r#"{{"type":"lesson","id":{id},"channel":"{channel}","message_id":"m{id}","do":"start"}}"#
        ));
        world.settle();
        teacher.take();
    }
    let mut told = Vec::new();
    // The first look finds the lessons.
    for wait in [TICK_INTERVAL].into_iter().chain([PULSES_REST; GOES]) {
        world.advance(wait);
        let pulses = of_type(&teacher.take(), "pulse");
        assert!(pulses.len() <= PULSES_PER_GO, "{}", pulses.len());
        told.extend(pulses.into_iter().map(|pulse| pulse["channel"].as_str().unwrap().to_owned()));
    }
    told.sort();
    told.dedup();
    assert_eq!(told.len(), OTHER_CLASSES, "nobody is left out");
}
