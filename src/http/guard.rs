//! What every request passes: no token in the address, safe headers on the answer, one log line; and a deadline, from
//! which only the reload of a roster is free.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::edge::Edge;
use super::problem::Problem;
use crate::base::limits;
use crate::protocol::ErrorCode;

/// Names under which tokens travel in addresses elsewhere (RFC 6750 §2.3). Addresses end in logs, so here they may not.
const TOKEN_PARAMETERS: [&str; 2] = ["token", "access_token"];

/// What no page of ours asks a browser for, so that nothing that gets into one may.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), bluetooth=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
);

/// An answer that is no page: if a browser shows it all the same, nothing in it runs, and nobody frames it.
pub(super) const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For a year, this host is asked over https alone (RFC 6797).
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

const SAFE_HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// What every answer has, also one that the hub writes instead of HTTP.
pub(super) fn safe_headers(is_https: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let strict = is_https.then_some((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT));
    SAFE_HEADERS.into_iter().chain(strict)
}

pub(super) async fn guard(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The path alone: a query may hold a seat.
    let path = request.uri().path().to_owned();
    let mut response = if names_a_token(&request) {
        Problem::new(ErrorCode::Malformed)
            .because("a token belongs in the Authorization header, never in the address")
            .into_response()
    } else {
        next.run(request).await
    };
    tracing::debug!(%method, path, status = response.status().as_u16(), "request");
    make_safe(response.headers_mut(), edge.parts.is_https);
    response
}

/// Adds what every answer has. One that does not say so is no page, and kept by nobody.
pub(super) fn make_safe(headers: &mut HeaderMap, is_https: bool) {
    headers.extend(safe_headers(is_https));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// From a request's head to its answer.
pub(super) async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(limits::HTTP_REQUEST_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(ErrorCode::Timeout).into_response(),
    }
}

fn names_a_token(request: &Request) -> bool {
    let Ok(Query(parameters)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) else {
        // Each handler that reads a query says so itself.
        return false;
    };
    parameters.iter().any(|(name, _)| TOKEN_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()))
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(ErrorCode::MethodNotAllowed)
}
