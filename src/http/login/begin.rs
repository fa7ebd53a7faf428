//! `GET /v1/login`: sends a browser to the provider. `GET /v1/login/how`: what a page may offer. Both also stand on the
//! operators' listener.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rates::{Block, Errand};
use super::{Login, login_of};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::identity::login::{Attempt, ReturnTo};
use crate::protocol::ErrorCode;

/// Styles stand in the page; nothing else is run or fetched.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// For a browser that came when too many did: it asks again by itself.
const CROWD: &str = r#"<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>préau</title>
<style>body{font:100%/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.25rem}h1{font-size:1.6rem}</style>
<main>
<h1>Beaucoup de monde se connecte</h1>
<p>Cette page réessaie toute seule dans un instant. Rien à recharger.</p>
<p lang="en">Many people are logging in. This page tries again by itself in a moment.</p>
</main>
</html>
"#;

/// How one logs in here.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct How {
    /// `oidc`: with the workspace's identity provider; `demo`: as any account of a demo; `none`: not by this hub.
    kind: &'static str,
    /// On the operators' listener, with `oidc`: the hub's address for browsers. Log-ins are of its host and scheme, so a
    /// dashboard under another name can't have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    return_to: String,
}

/// Says how one logs in.
#[utoipa::path(
    get, path = "/v1/login/how", tag = "login",
    responses((status = 200, description = "How.", body = How))
)]
pub(in crate::http) async fn how(State(edge): State<Arc<Edge>>) -> Json<How> {
    let kind = match (&edge.parts.demo, &edge.parts.login) {
        (Some(_), _) => "demo",
        (None, Some(_)) => "oidc",
        (None, None) => "none",
    };
    Json(How { kind, address: None })
}

/// The same for operators.
pub(in crate::http) async fn how_at_wall(State(edge): State<Arc<Edge>>) -> Json<How> {
    let public = edge.parts.login.as_deref().map(|login| login.client.public.origin().ascii_serialization());
    let Json(how) = how(State(edge)).await;
    Json(How { address: public.filter(|_| how.kind == "oidc"), ..how })
}

/// Sends a browser to the identity provider, with what it must bring back in a cookie.
#[utoipa::path(
    get, path = "/v1/login", tag = "login",
    params(("return_to" = Option<String>, Query, description = "The page to come back to: a path of the hub's own. Anything else stands for `/`.")),
    responses(
        (status = 303, description = "To the identity provider; or, if that is away, to `/?login=away`."),
        (status = 404, description = "`not_found`: this hub logs nobody in.", body = ProblemBody),
        (status = 429, description = "A page that asks again by itself: too many log in at once.", content_type = "text/html"),
        (status = 500, description = "`internal`: the machine has no random numbers.", body = ProblemBody),
    )
)]
pub(in crate::http) async fn begin(
    State(edge): State<Arc<Edge>>,
    from: Block,
    uri: Uri,
) -> Result<Response, Problem> {
    let Query(wish) = Query::<Wish>::try_from_uri(&uri).unwrap_or_default();
    leave(&edge, login_of(&edge)?, from, ReturnTo::parse(&wish.return_to))
}

/// The same for operators, who come back to their own page: to the port that their browser says it asked.
pub(in crate::http) async fn begin_at_wall(
    State(edge): State<Arc<Edge>>,
    from: Block,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let login = login_of(&edge)?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let elsewhere = || {
        let detail = "log-ins belong to the host of login.public_address: open the dashboard under that name";
        Problem::new(ErrorCode::NotAllowed).because(detail)
    };
    let wall = ReturnTo::other_port(&login.client.public, host).ok_or_else(elsewhere)?;
    leave(&edge, login, from, wall)
}

fn leave(edge: &Edge, login: &Login, from: Block, return_to: ReturnTo) -> Result<Response, Problem> {
    let now = edge.parts.clock.machine();
    if let Err(wait) = login.rates.take(Errand::Login, from, now) {
        return Ok(crowd(edge, wait));
    }
    let Some(known) = login.provider.known() else {
        return Ok(refused(edge, login, Refusal::Away));
    };
    let seed = (login.draw)().ok_or(Problem::new(ErrorCode::Internal))?;
    let (attempt, sealed) = login.attempts.begin(seed, return_to, now);
    let to = request(login, known.metadata.authorization_endpoint.clone(), &attempt);
    Ok(to_page(&to, [login.cookies.give_attempt(&sealed)]))
}

/// Where the browser goes: an authorization request (RFC 6749 §4.1.1) with PKCE and a nonce.
fn request(login: &Login, endpoint: url::Url, attempt: &Attempt) -> String {
    let mut to = endpoint;
    to.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &login.id_terms.client_id),
        ("redirect_uri", &login.client.redirect_uri),
        ("scope", &login.client.scopes),
        ("state", &attempt.state),
        ("nonce", &attempt.nonce),
        ("code_challenge", &attempt.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    to.into()
}

/// Why a browser comes back without a log-in: the word in the page's address and in the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The provider does not answer.
    Away,
    /// Its person, or the provider, said no.
    Denied,
    /// The roster does not hold the account.
    Unknown,
    /// It has to begin again.
    Again,
    /// The hub has no room.
    Busy,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
            Self::Again => "again",
            Self::Busy => "busy",
        }
    }
}

/// Sends a browser to the entrance with the reason why it is not logged in.
pub(super) fn refused(edge: &Edge, login: &Login, why: Refusal) -> Response {
    let code = why.as_str();
    edge.parts.metrics.logins_refused.get_or_create(&crate::base::metrics::CodeLabel { code }).inc();
    to_page(&format!("/?login={code}"), [login.cookies.take_attempt()])
}

/// Too many come: the browser asks again by itself.
pub(super) fn crowd(edge: &Edge, wait: Duration) -> Response {
    let code = "rate_limited";
    edge.parts.metrics.logins_refused.get_or_create(&crate::base::metrics::CodeLabel { code }).inc();
    let seconds = HeaderValue::from(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::RETRY_AFTER, seconds.clone()),
        (header::REFRESH, seconds),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, CROWD).into_response()
}

/// Sends a browser elsewhere with these cookies. 303: whatever it did, it gets the next page.
pub(super) fn to_page<const N: usize>(to: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else {
        return Problem::new(ErrorCode::Internal).into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
