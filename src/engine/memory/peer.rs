//! The test's end of an in-memory connection: a client that does exactly what it is told.
//!
//! It answers nothing by itself: no pong, no close frame. Dropped, it is lost.

use std::sync::{Arc, OnceLock};

use super::stream::Stream;
use crate::engine::connections::Readiness;

const OPCODE_CONTINUATION: u8 = 0x0;
const OPCODE_TEXT: u8 = 0x1;
const OPCODE_CLOSE: u8 = 0x8;
const OPCODE_PING: u8 = 0x9;
const OPCODE_PONG: u8 = 0xA;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// One frame that reached a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// A text message.
    Text(String),
    /// A ping.
    Ping,
    /// A pong and its body.
    Pong(Vec<u8>),
    /// A close frame and its code, if it held one.
    Close(Option<u16>),
    /// A frame that a server has no reason to send: its first byte and its payload.
    Other(u8, Vec<u8>),
}

/// The peer of a [`super::MemorySocket`].
#[derive(Debug)]
pub struct MemoryPeer {
    stream: Arc<Stream>,
    close_reason: OnceLock<String>,
}

impl MemoryPeer {
    pub(super) fn new(stream: Arc<Stream>) -> Self {
        Self { stream, close_reason: OnceLock::new() }
    }

    /// Sends a whole text message.
    pub fn send_text(&self, text: &str) {
        self.send_bytes(&client_frame(FIN | OPCODE_TEXT, text.as_bytes()));
    }

    /// Sends a text message in one frame per piece.
    pub fn send_fragments(&self, pieces: &[&str]) {
        for (index, piece) in pieces.iter().enumerate() {
            let opcode = if index == 0 { OPCODE_TEXT } else { OPCODE_CONTINUATION };
            let fin = if index + 1 == pieces.len() { FIN } else { 0 };
            self.send_bytes(&client_frame(fin | opcode, piece.as_bytes()));
        }
    }

    /// Sends a ping.
    pub fn ping(&self, body: &[u8]) {
        self.send_bytes(&client_frame(FIN | OPCODE_PING, body));
    }

    /// Sends a pong without a body.
    pub fn pong(&self) {
        self.send_bytes(&client_frame(FIN | OPCODE_PONG, &[]));
    }

    /// Sends a close frame.
    pub fn close(&self, code: Option<u16>) {
        let payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
        self.send_bytes(&client_frame(FIN | OPCODE_CLOSE, &payload));
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&self, bytes: &[u8]) {
        let mut state = self.stream.lock();
        state.to_set.extend(bytes);
        state.raise(Readiness { readable: true, ..Readiness::default() });
    }

    /// Goes away without a word: what was sent can still be read, but writes to it fail.
    pub fn lose(&self) {
        let mut state = self.stream.lock();
        state.lost = true;
        state.raise(Readiness { readable: true, hung_up: true, writable: true });
    }

    /// Reads no more: `room` further bytes fit on the way, then the set's socket takes none.
    pub fn stop_reading(&self, room: usize) {
        self.stream.lock().room = Some(room);
    }

    /// Reads so many bytes more, and then stops again.
    pub fn read_some(&self, bytes: usize) {
        let mut state = self.stream.lock();
        state.room = Some(state.room.unwrap_or(0) + bytes);
        state.raise(Readiness { writable: true, ..Readiness::default() });
    }

    /// Reads again, as fast as anything comes.
    pub fn resume_reading(&self) {
        let mut state = self.stream.lock();
        state.room = None;
        state.raise(Readiness { writable: true, ..Readiness::default() });
    }

    /// Takes the whole frames that have come. Part of a frame stays until its rest is there.
    pub fn arrived(&self) -> Vec<Arrival> {
        let mut stream = self.stream.lock();
        let mut bytes = stream.to_peer.as_slice();
        while let Some((first, payload, frame_bytes)) = frame(bytes) {
            if first == FIN | OPCODE_CLOSE {
                let reason = payload.get(2..).unwrap_or_default();
                // A second close frame would be a fault that the arrivals show.
                let _ = self.close_reason.set(String::from_utf8_lossy(reason).into_owned());
            }
            bytes = bytes.get(frame_bytes..).unwrap_or_default();
        }
        take_arrivals(&mut stream.to_peer)
    }

    /// The reason of the close frame that has arrived; none before.
    pub fn close_reason(&self) -> Option<&str> {
        self.close_reason.get().map(String::as_str)
    }

    /// Takes the bytes that have come.
    pub fn arrived_bytes(&self) -> Vec<u8> {
        std::mem::take(&mut self.stream.lock().to_peer)
    }

    /// How many writes brought what has come since the beginning.
    pub fn writes(&self) -> usize {
        self.stream.lock().writes
    }

    /// Whether the set's end is closed: nothing more will come.
    pub fn is_over(&self) -> bool {
        self.stream.lock().ended
    }
}

impl Drop for MemoryPeer {
    fn drop(&mut self) {
        self.lose();
    }
}

/// A client's frame, masked: `first` is its first byte, opcode and flags, right or wrong.
pub fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => frame.push(MASKED | short),
        (_, Ok(medium)) => {
            frame.push(MASKED | 0x7E);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(MASKED | 0x7F);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Takes the whole server's frames that `bytes` begin with.
pub(in crate::engine) fn take_arrivals(bytes: &mut Vec<u8>) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    let mut taken = 0;
    while let Some((arrival, frame_bytes)) = arrival(bytes.get(taken..).unwrap_or_default()) {
        arrivals.push(arrival);
        taken += frame_bytes;
    }
    bytes.drain(..taken);
    arrivals
}

/// The server's frame at the start of `bytes` and its length; `None` if it is not whole.
fn arrival(bytes: &[u8]) -> Option<(Arrival, usize)> {
    let (first, payload, frame_bytes) = frame(bytes)?;
    let other = || Arrival::Other(first, payload.to_vec());
    let arrival = match first ^ FIN {
        OPCODE_TEXT => String::from_utf8(payload.to_vec()).map_or_else(|_| other(), Arrival::Text),
        OPCODE_PING => Arrival::Ping,
        OPCODE_PONG => Arrival::Pong(payload.to_vec()),
        OPCODE_CLOSE => Arrival::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
        _ => other(),
    };
    Some((arrival, frame_bytes))
}

/// The first byte, the payload and the length of the frame at the start of `bytes`; `None` if it is not whole.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&[first, short], rest) = bytes.split_first_chunk()?;
    let (payload_bytes, rest) = match short {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let payload = rest.get(..payload_bytes)?;
    Some((first, payload, bytes.len() - rest.len() + payload_bytes))
}
