//! `POST /v1/login/token`: what a browser's cookie is for.
//!
//! The one address, with the log-out, that a cookie opens, so the one that another site's page must not reach. The token is
//! kept in the page's memory, and ends within minutes, with its log-in, or when that is ended.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::rates::{Block, Errand};
use super::{Login, login_of, same_origin};
use crate::base::{AccountId, MachineTime, limits};
use crate::http::asking::ledger;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::identity::login::LoginId;
use crate::ledger;
use crate::protocol::ErrorCode;

/// A bearer token for the page.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TokenAnswer {
    token: String,
    /// Milliseconds since 1970. To be renewed before.
    expires_at: u64,
    /// Whose it is.
    #[schema(value_type = String)]
    account: AccountId,
}

/// Gives a short bearer token for the log-in in the browser's cookie.
#[utoipa::path(
    post, path = "/v1/login/token", tag = "login",
    params(("preau-page" = String, Header, description = "`1`: a header that no form can send.")),
    responses(
        (status = 200, description = "A token.", body = TokenAnswer),
        (status = 401, description = "`token_missing`: the browser shows no log-in; `token_expired`: its log-in has ended.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: not a page of the hub's own; `unknown_account`.", body = ProblemBody),
        (status = 404, description = "`not_found`: this hub logs nobody in.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(in crate::http) async fn token(
    State(edge): State<Arc<Edge>>,
    from: Block,
    headers: HeaderMap,
) -> Result<Json<TokenAnswer>, Problem> {
    let login = login_of(&edge)?;
    same_origin::check(&headers, &login.client.public)?;
    let now = edge.parts.clock.machine();
    let allowed = login.rates.take(Errand::Token, from, now);
    allowed.map_err(|wait| Problem::new(ErrorCode::RateLimited).after(wait))?;
    let missing = Problem::new(ErrorCode::TokenMissing).because("this browser shows no log-in");
    let id = login.cookies.shown_login(&headers).and_then(LoginId::parse).ok_or(missing)?;
    let hash = id.hash();
    let found = ledger(|answer| edge.parts.ledger.login(hash, answer)).await?;
    let until = found.as_ref().and_then(|found| open_until(login, found, now));
    let (Some(found), Some(until)) = (found, until) else {
        return Err(Problem::new(ErrorCode::TokenExpired).because("the log-in has ended"));
    };
    if edge.parts.directory.current().account(found.account.as_str()).is_none() {
        return Err(Problem::new(ErrorCode::UnknownAccount));
    }
    // Written down seldom, but before whoever is here could seem to be gone.
    if now.since(found.seen_at) >= limits::LOGIN_SEEN_STEP.min(login.ages.idle / 4) {
        ledger(|answer| edge.parts.ledger.see_login(hash, now, answer)).await?;
    }
    let until = until.min(now.after(limits::LOGIN_TOKEN_TTL));
    let signed = login.issuer.login_token(&found.account, &login.terms, hash, (now, until));
    let (token, expires_at) = signed.map_err(|_| Problem::new(ErrorCode::Internal))?;
    Ok(Json(TokenAnswer { token, expires_at: expires_at.0, account: found.account }))
}

/// How long a log-in lasts at most, if it is open now.
fn open_until(login: &Login, found: &ledger::Login, now: MachineTime) -> Option<MachineTime> {
    let until = found.began_at.after(login.ages.whole);
    let is_open = found.ended_at.is_none() && now < until && now < found.seen_at.after(login.ages.idle);
    is_open.then_some(until)
}
