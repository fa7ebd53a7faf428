//! Announcements, assignments, batches and reach over HTTP, and that what `docs/PUBLISHING.md` shows is so.

use serde_json::{Value, json};

use super::broker::Mood;
use super::desk::{Answered, Desk, refused};
use crate::base::{ClassId, limits};
use crate::broker::PublishError;
use crate::session::Scope;

fn notice(id: &str, text: &str) -> Value {
    json!({"id": id, "places": ["class:2a"], "body": {"title": "t", "text": text}})
}

async fn send(desk: &Desk, who: &str, request: &Value) -> Answered {
    desk.ask(who, "POST", "/v1/announcements", &request.to_string()).await
}

async fn edit(desk: &Desk, who: &str, id: &str, version: u32, text: &str) -> Answered {
    let request = json!({"version": version, "body": {"title": "t", "text": text}});
    desk.ask(who, "PUT", &format!("/v1/announcements/{id}"), &request.to_string()).await
}

async fn withdraw(desk: &Desk, who: &str, id: &str, body: &str) -> Answered {
    desk.ask(who, "DELETE", &format!("/v1/announcements/{id}"), body).await
}

#[tokio::test]
async fn an_announcement_is_sent_edited_and_withdrawn() {
    let desk = Desk::new();
    let sent = send(&desk, "teacher", &notice("i", "one")).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let item = sent.json();
    assert_eq!((&item["id"], &item["version"], &item["author"]), (&json!("i"), &json!(1), &json!("teacher")));
    let copy = json!({"channel": "class:2a", "position": {"epoch": "00000007", "offset": 1}});
    assert_eq!((&item["copies"], item.get("duplicate")), (&json!([copy]), None));
    let again = send(&desk, "teacher", &notice("i", "one")).await;
    assert_eq!((again.status.as_u16(), &again.json()["duplicate"]), (200, &json!(true)));
    let other = send(&desk, "teacher", &notice("i", "other")).await;
    assert_eq!(other.problem(), refused(409, "version_conflict"));
    assert_eq!(other.json()["more"], json!({"version": 1}));

    let edited = edit(&desk, "teacher", "i", 1, "two").await;
    assert_eq!((edited.status.as_u16(), &edited.json()["version"]), (200, &json!(2)));
    assert_eq!(edit(&desk, "teacher", "i", 1, "three").await.problem(), refused(409, "version_conflict"));
    assert_eq!(edit(&desk, "teacher", "nothing", 1, "x").await.problem(), refused(404, "unknown_item"));
    assert_eq!(edit(&desk, "operator", "i", 2, "x").await.problem(), refused(403, "not_allowed"));

    assert_eq!(withdraw(&desk, "pupil", "i", "").await.problem(), refused(403, "not_allowed"));
    assert_eq!(withdraw(&desk, "operator", "i", "").await.problem(), refused(400, "malformed"));
    let gone = withdraw(&desk, "teacher", "i", "").await;
    assert_eq!((gone.status.as_u16(), &gone.json()["withdrawn"]), (200, &json!(true)));
    assert_eq!(withdraw(&desk, "teacher", "i", "").await.status, 200);
    assert_eq!(edit(&desk, "teacher", "i", 2, "x").await.problem(), refused(410, "withdrawn"));
    assert_eq!(send(&desk, "teacher", &notice("i", "one")).await.problem(), refused(410, "withdrawn"));
}

