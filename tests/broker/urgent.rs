//! The contract's part on what is urgent: it is written down with its publication, has a rate, and never waits.

use preau::base::{AccountId, Channel, MachineTime, NewPublication, Reason, ReplayFrom, Urgent, limits};
use preau::broker::{Broker, PublishError};

use crate::asking::{Ask, announcement, class, read};
use crate::stage::Stage;

const HOUR_MS: u64 = 3_600_000;

fn urgent(channel: &str, author: &str, text: &str, at: u64) -> NewPublication {
    let reason = Reason::parse("a pipe has burst").unwrap();
    NewPublication {
        author: AccountId::parse(author).unwrap(),
        urgent: Some(Urgent { reason, at: MachineTime(at) }),
        ..announcement(&Channel::parse(channel).unwrap(), text)
    }
}

fn wait_ms(broker: &dyn Broker, new: NewPublication) -> u32 {
    match broker.publish_wait(new) {
        Err(PublishError::TooManyUrgent { wait_ms }) => wait_ms,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn what_is_urgent_says_so_and_is_another_publication<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.put(urgent("school:a", "head", "1", HOUR_MS));
    broker.put(announcement(&class("a"), "2"));
    let said = |channel: Channel| {
        let page = broker.page(read(&channel, ReplayFrom::Last(10), 10));
        page.publications.iter().map(|publication| publication.urgent).collect::<Vec<_>>()
    };
    assert_eq!((said(Channel::parse("school:a").unwrap()), said(class("a"))), (vec![true], vec![false]));
    let plain = NewPublication { urgent: None, ..urgent("school:a", "head", "1", HOUR_MS) };
    assert_eq!(broker.publish_wait(plain), Err(PublishError::KeyReused));
    broker.shut_down();
    let broker = stage.open();
    let page = broker.page(read(&Channel::parse("school:a").unwrap(), ReplayFrom::Last(10), 10));
    assert!(page.publications[0].urgent, "also from the disk");
}

pub(crate) fn one_account_has_so_many_urgent_publications_an_hour<S: Stage>() {
    let mut stage = S::set_up();
    let mut broker = stage.open();
    let start = 10 * HOUR_MS;
    for n in 0..limits::URGENT_PER_ACCOUNT_MAX as u64 {
        broker.put(urgent("school:a", "head", &format!("{n}"), start + n * 1_000));
    }
    // Restarting helps nobody, nor does another school; asking again costs nothing.
    broker.shut_down();
    broker = stage.open();
    assert!(broker.publish_wait(urgent("school:a", "head", "0", start + 5_000)).unwrap().duplicate);
    assert_eq!(wait_ms(&*broker, urgent("school:b", "head", "more", start + 5_000)), 3_595_000);
    let plain = NewPublication { urgent: None, ..urgent("school:b", "head", "plain", start + 5_000) };
    broker.put(plain);
    assert_eq!(wait_ms(&*broker, urgent("school:b", "head", "more", start + HOUR_MS - 1)), 1);
    broker.put(urgent("school:b", "head", "more", start + HOUR_MS));
    assert_eq!(wait_ms(&*broker, urgent("school:b", "head", "even-more", start + HOUR_MS)), 1_000);
    // A clock that was set back does not lock anybody out for as long as it was ahead.
    broker.put(urgent("school:b", "head", "set-back", 1));
}

pub(crate) fn one_school_has_so_many_urgent_publications_an_hour<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let places = ["school:a", "level:a/2nde", "bulletin:a"];
    for n in 0..limits::URGENT_PER_SCHOOL_MAX {
        broker.put(urgent(places[n % 3], &format!("head-{n}"), "x", HOUR_MS));
    }
    assert_eq!(wait_ms(&*broker, urgent("bulletin:a", "other", "y", HOUR_MS)), 3_600_000);
    broker.put(urgent("bulletin:b", "other", "y", HOUR_MS));
    broker.put(urgent("region", "other", "y", HOUR_MS));
}
