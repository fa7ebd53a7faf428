//! RFC 6455 over bare TCP: whatever a client does, it gets the right close code, and nobody else notices.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::hub::Hub;
use crate::support::raw::{Raw, close, frame};

on_both_engines! {
    each_violation_has_its_close_code_and_no_other_connection_notices,
    each_class_of_close_code_is_echoed_or_refused,
    messages_may_come_in_pieces_with_control_frames_between,
    what_comes_after_a_close_is_ignored_and_a_lost_stream_is_just_gone,
}

const PING_ID_1: &[u8] = br#"{"type":"ping","id":1}"#;

/// A header without payload: first byte, second byte, then whatever.
fn header(first: u8, second: u8, rest: &[u8]) -> Vec<u8> {
    [&[first, second], rest].concat()
}

/// What breaks the RFC, and the code that it must be closed with.
fn violations() -> Vec<(&'static str, Vec<u8>, u16)> {
    let long_control = frame(0x89, &[b'x'; 126]);
    let u64_be = |length: u64| length.to_be_bytes().to_vec();
    let masked = |mut length: Vec<u8>| {
        length.extend([1, 2, 3, 4]);
        length
    };
    let fragments = |parts: &[&[u8]]| parts.concat();
    vec![
        ("an unmasked frame", header(0x81, 0x02, b"{}"), 1002),
        ("reserved bit 1", frame(0xC1, PING_ID_1), 1002),
        ("reserved bit 2", frame(0xA1, PING_ID_1), 1002),
        ("reserved bit 3", frame(0x91, PING_ID_1), 1002),
        ("reserved data opcode 3", frame(0x83, PING_ID_1), 1002),
        ("reserved data opcode 7", frame(0x87, PING_ID_1), 1002),
        ("reserved control opcode 11", frame(0x8B, b""), 1002),
        ("reserved control opcode 15", frame(0x8F, b""), 1002),
        ("a fragmented ping", frame(0x09, b""), 1002),
        ("a fragmented close", frame(0x08, &[3, 232]), 1002),
        ("a ping of 126 bytes", long_control, 1002),
        ("a continuation of nothing", frame(0x80, b"x"), 1002),
        ("a message inside a message", fragments(&[&frame(0x01, b"{"), &frame(0x81, b"}")]), 1002),
        ("binary", frame(0x82, b"x"), 1003),
        ("binary in fragments", frame(0x02, b"x"), 1003),
        ("bad UTF-8", frame(0x81, b"\xff\xfe"), 1007),
        ("a surrogate", frame(0x81, b"\xed\xa0\x80"), 1007),
        ("an overlong form", frame(0x81, b"\xc0\xaf"), 1007),
        ("a cut character", frame(0x81, b"\xe2\x82"), 1007),
        (
            "bad UTF-8 over two fragments",
            fragments(&[&frame(0x01, b"\xe2"), &frame(0x80, b"\x28\xa1")]),
            1007,
        ),
        ("one byte too many", header(0x81, 0xFF, &masked(u64_be(65_537))), 1009),
        ("four GiB", header(0x81, 0xFF, &masked(u64_be(1 << 32))), 1009),
        ("a length with its high bit set", header(0x81, 0xFF, &masked(u64_be(1 << 63))), 1002),
        ("a length of 5 in 16 bits", header(0x81, 0xFE, &[0, 5, 1, 2, 3, 4, 0, 0, 0, 0, 0]), 1002),
        (
            "too much in fragments",
            fragments(&[&frame(0x01, &[b'x'; 40_000]), &frame(0x80, &[b'x'; 40_000])]),
            1009,
        ),
        ("a close of one byte", frame(0x88, &[3]), 1002),
        ("a close with bad UTF-8", close(1000, b"\xff"), 1007),
    ]
}

async fn each_violation_has_its_close_code_and_no_other_connection_notices(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut bystander = Client::join(&hub, "s-a-01").await;
    bystander.subscribe("class:2a", json!("now")).await;
    for (name, bytes, expected) in violations() {
        let mut raw = Raw::join(&hub, "s-a-00").await;
        raw.send(&bytes).await;
        assert_eq!(raw.close_code().await, expected, "{name}");
        assert_eq!(raw.next().await, None, "{name}: nothing comes after the close");
    }
    hub.post("t-a", "class:2a", "m1", "text").await;
    assert_eq!(bystander.wait_type("publication").await["body"]["text"], "text");
    assert_eq!(crate::support::client::texts(&bystander.drain().await), Vec::<String>::new());
}

async fn each_class_of_close_code_is_echoed_or_refused(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        let mut raw = Raw::join(&hub, "s-a-00").await;
        raw.send(&close(code, b"bye")).await;
        assert_eq!(raw.close_code().await, code, "a code that may be sent is echoed");
        assert_eq!(raw.next().await, None);
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        let mut raw = Raw::join(&hub, "s-a-00").await;
        raw.send(&close(code, b"")).await;
        assert_eq!(raw.close_code().await, 1002, "{code} may not be sent");
    }
    let mut raw = Raw::join(&hub, "s-a-00").await;
    raw.send(&frame(0x88, b"")).await;
    assert!(matches!(raw.close_code().await, 1000 | 1005), "a close without a code");
}

async fn messages_may_come_in_pieces_with_control_frames_between(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut raw = Raw::join(&hub, "s-a-00").await;
    let (head, tail) = PING_ID_1.split_at(7);
    raw.send(
        &[frame(0x01, head), frame(0x89, b"are you there"), frame(0x00, b""), frame(0x80, tail)].concat(),
    )
    .await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(raw.next().await.unwrap());
    }
    let pong = answers.iter().find(|answer| answer.first == 0x8A).expect("a pong");
    assert_eq!(pong.payload, b"are you there", "RFC 6455 §5.5.3: with the ping's own words");
    let text = answers.iter().find(|answer| answer.first == 0x81).expect("an answer");
    let text: Value = serde_json::from_slice(&text.payload).unwrap();
    assert_eq!((&text["type"], &text["id"]), (&json!("pong"), &json!(1)));

    // One byte at a time, as the worst network would.
    for byte in frame(0x81, PING_ID_1) {
        raw.send(&[byte]).await;
    }
    assert_eq!(raw.next().await.unwrap().first, 0x81);
    // Two messages in one packet.
    raw.send(&[frame(0x81, PING_ID_1), frame(0x81, PING_ID_1)].concat()).await;
    assert_eq!((raw.next().await.unwrap().first, raw.next().await.unwrap().first), (0x81, 0x81));
    // A character cut between two fragments is whole.
    let text = r#"{"type":"ping","id":1,"x":"é"}"#.as_bytes();
    let cut = text.iter().position(|byte| *byte == 0xC3).unwrap() + 1;
    raw.send(&[frame(0x01, &text[..cut]), frame(0x80, &text[cut..])].concat()).await;
    assert_eq!(raw.next().await.unwrap().first, 0x81);
}

async fn what_comes_after_a_close_is_ignored_and_a_lost_stream_is_just_gone(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut raw = Raw::join(&hub, "t-a").await;
    let publish = br#"{"type":"publish","id":1,"channel":"class:2a","kind":"post","message_id":"m","body":{"text":"late"}}"#;
    raw.send(&[close(1000, b""), frame(0x81, publish)].concat()).await;
    assert_eq!(raw.close_code().await, 1000);
    drop(Raw::join(&hub, "s-a-00").await);
    let mut half = Raw::join(&hub, "s-a-00").await;
    half.send(&frame(0x81, publish)[..20]).await;
    drop(half);
    assert_eq!(hub.log_of("t-a", "class:2a").await, []);
}
