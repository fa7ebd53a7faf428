//! `GET /v1/socket`: the handshake of those whom the door did not let in itself: the odd and the refused.
//!
//! The answer is written by the HTTP connection's task; when it has gone out, the socket leaves (`leaving`) for the
//! hub.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse as _, Response};

use super::edge::Edge;
use super::handshake::{Admitted, Asked, admit};
use super::leaving::{Leaving, LeavingSlot};
use super::problem::{Problem, ProblemBody};
use crate::base::metrics::CodeLabel;
use crate::protocol::{ErrorCode, SUBPROTOCOL};

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
pub(super) async fn socket(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    match answer(&edge, &request) {
        Ok(response) => response,
        Err(problem) => {
            let code = problem.code().as_str();
            edge.parts.metrics.seats_refused.get_or_create(&CodeLabel { code }).inc();
            problem.into_response()
        }
    }
}

fn answer(edge: &Edge, request: &Request) -> Result<Response, Problem> {
    let slot = request.extensions().get::<LeavingSlot>().cloned();
    let slot = slot.ok_or(Problem::new(ErrorCode::Internal))?;
    let Admitted { accept_key, visitor } = admit(
        edge,
        &Asked {
            is_modern_get: request.method() == Method::GET && request.version() >= Version::HTTP_11,
            headers: request.headers(),
            seat: seat(request.uri()).map(Cow::Owned),
        },
    )?;
    let accept_key = HeaderValue::from_str(&accept_key).map_err(|_| Problem::new(ErrorCode::Internal))?;
    slot.put(Leaving { visitor, answer: None });
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
