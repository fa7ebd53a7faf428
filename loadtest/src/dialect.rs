//! How the servers that we compare ourselves with are spoken to. Pure: text in, text out; sockets are `link`'s.
//!
//! préau's own clients, with seats, positions and rights, are `pupil`'s; a peer's client subscribes to one channel and
//! counts what comes.

mod nats;
pub(crate) mod plain;
pub(crate) mod pusher;

/// A WebSocket message's payload, or with [`Door::Http`] a whole HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

/// The upgrade request of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upgrade {
    /// Path and query.
    pub(crate) path: String,
    /// The subprotocol that is offered.
    pub(crate) subprotocol: Option<&'static str>,
}

/// What a server's message says. One message may say several things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// A subscription stands.
    Confirmed,
    /// A publication's payload, as it was published.
    Delivery(&'a [u8]),
    /// This must be answered with this.
    Answer(Message),
    /// Something was refused, in the server's words.
    Refused(String),
}

/// By what door publications go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// A WebSocket connection of its own, opened by [`Dialect::publisher`]. Nothing answers a publication there.
    WebSocket,
    /// One kept-alive HTTP connection: requests one after another without waiting, answers counted.
    Http,
    /// An HTTP connection for each publication, one after the other: the server closes each with its answer.
    HttpOnce,
}

/// One peer's way of speaking.
pub(crate) trait Dialect {
    /// The upgrade of a client that follows `channel`.
    fn follower(&self, channel: &str) -> Upgrade;

    /// What that client says first, once upgraded.
    fn opening(&self, channel: &str) -> Vec<Message>;

    /// How many [`Heard::Confirmed`] make a subscription; 0 if the upgrade does.
    fn confirmations(&self) -> usize;

    /// What a message says.
    fn hear(&self, message: &[u8], heard: &mut dyn FnMut(Heard<'_>));

    /// By what door publications go in.
    fn door(&self) -> Door;

    /// The upgrade of the connection that publishes, and what it says first.
    fn publisher(&self) -> (Upgrade, Vec<Message>);

    /// One publication. With [`Door::Http`] a whole request with its `Host` and length.
    fn publish(&self, channel: &str, payload: &str) -> Message;
}

/// The dialect of this name.
pub(crate) fn named(name: &str) -> Option<Box<dyn Dialect>> {
    match name {
        "plain" => Some(Box::new(plain::Plain(Door::WebSocket))),
        "nchan" => Some(Box::new(plain::Plain(Door::Http))),
        "nats" => Some(Box::new(nats::Nats)),
        "pusher" => Some(Box::new(pusher::Pusher::new(|| jiff::Timestamp::now().as_second()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a dialect hears in a message, in words.
    pub(super) fn said(dialect: &dyn Dialect, message: &[u8]) -> Vec<String> {
        let mut said = Vec::new();
        dialect.hear(message, &mut |heard| {
            said.push(match heard {
                Heard::Confirmed => "confirmed".to_owned(),
                Heard::Delivery(payload) => format!("delivery {}", String::from_utf8_lossy(payload)),
                Heard::Answer(Message::Text(text)) => format!("answer {text}"),
                Heard::Answer(Message::Binary(bytes)) => {
                    format!("answer {}", String::from_utf8_lossy(&bytes))
                }
                Heard::Refused(words) => format!("refused {words}"),
            });
        });
        said
    }

    #[test]
    fn what_the_subjects_speak_has_a_name() {
        assert!(["plain", "nchan", "nats", "pusher"].iter().all(|name| named(name).is_some()));
        assert!(named("preau").is_none(), "préau's clients are pupils");
    }
}
