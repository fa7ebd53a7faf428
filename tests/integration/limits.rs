//! What one connection may do, and what it is told when it wants more.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::client::{Client, End, post};
use crate::support::hub::{Hub, Options};

on_both_engines! {
    a_message_beyond_the_limit_ends_its_connection_alone,
    whoever_sends_nothing_but_nonsense_is_closed_for_good,
}

async fn refusal(client: &mut Client, text: String) -> String {
    client.send_raw(Message::text(text)).await;
    client.wait_type("error").await["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_the_connection_goes_on() {
    let hub = Hub::start().await;
    let mut client = Client::join(&hub, "s-a-00").await;
    for (text, code) in [
        ("", "malformed"),
        ("{", "malformed"),
        ("[1]", "malformed"),
        (r#"{"type":"ping"}"#, "malformed"),
        (r#"{"type":"dance","id":1}"#, "unknown_type"),
        (r#"{"type":"subscribe","id":1,"channel":"class:2a","from":{"last":101}}"#, "malformed"),
    ] {
        assert_eq!(refusal(&mut client, text.into()).await, code, "{text}");
    }
    let deep = format!(r#"{{"type":"ping","id":1,"x":{}0{}}}"#, "[".repeat(50), "]".repeat(50));
    assert_eq!(refusal(&mut client, deep).await, "malformed");
    let body = post("class:2a", "m", &"x".repeat(4_001));
    assert_eq!(client.ask(body).await["code"], "invalid_body");
    assert_eq!(client.ask(json!({"type": "ping"})).await["type"], "pong");
}

async fn a_message_beyond_the_limit_ends_its_connection_alone(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut client = Client::join(&hub, "s-a-00").await;
    let mut other = Client::join(&hub, "s-a-01").await;
    let limit = usize::try_from(client.welcome["limits"]["message_bytes"].as_u64().unwrap()).unwrap();
    let largest = format!(r#"{{"type":"ping","id":1,"x":"{}"}}"#, "x".repeat(limit - 31));
    assert!(largest.len() <= limit && largest.len() > limit - 8);
    client.send_raw(Message::text(largest)).await;
    assert_eq!(client.wait_type("pong").await["id"], 1);
    client.send_raw(Message::text("x".repeat(limit + 1))).await;
    assert!(matches!(client.end().await, End::Closed(1009, _)));
    assert_eq!(other.ask(json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn subscriptions_and_rates_are_bounded_with_typed_errors() {
    let hub = Hub::start_with(Options { rates: (20, 2), ..Options::default() }).await;
    let mut client = Client::join(&hub, "t-a").await;
    assert_eq!(client.welcome["limits"]["publishes_per_second"], 2);
    client.subscribe("class:2a", json!("now")).await;
    assert_eq!(client.subscribe("class:2a", json!("now")).await["code"], "already_subscribed");
    let unsubscribe = |channel: &str| json!({"type": "unsubscribe", "channel": channel});
    assert_eq!(client.ask(unsubscribe("class:2b")).await["code"], "not_subscribed");
    assert_eq!(client.ask(unsubscribe("class:2a")).await["type"], "unsubscribed");
    let mut limited = None;
    for number in 0..10 {
        let answer = client.post("class:2a", &format!("m{number}"), "text").await;
        if answer["code"] == "rate_limited" {
            limited = answer["retry_after_ms"].as_u64();
            break;
        }
    }
    assert!(limited.is_some_and(|wait| (1..=500).contains(&wait)), "{limited:?}");
    assert_eq!(
        client.ask(json!({"type": "ping"})).await["type"],
        "pong",
        "other requests have their own rate"
    );
}

async fn whoever_sends_nothing_but_nonsense_is_closed_for_good(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut client = Client::join(&hub, "s-a-00").await;
    for _ in 0..300 {
        if client.try_send(&json!("nonsense")).await.is_err() {
            break;
        }
    }
    assert_eq!(client.end().await, End::Closed(4000, r#"{"code":"abuse"}"#.into()));
}

#[tokio::test]
async fn a_message_id_is_good_for_one_publication_also_after_a_restart() {
    let mut hub = Hub::start().await;
    let first = hub.post("t-a", "class:2a", "m1", "text").await;
    let again = hub.post("t-a", "class:2a", "m1", "text").await;
    assert_eq!((&again["position"], &again["duplicate"]), (&first["position"], &json!(true)));
    hub.kill().await;
    hub.restart().await;
    let mut teacher = Client::join(&hub, "t-a").await;
    let again = teacher.post("class:2a", "m1", "text").await;
    assert_eq!((&again["position"], &again["duplicate"]), (&first["position"], &json!(true)));
    assert_eq!(teacher.post("class:2a", "m1", "other").await["code"], "message_id_reused");
    let (status, problem) = hub
        .publish("t-a", "class:2a", json!({"kind": "post", "message_id": "m1", "body": {"text": "other"}}))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("message_id_reused")));
    assert_eq!(hub.log_of("t-a", "class:2a").await.len(), 1);
}