#[tokio::test]
async fn an_edit_that_would_change_more_than_the_wording_is_refused_and_says_what_to_do() {
    let desk = Desk::new();
    assert_eq!(send(&desk, "teacher", &notice("i", "one")).await.status, 201);
    let fixed = [
        ("places", json!(["class:2a"])),
        ("audience", json!(["student"])),
        ("publish_at", json!(1_796_000_000_000_i64)),
        ("urgent", json!({"reason": "fire"})),
    ];
    let mut all = json!({"version": 1, "body": {"title": "t", "text": "two"}});
    for (field, value) in &fixed {
        let mut request = json!({"version": 1, "body": {"title": "t", "text": "two"}});
        request[*field] = value.clone();
        all[*field] = value.clone();
        let answer = desk.ask("teacher", "PUT", "/v1/announcements/i", &request.to_string()).await;
        assert_eq!(answer.problem(), refused(422, "invalid_body"), "{field}");
        assert_eq!(answer.json()["more"], json!({"fixed": [field]}));
    }
    all["op"] = json!("edit");
    (all["kind"], all["id"], all["author"]) = (json!("announcement"), json!("i"), json!("teacher"));
    let batch = json!({"operations": [all]}).to_string();
    let answer = desk.ask("operator", "POST", "/v1/batches", &batch).await.json();
    let problem = &answer["results"][0]["problem"];
    assert_eq!((&problem["status"], &problem["code"]), (&json!(422), &json!("invalid_body")));
    assert_eq!(problem["more"]["fixed"], json!(["places", "audience", "publish_at", "urgent"]));
    assert!(problem["detail"].as_str().unwrap().contains("withdraw the item and send another"), "{problem}");
    let item = desk.ask("teacher", "GET", "/v1/items/i", "").await.json();
    assert_eq!((&item["version"], &item["body"]["text"]), (&json!(1), &json!("one")));
}

#[tokio::test]
async fn whoever_sends_out_of_school_time_is_told_in_the_answer() {
    let desk = Desk::new();
    // For this desk's calendar it is a weekend wherever no school's rules hold.
    let late = json!({"why": "weekend", "publish_at": 1_800_000_100_000_i64});
    let wide =
        |id: &str| json!({"id": id, "places": ["class:2a", "region"], "body": {"title": "t", "text": "x"}});
    for status in [201, 200] {
        let sent = send(&desk, "operator", &wide("wide")).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["late"]), (status, &late), "{}", sent.text);
    }
    let mut urgent = wide("fire");
    urgent["urgent"] = json!({"reason": "fire"});
    for request in [urgent, notice("class", "x")] {
        let sent = send(&desk, "operator", &request).await;
        assert_eq!((sent.status.as_u16(), sent.json().get("late")), (201, None), "{}", sent.text);
    }
    let edited = edit(&desk, "operator", "wide", 1, "y").await;
    assert_eq!((edited.status.as_u16(), edited.json().get("late")), (200, None), "the author was told");
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_code() {
    let desk = Desk::new();
    let with = |field: &str, value: Value| {
        let mut request = notice("i", "x");
        request[field] = value;
        request
    };
    for (request, status, code) in [
        (with("places", json!([])), 422, "invalid_body"),
        (with("places", json!(["class:2a", "class:2a"])), 422, "invalid_body"),
        (with("places", json!(["room:1"])), 400, "malformed"),
        (with("places", json!(["school:lycee"])), 403, "not_allowed"),
        (with("id", json!("a b")), 400, "malformed"),
        (with("id", json!("x".repeat(65))), 400, "malformed"),
        (with("body", json!({"title": "t"})), 422, "invalid_body"),
        (with("urgent", json!({"reason": "fire"})), 403, "not_allowed"),
        (with("publish_at", json!(i64::MAX)), 400, "malformed"),
        (with("author", json!("pupil")), 403, "not_allowed"),
        (json!({}), 400, "malformed"),
    ] {
        let answer = send(&desk, "teacher", &request).await;
        assert_eq!(answer.problem(), refused(status, code), "{request}");
    }
    assert_eq!(send(&desk, "pupil", &notice("i", "x")).await.problem(), refused(403, "not_allowed"));
    let bad = desk.ask("teacher", "GET", "/v1/items/a%20b", "").await;
    assert_eq!(bad.problem(), refused(400, "malformed"));
    assert_eq!(desk.plain("GET", "/v1/items", "").await.problem(), refused(401, "token_missing"));
    let due = r#"{"id":"w","places":["class:2a"],"body":{"title":"t","text":"","due":"soon"}}"#;
    let assignment = desk.ask("teacher", "POST", "/v1/assignments", due).await;
    assert_eq!(assignment.problem(), refused(422, "invalid_body"));
}

