//! `GET /v1/operator/status`: how the hub stands, on one screen.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::kicks::KeptOut;
use super::notice::Notice;
use super::officer::Officer;
use super::openings::Numbered;
use super::webhooks::EndpointAnswer;
use crate::admission::Snapshot;
use crate::broker::Health;
use crate::calendar::Alarm;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::session::Scope;

/// What retention did in one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Swept {
    /// School time in milliseconds since 1970.
    pub school_time: i64,
    /// What was removed, by kind. Kinds of which nothing was are not there.
    pub removed: BTreeMap<&'static str, u64>,
    /// What could not be done, and is tried again in an hour.
    pub failed: Vec<&'static str>,
}

/// How the hub stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    /// The program's version.
    version: &'static str,
    /// Whether it shuts down.
    is_draining: bool,
    /// Whether the store takes publications.
    is_storing: bool,
    /// Machine time in milliseconds since 1970.
    machine_time: u64,
    /// School time in milliseconds since 1970.
    #[schema(value_type = i64)]
    school_time: crate::base::SchoolTime,
    /// The same on the schools' clocks.
    school_clock: String,
    /// Accounts in the roster in force.
    accounts: usize,
    /// The gate: seats, classes, load.
    #[schema(value_type = Object)]
    gate: Snapshot,
    /// What everybody is told.
    notice: Option<Notice>,
    /// What operators have decided about windows.
    windows: Vec<Numbered>,
    /// Where posting is stopped.
    #[schema(value_type = Vec<Object>)]
    posting_stopped: Vec<Scope>,
    /// Accounts that are kept out.
    kicked: Vec<KeptOut>,
    /// What retention did last.
    retention: Option<Swept>,
    /// Who is called when something is published, edited or withdrawn.
    webhooks: Vec<EndpointAnswer>,
    /// Why the calendar needs somebody, if it does.
    calendar_alarm: Option<String>,
}

/// Says how the hub stands.
#[utoipa::path(
    get, path = "/v1/operator/status", tag = "operations", security(("bearer" = [])),
    responses(
        (status = 200, description = "How the hub stands.", body = Standing),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn status(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
) -> Result<Json<Standing>, Problem> {
    let gate = edge.parts.office.instruments.operate.snapshot(edge.parts.clock.machine());
    let windows = edge.parts.office.windows();
    Ok(Json(Standing::of(&edge, gate, windows)))
}

impl Standing {
    /// How the hub stands with this gate and these windows.
    pub(super) fn of(edge: &Edge, gate: Snapshot, windows: Vec<Numbered>) -> Self {
        let parts = &edge.parts;
        let (machine, school) = (parts.clock.machine(), parts.clock.school());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            is_draining: parts.drain.is_raised(),
            is_storing: parts.broker.health() == Health::Ready,
            machine_time: machine.0,
            school_time: school,
            school_clock: parts.office.clock_at(school),
            accounts: parts.directory.current().counts().accounts_total(),
            gate,
            notice: parts.office.notice().map(|notice| Notice::clone(&notice)),
            windows,
            posting_stopped: parts.stops.list(),
            kicked: parts.office.kept_out(),
            retention: parts.office.instruments.operate.swept(),
            webhooks: parts.office.endpoints(),
            calendar_alarm: parts.office.instruments.operate.alarm(school).map(alarm),
        }
    }
}

fn alarm(alarm: Alarm) -> String {
    match alarm {
        Alarm::NoHolidays => "windows ask for holidays, and no file says when they are".to_owned(),
        Alarm::Ends { days, .. } => format!("the calendar's files end in {days} days"),
    }
}
