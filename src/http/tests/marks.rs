//! Done-marks, extensions, and the advice on when to publish.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::{Answered, Desk, NOW, refused};
use super::gate::AFTER_OPENING;
use super::receipts::{item, put};
use crate::base::{Audience, Kind, Role};
use crate::ledger::Item;

const DONE: &str = "/v1/items/essay/done";
const EXTENSION: &str = "/v1/items/essay/extensions/pupil";

fn essay() -> Item {
    let body = json!({"title": "Essay", "text": "", "due": "2027-01-20", "item": "essay"});
    item("essay", Kind::Assignment, &["class:2a", "class:2b"], &[Role::Student], &body)
}

async fn desk() -> Desk {
    let desk = Desk::new();
    put(&desk, essay()).await;
    desk
}

async fn mark(desk: &Desk, account: &str, done: bool) -> Answered {
    desk.ask(account, "PUT", DONE, &json!({ "done": done }).to_string()).await
}

async fn extend(desk: &Desk, account: &str, path: &str, due: &Value) -> Answered {
    desk.ask(account, "PUT", path, &json!({ "due": due }).to_string()).await
}

#[tokio::test]
async fn a_student_s_mark_is_their_own_and_the_teacher_of_the_class_sees_it() {
    let desk = desk().await;
    let answer = mark(&desk, "pupil", true).await;
    let expected = json!({"item": "essay", "done": true, "done_at": NOW});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
    desk.clock.advance(Duration::from_secs(5));
    assert_eq!(mark(&desk, "pupil", true).await.json(), expected, "the first time stands");
    mark(&desk, "neighbour", true).await;
    let seen = desk.ask("teacher", "GET", DONE, "").await;
    let students = json!([{"account": "pupil", "done_at": NOW, "due": null}]);
    let expected = json!({"item": "essay", "classes": [{"class": "2a", "done": 1, "students": students}]});
    assert_eq!((seen.status.as_u16(), seen.json()), (200, expected), "of the classes that they teach alone");
    assert_eq!(seen.header("cache-control"), "private, no-store");
    let own = desk.ask("pupil", "GET", "/v1/marks", "").await.json();
    assert_eq!(own, json!({"done": [{"item": "essay", "done_at": NOW}], "extensions": [], "receipts": []}));
    let answer = mark(&desk, "pupil", false).await;
    assert_eq!(answer.json(), json!({"item": "essay", "done": false, "done_at": null}));
    let own = desk.ask("pupil", "GET", "/v1/marks", "").await.json();
    assert_eq!(own["done"], json!([]));
}

#[tokio::test]
async fn each_mark_is_told_to_the_student_s_sessions_in_the_order_of_the_commits() {
    let desk = desk().await;
    for done in [true, false, true] {
        mark(&desk, "pupil", done).await;
        desk.clock.advance(Duration::from_secs(1));
    }
    // What is refused is told to nobody.
    mark(&desk, "teacher", true).await;
    let told: Vec<(String, Option<u64>)> = desk
        .hall
        .marked
        .lock()
        .unwrap()
        .iter()
        .map(|(account, mark)| {
            assert_eq!(mark.item.as_str(), "essay");
            (account.to_string(), mark.done_at.map(|at| at.0.unsigned_abs()))
        })
        .collect();
    let pupil = |done_at| ("pupil".to_owned(), done_at);
    assert_eq!(told, [pupil(Some(NOW)), pupil(None), pupil(Some(NOW + 2_000))]);
}

