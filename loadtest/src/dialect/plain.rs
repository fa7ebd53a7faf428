//! The plain dialect: a channel is a path, each message is a payload, and the upgrade confirms.
//!
//! The servers of our own comparison speak it (`floor`, `axum`, `ws`), and nginx with nchan on the paths that `subject::nchan`
//! configures. All take a follower before they answer 101. What differs is the door: on a WebSocket a publication names its
//! channel in its first line and has no answer; by HTTP it is a POST.

use super::{Dialect, Door, Heard, Message, Upgrade};

/// The path below which followers connect; the rest is the channel.
pub(crate) const FOLLOW: &str = "/follow/";
/// Where the connection that publishes connects; by HTTP the channel follows.
pub(crate) const PUBLISH: &str = "/publish";

/// See the module. By which door publications go in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain(pub(crate) Door);

impl Dialect for Plain {
    fn follower(&self, channel: &str) -> Upgrade {
        Upgrade { path: format!("{FOLLOW}{channel}"), subprotocol: None }
    }

    fn opening(&self, _: &str) -> Vec<Message> {
        Vec::new()
    }

    fn confirmations(&self) -> usize {
        0
    }

    fn hear(&self, message: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        heard(Heard::Delivery(message));
    }

    fn door(&self) -> Door {
        self.0
    }

    fn publisher(&self) -> (Upgrade, Vec<Message>) {
        (Upgrade { path: PUBLISH.to_owned(), subprotocol: None }, Vec::new())
    }

    fn publish(&self, channel: &str, payload: &str) -> Message {
        let length = payload.len();
        Message::Text(match self.0 {
            Door::WebSocket => format!("{channel}\n{payload}"),
            Door::Http | Door::HttpOnce => format!(
                "POST {PUBLISH}/{channel} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{payload}"
            ),
        })
    }
}

/// The channel and the payload of a publication by WebSocket, as a server reads it.
pub(crate) fn publication(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = message.iter().position(|byte| *byte == b'\n')?;
    let (channel, payload) = message.split_at(end);
    payload.get(1..).map(|payload| (channel, payload))
}

#[cfg(test)]
mod tests {
    use super::super::tests::said;
    use super::*;

    const PLAIN: Plain = Plain(Door::WebSocket);

    #[test]
    fn a_publication_is_read_as_it_was_written() {
        let Message::Text(text) = PLAIN.publish("class:7", "two\nlines") else { panic!("text") };
        assert_eq!(text, "class:7\ntwo\nlines");
        assert_eq!(publication(text.as_bytes()), Some((&b"class:7"[..], &b"two\nlines"[..])));
        assert_eq!(publication(b"no channel"), None);
    }

    #[test]
    fn by_http_a_publication_is_a_whole_request_with_its_length_in_bytes() {
        let Message::Text(request) = Plain(Door::Http).publish("class:7", "été") else { panic!("text") };
        assert_eq!(
            request,
            "POST /publish/class:7 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nété"
        );
    }

    #[test]
    fn each_message_is_a_delivery() {
        assert_eq!(said(&PLAIN, b"0 0 x a payload"), ["delivery 0 0 x a payload"]);
        assert_eq!(PLAIN.follower("class:7").path, "/follow/class:7");
    }
}
