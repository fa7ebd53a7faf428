//! Health, metrics, reload, pages, the demo's addresses, and the OpenAPI document.

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::broker::Mood;
use super::desk::{Desk, refused};
use crate::base::metrics::{ClassLabel, CodeLabel, EndpointLabel};
use crate::base::{Role, limits};
use crate::broker::PublishError;
use crate::http::login::NOBODY;
use crate::http::openapi;
use crate::http::problem::status;
use crate::protocol::ErrorCode;

#[tokio::test]
async fn readiness_says_why_not() {
    let desk = Desk::new();
    assert_eq!(desk.plain("GET", "/healthz", "").await.json(), json!({"status": "ok"}));
    assert_eq!(desk.plain("GET", "/readyz", "").await.json(), json!({"status": "ready"}));
    desk.broker.be(Mood::Fails(PublishError::StorageFull));
    assert_eq!(desk.plain("GET", "/readyz", "").await.problem(), refused(507, "storage_full"));
    desk.broker.be(Mood::Fails(PublishError::StorageFailed));
    assert_eq!(desk.plain("GET", "/readyz", "").await.problem(), refused(503, "storage_failed"));
    desk.drain.raise();
    assert_eq!(desk.plain("GET", "/readyz", "").await.problem(), refused(503, "draining"));
    assert_eq!(desk.plain("GET", "/healthz", "").await.status, 200);
}

