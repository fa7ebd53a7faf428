//! The contract's part on erasure: names and words go, places stay.

use preau::base::body::{Event, LessonEvent};
use preau::base::{AccountId, Body, Channel, NewPublication, ReplayFrom, SchoolTime, body};
use preau::broker::{Broker, Erasure, Start};

use crate::asking::{Ask, announcement, class, offsets, post, read};
use crate::stage::Stage;

fn by(author: &str, new: NewPublication) -> NewPublication {
    NewPublication { author: AccountId::parse(author).unwrap(), ..new }
}

/// Each publication's author and body.
fn said(broker: &dyn Broker, channel: &Channel) -> Vec<(String, String)> {
    let page = broker.page(read(channel, ReplayFrom::Last(200), 200));
    let said =
        |one: &std::sync::Arc<preau::base::Publication>| (one.author.to_string(), one.body.to_string());
    page.publications.iter().map(said).collect()
}

pub(crate) fn an_erased_account_leaves_its_publications_their_places<S: Stage>() {
    let mut stage = S::set_up();
    let mut broker = stage.open();
    let own = Channel::Account(AccountId::parse("pupil").unwrap());
    for number in 0..80 {
        broker.put(by("pupil", post(&class("a"), &format!("{number}"))));
    }
    let other = broker.put(post(&class("a"), "0"));
    broker.put(by("pupil", announcement(&class("b"), "words")));
    let received = broker.put(announcement(&own, "private"));
    let waiting =
        NewPublication { deliver_at: Some(SchoolTime(9_000)), ..by("pupil", post(&class("a"), "later")) };
    broker.accept_wait(waiting).unwrap();
    let erased = broker.erase_wait("pupil").unwrap();
    assert_eq!(erased, Erasure { blanked: 81, removed: 2 });
    for _ in 0..2 {
        let left = said(&*broker, &class("a"));
        assert_eq!(left.len(), 81);
        let blank = ("{erased}".to_owned(), format!(r#"{{"text":"{}"}}"#, body::ERASED));
        assert!(left[..80].iter().all(|one| *one == blank), "{:?}", left[0]);
        assert_eq!(left[80], ("teacher-1".to_owned(), r#"{"text":"0"}"#.to_owned()));
        assert!(!said(&*broker, &class("b"))[0].1.contains("words"));
        assert_eq!(broker.release_wait(10_000), Ok(0));
        let page = broker.page(read(&class("a"), ReplayFrom::Position(broker.at(79)), 10));
        assert_eq!((page.start, offsets(&page.publications)), (Start::Resumed, vec![80, other.offset.0]));
        assert_eq!(said(&*broker, &own), []);
        broker.shut_down();
        drop(broker);
        broker = stage.open();
    }
    assert!(broker.put(announcement(&own, "again")).offset > received.offset, "no place is given twice");
    assert_eq!(broker.put(by("pupil", post(&class("a"), "0"))).offset.0, other.offset.0 + 1);
}

pub(crate) fn an_erased_account_is_named_by_no_lesson<S: Stage>() {
    let mut stage = S::set_up();
    let mut broker = stage.open();
    let lesson = |name: &str, event: Event| NewPublication {
        body: Body::of(&LessonEvent { event }).unwrap(),
        ..post(&class("a"), name)
    };
    let whom = |id: &str| Some(AccountId::parse(id).unwrap());
    broker.put(lesson("m1", Event::Muted { account: whom("pupil") }));
    broker.put(lesson("m2", Event::Muted { account: whom("pupil-2") }));
    broker.put(lesson("m3", Event::Unmuted { account: whom("pupil") }));
    broker.put(lesson("m4", Event::Muted { account: None }));
    // From memory too, not only from disk.
    assert_eq!(said(&*broker, &class("a")).len(), 4);
    assert_eq!(broker.erase_wait("pupil").unwrap(), Erasure { blanked: 2, removed: 0 });
    for _ in 0..2 {
        let left: Vec<_> = said(&*broker, &class("a")).into_iter().map(|(_, body)| body).collect();
        let named = |event: &str, id: &str| format!(r#"{{"event":"{event}","account":"{id}"}}"#);
        assert_eq!(
            left[..3],
            [named("muted", "{erased}"), named("muted", "pupil-2"), named("unmuted", "{erased}"),]
        );
        broker.shut_down();
        drop(broker);
        broker = stage.open();
    }
    assert_eq!(broker.erase_wait("pupil").unwrap(), Erasure::default());
}

pub(crate) fn erasing_again_changes_nothing<S: Stage>() {
    let mut stage = S::set_up();
    let broker = stage.open();
    broker.put(by("pupil", post(&class("a"), "1")));
    broker.put(by("other", post(&class("a"), "1")));
    // From memory too, not only from disk.
    assert_eq!(said(&*broker, &class("a")).len(), 2);
    assert_eq!(broker.erase_wait("pupil").unwrap().blanked, 1);
    assert_eq!(said(&*broker, &class("a"))[0].0, "{erased}");
    assert_eq!(broker.erase_wait("pupil").unwrap(), Erasure::default());
    assert_eq!(broker.erase_wait("other").unwrap().blanked, 1, "two may have had the same name for theirs");
    assert_eq!(broker.erase_wait("nobody").unwrap(), Erasure::default());
}
