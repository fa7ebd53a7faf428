//! Publishing and reading over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::broker::Mood;
use super::desk::{Answered, Desk, NOW, refused};
use super::gate::AFTER_OPENING;
use crate::admission::{Decision, Level};
use crate::base::{ClassId, Kind, Offset, Role, SchoolTime, limits};
use crate::broker::{PublishError, ReadError};
use crate::session::Scope;

const CLASS: &str = "/v1/channels/class:2a/publications";

fn post(message_id: &str, text: &str) -> String {
    json!({"kind": "post", "message_id": message_id, "body": {"text": text}}).to_string()
}

async fn publish(desk: &Desk, body: &str) -> Answered {
    desk.ask("teacher", "POST", CLASS, body).await
}

#[tokio::test]
async fn a_publication_is_stored_once_and_read_back() {
    let desk = Desk::new();
    let first = publish(&desk, &post("m1", "Bonjour")).await;
    assert_eq!(first.status, 201);
    let expected = json!({
        "channel": "class:2a", "message_id": "m1", "position": {"epoch": "00000007", "offset": 1}, "duplicate": false
    });
    assert_eq!(first.json(), expected);
    let again = publish(&desk, &post("m1", "Bonjour")).await;
    assert_eq!((again.status.as_u16(), &again.json()["duplicate"]), (200, &json!(true)));
    let page = desk.ask("pupil", "GET", CLASS, "").await;
    assert_eq!(page.status, 200);
    let page: Value = page.json();
    assert_eq!(
        (&page["more"], &page["through"]["offset"], &page["last"]["offset"], &page["trimmed"]["offset"]),
        (&json!(true), &json!(1), &json!(1), &json!(0))
    );
    let publication = json!({
        "channel": "class:2a", "position": {"epoch": "00000007", "offset": 1}, "kind": "post", "author": "teacher",
        "message_id": "m1", "audience": ["teacher", "student", "guardian", "staff", "operator"],
        "published_at": 1_800_000_000_000_i64, "body": {"text": "Bonjour"}
    });
    assert_eq!(page["publications"], json!([publication]));
}

#[tokio::test]
async fn at_the_highest_load_the_log_is_not_read_past_the_door() {
    let desk = Desk::new();
    publish(&desk, &post("m1", "Bonjour")).await;
    desk.gate.rise_to(Level::Severe);
    assert_eq!(desk.ask("pupil", "GET", CLASS, "").await.status, 200);
    desk.gate.rise_to(Level::Critical);
    let answer = desk.ask("pupil", "GET", CLASS, "").await;
    assert_eq!(answer.problem(), refused(503, "closed"));
    assert_eq!(answer.header("retry-after"), "20");
    assert_eq!(desk.ask("parent", "GET", "/v1/preferences", "").await.problem(), refused(503, "closed"));
    assert_eq!(desk.ask("pupil", "GET", "/v1/me", "").await.status, 200, "a page begins with it");
    assert_eq!(desk.ask("teacher", "GET", CLASS, "").await.status, 200, "a teacher reads on");
}

#[tokio::test]
async fn outside_the_hours_the_log_is_not_read_past_the_door() {
    let desk = Desk::new();
    let own = "/v1/channels/account:parent/publications";
    for path in [own, "/v1/channels/bulletin:region/publications", "/v1/marks", "/v1/items"] {
        let answer = desk.ask("parent", "GET", path, "").await;
        assert_eq!(answer.problem(), refused(403, "suspended"), "{path}");
        let opens_at = answer.json()["opens_at"].as_u64().unwrap();
        let promised = desk.ask("parent", "POST", "/v1/seat", "").await.json()["opens_at"].as_u64();
        assert_eq!(Some(opens_at), promised, "one promise, wherever it is asked for");
        assert_eq!(answer.header("retry-after"), (opens_at - NOW).div_ceil(1_000).to_string());
    }
    for path in ["/v1/me", "/v1/preferences"] {
        assert_eq!(desk.ask("parent", "GET", path, "").await.status, 200, "{path}");
    }
    desk.gate.rise_to(Level::Critical);
    assert_eq!(desk.ask("parent", "GET", own, "").await.problem(), refused(403, "suspended"), "not: soon");
    desk.gate.rise_to(Level::Normal);
    let fewer = desk.ask("parent", "PUT", "/v1/preferences", r#"{"digest":"off"}"#).await;
    assert_eq!(fewer.status, 200, "it is never too late to want fewer letters");
    assert_eq!(desk.plain("GET", "/v1/bulletin/region", "").await.status, 200, "nobody is blind");
    assert_eq!(desk.ask("pupil", "GET", CLASS, "").await.status, 200, "a pupil's hours are others");
    desk.clock.advance(AFTER_OPENING);
    assert_eq!(desk.ask("parent", "GET", own, "").await.status, 200);
}

#[tokio::test]
async fn at_its_opening_nobody_reads_before_its_own_instant() {
    let desk = Desk::new();
    let own = "/v1/channels/account:parent/publications";
    let opens_at = desk.ask("parent", "GET", own, "").await.json()["opens_at"].as_u64().unwrap();
    desk.clock.advance(Duration::from_millis(opens_at - NOW - 1));
    assert_eq!(desk.ask("parent", "GET", own, "").await.problem(), refused(403, "suspended"));
    desk.clock.advance(Duration::from_millis(1));
    assert_eq!(desk.ask("parent", "GET", own, "").await.status, 200);
}

#[tokio::test]
async fn whom_an_operator_keeps_out_reads_nothing_past_the_door() {
    let desk = Desk::new();
    desk.order("kick", json!({"why": "insults", "account": "pupil", "for_seconds": 90})).await;
    let answer = desk.ask("pupil", "GET", CLASS, "").await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(403, "kicked"), "90"));
}

