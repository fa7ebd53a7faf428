//! `POST /v1/operator/webhooks/resume`: an endpoint of webhooks that is called no more, or is left alone for a while, is called
//! again without a restart.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::act::Order;
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::{MachineTime, SchoolTime, limits};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// Whether an endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It is, and takes what it is told.
    Up,
    /// It fails, and is called again after a wait.
    Waiting,
    /// It has failed for too long, and is called no more.
    Parked,
    /// It has answered that it is gone (410), and is called no more.
    Gone,
}

/// How an endpoint of webhooks stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointView {
    /// The operator's name for it.
    pub name: String,
    /// Whether it is called.
    pub state: EndpointState,
    /// Attempts at its next event that failed.
    pub failures: u32,
    /// Since when it is not up; nothing if it is, or if that began before the hub's start.
    pub since: Option<MachineTime>,
    /// Why its last attempt failed, as far as one was made since the hub's start.
    pub why: Option<String>,
    /// When it is called again, while it waits.
    pub next_at: Option<MachineTime>,
    /// Events that it has not been told.
    pub waiting: u64,
}

/// How an endpoint of webhooks stands, as operators read it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndpointAnswer {
    /// The operator's name for it.
    name: String,
    /// `up`, `waiting`, `parked` or `gone`.
    state: EndpointState,
    /// Attempts at its next event that failed.
    failures: u32,
    /// Since when it is not up, in machine time in milliseconds since 1970; `null` if it is up, or if that began before the hub's
    /// start.
    since: Option<u64>,
    /// The same on the schools' clocks.
    since_clock: Option<String>,
    /// Why its last attempt failed, as far as one was made since the hub's start.
    why: Option<String>,
    /// In how many seconds it is called again, while it waits.
    next_in_seconds: Option<u64>,
    /// Events that it has not been told, those among them that it does not want.
    waiting: u64,
}

/// Which endpoint is called again.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ResumeRequest {
    /// As the configuration calls it.
    endpoint: String,
}

/// Calls an endpoint of webhooks again that is parked, gone or left alone for a while.
#[utoipa::path(
    post, path = "/v1/operator/webhooks/resume", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = ResumeRequest,
    responses(
        (status = 200, description = "It is called again within a second, or would be; it goes on where it was. `trial.waiting` \
            counts the events that it has not been told.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: no endpoint is called that; `more.endpoints` names those that there are.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn resume_webhook(
    State(edge): State<Arc<Edge>>,
    order: Order<ResumeRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.resume_webhook(order).map(Json)).await
}

impl Office {
    /// How the endpoints of webhooks stand, by name.
    pub(super) fn endpoints(&self) -> Vec<EndpointAnswer> {
        let now = self.instruments.clock.machine();
        let answer = |view: EndpointView| EndpointAnswer {
            since: view.since.map(|since| since.0),
            since_clock: view.since.map(|since| self.clock_at(SchoolTime(at(since)))),
            next_in_seconds: view.next_at.map(|next| next.since(now).as_secs()),
            name: view.name,
            state: view.state,
            failures: view.failures,
            why: view.why,
            waiting: view.waiting,
        };
        self.instruments.operate.endpoints().into_iter().map(answer).collect()
    }

    fn resume_webhook(&self, Order { act, wanted }: Order<ResumeRequest>) -> Result<Change, Problem> {
        let ResumeRequest { endpoint: name } = wanted;
        let operate = &self.instruments.operate;
        let plan = |_: &Decided| {
            let endpoints = operate.endpoints();
            let view = endpoints.iter().find(|view| view.name == name);
            let names = || endpoints.iter().map(|view| view.name.as_str()).collect::<Vec<_>>();
            let view = view.ok_or_else(|| unknown(&names()))?;
            Ok(Plan {
                setting: None,
                before: json!({ "state": view.state, "failures": view.failures }),
                after: json!({ "state": EndpointState::Up, "failures": 0 }),
                trial: json!({ "waiting": view.waiting }),
                effect: (),
            })
        };
        // Whatever was asked for, an entry of the audit log stays short.
        let asked: String = name.chars().take(limits::HOOK_NAME_BYTES_MAX).collect();
        let scope = format!("webhook {asked}");
        self.carry_out(act, ("webhook", scope), plan, |_, ()| operate.resume_endpoint(&name))
    }
}

/// No endpoint is called that.
fn unknown(names: &[&str]) -> Problem {
    let said = if names.is_empty() {
        "the configuration names no endpoint of webhooks".to_owned()
    } else {
        format!("no endpoint of webhooks is called that; there are: {}", names.join(", "))
    };
    Problem::new(ErrorCode::NotFound).because(said).with_more(json!({ "endpoints": names }))
}

/// An instant of the machine, as clocks on the wall show it.
fn at(machine: MachineTime) -> i64 {
    i64::try_from(machine.0).unwrap_or(i64::MAX)
}
