//! The contract's part on retention: what it removes, and what it never touches.

use preau::base::{NewPublication, SchoolTime};
use preau::base::{ReplayFrom, ResetWhy};
use preau::broker::Start;

use crate::asking::{Ask, announcement, class, cut_all, history, offsets, post, posts_before, read, replay};
use crate::stage::Stage;

fn sent(new: NewPublication, at: i64) -> NewPublication {
    NewPublication { published_at: SchoolTime(at), ..new }
}

pub(crate) fn retention_removes_by_kind_and_leaves_holes<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let mut kept = Vec::new();
    for n in 0..300 {
        let text = format!("{n}");
        if n % 10 == 0 {
            kept.push(broker.put(sent(announcement(&class("a"), &text), n)).offset.0);
        } else {
            let offset = broker.put(sent(post(&class("a"), &text), n)).offset.0;
            if n >= 200 {
                kept.push(offset);
            }
        }
    }
    let other = broker.put(sent(post(&class("b"), "new"), 500));
    assert_eq!(broker.trim_wait(posts_before(200)).unwrap().removed[..3], [180, 0, 0]);
    assert_eq!(broker.trim_wait(posts_before(200)).unwrap().removed[..3], [0, 0, 0]);
    let past = broker.past(history(&class("a")));
    assert_eq!(offsets(&past.publications), kept);
    assert_eq!(past.trimmed.offset.0, 200, "the 200th was the last one removed");
    let untouched = broker.page(read(&class("b"), ReplayFrom::Position(broker.at(0)), 10));
    assert_eq!((untouched.start, untouched.through), (Start::Resumed, other));
    broker.shut_down();
    let broker = stage.open();
    let past = broker.past(history(&class("a")));
    assert_eq!((offsets(&past.publications), past.trimmed), (kept, broker.at(200)), "also after a restart");
}

pub(crate) fn offsets_are_not_reused_after_retention<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let positions: Vec<_> = (0..5).map(|n| broker.put(post(&class("a"), &format!("{n}")))).collect();
    let last = positions[4];
    assert_eq!(broker.trim_wait(cut_all(i64::MAX)).unwrap().removed[..3], [5, 0, 0]);
    let empty = broker.page(read(&class("a"), ReplayFrom::Last(10), 10));
    assert_eq!((empty.publications.len(), empty.through, empty.last), (0, last, last));
    broker.shut_down();
    let broker = stage.open();
    let next = broker.put(post(&class("a"), "next"));
    assert!(next.offset > last.offset);
    let page = broker.page(read(&class("a"), ReplayFrom::Position(last), 10));
    assert_eq!((page.start, offsets(&page.publications)), (Start::Resumed, vec![next.offset.0]));
}

pub(crate) fn a_position_before_what_was_removed_is_reset<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let positions: Vec<_> = (0..6).map(|n| broker.put(sent(post(&class("a"), &format!("{n}")), n))).collect();
    broker.trim_wait(posts_before(3)).unwrap();
    for (known, start) in [
        (broker.at(0), Start::Reset(ResetWhy::Trimmed)),
        (positions[1], Start::Reset(ResetWhy::Trimmed)),
        (positions[2], Start::Resumed),
        (positions[3], Start::Resumed),
    ] {
        let page = broker.page(read(&class("a"), ReplayFrom::Position(known), 10));
        assert_eq!(page.start, start, "{known:?}");
        let first =
            if start == Start::Resumed { known.offset.max(positions[2].offset) } else { positions[2].offset };
        assert!(page.publications.iter().all(|p| p.position.offset > first));
        assert_eq!(page.through, positions[5]);
    }
}

pub(crate) fn a_replay_goes_on_over_what_retention_removed<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let mut kept = Vec::new();
    for n in 0..20 {
        let new = sent(announcement(&class("a"), &format!("n{n}")), n);
        kept.push(broker.put(new).offset.0);
        broker.put(sent(post(&class("a"), &format!("p{n}")), n));
    }
    broker.trim_wait(posts_before(100)).unwrap();
    // Every page but the last ends before what was removed; only a reader's own position is judged by that.
    for from in [ReplayFrom::Last(100), ReplayFrom::Position(broker.at(0))] {
        assert_eq!(offsets(&replay(&*broker, &read(&class("a"), from, 3))), kept);
    }
}

pub(crate) fn a_key_goes_with_its_publication<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = broker.put(post(&class("a"), "1"));
    broker.trim_wait(cut_all(i64::MAX)).unwrap();
    let second = broker.put(post(&class("a"), "1"));
    assert!(second.offset > first.offset);
}
