//! `GET /v1/socket`: the WebSocket handshake (RFC 6455 §4.2), paid with a seat.
//!
//! The seat is spent last, so a clumsy handshake does not cost it. The answer is written by the HTTP connection's task;
//! when it has gone out, [`Waiting::hand_over`] gives the bare socket to the hub. No task of its own, nothing to leak.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tungstenite::handshake::derive_accept_key;

use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use super::stream::Stream;
use crate::access::Identity;
use crate::base::metrics::CodeLabel;
use crate::hub::{Front, Handler, Overloaded};
use crate::protocol::{ErrorCode, SUBPROTOCOL};
use crate::session::Visitor;

/// Where upgraded sockets go.
pub trait Entrance: Send + Sync + 'static {
    /// Takes a socket that has been upgraded, with what was read past its handshake.
    ///
    /// # Errors
    /// [`Overloaded`]; the socket is closed then.
    fn join(&self, socket: TcpStream, leftover: Bytes, visitor: Visitor) -> Result<(), Overloaded>;
}

impl<H: Handler<Visitor = Visitor>> Entrance for Front<TcpStream, H> {
    fn join(&self, socket: TcpStream, leftover: Bytes, visitor: Visitor) -> Result<(), Overloaded> {
        Self::join(self, socket, leftover, visitor)
    }
}

/// The upgrade that one HTTP connection waits for, if any. The connection's task puts it into each request.
#[derive(Clone, Default)]
pub(super) struct UpgradeSlot(Arc<Mutex<Option<Waiting>>>);

/// A handshake that was answered, and who will sit on the socket.
pub(super) struct Waiting {
    upgrade: OnUpgrade,
    visitor: Visitor,
}

impl UpgradeSlot {
    fn put(&self, waiting: Waiting) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
    }

    /// The upgrade, if a request of this connection asked for one.
    pub(super) fn take(&self) -> Option<Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Waiting {
    /// Waits until the answer has gone out and gives the socket to the hub.
    pub(super) async fn hand_over(self, entrance: &dyn Entrance) {
        let session = self.visitor.session;
        let Ok(upgraded) = self.upgrade.await else {
            tracing::debug!(%session, "the socket ended during its handshake");
            return;
        };
        let Ok(parts) = upgraded.downcast::<TokioIo<Stream<tokio::net::TcpStream>>>() else {
            tracing::error!(%session, "the upgraded connection is not a socket");
            return;
        };
        let Ok(socket) = parts.io.into_inner().into_inner().into_std() else {
            tracing::debug!(%session, "the socket ended during its handshake");
            return;
        };
        if entrance.join(socket, parts.read_buf, self.visitor).is_err() {
            tracing::warn!(%session, "the hub takes no more connections at the moment");
        }
    }
}

/// Opens a socket.
#[utoipa::path(
    get, path = "/v1/socket", tag = "socket",
    params(("seat" = String, Query, description = "From `POST /v1/seat`: once, within thirty seconds.")),
    responses(
        (status = 101, description = "The WebSocket subprotocol `preau.v1` from here on."),
        (status = 400, description = "`bad_handshake`, or `malformed` if the address holds a token.", body = ProblemBody),
        (status = 403, description = "`seat_invalid`, `seat_expired`, `seat_spent`, `unknown_account`, or `not_allowed` for a foreign origin.", body = ProblemBody),
        (status = 426, description = "`bad_handshake`: another WebSocket version than 13.", body = ProblemBody),
        (status = 503, description = "`draining` or `busy`.", body = ProblemBody),
    )
)]
pub(super) async fn socket(State(edge): State<Arc<Edge>>, mut request: Request) -> Response {
    match accept(&edge, &mut request) {
        Ok(response) => response,
        Err(problem) => {
            let code = problem.code().as_str();
            edge.parts.metrics.seats_refused.get_or_create(&CodeLabel { code }).inc();
            problem.into_response()
        }
    }
}

fn accept(edge: &Edge, request: &mut Request) -> Result<Response, Problem> {
    let accept_key = handshake(request)?;
    check_origin(request.headers(), &edge.parts.allowed_origins)?;
    if edge.parts.drain.is_raised() {
        return Err(Problem::new(ErrorCode::Draining));
    }
    let slot = request.extensions().get::<UpgradeSlot>().cloned();
    let slot = slot.ok_or(Problem::new(ErrorCode::Internal))?;
    let granted = edge.parts.seats.spend(&seat(request.uri())?, edge.parts.clock.machine())?;
    let identity = Identity::of(&edge.parts.directory.current(), &granted.account)
        .ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    slot.put(Waiting {
        upgrade: hyper::upgrade::on(request),
        visitor: Visitor { session: granted.session, identity, token_expires_at: granted.token_expires_at },
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

/// RFC 6455 §4.2.1, clause by clause; the value of `Sec-WebSocket-Accept`.
fn handshake(request: &Request) -> Result<HeaderValue, Problem> {
    let bad = |detail| Problem::new(ErrorCode::BadHandshake).because(detail);
    let headers = request.headers();
    if request.method() != Method::GET || request.version() < Version::HTTP_11 {
        return Err(bad("a handshake is a GET of HTTP/1.1"));
    }
    if !names(headers, &header::UPGRADE, "websocket") || !names(headers, &header::CONNECTION, "upgrade") {
        return Err(bad("a handshake has Upgrade: websocket and Connection: Upgrade"));
    }
    if !headers.contains_key(header::HOST) {
        return Err(bad("a handshake has a Host"));
    }
    if single(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
        // §4.4: the answer names the version that is spoken here.
        return Err(bad("the WebSocket version is 13")
            .with_status(StatusCode::UPGRADE_REQUIRED)
            .with_header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")));
    }
    let key = single(headers, &header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    if STANDARD.decode(key).map(|key| key.len()) != Ok(16) {
        return Err(bad("Sec-WebSocket-Key is sixteen bytes in base64"));
    }
    if !offers(headers, SUBPROTOCOL) {
        return Err(bad("the subprotocol preau.v1 is not offered"));
    }
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| Problem::new(ErrorCode::Internal))
}

/// The elements of a list header (RFC 9110 §5.6.1).
fn elements<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

fn names(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    elements(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

/// Subprotocol names compare exactly (RFC 6455 §4.2.2, 11.5).
fn offers(headers: &HeaderMap, subprotocol: &str) -> bool {
    elements(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|element| element == subprotocol)
}

fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value.trim())
}

/// A page on another host may not open sockets in its visitor's name unless the configuration says so. Programs send no
/// `Origin`; they hold a seat as everybody does.
fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_own = authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host));
    if is_own || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        Ok(())
    } else {
        Err(Problem::new(ErrorCode::NotAllowed).because("pages of that origin may not open sockets here"))
    }
}

fn seat(uri: &Uri) -> Result<String, Problem> {
    let missing = || Problem::new(ErrorCode::SeatInvalid).because("the address holds no seat");
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| missing())?;
    parameters.into_iter().find_map(|(name, value)| (name == "seat").then_some(value)).ok_or_else(missing)
}
