//! `GET /v1/stream`: one channel as Server-Sent Events, read only, for networks that let no WebSocket through.
//!
//! The same seat opens it, and the same slot serves it: the socket leaves HTTP at once, and the hub writes the answer from
//! its first byte on. The body ends with the connection.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse as _, Response};

use super::edge::Edge;
use super::guard::{NO_PAGE, safe_headers};
use super::handshake::check_origin;
use super::leaving::{Leaving, LeavingSlot};
use super::problem::{Problem, ProblemBody};
use super::publish::channel_of;
use super::seating;
use crate::access::{self, Subscribe};
use crate::base::metrics::CodeLabel;
use crate::base::{Channel, Epoch, Offset, Position, ReplayFrom, limits};
use crate::engine::Frame;
use crate::protocol::ErrorCode;
use crate::session::Following;

/// What a reader shows who comes back (WHATWG HTML §9.2).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What the address asks for.
#[derive(Default)]
struct Asked {
    seat: Option<String>,
    channel: Option<String>,
    from: Option<String>,
}

/// Follows one channel as a stream of events.
#[utoipa::path(
    get, path = "/v1/stream", tag = "socket",
    params(
        ("seat" = String, Query, description = "From `POST /v1/seat`: once, within thirty seconds."),
        ("channel" = String, Query, description = "The channel's name.", example = "class:3a"),
        ("from" = Option<String>, Query, description = "A position as `epoch-offset`, `now`, or `last-` and a number; `now` if absent. The header `Last-Event-ID` comes before it."),
    ),
    responses(
        (status = 200, description = "Server-Sent Events from here on; the event `close` is the last.", content_type = "text/event-stream"),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 403, description = "`seat_invalid`, `seat_expired`, `seat_spent`, `unknown_account`, or `not_allowed` for the channel or a foreign origin.", body = ProblemBody),
        (status = 405, description = "`method_not_allowed`.", body = ProblemBody),
        (status = 503, description = "`draining` or `busy`.", body = ProblemBody),
    )
)]
pub(super) async fn stream(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    match leave(&edge, &request) {
        // The connection is taken apart before anything could answer.
        Ok(()) => std::future::pending().await,
        Err(problem) => {
            let code = problem.code().as_str();
            edge.parts.metrics.seats_refused.get_or_create(&CodeLabel { code }).inc();
            problem.into_response()
        }
    }
}

fn leave(edge: &Edge, request: &Request) -> Result<(), Problem> {
    if request.method() != Method::GET {
        return Err(Problem::new(ErrorCode::MethodNotAllowed));
    }
    let slot = request.extensions().get::<LeavingSlot>().cloned();
    let slot = slot.ok_or(Problem::new(ErrorCode::Internal))?;
    check_origin(request.headers(), &edge.parts.allowed_origins)?;
    let asked = Asked::of(request)?;
    let channel = channel_of(asked.channel.as_deref().unwrap_or_default())?;
    let from = from(request.headers(), asked.from.as_deref())?;
    let visitor = seating::sit(edge, asked.seat.as_deref(), |roster, identity| {
        let subscribe = access::may(roster, identity, Subscribe { channel: Channel::clone(&channel) })?;
        Ok(Some(Following { subscribe, from }))
    })?;
    slot.put(Leaving { visitor, answer: Some(head(edge.parts.is_https)) });
    Ok(())
}

impl Asked {
    fn of(request: &Request) -> Result<Self, Problem> {
        let malformed = || Problem::new(ErrorCode::Malformed).because("the query can't be read");
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map_err(|_| malformed())?;
        let mut asked = Self::default();
        for (name, value) in query.0 {
            match name.as_str() {
                "seat" => asked.seat = Some(value),
                "channel" => asked.channel = Some(value),
                "from" => asked.from = Some(value),
                // Unknown parameters are ignored, as unknown fields are.
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// Where to begin: after what the reader has, which it shows in a header when it comes back by itself.
fn from(headers: &HeaderMap, asked: Option<&str>) -> Result<ReplayFrom, Problem> {
    let shown = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or("?"));
    let text = shown.filter(|id| !id.is_empty()).or(asked).unwrap_or("now");
    let parsed = match text.split_once('-') {
        None if text == "now" => Some(ReplayFrom::Now),
        Some(("last", count)) => {
            let count = count.parse().ok().filter(|count| (1..=limits::LAST_MAX).contains(count));
            count.map(ReplayFrom::Last)
        }
        Some((epoch, offset)) => position(epoch, offset).map(ReplayFrom::Position),
        None => None,
    };
    let expected = "a stream begins from a position (epoch-offset), from now, or from last-1 to last-100";
    parsed.ok_or_else(|| Problem::new(ErrorCode::Malformed).because(expected))
}

fn position(epoch: &str, offset: &str) -> Option<Position> {
    let offset = offset.parse().ok().filter(|offset| *offset < 1 << 53)?;
    Some(Position { epoch: Epoch::parse(epoch).ok()?, offset: Offset(offset) })
}

/// The head of the answer. Its body has no length: it ends with the connection.
fn head(is_https: bool) -> Frame {
    let mut head = String::from(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\
         x-accel-buffering: no\r\nconnection: close\r\n",
    );
    let no_page = (header::CONTENT_SECURITY_POLICY, NO_PAGE);
    for (name, value) in safe_headers(is_https).chain([no_page]) {
        head.extend([name.as_str(), ": ", value.to_str().unwrap_or_default(), "\r\n"]);
    }
    head.push_str("\r\n");
    Frame::verbatim(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(id: Option<&str>, asked: Option<&str>) -> Option<ReplayFrom> {
        let mut headers = HeaderMap::new();
        if let Some(id) = id {
            headers.insert(LAST_EVENT_ID, id.parse().unwrap());
        }
        from(&headers, asked).ok()
    }

    #[test]
    fn where_to_begin_is_read_strictly_and_the_header_comes_first() {
        let at = |offset| Some(ReplayFrom::Position(Position { epoch: Epoch(0xAB), offset: Offset(offset) }));
        assert_eq!(begins(None, None), Some(ReplayFrom::Now));
        assert_eq!(begins(None, Some("000000ab-7")), at(7));
        assert_eq!(begins(Some("000000ab-9"), Some("000000ab-7")), at(9));
        assert_eq!(begins(Some(""), Some("last-100")), Some(ReplayFrom::Last(100)));
        for wrong in ["", "last", "last-0", "last-101", "000000AB-7", "000000ab-9007199254740992", "ab--1"] {
            assert_eq!(begins(None, Some(wrong)), None, "{wrong}");
        }
    }
}
