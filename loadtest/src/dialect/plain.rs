//! The plain dialect, which the servers of our own comparison speak (`floor`, `axum`, `ws`): a channel is a path.
//!
//! A follower's upgrade is its subscription: these servers take it before they answer 101. Publications are not answered.

use super::{Dialect, Door, Heard, Message, Upgrade};

/// The path below which followers connect; the rest is the channel.
pub(crate) const FOLLOW: &str = "/follow/";
/// Where the connection that publishes connects.
pub(crate) const PUBLISH: &str = "/publish";

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

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
        Door::WebSocket
    }

    fn publisher(&self) -> (Upgrade, Vec<Message>) {
        (Upgrade { path: PUBLISH.to_owned(), subprotocol: None }, Vec::new())
    }

    fn publish(&self, channel: &str, payload: &str) -> Message {
        Message::Text(format!("{channel}\n{payload}"))
    }
}

/// The channel and the payload of a publication, as a server reads it.
pub(crate) fn publication(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = message.iter().position(|byte| *byte == b'\n')?;
    let (channel, payload) = message.split_at(end);
    payload.get(1..).map(|payload| (channel, payload))
}

#[cfg(test)]
mod tests {
    use super::super::tests::said;
    use super::*;

    #[test]
    fn a_publication_is_read_as_it_was_written() {
        let Message::Text(text) = Plain.publish("class:7", "two\nlines") else { panic!("text") };
        assert_eq!(text, "class:7\ntwo\nlines");
        assert_eq!(publication(text.as_bytes()), Some((&b"class:7"[..], &b"two\nlines"[..])));
        assert_eq!(publication(b"no channel"), None);
    }

    #[test]
    fn each_message_is_a_delivery() {
        assert_eq!(said(&Plain, b"a payload"), ["delivery a payload"]);
        assert_eq!(Plain.follower("class:7").path, "/follow/class:7");
    }
}
