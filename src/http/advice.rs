//! `GET /v1/publishing-advice`: whether what is sent to a channel now would come out of school time, and when it would not.
//!
//! Advice and no rule: whoever sends all the same is not refused, and is told in the answer. Posts are for whoever is there, and never late.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use super::publish::channel_of;
use super::windows::school_of_channel;
use crate::base::{Channel, SchoolTime};
use crate::calendar::Untimely;
use crate::ledger::Item;
use crate::protocol::ErrorCode;

/// Whether it would be late.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdviceAnswer {
    /// School time for which this holds, in milliseconds since 1970.
    #[schema(value_type = i64)]
    at: SchoolTime,
    /// What to tell the sender, if it would be late.
    late: Option<Advice>,
}

/// It would be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Advice {
    /// `hour`: before 07:00 or after 20:00; `weekend`; `holiday`, also while the school is closed.
    why: &'static str,
    /// The next school morning, to offer as `publish_at`: school time in milliseconds since 1970.
    #[schema(value_type = Option<i64>)]
    publish_at: Option<SchoolTime>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    channel: String,
}

/// Says whether an announcement or assignment would come out of school time.
#[utoipa::path(
    get, path = "/v1/publishing-advice", tag = "items", security(("bearer" = [])),
    params(("channel" = String, Query, description = "Where it would be published.", example = "class:3a")),
    responses(
        (status = 200, description = "Whether it would be late, and what to offer.", body = AdviceAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn advice(
    State(edge): State<Arc<Edge>>,
    _caller: Caller,
    uri: Uri,
) -> Result<Json<AdviceAnswer>, Problem> {
    let asked = Query::<Asked>::try_from_uri(&uri);
    let Query(Asked { channel }) =
        asked.map_err(|_| Problem::new(ErrorCode::Malformed).because("channel is missing"))?;
    let at = edge.parts.clock.school();
    Ok(Json(AdviceAnswer { at, late: late(&edge, &channel_of(&channel)?, at) }))
}

/// What to tell whoever sent an item, if it comes late anywhere: the time to offer is one at which it is nowhere. Nothing of
/// what is urgent.
pub(super) fn of_item(edge: &Edge, item: &Item) -> Option<Advice> {
    if item.urgent {
        return None;
    }
    let asked = item.publish_at.unwrap_or(item.created_at);
    let comes = |place: &Channel| edge.parts.quiet.quiet(place, asked).map_or(asked, |over| over.max(asked));
    let late = item.places.iter().filter_map(|place| late(edge, place, comes(place)));
    late.max_by_key(|advice| advice.publish_at)
}

/// What to tell whoever publishes an announcement or assignment in a channel at an instant, if it is late there.
pub(super) fn late(edge: &Edge, channel: &Channel, at: SchoolTime) -> Option<Advice> {
    let roster = edge.parts.directory.current();
    let late = edge.parts.windows.late(school_of_channel(&roster, channel), at)?;
    let why = match late.why {
        Untimely::Hour => "hour",
        Untimely::Weekend => "weekend",
        Untimely::Holiday => "holiday",
    };
    Some(Advice { why, publish_at: late.publish_at })
}
