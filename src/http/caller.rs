//! Who sends a request: the bearer token of its `Authorization` header, and the roster's word on the account.
//!
//! Who is known is counted at once: a request beyond the account's rate costs no more than its token's check.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::admit;
use super::edge::Edge;
use super::problem::{Problem, token_code};
use super::rate::Errand;
use crate::access::Identity;
use crate::base::MachineTime;
use crate::identity::{Verified, Verifier};
use crate::protocol::ErrorCode;
use crate::session::{TokenCheck, TokenOf};

/// A sender with a valid token, whom the roster knows, and who is answered at this load and at this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) identity: Identity,
    pub(super) token_expires_at: MachineTime,
}

/// A caller who settles its own affairs, which is never too late: to want no more letters, for one.
pub(super) struct AtAnyHour(pub(super) Caller);

/// A caller who is told who it is at any load and at any time: that costs next to nothing, and a page begins with it.
pub(super) struct Known(pub(super) Caller);

/// A caller who comes to publish, which is counted apart.
pub(super) struct Author(pub(super) Identity);

impl Caller {
    /// Reads and verifies the token, and counts the request.
    ///
    /// # Errors
    /// `token_missing`, `token_invalid`, `token_expired`, `unknown_account`, `rate_limited`.
    pub(super) fn counted(edge: &Edge, headers: &HeaderMap, errand: Errand) -> Result<Self, Problem> {
        Self::known(edge, &verified(edge, headers)?, errand)
    }

    /// Looks up whose a verified token is, and counts the request.
    ///
    /// # Errors
    /// `unknown_account`, `rate_limited`.
    pub(super) fn known(edge: &Edge, verified: &Verified, errand: Errand) -> Result<Self, Problem> {
        let now = edge.parts.clock.machine();
        let identity = Identity::of(&edge.parts.directory.current(), &verified.account)
            .ok_or(Problem::new(ErrorCode::UnknownAccount))?;
        edge.allowances
            .take(&identity.account, errand, now)
            .map_err(|wait| Problem::new(ErrorCode::RateLimited).after(wait))?;
        Ok(Self { identity, token_expires_at: verified.expires_at })
    }
}

impl FromRequestParts<Arc<Edge>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let caller = Self::counted(edge, &parts.headers, Errand::Request)?;
        // In the gate's order: who is told when its hours begin does not ask again before.
        admit::check_hours(edge, &caller.identity)?;
        admit::check_load(edge, caller.identity.role)?;
        Ok(caller)
    }
}

impl FromRequestParts<Arc<Edge>> for AtAnyHour {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let caller = Caller::counted(edge, &parts.headers, Errand::Request)?;
        admit::check_load(edge, caller.identity.role)?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<Edge>> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        Caller::counted(edge, &parts.headers, Errand::Request).map(Self)
    }
}

impl FromRequestParts<Arc<Edge>> for Author {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        Caller::counted(edge, &parts.headers, Errand::Publication).map(|caller| Self(caller.identity))
    }
}

/// The tokens that come in on open sockets are checked like those of requests.
impl TokenCheck for Verifier {
    fn check(&self, token: &str, now: MachineTime) -> Result<TokenOf, ErrorCode> {
        let verified = self.verify(token, now).map_err(token_code)?;
        Ok(TokenOf { account: verified.account, expires_at: verified.expires_at })
    }
}

/// What the token of a request says.
///
/// # Errors
/// `token_missing`, `token_invalid`, `token_expired`.
pub(super) fn verified(edge: &Edge, headers: &HeaderMap) -> Result<Verified, Problem> {
    Ok(edge.parts.verifier.verify(bearer(headers)?, edge.parts.clock.machine())?)
}

/// The token of the one `Authorization: Bearer` header (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Problem::new(ErrorCode::TokenMissing))?;
    let invalid = |detail| Problem::new(ErrorCode::TokenInvalid).because(detail);
    if values.next().is_some() {
        return Err(invalid("there is more than one Authorization header"));
    }
    let value = value.to_str().map_err(|_| invalid("the Authorization header is not plain text"))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => {
            Err(Problem::new(ErrorCode::TokenMissing)
                .because("the Authorization header holds no bearer token"))
        }
    }
}
