//! Frames as Server-Sent Events (WHATWG HTML §9.2): the same texts, for networks that let no WebSocket through.
//!
//! A text is one event without a name. A position is its id, which the reader shows when it comes back. What would be a
//! ping is a comment; a close is the event `close` with what a close frame holds: the number and, behind a space, the
//! reason. It must not know what a text says; none holds a line break, since JSON writes those otherwise.

use std::fmt::Write as _;

use bytes::Bytes;

use super::frame::Carries;
use crate::base::Position;

/// Says nothing, and keeps the line open.
const COMMENT: &[u8] = b":\n\n";

/// The event of a frame.
pub(super) fn write(carries: Carries, payload: &[u8], position: Option<Position>) -> Bytes {
    let text = String::from_utf8_lossy(payload);
    match (carries, payload.split_at_checked(2)) {
        (Carries::Text, _) => text_event(&text, position),
        (Carries::Close, Some((number, reason))) => {
            let number = u16::from_be_bytes([number[0], number[1]]);
            format!("event: close\ndata: {number} {}\n\n", String::from_utf8_lossy(reason)).into()
        }
        (Carries::Close, None) => Bytes::from_static(b"event: close\ndata: \n\n"),
        (Carries::Ping | Carries::Pong | Carries::Verbatim, _) => Bytes::from_static(COMMENT),
    }
}

fn text_event(text: &str, position: Option<Position>) -> Bytes {
    let mut event = String::with_capacity(text.len() + 48);
    if let Some(Position { epoch, offset }) = position {
        let _ = writeln!(event, "id: {epoch}-{offset}");
    }
    event.push_str("data: ");
    event.push_str(text);
    event.push_str("\n\n");
    event.into()
}

#[cfg(test)]
mod tests {
    use crate::base::{Epoch, Offset, Position};
    use crate::engine::{CloseFrame, Frame};

    fn event(frame: &Frame) -> String {
        String::from_utf8(frame.to_event().bytes().to_vec()).unwrap()
    }

    #[test]
    fn each_frame_is_an_event() {
        assert_eq!(event(&Frame::text("{}")), "data: {}\n\n");
        let position = Position { epoch: Epoch(0x1f2e_3d4c), offset: Offset(42) };
        assert_eq!(event(&Frame::text("{}").at(position)), "id: 1f2e3d4c-42\ndata: {}\n\n");
        let long = "x".repeat(70_000);
        assert_eq!(event(&Frame::text(&long)), format!("data: {long}\n\n"));
        assert_eq!(event(&Frame::ping()), ":\n\n");
        assert_eq!(
            event(CloseFrame::new(4200, r#"{"code":"idle"}"#).frame()),
            "event: close\ndata: 4200 {\"code\":\"idle\"}\n\n"
        );
        assert_eq!(event(&Frame::verbatim("HTTP/1.1 200 OK\r\n\r\n")), "HTTP/1.1 200 OK\r\n\r\n");
    }

    #[test]
    fn readers_of_one_publication_share_its_event() {
        let frame = Frame::text("{}").at(Position { epoch: Epoch(1), offset: Offset(1) });
        let (first, second) = (frame.to_event(), frame.clone().to_event());
        assert_eq!(first.bytes().as_ptr(), second.bytes().as_ptr());
    }
}
