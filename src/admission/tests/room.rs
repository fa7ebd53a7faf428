//! The waiting room: its counts, its order, aging, and its bounds.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::*;
use crate::admission::place::{Order, Place};
use crate::admission::room::{Free, Room, Round};
use crate::admission::sketch::Sketch;
use crate::base::limits;

fn key(number: u64) -> u32 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap()
}

fn about(estimate: f64, count: f64, part: f64) -> bool {
    (estimate - count).abs() <= count * part + 1.0
}

#[test]
fn a_sketch_counts_each_key_once() {
    for count in [0u64, 1, 5, 100, 2_000, 30_000] {
        let mut sketch = Sketch::new();
        for _ in 0..3 {
            for number in 0..count {
                sketch.see(Order::new(usize::try_from(number % 60).unwrap(), key(number)));
            }
        }
        let estimate: f32 = sketch.by_second().iter().sum();
        assert!(about(estimate.into(), count as f64, 0.15), "{count}: {estimate}");
    }
}

#[test]
fn a_sketch_counts_a_burst_in_one_second_roughly() {
    let mut sketch = Sketch::new();
    for number in 0..10_000 {
        sketch.see(Order::new(7, key(number)));
    }
    let seconds = sketch.by_second();
    assert!(about(seconds[7].into(), 10_000.0, 0.6), "{}", seconds[7]);
    assert!(seconds.iter().enumerate().all(|(second, count)| second == 7 || *count == 0.0));
}

fn round(rate: f64, room: u32) -> Round {
    let free = Free { all: [room; CLASSES], own: [0; CLASSES] };
    Round { rate, unused: 0.0, free, seconds: 0.25 }
}

/// A room where so many of a class came in each of some seconds.
fn crowd(class: Class, per_second: u64, from: MachineTime, seconds_long: u64) -> (Room, Vec<Place>) {
    let mut room = Room::default();
    let mut places = Vec::new();
    for second in 0..seconds_long {
        for number in 0..per_second {
            let now = from.after(seconds(second));
            let place = Place::new(class, key(second * per_second + number), now);
            room.see(place, now);
            places.push(place);
        }
    }
    (room, places)
}

#[test]
fn those_who_came_first_are_called_first_and_only_so_many() {
    let (mut room, places) = crowd(Class::Student, 100, START, 30);
    let now = START.after(seconds(40));
    assert!(
        about(room.waiting(Class::Student), 3_000.0, 1.0),
        "until the first round nobody is counted well"
    );
    room.round(&round(100.0, 10_000), now);
    let called = places.iter().filter(|place| room.has_called(**place)).count();
    assert!(about(called as f64, 250.0, 0.4), "two and a half seconds of the rate: {called}");
    assert!(about(room.waiting(Class::Student), 3_000.0, 0.15), "{}", room.waiting(Class::Student));
    let mut in_order = places.clone();
    in_order.sort_by_key(|place| place.order);
    assert!(in_order.is_sorted_by_key(|place| !room.has_called(*place)), "no gap in who was called");
    assert!(room.ahead(in_order[2_900]) > room.ahead(in_order[1_000]));
}

#[test]
fn nobody_of_the_present_second_is_called() {
    let mut room = Room::default();
    let place = Place::new(Class::Student, 0, START);
    room.see(place, START);
    room.round(&round(100.0, 10), START.after(Duration::from_millis(250)));
    assert!(!room.has_called(place));
    room.round(&round(100.0, 10), START.after(seconds(1)));
    assert!(room.has_called(place));
}

#[test]
fn a_class_without_seats_is_passed_over() {
    let mut room = Room::default();
    let (student, staff) = (Place::new(Class::Student, 1, START), Place::new(Class::Staff, 2, START));
    room.see(student, START);
    room.see(staff, START);
    let now = START.after(seconds(2));
    let mut only_staff = round(100.0, 0);
    only_staff.free.all[Class::Staff.index()] = 1;
    room.round(&only_staff, now);
    assert!(!room.has_called(student) && room.has_called(staff));
    assert!(room.ahead(staff) < 1.5, "who can't come in is not ahead");
    assert!(!room.is_waited_in(Class::Teacher, &[1; 6], now));
    assert!(room.is_waited_in(Class::Student, &[1; 6], now));
    assert!(!room.is_waited_in(Class::Student, &only_staff.free.all, now));
}

