//! The contract's part on publications that take the place of others: all of a request or none, once, and never beside what
//! they replace.

use std::sync::{Arc, Mutex};

use preau::base::{
    AccountId, Body, Channel, Kind, MachineTime, MessageId, NewPublication, Reason, Replacement, ReplayFrom,
    SchoolTime, Unseen, Urgent, limits,
};
use preau::broker::{Accepted, Broker, PublishError, Replaced, Scheduled};

use crate::asking::{Ask, announcement, class, post, read, wait};
use crate::stage::Stage;

fn later(new: NewPublication, at: i64) -> NewPublication {
    NewPublication { deliver_at: Some(SchoolTime(at)), ..new }
}

fn instead(earlier: &[&str], new: NewPublication, unseen: Unseen) -> Replacement {
    let earlier = earlier.iter().map(|id| MessageId::parse(id).unwrap()).collect();
    Replacement { earlier, new, unseen }
}

fn replace(broker: &dyn Broker, all: Vec<Replacement>) -> Result<Vec<Replaced>, PublishError> {
    let (answer, answered) = flume::bounded(2);
    broker.replace(all, Box::new(move |replaced| answer.send(replaced).unwrap())).unwrap();
    wait(&answered)
}

fn one(broker: &dyn Broker, replacement: Replacement) -> Replaced {
    replace(broker, vec![replacement]).unwrap()[0]
}

fn waits(at: i64, duplicate: bool) -> Replaced {
    Replaced::Accepted(Accepted::Scheduled(Scheduled { deliver_at: SchoolTime(at), duplicate }))
}

fn is_published(replaced: Replaced) -> bool {
    matches!(replaced, Replaced::Accepted(Accepted::Committed(_)))
}

fn log(broker: &dyn Broker, name: &str) -> Vec<String> {
    let page = broker.page(read(&class(name), ReplayFrom::Last(100), 200));
    page.publications.iter().map(|publication| publication.message_id.to_string()).collect()
}

pub(crate) fn what_nobody_has_seen_is_replaced_at_its_time<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.accept_wait(later(announcement(&class("a"), "1"), 50)).unwrap();
    let second = || instead(&["1"], announcement(&class("a"), "2"), Unseen::KeepsTime);
    assert_eq!(one(&*broker, second()), waits(50, false));
    assert_eq!(one(&*broker, second()), waits(50, true), "asking again finds it done");
    assert_eq!(stage.metrics().scheduled.get(), 1);
    broker.shut_down();
    let broker = stage.open();
    let third = instead(&["1", "2"], later(announcement(&class("a"), "3"), 90), Unseen::KeepsTime);
    assert_eq!(one(&*broker, third), waits(50, false));
    assert_eq!((broker.release_wait(49), broker.release_wait(90)), (Ok(0), Ok(1)));
    assert_eq!(log(&*broker, "a"), ["3"]);
    assert_eq!(stage.metrics().scheduled.get(), 0);
}

pub(crate) fn what_was_seen_is_replaced_when_the_new_one_says<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.put(announcement(&class("a"), "1"));
    let held = |earlier: &[&str], text: &str, at| {
        instead(earlier, later(announcement(&class("a"), text), at), Unseen::KeepsTime)
    };
    assert_eq!(one(&*broker, held(&["1"], "2", 50)), waits(50, false));
    assert_eq!(one(&*broker, held(&["1", "2"], "3", 70)), waits(70, false), "a hold begins anew");
    assert_eq!(broker.release_wait(60), Ok(0));
    let at_once = instead(&["1", "2", "3"], announcement(&class("a"), "4"), Unseen::KeepsTime);
    assert!(is_published(one(&*broker, at_once.clone())));
    assert!(is_published(one(&*broker, at_once)));
    assert_eq!(broker.release_wait(i64::MAX), Ok(0));
    assert_eq!(log(&*broker, "a"), ["1", "4"]);
}

pub(crate) fn a_withdrawal_is_silent_where_nothing_was_seen<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.accept_wait(later(announcement(&class("a"), "1"), 50)).unwrap();
    broker.put(announcement(&class("b"), "1"));
    broker.accept_wait(later(announcement(&class("b"), "2"), 50)).unwrap();
    let both = || {
        let tombstone = |name| {
            let body = Body::parse(Kind::Withdrawal, r#"{"item":"i"}"#).unwrap();
            let new = NewPublication { body, ..post(&class(name), "x") };
            instead(&["1", "2"], new, Unseen::StaysSilent)
        };
        vec![tombstone("a"), tombstone("b")]
    };
    let replaced = replace(&*broker, both()).unwrap();
    assert_eq!(replaced[0], Replaced::Silent);
    assert!(is_published(replaced[1]));
    let again = replace(&*broker, both()).unwrap();
    assert_eq!(again[0], Replaced::Silent);
    assert_eq!(broker.release_wait(i64::MAX), Ok(0));
    assert_eq!((log(&*broker, "a"), log(&*broker, "b")), (vec![], vec!["1".to_owned(), "x".to_owned()]));
    let free = later(announcement(&class("a"), "1"), 60);
    assert!(matches!(broker.accept_wait(free), Ok(Accepted::Scheduled(Scheduled { duplicate: false, .. }))));
}

