//! The contract's part on deletions: words go with the commit, places and keys stay; and on what points to words.

use preau::base::body::{Deletion, ERASED, Event, LessonEvent, Proposal};
use preau::base::{Body, Channel, Epoch, Kind, MessageId, NewPublication, Position, ReplayFrom};
use preau::broker::{Broker, PublishError};

use crate::asking::{Ask, announcement, class, history, post, read};
use crate::stage::Stage;

fn deletion(channel: &Channel, at: Position, name: &str) -> NewPublication {
    NewPublication { body: Body::of(&Deletion { at }).unwrap(), ..post(channel, name) }
}

/// What both ways of reading find: the bodies, without the deletions.
fn bodies(broker: &dyn Broker, channel: &Channel) -> Vec<String> {
    let page = broker.page(read(channel, ReplayFrom::Position(broker.at(0)), 200));
    let past = broker.past(history(channel));
    assert_eq!(page.publications, past.publications);
    let said = page.publications.iter().filter(|one| one.kind != Kind::Deletion);
    said.map(|one| one.body.to_string()).collect()
}

fn blank() -> String {
    format!(r#"{{"text":"{ERASED}"}}"#)
}

pub(crate) fn what_is_deleted_has_no_words_from_its_answer_on<S: Stage>() {
    let mut stage = S::set_up();
    let mut broker = stage.open();
    let a = class("a");
    for number in 0..5 {
        broker.put(post(&a, &format!("{number}")));
    }
    let question = Body::parse(Kind::Question, r#"{"text":"why"}"#).unwrap();
    let asked = broker.put(NewPublication { body: question, ..post(&a, "q") });
    // From memory first, and then from disk.
    assert_eq!(bodies(&*broker, &a).len(), 6);
    let position = broker.put(deletion(&a, broker.at(2), "d1"));
    assert_eq!(position, broker.at(7), "a deletion has its own place");
    broker.put(deletion(&a, asked, "d2"));
    for _ in 0..2 {
        let said = bodies(&*broker, &a);
        assert_eq!((said[1].clone(), said[5].clone()), (blank(), blank()));
        assert_eq!(said[0], r#"{"text":"0"}"#);
        assert!(said[2..5].iter().all(|body| *body != blank()));
        broker.shut_down();
        drop(broker);
        broker = stage.open();
    }
}

pub(crate) fn a_deletion_takes_what_was_proposed_too<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let a = class("a");
    let name = MessageId::parse("secret").unwrap();
    let links = vec!["https://secret.example".to_owned()];
    let proposal =
        Proposal { kind: Kind::Post, text: "secret words".into(), links, message_id: name.clone() };
    broker.put(NewPublication {
        body: Body::of(&proposal).unwrap(),
        message_id: Proposal::name(&name).unwrap(),
        ..post(&a, "secret")
    });
    let said = broker.put(NewPublication { body: proposal.body().unwrap(), ..post(&a, "secret") });
    broker.put(deletion(&a, said, "d"));
    let left = bodies(&*broker, &a);
    assert_eq!(left[0], format!(r#"{{"kind":"post","message_id":"secret","text":"{ERASED}"}}"#));
    assert_eq!(left[1], blank());
}

pub(crate) fn a_deletion_takes_words_of_its_own_channel_and_life_alone<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let (a, b) = (class("a"), class("b"));
    broker.put(post(&a, "words"));
    broker.put(announcement(&a, "news"));
    let other_life = Position { epoch: Epoch(broker.epoch().0 + 1), ..broker.at(1) };
    // What is announced is withdrawn, not deleted; and there is nothing yet at the last place, not even the deletion itself.
    let refused = [
        deletion(&b, broker.at(1), "d1"),
        deletion(&a, other_life, "d2"),
        deletion(&a, broker.at(2), "d3"),
        deletion(&a, broker.at(3), "d4"),
        deletion(&a, broker.at(9), "d5"),
    ];
    for deletion in refused {
        assert_eq!(broker.publish_wait(deletion.clone()), Err(PublishError::NoTarget));
        assert_eq!(broker.publish_wait(deletion), Err(PublishError::NoTarget), "and it has no name yet");
    }
    assert_eq!(broker.put(post(&a, "next")), broker.at(3), "nor a place");
    let said = bodies(&*broker, &a);
    assert_eq!(said, [r#"{"text":"words"}"#, r#"{"title":"t","text":"news"}"#, r#"{"text":"next"}"#]);
}

pub(crate) fn what_is_pinned_or_reported_stands_there_with_its_words<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let (a, b) = (class("a"), class("b"));
    let say = |event: Event, channel: &Channel, name: &str| NewPublication {
        body: Body::of(&LessonEvent { event }).unwrap(),
        ..post(channel, name)
    };
    let words = broker.put(post(&a, "words"));
    let gone = broker.put(post(&a, "gone"));
    broker.put(announcement(&a, "news"));
    broker.put(deletion(&a, gone, "d"));
    let other_life = Position { epoch: Epoch(broker.epoch().0 + 1), ..words };
    for (number, at) in [gone, broker.at(3), broker.at(4), broker.at(5), other_life].into_iter().enumerate() {
        for event in [Event::Pinned { at }, Event::Reported { at }] {
            let refused = broker.publish_wait(say(event, &a, &format!("n{number}")));
            assert_eq!(refused, Err(PublishError::NoTarget), "{at:?}");
        }
    }
    let elsewhere = broker.publish_wait(say(Event::Pinned { at: words }, &b, "b"));
    assert_eq!(elsewhere, Err(PublishError::NoTarget), "a place is one of its own channel");
    let pin = say(Event::Pinned { at: words }, &a, "pin");
    assert_eq!(broker.put(pin.clone()), broker.at(5));
    assert_eq!(broker.put(say(Event::Reported { at: words }, &a, "report")), broker.at(6));
    broker.put(deletion(&a, words, "d2"));
    let again = broker.publish_wait(pin).unwrap();
    assert_eq!(
        (again.position, again.duplicate),
        (broker.at(5), true),
        "asked again, it is answered as before"
    );
}

pub(crate) fn what_is_deleted_may_be_sent_again<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    let a = class("a");
    let said = broker.put(post(&a, "words"));
    let deleted = broker.put(deletion(&a, said, "d"));
    // A client that has missed its answer.
    let again = broker.publish_wait(post(&a, "words")).unwrap();
    assert_eq!((again.position, again.duplicate), (said, true));
    let again = broker.publish_wait(deletion(&a, said, "d")).unwrap();
    assert_eq!((again.position, again.duplicate), (deleted, true));
    broker.put(deletion(&a, said, "once-more"));
    assert_eq!(bodies(&*broker, &a), [blank()]);
}
