//! `POST /v1/seat`: shows a token, gets a place on a socket, or one in the waiting room. Always asked first, since a
//! browser can't read why an upgrade was refused.
//!
//! What is cheap to answer is answered first: a poll before its time costs a look at a token that was verified before and
//! one check of its ticket's signature. A poll at its time is not taken from what the account may ask for otherwise, so that waiting refuses nobody.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest as _, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit;
use super::caller::{self, Caller};
use super::edge::Edge;
use super::json::Text;
use super::operations::notice::Notice;
use super::problem::{Problem, ProblemBody};
use super::rate::Errand;
use super::windows::{school_of, window_of};
use crate::admission::{Class, Decision, Level, Request, Waiting};
use crate::base::metrics::{ClassLabel, CodeLabel};
use crate::base::{MachineTime, limits};
use crate::identity::Granted;
use crate::protocol::ErrorCode;
use crate::report::{Asked, Turn};

/// What a client that was here before shows. May be absent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct SeatRequest<'a> {
    /// From the last `welcome`: the session that was lost, and keeps its seat for a while.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    resume: Option<Cow<'a, str>>,
    /// From the last answer: the place in the waiting room.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    ticket: Option<Cow<'a, str>>,
}

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
    /// How loaded the hub is, from 0 to 4.
    #[schema(value_type = u8)]
    load: Level,
}

/// A place in the waiting room.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingAnswer {
    /// To be shown at the next poll, instead of any earlier one.
    ticket: String,
    /// About how many come before: an estimate.
    ahead: u32,
    /// When to ask again, in milliseconds. Earlier gains nothing; within five minutes after it keeps the place.
    retry_after_ms: u32,
    /// How loaded the hub is, from 0 to 4.
    #[schema(value_type = u8)]
    load: Level,
    /// What operators have to say to everybody, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Notice>)]
    notice: Option<Arc<Notice>>,
}

/// What is not a refusal.
enum Answer {
    Seat(SeatAnswer),
    Waiting(WaitingAnswer),
}

impl Answer {
    fn waiting(waiting: Waiting, edge: &Edge) -> Self {
        let Waiting { ticket, ahead, retry_after_ms, load } = waiting;
        let notice = edge.parts.office.notice();
        Self::Waiting(WaitingAnswer { ticket, ahead, retry_after_ms, load, notice })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Seat(seat) => Json(seat).into_response(),
            Self::Waiting(waiting) => {
                let wait = HeaderValue::from(waiting.retry_after_ms.div_ceil(1_000));
                (StatusCode::ACCEPTED, [(header::RETRY_AFTER, wait)], Json(waiting)).into_response()
            }
        }
    }
}

