//! `GET /v1/channels/{channel}/publications`: the past of a channel, in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use super::publish::{PositionSchema, channel_of};
use crate::access::{self, ReadHistory};
use crate::base::{Kind, Offset, Position, Publication, limits};
use crate::broker::{History, HistoryPage};
use crate::protocol::{ErrorCode, server};
use crate::roster::Roster;

/// Past publications, in order.
#[derive(Serialize, ToSchema)]
pub(super) struct HistoryAnswer {
    /// As they come on a socket, without `type`.
    #[schema(value_type = Vec<Object>)]
    publications: Vec<Box<RawValue>>,
    /// Whether more may match beyond this page: later ones with `from`, earlier ones without. A page that had to look at
    /// too many others may be empty and still have more.
    more: bool,
    /// Up to here, in the direction of reading, everything has been looked at: its offset is the next page's `from`, or
    /// without `from` its `before`.
    #[schema(value_type = PositionSchema)]
    through: Position,
    /// The end of the log when the page was read.
    #[schema(value_type = PositionSchema)]
    last: Position,
    /// Everything up to here may have been removed, its time being over.
    #[schema(value_type = PositionSchema)]
    trimmed: Position,
}

/// Which part of the past is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Range {
    from: Option<Offset>,
    before: Option<Offset>,
    kind: Option<Kind>,
    limit: Option<usize>,
}

/// Reads a channel's past.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/publications", tag = "publications", security(("bearer" = [])),
    params(
        ("channel" = String, Path, description = "The channel's name, percent-encoded.", example = "class:3a"),
        ("from" = Option<u64>, Query, description = "Only what comes after this offset, oldest first."),
        ("before" = Option<u64>, Query, description = "Only what comes before this offset."),
        ("kind" = Option<String>, Query, description = "`post`, `announcement` or `assignment`."),
        ("limit" = Option<usize>, Query, description = "1 to 200; 50 if absent. Without `from` the newest that fit."),
    ),
    responses(
        (status = 200, description = "A page.", body = HistoryAnswer),
        (status = 400, description = "`malformed`, naming the parameter.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`, `unknown_account`, or what a seat is refused with: `suspended`, `kicked`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn history(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(channel): Path<String>,
    uri: Uri,
) -> Result<Json<HistoryAnswer>, Problem> {
    let channel = channel_of(&channel)?;
    let range = Range::parse(&uri)?;
    let roster = edge.parts.directory.current();
    let allowed = access::may(&roster, &caller.identity, ReadHistory { channel })?;
    let history = History {
        channel: allowed.into_inner().channel,
        after: range.from,
        before: range.before,
        kind: range.kind,
        role: caller.identity.role,
        limit: range.limit.unwrap_or(limits::HISTORY_LIMIT_DEFAULT),
    };
    let (answer, page) = oneshot::channel();
    edge.parts.broker.history(
        history,
        Box::new(move |result| {
            // Nobody waits any more if the request timed out.
            let _ = answer.send(result);
        }),
    )?;
    let page = page.await.map_err(|_| Problem::new(ErrorCode::Internal))??;
    answer_of(&edge.parts.directory.current(), &page).map(Json)
}

fn answer_of(roster: &Roster, page: &HistoryPage) -> Result<HistoryAnswer, Problem> {
    let seen = page.publications.iter().filter_map(|publication| access::seen(roster, publication));
    let publications = seen.map(|publication| fields(&publication));
    Ok(HistoryAnswer {
        publications: publications.collect::<Result<_, _>>()?,
        more: page.more,
        through: page.through,
        last: page.last,
        trimmed: page.trimmed,
    })
}

/// A publication as the socket writes it, without the type that a list has no use for.
fn fields(publication: &Publication) -> Result<Box<RawValue>, Problem> {
    const TYPED: &str = r#"{"type":"publication","#;
    let text = server::publication(publication);
    let rest = text.strip_prefix(TYPED).ok_or(Problem::new(ErrorCode::Internal))?;
    RawValue::from_string(format!("{{{rest}")).map_err(|_| Problem::new(ErrorCode::Internal))
}

impl Range {
    fn parse(uri: &Uri) -> Result<Self, Problem> {
        let malformed = |detail: String| Problem::new(ErrorCode::Malformed).because(detail);
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| malformed("the query can't be read".into()))?;
        let mut range = Self::default();
        for (name, value) in parameters {
            let was_empty = match name.as_str() {
                "from" => range.from.replace(offset("from", &value)?).is_none(),
                "before" => range.before.replace(offset("before", &value)?).is_none(),
                "kind" => range.kind.replace(kind(&value)?).is_none(),
                "limit" => range.limit.replace(limit(&value)?).is_none(),
                // Unknown parameters are ignored, as unknown fields are.
                _ => true,
            };
            if !was_empty {
                return Err(malformed(format!("{name} is given twice")));
            }
        }
        Ok(range)
    }
}

fn offset(name: &str, text: &str) -> Result<Offset, Problem> {
    const MAX: u64 = (1 << 53) - 1;
    text.parse()
        .ok()
        .filter(|offset| *offset <= MAX)
        .map(Offset)
        .ok_or_else(|| Problem::new(ErrorCode::Malformed).because(format!("{name} is an offset: 0 to {MAX}")))
}

fn kind(text: &str) -> Result<Kind, Problem> {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| Problem::new(ErrorCode::Malformed).because("kind is post, announcement or assignment"))
}

fn limit(text: &str) -> Result<usize, Problem> {
    let max = limits::READ_PAGE_MAX;
    text.parse()
        .ok()
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| Problem::new(ErrorCode::Malformed).because(format!("limit is 1 to {max}")))
}
