//! What everybody may read without a log-in.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::broker::Mood;
use super::desk::{Answered, Desk, NOW, refused};
use crate::base::limits;

async fn read(desk: &Desk) -> Answered {
    desk.plain("GET", "/v1/bulletin/region", "").await
}

async fn publish(desk: &Desk, number: usize, audience: &str) {
    let body = format!(
        r#"{{"kind":"announcement","message_id":"m{number}"{audience},"body":{{"title":"t","text":"{number}"}}}}"#
    );
    let answer = desk.ask("operator", "POST", "/v1/channels/bulletin:region/publications", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

fn texts(answer: &Answered) -> Vec<String> {
    let bulletin = answer.json();
    let publications = bulletin["publications"].as_array().unwrap().iter();
    publications.map(|publication| publication["body"]["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_for_everyone_is_read_by_anybody_newest_first_and_names_nobody() {
    let desk = Desk::new();
    for (number, audience) in ["", r#","audience":["guardian"]"#, ""].into_iter().enumerate() {
        publish(&desk, number, audience).await;
    }
    let answer = read(&desk).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "public, max-age=5"));
    assert_eq!(texts(&answer), ["2", "0"], "what is for guardians alone is not for the street");
    assert_eq!(answer.json()["publications"][0]["author_role"], "operator");
    assert!(!answer.text.contains("message_id") && answer.json()["publications"][0].get("author").is_none());
}

#[tokio::test]
async fn it_is_read_from_the_log_once_after_each_change() {
    let desk = Desk::new();
    publish(&desk, 0, "").await;
    assert_eq!(texts(&read(&desk).await), ["0"]);
    assert!(desk.broker.asked().is_some());
    desk.broker.be(Mood::Full);
    assert_eq!(texts(&read(&desk).await), ["0"], "from memory");
    assert!(desk.broker.asked().is_none());
    desk.broker.be(Mood::Works);
    publish(&desk, 1, "").await;
    assert_eq!(texts(&read(&desk).await), ["1", "0"]);
    desk.clock.advance(limits::BULLETIN_TTL);
    desk.broker.asked();
    read(&desk).await;
    assert!(desk.broker.asked().is_some(), "what retention removes leaves, too");
    desk.clock.advance(limits::BULLETIN_TTL);
    desk.broker.be(Mood::Full);
    assert_eq!(read(&desk).await.problem(), refused(503, "busy"));
}

#[tokio::test]
async fn who_has_it_is_told_so_until_it_changes() {
    let desk = Desk::new();
    let etag = read(&desk).await.header("etag").to_owned();
    let known = async |etag: &str| {
        let request = Request::get("/v1/bulletin/region").header("if-none-match", etag);
        desk.send(request.body(Body::empty()).unwrap()).await
    };
    for tag in [etag.clone(), format!("\"x\", W/{etag}"), "*".into()] {
        let answer = known(&tag).await;
        assert_eq!((answer.status.as_u16(), answer.header("etag"), answer.text.as_str()), (304, &*etag, ""));
    }
    assert_eq!(known("\"x\"").await.status, 200);
    // What the operators say is there with the next reading.
    desk.order("notice", json!({"why": "x", "text": "Panne", "lang": "fr"})).await;
    let answer = known(&etag).await;
    assert_eq!(answer.json()["notice"], json!({"text": "Panne", "lang": "fr", "since": NOW}));
    desk.order("notice", json!({"why": "x"})).await;
    assert_eq!(known(&etag).await.status, 304, "as before");
}

#[tokio::test]
async fn a_school_has_one_and_what_is_none_has_not() {
    let desk = Desk::new();
    assert_eq!(desk.plain("GET", "/v1/bulletin/lycee", "").await.json()["channel"], "bulletin:lycee");
    for school in ["region-ara", "college", "a%20b", "2a", "pupil"] {
        let answer = desk.plain("GET", &format!("/v1/bulletin/{school}"), "").await;
        assert_eq!(answer.problem(), refused(404, "not_found"), "{school}");
        assert!(desk.broker.asked().is_none_or(|history| history.channel.to_string() == "bulletin:lycee"));
    }
}
