//! `POST /v1/logout`: a page ends its log-in, or all of its account. `POST /v1/login/backchannel`: the provider does
//! (`OpenID` Connect Back-Channel Logout 1.0).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ending::close;
use super::rates::{Block, Errand};
use super::{Login, login_of, same_origin};
use crate::http::asking::ledger;
use crate::http::edge::Edge;
use crate::http::json::Text;
use crate::http::problem::{Problem, ProblemBody};
use crate::identity::TokenError;
use crate::identity::login::{LoggedOut, LoginId, LogoutError};
use crate::ledger::Logins;
use crate::protocol::ErrorCode;

/// What ends.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct LogoutRequest {
    /// Whether every log-in of the account ends, in whatever browser.
    #[serde(default)]
    everywhere: bool,
}

/// It has ended.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct LogoutAnswer {
    /// How many log-ins that were.
    ended: usize,
    /// Where the page should lead its browser, so that it is logged out of the workspace as well.
    leave: Option<String>,
}

/// What the provider sends.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct BackchannelRequest {
    /// A logout token.
    #[schema(value_type = String)]
    #[expect(dead_code, reason = "describes the form, which is read pair by pair")]
    logout_token: String,
}

/// Ends the browser's log-in, or all log-ins of its account, with their tokens and connections.
#[utoipa::path(
    post, path = "/v1/logout", tag = "login",
    params(("preau-page" = String, Header, description = "`1`: a header that no form can send.")),
    request_body(content = Option<LogoutRequest>, description = "May be absent."),
    responses(
        (status = 200, description = "It has ended, or had before; the cookie is taken back.", body = LogoutAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: not a page of the hub's own.", body = ProblemBody),
        (status = 404, description = "`not_found`: this hub logs nobody in.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`: nothing has ended.", body = ProblemBody),
    )
)]
pub(in crate::http) async fn logout(
    State(edge): State<Arc<Edge>>,
    from: Block,
    headers: HeaderMap,
    text: Text,
) -> Result<Response, Problem> {
    let login = login_of(&edge)?;
    same_origin::check(&headers, &login.client.public)?;
    let now = edge.parts.clock.machine();
    let taken = login.rates.take(Errand::Token, from, now);
    taken.map_err(|wait| Problem::new(ErrorCode::RateLimited).after(wait))?;
    let LogoutRequest { everywhere } = text.fields_or_default()?;
    let ended = match login.cookies.shown_login(&headers).and_then(LoginId::parse) {
        None => Vec::new(),
        Some(id) => {
            let which = if everywhere { Logins::AllWith(id.hash()) } else { Logins::One(id.hash()) };
            ledger(|answer| edge.parts.ledger.end_logins(which, now, answer)).await?
        }
    };
    close(&edge, login, &ended, if everywhere { "everywhere" } else { "page" }, now);
    let answer = LogoutAnswer { ended: ended.len(), leave: leave(login) };
    let cookies = [login.cookies.take_login(), login.cookies.take_attempt()];
    let cookies = cookies.into_iter().flatten().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies.collect::<Vec<_>>()), Json(answer)).into_response())
}

/// Where one logs out at the provider (`OpenID` Connect RP-Initiated Logout 1.0 §2). The ID token is not kept, so it can't
/// be shown there: the provider may ask its person again.
fn leave(login: &Login) -> Option<String> {
    let mut to = login.provider.known()?.metadata.end_session_endpoint.clone()?;
    to.query_pairs_mut().extend_pairs([
        ("client_id", &login.id_terms.client_id),
        ("post_logout_redirect_uri", &login.client.post_logout_uri),
    ]);
    Some(to.into())
}

/// Ends the log-ins that the identity provider says have ended there.
#[utoipa::path(
    post, path = "/v1/login/backchannel", tag = "login",
    request_body(content = BackchannelRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "They have ended, if there were any."),
        (status = 400, description = "`malformed`: the logout token is refused.", body = ProblemBody),
        (status = 404, description = "`not_found`: this hub logs nobody in.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`: nothing has ended.", body = ProblemBody),
    )
)]
pub(in crate::http) async fn backchannel(
    State(edge): State<Arc<Edge>>,
    from: Block,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let login = login_of(&edge)?;
    let now = edge.parts.clock.machine();
    let allowed = login.rates.take(Errand::Login, from, now);
    allowed.map_err(|wait| Problem::new(ErrorCode::RateLimited).after(wait))?;
    let mut pairs = url::form_urlencoded::parse(&body);
    let token = pairs.find(|(name, _)| name == "logout_token").map(|(_, token)| token.into_owned());
    let missing = || Problem::new(ErrorCode::Malformed).because("the form holds no logout_token");
    let which = match logged_out(&edge, login, &token.ok_or_else(missing)?).await? {
        LoggedOut::ProviderSession(name) => Logins::ProviderSession(name),
        LoggedOut::Subject(name) => Logins::Subject(name),
    };
    let ended = ledger(|answer| edge.parts.ledger.end_logins(which, now, answer)).await?;
    close(&edge, login, &ended, "provider", now);
    Ok(StatusCode::OK)
}

/// Whom a logout token is about.
async fn logged_out(edge: &Edge, login: &Login, token: &str) -> Result<LoggedOut, Problem> {
    let read = || {
        let known = login.provider.known().ok_or(LogoutError::Token(TokenError::KidUnknown))?;
        login.logout_tokens.read(token, &known.keys, &login.id_terms, edge.parts.clock.machine())
    };
    let mut outcome = read();
    if outcome == Err(LogoutError::Token(TokenError::KidUnknown))
        && login.provider.look_for_key().await.is_ok()
    {
        outcome = read();
    }
    outcome.map_err(|error| {
        tracing::warn!(%error, "a logout token was refused");
        match error {
            LogoutError::Busy => Problem::new(ErrorCode::Busy),
            error => Problem::new(ErrorCode::Malformed).because(error.to_string()),
        }
    })
}
