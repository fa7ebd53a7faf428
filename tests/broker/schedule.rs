//! The contract's part on what is for later: it waits, leaves once, in order, and its key is taken meanwhile.

use std::sync::Arc;

use preau::base::{AccountId, Body, NewPublication, ReplayFrom, SchoolTime, limits};
use preau::broker::{Accepted, Busy, Cancelled, Health, PublishError, Schedule, Scheduled};

use crate::asking::{
    Ask, Echo, Gate, GatedSink, Opened, announcement, class, cut_all, offsets, post, read, wait,
};
use crate::stage::Stage;

fn later(new: NewPublication, at: i64) -> NewPublication {
    NewPublication { deliver_at: Some(SchoolTime(at)), ..new }
}

fn waits(at: i64, duplicate: bool) -> Accepted {
    Accepted::Scheduled(Scheduled { deliver_at: SchoolTime(at), duplicate })
}

/// The message ids of a channel's log.
fn log(broker: &dyn preau::broker::Broker, name: &str) -> Vec<String> {
    let page = broker.page(read(&class(name), ReplayFrom::Last(200), 200));
    page.publications.iter().map(|publication| publication.message_id.to_string()).collect()
}

pub(crate) fn what_is_for_later_waits_outside_the_log<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let echoed = Echo::attach(&*broker);
    assert_eq!(broker.accept_wait(later(announcement(&class("a"), "1"), 5_000)), Ok(waits(5_000, false)));
    assert_eq!(broker.release_wait(4_999), Ok(0));
    assert_eq!((log(&*broker, "a"), stage.metrics().scheduled.get()), (vec![], 1));
    let first = broker.put(post(&class("a"), "now"));
    assert_eq!(first.offset.0, 1, "what waits has no place yet");
    assert_eq!(broker.release_wait(5_000), Ok(1));
    let heard = [wait(&echoed), wait(&echoed)];
    assert_eq!(offsets(&heard), [1, 2]);
    assert_eq!((heard[1].message_id.to_string(), heard[1].published_at), ("1".into(), SchoolTime(5_000)));
    assert_eq!(log(&*broker, "a"), ["now", "1"]);
    assert_eq!((stage.metrics().scheduled.get(), stage.metrics().released.get()), (0, 1));
    broker.shut_down();
    assert!(echoed.is_empty());
}

pub(crate) fn a_key_is_taken_while_its_publication_waits<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = announcement(&class("a"), "1");
    assert_eq!(broker.accept_wait(later(first.clone(), 50)), Ok(waits(50, false)));
    // Whenever it is sent again, and for whenever: the answer says what is in force.
    let again = NewPublication { published_at: SchoolTime(9), ..first.clone() };
    for same in [later(again.clone(), 50), later(again.clone(), 70), again.clone()] {
        assert_eq!(broker.accept_wait(same), Ok(waits(50, true)));
    }
    let body = Body::parse(preau::base::Kind::Announcement, r#"{"title":"t","text":"other"}"#).unwrap();
    let other = NewPublication { body, ..first.clone() };
    assert_eq!(broker.accept_wait(later(other.clone(), 50)), Err(PublishError::KeyReused));
    assert_eq!(broker.accept_wait(other.clone()), Err(PublishError::KeyReused));
    broker.shut_down();
    let broker = stage.open();
    assert_eq!(broker.accept_wait(later(first.clone(), 50)), Ok(waits(50, true)), "also after a restart");
    assert_eq!(broker.release_wait(60), Ok(1));
    for same in [later(first.clone(), 50), first] {
        let stands = broker.publish_wait(same).unwrap();
        assert_eq!((stands.position, stands.duplicate), (broker.at(1), true));
    }
    assert_eq!(broker.accept_wait(later(other, 90)), Err(PublishError::KeyReused));
    assert_eq!(broker.release_wait(i64::MAX), Ok(0));
}