#[tokio::test]
async fn metrics_are_open_metrics() {
    let desk = Desk::new();
    desk.metrics.seats_given.inc_by(3);
    let answer = desk.send_inside(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    assert!(answer.text.contains("preau_seats_given_total 3\n"), "{}", answer.text);
    assert!(answer.text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_name_only_metrics_that_there_are() {
    let desk = Desk::new();
    // Families without a member are not written.
    desk.metrics.connections.get_or_create(&Role::Student.into()).inc();
    desk.metrics.closes.get_or_create(&CodeLabel { code: "idle" }).inc();
    desk.metrics.class_queued_bytes.get_or_create(&ClassLabel { class: "teacher" }).set(1);
    let endpoint = EndpointLabel { endpoint: "workspace".to_owned() };
    desk.metrics.hooks_stopped.get_or_create(&endpoint).set(0);
    desk.metrics.hook_lag_seconds.get_or_create(&endpoint).set(0);
    let metrics = desk.send_inside(Request::get("/metrics").body(Body::empty()).unwrap()).await.text;
    let there = |name: &str| {
        let name = ["_total", "_bucket"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        metrics.lines().any(|line| line.starts_with(&format!("# TYPE {name} ")))
    };
    for file in ["deploy/dashboard.json", "deploy/prometheus.yml"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let named: Vec<&str> = words.filter(|word| word.starts_with("preau_")).collect();
        assert!(named.len() >= 5, "{file}");
        // Of a hub without a calendar's files nobody can say how far they reach.
        let missing: Vec<_> =
            named.iter().filter(|name| **name != "preau_calendar_days" && !there(name)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}

#[tokio::test]
async fn only_operators_reload_the_roster() {
    let desk = Desk::new();
    let path = "/v1/operator/roster/reload";
    assert_eq!(desk.ask("teacher", "POST", path, "").await.problem(), refused(403, "not_allowed"));
    assert_eq!(desk.ask("operator", "POST", path, "{").await.problem(), refused(400, "malformed"));
    let answer = desk.ask("operator", "POST", path, "").await;
    assert_eq!(answer.problem(), refused(409, "roster_refused"));
    assert_eq!(answer.json()["more"], json!({"diagnostics": {"unknown_org": 2}}));
    let answer = desk.ask("operator", "POST", path, r#"{"allow_shrink":true}"#).await.json();
    let expected = json!({"accounts": 5, "schools": 1, "classes": 2, "enrolments": 3, "links": 1, "changed_accounts": 1});
    assert_eq!(answer, expected);
}

#[tokio::test(start_paused = true)]
async fn a_reload_takes_the_time_it_needs_and_is_alone() {
    let desk = Desk::new();
    let reload = || desk.ask("operator", "POST", "/v1/operator/roster/reload", r#"{"allow_shrink":true}"#);
    let reading = desk.reload.reading.lock().unwrap();
    let second = async {
        while desk.reload.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(limits::HTTP_REQUEST_DEADLINE * 10).await;
        let answer = reload().await;
        drop(reading);
        answer
    };
    let (first, second) = tokio::join!(reload(), second);
    assert_eq!(second.problem(), refused(503, "busy"));
    assert_eq!(second.header("retry-after"), "5");
    assert_eq!(first.status, 200, "{}", first.text);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_times_out_where_answers_may_take_long() {
    let desk = Desk::new();
    let request = Request::post("/v1/operator/roster/reload")
        .header("authorization", format!("Bearer {}", desk.token("operator")))
        .body(Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()))
        .unwrap();
    assert_eq!(desk.send(request).await.problem(), refused(408, "timeout"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_every_answer_is_safe() {
    let desk = Desk::new();
    assert_eq!(desk.plain("GET", "/v1/nothing", "").await.problem(), refused(404, "not_found"));
    assert_eq!(desk.plain("GET", "/nothing.js", "").await.problem(), refused(404, "not_found"));
    assert_eq!(desk.plain("POST", "/class/3a", "").await.problem(), refused(405, "method_not_allowed"));
    let answer = desk.plain("DELETE", "/v1/me", "").await;
    assert_eq!(answer.problem(), refused(405, "method_not_allowed"));
    assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    let page = desk.plain("GET", "/", "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    for answer in [answer, page] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn a_demo_logs_in_anybody_and_sets_the_schools_clock() {
    let desk = Desk::demo();
    let demo = desk.plain("GET", "/v1/demo", "").await.json();
    let card = |account: &str, role: &str, classes: &[&str]| json!({"account": account, "role": role, "name": format!("Ada {account}"), "classes": classes});
    let cards = json!([
        card("teacher", "teacher", &["2nde A"]),
        card("parent", "guardian", &["2nde B"]),
        card("operator", "operator", &[]),
    ]);
    assert_eq!((&demo["accounts"], &demo["speed"]), (&cards, &json!(1)));
    let login = desk.plain("POST", "/v1/demo/login", r#"{"account":"pupil"}"#).await.json();
    let token = login["token"].as_str().unwrap();
    let request = Request::get("/v1/me").header("authorization", format!("Bearer {token}"));
    let me = desk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(me.json()["account"], "pupil");
    let unknown = desk.plain("POST", "/v1/demo/login", r#"{"account":"gone"}"#).await;
    assert_eq!(unknown.problem(), refused(403, "unknown_account"));
    let set = |body: &'static str| desk.plain("POST", "/v1/demo/clock", body);
    let clock = set(r#"{"school_time":"2026-03-27T17:58","speed":60}"#).await.json();
    let at = clock["school_time"].as_i64().unwrap();
    // 17:58 on Réunion is 13:58 in UTC.
    assert!((1_774_619_880_000..1_774_619_940_000).contains(&at), "{at}");
    assert_eq!(clock["speed"], 60);
    assert!(set(r#"{"school_time":5000000}"#).await.json()["school_time"].as_i64().unwrap() < 5_060_000);
    for body in
        ["", r#"{"school_time":"soon"}"#, r#"{"speed":0}"#, r#"{"speed":3601}"#, r#"{"school_time":true}"#]
    {
        assert_eq!(set(body).await.problem(), refused(400, "malformed"), "{body}");
    }
}

#[tokio::test]
async fn the_demos_addresses_do_not_exist_in_serve() {
    let desk = Desk::new();
    for (method, path) in [("GET", "/v1/demo"), ("POST", "/v1/demo/login"), ("POST", "/v1/demo/clock")] {
        let answer = desk.plain(method, path, r#"{"account":"pupil"}"#).await;
        assert_eq!(answer.problem(), refused(404, "not_found"), "{path}");
    }
}

#[test]
fn every_code_has_a_status_that_says_who_must_act() {
    for code in ErrorCode::ALL {
        assert!(status(*code).is_client_error() || status(*code).is_server_error(), "{code:?}");
    }
}

#[tokio::test]
async fn the_openapi_file_is_what_the_code_says() {
    let document = openapi::document().unwrap();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let stored = std::fs::read_to_string(&file).unwrap();
    assert!(stored == document, "docs/openapi.json is stale: cargo run -- openapi > docs/openapi.json");
    let served = Desk::new().plain("GET", "/v1/openapi.json", "").await;
    assert_eq!(served.text, document);
}

#[test]
fn nothing_is_answered_that_nobody_has_decided() {
    let document: Value = serde_json::from_str(&openapi::document().unwrap()).unwrap();
    let paths: Vec<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "/healthz",
        "/metrics",
        "/readyz",
        "/v1/announcements",
        "/v1/announcements/{id}",
        "/v1/assignments",
        "/v1/assignments/{id}",
        "/v1/batches",
        "/v1/bulletin/{school}",
        "/v1/channels/{channel}/publications",
        "/v1/classes/{class}/people",
        "/v1/demo",
        "/v1/demo/clock",
        "/v1/demo/login",
        "/v1/family",
        "/v1/family/links",
        "/v1/items",
        "/v1/items/{id}",
        "/v1/items/{id}/done",
        "/v1/items/{id}/extensions/{student}",
        "/v1/items/{id}/receipt",
        "/v1/items/{id}/receipts",
        "/v1/login",
        "/v1/login/backchannel",
        "/v1/login/callback",
        "/v1/login/how",
        "/v1/login/token",
        "/v1/logout",
        "/v1/marks",
        "/v1/me",
        "/v1/notice",
        "/v1/openapi.json",
        "/v1/operator/accounts/erase",
        "/v1/operator/accounts/export",
        "/v1/operator/audit",
        "/v1/operator/calendar/reload",
        "/v1/operator/drain",
        "/v1/operator/explain",
        "/v1/operator/kick",
        "/v1/operator/kick/lift",
        "/v1/operator/limits",
        "/v1/operator/links",
        "/v1/operator/notice",
        "/v1/operator/posting",
        "/v1/operator/report",
        "/v1/operator/roster/reload",
        "/v1/operator/status",
        "/v1/operator/stream",
        "/v1/operator/suspend",
        "/v1/operator/webhooks/resume",
        "/v1/operator/windows",
        "/v1/operator/windows/{number}/withdraw",
        "/v1/preferences",
        "/v1/publishing-advice",
        "/v1/reach",
        "/v1/scheduled",
        "/v1/scheduled/{channel}/{message_id}",
        "/v1/seat",
        "/v1/socket",
        "/v1/stream",
        "/v1/unsubscribe",
    ];
    assert_eq!(paths, expected);
}

/// Whether an address is the operators' listener's alone.
fn operated(path: &str) -> bool {
    path.starts_with("/v1/operator/") && path != "/v1/operator/roster/reload"
}

#[tokio::test]
async fn every_documented_operation_is_routed() {
    let desk = Desk::demo();
    let document: Value = serde_json::from_str(&openapi::document().unwrap()).unwrap();
    // A stream has no end that could be waited for: its own tests open it.
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, operations) in paths.filter(|(path, _)| *path != "/v1/operator/stream") {
        for method in operations.as_object().unwrap().keys() {
            let path = path.replace("{channel}", "class:2a").replace("{school}", "lycee");
            let path = path.replace("{class}", "2a").replace("{number}", "1");
            // What is no identifier is refused before it is looked for.
            let path = path.replace("{message_id}", "%20").replace("{id}", "%20").replace("{student}", "%20");
            let request = Request::builder().method(&*method.to_uppercase()).uri(&path);
            let token = format!("Bearer {}", desk.token("operator"));
            let request = request.header("authorization", token).body(Body::empty()).unwrap();
            let is_inside = path == "/metrics" || operated(&path);
            let answer = if is_inside { desk.send_inside(request).await } else { desk.send(request).await };
            let is_routed = !matches!(answer.status.as_u16(), 404 | 405);
            assert!(is_routed || answer.text.contains(NOBODY), "{method} {path}: {}", answer.status);
        }
    }
}
