//! Tokens and seats as a client meets them: what opens a socket, how long, and what refuses.

use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::client::{Client, End};
use crate::support::hub::{Hub, Options};

/// Tries a handshake; the status and code that refuse it.
async fn refused(url: &str, protocol: Option<&str>) -> (u16, String) {
    let mut request = url.into_client_request().unwrap();
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
    }
    match connect_async(request).await {
        Err(Error::Http(answer)) => {
            let body = answer.body().as_deref().unwrap_or_default();
            let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            (answer.status().as_u16(), problem["code"].as_str().unwrap_or_default().to_owned())
        }
        Err(error) => panic!("{error}"),
        Ok(_) => (101, String::new()),
    }
}

#[tokio::test]
async fn a_seat_opens_one_socket_once() {
    let hub = Hub::start().await;
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let url = hub.socket_url(&seat);
    assert_eq!(refused(&url, None).await, (400, "bad_handshake".into()), "without the subprotocol");
    assert_eq!(refused(&url, Some("chat")).await, (400, "bad_handshake".into()));
    assert_eq!(refused(&url, Some("preau.v1")).await.0, 101);
    assert_eq!(refused(&url, Some("preau.v1")).await, (403, "seat_spent".into()));
    assert_eq!(refused(&hub.socket_url("nonsense"), Some("preau.v1")).await, (403, "seat_invalid".into()));
    let token_in_url =
        format!("{}/v1/socket?token={}", hub.address().replacen("http", "ws", 1), hub.token("s-a-00"));
    assert_eq!(refused(&token_in_url, Some("preau.v1")).await.0, 400);
}

#[tokio::test]
async fn a_token_that_is_not_good_gets_no_seat() {
    let hub = Hub::start().await;
    for (token, expected) in [
        ("", "401: token_missing"),
        ("nonsense", "401: token_invalid"),
        (&hub.token("nobody"), "403: unknown_account"),
        (&hub.token_for("s-a-00", Duration::ZERO), "200"),
    ] {
        let seat = hub.seat(token).await;
        if expected == "200" {
            // Just ended, but within the leeway for clocks that differ.
            assert!(seat.is_ok(), "{seat:?}");
        } else {
            assert_eq!(seat, Err(expected.to_owned()));
        }
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_token_and_a_refresh_keeps_it() {
    let hub = Hub::start_with(Options { leeway_seconds: 0, ..Options::default() }).await;
    let soon = hub.token_for("s-a-00", Duration::from_secs(3));
    let (mut ends, mut stays) =
        (Client::try_join(&hub, &soon).await.unwrap(), Client::try_join(&hub, &soon).await.unwrap());
    let refused = stays.ask(json!({"type": "refresh", "token": hub.token("s-a-01")})).await;
    assert_eq!(refused["code"], "other_account");
    let refused = stays.ask(json!({"type": "refresh", "token": "nonsense"})).await;
    assert_eq!(refused["code"], "token_invalid");
    let refreshed = stays.ask(json!({"type": "refresh", "token": hub.token("s-a-00")})).await;
    assert_eq!(refreshed["type"], "refreshed");
    assert!(refreshed["token_expires_at"].as_u64() > stays.welcome["token_expires_at"].as_u64());
    assert_eq!(ends.end().await, End::Closed(4001, r#"{"code":"token_expired"}"#.into()));
    assert_eq!(stays.ask(json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn another_sites_page_is_refused() {
    let hub = Hub::start().await;
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let mut request = hub.socket_url(&seat).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "preau.v1".parse().unwrap());
    request.headers_mut().insert("origin", "https://elsewhere.example".parse().unwrap());
    let answer = connect_async(request).await;
    let Err(Error::Http(answer)) = answer else { panic!("{answer:?}") };
    assert_eq!(answer.status().as_u16(), 403);
}
