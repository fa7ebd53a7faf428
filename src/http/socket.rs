//! `GET /v1/socket`: the WebSocket handshake (RFC 6455 §4.2), paid with a seat.
//!
//! The seat is spent last, so a clumsy handshake does not cost it. The answer is written by the HTTP connection's task;
//! when it has gone out, `Waiting::hand_over` gives the bare socket to the hub. No task of its own, nothing to leak.
//! A socket that the hub has no room for is told so by a close frame, if the kernel takes it at once.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
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
use crate::access::{self, Identity};
use crate::base::metrics::CodeLabel;
use crate::base::{AccountId, SessionId, limits};
use crate::engine::CloseFrame;
use crate::hub::{Front, Handler, Overloaded};
use crate::protocol::{CloseCode, ErrorCode, SUBPROTOCOL};
use crate::session::Visitor;

/// Where upgraded sockets go.
pub trait Entrance: Send + Sync + 'static {
    /// Takes a socket that has been upgraded, with what was read past its handshake.
    ///
    /// # Errors
    /// [`Overloaded`] with the socket.
    fn join(&self, socket: TcpStream, leftover: Bytes, visitor: Visitor)
    -> Result<(), Overloaded<TcpStream>>;
}

impl<H: Handler<Visitor = Visitor>> Entrance for Front<TcpStream, H> {
    fn join(
        &self,
        socket: TcpStream,
        leftover: Bytes,
        visitor: Visitor,
    ) -> Result<(), Overloaded<TcpStream>> {
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

/// Why an upgraded socket did not reach the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum HandOverError {
    #[error("the connection ended during its handshake")]
    Gone,
    #[error("the upgraded connection is not a socket")]
    NotASocket,
    #[error("the socket was closed with {}", .0.as_str())]
    Closed(CloseCode),
}

impl HandOverError {
    /// The word in metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NotASocket => "not_a_socket",
            Self::Closed(code) => code.as_str(),
        }
    }
}

impl Waiting {
    /// Waits until the answer has gone out and gives the socket to the hub.
    pub(super) async fn hand_over(self, edge: &Edge) {
        let Self { upgrade, visitor } = self;
        let who = (visitor.session, visitor.identity.account.clone());
        if let Err(error) = give(upgrade, visitor, edge).await {
            count(edge, &who, error);
        }
    }

    /// The connection has ended before its answer went out.
    pub(super) fn give_up(self, edge: &Edge) {
        count(edge, &(self.visitor.session, self.visitor.identity.account), HandOverError::Gone);
    }
}

async fn give(upgrade: OnUpgrade, visitor: Visitor, edge: &Edge) -> Result<(), HandOverError> {
    let upgraded = upgrade.await.map_err(|_| HandOverError::Gone)?;
    let parts = upgraded
        .downcast::<TokioIo<Stream<tokio::net::TcpStream>>>()
        .map_err(|_| HandOverError::NotASocket)?;
    let socket = parts.io.into_inner().into_inner().into_std().map_err(|_| HandOverError::Gone)?;
    edge.parts.entrance.join(socket, parts.read_buf, visitor).map_err(|Overloaded(socket)| {
        // Shards that have ended take nobody either.
        let is_drained = edge.parts.drain.is_raised();
        let code = if is_drained { CloseCode::Draining } else { CloseCode::Overloaded };
        turn_away(&socket, code);
        HandOverError::Closed(code)
    })
}

/// Tells a client why it is closed, unless that would mean to wait for it.
fn turn_away(mut socket: &TcpStream, code: CloseCode) {
    let close = CloseFrame::new(code.number(), &code.reason(limits::OVERLOAD_WINDOW_MS));
    // The socket does not block. It is empty, so the kernel takes the frame whole or the client is gone.
    let _ = socket.write(close.frame().bytes());
    let _ = socket.shutdown(Shutdown::Write);
}

fn count(edge: &Edge, (session, account): &(SessionId, AccountId), error: HandOverError) {
    edge.parts.metrics.handovers_failed.get_or_create(&CodeLabel { code: error.as_str() }).inc();
    tracing::warn!(%session, %account, %error, "an upgraded socket did not reach the hub");
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
    let now = edge.parts.clock.machine();
    let shown = edge.parts.seats.read(&seat(request.uri())?, now)?;
    let roster = edge.parts.directory.current();
    let identity =
        Identity::of(&roster, &shown.granted().account).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    let home = access::home(&roster, &identity);
    let granted = edge.parts.seats.spend(shown, now)?;
    slot.put(Waiting {
        upgrade: hyper::upgrade::on(request),
        visitor: Visitor {
            session: granted.session,
            identity,
            token_expires_at: granted.token_expires_at,
            home,
        },
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