pub(crate) fn releases_follow_the_times_asked_for<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let echoed = Echo::attach(&*broker);
    let count = 3 * limits::RELEASE_SLICE + 7;
    let at = |n: usize| i64::try_from((n * 7) % 11).unwrap();
    for n in 0..count {
        let new = announcement(&class(["a", "b"][n % 2]), &format!("{n}"));
        assert_eq!(broker.accept_wait(later(new, at(n))), Ok(waits(at(n), false)));
    }
    assert_eq!(broker.release_wait(11), Ok(count as u64), "all that is due, slice by slice");
    let mut expected: Vec<usize> = (0..count).collect();
    expected.sort_by_key(|n| (at(*n), *n));
    let heard: Vec<String> = (0..count).map(|_| wait(&echoed).message_id.to_string()).collect();
    assert_eq!(heard, expected.iter().map(ToString::to_string).collect::<Vec<_>>());
    broker.shut_down();
    assert!(echoed.is_empty());
}

pub(crate) fn a_clock_that_steps_releases_nothing_twice_and_loses_nothing<S: Stage>() {
    let mut stage = S::set_up();
    let mut broker = stage.open();
    for n in 0..10 {
        broker.accept_wait(later(announcement(&class("a"), &format!("{n}")), n * 10)).unwrap();
    }
    for (now, released) in [(35, 4), (0, 0), (35, 0), (-5, 0), (41, 1), (1_000_000, 5), (20, 0)] {
        assert_eq!(broker.release_wait(now), Ok(released), "at {now}");
        broker.shut_down();
        broker = stage.open();
    }
    assert_eq!(log(&*broker, "a"), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}

pub(crate) fn a_copy_of_the_storage_holds_the_schedule<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.put(post(&class("a"), "old"));
    broker.accept_wait(later(announcement(&class("a"), "1"), 500)).unwrap();
    // It was sent long before the cut: its age counts from when it is published.
    assert_eq!(broker.trim_wait(cut_all(i64::MAX)).unwrap().removed[..3], [1, 0, 0]);
    broker.shut_down();
    drop(broker);
    stage.begin_new_life();
    let broker = stage.open();
    assert_eq!(broker.accept_wait(later(announcement(&class("a"), "1"), 500)), Ok(waits(500, true)));
    assert_eq!(broker.release_wait(600), Ok(1));
    assert_eq!(broker.trim_wait(cut_all(600)).unwrap().removed[..3], [0; 3]);
    assert_eq!(log(&*broker, "a"), ["1"]);
    assert_eq!(broker.trim_wait(cut_all(601)).unwrap().removed[..3], [0, 1, 0]);
}

pub(crate) fn one_author_can_not_fill_the_schedule<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    for n in 0..limits::SCHEDULED_PER_AUTHOR_MAX {
        broker.accept_wait(later(announcement(&class("a"), &format!("{n}")), 10)).unwrap();
    }
    let more = || later(announcement(&class("b"), "more"), 10);
    assert_eq!(broker.accept_wait(more()), Err(PublishError::ScheduleFull));
    assert_eq!(broker.health(), Health::Ready, "that is not the storage's fault");
    assert_eq!(broker.accept_wait(later(announcement(&class("a"), "0"), 10)), Ok(waits(10, true)));
    let other = AccountId::parse("teacher-2").unwrap();
    assert_eq!(broker.accept_wait(NewPublication { author: other, ..more() }), Ok(waits(10, false)));
    broker.put(announcement(&class("b"), "now"));
    assert_eq!(broker.release_wait(10), Ok(limits::SCHEDULED_PER_AUTHOR_MAX as u64 + 1));
    assert_eq!(broker.accept_wait(later(announcement(&class("b"), "more"), 20)), Ok(waits(20, false)));
}

pub(crate) fn waiting_releases_are_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    broker.accept_wait(later(announcement(&class("a"), "1"), 10)).unwrap();
    broker.put(post(&class("a"), "blocker"));
    gate.wait_for(1);
    let (answer, answered) = flume::bounded(limits::RELEASES_WAITING_MAX);
    for _ in 0..limits::RELEASES_WAITING_MAX {
        let answer = answer.clone();
        broker.release(SchoolTime(10), Box::new(move |released| answer.try_send(released).unwrap())).unwrap();
    }
    assert_eq!(broker.release(SchoolTime(10), Box::new(|_| panic!("never called"))), Err(Busy));
    gate.open();
    let released: u64 = (0..limits::RELEASES_WAITING_MAX).map(|_| wait(&answered).unwrap().released).sum();
    assert_eq!(released, 1);
    assert_eq!(broker.release_wait(10), Ok(0));
    broker.shut_down();
    assert_eq!(broker.release(SchoolTime(10), Box::new(|_| panic!("never called"))), Err(Busy));
}