#[tokio::test]
async fn the_door_and_the_stops_hold_for_items_too() {
    let desk = Desk::new();
    let class = Scope::Class(ClassId::parse("2a").unwrap());
    desk.edge.parts.stops.stop(&class);
    assert_eq!(send(&desk, "teacher", &notice("i", "x")).await.problem(), refused(403, "posting_stopped"));
    desk.edge.parts.stops.allow(&class);
    desk.broker.be(Mood::Full);
    assert_eq!(send(&desk, "teacher", &notice("i", "x")).await.problem(), refused(503, "busy"));
    desk.broker.be(Mood::Fails(PublishError::StorageFull));
    assert_eq!(send(&desk, "teacher", &notice("i", "x")).await.problem(), refused(507, "storage_full"));
    desk.broker.be(Mood::Works);
    let sent = send(&desk, "teacher", &notice("i", "x")).await;
    assert_eq!(sent.status, 200, "it was taken, and now it is out: {}", sent.text);
    assert_eq!(sent.json()["copies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_copy_of_an_item_is_not_taken_back_alone() {
    let desk = Desk::new();
    let mut request = notice("i", "x");
    request["publish_at"] = json!(1_800_010_800_000_i64);
    assert_eq!(send(&desk, "teacher", &request).await.status, 202);
    let cancel = |id: &'static str| {
        let desk = &desk;
        async move { desk.ask("teacher", "DELETE", &format!("/v1/scheduled/class:2a/{id}"), "").await }
    };
    assert_eq!(cancel("i.1").await.problem(), refused(403, "not_allowed"));
    assert_eq!(cancel("j.1").await.problem(), refused(404, "not_found"));
}

#[tokio::test]
async fn ones_own_items_are_read_by_pages() {
    let desk = Desk::new();
    for n in 0..5 {
        assert_eq!(send(&desk, "teacher", &notice(&format!("i{n}"), "x")).await.status, 201);
    }
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = desk.ask("teacher", "GET", &format!("/v1/items?limit=2{before}"), "").await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    assert_eq!(seen, ["i4", "i3", "i2", "i1", "i0"]);
    assert_eq!(desk.ask("pupil", "GET", "/v1/items", "").await.json()["items"], json!([]));
    for query in ["limit=0", "limit=201", "limit=x", "before=x", "before=1:a%20b"] {
        let page = desk.ask("teacher", "GET", &format!("/v1/items?{query}"), "").await;
        assert_eq!(page.problem(), refused(400, "malformed"), "{query}");
    }
    let one = |who: &'static str, id: &'static str| {
        let desk = &desk;
        async move { desk.ask(who, "GET", &format!("/v1/items/{id}"), "").await }
    };
    assert_eq!(one("teacher", "i3").await.json()["body"]["text"], "x");
    assert_eq!(one("operator", "i3").await.status, 200);
    assert_eq!(one("pupil", "i3").await.problem(), refused(403, "not_allowed"));
    assert_eq!(one("teacher", "i9").await.problem(), refused(404, "unknown_item"));
}

#[tokio::test]
async fn a_batch_answers_each_operation_apart_and_finds_itself_done() {
    let desk = Desk::new();
    let send = |id: &str, author: &str| {
        let body = json!({"title": "t", "text": "x"});
        json!({"op": "send", "kind": "announcement", "id": id, "author": author, "places": ["class:2a"], "body": body})
    };
    let body = json!({"title": "t", "text": "y"});
    let operations = json!({"operations": [
        send("a", "teacher"),
        send("b", "pupil"),
        {"op": "edit", "kind": "announcement", "id": "a", "author": "teacher", "version": 1, "body": body},
        {"op": "withdraw", "kind": "announcement", "id": "a", "why": "x"},
        {"op": "edit", "kind": "assignment", "id": "a", "version": 1},
        send("c", "nobody"),
    ]})
    .to_string();
    let statuses = |answer: &Answered| -> Vec<u64> {
        let results = answer.json()["results"].clone();
        results.as_array().unwrap().iter().map(|done| done["status"].as_u64().unwrap()).collect()
    };
    let answer = desk.ask("operator", "POST", "/v1/batches", &operations).await;
    assert_eq!((answer.status.as_u16(), statuses(&answer)), (200, vec![201, 403, 200, 200, 400, 403]));
    let problem = &answer.json()["results"][1]["problem"];
    assert_eq!((&problem["code"], &problem["status"]), (&json!("not_allowed"), &json!(403)));
    let again = desk.ask("operator", "POST", "/v1/batches", &operations).await;
    assert_eq!(statuses(&again), [410, 403, 410, 200, 400, 403]);
    let refused_to = desk.ask("teacher", "POST", "/v1/batches", &operations).await;
    assert_eq!(refused_to.problem(), refused(403, "not_allowed"));
    let many: Vec<Value> = (0..=limits::BATCH_MAX).map(|n| send(&format!("n{n}"), "teacher")).collect();
    for wrong in [json!({"operations": []}), json!({"operations": many}), json!({})] {
        let answer = desk.ask("operator", "POST", "/v1/batches", &wrong.to_string()).await;
        assert_eq!(answer.problem(), refused(400, "malformed"));
    }
    let full = json!({"operations": &many[..limits::BATCH_MAX]}).to_string();
    let answer = desk.ask("operator", "POST", "/v1/batches", &full).await;
    assert_eq!(statuses(&answer), vec![201; limits::BATCH_MAX]);
    let long = format!(r#"{{"operations":[],"more":"{}"}}"#, "x".repeat(limits::MESSAGE_BYTES_MAX));
    let answer = desk.ask("operator", "POST", "/v1/batches", &long).await;
    assert_eq!(answer.problem(), refused(400, "malformed"), "a batch may be longer than a message");
    let long = "x".repeat(limits::BATCH_BYTES_MAX + 1);
    let answer = desk.ask("operator", "POST", "/v1/batches", &long).await;
    assert_eq!(answer.problem(), refused(413, "too_large"));
}

/// What a block of the page asks, in whose name, and what the next block says of the answer.
struct Example {
    who: String,
    method: String,
    path: String,
    body: String,
    status: u16,
    answer: Value,
}

fn examples(page: &str) -> Vec<Example> {
    let mut blocks = page.split("```http\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut examples = Vec::new();
    while let Some(request) = blocks.next() {
        let answer = blocks.next().expect("each request has its answer");
        let (head, body) = request.split_once("\n\n").unwrap_or((request.trim_end(), ""));
        let (line, token) = head.split_once("\nAuthorization: Bearer ").expect("each request has a token");
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let who = match token.trim() {
            "TOKEN_OF_WORKSPACE" => "operator",
            "TOKEN_OF_TEACHER" => "teacher",
            other => panic!("nobody has {other}"),
        };
        let (status, answer) = answer.split_once("\n\n").expect("a status and a body");
        examples.push(Example {
            who: who.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            body: body.to_owned(),
            status: status.split(' ').nth(1).unwrap().trim().parse().unwrap(),
            answer: serde_json::from_str(answer).unwrap(),
        });
    }
    examples
}

/// Whether all that is expected is there; more may be.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| holds(a, b))
        }
        _ => found == expected,
    }
}

#[tokio::test]
async fn the_examples_of_the_page_are_answered_as_it_says() {
    let page = include_str!("../../../docs/PUBLISHING.md");
    let examples = examples(page);
    assert!(examples.len() >= 10, "the page shows the interface: {}", examples.len());
    let desk = Desk::new();
    for Example { who, method, path, body, status, answer } in examples {
        let answered = desk.ask(&who, &method, &path, &body).await;
        assert_eq!(answered.status, status, "{method} {path}: {}", answered.text);
        assert!(holds(&answered.json(), &answer), "{method} {path}: {} is not {answer}", answered.text);
    }
}