#[test]
fn where_no_seat_is_left_everybody_who_came_earlier_is_ahead() {
    let (mut room, places) = crowd(Class::Live, 5, START, 180);
    let now = START.after(seconds(190));
    room.round(&round(100.0, 0), now);
    let (first, last) = (places[0], places[places.len() - 1]);
    assert!(room.ahead(first) < 10.0, "{}", room.ahead(first));
    assert!(about(room.ahead(last), 900.0, 0.2), "not only those of its own minute: {}", room.ahead(last));
    assert!(about(room.waiting_all(), 900.0, 0.2), "{}", room.waiting_all());
}

/// Somebody who came in one minute, and somebody of another class who came in the next; both were called.
fn two_called(first: Class, second: Class) -> (Room, [Place; 2], MachineTime) {
    let next = START.after(seconds(60));
    let places = [Place::new(first, key(1), START), Place::new(second, key(2), next)];
    let mut room = Room::default();
    room.see(places[0], START);
    room.see(places[1], next);
    let now = next.after(seconds(2));
    room.round(&round(100.0, 2), now);
    assert!(places.iter().all(|place| room.has_called(*place)));
    (room, places, now)
}

#[test]
fn the_last_seat_is_for_the_one_who_was_called_and_came_first() {
    let (mut room, [early, late], now) = two_called(Class::Student, Class::Student);
    let [one, two] = [1, 2].map(|seats| round(100.0, seats).free);
    assert!(
        room.has_seat(early, &one, now) && !room.has_seat(late, &one, now),
        "it may ask as often as it likes"
    );
    assert!(room.has_seat(late, &two, now));
    room.enter(early);
    assert!(room.has_seat(late, &one, now), "the first has its seat");
}

#[test]
fn a_seat_of_its_own_is_left_whoever_else_was_called() {
    let (room, [_, staff], now) = two_called(Class::Student, Class::Staff);
    let mut free = round(100.0, 1).free;
    assert!(!room.has_seat(staff, &free, now));
    free.own[Class::Staff.index()] = 1;
    assert!(room.has_seat(staff, &free, now));
    let mut only_staff = round(100.0, 0).free;
    only_staff.all[Class::Staff.index()] = 1;
    assert!(room.has_seat(staff, &only_staff, now), "who can't come in takes no seat");
}

#[test]
fn an_admission_is_kept_for_those_who_came_in_an_earlier_minute_and_found_none() {
    let mut room = Room::default();
    let kept_from = |room: &Room, since, is_owed| format!("{:.1}", room.kept_from(since, is_owed).abs());
    let kept = |room: &Room, class, minute| kept_from(room, (class, minute), false);
    room.turn_away((Class::Student, 5), false);
    room.turn_away((Class::Student, 5), false);
    assert_eq!(kept(&room, Class::Student, 6), "2.0");
    assert_eq!(kept(&room, Class::Staff, 4), "2.0", "of a lower class, though it came before");
    assert_eq!(kept(&room, Class::Student, 5), "2.0", "of the same minute, if it was not turned away");
    assert_eq!(kept_from(&room, (Class::Student, 5), true), "0.0", "one of the two");
    room.turn_away((Class::Student, 5), true);
    assert_eq!(kept(&room, Class::Student, 6), "2.0", "turned away again, it counts once");
    assert_eq!(kept(&room, Class::Live, 9), "0.0");
    room.let_in((Class::Student, 5));
    assert_eq!(kept(&room, Class::Student, 6), "1.0");
    let pass = |room: &mut Room, from: u64, until: u64| {
        for second in from..until {
            room.round(&Round { seconds: 1.0, ..round(100.0, 0) }, START.after(seconds(second)));
        }
    };
    pass(&mut room, 0, 3);
    assert_eq!(kept(&room, Class::Student, 6), "1.0", "whole, until it asks again");
    pass(&mut room, 3, 6);
    assert_eq!(kept(&room, Class::Student, 6), "0.0", "who does not ask again is forgotten");
    room.turn_away((Class::Student, 5), false);
    room.round(&Round { seconds: 15.0, ..round(100.0, 0) }, START.after(seconds(30)));
    assert_eq!(kept(&room, Class::Student, 6), "0.0");
}

/// So many teachers or operators of one minute, in line; when they are to ask again.
fn in_line(room: &mut Room, class: Class, count: u64, now: MachineTime) -> MachineTime {
    let asks_at = now.after(seconds(6));
    for number in 0..count {
        let place = Place::new(class, key(number), now);
        room.see(place, now);
        room.join_line(place, asks_at);
    }
    asks_at
}

