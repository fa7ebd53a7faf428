//! The Pusher protocol, version 7, as Sockudo speaks it: events in JSON, publications by signed POST. Sockudo 5 answers
//! each with `Connection: close`: what was sent behind it on the same connection is never read.
//!
//! The application's key and secret are for a server of our own on loopback: `subject::sockudo` writes them into its
//! configuration.

use std::borrow::Cow;

use aws_lc_rs::hmac;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::{Dialect, Door, Heard, Message, Upgrade};

/// The application of the run.
pub(crate) const APP_ID: &str = "preau";
/// Its key.
pub(crate) const APP_KEY: &str = "preau-key";
/// Its secret.
pub(crate) const APP_SECRET: &str = "preau-secret";

/// The event that carries publications.
const EVENT: &str = "publication";

/// See the module.
pub(crate) struct Pusher {
    secret: hmac::Key,
    /// Seconds since 1970: a signature is good for ten minutes.
    now_s: fn() -> i64,
}

impl Pusher {
    pub(crate) fn new(now_s: fn() -> i64) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes()), now_s }
    }

    /// The query of a request, with the signature that covers it and the body.
    fn signed(&self, path: &str, body: &str) -> String {
        let query = format!(
            "auth_key={APP_KEY}&auth_timestamp={}&auth_version=1.0&body_md5={}",
            (self.now_s)(),
            hex(&Md5::digest(body.as_bytes()))
        );
        let signature = hmac::sign(&self.secret, format!("POST\n{path}\n{query}").as_bytes());
        format!("{query}&auth_signature={}", hex(signature.as_ref()))
    }
}

/// What the server says. `data` is text that holds JSON, or JSON itself, by event.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a serde_json::value::RawValue>,
}

/// A publication.
#[derive(Serialize)]
struct Trigger<'a> {
    name: &'a str,
    channel: String,
    data: &'a str,
}

impl Dialect for Pusher {
    fn follower(&self, _: &str) -> Upgrade {
        let path = format!("/app/{APP_KEY}?protocol=7&client=preau-loadtest&version=1");
        Upgrade { path, subprotocol: None }
    }

    fn opening(&self, channel: &str) -> Vec<Message> {
        let channel = named(channel);
        vec![Message::Text(format!(r#"{{"event":"pusher:subscribe","data":{{"channel":"{channel}"}}}}"#))]
    }

    fn confirmations(&self) -> usize {
        1
    }

    fn hear(&self, message: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        let Ok(event) = serde_json::from_slice::<Event<'_>>(message) else {
            return heard(Heard::Refused(String::from_utf8_lossy(message).into_owned()));
        };
        let said = event.data.map_or("", serde_json::value::RawValue::get);
        match event.event.as_ref() {
            EVENT => match serde_json::from_str::<Cow<'_, str>>(said) {
                Ok(payload) => heard(Heard::Delivery(payload.as_bytes())),
                Err(_) => heard(Heard::Refused(format!("a publication that is no text: {said}"))),
            },
            "pusher_internal:subscription_succeeded" => heard(Heard::Confirmed),
            "pusher:ping" => {
                heard(Heard::Answer(Message::Text(r#"{"event":"pusher:pong","data":{}}"#.into())));
            }
            "pusher:error" | "pusher:subscription_error" => heard(Heard::Refused(said.to_owned())),
            // `pusher:connection_established`, and counts of subscribers.
            _ => {}
        }
    }

    fn door(&self) -> Door {
        Door::HttpOnce
    }

    fn publisher(&self) -> (Upgrade, Vec<Message>) {
        (self.follower(""), Vec::new())
    }

    fn publish(&self, channel: &str, payload: &str) -> Message {
        let trigger = Trigger { name: EVENT, channel: named(channel), data: payload };
        let body = serde_json::to_string(&trigger).unwrap_or_default();
        let path = format!("/apps/{APP_ID}/events");
        let query = self.signed(&path, &body);
        Message::Text(format!(
            "POST {path}?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

/// A channel's name as the protocol allows it, which has no colon.
fn named(channel: &str) -> String {
    channel.replace(':', "-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |hex, byte| format!("{hex}{byte:02x}"))
}
