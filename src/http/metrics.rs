//! `GET /metrics`: the counters in the `OpenMetrics` text format, which Prometheus reads.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use prometheus_client::encoding::text::encode;

use super::edge::Edge;
use super::problem::Problem;
use crate::protocol::ErrorCode;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Gives the counters.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((
        status = 200, description = "The counters.", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    ))
)]
pub(super) async fn metrics(State(edge): State<Arc<Edge>>) -> Result<Response, Problem> {
    let mut text = String::new();
    encode(&mut text, &edge.registry).map_err(|_| Problem::new(ErrorCode::Internal))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