#[tokio::test]
async fn nobody_posts_where_posting_is_stopped() {
    let desk = Desk::new();
    let class = Scope::Class(ClassId::parse("2a").unwrap());
    desk.edge.parts.stops.stop(&class);
    let answer = publish(&desk, &post("m1", "Bonjour")).await;
    assert_eq!(answer.problem(), refused(403, "posting_stopped"));
    assert_eq!(desk.ask("pupil", "GET", CLASS, "").await.status, 200, "reading goes on");
    desk.edge.parts.stops.allow(&class);
    assert_eq!(publish(&desk, &post("m1", "Bonjour")).await.status, 201);
}

#[tokio::test]
async fn a_request_that_can_not_be_read_is_malformed() {
    let desk = Desk::new();
    let deep = format!(r#"{{"kind":"post","message_id":"m","body":{}1{}}}"#, "[".repeat(20), "]".repeat(20));
    for body in [
        "",
        "secret",
        "[]",
        "{}",
        r#"{"kind":"secret","message_id":"m","body":{}}"#,
        &deep,
        r#"{"kind":"post","message_id":"secret secret","body":{}}"#,
        r#"{"kind":"post","message_id":"m","audience":[],"body":{}}"#,
    ] {
        let answer = publish(&desk, body).await;
        assert_eq!(answer.problem(), refused(400, "malformed"), "{body}");
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    for channel in ["room:1", "class:", "class:a%20b", "level:lycee"] {
        let path = format!("/v1/channels/{channel}/publications");
        for method in ["GET", "POST"] {
            let answer = desk.ask("teacher", method, &path, &post("m", "t")).await;
            assert_eq!(answer.problem(), refused(400, "malformed"), "{method} {channel}");
        }
    }
    let large = post("m", &"x".repeat(limits::MESSAGE_BYTES_MAX));
    assert_eq!(publish(&desk, &large).await.problem(), refused(413, "too_large"));
    assert_eq!(publish(&desk, &post("m", " ")).await.problem(), refused(422, "invalid_body"));
}

#[tokio::test]
async fn rights_are_the_same_as_on_the_socket() {
    let desk = Desk::new();
    desk.clock.advance(AFTER_OPENING);
    let announcement =
        json!({"kind": "announcement", "message_id": "m", "body": {"title": "t", "text": "x"}}).to_string();
    for (account, method, channel, body) in [
        ("parent", "POST", "class:2a", &post("m", "t")),
        ("pupil", "POST", "class:2a", &announcement),
        ("teacher", "POST", "class:unknown", &post("m", "t")),
        ("teacher", "POST", "region", &announcement),
        ("parent", "GET", "class:2a", &String::new()),
        ("pupil", "GET", "account:teacher", &String::new()),
        ("pupil", "GET", "level:lycee%2Fother", &String::new()),
    ] {
        let path = format!("/v1/channels/{channel}/publications");
        let answer = desk.ask(account, method, &path, body).await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account} {method} {channel}");
    }
}

#[tokio::test]
async fn each_failure_of_the_broker_has_its_problem() {
    let desk = Desk::new();
    publish(&desk, &post("m1", "a")).await;
    assert_eq!(publish(&desk, &post("m1", "b")).await.problem(), refused(409, "message_id_reused"));
    for (mood, expected) in [
        (Mood::Full, refused(429, "busy")),
        (Mood::Fails(PublishError::ScheduleFull), refused(507, "schedule_full")),
        (Mood::Fails(PublishError::StorageFull), refused(507, "storage_full")),
        (Mood::Fails(PublishError::StorageFailed), refused(503, "storage_failed")),
        (Mood::Fails(PublishError::ShuttingDown), refused(503, "draining")),
    ] {
        desk.broker.be(mood);
        assert_eq!(publish(&desk, &post("m2", "a")).await.problem(), expected);
    }
    for (mood, expected) in [
        (Mood::Full, refused(503, "busy")),
        (Mood::ReadsFail(ReadError::StorageFailed), refused(503, "storage_failed")),
        (Mood::ReadsFail(ReadError::ShuttingDown), refused(503, "draining")),
    ] {
        desk.broker.be(mood);
        assert_eq!(desk.ask("pupil", "GET", CLASS, "").await.problem(), expected);
    }
}

#[tokio::test]
async fn what_is_for_later_is_accepted_and_not_stored_in_the_log() {
    let desk = Desk::new();
    let announcement = |message_id: &str, publish_at: Option<u64>| {
        json!({
            "kind": "announcement", "message_id": message_id, "body": {"title": "t", "text": "x"},
            "publish_at": publish_at
        })
        .to_string()
    };
    let minutes = |minutes: u64| NOW + minutes * 60_000;
    for (asked, expected) in [(NOW + 1, NOW + 1), (minutes(6), minutes(65))] {
        let answer = publish(&desk, &announcement("m1", Some(asked))).await;
        let scheduled =
            json!({"channel": "class:2a", "message_id": "m1", "deliver_at": expected, "duplicate": false});
        assert_eq!((answer.status.as_u16(), answer.json()), (202, scheduled));
    }
    assert_eq!(publish(&desk, &announcement("m2", None)).await.status, 201);
    desk.clock.advance(Duration::from_mins(5));
    let kept = publish(&desk, &announcement("m3", None)).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["deliver_at"]), (202, &json!(minutes(65))));
    assert_eq!(publish(&desk, &post("m4", "t")).await.status, 201, "posts are for now");
    let post_later =
        json!({"kind": "post", "message_id": "m", "body": {"text": "t"}, "publish_at": 5}).to_string();
    assert_eq!(publish(&desk, &post_later).await.problem(), refused(400, "malformed"));
    let far = announcement("m5", Some(minutes(367 * 1_440)));
    assert_eq!(publish(&desk, &far).await.problem(), refused(400, "malformed"));
}

