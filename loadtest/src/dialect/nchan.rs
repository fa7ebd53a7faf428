//! nginx with nchan: followers by WebSocket, publications by POST on one kept-alive connection.
//!
//! Its subscriber endpoint answers 101 when it has put the follower into the channel, so that the upgrade confirms.
//! The paths are those of the configuration that `subject::nchan` writes.

use super::{Dialect, Door, Heard, Message, Upgrade};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nchan;

impl Dialect for Nchan {
    fn follower(&self, channel: &str) -> Upgrade {
        Upgrade { path: format!("/follow/{channel}"), subprotocol: None }
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
        Door::Http
    }

    fn publisher(&self) -> (Upgrade, Vec<Message>) {
        (Upgrade { path: "/publish".to_owned(), subprotocol: None }, Vec::new())
    }

    fn publish(&self, channel: &str, payload: &str) -> Message {
        Message::Text(format!(
            "POST /publish/{channel} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{payload}",
            payload.len()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::said;
    use super::*;

    #[test]
    fn a_publication_is_a_whole_request_with_its_length_in_bytes() {
        let Message::Text(request) = Nchan.publish("class:7", "été") else { panic!("text") };
        assert_eq!(
            request,
            "POST /publish/class:7 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nété"
        );
    }

    #[test]
    fn a_message_is_the_payload_alone() {
        assert_eq!(said(&Nchan, b"0 0 x hello"), ["delivery 0 0 x hello"]);
    }
}