#[test]
fn a_seat_is_left_for_those_in_line_of_an_earlier_minute_until_they_have_not_asked() {
    let mut room = Room::default();
    let [first, later] = [0, 60].map(|later| Place::new(Class::Teacher, key(0), START.after(seconds(later))));
    let leaves = |room: &Room, place, seats| room.leaves_seat(place, &round(100.0, seats).free);
    let asks_at = in_line(&mut room, Class::Teacher, 2, START);
    in_line(&mut room, Class::Operator, 2, START);
    room.round(&round(100.0, 0), START.after(seconds(1)));
    assert!(leaves(&room, first, 1), "of one minute whoever asks first");
    assert!(!leaves(&room, later, 2) && leaves(&room, later, 3), "operators have seats of their own");
    assert_eq!(whole(room.seatless()), 4);
    room.leave_line(first, asks_at);
    assert!(!leaves(&room, later, 1) && leaves(&room, later, 2), "one has asked");
    room.round(&round(100.0, 0), asks_at.after(seconds(2)));
    assert!(!leaves(&room, later, 1), "one may be late");
    room.round(&round(100.0, 0), asks_at.after(seconds(3)));
    assert!(leaves(&room, later, 1), "who does not ask is forgotten");
    assert_eq!(whole(room.seatless()), 0);
}

#[test]
fn a_ticket_that_is_shown_again_makes_no_line() {
    let mut room = Room::default();
    let place = Place::new(Class::Teacher, key(0), START);
    let asks_at = in_line(&mut room, Class::Teacher, 1, START);
    for again in 0..100 {
        // An old ticket, whose poll is long past.
        room.leave_line(place, START.before(seconds(60)));
        room.join_line(place, asks_at.after(Duration::from_millis(again)));
    }
    room.round(&round(100.0, 0), START.after(seconds(2)));
    let later = Place::new(Class::Teacher, key(1), START.after(seconds(60)));
    assert!(room.leaves_seat(later, &round(100.0, 3).free), "{}", room.seatless());
    assert!(!room.leaves_seat(later, &round(100.0, 1).free));
}

#[test]
fn ten_minutes_lift_a_class_and_never_to_teachers() {
    let lifted = |class: Class| [0, 1, 2, 3, 100].map(|lifts| class.lifted(lifts));
    assert_eq!(
        lifted(Class::Guardian),
        [Class::Guardian, Class::Staff, Class::Student, Class::Live, Class::Live]
    );
    assert_eq!(lifted(Class::Student), [Class::Student, Class::Live, Class::Live, Class::Live, Class::Live]);
    assert_eq!(lifted(Class::Live), [Class::Live; 5]);
    assert_eq!(lifted(Class::Teacher), [Class::Teacher; 5]);
}

#[test]
fn who_has_waited_long_comes_before_a_higher_class() {
    let mut room = Room::default();
    let guardian = Place::new(Class::Guardian, 1, START);
    let mut now = START;
    for _ in 0..11 {
        room.see(guardian, now);
        now = now.after(seconds(60));
    }
    let staff = Place::new(Class::Staff, 2, now);
    room.see(staff, now);
    let now = now.after(seconds(2));
    let one = Round { rate: 0.2, ..round(0.2, 10) };
    room.round(&one, now);
    assert!(room.has_called(guardian) && !room.has_called(staff));
}

#[test]
fn who_does_not_come_is_forgotten_after_five_minutes() {
    let (mut room, _) = crowd(Class::Student, 50, START, 10);
    let mut now = START;
    for _ in 0..8 {
        now = now.after(seconds(60));
        room.round(&round(0.0, 0), now);
    }
    assert!(room.waiting(Class::Student) < 0.5);
    assert!(!room.is_waited_in(Class::Guardian, &[1; 6], now));
}

#[test]
fn the_oldest_minutes_wait_as_one_when_there_are_too_many() {
    let mut room = Room::default();
    let places: Vec<Place> = (0..limits::WAITING_MINUTES_MAX as u64 + 20)
        .map(|minute| {
            let now = START.after(seconds(60 * minute));
            let place = Place::new(Class::Student, key(minute), now);
            room.see(place, now);
            place
        })
        .collect();
    let now = START.after(seconds(60 * places.len() as u64));
    room.see(places[0], now);
    assert!(room.waiting(Class::Student) <= limits::WAITING_MINUTES_MAX as f64 * 1.1);
    room.round(&round(1.0, 1_000), now);
    room.see(places[0], now);
    room.round(&round(1.0, 1_000), now.after(seconds(2)));
    assert!(room.has_called(places[0]), "who was folded loses one poll at most");
}
