//! `/v1/unsubscribe`: where a letter's link leads, and where a mailbox's own button asks (RFC 8058).
//!
//! The key in the address is all that it takes: whoever reads the letter may stop its like, and nothing else. Answers are
//! pages for people, refusals too. Looking at the page changes nothing, since mailboxes and their guards open links.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::edge::Edge;

/// Styles stand in the page; nothing else is run or fetched.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A page, and what became of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It was asked, or it is done.
    Fine(String),
    /// The key is none.
    Wrong(String),
    /// It can't be written down now.
    Later(String),
}

/// Who knows the keys, and the pages in the reader's language.
pub trait Unsubscribe: Send + Sync + 'static {
    /// The page that asks.
    fn ask(&self, key: &str, language: &str) -> Reply;

    /// Stops what the key is for, however often it is asked.
    fn stop<'a>(
        &'a self,
        key: &'a str,
        language: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;
}

/// What stands in a letter's link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    key: String,
    language: String,
}

/// Asks whether to stop the mail.
#[utoipa::path(
    get, path = "/v1/unsubscribe", tag = "account",
    params(
        ("key" = String, Query, description = "The key from the letter."),
        ("language" = Option<String>, Query, description = "The page's language: `fr` if absent or unknown."),
    ),
    responses(
        (status = 200, description = "A page with a button. Nothing has changed.", content_type = "text/html"),
        (status = 400, description = "A page: the key is none of this hub's.", content_type = "text/html"),
    )
)]
pub(super) async fn ask(State(edge): State<Arc<Edge>>, Query(asked): Query<Asked>) -> Response {
    page(edge.parts.unsubscribe.ask(&asked.key, &asked.language))
}

/// Stops the mail; urgent messages go on in the hub. The body is not looked at.
#[utoipa::path(
    post, path = "/v1/unsubscribe", tag = "account",
    params(
        ("key" = String, Query, description = "The key from the letter."),
        ("language" = Option<String>, Query, description = "The page's language: `fr` if absent or unknown."),
    ),
    responses(
        (status = 200, description = "A page: it is done, or was before.", content_type = "text/html"),
        (status = 400, description = "A page: the key is none of this hub's.", content_type = "text/html"),
        (status = 503, description = "A page: nothing has changed, try again later.", content_type = "text/html"),
    )
)]
pub(super) async fn stop(State(edge): State<Arc<Edge>>, Query(asked): Query<Asked>) -> Response {
    page(edge.parts.unsubscribe.stop(&asked.key, &asked.language).await)
}

fn page(reply: Reply) -> Response {
    let (status, html) = match reply {
        Reply::Fine(html) => (StatusCode::OK, html),
        Reply::Wrong(html) => (StatusCode::BAD_REQUEST, html),
        Reply::Later(html) => (StatusCode::SERVICE_UNAVAILABLE, html),
    };
    let headers = [(header::CONTENT_TYPE, HTML), (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (status, headers, html).into_response()
}
