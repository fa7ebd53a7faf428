//! `GET /healthz` (the process answers) and `GET /readyz` (it should be sent work).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use crate::broker::Health;
use crate::protocol::ErrorCode;

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Status {
    /// `ok` or `ready`.
    status: &'static str,
}

/// Says that the process answers. An orchestrator restarts it if this fails.
#[utoipa::path(
    get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "The process answers.", body = Status))
)]
pub(super) async fn healthz() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Says whether the hub should be sent work. A balancer leaves it alone while this fails.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "It takes work.", body = Status),
        (status = 503, description = "`draining` or `storage_failed`.", body = ProblemBody),
        (status = 507, description = "`storage_full`: reading goes on.", body = ProblemBody),
    )
)]
pub(super) async fn readyz(State(edge): State<Arc<Edge>>) -> Result<Json<Status>, Problem> {
    if edge.parts.drain.is_raised() {
        return Err(Problem::new(ErrorCode::Draining));
    }
    match edge.parts.broker.health() {
        Health::Ready => Ok(Json(Status { status: "ready" })),
        Health::Failing(error) => Err(error.into()),
    }
}
