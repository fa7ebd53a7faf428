//! `GET /v1/socket`: the handshake of those whom the door did not let in itself: the odd and the refused.
//!
//! The answer is written by the HTTP connection's task; when it has gone out, `Waiting::hand_over` gives the bare socket
//! to the hub. No task of its own, nothing to leak.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::edge::Edge;
use super::entrance::{self, HandOverError, Who};
use super::handshake::{Admitted, Asked, admit};
use super::problem::{Problem, ProblemBody};
use super::stream::Stream;
use crate::base::metrics::CodeLabel;
use crate::protocol::{ErrorCode, SUBPROTOCOL};
use crate::session::Visitor;

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
    pub(super) async fn hand_over(self, edge: &Edge) {
        let Self { upgrade, visitor } = self;
        let who = Who::of(&visitor);
        if let Err(error) = give(upgrade, visitor, edge).await {
            entrance::count(edge, &who, error);
        }
    }

    /// The connection has ended before its answer went out.
    pub(super) fn give_up(self, edge: &Edge) {
        entrance::count(edge, &Who::of(&self.visitor), HandOverError::Gone);
    }
}

async fn give(upgrade: OnUpgrade, visitor: Visitor, edge: &Edge) -> Result<(), HandOverError> {
    let upgraded = upgrade.await.map_err(|_| HandOverError::Gone)?;
    let parts = upgraded
        .downcast::<TokioIo<Stream<tokio::net::TcpStream>>>()
        .map_err(|_| HandOverError::NotASocket)?;
    let (socket, unread) = parts.io.into_inner().into_parts();
    let socket = socket.into_std().map_err(|_| HandOverError::Gone)?;
    entrance::give(edge, socket, joined(parts.read_buf, &unread), None, visitor)
}

/// What hyper read past the handshake, and what it had not yet taken of that which the door had read.
fn joined(read: Bytes, unread: &Bytes) -> Bytes {
    if unread.is_empty() {
        return read;
    }
    let mut both = BytesMut::from(read);
    both.extend_from_slice(unread);
    both.freeze()
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
    match answer(&edge, &mut request) {
        Ok(response) => response,
        Err(problem) => {
            let code = problem.code().as_str();
            edge.parts.metrics.seats_refused.get_or_create(&CodeLabel { code }).inc();
            problem.into_response()
        }
    }
}

fn answer(edge: &Edge, request: &mut Request) -> Result<Response, Problem> {
    let slot = request.extensions().get::<UpgradeSlot>().cloned();
    let slot = slot.ok_or(Problem::new(ErrorCode::Internal))?;
    let Admitted { accept_key, visitor } = admit(
        edge,
        Asked {
            is_modern_get: request.method() == Method::GET && request.version() >= Version::HTTP_11,
            headers: request.headers(),
            seat: seat(request.uri()).map(Cow::Owned),
        },
    )?;
    let accept_key = HeaderValue::from_str(&accept_key).map_err(|_| Problem::new(ErrorCode::Internal))?;
    slot.put(Waiting { upgrade: hyper::upgrade::on(request), visitor });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

fn seat(uri: &Uri) -> Option<String> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    parameters.into_iter().find_map(|(name, value)| (name == "seat").then_some(value))
}