pub(crate) fn what_waits_is_listed_and_taken_back<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    for (n, at) in [(0, 30), (1, 10), (2, 10), (3, 20)] {
        broker.accept_wait(later(announcement(&class(["a", "b"][n % 2]), &format!("{n}")), at)).unwrap();
    }
    let other = AccountId::parse("teacher-2").unwrap();
    let others = NewPublication { author: other.clone(), ..later(announcement(&class("a"), "1"), 5) };
    broker.accept_wait(others).unwrap();
    let author = announcement(&class("a"), "x").author;
    let ask = |author: &AccountId, after, limit| {
        let page = broker.scheduled_wait(Schedule { author: author.clone(), after, limit });
        let ids: Vec<String> = page.waiting.iter().map(|new| new.message_id.to_string()).collect();
        (ids, page.next)
    };
    let (first, next) = ask(&author, None, 3);
    assert_eq!(first, ["1", "2", "3"], "in the order of release, and nobody else's");
    assert_eq!(ask(&author, next, 3), (vec!["0".into()], None));
    assert_eq!(ask(&author, None, 4).1, None, "a full page may be the last");
    assert_eq!(ask(&other, None, 9).0, ["1"]);
    assert_eq!(ask(&AccountId::parse("nobody").unwrap(), None, 9), (vec![], None));
    assert_eq!(broker.cancel_wait(&class("b"), "1"), Cancelled::Cancelled);
    for (channel, id) in [("b", "1"), ("b", "2"), ("c", "0")] {
        assert_eq!(broker.cancel_wait(&class(channel), id), Cancelled::Unknown, "{channel} {id}");
    }
    assert_eq!((ask(&author, None, 9).0.len(), stage.metrics().scheduled.get()), (3, 4));
    assert_eq!(broker.release_wait(15), Ok(2), "what was taken back is not released");
    assert_eq!(broker.cancel_wait(&class("a"), "2"), Cancelled::Published);
    // Its key is free: sent again, it is another publication.
    assert_eq!(broker.accept_wait(later(announcement(&class("b"), "1"), 90)), Ok(waits(90, false)));
    broker.shut_down();
    let broker = stage.open();
    assert_eq!(broker.cancel_wait(&class("a"), "0"), Cancelled::Cancelled, "also after a restart");
    assert_eq!(broker.release_wait(100), Ok(2));
}

/// Whoever is answered "cancelled" while a release runs never sees it published, and the other way round.
pub(crate) fn what_is_taken_back_is_never_released_too<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    // More than one slice, and no more than a page of the log holds.
    let count = limits::RELEASE_SLICE + 30;
    for n in 0..count {
        broker.accept_wait(later(announcement(&class("a"), &format!("{n}")), 10)).unwrap();
    }
    let (answer, released) = flume::bounded(1);
    broker.release(SchoolTime(10), Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    let outcomes: Vec<Cancelled> =
        (0..count).rev().map(|n| broker.cancel_wait(&class("a"), &format!("{n}"))).collect();
    let cancelled = outcomes.iter().filter(|outcome| **outcome == Cancelled::Cancelled).count();
    assert!(outcomes.iter().all(|outcome| *outcome != Cancelled::Unknown));
    let released = usize::try_from(wait(&released).unwrap().released).unwrap();
    assert_eq!((released + cancelled, stage.metrics().scheduled.get()), (count, 0));
    assert_eq!(log(&*broker, "a").len(), released, "each has one of the two fates");
}

pub(crate) fn one_release_is_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let count = limits::RELEASE_MAX + 3;
    let answers: Vec<_> = (0..count)
        .map(|n| {
            let author = AccountId::parse(&format!("teacher-{}", n % 4)).unwrap();
            let new = NewPublication { author, ..later(announcement(&class("a"), &format!("{n}")), 10) };
            let (answer, answered) = flume::bounded(1);
            broker.publish(new, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
            answered
        })
        .collect();
    assert!(answers.iter().all(|answer| wait(answer).is_ok()));
    assert_eq!(broker.release_wait(10), Ok(limits::RELEASE_MAX as u64));
    assert_eq!(broker.release_wait(10), Ok(3));
}
