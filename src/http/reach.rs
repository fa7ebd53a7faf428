//! `POST /v1/reach`: how many people something would reach, shown before it is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::items::at_publisher;
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use crate::base::{Audience, Channel, Kind, ReceiptBy, Role};

/// Something that somebody thinks of sending.
#[derive(Deserialize, ToSchema)]
pub(super) struct ReachRequest {
    /// `announcement` if absent, or `assignment`.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// The channels that it would go to.
    #[schema(value_type = Vec<String>)]
    places: Vec<Channel>,
    /// The roles that it would be for; all if absent.
    #[schema(value_type = Option<Vec<String>>)]
    audience: Option<Audience>,
    /// Who would be asked for a receipt: `student` or `account`.
    #[schema(value_type = Option<String>)]
    receipt: Option<ReceiptBy>,
}

/// How many people that is, each counted once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReachAnswer {
    recipients: usize,
    by_role: ByRole,
    /// How many receipts there can be; absent if none are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<usize>,
}

/// People by role.
#[derive(Debug, Serialize, ToSchema)]
struct ByRole {
    teacher: usize,
    student: usize,
    guardian: usize,
    staff: usize,
    operator: usize,
}

/// Says how many people something would reach that the caller may send.
#[utoipa::path(
    post, path = "/v1/reach", tag = "items", security(("bearer" = [])),
    request_body = ReachRequest,
    responses(
        (status = 200, description = "So many.", body = ReachAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed` or `unknown_account`.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: no places, or too many.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn reach(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    text: Text,
) -> Result<Json<ReachAnswer>, Problem> {
    let request: ReachRequest = text.fields()?;
    at_publisher(edge, move |edge| {
        let ReachRequest { kind, places, audience, receipt } = request;
        let kind = kind.unwrap_or(Kind::Announcement);
        let reach = edge.parts.items.reach(&caller.identity, &places, (audience, kind), receipt)?;
        let by_role = ByRole {
            teacher: reach.of(Role::Teacher),
            student: reach.of(Role::Student),
            guardian: reach.of(Role::Guardian),
            staff: reach.of(Role::Staff),
            operator: reach.of(Role::Operator),
        };
        Ok(Json(ReachAnswer { recipients: reach.total(), by_role, receipts: reach.receipts }))
    })
    .await
}
