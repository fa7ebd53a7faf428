//! What clients say. Parsed once, into types that can't be wrong; a refusal keeps the request's id, if one could be read.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::deed::Deed;
use super::error::ErrorCode;
use crate::base::{
    Audience, Body, Channel, Kind, MessageId, Position, Reason, ReplayFrom, SchoolTime, limits,
};

/// The client's number for a request; its answer carries the same.
pub type RequestId = u32;

/// One message from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// Follow a channel.
    Subscribe {
        /// The request.
        id: RequestId,
        /// The channel.
        channel: Channel,
        /// Where to begin.
        from: ReplayFrom,
    },
    /// Stop following a channel.
    Unsubscribe {
        /// The request.
        id: RequestId,
        /// The channel.
        channel: Channel,
    },
    /// Send a publication.
    Publish {
        /// The request.
        id: RequestId,
        /// Where to.
        channel: Channel,
        /// The sender's own name for it; the same again is answered, not stored twice.
        message_id: MessageId,
        /// Whom it is for.
        audience: Audience,
        /// What it says.
        body: Body,
        /// When it is to be published, if not now.
        publish_at: Option<SchoolTime>,
        /// Why it is urgent, if it is.
        urgent: Option<Reason>,
    },
    /// Everything of a channel up to here has been taken in.
    Acknowledge {
        /// The channel.
        channel: Channel,
        /// The last position that was taken in.
        position: Position,
    },
    /// Ask for a sign of life and the time.
    Ping {
        /// The request.
        id: RequestId,
    },
    /// Replace the connection's token before it ends.
    Refresh {
        /// The request.
        id: RequestId,
        /// The new token.
        token: String,
    },
    /// Whether the client's page can be seen now.
    Visibility {
        /// Whether it can't.
        hidden: bool,
    },
    /// Do something in a lesson.
    Lesson {
        /// The request.
        id: RequestId,
        /// The class's channel.
        channel: Channel,
        /// The sender's own name for a deed that stands in the log.
        message_id: Option<MessageId>,
        /// What.
        deed: Deed,
    },
}

/// Why a message was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The request's id, if the message held one.
    pub id: Option<RequestId>,
    /// [`ErrorCode::Malformed`], [`ErrorCode::UnknownType`] or [`ErrorCode::InvalidBody`].
    pub code: ErrorCode,
    /// What was expected, without what was sent.
    pub message: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    id: Option<RequestId>,
}

#[derive(Deserialize)]
struct Subscribe {
    id: RequestId,
    channel: Channel,
    from: From,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum From {
    Position(Position),
    Now,
    Last(usize),
}

#[derive(Deserialize)]
struct Unsubscribe {
    id: RequestId,
    channel: Channel,
}

#[derive(Deserialize)]
struct Publish<'a> {
    id: RequestId,
    channel: Channel,
    kind: Kind,
    message_id: MessageId,
    audience: Option<Audience>,
    #[serde(borrow)]
    body: &'a RawValue,
    #[serde(rename = "publish_at")]
    at: Option<SchoolTime>,
    urgent: Option<Urgent>,
}

#[derive(Deserialize)]
struct Urgent {
    reason: Reason,
}

#[derive(Deserialize)]
struct Acknowledge {
    channel: Channel,
    position: Position,
}

#[derive(Deserialize)]
struct Ping {
    id: RequestId,
}

#[derive(Deserialize)]
struct Refresh {
    id: RequestId,
    token: String,
}

#[derive(Deserialize)]
struct Visibility {
    hidden: bool,
}

#[derive(Deserialize)]
struct Lesson {
    id: RequestId,
    channel: Channel,
    message_id: Option<MessageId>,
    #[serde(flatten)]
    deed: Deed,
}

