//! The contract's part on replays: where they begin, what their pages hold.

use preau::base::{Body, NewPublication, Role, limits};
use preau::base::{ReplayFrom, ResetWhy};
use preau::broker::{History, Read, Start};

use crate::asking::{Ask, class, for_roles, history, offsets, post, read, replay, wait};
use crate::stage::Stage;

pub(crate) fn a_position_is_resumed_without_gap_or_repeat<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let positions: Vec<_> = (0..150).map(|n| broker.put(post(&class("a"), &format!("{n}")))).collect();
    let other = broker.put(post(&class("b"), "other"));
    broker.shut_down();
    let broker = stage.open();
    let recent = broker.put(post(&class("a"), "recent"));
    let all: Vec<_> = positions.iter().chain([&recent]).map(|position| position.offset.0).collect();
    for known in [0, 1, 60, 149, 150, 151] {
        let from = if known == 0 { broker.at(0) } else { broker.at(all[known - 1]) };
        let first = broker.page(read(&class("a"), ReplayFrom::Position(from), 7));
        assert_eq!((first.start, first.before), (Start::Resumed, from));
        let rest = replay(&*broker, &read(&class("a"), ReplayFrom::Position(from), 7));
        assert_eq!(offsets(&rest), all[known..]);
    }
    let page = broker.page(read(&class("b"), ReplayFrom::Position(broker.at(0)), 7));
    assert_eq!((page.through, page.last), (other, other), "channels do not mix");
}

pub(crate) fn a_fresh_reader_begins_where_it_asked<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let nothing = broker.page(read(&class("a"), ReplayFrom::Last(10), 10));
    assert_eq!((nothing.start, nothing.publications.len()), (Start::Fresh, 0));
    assert_eq!([nothing.before, nothing.through, nothing.last], [broker.at(0); 3]);
    let start = broker.page(read(&class("a"), ReplayFrom::Position(broker.at(0)), 10));
    assert_eq!((start.start, start.through), (Start::Resumed, broker.at(0)));

    let positions: Vec<_> = (0..130).map(|n| broker.put(post(&class("a"), &format!("{n}")))).collect();
    let end = positions[129];
    let now = broker.page(read(&class("a"), ReplayFrom::Now, 10));
    assert_eq!((now.start, now.publications.len()), (Start::Fresh, 0));
    assert_eq!([now.before, now.through, now.last], [end; 3]);
    let none = broker.page(read(&class("a"), ReplayFrom::Last(0), 10));
    assert_eq!((none.start, none.through), (Start::Fresh, end));

    for (asked, given) in [(1, 1), (5, 5), (64, 64), (65, 65), (100, 100), (1_000, limits::LAST_MAX)] {
        let seen = replay(&*broker, &read(&class("a"), ReplayFrom::Last(asked), 9));
        let last: Vec<_> = positions[130 - given..].iter().map(|position| position.offset.0).collect();
        assert_eq!(offsets(&seen), last, "last {asked}");
        let page = broker.page(read(&class("a"), ReplayFrom::Last(asked), 200));
        assert_eq!((page.start, page.publications.len(), page.through), (Start::Fresh, given, end));
        assert!(page.before.offset < page.publications[0].position.offset);
        let again = broker.page(read(&class("a"), ReplayFrom::Position(page.before), 200));
        assert_eq!((again.start, &again.publications), (Start::Resumed, &page.publications));
    }
}

pub(crate) fn a_position_of_another_life_is_reset<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let old: Vec<_> = (0..3).map(|n| broker.put(post(&class("a"), &format!("{n}")))).collect();
    broker.shut_down();
    stage.begin_new_life();
    let broker = stage.open();
    assert_ne!(broker.epoch(), old[0].epoch);
    for from in [ReplayFrom::Position(old[1]), ReplayFrom::Next(old[1])] {
        let page = broker.page(read(&class("a"), from, 200));
        assert_eq!(page.start, Start::Reset(ResetWhy::Epoch));
        assert_eq!(offsets(&page.publications), old.iter().map(|p| p.offset.0).collect::<Vec<_>>());
        assert!(page.publications.iter().all(|p| p.position.epoch == broker.epoch()));
    }
    assert!(broker.publish_wait(post(&class("a"), "0")).unwrap().duplicate, "keys belong to the content");
}

