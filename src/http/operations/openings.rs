//! `/v1/operator/windows` and `/v1/operator/suspend`: who may come in otherwise than the calendar says, for a time.
//!
//! A window that is closed now sends away whoever is inside it, spread over the time that the limits say. One that opens or
//! closes later is the calendar's business when its hour has come.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::{Act, Order};
use super::office::{Change, Decided, Office, Plan, at_office};
use super::officer::Officer;
use crate::base::{OrgId, Role, SchoolTime, limits};
use crate::calendar::{Override, Scope, Verdict};
use crate::http::demo::civil;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;
use crate::session::News;

/// An instant of school time.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Instant {
    /// Milliseconds since 1970.
    Milliseconds(i64),
    /// What the schools' clocks show, such as `2026-03-27T17:58`.
    Civil(String),
}

/// For whom a window is another.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WindowRequest {
    #[schema(value_type = String)]
    role: Role,
    /// A school's identifier; every school if absent.
    #[schema(value_type = Option<String>)]
    school: Option<OrgId>,
    /// When it begins; now if absent.
    from: Option<Instant>,
    /// When the calendar's rules hold again.
    until: Instant,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    verdict: Verdict,
}

/// Who is sent away.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SuspendRequest {
    #[schema(value_type = String)]
    role: Role,
    /// A school's identifier; every school if absent.
    #[schema(value_type = Option<String>)]
    school: Option<OrgId>,
    /// When they may come back, as far as the calendar allows.
    until: Instant,
}

/// Nothing more than the reason.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WithdrawRequest {}

/// An override, with its number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Numbered {
    /// By which it is withdrawn.
    number: u32,
    /// When it begins, on the schools' clocks.
    from_clock: String,
    /// When it ends, likewise.
    until_clock: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    window: Override,
}

/// Lists what operators have decided about windows.
#[utoipa::path(
    get, path = "/v1/operator/windows", tag = "operations", security(("bearer" = [])),
    responses(
        (status = 200, description = "What is not over yet, the newest last.", body = Vec<Numbered>),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
    )
)]
pub(super) async fn windows(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
) -> Result<Json<Vec<Numbered>>, Problem> {
    at_office(edge, |_, office| Ok(Json(office.windows()))).await
}

/// Opens or closes a role's window for a time.
#[utoipa::path(
    post, path = "/v1/operator/windows", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = WindowRequest,
    responses(
        (status = 200, description = "In force, or tried. `trial.connections` counts whom it sends away now.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: it ends before it begins, or there are too many.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn set_window(
    State(edge): State<Arc<Edge>>,
    order: Order<WindowRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |edge, office| office.set_window("window", edge, order).map(Json)).await
}

/// Takes back what was decided about a window.
#[utoipa::path(
    post, path = "/v1/operator/windows/{number}/withdraw", tag = "operations", security(("bearer" = [])),
    params(
        ("number" = u32, Path, description = "As the list says."),
        ("dry_run" = Option<bool>, Query, description = "Whether it is tried alone."),
    ),
    request_body = WithdrawRequest,
    responses(
        (status = 200, description = "The calendar's rules hold again, or would.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: there is no such number.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn withdraw_window(
    State(edge): State<Arc<Edge>>,
    Path(number): Path<u32>,
    order: Order<WithdrawRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, move |_, office| office.withdraw_window(number, order.act).map(Json)).await
}