impl ClientMessage {
    /// Parses one text message.
    ///
    /// # Errors
    /// A [`Refusal`] that says what was expected.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |id, code, message: &str| Refusal { id, code, message: message.to_owned() };
        if depth_exceeds(text, limits::MESSAGE_DEPTH_MAX) {
            let message = format!("messages nest at most {} deep", limits::MESSAGE_DEPTH_MAX);
            return Err(refuse(None, ErrorCode::Malformed, &message));
        }
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| {
            refuse(None, ErrorCode::Malformed, "expected a JSON object with a type and a numeric id")
        })?;
        let id = envelope.id;
        match envelope.kind.as_ref() {
            "subscribe" => subscribe(id, text),
            "unsubscribe" => {
                let Unsubscribe { id, channel } = fields(id, text)?;
                Ok(Self::Unsubscribe { id, channel })
            }
            "publish" => publish(id, text),
            "acknowledge" => {
                let Acknowledge { channel, position } = fields(id, text)?;
                Ok(Self::Acknowledge { channel, position })
            }
            "ping" => {
                let Ping { id } = fields(id, text)?;
                Ok(Self::Ping { id })
            }
            "refresh" => {
                let Refresh { id, token } = fields(id, text)?;
                Ok(Self::Refresh { id, token })
            }
            "visibility" => {
                let Visibility { hidden } = fields(id, text)?;
                Ok(Self::Visibility { hidden })
            }
            "lesson" => lesson(id, text),
            _ => Err(refuse(
                id,
                ErrorCode::UnknownType,
                "the types are subscribe, unsubscribe, publish, lesson, acknowledge, ping, refresh and visibility",
            )),
        }
    }
}

/// The id of a request that is not going to be parsed, if it holds one.
pub fn request_id(text: &str) -> Option<RequestId> {
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    envelope.id
}

fn subscribe(id: Option<RequestId>, text: &str) -> Result<ClientMessage, Refusal> {
    let Subscribe { id, channel, from } = fields(id, text)?;
    let from = match from {
        From::Position(position) => ReplayFrom::Position(position),
        From::Now => ReplayFrom::Now,
        From::Last(count) if (1..=limits::LAST_MAX).contains(&count) => ReplayFrom::Last(count),
        From::Last(_) => {
            let message = format!("last is 1 to {}", limits::LAST_MAX);
            return Err(Refusal { id: Some(id), code: ErrorCode::Malformed, message });
        }
    };
    Ok(ClientMessage::Subscribe { id, channel, from })
}

fn publish(id: Option<RequestId>, text: &str) -> Result<ClientMessage, Refusal> {
    let Publish { id, channel, kind, message_id, audience, body, at: publish_at, urgent } = fields(id, text)?;
    let body = Body::sent(kind, body.get()).map_err(|error| Refusal {
        id: Some(id),
        code: ErrorCode::InvalidBody,
        message: error.to_string(),
    })?;
    let audience = audience.unwrap_or(Audience::EVERYONE);
    let urgent = urgent.map(|urgent| urgent.reason);
    Ok(ClientMessage::Publish { id, channel, message_id, audience, body, publish_at, urgent })
}

fn lesson(id: Option<RequestId>, text: &str) -> Result<ClientMessage, Refusal> {
    let Lesson { id, channel, message_id, deed } = fields(id, text)?;
    if deed.is_durable() && message_id.is_none() {
        let message = "what stands in the log needs a message_id".to_owned();
        return Err(Refusal { id: Some(id), code: ErrorCode::Malformed, message });
    }
    Ok(ClientMessage::Lesson { id, channel, message_id, deed })
}

fn fields<'a, T: Deserialize<'a>>(id: Option<RequestId>, text: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| Refusal {
        id,
        code: ErrorCode::Malformed,
        message: expectation(&error),
    })
}

/// Serde's message up to its place, without the value that was found: it may hold a pupil's words.
pub(crate) fn expectation(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    if let Some((_, expected)) = message.split_once(", expected ") {
        return format!("expected {expected}");
    }
    if error.is_data() { message.to_owned() } else { "not JSON".to_owned() }
}

/// Whether brackets outside strings nest deeper than `max`. Looks at bytes only, so it is safe on what is not JSON.
pub(crate) fn depth_exceeds(text: &str, max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return true;
        }
    }
    false
}