pub(crate) fn a_position_beyond_the_end_is_reset<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let position = broker.put(post(&class("a"), "1"));
    for offset in [position.offset.0 + 1, u64::MAX] {
        let page = broker.page(read(&class("a"), ReplayFrom::Position(broker.at(offset)), 200));
        assert_eq!(page.start, Start::Reset(ResetWhy::Ahead));
        assert_eq!((offsets(&page.publications), page.through), (vec![position.offset.0], position));
    }
    let empty = broker.page(read(&class("b"), ReplayFrom::Position(broker.at(5)), 200));
    assert_eq!((empty.start, empty.through), (Start::Reset(ResetWhy::Ahead), broker.at(0)));
}

pub(crate) fn an_audience_leaves_holes<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let mut visible = Vec::new();
    for n in 0..40 {
        let new = post(&class("a"), &format!("{n}"));
        if n % 4 == 0 {
            visible.push(broker.put(for_roles(new, &[Role::Student, Role::Staff])).offset.0);
        } else {
            broker.put(for_roles(new, &[Role::Teacher]));
        }
    }
    let start = ReplayFrom::Position(broker.at(0));
    // Twice: a read may warm what serves the next one.
    for _ in 0..2 {
        assert_eq!(offsets(&replay(&*broker, &read(&class("a"), start, 3))), visible);
        let page = broker.page(read(&class("a"), start, 200));
        assert_eq!((offsets(&page.publications), page.through), (visible.clone(), page.last));
        let last = broker.page(read(&class("a"), ReplayFrom::Last(2), 200));
        assert_eq!(offsets(&last.publications), visible[8..]);
        let guardian = Read { role: Role::Guardian, ..read(&class("a"), start, 5) };
        let hidden = broker.page(guardian);
        assert_eq!((hidden.publications.len(), hidden.through), (0, page.last));
        assert_eq!(offsets(&broker.past(history(&class("a"))).publications), visible);
    }
    broker.shut_down();
    let broker = stage.open();
    assert_eq!(offsets(&replay(&*broker, &read(&class("a"), start, 3))), visible, "also from disk");
}

pub(crate) fn pages_are_clamped_and_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let answers: Vec<_> =
        (0..250).map(|n| broker.offer(post(&class("a"), &format!("{n}"))).unwrap()).collect();
    assert!(answers.iter().all(|answer| wait(answer).is_ok()));
    let start = ReplayFrom::Position(broker.at(0));
    for (asked, given) in [(0, 1), (1, 1), (200, 200), (usize::MAX, limits::READ_PAGE_MAX)] {
        assert_eq!(broker.page(read(&class("a"), start, asked)).publications.len(), given, "limit {asked}");
        let past = History { limit: asked, ..history(&class("a")) };
        assert_eq!(broker.past(past).publications.len(), given, "limit {asked}");
    }
    let long = "x".repeat(limits::POST_TEXT_CHARS_MAX);
    for n in 0..100 {
        let body = Body::post(&long).unwrap();
        broker.put(NewPublication { body, ..post(&class("long"), &format!("{n}")) });
    }
    for from in [start, ReplayFrom::Last(100)] {
        let page = broker.page(read(&class("long"), from, 200));
        let bytes: usize = page.publications.iter().map(|p| p.body.len()).sum();
        assert!(bytes <= limits::READ_PAGE_BYTES_MAX && bytes > limits::READ_PAGE_BYTES_MAX - 5_000);
        assert!(page.through.offset < page.last.offset);
    }
    assert_eq!(replay(&*broker, &read(&class("long"), start, 200)).len(), 100);
}
