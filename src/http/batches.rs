//! `POST /v1/batches`: many operations on items at once, for the workspace's own back end. Each is answered apart, in order,
//! and one that is refused holds up no other; the same batch again finds itself done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::admit;
use super::caller::Author;
use super::edge::Edge;
use super::items::{ItemAnswer, at_publisher};
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use super::publish::UrgentRequest;
use super::tasks::{ComposeRequest, EditRequest, Task, may_send_for_others, perform};
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Reason, SchoolTime, limits};
use crate::protocol::ErrorCode;

/// Many operations.
#[derive(Deserialize, ToSchema)]
pub(super) struct BatchRequest<'a> {
    /// 1 to 100.
    #[serde(borrow)]
    operations: Vec<Operation<'a>>,
}

/// One operation: the fields of the request that it stands for, and which.
#[derive(Deserialize, ToSchema)]
pub(super) struct Operation<'a> {
    /// `send`, `edit` or `withdraw`.
    #[schema(value_type = String)]
    op: Op,
    /// `announcement` or `assignment`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The item.
    #[schema(value_type = String)]
    id: ItemId,
    /// In whose name.
    #[schema(value_type = Option<String>)]
    author: Option<AccountId>,
    /// Of `send`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    places: Vec<Channel>,
    /// Of `send`.
    #[schema(value_type = Option<Vec<String>>)]
    audience: Option<Audience>,
    /// Of `send`.
    #[schema(value_type = Option<i64>)]
    publish_at: Option<SchoolTime>,
    /// Of `send`.
    urgent: Option<UrgentRequest>,
    /// Of `edit`.
    version: Option<u32>,
    /// Of `send` and `edit`.
    #[serde(borrow)]
    #[schema(value_type = Option<Object>)]
    body: Option<&'a RawValue>,
    /// Of `withdraw`.
    #[schema(value_type = Option<String>)]
    why: Option<Reason>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Op {
    Send,
    Edit,
    Withdraw,
}

/// What became of each operation, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchAnswer {
    results: Vec<Done>,
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    /// The status that it would have been answered with alone.
    status: u16,
    /// The item, if it was carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<ItemAnswer>,
    /// Why it was not, otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Sends, edits and withdraws many items, in order.
#[utoipa::path(
    post, path = "/v1/batches", tag = "items", security(("bearer" = [])),
    request_body = BatchRequest<'_>,
    responses(
        (status = 200, description = "Each operation was answered.", body = BatchAnswer),
        (status = 400, description = "`malformed`: nothing was done.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the configuration does not list the caller.", body = ProblemBody),
        (status = 408, description = "`timeout`: send the same batch again.", body = ProblemBody),
        (status = 413, description = "`too_large`: a batch has at most 1,048,576 bytes.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `closed`.", body = ProblemBody),
    )
)]
pub(super) async fn batch(
    State(edge): State<Arc<Edge>>,
    Author(caller): Author,
    text: Text,
) -> Result<Json<BatchAnswer>, Problem> {
    if !may_send_for_others(&edge, &caller) {
        return Err(
            Problem::new(ErrorCode::NotAllowed).because("batches are for the workspace's own accounts")
        );
    }
    at_publisher(edge, move |edge| {
        let BatchRequest { operations } = text.fields()?;
        if !(1..=limits::BATCH_MAX).contains(&operations.len()) {
            let detail = format!("a batch has 1 to {} operations", limits::BATCH_MAX);
            return Err(Problem::new(ErrorCode::Malformed).because(detail));
        }
        admit::check_publish(edge, &edge.parts.directory.current(), &caller)?;
        let results = operations.into_iter().map(|operation| {
            let author = operation.author.clone();
            done(operation.task().and_then(|task| perform(edge, &caller, author, task)))
        });
        Ok(Json(BatchAnswer { results: results.collect() }))
    })
    .await
}

impl<'a> Operation<'a> {
    fn task(self) -> Result<Task, Problem> {
        let missing = |field| Problem::new(ErrorCode::Malformed).because(format!("{field} is missing"));
        if !matches!(self.kind, Kind::Announcement | Kind::Assignment) {
            return Err(Problem::new(ErrorCode::Malformed).because("kind is announcement or assignment"));
        }
        let body: Result<&'a RawValue, Problem> = self.body.ok_or_else(|| missing("body"));
        match self.op {
            Op::Withdraw => Ok(Task::withdraw(self.kind, self.id, self.why)),
            Op::Edit => {
                let version = self.version.ok_or_else(|| missing("version"))?;
                let request = EditRequest {
                    version,
                    body: body?,
                    author: None,
                    places: (!self.places.is_empty()).then_some(IgnoredAny),
                    audience: self.audience.map(|_| IgnoredAny),
                    publish_at: self.publish_at.map(|_| IgnoredAny),
                    urgent: self.urgent.map(|_| IgnoredAny),
                };
                Task::edit(self.kind, self.id, &request)
            }
            Op::Send => {
                let Self { id, places, audience, publish_at, urgent, .. } = self;
                let request =
                    ComposeRequest { id, places, audience, body: body?, publish_at, urgent, author: None };
                Task::compose(self.kind, request)
            }
        }
    }
}

fn done(outcome: Result<(StatusCode, ItemAnswer), Problem>) -> Done {
    match outcome {
        Ok((status, item)) => Done { status: status.as_u16(), item: Some(item), problem: None },
        Err(problem) => {
            let problem = problem.into_body();
            Done { status: problem.status(), item: None, problem: Some(problem) }
        }
    }
}
