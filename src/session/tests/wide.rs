//! Channels with many subscribers: chunks, turns, order, what leaves in one write, and a lane that is full.

use super::super::News;
use super::{Peer, World, numbers, numbers_of};
use crate::admission::Level;
use crate::base::limits;
use crate::hub::Bounds;

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

/// Posts these numbers and has them committed, without letting the shard look at what was committed.
fn commit(world: &mut World, teacher: &Peer, numbers: impl IntoIterator<Item = usize>) {
    numbers.into_iter().for_each(|number| teacher.post(number));
    world.turn();
    while world.broker.commit_one() {}
}

fn writes(pupils: &[Peer]) -> Vec<usize> {
    pupils.iter().map(|pupil| pupil.socket.writes()).collect()
}

#[test]
fn what_waits_in_the_wide_lane_leaves_in_one_write() {
    let (mut world, mut pupils) = class_of(limits::WIDE_CHANNEL_SUBSCRIBERS + 10);
    let teacher = world.join("t");
    let before = writes(&pupils);
    commit(&mut world, &teacher, 1..=20);
    for _ in 0..10 {
        world.turn();
    }
    assert_eq!(writes(&pupils), before.iter().map(|writes| writes + 1).collect::<Vec<_>>());
    assert!(pupils.iter_mut().all(|pupil| numbers(&pupil.take()) == (1..=20).collect::<Vec<_>>()));
}

#[test]
fn what_comes_during_a_sweep_joins_for_those_ahead_and_follows_for_those_behind() {
    let students = limits::WIDE_CHANNEL_SUBSCRIBERS + 10;
    let (mut world, mut pupils) = class_of(students);
    let teacher = world.join("t");
    commit(&mut world, &teacher, [1]);
    let before = writes(&pupils);
    world.turn();
    commit(&mut world, &teacher, [2]);
    for _ in 0..20 {
        world.turn();
    }
    let mut joined = 0;
    for (pupil, before) in pupils.iter_mut().zip(before) {
        assert_eq!(numbers(&pupil.take()), [1, 2]);
        joined += usize::from(pupil.socket.writes() == before + 1);
    }
    // The turn that took the post had done its chunk before.
    assert_eq!(joined, students - 2 * limits::FANOUT_CHUNK);
}

#[test]
fn wide_channels_take_turns() {
    let (mut world, mut pupils) = class_of(limits::WIDE_CHANNEL_SUBSCRIBERS + 10);
    for pupil in &pupils {
        pupil.subscribe("school:lycee", r#""now""#);
    }
    let (teacher, staff) = (world.join("t"), world.join("staff"));
    world.settle();
    for pupil in &mut pupils {
        drop(pupil.take());
    }
    teacher.post(1);
    staff.announce(1);
    world.turn();
    while world.broker.commit_one() {}
    world.turn();
    world.turn();
    let frames: Vec<_> = pupils.iter_mut().map(Peer::take).collect();
    for channel in ["class:2a", "school:lycee"] {
        let served = frames.iter().filter(|frames| numbers_of(frames, channel) == [1]).count();
        assert_eq!(served, limits::FANOUT_CHUNK, "{channel} had one turn of two");
    }
}

#[test]
fn commits_of_one_turn_leave_a_narrow_channel_in_one_write() {
    let (mut world, mut pupils) = class_of(10);
    let teacher = world.join("t");
    let before = writes(&pupils);
    commit(&mut world, &teacher, 1..=5);
    world.turn();
    assert_eq!(writes(&pupils), before.iter().map(|writes| writes + 1).collect::<Vec<_>>());
    assert!(pupils.iter_mut().all(|pupil| numbers(&pupil.take()) == [1, 2, 3, 4, 5]));
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

/// With more of a crowd than may read at a time, a teacher who comes last reads at once while the hub is loaded.
#[test]
fn a_loaded_hub_lets_a_teacher_read_the_log_before_a_crowd_of_students() {
    const CROWD: usize = limits::REPLAYS_IN_FLIGHT_MIN * 4;
    for level in [Level::Normal, Level::High] {
        let bounds = Bounds { replays_in_flight: limits::REPLAYS_IN_FLIGHT_MIN * 2, ..Bounds::default() };
        let mut world = World::with_bounds(CROWD, bounds);
        world.tell(News::Load(level));
        let students: Vec<Peer> = (0..CROWD).map(|number| world.join(&format!("s{number}"))).collect();
        let mut teacher = world.join("t");
        world.turn();
        for student in &students {
            student.subscribe("class:2a", r#"{"last":1}"#);
        }
        world.turn();
        teacher.subscribe("class:2a", r#"{"last":1}"#);
        let mut read = 0;
        while !teacher.types().contains(&"fresh".to_owned()) {
            world.turn();
            assert!(world.broker.read_one(), "somebody waits");
            world.turn();
            read += 1;
        }
        match level {
            Level::Normal => assert!(read > CROWD / 2, "in line: {read}"),
            _ => assert!(read <= limits::REPLAYS_IN_FLIGHT_MIN + 1, "before the crowd: {read}"),
        }
        while world.broker.read_one() {
            world.turn();
        }
        world.settle();
        for mut student in students {
            assert!(student.types().contains(&"fresh".to_owned()), "nobody is forgotten");
        }
    }
}
