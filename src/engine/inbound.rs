//! The receiving half of one connection: bytes in any pieces become whole text messages and control frames.
//!
//! Pure: no socket, no clock. It owns no memory while nothing is partial: frames that lie whole in the shard's read
//! buffer are unmasked and checked in place, and only the rest of a partial frame or message moves into a boxed carry,
//! which is freed as soon as it is used up. A carry takes no more for a text than its caller grants. Texts are UTF-8; bad bytes are found at the first piece that holds them.

use std::str;

use super::header::{HEADER_BYTES_MAX, Header, Opcode, Violation, is_close_code, unmask};
use crate::base::limits::MESSAGE_FRAMES_MAX;

/// What the stream brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A ping and its body, at most 125 bytes.
    Ping(&'a [u8]),
    /// A pong. Its body is not needed: the hub's pings have none.
    Pong,
    /// A close frame and its code, if it held one. Nothing that follows it is looked at.
    Close(Option<u16>),
}

/// Where a connection's stream stands between two reads.
#[derive(Debug, Default)]
pub struct Inbound {
    carry: Option<Box<Carry>>,
}

/// What is kept of a frame or message that is not here whole.
#[derive(Debug, Default)]
struct Carry {
    /// The first bytes of a header.
    header: [u8; HEADER_BYTES_MAX],
    header_bytes: usize,
    /// The frame whose payload is being received, and how much of it has come.
    frame: Option<(Header, usize)>,
    /// The payload of a control frame.
    control: Vec<u8>,
    /// A text message's payload, without masks, and how much of it is known to be UTF-8.
    message: Vec<u8>,
    checked: usize,
    /// Text frames of the message that have begun.
    frames: usize,
    /// Whether a message has begun whose last frame has not.
    fragmented: bool,
}

impl Inbound {
    /// Takes bytes as they came, changing them in place, and hands on what they complete, in order. Returns after a
    /// close frame: the caller must not come again then. `room` is how many bytes may be kept of a text that is partial.
    ///
    /// # Errors
    /// The first violation; what came before it has been handed on, and nothing is kept. The caller must not come again.
    pub fn receive(
        &mut self,
        bytes: &mut [u8],
        room: usize,
        hand_on: &mut impl FnMut(Received<'_>),
    ) -> Result<(), Violation> {
        let received = self.receive_all(bytes, room, hand_on);
        if received.is_err() {
            self.carry = None;
        }
        received
    }

    /// Bytes that are kept of a partial text: what was asked of the allocator, not only what has come.
    pub fn text_bytes(&self) -> usize {
        self.carry.as_ref().map_or(0, |carry| carry.message.capacity())
    }

    fn receive_all(
        &mut self,
        bytes: &mut [u8],
        room: usize,
        hand_on: &mut impl FnMut(Received<'_>),
    ) -> Result<(), Violation> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let onward = if let Some(carry) = &mut self.carry {
                let onward = carry.receive(rest, room, hand_on)?;
                if carry.is_used_up() {
                    self.carry = None;
                }
                onward
            } else {
                self.receive_whole(rest, hand_on)?
            };
            let Some(unused) = onward else {
                self.carry = None;
                return Ok(());
            };
            rest = unused;
        }
        Ok(())
    }

    /// Whether memory is held for a partial frame or message.
    pub fn is_partial(&self) -> bool {
        self.carry.is_some()
    }

    /// Takes one frame that begins at the first byte. `None` after a close frame, else the bytes behind the frame.
    fn receive_whole<'b>(
        &mut self,
        bytes: &'b mut [u8],
        hand_on: &mut impl FnMut(Received<'_>),
    ) -> Result<Option<&'b mut [u8]>, Violation> {
        let whole = Header::parse(bytes, None)?
            .filter(|(header, used)| header.fin && bytes.len() - used >= header.payload_bytes);
        let Some((header, used)) = whole else {
            self.carry = Some(Box::default());
            return Ok(Some(bytes));
        };
        let (frame, rest) = bytes.split_at_mut(used + header.payload_bytes);
        let (_, payload) = frame.split_at_mut(used);
        unmask(payload, header.mask, 0);
        match header.opcode {
            Opcode::Text => {
                let text = str::from_utf8(payload).map_err(|_| Violation::NotUtf8)?;
                hand_on(Received::Text(text));
                Ok(Some(rest))
            }
            control => Ok(receive_control(control, payload, hand_on)?.then_some(rest)),
        }
    }
}

