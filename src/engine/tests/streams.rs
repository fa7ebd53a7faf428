//! Properties of the receiver: how a stream is cut makes no difference, and no bytes can make it fail otherwise than
//! by a typed violation.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::engine::header::Violation;
use crate::engine::inbound::{Inbound, Received};
use crate::engine::memory::{Arrival, client_frame, take_arrivals};
use crate::engine::{CloseFrame, Frame};

/// [`Received`] without a lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Got {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

/// One thing that a client does.
#[derive(Debug, Clone)]
enum Act {
    /// A message in fragments, each followed by a ping if there is a body for one.
    Text(String, Vec<(usize, Option<Vec<u8>>)>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn act() -> impl Strategy<Value = Act> {
    let body = || vec(any::<u8>(), 0..=125);
    let cuts = vec((0..200_usize, proptest::option::of(body())), 0..5);
    let text = prop_oneof![9 => "\\PC{0,200}".boxed(), 1 => "[a-é]{60000,65000}".prop_map(clip).boxed()];
    prop_oneof![
        4 => (text, cuts).prop_map(|(text, cuts)| Act::Text(text, cuts)),
        1 => body().prop_map(Act::Ping),
        1 => body().prop_map(Act::Pong),
    ]
}

fn clip(mut text: String) -> String {
    text.truncate((0..=65_536).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0));
    text
}

/// The bytes of what a client does, and what a server must make of them. Fragments are cut anywhere, also inside a
/// character.
fn stream(acts: &[Act]) -> (Vec<u8>, Vec<Got>) {
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Text(text, cuts) => {
                let mut rest = text.as_bytes();
                let mut opcode = 0x01;
                for (cut, ping) in cuts {
                    let (piece, behind) = rest.split_at(rest.len().min(*cut));
                    bytes.extend(client_frame(opcode, piece));
                    if let Some(body) = ping {
                        bytes.extend(client_frame(0x89, body));
                        expected.push(Got::Ping(body.clone()));
                    }
                    rest = behind;
                    opcode = 0x00;
                }
                bytes.extend(client_frame(0x80 | opcode, rest));
                expected.push(Got::Text(text.clone()));
            }
            Act::Ping(body) => {
                bytes.extend(client_frame(0x89, body));
                expected.push(Got::Ping(body.clone()));
            }
            Act::Pong(body) => {
                bytes.extend(client_frame(0x8A, body));
                expected.push(Got::Pong);
            }
        }
    }
    (bytes, expected)
}

/// Feeds a stream in pieces of these lengths, over and over, until a close or a violation.
fn receive(stream: &[u8], lengths: &[usize]) -> (Vec<Got>, Result<bool, Violation>) {
    let mut inbound = Inbound::default();
    let mut got = Vec::new();
    let mut rest = stream.to_vec();
    let mut lengths = lengths.iter().cycle();
    while !rest.is_empty() {
        let length = lengths.next().map_or(rest.len(), |length| rest.len().min(*length));
        let mut piece: Vec<u8> = rest.drain(..length).collect();
        let mut closed = false;
        let received = inbound.receive(&mut piece, usize::MAX, &mut |received| {
            got.push(match received {
                Received::Text(text) => Got::Text(text.to_owned()),
                Received::Ping(body) => Got::Ping(body.to_vec()),
                Received::Pong => Got::Pong,
                Received::Close(code) => {
                    closed = true;
                    Got::Close(code)
                }
            });
        });
        if let Err(violation) = received {
            return (got, Err(violation));
        }
        if closed {
            break;
        }
    }
    (got, Ok(inbound.is_partial()))
}

/// Bytes that often look like frames.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let frame = (any::<u8>(), vec(any::<u8>(), 0..200)).prop_map(|(first, body)| client_frame(first, &body));
    let likely = (prop::sample::select(vec![0x01, 0x00, 0x80, 0x81, 0x88, 0x89]), "\\PC{0,20}")
        .prop_map(|(first, body)| client_frame(first, body.as_bytes()));
    let bytes = vec(any::<u8>(), 0..30);
    vec(prop_oneof![4 => likely, 1 => frame, 1 => bytes], 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cut_of_a_valid_stream_gives_the_same_messages(
        acts in vec(act(), 0..8),
        lengths in vec(1..3_000_usize, 1..6),
    ) {
        let (bytes, expected) = stream(&acts);
        prop_assert_eq!(receive(&bytes, &lengths), (expected.clone(), Ok(false)));
        prop_assert_eq!(receive(&bytes, &[]), (expected, Ok(false)));
    }

    #[test]
    fn any_cut_of_any_bytes_gives_the_same_end(bytes in noise(), lengths in vec(1..40_usize, 1..6)) {
        let whole = receive(&bytes, &[]);
        prop_assert_eq!(&receive(&bytes, &lengths), &whole);
        prop_assert_eq!(&receive(&bytes, &[1]), &whole);
    }

    #[test]
    fn what_is_encoded_can_be_decoded(text in "\\PC{0,300}", copies in 1..400_usize, body in vec(any::<u8>(), 0..=125)) {
        let text = text.repeat(copies);
        let frames = [
            Frame::text(&text),
            Frame::pong(&body),
            Frame::ping(),
            CloseFrame::new(4321, "why").frame().clone(),
            CloseFrame::empty().frame().clone(),
        ];
        let mut bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.bytes().to_vec()).collect();
        prop_assert_eq!(frames[0].payload(), text.as_bytes());
        prop_assert_eq!(
            take_arrivals(&mut bytes),
            [Arrival::Text(text), Arrival::Pong(body), Arrival::Ping, Arrival::Close(Some(4321)), Arrival::Close(None)]
        );
        prop_assert!(bytes.is_empty());
    }
}
