//! `POST /v1/channels/{channel}/publications`: publishing without a socket, with the same rights and idempotency.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::admit;
use super::caller::Author;
use super::edge::Edge;
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use crate::access::{self, Publish};
use crate::base::{Audience, Body, Channel, Kind, MessageId, Position, Reason, SchoolTime, Urgent};
use crate::broker::{Accepted, Committed, Scheduled};
use crate::protocol::ErrorCode;
use crate::session::deferral::{self, Sent};
use crate::session::speech::{self, Floor};

/// What is to be published. Unknown fields are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct PublishRequest<'a> {
    /// `post`, `question`, `announcement` or `assignment`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The sender's own name for it: sending it again is answered, not stored twice.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// The roles that it is for; everybody who may follow the channel, if absent.
    #[schema(value_type = Option<Vec<String>>)]
    audience: Option<Audience>,
    /// The fields of its kind.
    #[serde(borrow)]
    #[schema(value_type = Object)]
    body: &'a RawValue,
    /// When it is to be published, if not now: school time in milliseconds since 1970. Not for posts.
    #[schema(value_type = Option<i64>)]
    publish_at: Option<SchoolTime>,
    /// That it is urgent, and why. Announcements of staff and operators only.
    urgent: Option<UrgentRequest>,
}

/// Why a publication is urgent. The reason is written down, and not published.
#[derive(Deserialize, ToSchema)]
pub(super) struct UrgentRequest {
    /// 1 to 500 characters.
    #[schema(value_type = String)]
    pub(super) reason: Reason,
}

/// The publication is on stable storage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishAnswer {
    #[schema(value_type = String)]
    channel: Channel,
    #[schema(value_type = String)]
    message_id: MessageId,
    /// Its place in the channel's log.
    #[schema(value_type = PositionSchema)]
    position: Position,
    /// Whether an earlier request had stored it.
    duplicate: bool,
    /// That the class's teacher reads it first: the place is the proposal's.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<bool>,
}

/// The publication is on stable storage, and gets its place in the log when its time comes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduledAnswer {
    #[schema(value_type = String)]
    channel: Channel,
    #[schema(value_type = String)]
    message_id: MessageId,
    /// Its time: school time in milliseconds since 1970.
    #[schema(value_type = i64)]
    deliver_at: SchoolTime,
    /// Whether an earlier request had stored it.
    duplicate: bool,
}

/// A place in a channel's log.
#[derive(ToSchema)]
#[schema(as = Position)]
#[expect(dead_code, reason = "describes base::Position, which knows nothing of documents")]
pub(super) struct PositionSchema {
    /// Eight hexadecimal digits: the store's life.
    epoch: String,
    /// Strictly increasing within the channel and epoch; may leave holes.
    offset: u64,
}

/// Publishes in a channel.
#[utoipa::path(
    post, path = "/v1/channels/{channel}/publications", tag = "publications", security(("bearer" = [])),
    params(("channel" = String, Path, description = "The channel's name, percent-encoded.", example = "class:3a")),
    request_body = PublishRequest<'_>,
    responses(
        (status = 201, description = "Stored.", body = PublishAnswer),
        (status = 200, description = "An earlier request with this message id had stored it.", body = PublishAnswer),
        (status = 202, description = "Stored until its time; or, with `held`, until the class's teacher has read it.", body = ScheduledAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`, `unknown_account`, `posting_stopped`, `kicked`, `mode_forbids`, `muted`, or `suspended`: not before `opens_at`.", body = ProblemBody),
        (status = 408, description = "`timeout`: ask again with the same message id.", body = ProblemBody),
        (status = 409, description = "`message_id_reused`, or `no_lesson`.", body = ProblemBody),
        (status = 413, description = "`too_large`.", body = ProblemBody),
        (status = 422, description = "`invalid_body` or `link_host`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`, `slow_mode`, or `busy`: the hub takes no more for now; the same message id again after `Retry-After`.", body = ProblemBody),
        (status = 503, description = "`draining`, `storage_failed`, `shed`, or `closed`: at this load only teachers and staff publish.", body = ProblemBody),
        (status = 507, description = "`storage_full` or `schedule_full`.", body = ProblemBody),
    )
)]
pub(super) async fn publish(
    State(edge): State<Arc<Edge>>,
    Author(author): Author,
    Path(channel): Path<String>,
    text: Text,
) -> Result<Response, Problem> {
    let channel = channel_of(&channel)?;
    let request: PublishRequest<'_> = text.fields()?;
    let now = edge.parts.clock.school();
    let urgent =
        request.urgent.map(|urgent| Urgent { reason: urgent.reason, at: edge.parts.clock.machine() });
    let (kind, publish_at) = (request.kind, request.publish_at);
    let sent = Sent { channel: &channel, kind, urgent: urgent.is_some(), publish_at };
    let deliver_at = deferral::deliver_at(edge.parts.quiet.as_ref(), sent, now)?;
    let body = Body::sent(request.kind, request.body.get())?;
    let message_id = request.message_id;
    let publish = Publish::by(&author, channel.clone(), message_id.clone(), request.audience, body, now)
        .at(deliver_at)
        .urgent(urgent);
    let roster = edge.parts.directory.current();
    let mut publish = access::may(&roster, &author, publish)?;
    admit::check_publish(&edge, &roster, &author)?;
    if edge.parts.stops.refuse(&roster, &author, &channel) {
        return Err(Problem::new(ErrorCode::PostingStopped));
    }
    let proposal = speech::judge(floor(&edge), &author, publish.get())?;
    let is_held = proposal.is_some();
    if let Some(proposal) = proposal {
        publish = access::may(&roster, &author, proposal)?;
    }
    let Publish(new) = publish.into_inner();
    let (answer, accepted) = oneshot::channel();
    let offered = edge.parts.broker.publish(
        new,
        Box::new(move |result| {
            // Nobody waits any more if the request timed out; the publication stands, and asking again finds it.
            let _ = answer.send(result);
        }),
    );
    // Publishers are too fast together, which is theirs to mend (RFC 6585 §4).
    offered.map_err(|busy| Problem::from(busy).with_status(StatusCode::TOO_MANY_REQUESTS))?;
    Ok(match accepted.await.map_err(|_| Problem::new(ErrorCode::Internal))?? {
        Accepted::Committed(Committed { position, duplicate }) => {
            let status = match (is_held, duplicate) {
                (true, _) => StatusCode::ACCEPTED,
                (false, true) => StatusCode::OK,
                (false, false) => StatusCode::CREATED,
            };
            let held = is_held.then_some(true);
            (status, Json(PublishAnswer { channel, message_id, position, duplicate, held })).into_response()
        }
        Accepted::Scheduled(Scheduled { deliver_at, duplicate }) => {
            let answer = ScheduledAnswer { channel, message_id, deliver_at, duplicate };
            (StatusCode::ACCEPTED, Json(answer)).into_response()
        }
    })
}

/// What speaking in classes is judged by.
fn floor(edge: &Edge) -> Floor<'_> {
    let parts = &edge.parts;
    Floor {
        lessons: &parts.lessons,
        links: &parts.links,
        level: parts.gate.level(),
        now: parts.clock.machine(),
        school_time: parts.clock.school(),
    }
}

/// The channel that an address names.
///
/// # Errors
/// `malformed`.
pub(super) fn channel_of(text: &str) -> Result<Channel, Problem> {
    Channel::parse(text)
        .map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("channel: {error}")))
}
