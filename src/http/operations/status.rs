//! `GET /v1/operator/status`: how the hub stands, on one screen.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::officer::Officer;
use crate::admission::Snapshot;
use crate::broker::Health;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};

/// How the hub stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    /// The program's version.
    version: &'static str,
    /// Whether it shuts down.
    is_draining: bool,
    /// Whether the store takes publications.
    is_storing: bool,
    /// Machine time in milliseconds since 1970.
    machine_time: u64,
    /// School time in milliseconds since 1970.
    #[schema(value_type = i64)]
    school_time: crate::base::SchoolTime,
    /// Accounts in the roster in force.
    accounts: usize,
    /// The gate: seats, classes, load.
    #[schema(value_type = Object)]
    gate: Snapshot,
}

/// Says how the hub stands.
#[utoipa::path(
    get, path = "/v1/operator/status", tag = "operations", security(("bearer" = [])),
    responses(
        (status = 200, description = "How the hub stands.", body = Standing),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn status(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
) -> Result<Json<Standing>, Problem> {
    let parts = &edge.parts;
    Ok(Json(Standing {
        version: env!("CARGO_PKG_VERSION"),
        is_draining: parts.drain.is_raised(),
        is_storing: parts.broker.health() == Health::Ready,
        machine_time: parts.clock.machine().0,
        school_time: parts.clock.school(),
        accounts: parts.directory.current().counts().accounts_total(),
        gate: parts.operate.snapshot(parts.clock.machine()),
    }))
}
