//! `/v1/announcements`: sending, editing and withdrawing announcements.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::caller::Author;
use super::edge::Edge;
use super::items::{ItemAnswer, item_of};
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use super::tasks::{ComposeRequest, EditRequest, Task, WithdrawRequest, carry_out};
use crate::base::Kind;

/// Sends an announcement.
#[utoipa::path(
    post, path = "/v1/announcements", operation_id = "send_announcement", tag = "items", security(("bearer" = [])),
    request_body = ComposeRequest<'_>,
    responses(
        (status = 201, description = "It is in its channels, or in some of them and waits for the others.", body = ItemAnswer),
        (status = 200, description = "An earlier request had sent it.", body = ItemAnswer),
        (status = 202, description = "It waits for its time.", body = ItemAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`, `unknown_account`, `posting_stopped`, `kicked` or `suspended`.", body = ProblemBody),
        (status = 408, description = "`timeout`: ask again with the same id.", body = ProblemBody),
        (status = 409, description = "`version_conflict`: the id is another item's. `message_id_reused`: so is the key of a copy.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 413, description = "`too_large`.", body = ProblemBody),
        (status = 422, description = "`invalid_body`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining`, `closed` or `storage_failed`: ask again with the same id.", body = ProblemBody),
        (status = 507, description = "`storage_full` or `schedule_full`.", body = ProblemBody),
    )
)]
pub(super) async fn send(
    State(edge): State<Arc<Edge>>,
    Author(caller): Author,
    text: Text,
) -> Result<Response, Problem> {
    let request: ComposeRequest<'_> = text.fields()?;
    let author = request.author.clone();
    carry_out(edge, caller, author, Task::compose(Kind::Announcement, request)?).await
}

/// Says an announcement in another way. Its channels and audience stay.
#[utoipa::path(
    put, path = "/v1/announcements/{id}", operation_id = "edit_announcement", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item.")),
    request_body = EditRequest<'_>,
    responses(
        (status = 200, description = "The new version is out, or was already.", body = ItemAnswer),
        (status = 202, description = "It waits: for the item's time, or because it is held.", body = ItemAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: it is another's.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 409, description = "`version_conflict`: `more.version` holds.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 422, description = "`invalid_body`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining`, `closed` or `storage_failed`: ask again.", body = ProblemBody),
        (status = 507, description = "`storage_full` or `schedule_full`.", body = ProblemBody),
    )
)]
pub(super) async fn edit(
    State(edge): State<Arc<Edge>>,
    Author(caller): Author,
    Path(id): Path<String>,
    text: Text,
) -> Result<Response, Problem> {
    let request: EditRequest<'_> = text.fields()?;
    let task = Task::edit(Kind::Announcement, item_of(&id)?, &request)?;
    carry_out(edge, caller, request.author, task).await
}

/// Withdraws an announcement. Once it is answered, no copy is published any more and no digest shows it.
#[utoipa::path(
    delete, path = "/v1/announcements/{id}", operation_id = "withdraw_announcement", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item.")),
    request_body(content = Option<WithdrawRequest>, description = "May be absent."),
    responses(
        (status = 200, description = "It is withdrawn, or was already.", body = ItemAnswer),
        (status = 400, description = "`malformed`: also another's item without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining`, `closed` or `storage_failed`: ask again.", body = ProblemBody),
    )
)]
pub(super) async fn withdraw(
    State(edge): State<Arc<Edge>>,
    Author(caller): Author,
    Path(id): Path<String>,
    text: Text,
) -> Result<Response, Problem> {
    let request: WithdrawRequest = text.fields_or_default()?;
    let task = Task::withdraw(Kind::Announcement, item_of(&id)?, request.why);
    carry_out(edge, caller, request.author, task).await
}
