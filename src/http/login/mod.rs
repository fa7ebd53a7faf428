//! Logging in with the workspace's identity provider, as browsers and the provider see it.
//!
//! `begin` sends a browser to the provider, `callback` takes it back with a cookie, `token` gives its page short bearer
//! tokens for that cookie, and `logout` ends it all, whoever asks for it. The cookie serves that one purpose: every other
//! address knows bearer tokens only. Each address counts who asks before it does anything that costs.

pub(super) mod begin;
mod callback;
mod cookies;
mod ending;
pub(super) mod logout;
mod provider;
mod rates;
mod same_origin;
pub(super) mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use cookies::Cookies;
pub use provider::{Asked, Known, Provider, ProviderError};
pub use rates::{LoginRates, Peer};

use super::edge::Edge;
use super::problem::Problem;
use crate::identity::login::{Attempts, EndedLogins, IdTerms, LogoutTokens};
use crate::identity::{Issuer, Terms};
use crate::protocol::ErrorCode;

/// What logging in rests on. Made once by the composition root.
pub struct Login {
    /// The line to the provider.
    pub provider: Box<dyn Provider>,
    /// What the provider's tokens must say.
    pub id_terms: IdTerms,
    /// Where the provider sends browsers back to, and what it is asked for.
    pub client: Client,
    /// Attempts under way.
    pub attempts: Attempts,
    /// The provider's words on log-outs.
    pub logout_tokens: LogoutTokens,
    /// Signs the tokens of log-ins.
    pub issuer: Issuer,
    /// The terms that the hub's verifier holds them to.
    pub terms: Terms,
    /// What the hub's verifier refuses.
    pub ended: Arc<EndedLogins>,
    /// How cookies are written.
    pub cookies: Cookies,
    /// How long a log-in lasts.
    pub ages: Ages,
    /// How often one may ask.
    pub rates: LoginRates,
    /// Random bytes, others each time; `None` if the operating system has none to give.
    pub draw: fn() -> Option<[u8; 32]>,
}

/// The hub as the provider's client.
#[derive(Debug, Clone)]
pub struct Client {
    /// The hub's address for browsers.
    pub public: Url,
    /// Where browsers come back to, as it is registered with the provider.
    pub redirect_uri: String,
    /// Where browsers come to when they have logged out there.
    pub post_logout_uri: String,
    /// With spaces between.
    pub scopes: String,
}

/// How long a log-in lasts.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    /// At most.
    pub whole: Duration,
    /// Without being seen.
    pub idle: Duration,
}

/// The addresses, with their places in the OpenAPI document.
pub(super) fn addresses() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(begin::how))
        .routes(routes!(begin::begin))
        .routes(routes!(callback::callback))
        .routes(routes!(token::token))
        .routes(routes!(logout::logout))
        .routes(routes!(logout::backchannel))
}

/// What of it stands on the operators' listener: cookies are a host's, whatever the port, so operators log in by the same
/// provider, and their page gets its tokens where it is.
pub(super) fn at_wall() -> Router<Arc<Edge>> {
    Router::new()
        .route("/v1/login/how", get(begin::how_at_wall))
        .route("/v1/login", get(begin::begin_at_wall))
        .route("/v1/login/token", post(token::token))
        .route("/v1/logout", post(logout::logout))
}

/// What a hub without a provider says where others log in.
pub(in crate::http) const NOBODY: &str = "this hub logs nobody in: see `[login]` in docs/OPERATIONS.md";

fn login_of(edge: &Edge) -> Result<&Login, Problem> {
    edge.parts.login.as_deref().ok_or(Problem::new(ErrorCode::NotFound).because(NOBODY))
}
