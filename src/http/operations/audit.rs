//! `GET /v1/operator/audit`: who changed what, and why, the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::journal::Entry;
use super::office::at_office;
use super::officer::Officer;
use crate::base::limits;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditAnswer {
    /// The newest first. The last one's number is the next page's `before`.
    entries: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
struct Range {
    before: Option<u64>,
    limit: Option<usize>,
}

/// Says who changed what, and why.
#[utoipa::path(
    get, path = "/v1/operator/audit", tag = "operations", security(("bearer" = [])),
    params(
        ("before" = Option<u64>, Query, description = "Only what is older than this entry."),
        ("limit" = Option<usize>, Query, description = "1 to 200; 50 if absent."),
    ),
    responses(
        (status = 200, description = "A page, the newest first.", body = AuditAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn audit(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
    uri: Uri,
) -> Result<Json<AuditAnswer>, Problem> {
    let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
    let range = Query::<Range>::try_from_uri(&uri);
    let Query(Range { before, limit }) = range.map_err(|_| malformed("before and limit are numbers"))?;
    let limit = limit.unwrap_or(50);
    if !(1..=limits::AUDIT_PAGE_MAX).contains(&limit) {
        return Err(malformed("limit is 1 to 200"));
    }
    at_office(edge, move |_, office| {
        Ok(Json(AuditAnswer { entries: office.instruments.journal.page(before, limit)? }))
    })
    .await
}
