//! Done-marks as the sessions of their student see them, each at once and whichever made them.

use reqwest::Method;
use serde_json::json;

use crate::support::client::Client;
use crate::support::hub::Hub;

on_both_engines! {
    every_session_of_a_student_shows_what_is_marked_in_any,
}

/// As many as a student may have.
const TABS: usize = 3;
const OWN: &str = "account:s-a-00";

async fn every_session_of_a_student_shows_what_is_marked_in_any(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    for id in ["essay", "sums"] {
        let body = json!({"title": "t", "text": "", "due": "2099-01-20"});
        let work = json!({"id": id, "places": ["class:2a"], "body": body});
        let (status, answer) =
            hub.request(Method::POST, "/v1/assignments", &hub.token("t-a"), Some(work)).await;
        assert_eq!(status, 201, "{answer}");
    }
    let mut tabs = Vec::new();
    for _ in 0..TABS {
        let mut tab = Client::join(&hub, "s-a-00").await;
        assert_eq!(tab.subscribe(OWN, json!("now")).await["type"], "fresh");
        tab.wait_type("caught_up").await;
        tabs.push(tab);
    }
    let mut other = Client::join(&hub, "s-a-01").await;
    other.subscribe("account:s-a-01", json!("now")).await;
    for (item, done) in [("essay", true), ("sums", true), ("essay", false)] {
        let (path, token) = (format!("/v1/items/{item}/done"), hub.token("s-a-00"));
        let (status, answer) = hub.request(Method::PUT, &path, &token, Some(json!({"done": done}))).await;
        assert_eq!((status, answer["done_at"].is_number()), (200, done), "{answer}");
        let mark = json!({"item": item, "done_at": answer["done_at"]});
        for tab in &mut tabs {
            let told = tab.wait_type("marked").await;
            assert_eq!(told, json!({"type": "marked", "channel": OWN, "mark": mark}));
        }
    }
    let heard = other.drain().await;
    assert!(heard.iter().all(|frame| frame["type"] != "marked"), "it is nobody else's: {heard:?}");
}
