//! Who is kicked: kept out for a while, at every door, and let in again.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::{Desk, NOW, refused};
use crate::base::limits;
use crate::http::seating;
use crate::protocol::ErrorCode;

#[tokio::test]
async fn who_is_kicked_is_kept_out_for_a_while_or_until_it_is_lifted() {
    let desk = Desk::new();
    let seat = || desk.ask("pupil", "POST", "/v1/seat", "");
    let kick = |seconds: Value| json!({"why": "insults", "account": "pupil", "for_seconds": seconds});
    desk.order("kick?dry_run=true", kick(json!(60))).await;
    assert_eq!(seat().await.status, 200, "a dry run keeps nobody out");
    desk.order("kick", kick(json!(0))).await;
    let given = seat().await;
    assert_eq!(given.status, 200, "connections alone were ended");
    let kicked = desk.order("kick", kick(json!(null))).await.json();
    assert_eq!(kicked["trial"], json!({"until": NOW + 600_000}));
    let answer = seat().await;
    assert_eq!((answer.problem(), answer.header("retry-after")), (refused(403, "kicked"), "600"));
    let spent = seating::sit(&desk.edge, given.json()["seat"].as_str(), |_, _| Ok(None));
    assert_eq!(
        spent.err().map(|problem| problem.code()),
        Some(ErrorCode::Kicked),
        "its seat is worth nothing"
    );
    let post = r#"{"kind":"post","message_id":"m","body":{"text":"x"}}"#;
    let post = || desk.ask("pupil", "POST", "/v1/channels/class%3A2a/publications", post);
    assert_eq!(post().await.problem(), refused(403, "kicked"));
    assert_eq!(desk.ask("neighbour", "POST", "/v1/seat", "").await.status, 200, "others are not concerned");
    assert_eq!(desk.look("status").await["kicked"], json!([{"account": "pupil", "seconds": 600}]));
    // It holds after a restart, and ends by itself.
    let next = Desk::after(desk.notebook.settings());
    assert_eq!(next.ask("pupil", "POST", "/v1/seat", "").await.problem(), refused(403, "kicked"));
    next.clock.advance(Duration::from_mins(10));
    assert_eq!(next.look("status").await["kicked"], json!([]));
    let lift = json!({"why": "they have spoken", "account": "pupil"});
    assert_eq!(next.order("kick/lift", lift.clone()).await.problem(), refused(404, "not_found"));
    let lifted = desk.order("kick/lift", lift).await.json();
    assert_eq!((&lifted["before"], &lifted["after"]), (&json!({"pupil": NOW + 600_000}), &json!(null)));
    assert_eq!((seat().await.status.as_u16(), post().await.status.as_u16()), (200, 201));
    let row = &desk.look("report").await["days"][0]["region"];
    assert_eq!((&row["refused"], &row["pupils_tried"]), (&json!({"kicked": 1}), &json!(2)));
}

#[tokio::test]
async fn only_so_many_are_kept_out_and_for_so_long() {
    let desk = Desk::new();
    let kick = |account: String, seconds: u32| {
        desk.order("kick", json!({"why": "x", "account": account, "for_seconds": seconds}))
    };
    let long = limits::KICK_SECONDS_MAX;
    assert_eq!(kick("a".into(), long + 1).await.problem(), refused(422, "invalid_body"));
    for number in 0..limits::KICKS_MAX {
        assert_eq!(kick(format!("a{number}"), 60).await.status, 200);
    }
    assert_eq!(kick("one-more".into(), 60).await.problem(), refused(422, "invalid_body"));
    assert_eq!(kick("a7".into(), long).await.status, 200, "who is kept out may be kept out for longer");
    desk.clock.advance(Duration::from_mins(1));
    assert_eq!(kick("one-more".into(), 60).await.status, 200);
    assert_eq!(desk.look("status").await["kicked"].as_array().map(Vec::len), Some(2));
}
