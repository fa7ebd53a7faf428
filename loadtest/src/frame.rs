//! WebSocket frames as a client writes and reads them (RFC 6455 §5). Pure: bytes in, bytes out.
//!
//! What a client sends is masked; what it reads must not be. Payloads are read in place.

/// A text message.
pub(crate) const TEXT: u8 = 0x1;
/// A binary message.
pub(crate) const BINARY: u8 = 0x2;
/// The end of the conversation.
pub(crate) const CLOSE: u8 = 0x8;
/// A question whether the other side lives.
pub(crate) const PING: u8 = 0x9;
/// Its answer.
pub(crate) const PONG: u8 = 0xA;
/// More of a message.
pub(crate) const CONTINUATION: u8 = 0x0;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// The length follows in two bytes, or in eight.
const SHORT: u8 = 0x7E;
/// See above.
const LONG: u8 = 0x7F;

/// A frame at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// What it is.
    pub(crate) opcode: u8,
    /// Whether its message ends with it.
    pub(crate) is_final: bool,
    /// What it holds.
    pub(crate) payload: &'a [u8],
    /// How many bytes it took.
    pub(crate) taken: usize,
}

/// Why bytes are no frame that a server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// Reserved bits are extensions', and none was agreed on.
    #[error("reserved_bits")]
    Reserved,
    /// A server does not mask.
    #[error("masked")]
    Masked,
    /// Longer than is read at once.
    #[error("too_long")]
    TooLong,
}

/// The first frame, if all of it is there.
pub(crate) fn read(bytes: &[u8], max: usize) -> Result<Option<Frame<'_>>, FrameError> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0x70 != 0 {
        return Err(FrameError::Reserved);
    }
    if second & MASKED != 0 {
        return Err(FrameError::Masked);
    }
    let (length, rest) = match second {
        SHORT => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
            None => return Ok(None),
        },
        LONG => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        length => (u64::from(length), rest),
    };
    let head = bytes.len() - rest.len();
    let length = usize::try_from(length).map_err(|_| FrameError::TooLong)?;
    if length > max.saturating_sub(head) {
        return Err(FrameError::TooLong);
    }
    let frame =
        |payload| Frame { opcode: first & 0xF, is_final: first & FINAL != 0, payload, taken: head + length };
    Ok(rest.get(..length).map(frame))
}

/// Appends a whole message as one masked frame.
pub(crate) fn write(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: [u8; 4]) {
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => out.push(MASKED | length),
        (_, Ok(length)) => {
            out.push(MASKED | SHORT);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(MASKED | LONG);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What we write, as a server would read it: opcode and payload.
    fn unmasked(bytes: &[u8]) -> (u8, Vec<u8>) {
        assert_eq!(bytes[1] & MASKED, MASKED);
        let head = match bytes[1] & 0x7F {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask = &bytes[head..head + 4];
        let payload = bytes[head + 4..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        (bytes[0], payload.collect())
    }

    #[test]
    fn what_is_written_can_be_unmasked_at_every_length() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..=255).cycle().take(length).collect();
            let mut out = Vec::new();
            write(&mut out, BINARY, &payload, [1, 2, 3, 4]);
            assert_eq!(unmasked(&out), (FINAL | BINARY, payload), "{length}");
        }
    }

    #[test]
    fn a_frame_is_read_once_all_of_it_is_there() {
        for length in [0_usize, 5, 125, 126, 300, 70_000] {
            let mut bytes = vec![FINAL | TEXT];
            match length {
                0..126 => bytes.push(u8::try_from(length).unwrap()),
                126..65_536 => {
                    bytes.push(126);
                    bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend_from_slice(&(length as u64).to_be_bytes());
                }
            }
            bytes.resize(bytes.len() + length, b'x');
            for cut in [0, 1, bytes.len() - 1] {
                assert_eq!(read(&bytes[..cut], 100_000), Ok(None), "{cut} of {length}");
            }
            bytes.push(FINAL | PING);
            let frame = read(&bytes, 100_000).unwrap().unwrap();
            assert_eq!((frame.opcode, frame.is_final, frame.payload.len()), (TEXT, true, length));
            assert_eq!(frame.taken, bytes.len() - 1);
        }
    }

    #[test]
    fn what_a_server_must_not_send_is_told() {
        assert_eq!(read(&[FINAL | 0x40 | TEXT, 0], 100), Err(FrameError::Reserved));
        assert_eq!(read(&[FINAL | TEXT, MASKED], 100), Err(FrameError::Masked));
        assert_eq!(read(&[FINAL | TEXT, 126, 255, 255], 100), Err(FrameError::TooLong));
    }
}
