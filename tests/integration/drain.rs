//! How a hub ends when it is asked to.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::support::client::{Client, End, PATIENCE, post};
use crate::support::hub::{Hub, Options};

on_both_engines! {
    a_terminated_hub_answers_closes_and_leaves_a_whole_log,
}

async fn a_terminated_hub_answers_closes_and_leaves_a_whole_log(engine: &'static str) {
    let mut hub = Hub::start_on(engine).await;
    let mut idle = Client::join(&hub, "s-a-00").await;
    let mut teacher = Client::join(&hub, "t-a").await;
    for number in 0..20 {
        let mut request = post("class:2a", &format!("m{number}"), &number.to_string());
        request["id"] = json!(100 + number);
        teacher.send(&request).await;
    }
    teacher.wait_for(|frame| frame["id"] == 100).await;
    assert!(hub.terminate().await, "it ends by itself and without an error: {}", hub.log());
    let End::Closed(4100, reason) = idle.end().await else { panic!("no close") };
    let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
    assert_eq!(reason["code"], "draining");
    assert!(reason["retry_ms"][0].as_u64() <= reason["retry_ms"][1].as_u64());
    let mut acknowledged = 1;
    while let Ok(frame) = teacher.frame().await {
        acknowledged += u32::from(frame["type"] == "published");
    }
    hub.restart().await;
    let log = hub.log_of("t-a", "class:2a").await;
    assert!(log.len() >= acknowledged as usize, "{} stored, {acknowledged} acknowledged", log.len());
}

#[tokio::test]
async fn a_draining_hub_is_seen_to_drain_and_ends_at_the_second_word() {
    let mut hub = Hub::start_with(Options { drain_grace_seconds: 60, ..Options::default() }).await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    hub.signal("-TERM").await;
    let readiness = || hub.request(reqwest::Method::GET, "/readyz", "", None);
    let red = async { while readiness().await.0 == 200 {} };
    tokio::time::timeout(PATIENCE, red).await.expect("readiness turns red");
    assert_eq!(readiness().await.1["code"], "draining");
    assert_eq!(hub.seat(&hub.token("s-a-00")).await, Err("503: draining".into()));
    assert_eq!(pupil.ask(json!({"type": "ping"})).await["type"], "pong", "sockets live on");
    let began = Instant::now();
    let (ended, end) = tokio::join!(hub.terminate(), pupil.end());
    assert!(ended && began.elapsed() < Duration::from_secs(50), "it did not wait for the end of the grace");
    assert!(matches!(end, End::Closed(4100, _)), "{end:?}");
}

#[tokio::test]
async fn a_draining_hub_lets_everybody_go_at_a_moment_of_its_own() {
    const PUPILS: usize = 8;
    let mut hub = Hub::start_with(Options { drain_window_seconds: 2, ..Options::default() }).await;
    let mut pupils = Vec::new();
    for number in 0..PUPILS {
        pupils.push(Client::join(&hub, &format!("s-a-{number:02}")).await);
    }
    let began = Instant::now();
    let ends = async {
        let mut ends = Vec::new();
        for pupil in &mut pupils {
            let end = pupil.end().await;
            ends.push((end, began.elapsed()));
        }
        ends
    };
    let (ended, ends) = tokio::join!(hub.terminate(), ends);
    assert!(ended, "{}", hub.log());
    let mut froms = Vec::new();
    for (end, _) in &ends {
        let End::Closed(4100, reason) = end else { panic!("{end:?}") };
        let reason: serde_json::Value = serde_json::from_str(reason).unwrap();
        froms.push(reason["retry_ms"][0].as_u64().unwrap());
    }
    let last = ends.iter().map(|(_, after)| *after).max().unwrap();
    assert!(last >= Duration::from_millis(500), "all went at once: {last:?}");
    froms.sort_unstable();
    froms.dedup();
    assert!(froms.len() > 1, "who goes first waits longest: {froms:?}");
}

#[tokio::test]
async fn a_life_is_two_log_lines_with_ids_only() {
    let mut hub = Hub::start().await;
    let mut pupil = Client::join(&hub, "s-a-00").await;
    pupil.post("class:2a", "m1", "a pupil's own words").await;
    pupil.send_raw(Message::Close(None)).await;
    assert_eq!(pupil.end().await, End::Lost);
    assert!(hub.terminate().await);
    let log = hub.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("s-a-00")).collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("joined") && lines[1].contains("left"), "{lines:#?}");
    for secret in ["own words", "Given", "Family", "seat="] {
        assert!(!log.contains(secret), "the log holds {secret:?}");
    }
}
