//! Receipts: who gives them, for whom, and who sees what of them.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::desk::{Answered, Desk, NOW, refused};
use super::gate::AFTER_OPENING;
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Role, SchoolTime};
use crate::ledger::{Item, Json, PutItem};

/// Writes an item as the registry has it once it is sent.
pub(super) async fn put(desk: &Desk, item: Item) {
    let (answer, answered) = oneshot::channel();
    let expected = (item.version > 1).then(|| item.version - 1);
    let stored = Box::new(move |outcome| answer.send(outcome).unwrap());
    desk.ledger.put_item(item, expected, stored).unwrap();
    assert_eq!(answered.await.unwrap(), Ok(PutItem::Stored));
}

/// Version 1 of an item of the teacher's.
pub(super) fn item(id: &str, kind: Kind, places: &[&str], audience: &[Role], body: &Value) -> Item {
    let at = SchoolTime(i64::try_from(NOW).unwrap());
    Item {
        id: ItemId::parse(id).unwrap(),
        kind,
        author: AccountId::parse("teacher").unwrap(),
        version: 1,
        is_withdrawn: false,
        places: places.iter().map(|place| Channel::parse(place).unwrap()).collect(),
        audience: Audience::of(audience).unwrap(),
        body: Json::of(body).unwrap(),
        created_at: at,
        changed_at: at,
        publish_at: None,
        urgent: false,
        why: None,
        held: None,
        is_settled: true,
    }
}

fn trip(receipt: &Value, names: bool) -> Item {
    let roles = [Role::Teacher, Role::Student, Role::Guardian];
    let body = json!({"title": "Trip", "text": "t", "item": "trip", "receipt": receipt, "names": names});
    item("trip", Kind::Announcement, &["class:2a", "class:2b"], &roles, &body)
}

async fn give(desk: &Desk, account: &str, id: &str) -> Answered {
    desk.ask(account, "POST", &format!("/v1/items/{id}/receipt"), "").await
}

async fn see(desk: &Desk, account: &str, query: &str) -> Answered {
    desk.ask(account, "GET", &format!("/v1/items/trip/receipts{query}"), "").await
}

#[tokio::test]
async fn a_guardian_s_receipt_stands_for_the_child_once() {
    let desk = Desk::new();
    put(&desk, trip(&json!("student"), false)).await;
    let first = give(&desk, "parent", "trip").await;
    assert_eq!(first.problem(), refused(403, "suspended"), "the door is the same as for those with a socket");
    let first = give(&desk, "neighbour", "trip").await;
    let expected = json!({"item": "trip", "subjects": ["neighbour"], "duplicate": false});
    assert_eq!((first.status.as_u16(), first.json()), (201, expected));
    let again = give(&desk, "neighbour", "trip").await;
    assert_eq!((again.status.as_u16(), &again.json()["duplicate"]), (200, &json!(true)));
    give(&desk, "teacher", "trip").await;
    let answer = see(&desk, "teacher", "").await;
    let expected = json!({
        "item": "trip", "receipt": "student", "more": false,
        "by_role": [{"role": "teacher", "read": 1, "reached": 1}, {"role": "student", "read": 1, "reached": 2}]
    });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_guardian_inside_the_window_stands_for_the_child_or_for_themselves() {
    for (receipt, subject) in [("student", "neighbour"), ("account", "parent")] {
        let desk = Desk::new();
        put(&desk, trip(&json!(receipt), true)).await;
        desk.clock.advance(AFTER_OPENING);
        let answer = give(&desk, "parent", "trip").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["subjects"]), (201, &json!([subject])));
        let names = see(&desk, "teacher", "").await.json()["names"].clone();
        let name = &names[0];
        assert_eq!((&name["account"], &name["family_name"]), (&json!(subject), &json!(subject)));
        assert!(receipt == "account" || !names.to_string().contains("parent"), "which guardian is not said");
        let own = desk.ask("parent", "GET", "/v1/marks", "").await.json();
        assert_eq!(own["receipts"], json!(["trip"]));
        let child = desk.ask("neighbour", "GET", "/v1/marks", "").await.json();
        assert_eq!(child["receipts"], json!([]));
    }
}

#[tokio::test]
async fn names_are_for_the_sender_who_asked_for_them_page_by_page() {
    let desk = Desk::new();
    put(&desk, trip(&json!("account"), true)).await;
    for account in ["pupil", "teacher", "neighbour"] {
        assert_eq!(give(&desk, account, "trip").await.status, 201, "{account}");
    }
    let accounts = |answer: &Answered| {
        let names = answer.json()["names"].as_array().unwrap().clone();
        names.iter().map(|name| name["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let page = see(&desk, "teacher", "?limit=2").await;
    assert_eq!(
        (accounts(&page), &page.json()["more"]),
        (vec!["pupil".into(), "teacher".into()], &json!(true))
    );
    let page = see(&desk, "teacher", "?limit=2&after=teacher").await;
    assert_eq!((accounts(&page), &page.json()["more"]), (vec!["neighbour".into()], &json!(false)));
    for query in ["?limit=0", "?limit=201", "?limit=x", "?after=a%20b"] {
        assert_eq!(see(&desk, "teacher", query).await.problem(), refused(400, "malformed"), "{query}");
    }
    desk.clock.advance(AFTER_OPENING);
    for account in ["pupil", "neighbour", "parent"] {
        assert_eq!(see(&desk, account, "").await.problem(), refused(403, "not_allowed"), "{account}");
    }
    // Operators may announce wherever it was sent.
    assert_eq!(see(&desk, "operator", "").await.status, 200);
}

#[tokio::test]
async fn what_does_not_reach_somebody_or_is_not_there_takes_no_receipt() {
    let desk = Desk::new();
    let said = json!({"title": "t", "text": "t", "item": "i", "receipt": "student"});
    let students = [Role::Student];
    put(&desk, item("reached", Kind::Announcement, &["class:2a"], &students, &said)).await;
    let unasked = json!({"title": "t", "text": "t"});
    put(&desk, item("unasked", Kind::Announcement, &["class:2a"], &students, &unasked)).await;
    let later = Some(SchoolTime(i64::try_from(NOW).unwrap() + 1));
    let waiting = item("waiting", Kind::Announcement, &["class:2a"], &students, &said);
    put(&desk, Item { publish_at: later, ..waiting }).await;
    let work = json!({"title": "t", "text": "t", "due": "2027-01-20"});
    put(&desk, item("work", Kind::Assignment, &["class:2a"], &students, &work)).await;
    for (account, id) in [
        ("neighbour", "reached"),
        ("teacher", "reached"),
        ("operator", "reached"),
        ("pupil", "unasked"),
        ("pupil", "work"),
    ] {
        let answer = give(&desk, account, id).await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account} {id}");
    }
    for id in ["waiting", "unknown"] {
        assert_eq!(give(&desk, "pupil", id).await.problem(), refused(404, "unknown_item"), "{id}");
    }
    let gone = item("gone", Kind::Announcement, &["class:2a"], &students, &said);
    put(&desk, Item { is_withdrawn: true, ..gone }).await;
    assert_eq!(give(&desk, "pupil", "gone").await.problem(), refused(410, "withdrawn"));
    assert_eq!(give(&desk, "pupil", "reached").await.status, 201);
    assert_eq!(give(&desk, "pupil", "a%20b").await.problem(), refused(400, "malformed"));
    desk.clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(give(&desk, "pupil", "waiting").await.status, 201);
}