#[tokio::test]
async fn nobody_else_marks_and_nobody_else_sees() {
    let desk = desk().await;
    desk.clock.advance(AFTER_OPENING);
    for account in ["teacher", "parent", "operator"] {
        assert_eq!(mark(&desk, account, true).await.problem(), refused(403, "not_allowed"), "{account}");
    }
    for account in ["pupil", "neighbour", "parent", "operator"] {
        let answer = desk.ask(account, "GET", DONE, "").await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account}");
    }
    for path in ["/v1/items/unknown/done", "/v1/items/unknown/extensions/pupil"] {
        let answer = desk.ask("pupil", "PUT", path, r#"{"done":true,"due":null}"#).await;
        assert_eq!(answer.problem(), refused(404, "unknown_item"), "{path}");
    }
    let teachers = Audience::of(&[Role::Teacher]).unwrap();
    let hidden = Item { audience: teachers, id: crate::base::ItemId::parse("hidden").unwrap(), ..essay() };
    put(&desk, hidden).await;
    let answer = desk.ask("pupil", "PUT", "/v1/items/hidden/done", r#"{"done":true}"#).await;
    assert_eq!(answer.problem(), refused(403, "not_allowed"));
    for body in ["", "{}", r#"{"done":"secret"}"#] {
        let answer = desk.ask("pupil", "PUT", DONE, body).await;
        assert_eq!(answer.problem(), refused(400, "malformed"), "{body}");
        assert!(!answer.text.contains("secret"));
    }
}

#[tokio::test]
async fn an_extension_is_kept_and_told_once_for_each_change() {
    let desk = desk().await;
    let due = json!("2027-01-25T10:00");
    for _ in 0..2 {
        let answer = extend(&desk, "teacher", EXTENSION, &due).await;
        let expected = json!({"item": "essay", "student": "pupil", "due": due, "deliver_at": null});
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    }
    extend(&desk, "teacher", EXTENSION, &Value::Null).await;
    extend(&desk, "teacher", EXTENSION, &due).await;
    let log = desk.ask("pupil", "GET", "/v1/channels/account:pupil/publications", "").await.json();
    let told: Vec<(&str, &Value)> = log["publications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["message_id"].as_str().unwrap(), &one["body"]["due"]))
        .collect();
    assert_eq!(told, [("essay.e1", &due), ("essay.e2", &Value::Null), ("essay.e3", &due)]);
    let own = desk.ask("pupil", "GET", "/v1/marks", "").await.json();
    assert_eq!(own["extensions"], json!([{"item": "essay", "due": due}]));
    let seen = desk.ask("teacher", "GET", DONE, "").await.json();
    assert_eq!(seen["classes"][0]["students"][0]["due"], due);
}

#[tokio::test]
async fn in_quiet_hours_a_student_is_told_of_an_extension_later() {
    let desk = desk().await;
    desk.clock.advance(Duration::from_mins(5));
    let answer = extend(&desk, "teacher", EXTENSION, &json!("2027-01-25")).await;
    assert_eq!(answer.json()["deliver_at"], json!(NOW + 65 * 60_000));
    let own = desk.ask("pupil", "GET", "/v1/marks", "").await.json();
    assert_eq!(own["extensions"][0]["due"], json!("2027-01-25"), "it holds at once");
}

#[tokio::test]
async fn only_a_teacher_of_the_student_s_class_extends() {
    let desk = desk().await;
    let due = json!("2027-01-25");
    for account in ["pupil", "parent", "operator", "neighbour"] {
        let answer = extend(&desk, account, EXTENSION, &due).await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account}");
    }
    for student in ["neighbour", "teacher", "parent", "unknown"] {
        let path = format!("/v1/items/essay/extensions/{student}");
        let answer = extend(&desk, "teacher", &path, &due).await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{student}");
    }
    let answer = extend(&desk, "teacher", EXTENSION, &json!("soon")).await;
    assert_eq!(answer.problem(), refused(422, "invalid_body"));
    let answer = extend(&desk, "teacher", "/v1/items/essay/extensions/a%20b", &due).await;
    assert_eq!(answer.problem(), refused(400, "malformed"));
    let nothing = extend(&desk, "teacher", EXTENSION, &Value::Null).await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["deliver_at"]), (200, &Value::Null));
    let log = desk.ask("pupil", "GET", "/v1/channels/account:pupil/publications", "").await.json();
    assert_eq!(log["publications"], json!([]), "there was nothing to take back");
}

#[tokio::test]
async fn whoever_asks_is_told_when_it_would_be_late() {
    let desk = Desk::new();
    let ask = |channel: &'static str| {
        let path = format!("/v1/publishing-advice?channel={channel}");
        let desk = &desk;
        async move { desk.ask("teacher", "GET", &path, "").await }
    };
    let late = json!({"why": "weekend", "publish_at": 1_800_000_100_000_i64});
    assert_eq!(ask("region").await.json(), json!({"at": NOW, "late": late}));
    for channel in ["class:2a", "school:lycee", "account:pupil", "bulletin:lycee"] {
        assert_eq!(ask(channel).await.json(), json!({"at": NOW, "late": null}), "{channel}");
    }
    assert_eq!(ask("room:1").await.problem(), refused(400, "malformed"));
    let nowhere = desk.ask("teacher", "GET", "/v1/publishing-advice", "").await;
    assert_eq!(nowhere.problem(), refused(400, "malformed"));
}