/// Gives a seat for one socket, or a place in the waiting room.
#[utoipa::path(
    post, path = "/v1/seat", tag = "socket", security(("bearer" = [])),
    request_body(content = Option<SeatRequest<'_>>, description = "May be absent."),
    responses(
        (status = 200, description = "A seat.", body = SeatAnswer),
        (status = 202, description = "Not yet: a place in the waiting room. Ask again after `Retry-After` with its ticket.", body = WaitingAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`; `suspended`: not before `opens_at`; or `kicked`: an operator has sent the account away for a while.", body = ProblemBody),
        (status = 408, description = "`timeout`: the request's body did not arrive.", body = ProblemBody),
        (status = 409, description = "`cool_down`: the account's newest connection replaced another a moment ago.", body = ProblemBody),
        (status = 413, description = "`too_large`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 500, description = "`internal`: the machine has no random numbers.", body = ProblemBody),
        (status = 503, description = "`draining`, or `closed`: nobody of the account's class enters now.", body = ProblemBody),
    )
)]
pub(super) async fn seat(State(edge): State<Arc<Edge>>, mut request: HttpRequest) -> Response {
    // Taken, since a copy of them costs more than an early poll's answer.
    let headers = std::mem::take(request.headers_mut());
    let answer = match Text::from_request(request, &()).await {
        Ok(text) => answer(&edge, &headers, &text),
        Err(problem) => Err(problem),
    };
    match answer {
        Ok(answer) => answer.into_response(),
        Err(problem) => {
            let code = problem.code().as_str();
            edge.parts.metrics.seats_refused.get_or_create(&CodeLabel { code }).inc();
            problem.telling(edge.parts.office.notice()).into_response()
        }
    }
}

fn answer(edge: &Edge, headers: &HeaderMap, text: &Text) -> Result<Answer, Problem> {
    if edge.parts.drain.is_raised() {
        return Err(Problem::new(ErrorCode::Draining));
    }
    let shown: SeatRequest<'_> = text.fields_or_default()?;
    let now = edge.parts.clock.machine();
    let token = caller::verified(edge, headers)?;
    let early = |ticket: &str| edge.parts.gate.early(ticket, &token.account, now);
    if let (Some(waiting), None) = (shown.ticket.as_deref().and_then(early), &shown.resume) {
        edge.parts.metrics.polls_early.inc();
        return Ok(Answer::waiting(waiting, edge));
    }
    let errand = if shown.ticket.is_some() { Errand::Poll } else { Errand::Request };
    let caller = Caller::known(edge, &token, errand)?;
    ask(edge, &caller, &shown, now)
}

/// Asks at the gate on behalf of somebody who is known.
fn ask(edge: &Edge, caller: &Caller, shown: &SeatRequest<'_>, now: MachineTime) -> Result<Answer, Problem> {
    let roster = edge.parts.directory.current();
    let Caller { identity, token_expires_at } = caller;
    let account = roster.account(identity.account.as_str()).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    let school = school_of(&account);
    if let Err(problem) = edge.parts.office.check_kicked(&identity.account, now) {
        edge.parts.books.asked(&identity.account, identity.role, school.as_ref(), Asked::Kicked, now);
        return Err(problem);
    }
    let school_time = edge.parts.clock.school();
    let is_live = admit::is_live(edge, &account);
    let resume = shown.resume.as_deref();
    let resumed = |token: &str| {
        // Another's token, or an old one, is no reason to refuse anybody.
        let resumable = edge.parts.resumes.read(token, now).ok()?;
        (resumable.account == identity.account).then_some(resumable.session)
    };
    let request = Request {
        account: &identity.account,
        role: identity.role,
        is_live,
        window: window_of(&*edge.parts.windows, &account, school_time),
        session: edge.next_session(),
        resume: resume.and_then(resumed),
        ticket: shown.ticket.as_deref(),
    };
    let metrics = &edge.parts.metrics;
    let decision = edge.parts.gate.ask(&request, now, school_time);
    edge.parts.books.asked(&identity.account, identity.role, school.as_ref(), asked(&decision), now);
    let until = match &decision {
        Decision::Wait(waiting) => Some(now.after(Duration::from_millis(waiting.retry_after_ms.into()))),
        _ => None,
    };
    let turn = Turn { waited: shown.ticket.is_some(), until };
    edge.parts.books.turned(identity.role, school.as_ref(), turn, now);
    match decision {
        Decision::Enter { session, load } => {
            let nonce = (edge.parts.nonce)().ok_or(Problem::new(ErrorCode::Internal))?;
            let account = identity.account.clone();
            let granted = Granted { account, session, token_expires_at: *token_expires_at };
            metrics.seats_given.inc();
            Ok(Answer::Seat(SeatAnswer {
                seat: edge.parts.seats.give(&granted, nonce, now),
                url: "/v1/socket",
                expires_in_ms: u64::try_from(limits::SEAT_TTL.as_millis()).unwrap_or(u64::MAX),
                load,
            }))
        }
        Decision::Wait(waiting) => {
            let class = Class::of(identity.role, is_live).as_str();
            metrics.seats_waiting.get_or_create(&ClassLabel { class }).inc();
            Ok(Answer::waiting(waiting, edge))
        }
        refusal => Err(admit::refusal(&refusal, school_time)),
    }
}

/// What the report calls a decision.
fn asked(decision: &Decision) -> Asked {
    match decision {
        Decision::Enter { .. } => Asked::Entered,
        Decision::Wait(_) => Asked::Waits,
        Decision::Suspended { .. } => Asked::Outside,
        Decision::CoolDown { .. } => Asked::Refused(ErrorCode::CoolDown.as_str()),
        Decision::Closed { .. } => Asked::Refused(ErrorCode::Closed.as_str()),
    }
}
