//! What the gate decides, as a client hears it.

use std::time::Duration;

use serde_json::json;

use super::desk::{Desk, NOW, refused};
use super::gate::{GUARDIANS_FROM, waiting};
use crate::admission::{Decision, Level, Window};
use crate::base::metrics::{ClassLabel, CodeLabel};
use crate::base::{AccountId, MachineTime, SessionId, limits};

#[tokio::test]
async fn a_place_in_the_waiting_room_says_when_to_come_back() {
    let desk = Desk::new();
    desk.gate.decide(Decision::Wait(waiting("t1")));
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (202, "3"));
    assert_eq!(answer.json(), json!({"ticket": "t1", "ahead": 41, "retry_after_ms": 2_500, "load": 2}));
    assert_eq!(desk.metrics.seats_given.get(), 0);
    let class = ClassLabel { class: "student" };
    assert_eq!(desk.metrics.seats_waiting.get_or_create(&class).get(), 1);
    assert_eq!(desk.gate.seen()[0].ticket, None);
    desk.gate.decide(Decision::Enter { session: SessionId(1), load: Level::Tight });
    let answer = desk.ask("pupil", "POST", "/v1/seat", r#"{"ticket":"t1"}"#).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["load"]), (200, &json!(1)));
    assert_eq!(desk.gate.seen()[0].ticket.as_deref(), Some("t1"));
}

#[tokio::test]
async fn a_poll_before_its_time_is_answered_by_its_ticket_and_as_often_as_it_comes() {
    let desk = Desk::with_rates(1, 1);
    desk.gate.call_early("t1", MachineTime(NOW + 1_000));
    for _ in 0..50 {
        let answer = desk.ask("pupil", "POST", "/v1/seat", r#"{"ticket":"t1"}"#).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (202, "1"));
        assert_eq!(answer.json(), json!({"ticket": "t1", "ahead": 40, "retry_after_ms": 1_000, "load": 2}));
    }
    assert_eq!((desk.gate.seen().len(), desk.metrics.polls_early.get()), (0, 50));
    let answer = desk.plain("POST", "/v1/seat", r#"{"ticket":"t1"}"#).await;
    assert_eq!(answer.problem(), refused(401, "token_missing"));
    desk.clock.advance(Duration::from_secs(1));
    let answer = desk.ask("pupil", "POST", "/v1/seat", r#"{"ticket":"t1"}"#).await;
    assert_eq!((answer.status.as_u16(), desk.gate.seen().len()), (200, 1), "its time has come");
}

#[tokio::test]
async fn a_poll_at_its_time_is_not_taken_from_what_the_account_may_ask_for() {
    let desk = Desk::with_rates(1, 1);
    desk.gate.decide(Decision::Wait(waiting("t1")));
    for _ in 0..2 {
        assert_eq!(desk.ask("pupil", "GET", "/v1/me", "").await.status, 200);
    }
    assert_eq!(desk.ask("pupil", "POST", "/v1/seat", "").await.problem(), refused(429, "rate_limited"));
    let poll = || desk.ask("pupil", "POST", "/v1/seat", r#"{"ticket":"t1"}"#);
    for _ in 0..2 * limits::POLLS_PER_SECOND {
        assert_eq!(poll().await.status, 202);
    }
    assert_eq!(poll().await.problem(), refused(429, "rate_limited"), "not for ever");
}

#[tokio::test]
async fn who_is_outside_the_window_is_told_when_it_opens() {
    let desk = Desk::new();
    let answer = desk.ask("parent", "POST", "/v1/seat", "").await;
    assert_eq!(answer.problem(), refused(403, "suspended"));
    let problem = answer.json();
    assert_eq!(problem["suspended"], true);
    assert!(problem["opens_at"].as_i64().unwrap() >= GUARDIANS_FROM.0, "its own instant of the evening");
    assert_eq!(problem["school_time"], json!(NOW), "what its own clock says may be wrong");
    assert_eq!(desk.gate.seen()[0].window, Window::Closed { opens_at: Some(GUARDIANS_FROM) });
    assert_eq!(desk.ask("pupil", "POST", "/v1/seat", "").await.status, 200);
    desk.gate.decide(Decision::Suspended { opens_at: None });
    let problem = desk.ask("parent", "POST", "/v1/seat", "").await.json();
    assert_eq!(problem["opens_at"], json!(null), "nobody knows");
    let other = desk.ask("gone", "POST", "/v1/seat", "").await.json();
    assert!(other.get("suspended").is_none() && other.get("opens_at").is_none());
    let code = CodeLabel { code: "suspended" };
    assert_eq!(desk.metrics.seats_refused.get_or_create(&code).get(), 2);
}

#[tokio::test]
async fn the_other_refusals_say_when_to_ask_again() {
    let desk = Desk::new();
    desk.gate.decide(Decision::CoolDown { retry_after_ms: 12_345 });
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(409, "cool_down"), "13"));
    desk.gate.decide(Decision::Closed { retry_after_ms: 30_000 });
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(503, "closed"), "30"));
    let answer = desk.ask("pupil", "POST", "/v1/seat", "no JSON").await;
    assert_eq!(answer.problem(), refused(400, "malformed"));
}

#[tokio::test]
async fn the_gate_is_told_of_live_classes_and_of_resumed_sessions() {
    let desk = Desk::new();
    desk.gate.go_live("2a");
    for (account, is_live) in [("pupil", true), ("neighbour", false), ("teacher", true), ("operator", false)]
    {
        desk.ask(account, "POST", "/v1/seat", "").await;
        assert_eq!(desk.gate.seen()[0].is_live, is_live, "{account}");
    }
    let token_of = |account: &str| {
        let account = AccountId::parse(account).unwrap();
        desk.edge.parts.resumes.give(&account, SessionId(7), MachineTime(NOW + 1))
    };
    let tokens =
        [(token_of("pupil"), Some(SessionId(7))), (token_of("teacher"), None), ("\\u0000".into(), None)];
    for (token, session) in tokens {
        let answer = desk.ask("pupil", "POST", "/v1/seat", &format!(r#"{{"resume":"{token}"}}"#)).await;
        assert_eq!(answer.status, 200, "{token}: a bad one is no reason to refuse anybody");
        assert_eq!(desk.gate.seen()[0].resume, session, "{token}");
    }
}
