//! The WebSocket handshake, clause by clause, against the router: what is refused, and what it costs.

use axum::body::Body;
use axum::http::{HeaderName, Request, Version};

use super::desk::{Answered, Desk, refused};
use crate::base::{SessionId, limits};
use crate::http::leaving::LeavingSlot;
use crate::roster::{RosterBuilder, Shrink};

const GOOD: [(&str, &str); 6] = [
    ("host", "hub.test"),
    ("upgrade", "websocket"),
    ("connection", "keep-alive, Upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-protocol", "chat, preau.v1"),
];

fn request(seat: &str) -> Request<Body> {
    let mut request = Request::get(format!("/v1/socket?seat={seat}"));
    for (name, value) in GOOD {
        request = request.header(name, value);
    }
    request.extension(LeavingSlot::default()).body(Body::empty()).unwrap()
}

fn with(seat: &str, name: &str, value: &str) -> Request<Body> {
    let mut request = request(seat);
    let name: HeaderName = name.parse().unwrap();
    if value.is_empty() {
        request.headers_mut().remove(name);
    } else {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

async fn seat(desk: &Desk) -> String {
    let answer = desk.ask("pupil", "POST", "/v1/seat", "").await.json();
    answer["seat"].as_str().unwrap().to_owned()
}

async fn open(desk: &Desk, seat: &str) -> Answered {
    desk.send(request(seat)).await
}

#[tokio::test]
async fn a_good_handshake_is_answered_with_the_key_of_the_rfc() {
    let desk = Desk::new();
    let answer = open(&desk, &seat(&desk).await).await;
    assert_eq!(answer.status, 101);
    // The example of RFC 6455 §1.3.
    assert_eq!(answer.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(answer.header("sec-websocket-protocol"), "preau.v1");
    assert_eq!((answer.header("upgrade"), answer.header("connection")), ("websocket", "Upgrade"));
}

#[tokio::test]
async fn a_bad_handshake_is_refused_and_does_not_spend_the_seat() {
    let desk = Desk::new();
    let seat = seat(&desk).await;
    for (name, value) in [
        ("host", ""),
        ("upgrade", ""),
        ("upgrade", "h2c"),
        ("connection", ""),
        ("connection", "keep-alive"),
        ("sec-websocket-key", ""),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25j"),
        ("sec-websocket-key", "not base64"),
        ("sec-websocket-protocol", ""),
        ("sec-websocket-protocol", "preau.v2, PREAU.V1"),
    ] {
        let answer = desk.send(with(&seat, name, value)).await;
        assert_eq!(answer.problem(), refused(400, "bad_handshake"), "{name}: {value}");
    }
    for version in ["", "8", "12, 13"] {
        let answer = desk.send(with(&seat, "sec-websocket-version", version)).await;
        assert_eq!(answer.problem(), refused(426, "bad_handshake"), "{version}");
        assert_eq!(answer.header("sec-websocket-version"), "13");
    }
    let mut twice = request(&seat);
    twice.headers_mut().append("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".parse().unwrap());
    assert_eq!(desk.send(twice).await.problem(), refused(400, "bad_handshake"));
    let mut old = request(&seat);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(desk.send(old).await.problem(), refused(400, "bad_handshake"));
    let mut head = request(&seat);
    *head.method_mut() = axum::http::Method::HEAD;
    assert_eq!(desk.send(head).await.status, 400);
    assert_eq!(open(&desk, &seat).await.status, 101, "the seat is still good");
}

#[tokio::test]
async fn only_own_and_configured_origins_open_sockets() {
    let desk = Desk::new();
    for origin in
        ["https://evil.test", "null", "hub.test", "https://hub.test:8443", "https://hub.test.evil.test"]
    {
        let answer = desk.send(with(&seat(&desk).await, "origin", origin)).await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{origin}");
    }
    for origin in ["https://hub.test", "http://HUB.test", "https://app.test"] {
        let answer = desk.send(with(&seat(&desk).await, "origin", origin)).await;
        assert_eq!(answer.status, 101, "{origin}");
    }
}

#[tokio::test]
async fn a_seat_opens_one_socket_in_its_time() {
    let desk = Desk::new();
    let first = seat(&desk).await;
    assert_eq!(open(&desk, &first).await.status, 101);
    assert_eq!(open(&desk, &first).await.problem(), refused(403, "seat_spent"));
    assert_eq!(open(&desk, "AAAA").await.problem(), refused(403, "seat_invalid"));
    assert_eq!(open(&desk, "").await.problem(), refused(403, "seat_invalid"));
    let late = seat(&desk).await;
    desk.clock.advance(limits::SEAT_TTL);
    assert_eq!(open(&desk, &late).await.problem(), refused(403, "seat_expired"));
    let code = crate::base::metrics::CodeLabel { code: "seat_expired" };
    assert_eq!(desk.metrics.seats_refused.get_or_create(&code).get(), 1);
}

#[tokio::test]
async fn a_hub_that_shuts_down_opens_no_sockets() {
    let desk = Desk::new();
    let seat = seat(&desk).await;
    desk.drain.raise();
    assert_eq!(open(&desk, &seat).await.problem(), refused(503, "draining"));
}

#[tokio::test]
async fn an_account_that_leaves_between_seat_and_socket_is_unknown() {
    let desk = Desk::new();
    let seat = seat(&desk).await;
    let nobody = RosterBuilder::new().build();
    desk.edge.parts.directory.replace(nobody, Shrink::Allowed).unwrap();
    assert_eq!(open(&desk, &seat).await.problem(), refused(403, "unknown_account"));
}

#[tokio::test]
async fn a_handshake_outside_the_accept_loop_is_our_own_fault() {
    let desk = Desk::new();
    let mut request = request(&seat(&desk).await);
    request.extensions_mut().clear();
    assert_eq!(desk.send(request).await.problem(), refused(500, "internal"));
}

#[tokio::test]
async fn a_seat_that_replaces_another_session_ends_it_and_no_refusal_keeps_a_seat() {
    let desk = Desk::new();
    desk.gate.replace(SessionId(40));
    let taken = seat(&desk).await;
    assert_eq!(desk.gate.held(), 1, "reserved");
    assert_eq!(desk.send(with(&taken, "upgrade", "h2c")).await.status, 400);
    assert_eq!(*desk.hall.replaced.lock().unwrap(), [], "nothing was spent");
    // The slot of this request is dropped with it, as that of a connection that ends before its answer is out.
    assert_eq!(open(&desk, &taken).await.status, 101);
    assert_eq!(*desk.hall.replaced.lock().unwrap(), [SessionId(40)]);
    assert_eq!(desk.gate.held(), 0, "given back");
}
