//! The contract's part on idempotency keys.

use std::sync::Arc;

use preau::base::ReplayFrom;
use preau::base::{AccountId, Body, NewPublication, Role, SchoolTime};
use preau::broker::{Health, PublishError};

use crate::asking::{
    Ask, Echo, Gate, GatedSink, Opened, announcement, class, for_roles, offsets, post, read, wait,
};
use crate::stage::Stage;

pub(crate) fn the_same_publication_is_committed_once<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let position = broker.put(post(&class("a"), "1"));
    let later = NewPublication { published_at: SchoolTime(9_000), ..post(&class("a"), "1") };
    let again = broker.publish_wait(later).unwrap();
    assert_eq!((again.position, again.duplicate), (position, true));
    let page = broker.page(read(&class("a"), ReplayFrom::Last(10), 10));
    assert_eq!(offsets(&page.publications), [position.offset.0]);
    assert_eq!(page.publications[0].published_at, SchoolTime(1_000));
    assert_eq!(stage.metrics().duplicates.get(), 1);
    assert_eq!((stage.metrics().commits.get(), broker.health()), (1, Health::Ready));
}

pub(crate) fn a_key_belongs_to_one_publication<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let first = post(&class("a"), "key");
    broker.put(first.clone());
    let others = [
        NewPublication { body: Body::post("other").unwrap(), ..first.clone() },
        for_roles(first.clone(), &[Role::Student]),
        announcement(&class("a"), "key"),
    ];
    for other in others {
        assert_eq!(broker.publish_wait(other), Err(PublishError::KeyReused));
    }
    // Another author or channel has keys of its own.
    broker.put(NewPublication { author: AccountId::parse("teacher-2").unwrap(), ..first.clone() });
    broker.put(NewPublication { channel: class("b"), ..first });
    assert_eq!(broker.page(read(&class("a"), ReplayFrom::Last(10), 10)).publications.len(), 2);
}

pub(crate) fn duplicates_in_one_batch_are_told_apart<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    broker.attach(Arc::new(GatedSink(Arc::clone(&gate))));
    let echoed = Echo::attach(&*broker);
    broker.put(post(&class("a"), "blocker"));
    gate.wait_for(1);
    // All of these wait together while the commit thread stands at the gate.
    let other = NewPublication { body: Body::post("other").unwrap(), ..post(&class("a"), "x") };
    let asked = [post(&class("a"), "x"), post(&class("a"), "x"), other, post(&class("a"), "y")];
    let answers = asked.map(|new| broker.offer(new).unwrap());
    gate.open();
    let [first, second, third, fourth] = answers.map(|answer| wait(&answer));
    let first = first.unwrap();
    assert!(!first.duplicate);
    assert_eq!(second.map(|ack| (ack.position, ack.duplicate)), Ok((first.position, true)));
    assert_eq!(third, Err(PublishError::KeyReused));
    assert!(fourth.unwrap().position.offset > first.position.offset);
    assert_eq!([(); 3].map(|()| wait(&echoed)).map(|p| p.message_id.to_string()), ["blocker", "x", "y"]);
}

pub(crate) fn keys_survive_a_restart<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let position = broker.put(post(&class("a"), "1"));
    broker.shut_down();
    let broker = stage.open();
    let again = broker.publish_wait(post(&class("a"), "1")).unwrap();
    assert_eq!((again.position, again.duplicate), (position, true));
    let other = NewPublication { body: Body::post("other").unwrap(), ..post(&class("a"), "1") };
    assert_eq!(broker.publish_wait(other), Err(PublishError::KeyReused));
    assert!(broker.put(post(&class("a"), "2")).offset > position.offset);
}
