//! `PUT /v1/items/{id}/extensions/{student}`: one student gets another due date, or the class's again.
//!
//! The date is kept first and told second: each change is published once in the student's own channel, under a key that
//! follows from its number. Whoever was cut off in between asks again and completes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::admit;
use super::asking::ledger;
use super::caller::Author;
use super::edge::Edge;
use super::json::Text;
use super::marks::{account, classes, live_assignment};
use super::problem::{Problem, ProblemBody};
use crate::access::Identity;
use crate::base::body::{Extension, check_civil};
use crate::base::{
    AccountId, Audience, Body, Channel, ItemId, Kind, MessageId, NewPublication, Role, SchoolTime,
};
use crate::broker::Accepted;
use crate::ledger::{Item, PutExtension};
use crate::protocol::ErrorCode;
use crate::roster::Roster;
use crate::session::deferral::{self, Sent};

/// A student's date. Unknown fields are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct ExtensionRequest {
    /// A civil date or time in the school's zone; `null` for the class's again.
    due: Option<String>,
}

/// The date holds, and the student is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExtensionAnswer {
    #[schema(value_type = String)]
    item: ItemId,
    #[schema(value_type = String)]
    student: AccountId,
    due: Option<String>,
    /// When the student is told, if quiet hours keep it: school time in milliseconds since 1970.
    #[schema(value_type = Option<i64>)]
    deliver_at: Option<SchoolTime>,
}

/// Gives one student another due date.
#[utoipa::path(
    put, path = "/v1/items/{id}/extensions/{student}", tag = "items", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The item's identifier."),
        ("student" = String, Path, description = "The student's account."),
    ),
    request_body = ExtensionRequest,
    responses(
        (status = 200, description = "The date holds, and the student is told.", body = ExtensionAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller does not teach the student in a class to which it was given; `unknown_account`, `kicked`, or `suspended`: not before `opens_at`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: `due` is no date.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `closed`, `draining` or `storage_failed`: ask again.", body = ProblemBody),
        (status = 507, description = "`storage_full` or `schedule_full`.", body = ProblemBody),
    )
)]
pub(super) async fn extend(
    State(edge): State<Arc<Edge>>,
    Author(author): Author,
    Path((id, student)): Path<(String, String)>,
    text: Text,
) -> Result<(StatusCode, Json<ExtensionAnswer>), Problem> {
    let ExtensionRequest { due } = text.fields()?;
    due.as_deref().map_or(Ok(()), check_civil)?;
    let student = AccountId::parse(&student)
        .map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("student: {error}")))?;
    let item = live_assignment(&edge, &id).await?;
    let roster = edge.parts.directory.current();
    check_teaches(&roster, &author, &item, &student)?;
    admit::check_publish(&edge, &roster, &author)?;
    let (kept, whose, date) = (item.id.clone(), student.clone(), due.clone());
    let put = ledger(|answer| edge.parts.ledger.put_extension(kept, whose, date, answer)).await?;
    let told = Extension { item: item.id.clone(), due: due.clone() };
    let deliver_at = if put.version == 0 { None } else { tell(&edge, author, &student, &told, put).await? };
    Ok((StatusCode::OK, Json(ExtensionAnswer { item: item.id, student, due, deliver_at })))
}

/// A teacher of the class by which the student got it.
fn check_teaches(
    roster: &Roster,
    author: &Identity,
    item: &Item,
    student: &AccountId,
) -> Result<(), Problem> {
    let teacher = account(roster, author)?;
    let student = roster.account(student.as_str()).filter(|account| account.role() == Role::Student);
    let taught = student.is_some_and(|student| {
        classes(roster, item).any(|(_, class)| teacher.teaches(class.id()) && student.attends(class.id()))
    });
    if taught { Ok(()) } else { Err(Problem::new(ErrorCode::NotAllowed)) }
}

/// Publishes a change in the student's channel, now or once quiet hours are over: when, if not now.
async fn tell(
    edge: &Edge,
    author: Identity,
    student: &AccountId,
    told: &Extension,
    put: PutExtension,
) -> Result<Option<SchoolTime>, Problem> {
    let internal = || Problem::new(ErrorCode::Internal);
    let now = edge.parts.clock.school();
    let channel = Channel::Account(student.clone());
    let sent = Sent { channel: &channel, kind: Kind::Extension, urgent: false, publish_at: None };
    let deliver_at = deferral::deliver_at(edge.parts.quiet.as_ref(), sent, now)?;
    let new = NewPublication {
        author: author.account,
        message_id: MessageId::parse(&format!("{}.e{}", told.item, put.version)).map_err(|_| internal())?,
        audience: Audience::of(&[Role::Student]).map_err(|_| internal())?,
        body: Body::of(told)?,
        published_at: now,
        deliver_at,
        urgent: None,
        channel,
    };
    let (answer, accepted) = oneshot::channel();
    edge.parts.broker.publish(
        new,
        Box::new(move |outcome| {
            // Nobody waits any more if the request timed out; asking again finds it.
            let _ = answer.send(outcome);
        }),
    )?;
    Ok(match accepted.await.map_err(|_| internal())?? {
        Accepted::Committed(_) => None,
        Accepted::Scheduled(scheduled) => Some(scheduled.deliver_at),
    })
}
