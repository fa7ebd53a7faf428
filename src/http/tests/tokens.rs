//! Who may ask at all.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::desk::{Desk, NOW, TTL, refused};
use crate::base::limits;
use crate::base::metrics::CodeLabel;

async fn me_with(desk: &Desk, values: &[&str]) -> (u16, String) {
    let mut request = Request::builder().uri("/v1/me");
    for value in values {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let answer = desk.send(request.body(Body::empty()).unwrap()).await;
    let problem = answer.problem();
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    problem
}

#[tokio::test]
async fn a_request_without_a_good_token_is_refused() {
    let desk = Desk::new();
    let token = desk.token("pupil");
    assert_eq!(me_with(&desk, &[]).await, refused(401, "token_missing"));
    assert_eq!(me_with(&desk, &["Basic eDp5"]).await, refused(401, "token_missing"));
    assert_eq!(me_with(&desk, &["Bearer x.y.z"]).await, refused(401, "token_invalid"));
    let bearer = format!("bearer {token}");
    assert_eq!(me_with(&desk, &[&bearer, &bearer]).await, refused(401, "token_invalid"));
    let long = format!("Bearer {}", "a".repeat(limits::TOKEN_BYTES_MAX + 1));
    assert_eq!(me_with(&desk, &[&long]).await, refused(401, "token_invalid"));
    desk.clock.advance(TTL + limits::TOKEN_LEEWAY);
    assert_eq!(me_with(&desk, &[&bearer]).await, refused(401, "token_expired"));
}

#[tokio::test]
async fn an_account_that_the_roster_does_not_hold_is_unknown() {
    let desk = Desk::new();
    for (method, path) in [("GET", "/v1/me"), ("POST", "/v1/seat")] {
        let answer = desk.ask("gone", method, path, "").await;
        assert_eq!(answer.problem(), refused(403, "unknown_account"), "{path}");
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_refused_wherever_it_stands() {
    let desk = Desk::new();
    let token = desk.token("pupil");
    for path in ["/v1/me", "/v1/socket", "/v1/seat", "/", "/healthz"] {
        for name in ["token", "access_token", "Token", "t%6Fken"] {
            let answer = desk.plain("GET", &format!("{path}?a=b&{name}={token}"), "").await;
            assert_eq!(answer.problem(), refused(400, "malformed"), "{path} {name}");
            assert!(!answer.text.contains(&token));
        }
    }
}

#[tokio::test]
async fn a_token_gets_a_seat_for_thirty_seconds() {
    let desk = Desk::new();
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!(answer.status, 200);
    let seat = answer.json();
    assert_eq!((&seat["url"], &seat["expires_in_ms"]), (&json!("/v1/socket"), &json!(30_000)));
    assert_eq!(answer.header("cache-control"), "no-store");
    let again = desk.ask("pupil", "POST", "/v1/seat", "").await.json();
    assert_ne!(seat["seat"], again["seat"]);
    assert_eq!(desk.metrics.seats_given.get(), 2);
    let now = crate::base::MachineTime(NOW);
    let shown = desk.edge.parts.seats.read(seat["seat"].as_str().unwrap(), now).unwrap();
    let granted = shown.granted();
    assert_eq!((granted.account.as_str(), granted.session.0), ("pupil", 1));
}

#[tokio::test]
async fn a_hub_that_shuts_down_gives_no_seats() {
    let desk = Desk::new();
    desk.drain.raise();
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!(answer.problem(), refused(503, "draining"));
    assert_eq!(answer.header("retry-after"), "10");
}

#[tokio::test]
async fn me_is_what_the_roster_says() {
    let desk = Desk::new();
    let me = desk.ask("teacher", "GET", "/v1/me", "").await.json();
    assert_eq!(me["role"], "teacher");
    assert_eq!((&me["given_name"], &me["family_name"]), (&json!("Ada"), &json!("teacher")));
    assert_eq!(me["zone"], "Indian/Reunion");
    assert_eq!(me["schools"], json!([{"id": "lycee", "name": "Lycée A"}]));
    let class = json!({"channel": "class:2a", "title": "2nde A", "kind": "homeroom", "subject": "", "role": "teacher"});
    assert_eq!(me["classes"], json!([class]));
    let channels = me["channels"].as_array().unwrap();
    assert!(channels.contains(&json!("class:2a")) && channels.contains(&json!("account:teacher")));
}

#[tokio::test]
async fn an_account_that_asks_too_often_is_told_when_to_ask_again() {
    let desk = Desk::with_rates(2, 1);
    let class = "/v1/channels/class:2a/publications";
    // Seats, histories and `me` come from one allowance, and a refused right counts too.
    let asked = [
        ("GET", "/v1/me"),
        ("POST", "/v1/seat"),
        ("GET", class),
        ("GET", "/v1/channels/class:x/publications"),
    ];
    for (method, path) in asked {
        assert_ne!(desk.ask("teacher", method, path, "").await.status, 429, "{path}");
    }
    for (method, path) in asked {
        let answer = desk.ask("teacher", method, path, "").await;
        assert_eq!(answer.problem(), refused(429, "rate_limited"), "{path}");
        assert_eq!((answer.header("retry-after"), &answer.json()["retry_after_ms"]), ("1", &json!(500)));
    }
    assert_eq!(desk.ask("pupil", "GET", "/v1/me", "").await.status, 200, "another account");
    // Publications have an allowance of their own, and one that is over it is not even read.
    for _ in 0..2 {
        assert_eq!(desk.ask("teacher", "POST", class, "no JSON").await.problem(), refused(400, "malformed"));
    }
    let answer = desk.ask("teacher", "POST", class, "no JSON").await;
    assert_eq!(answer.problem(), refused(429, "rate_limited"));
    assert_eq!((answer.header("retry-after"), &answer.json()["retry_after_ms"]), ("1", &json!(1_000)));
    let code = CodeLabel { code: "rate_limited" };
    assert_eq!(desk.metrics.seats_refused.get_or_create(&code).get(), 1);
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.ask("teacher", "GET", "/v1/me", "").await.status, 200);
}

#[tokio::test]
async fn a_machine_without_random_numbers_gives_no_seats() {
    let desk = Desk::without_entropy();
    assert_eq!(desk.ask("pupil", "POST", "/v1/seat", "").await.problem(), refused(500, "internal"));
}
