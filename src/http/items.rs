//! `GET /v1/items` and `GET /v1/items/{id}`: what one has sent, as it stands; and what all requests about items share.
//!
//! The publisher waits for the disk, so it works on threads that may. A request that times out is carried out all the same:
//! asking again finds it done.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::advice::Advice;
use super::caller::Caller;
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use super::publish::PositionSchema;
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Position, SchoolTime, limits};
use crate::broker::{Accepted, Committed, Scheduled};
use crate::items::{Copied, ItemError, Outcome};
use crate::ledger::{Item, ItemMark, LedgerError};
use crate::protocol::ErrorCode;

/// Items on a page, if nobody says how many.
const LIMIT_DEFAULT: usize = 50;

/// An item as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemAnswer {
    #[schema(value_type = String)]
    id: ItemId,
    /// `announcement` or `assignment`.
    #[schema(value_type = String)]
    kind: Kind,
    #[schema(value_type = String)]
    author: AccountId,
    /// The wording that holds, from 1.
    version: u32,
    /// Whether it is no more.
    withdrawn: bool,
    /// The channels that it was sent to, and the bulletins that an urgent one was added to.
    #[schema(value_type = Vec<String>)]
    places: Vec<Channel>,
    /// The roles that it is for.
    #[schema(value_type = Vec<String>)]
    audience: Audience,
    /// The fields of its kind.
    #[schema(value_type = Object)]
    body: Box<RawValue>,
    /// School time in milliseconds since 1970. So are all times here.
    #[schema(value_type = i64)]
    created_at: SchoolTime,
    /// When it was sent, edited or withdrawn last.
    #[schema(value_type = i64)]
    changed_at: SchoolTime,
    /// When it was to be published, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    publish_at: Option<SchoolTime>,
    /// Until when this version is held back, so that another may replace it unseen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    held_until: Option<SchoolTime>,
    urgent: bool,
    /// Where this request's copies are; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<CopyAnswer>,
    /// Whether an earlier request had done it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// That it comes out of school time somewhere, told to whoever sends it; absent if it does not, or is urgent.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<Advice>,
}

impl ItemAnswer {
    /// The same with what to tell whoever sends late.
    pub(super) fn with(self, late: Option<Advice>) -> Self {
        Self { late, ..self }
    }
}

/// One copy of an item: published, or waiting for its time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CopyAnswer {
    #[schema(value_type = String)]
    channel: Channel,
    /// Its place in the channel's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PositionSchema>)]
    position: Option<Position>,
    /// Its time, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    deliver_at: Option<SchoolTime>,
}

/// A page of items.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemsAnswer {
    /// The newest first.
    items: Vec<ItemAnswer>,
    /// The next page's `before`; `null` if this is the last.
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Range {
    before: Option<String>,
    limit: Option<usize>,
}

