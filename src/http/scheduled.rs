//! `GET /v1/scheduled` and `DELETE /v1/scheduled/{channel}/{message_id}`: what an account has sent that waits for its time,
//! and the taking back of it.
//!
//! Everybody sees their own alone, whatever their rights are by now. What is named is the key that its author gave it, so
//! that who was told 202 can take it back without a list.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::caller::{Author, Caller};
use super::edge::Edge;
use super::items::at_publisher;
use super::problem::{Problem, ProblemBody};
use super::publish::channel_of;
use crate::access::Identity;
use crate::base::{Audience, Channel, ItemId, MessageId, NewPublication, SchoolTime, limits};
use crate::broker::{Cancelled, Schedule, SchedulePage, Turn};
use crate::items::ItemError;
use crate::protocol::ErrorCode;

/// What waits, in the order in which it will be published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleAnswer {
    scheduled: Vec<Waiting>,
    /// The next page's `after`; `null` if this is the last page.
    next: Option<String>,
}

/// A publication that waits.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    #[schema(value_type = String)]
    channel: Channel,
    #[schema(value_type = String)]
    message_id: MessageId,
    /// `announcement` or `assignment`.
    kind: &'static str,
    /// The roles that it is for.
    #[schema(value_type = Vec<String>)]
    audience: Audience,
    /// When it was sent, in milliseconds since 1970 of school time.
    #[schema(value_type = i64)]
    sent_at: SchoolTime,
    /// When it will be published, likewise.
    #[schema(value_type = Option<i64>)]
    deliver_at: Option<SchoolTime>,
    #[schema(value_type = Object)]
    body: Box<RawValue>,
}

#[derive(Debug, Default, Deserialize)]
struct Range {
    after: Option<String>,
    limit: Option<usize>,
}

/// Lists what the caller has sent that waits for its time.
#[utoipa::path(
    get, path = "/v1/scheduled", tag = "publications", security(("bearer" = [])),
    params(
        ("after" = Option<String>, Query, description = "From the answer before: only what comes after it."),
        ("limit" = Option<usize>, Query, description = "1 to 200; 50 if absent."),
    ),
    responses(
        (status = 200, description = "A page, in the order in which it will be published.", body = ScheduleAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn scheduled(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    uri: Uri,
) -> Result<Json<ScheduleAnswer>, Problem> {
    let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
    let range = Query::<Range>::try_from_uri(&uri);
    let Query(Range { after, limit }) = range.map_err(|_| malformed("limit is 1 to 200"))?;
    let limit = limit.unwrap_or(limits::HISTORY_LIMIT_DEFAULT);
    if !(1..=limits::READ_PAGE_MAX).contains(&limit) {
        return Err(malformed("limit is 1 to 200"));
    }
    let after = after.map(|text| turn(&text).ok_or(malformed("after is `next` of an answer before")));
    let schedule = Schedule { author: caller.identity.account, after: after.transpose()?, limit };
    let (answer, page) = oneshot::channel();
    edge.parts.broker.scheduled(
        schedule,
        Box::new(move |result| {
            // Nobody waits any more if the request timed out.
            let _ = answer.send(result);
        }),
    )?;
    let SchedulePage { waiting, next } = page.await.map_err(|_| Problem::new(ErrorCode::Internal))??;
    let next = next.map(|Turn { at, number }| format!("{}.{number}", at.0));
    Ok(Json(ScheduleAnswer { scheduled: waiting.into_iter().map(entry).collect::<Result<_, _>>()?, next }))
}

/// Takes back what the caller has sent, before its time.
#[utoipa::path(
    delete, path = "/v1/scheduled/{channel}/{message_id}", tag = "publications", security(("bearer" = [])),
    params(
        ("channel" = String, Path, description = "The channel's name, percent-encoded.", example = "class:3a"),
        ("message_id" = String, Path, description = "The sender's own name for it."),
    ),
    responses(
        (status = 204, description = "It will not be published; its message id is free again."),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`, or `not_allowed`: it is a copy of an item, which is withdrawn as a whole.", body = ProblemBody),
        (status = 404, description = "`not_found`: the caller has nothing of this name.", body = ProblemBody),
        (status = 408, description = "`timeout`: ask again, or look at the list.", body = ProblemBody),
        (status = 409, description = "`already_published`: its time had come.", body = ProblemBody),
        (status = 429, description = "`rate_limited`, or `busy`.", body = ProblemBody),
        (status = 503, description = "`draining` or `storage_failed`.", body = ProblemBody),
        (status = 507, description = "`storage_full`.", body = ProblemBody),
    )
)]
pub(super) async fn cancel(
    State(edge): State<Arc<Edge>>,
    Author(author): Author,
    Path((channel, message_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let channel = channel_of(&channel)?;
    let malformed = || Problem::new(ErrorCode::Malformed).because("message_id is an identifier");
    let message_id = MessageId::parse(&message_id).map_err(|_| malformed())?;
    refuse_copy(&edge, &author, &message_id).await?;
    let (answer, cancelled) = oneshot::channel();
    let offered = edge.parts.broker.cancel(
        (channel, author.account, message_id),
        Box::new(move |result| {
            let _ = answer.send(result);
        }),
    );
    offered.map_err(|busy| Problem::from(busy).with_status(StatusCode::TOO_MANY_REQUESTS))?;
    match cancelled.await.map_err(|_| Problem::new(ErrorCode::Internal))?? {
        Cancelled::Cancelled => Ok(StatusCode::NO_CONTENT),
        Cancelled::Published => Err(Problem::new(ErrorCode::AlreadyPublished)),
        Cancelled::Unknown => Err(Problem::new(ErrorCode::NotFound)),
    }
}

/// Refuses to take back one copy of an item, which would leave the others.
async fn refuse_copy(edge: &Arc<Edge>, author: &Identity, message_id: &MessageId) -> Result<(), Problem> {
    let stem = message_id.as_str().rsplit_once('.').and_then(|(stem, _)| ItemId::parse(stem).ok());
    let Some(id) = stem else { return Ok(()) };
    let author = author.clone();
    let is_item = at_publisher(Arc::clone(edge), move |edge| match edge.parts.items.item(&author, &id) {
        Ok(item) => Ok(item.author == author.account),
        Err(ItemError::Unknown | ItemError::NotAllowed(_)) => Ok(false),
        Err(error) => Err(error.into()),
    });
    if is_item.await? {
        return Err(Problem::new(ErrorCode::NotAllowed).because("it is a copy of an item: withdraw that"));
    }
    Ok(())
}

fn entry(new: NewPublication) -> Result<Waiting, Problem> {
    let body = RawValue::from_string(new.body.json().to_string());
    Ok(Waiting {
        channel: new.channel,
        message_id: new.message_id,
        kind: new.body.kind().as_str(),
        audience: new.audience,
        sent_at: new.published_at,
        deliver_at: new.deliver_at,
        body: body.map_err(|_| Problem::new(ErrorCode::Internal))?,
    })
}

fn turn(text: &str) -> Option<Turn> {
    let (at, number) = text.split_once('.')?;
    Some(Turn { at: SchoolTime(at.parse().ok()?), number: number.parse().ok()? })
}
