//! Channels with many subscribers: chunks, order, and a lane that is full.

use super::{Peer, World, numbers};
use crate::base::limits;

/// A world whose class has so many pupils, all of them following it and up to date.
fn class_of(students: usize) -> (World, Vec<Peer>) {
    let mut world = World::new(students);
    let mut pupils: Vec<_> = (0..students).map(|number| world.join(&format!("s{number}"))).collect();
    for pupil in &pupils {
        pupil.subscribe("class:2a", r#""now""#);
    }
    world.settle();
    for pupil in &mut pupils {
        pupil.take();
    }
    (world, pupils)
}

#[test]
fn a_wide_channel_is_served_in_chunks_and_in_order_while_a_class_goes_between() {
    let students = limits::WIDE_CHANNEL_SUBSCRIBERS + 40;
    let (mut world, mut pupils) = class_of(students);
    let teacher = world.join("t");
    let mut teachers_own = world.join("t");
    teachers_own.subscribe("account:t", r#""now""#);
    world.settle();
    teachers_own.take();
    teacher.post(1);
    teacher.post(2);
    world.turn();
    world.broker.commit_one();
    world.broker.commit_one();
    world.turn();
    let served = |pupils: &mut Vec<Peer>| -> Vec<Vec<usize>> {
        pupils.iter_mut().map(|pupil| numbers(&pupil.take())).collect()
    };
    let after_one_turn = served(&mut pupils);
    let first = after_one_turn.iter().filter(|numbers| !numbers.is_empty()).count();
    assert_eq!(first, limits::FANOUT_CHUNK, "one chunk a turn");
    teachers_own.socket.send_text(r#"{"type":"ping","id":9}"#);
    world.turn();
    assert_eq!(teachers_own.types(), ["pong"], "others are served between chunks");
    let mut all = after_one_turn;
    for _ in 0..50 {
        world.turn();
    }
    for (had, more) in all.iter_mut().zip(served(&mut pupils)) {
        had.extend(more);
    }
    assert!(all.iter().all(|numbers| *numbers == [1, 2]), "{all:?}");
}

#[test]
fn a_full_wide_lane_leaves_the_rest_to_the_log() {
    let students = limits::WIDE_CHANNEL_SUBSCRIBERS + 1;
    let (mut world, mut pupils) = class_of(students);
    let teacher = world.join("t");
    let count = limits::WIDE_LANE_MAX + 20;
    for chunk in (1..=count).collect::<Vec<_>>().chunks(limits::PUBLISHES_IN_FLIGHT_MAX) {
        for number in chunk {
            teacher.post(*number);
        }
        world.turn();
        while world.broker.commit_one() {}
        world.turn();
    }
    for _ in 0..200 {
        world.settle();
    }
    for pupil in &mut pupils {
        assert_eq!(numbers(&pupil.take()), (1..=count).collect::<Vec<_>>());
    }
}
