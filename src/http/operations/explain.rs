//! `GET /v1/operator/explain`: how one account stands at the gate, and what its hours are: for the operator whom somebody asks
//! why it does not get in.
//!
//! Nothing is taken, and nobody is counted. By which rule it would be answered, the gate itself says; here are the words.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::officer::Officer;
use crate::admission::{Reason, Request, Standing};
use crate::base::{AccountId, Role, SessionId};
use crate::calendar::{Explanation, SchoolRef};
use crate::http::admit;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::windows::window_of;
use crate::protocol::ErrorCode;

#[derive(Deserialize)]
struct Whom {
    account: AccountId,
}

/// How an account stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explained {
    #[schema(value_type = String)]
    account: AccountId,
    #[schema(value_type = String)]
    role: Role,
    /// What the schools' clocks show.
    school_clock: String,
    /// What a request for a seat would be answered now.
    verdict: Verdict,
    /// Why, in one sentence.
    because: String,
    /// When it may come in, on the schools' clocks, if it is outside its hours and that is known.
    opens_at_clock: Option<String>,
    /// What the calendar says at each of its schools, operators' decisions included.
    hours: Vec<Hours>,
    /// The gate's own numbers.
    #[schema(value_type = Object)]
    gate: Standing,
}

/// Hours at one school.
#[derive(Debug, Serialize, ToSchema)]
struct Hours {
    /// The school's identifier; none for who belongs to none.
    school: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    explanation: Explanation,
}

/// What a request would be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// It would have a seat.
    Enters,
    /// It would have a place in the waiting room.
    Waits,
    /// It is outside its hours.
    Suspended,
    /// An operator keeps it out.
    Kicked,
    /// Another of its sessions was replaced a moment ago.
    CoolDown,
    /// Nobody of its class is answered at this load.
    Closed,
    /// The hub is about to end.
    Draining,
}

/// Says how an account stands.
#[utoipa::path(
    get, path = "/v1/operator/explain", tag = "operations", security(("bearer" = [])),
    params(("account" = String, Query, description = "The account's identifier in the roster.")),
    responses(
        (status = 200, description = "How it stands, and why. Nothing is taken.", body = Explained),
        (status = 400, description = "`malformed`: no account is named.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: the roster in force has no such account.", body = ProblemBody),
    )
)]
pub(super) async fn explain(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
    uri: Uri,
) -> Result<Json<Explained>, Problem> {
    let malformed = |_| Problem::new(ErrorCode::Malformed).because("account is an identifier of the roster");
    let Query(Whom { account }) = Query::<Whom>::try_from_uri(&uri).map_err(malformed)?;
    Explained::of(&edge, account).map(Json)
}

impl Explained {
    fn of(edge: &Edge, id: AccountId) -> Result<Self, Problem> {
        let parts = &edge.parts;
        let (machine, school) = (parts.clock.machine(), parts.clock.school());
        let roster = parts.directory.current();
        let nobody = || Problem::new(ErrorCode::NotFound).because("the roster in force has no such account");
        let account = roster.account(id.as_str()).ok_or_else(nobody)?;
        let role = account.role();
        let request = Request {
            account: &id,
            role,
            is_live: admit::is_live(edge, &account),
            window: window_of(&*parts.windows, &account, school),
            session: SessionId(0),
            resume: None,
            ticket: None,
        };
        let operate = &parts.office.instruments.operate;
        let gate = operate.standing(&request, machine, school);
        let (verdict, because) = if parts.drain.is_raised() {
            (Verdict::Draining, "The hub is about to end, and gives no seats.".to_owned())
        } else if let Some(seconds) = parts.office.kept_out_seconds(&id) {
            (Verdict::Kicked, format!("An operator keeps it out for {seconds} s more."))
        } else {
            judged(&gate)
        };
        let calendar = operate.calendar();
        let at = |school_id: Option<&str>| Hours {
            school: school_id.map(str::to_owned),
            explanation: calendar.explain_admission(
                role,
                school_id.map_or(SchoolRef::NONE, SchoolRef::id),
                school,
            ),
        };
        let mut hours: Vec<Hours> = account.schools().map(|school| at(Some(school.id()))).collect();
        if hours.is_empty() {
            hours.push(at(None));
        }
        let opens_at_clock = gate.opens_at.map(|at| parts.office.clock_at(at));
        let school_clock = parts.office.clock_at(school);
        Ok(Self { account: id, role, school_clock, verdict, because, opens_at_clock, hours, gate })
    }
}

/// The gate's answer in words.
fn judged(gate: &Standing) -> (Verdict, String) {
    let (class, level) = (gate.class.as_str(), u8::from(gate.level));
    match gate.reason {
        Reason::Suspended => (Verdict::Suspended, "It is outside its hours.".to_owned()),
        Reason::Resumed | Reason::Unspent => (Verdict::Enters, "A seat is kept for it.".to_owned()),
        Reason::Closed => {
            (Verdict::Closed, format!("At load level {level} nobody of class {class} is answered."))
        }
        Reason::CoolDown => {
            let seconds = gate.cool_down_ms.unwrap_or_default().div_ceil(1_000);
            let all = gate.sessions;
            (
                Verdict::CoolDown,
                format!("It has all {all} sessions, and the newest replaced one: {seconds} s."),
            )
        }
        Reason::Load => (Verdict::Waits, format!("At load level {level} nobody of class {class} comes in.")),
        Reason::Seats => (Verdict::Waits, format!("No seat is free for class {class}.")),
        Reason::Queue | Reason::Early => {
            let waiting = gate.waiting;
            (Verdict::Waits, format!("Others wait who come first; of class {class} it is about {waiting}."))
        }
        Reason::Flow => {
            (Verdict::Waits, "So many come in at this moment that it comes in the next.".to_owned())
        }
        Reason::Entered if gate.sessions >= gate.sessions_max => {
            (Verdict::Enters, format!("It has all {} sessions: the oldest gives way.", gate.sessions))
        }
        Reason::Entered => (
            Verdict::Enters,
            format!("{} seats are free for class {class}, and nobody comes before it.", gate.free),
        ),
    }
}