/// Sends a role away now, until a time.
#[utoipa::path(
    post, path = "/v1/operator/suspend", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = SuspendRequest,
    responses(
        (status = 200, description = "Begun, or tried. `trial.connections` counts who leaves.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: it ends before it begins, or there are too many.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn suspend(
    State(edge): State<Arc<Edge>>,
    Order { act, wanted }: Order<SuspendRequest>,
) -> Result<Json<Change>, Problem> {
    let SuspendRequest { role, school, until } = wanted;
    let wanted = WindowRequest { role, school, from: None, until, verdict: Verdict::Closed };
    at_office(edge, |edge, office| office.set_window("suspend", edge, Order { act, wanted }).map(Json)).await
}

impl Office {
    pub(super) fn windows(&self) -> Vec<Numbered> {
        self.numbered(&self.decided())
    }

    /// The same without waiting for a decision that is being written down; `None` then.
    pub(super) fn windows_unless_deciding(&self) -> Option<Vec<Numbered>> {
        Some(self.numbered(&*self.try_decided()?))
    }

    fn numbered(&self, decided: &Decided) -> Vec<Numbered> {
        let now = self.instruments.clock.school();
        let all = decided.windows.iter().filter(|(_, window)| now < window.until);
        let numbered = |(number, window): (&u32, &Override)| Numbered {
            number: *number,
            from_clock: self.clock_at(window.from),
            until_clock: self.clock_at(window.until),
            window: window.clone(),
        };
        all.map(numbered).collect()
    }

    /// What the schools' clocks show then.
    pub(super) fn clock_at(&self, at: SchoolTime) -> String {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        at.to_zoned(self.instruments.zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S").to_string()
    }

    fn set_window(
        &self,
        what: &str,
        edge: &Edge,
        Order { act, wanted }: Order<WindowRequest>,
    ) -> Result<Change, Problem> {
        let WindowRequest { role, school, from, until, verdict } = wanted;
        let now = self.instruments.clock.school();
        let scope = match &school {
            Some(school) => format!("{} of {school}", role.as_str()),
            None => role.as_str().to_owned(),
        };
        let (who, why) = (act.who.clone(), act.why.clone());
        let plan = |decided: &Decided| {
            let from = from.map_or(Ok(now), |from| instant(&from, edge))?;
            let until = instant(&until, edge)?;
            if until <= from || until <= now {
                return Err(invalid("until is later than from, and than now"));
            }
            let roster = edge.parts.directory.current();
            if school.as_ref().is_some_and(|school| roster.org(school.as_str()).is_none()) {
                return Err(invalid("school is none of the roster's"));
            }
            let in_force = decided.windows.values().filter(|window| now < window.until).count();
            if in_force >= limits::OVERRIDES_MAX {
                return Err(Problem::new(ErrorCode::InvalidBody)
                    .because(format!("at most {} hold at once: withdraw one", limits::OVERRIDES_MAX)));
            }
            let leaves = verdict == Verdict::Closed && from <= now;
            let connections =
                if leaves { self.instruments.operate.connections(role, school.as_ref()) } else { 0 };
            let window = Override { scope: Scope { role, school }, from, until, verdict, who, why };
            let number = decided.last_window + 1;
            Ok(Plan {
                setting: Some(format!("window.{number}")),
                before: Value::Null,
                after: json!(window),
                trial: json!({ "number": number, "connections": connections }),
                effect: (number, window, leaves),
            })
        };
        self.carry_out(act, (what, scope), plan, |decided, (number, window, leaves)| {
            decided.last_window = number;
            decided.windows.insert(number, window);
            self.put_windows(decided);
            if leaves {
                let over = Duration::from_secs(self.instruments.operate.settings().suspension_seconds.into());
                self.instruments.operate.tell(News::Suspend { role, over });
            }
        })
    }

    fn withdraw_window(&self, number: u32, act: Act) -> Result<Change, Problem> {
        let plan = |decided: &Decided| {
            let window = decided.windows.get(&number).ok_or(Problem::new(ErrorCode::NotFound))?;
            Ok(Plan {
                setting: Some(format!("window.{number}")),
                before: json!(window),
                after: Value::Null,
                trial: json!({ "number": number }),
                effect: window.scope.role,
            })
        };
        let over = Duration::from_secs(self.instruments.operate.settings().suspension_seconds.into());
        self.carry_out(act, ("withdraw", format!("window {number}")), plan, |decided, role| {
            decided.windows.remove(&number);
            self.put_windows(decided);
            // Without it the rules may close what it had opened; whoever is inside its window stays.
            self.instruments.operate.tell(News::Suspend { role, over });
        })
    }

    /// Puts the overrides in force that are not over yet, and forgets the others.
    pub(super) fn put_windows(&self, decided: &mut Decided) {
        let now = self.instruments.clock.school();
        decided.windows.retain(|_, window| now < window.until);
        let overrides: Vec<Override> = decided.windows.values().cloned().collect();
        self.instruments.operate.override_windows(&overrides);
    }
}

fn instant(instant: &Instant, edge: &Edge) -> Result<SchoolTime, Problem> {
    match instant {
        Instant::Milliseconds(ms) => Ok(SchoolTime(*ms)),
        Instant::Civil(text) => {
            let detail = "a time is milliseconds since 1970, or a civil time such as 2026-03-27T17:58";
            civil(text, &edge.parts.zone).ok_or_else(|| invalid(detail))
        }
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(ErrorCode::InvalidBody).because(detail)
}
