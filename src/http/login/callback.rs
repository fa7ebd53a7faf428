//! `GET /v1/login/callback`: the browser comes back from the provider, and gets a log-in.
//!
//! The answer is judged in a fixed order: the attempt that it belongs to, who gives it (RFC 9207), whether it says no; only
//! then the provider is asked, and what it says is checked before the roster is. Whatever is wrong, the browser is sent to
//! the entrance with one word. The cookie that it had is never taken over: the new one is random, and the old one ends.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::begin::{Refusal, crowd, refused, to_page};
use super::ending::close;
use super::provider::{Known, ProviderError};
use super::rates::{Block, Errand};
use super::{Login, login_of};
use crate::base::limits;
use crate::http::asking::ledger;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::identity::TokenError;
use crate::identity::login::{Attempt, AttemptError, IdTokenError, LoginId, Person};
use crate::ledger::{NewLogin, PutLogin};

/// What the provider sends back (RFC 6749 §4.1.2, RFC 9207 §2). A parameter that comes twice makes it none.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    iss: Option<String>,
    error: Option<String>,
}

/// Takes a browser back from the identity provider.
#[utoipa::path(
    get, path = "/v1/login/callback", tag = "login",
    params(
        ("state" = Option<String>, Query, description = "Of the attempt in the browser's cookie."),
        ("code" = Option<String>, Query, description = "What the provider gives an ID token for."),
        ("iss" = Option<String>, Query, description = "Who answers."),
        ("error" = Option<String>, Query, description = "Why there is no code."),
    ),
    responses(
        (status = 303, description = "Logged in: to the page that the attempt began on, with a cookie. Not logged in: to `/?login=` and `denied`, `away`, `unknown` (the roster does not hold the account), `again` (the answer does not fit the attempt, or came before) or `busy`."),
        (status = 404, description = "`not_found`: this hub logs nobody in.", body = ProblemBody),
        (status = 429, description = "A page that asks again by itself: too many log in at once.", content_type = "text/html"),
    )
)]
pub(in crate::http) async fn callback(
    State(edge): State<Arc<Edge>>,
    from: Block,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let login = login_of(&edge)?;
    if let Err(wait) = login.rates.take(Errand::Login, from, edge.parts.clock.machine()) {
        return Ok(crowd(&edge, wait));
    }
    Ok(match come_back(&edge, login, &headers, &uri).await {
        Ok(response) => response,
        Err(why) => refused(&edge, login, why),
    })
}

async fn come_back(edge: &Edge, login: &Login, headers: &HeaderMap, uri: &Uri) -> Result<Response, Refusal> {
    let Query(answer) = Query::<Answer>::try_from_uri(uri).map_err(|_| Refusal::Again)?;
    let sealed = login.cookies.shown_attempt(headers).unwrap_or_default();
    let attempt =
        login.attempts.come_back(sealed, &answer.state, edge.parts.clock.machine()).map_err(|error| {
            tracing::info!(%error, "a log-in has to begin again");
            if error == AttemptError::Busy { Refusal::Busy } else { Refusal::Again }
        })?;
    let known = login.provider.known().ok_or(Refusal::Away)?;
    check_issuer(login, &known, &answer)?;
    if let Some(error) = &answer.error {
        return Err(if error == "access_denied" { Refusal::Denied } else { Refusal::Away });
    }
    if !(1..=limits::LOGIN_PARAMETER_BYTES_MAX).contains(&answer.code.len()) {
        return Err(Refusal::Again);
    }
    let person = person(edge, login, &attempt, &answer.code).await?;
    begin(edge, login, headers, &attempt, person).await
}

/// Another provider's answer is another's, whatever else fits (mix-up, RFC 9700 §4.4).
fn check_issuer(login: &Login, known: &Known, answer: &Answer) -> Result<(), Refusal> {
    let is_right = match &answer.iss {
        Some(issuer) => *issuer == login.id_terms.issuer,
        None => !known.metadata.names_itself,
    };
    if is_right {
        return Ok(());
    }
    tracing::warn!("a log-in was answered by another issuer than the configured one");
    Err(Refusal::Again)
}

/// Redeems the code, and reads who it is.
async fn person(edge: &Edge, login: &Login, attempt: &Attempt, code: &str) -> Result<Person, Refusal> {
    let token = login.provider.redeem(code, &attempt.verifier).await.map_err(|error| {
        tracing::warn!(%error, "a code was not redeemed");
        match error {
            ProviderError::Away => Refusal::Away,
            ProviderError::Refused => Refusal::Again,
            ProviderError::Busy => Refusal::Busy,
        }
    })?;
    let read = || {
        let known = login.provider.known().ok_or(IdTokenError::Token(TokenError::KidUnknown))?;
        login.id_terms.person(&token, &known.keys, &attempt.nonce, edge.parts.clock.machine())
    };
    let mut outcome = read();
    if outcome == Err(IdTokenError::Token(TokenError::KidUnknown)) {
        // The provider may have new keys.
        if login.provider.look_for_key().await.is_ok() {
            outcome = read();
        }
    }
    outcome.map_err(|error| {
        tracing::warn!(%error, "an ID token was refused");
        match error {
            IdTokenError::Account => Refusal::Unknown,
            IdTokenError::Token(TokenError::KidUnknown) => Refusal::Away,
            _ => Refusal::Again,
        }
    })
}

/// Begins the log-in, and ends the one that the browser had.
async fn begin(
    edge: &Edge,
    login: &Login,
    headers: &HeaderMap,
    attempt: &Attempt,
    person: Person,
) -> Result<Response, Refusal> {
    let Person { account, subject, provider_session } = person;
    if edge.parts.directory.current().account(account.as_str()).is_none() {
        tracing::info!(%account, "somebody logged in whom the roster does not hold");
        return Err(Refusal::Unknown);
    }
    let id = LoginId::of((login.draw)().ok_or(Refusal::Busy)?);
    let had = login.cookies.shown_login(headers).and_then(LoginId::parse).map(|id| id.hash());
    let new = NewLogin { hash: id.hash(), account: account.clone(), subject, provider_session };
    let now = edge.parts.clock.machine();
    let put = ledger(|answer| edge.parts.ledger.put_login(new, had, now, answer)).await;
    let PutLogin::Begun(ended) = put.map_err(|_| Refusal::Busy)? else {
        tracing::warn!("as many log-ins are remembered as may be");
        return Err(Refusal::Busy);
    };
    close(edge, login, &ended, "another_login", now);
    edge.parts.metrics.logins.inc();
    tracing::info!(%account, login = %id.hash(), "logged in");
    let cookies = [login.cookies.give_login(&id.text(), login.ages.whole), login.cookies.take_attempt()];
    Ok(to_page(attempt.return_to.as_str(), cookies))
}
