//! Outgoing frames, encoded once and shared by every outbox that holds them (RFC 6455 §5.2; a server never masks).

use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};

use super::event;
use crate::base::Position;
use crate::base::limits::CLOSE_REASON_BYTES_MAX;

const FIN: u8 = 0x80;
const OPCODE: u8 = 0x0F;
const OPCODE_TEXT: u8 = 0x1;
const OPCODE_CLOSE: u8 = 0x8;
const OPCODE_PING: u8 = 0x9;
const OPCODE_PONG: u8 = 0xA;

/// A whole, unfragmented frame. A clone shares the bytes.
#[derive(Debug, Clone)]
pub struct Frame {
    bytes: Bytes,
    header_bytes: u8,
    named: Option<Arc<Named>>,
}

/// What a frame for many readers keeps for those of event streams.
#[derive(Debug)]
struct Named {
    position: Position,
    /// Written when the first of them is offered the frame, and shared by all.
    event: OnceLock<Bytes>,
}

/// What a frame carries, as its first byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    Text,
    Close,
    Ping,
    Pong,
    /// No frame: bytes that go out as they are.
    Verbatim,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        let position = |frame: &Self| frame.named.as_ref().map(|named| named.position);
        self.bytes == other.bytes && position(self) == position(other)
    }
}

impl Eq for Frame {}

impl Frame {
    /// A text frame.
    pub fn text(text: &str) -> Self {
        Self::encode(OPCODE_TEXT, text.as_bytes())
    }

    /// A ping without a body.
    pub fn ping() -> Self {
        const PING: [u8; 2] = [FIN | OPCODE_PING, 0];
        Self { bytes: Bytes::from_static(&PING), header_bytes: 2, named: None }
    }

    /// The answer to a ping: the same body, of which RFC 6455 §5.5 allows 125 bytes.
    pub fn pong(body: &[u8]) -> Self {
        Self::encode(OPCODE_PONG, body)
    }

    /// Bytes that go out as they are: what a peer is told before the first frame.
    pub fn verbatim(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), header_bytes: 0, named: None }
    }

    /// The same frame, which tells the reader of an event stream how far it has come.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        Self { named: Some(Arc::new(Named { position, event: OnceLock::new() })), ..self }
    }

    /// What the reader of an event stream is sent instead. Bytes that go out as they are stay so.
    pub(super) fn to_event(&self) -> Self {
        let written = |position| event::write(self.carries(), self.payload(), position);
        match (&self.named, self.carries()) {
            (_, Carries::Verbatim) => self.clone(),
            (Some(named), _) => {
                Self::verbatim(named.event.get_or_init(|| written(Some(named.position))).clone())
            }
            (None, _) => Self::verbatim(written(None)),
        }
    }

    fn carries(&self) -> Carries {
        match self.bytes.first().filter(|_| self.header_bytes > 0).map(|first| first & OPCODE) {
            Some(OPCODE_TEXT) => Carries::Text,
            Some(OPCODE_CLOSE) => Carries::Close,
            Some(OPCODE_PING) => Carries::Ping,
            Some(OPCODE_PONG) => Carries::Pong,
            _ => Carries::Verbatim,
        }
    }

    /// The bytes as they go out.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The payload without the frame's header.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(usize::from(self.header_bytes)..).unwrap_or_default()
    }

    fn encode(opcode: u8, payload: &[u8]) -> Self {
        let mut bytes = BytesMut::with_capacity(payload.len() + 10);
        bytes.put_u8(FIN | opcode);
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(short), _) if short < 126 => bytes.put_u8(short),
            (_, Ok(medium)) => {
                bytes.put_u8(126);
                bytes.put_u16(medium);
            }
            _ => {
                bytes.put_u8(127);
                bytes.put_u64(payload.len() as u64);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "a header is at most ten bytes long")]
        let header_bytes = bytes.len() as u8;
        bytes.put_slice(payload);
        Self { bytes: bytes.freeze(), header_bytes, named: None }
    }
}

/// A close frame with its code (RFC 6455 §7.4) and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    code: u16,
    frame: Frame,
}

impl CloseFrame {
    /// A close frame; a reason beyond [`CLOSE_REASON_BYTES_MAX`] is left out, since half a reason is none.
    pub fn new(code: u16, reason: &str) -> Self {
        let reason = if reason.len() <= CLOSE_REASON_BYTES_MAX { reason } else { "" };
        let mut payload = Vec::with_capacity(2 + reason.len());
        payload.put_u16(code);
        payload.extend_from_slice(reason.as_bytes());
        Self { code, frame: Frame::encode(OPCODE_CLOSE, &payload) }
    }

    /// A close frame without a code: the answer to one of its kind. Its code counts as 1005 (§7.1.5).
    pub fn empty() -> Self {
        Self { code: 1005, frame: Frame::encode(OPCODE_CLOSE, &[]) }
    }

    /// The code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The frame to write.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        let header = |payload: usize| {
            let frame = Frame::text(&"x".repeat(payload));
            frame.bytes()[..frame.bytes().len() - payload].to_vec()
        };
        assert_eq!(header(0), [0x81, 0]);
        assert_eq!(header(125), [0x81, 125]);
        assert_eq!(header(126), [0x81, 126, 0, 126]);
        assert_eq!(header(65_535), [0x81, 126, 0xFF, 0xFF]);
        assert_eq!(header(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(Frame::text("abc").payload(), b"abc");
    }

    #[test]
    fn a_close_frame_is_a_control_frame_whatever_its_reason() {
        let close = CloseFrame::new(4101, &"r".repeat(CLOSE_REASON_BYTES_MAX));
        assert_eq!(close.frame().bytes().len(), 2 + 125);
        assert_eq!(close.frame().bytes()[..4], [0x88, 125, 0x10, 0x05]);
        assert_eq!(
            CloseFrame::new(1000, &"r".repeat(CLOSE_REASON_BYTES_MAX + 1)).frame().bytes().len(),
            2 + 2
        );
    }
}
