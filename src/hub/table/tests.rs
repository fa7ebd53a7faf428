//! Who follows what, by cases.

use super::*;

fn slot(index: u32) -> Slot {
    Slot { index, generation: 0 }
}

fn class(name: &str) -> Channel {
    Channel::parse(&format!("class:{name}")).unwrap()
}

const OPENING: Opening = Opening { request: 1, from: ReplayFrom::Now, leaving: None };

#[test]
fn the_last_to_leave_takes_the_channel_along() {
    let mut table = Table::default();
    let a = table.add(slot(0), &class("a"), Role::Student, OPENING);
    let b = table.add(slot(1), &class("a"), Role::Student, OPENING);
    assert_eq!(table.counts(), (1, 2));
    assert!(table.remove(a));
    assert!(!table.remove(a), "a stale key removes nothing");
    assert_eq!(table.find(slot(1), &class("a")), Some(b));
    table.remove_connection(slot(1));
    assert_eq!(table.counts(), (0, 0));
    assert_eq!(table.place(&class("a")), None);
}

#[test]
fn a_connection_has_its_channels_in_the_order_in_which_it_followed_them() {
    let mut table = Table::default();
    let follow = |table: &mut Table, name: &str| table.add(slot(3), &class(name), Role::Student, OPENING);
    let keys: Vec<_> = ["a", "b", "c", "d"].into_iter().map(|name| follow(&mut table, name)).collect();
    let names = |table: &Table| -> Vec<String> {
        table.of(slot(3)).map(|key| table.channel_of(key).unwrap().channel.to_string()).collect()
    };
    for (gone, left) in [(1, "class:a class:c class:d"), (0, "class:c class:d"), (3, "class:c")] {
        assert!(table.remove(keys[gone]));
        assert_eq!(names(&table).join(" "), left);
    }
    follow(&mut table, "e");
    assert_eq!((names(&table).join(" "), table.count(slot(3))), ("class:c class:e".to_owned(), 2));
    table.remove_connection(slot(3));
    assert_eq!((table.count(slot(3)), table.counts()), (0, (0, 0)));
}

#[test]
fn going_downwards_meets_everybody_who_stays() {
    let mut table = Table::default();
    let keys: Vec<_> = (0..10).map(|n| table.add(slot(n), &class("a"), Role::Student, OPENING)).collect();
    let place = table.place(&class("a")).unwrap();
    let mut met = Vec::new();
    for number in (0..10).rev() {
        if let Some((key, _)) = table.subscriber_mut(place, number) {
            met.push(key);
        }
        if number == 5 {
            table.remove(keys[2]);
            table.remove(keys[7]);
        }
    }
    for (number, key) in keys.iter().enumerate() {
        assert!(met.contains(key) || number == 2, "subscriber {number} was not met");
    }
}

#[test]
fn a_channel_stays_while_a_fan_out_needs_it() {
    let mut table = Table::default();
    let key = table.add(slot(0), &class("a"), Role::Student, OPENING);
    let place = table.place(&class("a")).unwrap();
    table.followed_mut(place).unwrap().in_wide_lane = true;
    table.remove(key);
    assert!(table.followed(place).is_some());
    assert!(table.interest.includes(&class("a")));
    table.followed_mut(place).unwrap().in_wide_lane = false;
    table.forget_if_idle(place);
    assert!(table.followed(place).is_none());
    assert!(!table.interest.includes(&class("a")));
}
