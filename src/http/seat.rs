//! `POST /v1/seat`: shows a token, gets a place on a socket. Always asked first, since a browser can't read why an
//! upgrade was refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use crate::admission::{Decision, Request, Window};
use crate::base::limits;
use crate::base::metrics::CodeLabel;
use crate::identity::Granted;
use crate::protocol::ErrorCode;

/// A place on a socket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeatAnswer {
    /// To be sent once as `?seat=`, within its time. Says nothing and opens nothing else.
    seat: String,
    /// Where the socket is opened.
    #[schema(example = "/v1/socket")]
    url: &'static str,
    /// How long the seat may be spent, in milliseconds.
    expires_in_ms: u64,
}

/// Gives a seat for one socket.
#[utoipa::path(
    post, path = "/v1/seat", tag = "socket", security(("bearer" = [])),
    responses(
        (status = 200, description = "A seat.", body = SeatAnswer),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 500, description = "`internal`: the machine has no random numbers.", body = ProblemBody),
        (status = 503, description = "`draining`.", body = ProblemBody),
    )
)]
pub(super) async fn seat(
    State(edge): State<Arc<Edge>>,
    headers: HeaderMap,
) -> Result<Json<SeatAnswer>, Problem> {
    let answer = give(&edge, &headers);
    let metrics = &edge.parts.metrics;
    match &answer {
        Ok(_) => metrics.seats_given.inc(),
        Err(problem) => {
            let code = problem.code().as_str();
            metrics.seats_refused.get_or_create(&CodeLabel { code }).inc()
        }
    };
    answer.map(Json)
}

fn give(edge: &Edge, headers: &HeaderMap) -> Result<SeatAnswer, Problem> {
    if edge.parts.drain.is_raised() {
        return Err(Problem::new(ErrorCode::Draining));
    }
    let caller = Caller::of(edge, headers)?;
    let nonce = (edge.parts.nonce)().ok_or(Problem::new(ErrorCode::Internal))?;
    let now = edge.parts.clock.machine();
    let request = Request {
        account: &caller.identity.account,
        role: caller.identity.role,
        is_live: false,
        window: Window::Open,
        session: edge.next_session(),
        resume: None,
        ticket: None,
    };
    let Decision::Enter { session, .. } = edge.parts.gate.ask(&request, now, edge.parts.clock.school())
    else {
        return Err(Problem::new(ErrorCode::Busy));
    };
    let granted =
        Granted { account: caller.identity.account, session, token_expires_at: caller.token_expires_at };
    Ok(SeatAnswer {
        seat: edge.parts.seats.give(&granted, nonce, now),
        url: "/v1/socket",
        expires_in_ms: u64::try_from(limits::SEAT_TTL.as_millis()).unwrap_or(u64::MAX),
    })
}
