//! The header of a client's frame, judged as early as its bytes allow (RFC 6455 §5.2, §5.5), and close codes (§7.4).
//!
//! Pure. A header that comes out of here can't be wrong: its payload may be read without further doubts.

use crate::base::limits::MESSAGE_BYTES_MAX;

/// Bytes of the longest header: two, a 64-bit length, a mask.
pub(super) const HEADER_BYTES_MAX: usize = 14;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7F;
/// The largest length that §5.2 allows: the highest bit is clear.
const LENGTH_MAX: u64 = u64::MAX >> 1;
const CONTROL_BYTES_MAX: usize = 125;

/// How a peer broke the protocol. Each maps to one close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A client's frame without a mask (§5.1).
    #[error("frame without a mask")]
    Unmasked,
    /// A reserved bit without an extension that gives it a meaning (§5.2).
    #[error("reserved bit")]
    ReservedBit,
    /// An opcode that the RFC reserves (§5.2).
    #[error("reserved opcode")]
    ReservedOpcode,
    /// A control frame that is fragmented or longer than 125 bytes (§5.5).
    #[error("control frame fragmented or too long")]
    BadControl,
    /// A continuation of nothing, or a new message inside an unfinished one (§5.4).
    #[error("fragments out of order")]
    BadFragment,
    /// A length that is not in its shortest form, or with its highest bit set (§5.2).
    #[error("bad length")]
    BadLength,
    /// A close frame with half a code, or a code that must not be sent (§7.4).
    #[error("bad close code")]
    BadClose,
    /// A binary message: the hub speaks text only (§7.4.1, 1003).
    #[error("binary message")]
    Binary,
    /// A text message or a close reason that is not UTF-8 (§8.1).
    #[error("not UTF-8")]
    NotUtf8,
    /// A message beyond [`MESSAGE_BYTES_MAX`], in one frame or in fragments (§7.4.1, 1009).
    #[error("message too big")]
    TooBig,
    /// A message of more than [`MESSAGE_FRAMES_MAX`](crate::base::limits::MESSAGE_FRAMES_MAX) frames (as above).
    #[error("message in too many frames")]
    TooManyFrames,
    /// A message that is not here whole, while other partial ones take the room that there is (as above).
    #[error("no room for a partial message")]
    NoRoom,
}

impl Violation {
    /// The code of the close frame that answers it.
    pub fn code(self) -> u16 {
        match self {
            Self::Unmasked
            | Self::ReservedBit
            | Self::ReservedOpcode
            | Self::BadControl
            | Self::BadFragment
            | Self::BadLength
            | Self::BadClose => 1002,
            Self::Binary => 1003,
            Self::NotUtf8 => 1007,
            Self::TooBig | Self::TooManyFrames | Self::NoRoom => 1009,
        }
    }
}

/// What a frame holds. A continuation is text: nothing else can have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Text,
    Close,
    Ping,
    Pong,
}

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    pub(super) mask: [u8; 4],
    pub(super) payload_bytes: usize,
}