#[tokio::test]
async fn what_is_urgent_passes_quiet_hours_and_is_for_those_who_may() {
    let desk = Desk::new();
    desk.clock.advance(AFTER_OPENING);
    let body = |kind: &str, reason: &str, publish_at: Option<u64>| {
        json!({
            "kind": kind, "message_id": "m", "body": {"title": "t", "text": "x"}, "publish_at": publish_at,
            "urgent": {"reason": reason}
        })
        .to_string()
    };
    let region = "/v1/channels/bulletin:region/publications";
    let blank = desk.ask("operator", "POST", region, &body("announcement", " ", None)).await;
    assert_eq!(blank.problem(), refused(400, "malformed"));
    let later = desk.ask("operator", "POST", region, &body("announcement", "r", Some(NOW * 2))).await;
    assert_eq!(later.problem(), refused(400, "malformed"));
    let teacher = publish(&desk, &body("announcement", "r", None)).await;
    assert_eq!(teacher.problem(), refused(403, "not_allowed"));
    let limited = Mood::Fails(PublishError::TooManyUrgent { wait_ms: 90_500 });
    desk.broker.be(limited);
    let answer = desk.ask("operator", "POST", region, &body("announcement", "r", None)).await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(429, "rate_limited"), "91"));
    desk.broker.be(Mood::Works);
    let answer = desk.ask("operator", "POST", region, &body("announcement", "r", None)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let page = desk.ask("parent", "GET", region, "").await.json();
    assert_eq!(
        (&page["publications"][0]["urgent"], &page["publications"][0]["reason"]),
        (&json!(true), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_ends() {
    let desk = Desk::new();
    desk.broker.be(Mood::Silent);
    assert_eq!(publish(&desk, &post("m", "t")).await.problem(), refused(408, "timeout"));
}

#[tokio::test]
async fn a_history_asks_for_what_its_parameters_say() {
    let desk = Desk::new();
    desk.ask("pupil", "GET", &format!("{CLASS}?from=3&before=9&kind=assignment&limit=200&x=y"), "").await;
    let asked = desk.broker.asked().unwrap();
    assert_eq!((asked.after, asked.before), (Some(Offset(3)), Some(Offset(9))));
    assert_eq!((asked.kind, asked.role, asked.limit), (Some(Kind::Assignment), Role::Student, 200));
    desk.ask("pupil", "GET", CLASS, "").await;
    let asked = desk.broker.asked().unwrap();
    assert_eq!((asked.after, asked.before, asked.kind, asked.limit), (None, None, None, 50));
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let desk = Desk::new();
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("from=-1", "from"),
        ("from=9007199254740992", "from"),
        ("before=", "before"),
        ("kind=note", "kind"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = desk.ask("pupil", "GET", &format!("{CLASS}?{query}"), "").await;
        assert_eq!(answer.problem(), refused(400, "malformed"), "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(name), "{}", answer.text);
    }
}

#[tokio::test]
async fn who_may_not_come_in_does_not_publish_past_the_door() {
    let desk = Desk::new();
    let (class, post) =
        ("/v1/channels/class:2a/publications", r#"{"kind":"post","message_id":"m1","body":{"text":"x"}}"#);
    desk.gate.decide(Decision::Closed { retry_after_ms: 9_000 });
    let answer = desk.ask("pupil", "POST", class, post).await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(503, "closed"), "9"));
    desk.gate.decide(Decision::Suspended { opens_at: Some(SchoolTime(7)) });
    let answer = desk.ask("pupil", "POST", class, post).await;
    assert_eq!((answer.problem(), &answer.json()["opens_at"]), (refused(403, "suspended"), &json!(7)));
    let answer = desk.ask("neighbour", "POST", class, post).await;
    assert_eq!(answer.problem(), refused(403, "not_allowed"), "what is never allowed is not for later");
}

#[tokio::test]
async fn what_one_has_scheduled_is_listed_and_taken_back_by_its_author_alone() {
    let desk = Desk::new();
    for number in 0..3 {
        let later = format!(
            r#"{{"kind":"announcement","message_id":"m{number}","publish_at":{},"body":{{"title":"t","text":"{number}"}}}}"#,
            NOW + 3_600_000 + number
        );
        let answer = desk.ask("teacher", "POST", "/v1/channels/class%3A2a/publications", &later).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    let list = async |account: &str, query: &str| {
        desk.ask(account, "GET", &format!("/v1/scheduled{query}"), "").await
    };
    let first = list("teacher", "?limit=2").await.json();
    assert_eq!(first["scheduled"].as_array().map(Vec::len), Some(2));
    let one = &first["scheduled"][0];
    assert_eq!(
        (&one["channel"], &one["message_id"], &one["kind"]),
        (&json!("class:2a"), &json!("m0"), &json!("announcement"))
    );
    assert!(one["deliver_at"].as_u64().unwrap() >= NOW + 3_600_000);
    assert_eq!(one["body"]["text"], "0");
    let next = first["next"].as_str().unwrap();
    let second = list("teacher", &format!("?limit=2&after={next}")).await.json();
    assert_eq!((&second["scheduled"][0]["message_id"], &second["next"]), (&json!("m2"), &json!(null)));
    assert_eq!(list("pupil", "").await.json()["scheduled"], json!([]));
    for wrong in ["?limit=0", "?limit=201", "?limit=x", "?after=x", "?after=1.x"] {
        assert_eq!(list("teacher", wrong).await.problem(), refused(400, "malformed"), "{wrong}");
    }
    let cancel = async |account: &str, path: &str| {
        desk.ask(account, "DELETE", &format!("/v1/scheduled/{path}"), "").await
    };
    assert_eq!(cancel("pupil", "class%3A2a/m1").await.problem(), refused(404, "not_found"));
    assert_eq!(cancel("teacher", "class%3A2a/m1").await.status, 204);
    assert_eq!(cancel("teacher", "class%3A2a/m1").await.problem(), refused(404, "not_found"));
    assert_eq!(cancel("teacher", "nowhere/m1").await.problem(), refused(400, "malformed"));
    let now = r#"{"kind":"post","message_id":"m9","body":{"text":"x"}}"#;
    assert_eq!(desk.ask("teacher", "POST", "/v1/channels/class%3A2a/publications", now).await.status, 201);
    assert_eq!(cancel("teacher", "class%3A2a/m9").await.problem(), refused(409, "already_published"));
    assert_eq!(list("teacher", "").await.json()["scheduled"].as_array().map(Vec::len), Some(2));
    desk.broker.be(Mood::Fails(PublishError::StorageFailed));
    assert_eq!(cancel("teacher", "class%3A2a/m2").await.problem(), refused(503, "storage_failed"));
}