pub(crate) fn what_is_refused_leaves_everything_as_it_was<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.accept_wait(later(announcement(&class("a"), "1"), 50)).unwrap();
    broker.put(post(&class("b"), "2"));
    let all = vec![
        instead(&["1"], announcement(&class("a"), "2"), Unseen::KeepsTime),
        instead(&[], announcement(&class("b"), "2"), Unseen::KeepsTime),
    ];
    assert_eq!(replace(&*broker, all), Err(PublishError::KeyReused));
    assert_eq!(stage.metrics().scheduled.get(), 1);
    assert_eq!(broker.release_wait(50), Ok(1));
    assert_eq!((log(&*broker, "a"), log(&*broker, "b")), (vec!["1".to_owned()], vec!["2".to_owned()]));
}

/// Whatever a release and a replacement do at once, one version is published at a time, and none after its withdrawal.
pub(crate) fn a_release_comes_before_a_replacement_or_finds_nothing<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    for round in 0..60 {
        let name = format!("r{round}");
        broker.accept_wait(later(announcement(&class(&name), "1"), round)).unwrap();
        let (answer, answered) = flume::bounded(1);
        let release = || {
            let answer = answer.clone();
            broker.release(SchoolTime(round), Box::new(move |it| answer.try_send(it).unwrap())).unwrap();
        };
        let replaced = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&replaced);
        let silent = instead(&["1"], post(&class(&name), "x"), Unseen::StaysSilent);
        let ask = || {
            let kept = Arc::clone(&kept);
            broker
                .replace(
                    vec![silent.clone()],
                    Box::new(move |it| *kept.lock().unwrap() = Some(it.unwrap()[0])),
                )
                .unwrap();
        };
        if round % 2 == 0 {
            release();
            ask();
        } else {
            ask();
            release();
        }
        let released = wait(&answered).unwrap().released;
        // One more goes through the queue behind the replacement.
        assert!(replace(&*broker, vec![]).unwrap().is_empty());
        let replaced = replaced.lock().unwrap().unwrap();
        let expected: &[&str] = if released == 1 { &["1", "x"] } else { &[] };
        assert_eq!((log(&*broker, &name), replaced == Replaced::Silent), {
            let log = expected.iter().map(|text| (*text).to_owned()).collect();
            (log, released == 0)
        });
    }
}

pub(crate) fn what_was_published_before_is_found_by_a_replacement_behind_it<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = broker.offer(announcement(&class("a"), "1")).unwrap();
    let (answer, answered) = flume::bounded(2);
    let silent = instead(&["1"], post(&class("a"), "x"), Unseen::StaysSilent);
    broker.replace(vec![silent], Box::new(move |it| answer.send(it).unwrap())).unwrap();
    let last = broker.offer(announcement(&class("a"), "2")).unwrap();
    wait(&first).unwrap();
    assert!(is_published(wait(&answered).unwrap()[0]));
    wait(&last).unwrap();
    assert_eq!(log(&*broker, "a"), ["1", "x", "2"]);
}

pub(crate) fn an_urgent_item_counts_once<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let urgent = |channel: &str, item: usize, at: u64| {
        let body = format!(r#"{{"title":"t","text":"t","item":"i{item}"}}"#);
        let new = NewPublication {
            author: AccountId::parse("head").unwrap(),
            body: Body::parse(Kind::Announcement, &body).unwrap(),
            urgent: Some(Urgent { reason: Reason::parse("fire").unwrap(), at: MachineTime(at) }),
            ..announcement(&Channel::parse(channel).unwrap(), &format!("i{item}.1"))
        };
        instead(&[], new, Unseen::KeepsTime)
    };
    let start = 10 * 3_600_000;
    let places = ["school:a", "bulletin:a", "class:a1", "class:a2", "account:p1", "account:p2"];
    for item in 0..limits::URGENT_PER_ACCOUNT_MAX {
        let all = places.iter().map(|place| urgent(place, item, start)).collect();
        assert_eq!(replace(&*broker, all).unwrap().len(), places.len());
    }
    // One more place of an item that was noted is no further alarm; another item is.
    assert!(is_published(one(&*broker, urgent("account:p3", 0, start + 1))));
    let more = replace(&*broker, vec![urgent("class:a1", 7, start + 1)]);
    assert!(matches!(more, Err(PublishError::TooManyUrgent { .. })), "{more:?}");
}
