//! `GET /v1/bulletin/{school}`: what a school tells everybody, without a log-in: also to those who wait or are refused.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::oneshot;

use super::bulletins::{self, Bulletin, Kept};
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use crate::base::{Channel, OrgId, Role, limits};
use crate::broker::History;
use crate::protocol::ErrorCode;
use crate::roster::OrgKind;

/// Caches between the hub and its readers may keep it as long as nobody misses a notice.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=5");

/// Gives a school's bulletin, or the region's.
#[utoipa::path(
    get, path = "/v1/bulletin/{school}", tag = "publications",
    params(("school" = String, Path, description = "The school's identifier in the roster, or `region`.", example = "region")),
    responses(
        (status = 200, description = "The bulletin.", body = Bulletin<'_>),
        (status = 304, description = "It is what the client has (`If-None-Match`)."),
        (status = 404, description = "`not_found`: there is no such school.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn bulletin(
    State(edge): State<Arc<Edge>>,
    Path(school): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let channel = channel(&edge, &school)?;
    let notice = edge.parts.office.notice();
    let kept = match edge.bulletins.find(&channel, notice.as_ref(), edge.parts.clock.machine()) {
        Some(kept) => kept,
        None => read(&edge, &channel).await?,
    };
    let etag = HeaderValue::from_str(&kept.etag).map_err(|_| Problem::new(ErrorCode::Internal))?;
    let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|known| names(known, &kept.etag));
    let tagged = [(header::ETAG, etag), (header::CACHE_CONTROL, CACHE_CONTROL)];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, tagged).into_response());
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((tagged, json, kept.bytes.clone()).into_response())
}

/// The channel of a school that there is. Costs one look into the roster, whether there is or not.
fn channel(edge: &Edge, school: &str) -> Result<Channel, Problem> {
    if school == "region" {
        return Ok(Channel::RegionBulletin);
    }
    let roster = edge.parts.directory.current();
    let is_school = roster.org(school).is_some_and(|org| org.kind() == OrgKind::School);
    let id = OrgId::parse(school).ok().filter(|_| is_school);
    id.map(Channel::Bulletin).ok_or_else(|| Problem::new(ErrorCode::NotFound))
}

/// Reads a bulletin from the log, unless somebody else has just done so.
async fn read(edge: &Edge, channel: &Channel) -> Result<Arc<Kept>, Problem> {
    let turn = edge.bulletins.turn.lock().await;
    let now = edge.parts.clock.machine();
    let notice = edge.parts.office.notice();
    if let Some(kept) = edge.bulletins.find(channel, notice.as_ref(), now) {
        return Ok(kept);
    }
    let changes = edge.bulletins.changes();
    let (answer, page) = oneshot::channel();
    let history = History {
        channel: channel.clone(),
        after: None,
        before: None,
        kind: None,
        // What is for everyone is for guardians.
        role: Role::Guardian,
        limit: limits::HISTORY_LIMIT_DEFAULT,
    };
    edge.parts.broker.history(
        history,
        Box::new(move |result| {
            // Nobody waits any more if the request timed out.
            let _ = answer.send(result);
        }),
    )?;
    let page = page.await.map_err(|_| Problem::new(ErrorCode::Internal))??;
    let roster = edge.parts.directory.current();
    let entries = bulletins::entries(&page.publications, &roster);
    let kept = edge.bulletins.write(channel, entries, notice, changes, now);
    drop(turn);
    Ok(kept)
}

/// Whether a list of tags names this one; weakly, as RFC 9110 §13.1.2 wants it.
fn names(known: &HeaderValue, etag: &str) -> bool {
    let tags = known.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag)).any(|tag| tag == "*" || tag == etag)
}
