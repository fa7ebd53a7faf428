//! Texts and frames as they come and go.

use preau::base::limits::PARTIAL_BYTES_MAX;
use preau::base::{
    AccountId, Audience, Body, Channel, Epoch, MessageId, NewPublication, Offset, Position, Publication,
    SchoolTime,
};
use preau::engine::Frame;
use preau::engine::inbound::{Inbound, Received};
use preau::engine::memory::client_frame;
use preau::protocol::{ClientMessage, server};

/// The messages that a client sends most, by name.
pub(crate) const MESSAGES: [(&str, &str); 4] = [
    ("ping", r#"{"type":"ping","id":1}"#),
    (
        "subscribe",
        r#"{"type":"subscribe","id":1,"channel":"class:2A","from":{"position":{"epoch":"abcd0001","offset":7}}}"#,
    ),
    (
        "acknowledge",
        r#"{"type":"acknowledge","channel":"class:2A","position":{"epoch":"abcd0001","offset":7}}"#,
    ),
    (
        "publish",
        r#"{"type":"publish","id":1,"channel":"class:2A","kind":"post","message_id":"0f8e2c1a","body":{"text":"Bring your books tomorrow: we read chapter four together, then you write half a page on it."}}"#,
    ),
];

/// Decodes a message that is right.
#[inline(never)]
pub(crate) fn decode(text: &str) -> ClientMessage {
    ClientMessage::parse(text).unwrap()
}

/// A post of a class.
pub(crate) fn publication() -> Publication {
    let new = NewPublication {
        channel: Channel::parse("class:2A").unwrap(),
        author: AccountId::parse("t.martin").unwrap(),
        message_id: MessageId::parse("0f8e2c1a").unwrap(),
        audience: Audience::EVERYONE,
        body: Body::post("Bring your books tomorrow: we read chapter four together.").unwrap(),
        published_at: SchoolTime(1_774_630_680_000),
        deliver_at: None,
        urgent: None,
    };
    Publication::at(new, Position { epoch: Epoch(0xABCD_0001), offset: Offset(7) })
}

/// Encodes a publication, frame included.
#[inline(never)]
pub(crate) fn encode(publication: &Publication) -> Frame {
    Frame::text(&server::publication(publication))
}

/// A client's frame with a payload of so many bytes.
pub(crate) fn masked(bytes: usize) -> Vec<u8> {
    client_frame(0x81, "x".repeat(bytes).as_bytes())
}

/// Takes the mask off a frame and checks its text; so many bytes are its payload.
#[inline(never)]
pub(crate) fn unmask(frame: &mut [u8]) -> usize {
    let mut bytes = 0;
    let received = Inbound::default().receive(frame, PARTIAL_BYTES_MAX, &mut |received| {
        if let Received::Text(text) = received {
            bytes += text.len();
        }
    });
    received.unwrap();
    bytes
}