impl Header {
    /// Reads a header and how many bytes it took; `None` while bytes are missing. `unfinished` is the length so far of
    /// a fragmented message, if one has begun.
    pub(super) fn parse(bytes: &[u8], unfinished: Option<usize>) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let opcode = opcode(first, unfinished.is_some())?;
        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let short = usize::from(second & LENGTH);
        if opcode != Opcode::Text && short > CONTROL_BYTES_MAX {
            return Err(Violation::BadControl);
        }
        let Some((payload_bytes, rest)) = length(short, rest)? else {
            return Ok(None);
        };
        if opcode == Opcode::Text && unfinished.unwrap_or(0) + payload_bytes > MESSAGE_BYTES_MAX {
            return Err(Violation::TooBig);
        }
        let Some((&mask, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let header = Self { opcode, fin: first & FIN != 0, mask, payload_bytes };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

fn opcode(first: u8, inside: bool) -> Result<Opcode, Violation> {
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBit);
    }
    let opcode = match (first & OPCODE, inside) {
        (0x0, true) | (0x1, false) => return Ok(Opcode::Text),
        (0x0, false) | (0x1 | 0x2, true) => return Err(Violation::BadFragment),
        (0x2, false) => return Err(Violation::Binary),
        (0x8, _) => Opcode::Close,
        (0x9, _) => Opcode::Ping,
        (0xA, _) => Opcode::Pong,
        _ => return Err(Violation::ReservedOpcode),
    };
    if first & FIN == 0 {
        return Err(Violation::BadControl);
    }
    Ok(opcode)
}

/// The payload's length and what follows it. A length that can't be held is cut to one that is too big anyway.
fn length(short: usize, rest: &[u8]) -> Result<Option<(usize, &[u8])>, Violation> {
    match short {
        126 => {
            let Some((&length, rest)) = rest.split_first_chunk::<2>() else {
                return Ok(None);
            };
            let length = u16::from_be_bytes(length);
            if length < 126 {
                return Err(Violation::BadLength);
            }
            Ok(Some((usize::from(length), rest)))
        }
        127 => {
            let Some((&length, rest)) = rest.split_first_chunk::<8>() else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(length);
            if length > LENGTH_MAX || u16::try_from(length).is_ok() {
                return Err(Violation::BadLength);
            }
            Ok(Some((usize::try_from(length).unwrap_or(usize::MAX / 2), rest)))
        }
        _ => Ok(Some((short, rest))),
    }
}

/// Whether a peer may send this code (§7.4.1, §7.4.2 and the registry that it founds).
pub(super) fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Takes the mask off a stretch of a payload that begins `offset` bytes into it (§5.3).
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4], offset: usize) {
    let mut key = mask;
    key.rotate_left(offset % 4);
    let mut words = payload.chunks_exact_mut(4);
    for word in &mut words {
        for (byte, key) in word.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_judged_as_soon_as_it_can_be() {
        let judged = |bytes: &[u8], unfinished| Header::parse(bytes, unfinished).unwrap_err();
        assert_eq!(judged(&[0xC1], None), Violation::ReservedBit);
        assert_eq!(judged(&[0x83], None), Violation::ReservedOpcode);
        assert_eq!(judged(&[0x8B], None), Violation::ReservedOpcode);
        assert_eq!(judged(&[0x09], None), Violation::BadControl);
        assert_eq!(judged(&[0x82], None), Violation::Binary);
        assert_eq!(judged(&[0x80], None), Violation::BadFragment);
        assert_eq!(judged(&[0x81], Some(0)), Violation::BadFragment);
        assert_eq!(judged(&[0x81, 0x05], None), Violation::Unmasked);
        assert_eq!(judged(&[0x89, 0xFE], None), Violation::BadControl);
        assert_eq!(judged(&[0x81, 0xFE, 0, 125], None), Violation::BadLength);
        assert_eq!(judged(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], None), Violation::BadLength);
        assert_eq!(judged(&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], None), Violation::BadLength);
        assert_eq!(judged(&[0x81, 0xFF, 0x7F, 0, 0, 0, 0, 0, 0, 0], None), Violation::TooBig);
        assert_eq!(judged(&[0x80, 0x82], Some(MESSAGE_BYTES_MAX - 1)), Violation::TooBig);
    }

    #[test]
    fn a_header_waits_for_its_last_byte() {
        let whole = [0x81, 0xFE, 0, 126, 1, 2, 3, 4, 0xAA];
        for missing in 0..8 {
            assert_eq!(Header::parse(&whole[..missing], None), Ok(None));
        }
        let header = Header { opcode: Opcode::Text, fin: true, mask: [1, 2, 3, 4], payload_bytes: 126 };
        assert_eq!(Header::parse(&whole, None), Ok(Some((header, 8))));
    }

    #[test]
    fn close_codes_are_those_of_the_registry() {
        let accepted: Vec<u16> = (0..=u16::MAX).filter(|code| is_close_code(*code)).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(accepted, expected);
    }

    #[test]
    fn a_mask_comes_off_in_any_pieces() {
        let mut whole: Vec<u8> = (0..23).collect();
        let mut pieces = whole.clone();
        unmask(&mut whole, [9, 8, 7, 6], 0);
        let (left, right) = pieces.split_at_mut(5);
        unmask(left, [9, 8, 7, 6], 0);
        unmask(right, [9, 8, 7, 6], 5);
        assert_eq!(whole, pieces);
        assert_eq!(whole[..4], [9, 9, 5, 5]);
    }
}
