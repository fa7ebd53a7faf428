//! `/v1/operator/posting` and `/v1/operator/drain`: what is done to places, to the hub.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::{Act, Order};
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::Role;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;
use crate::roster::Roster;
use crate::session::Scope;

/// Where posting is stopped or allowed again.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PostingRequest {
    /// `{"class": "3a"}` or `{"school": "0690026D"}`.
    #[schema(value_type = Object)]
    place: Scope,
    /// `stop` or `allow`.
    verdict: Posting,
}

/// Whether something may be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Posting {
    /// Nobody but operators posts there.
    Stop,
    /// Whoever has the right to posts there.
    Allow,
}

/// Nothing more than the reason.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct DrainRequest {}

/// Stops posting in a class or a school at once, or allows it again.
#[utoipa::path(
    post, path = "/v1/operator/posting", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = PostingRequest,
    responses(
        (status = 200, description = "In force, or tried.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: the roster has no such place.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn posting(
    State(edge): State<Arc<Edge>>,
    order: Order<PostingRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |edge, office| {
        let roster = edge.parts.directory.current();
        office.posting(&roster, order).map(Json)
    })
    .await
}

/// Ends the process as SIGTERM does: everybody is told when to come back.
#[utoipa::path(
    post, path = "/v1/operator/drain", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = DrainRequest,
    responses(
        (status = 200, description = "Begun, or tried. `trial.connections` counts who leaves.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn drain(
    State(edge): State<Arc<Edge>>,
    order: Order<DrainRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.drain(order.act).map(Json)).await
}

impl Office {
    fn posting(&self, roster: &Roster, order: Order<PostingRequest>) -> Result<Change, Problem> {
        let PostingRequest { place, verdict } = order.wanted;
        let (word, exists) = match &place {
            Scope::Class(class) => (format!("class {class}"), roster.class(class.as_str()).is_some()),
            Scope::School(school) => (format!("school {school}"), roster.org(school.as_str()).is_some()),
        };
        let stops = verdict == Posting::Stop;
        let plan = |_: &Decided| {
            if !exists && stops {
                return Err(Problem::new(ErrorCode::NotFound).because("the roster has no such place"));
            }
            let is_stopped = self.instruments.stops.list().contains(&place);
            let stand = |stopped: bool| if stopped { json!(place) } else { Value::Null };
            Ok(Plan {
                setting: Some(format!("posting.{}", word.replace(' ', ":"))),
                before: stand(is_stopped),
                after: stand(stops),
                trial: Value::Null,
                effect: (),
            })
        };
        self.carry_out(order.act, ("posting", word.clone()), plan, |_, ()| {
            if stops {
                self.instruments.stops.stop(&place)
            } else {
                self.instruments.stops.allow(&place)
            };
        })
    }

    fn drain(&self, act: Act) -> Result<Change, Problem> {
        let plan = |_: &Decided| {
            let connections: u32 =
                Role::ALL.iter().map(|role| self.instruments.operate.connections(*role, None)).sum();
            Ok(momentary(json!({ "connections": connections })))
        };
        self.carry_out(act, ("drain", "hub".to_owned()), plan, |_, ()| self.instruments.operate.drain())
    }
}

/// A change that leaves nothing to be kept.
fn momentary(trial: Value) -> Plan<()> {
    Plan { setting: None, before: Value::Null, after: Value::Null, trial, effect: () }
}