impl Carry {
    /// Takes bytes up to the end of one frame. `None` after a close frame, else the bytes behind it.
    fn receive<'b>(
        &mut self,
        bytes: &'b mut [u8],
        room: usize,
        hand_on: &mut impl FnMut(Received<'_>),
    ) -> Result<Option<&'b mut [u8]>, Violation> {
        let bytes = self.receive_header(bytes)?;
        let Some((header, offset)) = self.frame else {
            return Ok(Some(bytes));
        };
        let piece_bytes = bytes.len().min(header.payload_bytes - offset);
        let (piece, rest) = bytes.split_at_mut(piece_bytes);
        unmask(piece, header.mask, offset);
        match header.opcode {
            Opcode::Text => {
                self.make_room(piece_bytes, header.payload_bytes - offset, room)?;
                self.message.extend_from_slice(piece);
                self.check_text()?;
            }
            _ => self.control.extend_from_slice(piece),
        }
        if offset + piece_bytes < header.payload_bytes {
            self.frame = Some((header, offset + piece_bytes));
            return Ok(Some(rest));
        }
        self.frame = None;
        Ok(self.end_frame(header, hand_on)?.then_some(rest))
    }

    /// Sees to it that a frame is at hand, and gives the bytes behind its header. Without a frame afterwards, all bytes
    /// went into a header that is not complete.
    fn receive_header<'b>(&mut self, bytes: &'b mut [u8]) -> Result<&'b mut [u8], Violation> {
        if self.frame.is_some() {
            return Ok(bytes);
        }
        let known = self.header_bytes;
        let copied = bytes.len().min(HEADER_BYTES_MAX - known);
        let seen = known + copied;
        if let (Some(to), Some(from)) = (self.header.get_mut(known..seen), bytes.get(..copied)) {
            to.copy_from_slice(from);
        }
        let unfinished = self.fragmented.then_some(self.message.len());
        let seen_bytes = self.header.get(..seen).unwrap_or_default();
        let Some((header, used)) = Header::parse(seen_bytes, unfinished)? else {
            self.header_bytes = seen;
            return Ok(&mut []);
        };
        if header.opcode == Opcode::Text {
            self.frames += 1;
            if self.frames > MESSAGE_FRAMES_MAX {
                return Err(Violation::TooManyFrames);
            }
        }
        self.header_bytes = 0;
        self.frame = Some((header, 0));
        let (_, rest) = bytes.split_at_mut(used - known);
        Ok(rest)
    }

    /// Makes room for a piece of the message. It grows twofold, but not beyond the end of the frame, of which
    /// `frame_bytes` are missing: pieces of any size are copied seldom, and an announced length alone costs nothing.
    fn make_room(&mut self, piece_bytes: usize, frame_bytes: usize, room: usize) -> Result<(), Violation> {
        let known = self.message.len();
        if known + piece_bytes <= self.message.capacity() {
            return Ok(());
        }
        if known + piece_bytes > room {
            return Err(Violation::NoRoom);
        }
        let more = known.clamp(piece_bytes, frame_bytes.max(piece_bytes));
        self.message.reserve_exact(more.min(room - known));
        Ok(())
    }

    /// Fails at the first byte that no further byte could make UTF-8.
    fn check_text(&mut self) -> Result<(), Violation> {
        match str::from_utf8(self.message.get(self.checked..).unwrap_or_default()) {
            Ok(_) => self.checked = self.message.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Violation::NotUtf8),
        }
        Ok(())
    }

    /// Hands on what a frame completes. False after a close frame.
    fn end_frame(
        &mut self,
        header: Header,
        hand_on: &mut impl FnMut(Received<'_>),
    ) -> Result<bool, Violation> {
        if header.opcode != Opcode::Text {
            let onward = receive_control(header.opcode, &self.control, hand_on);
            self.control = Vec::new();
            return onward;
        }
        self.fragmented = !header.fin;
        if header.fin {
            let text = str::from_utf8(&self.message).map_err(|_| Violation::NotUtf8)?;
            hand_on(Received::Text(text));
        }
        // A carry is freed behind the end of its message, so nothing of it needs to be cleared.
        Ok(true)
    }

    fn is_used_up(&self) -> bool {
        !self.fragmented && self.frame.is_none() && self.header_bytes == 0
    }
}

/// Hands on a control frame whose payload is here. False after a close frame.
fn receive_control(
    opcode: Opcode,
    payload: &[u8],
    hand_on: &mut impl FnMut(Received<'_>),
) -> Result<bool, Violation> {
    match opcode {
        Opcode::Ping => hand_on(Received::Ping(payload)),
        Opcode::Pong | Opcode::Text => hand_on(Received::Pong),
        Opcode::Close => {
            hand_on(Received::Close(close_code(payload)?));
            return Ok(false);
        }
    }
    Ok(true)
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    if payload.is_empty() {
        return Ok(None);
    }
    let Some((&code, reason)) = payload.split_first_chunk::<2>() else {
        return Err(Violation::BadClose);
    };
    let code = u16::from_be_bytes(code);
    if !is_close_code(code) {
        return Err(Violation::BadClose);
    }
    str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(code))
}