/// Gives one's own items.
#[utoipa::path(
    get, path = "/v1/items", tag = "items", security(("bearer" = [])),
    params(
        ("before" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<usize>, Query, description = "1 to 200; 50 if absent."),
    ),
    responses(
        (status = 200, description = "A page, the newest first.", body = ItemsAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn own(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    uri: Uri,
) -> Result<Json<ItemsAnswer>, Problem> {
    let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
    let Query(range) = Query::<Range>::try_from_uri(&uri).map_err(|_| malformed("limit is a number"))?;
    let before = match range.before.as_deref() {
        Some(text) => Some(mark(text).ok_or(malformed("before is the next of another page"))?),
        None => None,
    };
    let limit = range.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=limits::ITEMS_LIMIT_MAX).contains(&limit) {
        return Err(malformed("limit is 1 to 200"));
    }
    at_publisher(edge, move |edge| {
        // One more than is asked for says whether there is more.
        let mut items = edge.parts.items.items_of(&caller.identity, before, limit + 1)?;
        let is_whole = items.len() <= limit;
        items.truncate(limit);
        let last = items.last().filter(|_| !is_whole);
        let next = last.map(|item| format!("{}:{}", item.created_at.0, item.id));
        let items = items.into_iter().map(|item| answer(item, Vec::new(), false));
        Ok(Json(ItemsAnswer { items: items.collect::<Result<_, _>>()?, next }))
    })
    .await
}

/// Gives an item as it stands, to its author and to staff who may announce wherever it was sent.
#[utoipa::path(
    get, path = "/v1/items/{id}", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item.")),
    responses(
        (status = 200, description = "The item.", body = ItemAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed` or `unknown_account`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn item(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ItemAnswer>, Problem> {
    let id = item_of(&id)?;
    at_publisher(edge, move |edge| {
        answer(edge.parts.items.item(&caller.identity, &id)?, Vec::new(), false).map(Json)
    })
    .await
}

/// Does what waits for the disk where that is allowed.
pub(super) async fn at_publisher<T: Send + 'static>(
    edge: Arc<Edge>,
    work: impl FnOnce(&Edge) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let worked = tokio::task::spawn_blocking(move || work(&edge)).await;
    worked.map_err(|_| Problem::new(ErrorCode::Internal))?
}

/// The item that an address names.
///
/// # Errors
/// `malformed`.
pub(super) fn item_of(text: &str) -> Result<ItemId, Problem> {
    ItemId::parse(text).map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("item: {error}")))
}

/// What a request is answered with that sent or changed something: 201 if it is new, 202 if all of it waits.
pub(super) fn outcome(outcome: Outcome, is_new: bool) -> Result<(StatusCode, ItemAnswer), Problem> {
    let Outcome { item, copies, is_duplicate } = outcome;
    let waits = |copy: &Copied| matches!(copy.accepted, Accepted::Scheduled(_));
    let status = if is_duplicate {
        StatusCode::OK
    } else if !copies.is_empty() && copies.iter().all(waits) {
        StatusCode::ACCEPTED
    } else if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, answer(item, copies, is_duplicate)?))
}

/// The same, as a response.
pub(super) fn response((status, answer): (StatusCode, ItemAnswer)) -> Response {
    (status, Json(answer)).into_response()
}

fn answer(item: Item, copies: Vec<Copied>, duplicate: bool) -> Result<ItemAnswer, Problem> {
    let body = RawValue::from_string(item.body.as_str().to_owned());
    Ok(ItemAnswer {
        id: item.id,
        kind: item.kind,
        author: item.author,
        version: item.version,
        withdrawn: item.is_withdrawn,
        places: item.places,
        audience: item.audience,
        body: body.map_err(|_| Problem::new(ErrorCode::Internal))?,
        created_at: item.created_at,
        changed_at: item.changed_at,
        publish_at: item.publish_at,
        held_until: item.held.map(|held| held.until),
        urgent: item.urgent,
        copies: copies.into_iter().map(copy).collect(),
        duplicate,
        late: None,
    })
}

fn copy(Copied { channel, accepted }: Copied) -> CopyAnswer {
    match accepted {
        Accepted::Committed(Committed { position, .. }) => {
            CopyAnswer { channel, position: Some(position), deliver_at: None }
        }
        Accepted::Scheduled(Scheduled { deliver_at, .. }) => {
            CopyAnswer { channel, position: None, deliver_at: Some(deliver_at) }
        }
    }
}

/// Where a page ends: an instant and a name, apart by a colon.
fn mark(text: &str) -> Option<ItemMark> {
    let (at, id) = text.split_once(':')?;
    Some(ItemMark { created_at: SchoolTime(at.parse().ok()?), id: ItemId::parse(id).ok()? })
}

impl From<ItemError> for Problem {
    fn from(error: ItemError) -> Self {
        let said = error.to_string();
        match error {
            ItemError::NotAllowed(error) => error.into(),
            ItemError::Unknown => Self::new(ErrorCode::UnknownItem),
            ItemError::Conflict { version } => {
                Self::new(ErrorCode::VersionConflict).with_more(serde_json::json!({ "version": version }))
            }
            ItemError::Withdrawn => Self::new(ErrorCode::Withdrawn),
            ItemError::Body(error) => error.into(),
            ItemError::Places | ItemError::Versions => Self::new(ErrorCode::InvalidBody).because(said),
            ItemError::Time | ItemError::NoReason => Self::new(ErrorCode::Malformed).because(said),
            ItemError::Publish(error) => error.into(),
            ItemError::Ledger(LedgerError::StorageFull) => Self::new(ErrorCode::StorageFull),
            ItemError::Ledger(_) => Self::new(ErrorCode::StorageFailed),
            ItemError::Busy => Self::new(ErrorCode::Busy),
        }
    }
}
