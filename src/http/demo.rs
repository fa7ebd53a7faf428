//! What only a demo answers: who is there to try, a log-in without a password, and the school's clock.
//!
//! None of these addresses exists in `serve`: the router does not know them there.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::edge::Edge;
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use crate::base::clock::DemoClock;
use crate::base::{AccountId, Clock as _, Role, SchoolTime};
use crate::identity::{Issuer, Terms};
use crate::protocol::ErrorCode;
use crate::roster::{Account, ClassKind};

/// Life of a demo's tokens.
const TOKEN_TTL: Duration = Duration::from_hours(8);

/// What a demo has and `serve` has not.
pub struct Demo {
    /// The clock whose school time may be set.
    pub clock: Arc<DemoClock>,
    /// Signs tokens for whoever asks.
    pub issuer: Issuer,
    /// The terms that the hub's verifier holds them to.
    pub terms: Terms,
    /// Accounts to try.
    pub accounts: Vec<AccountId>,
}

/// The demo.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemoAnswer {
    accounts: Vec<DemoAccount>,
    /// Milliseconds since 1970.
    #[schema(value_type = i64)]
    school_time: SchoolTime,
    /// School seconds per machine second.
    speed: u32,
}

/// An account to try.
#[derive(Debug, Serialize, ToSchema)]
struct DemoAccount {
    #[schema(value_type = String)]
    account: AccountId,
    #[schema(value_type = String)]
    role: Role,
    name: String,
    /// The titles of the homerooms that it teaches or attends; a guardian's are those of the children.
    classes: Vec<String>,
}

/// Whom to log in as: any account of the demo's roster.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct LoginRequest {
    #[schema(value_type = String)]
    account: AccountId,
}

/// A bearer token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoginAnswer {
    token: String,
    /// Milliseconds since 1970.
    expires_at: u64,
}

/// How to set the school's clock.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ClockRequest {
    /// Milliseconds since 1970, or a civil time of the school's zone such as `2026-03-27T17:58`.
    #[schema(value_type = Option<String>)]
    school_time: Option<SchoolTimeText>,
    /// School seconds per machine second.
    speed: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum SchoolTimeText {
    Milliseconds(i64),
    Civil(String),
}

/// The school's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClockAnswer {
    /// Milliseconds since 1970.
    #[schema(value_type = i64)]
    school_time: SchoolTime,
    speed: u32,
}

/// A civil time of the given zone as school time; a time that the zone skips or has twice is read as `jiff` does:
/// after the gap, or the first of the two.
pub fn civil(text: &str, zone: &jiff::tz::TimeZone) -> Option<SchoolTime> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let instant = civil.to_zoned(zone.clone()).ok()?.timestamp();
    Some(SchoolTime(instant.as_millisecond()))
}

fn demo_of(edge: &Edge) -> Result<&Demo, Problem> {
    edge.parts.demo.as_ref().ok_or(Problem::new(ErrorCode::NotFound))
}

/// Says whom to try, and what time it is at school.
#[utoipa::path(
    get, path = "/v1/demo", tag = "demo",
    responses((status = 200, description = "The demo.", body = DemoAnswer))
)]
pub(super) async fn demo(State(edge): State<Arc<Edge>>) -> Result<Json<DemoAnswer>, Problem> {
    offers(&edge, |_| true)
}

/// The same on the operators' listener, where operators alone have something to do.
pub(super) async fn operators_demo(State(edge): State<Arc<Edge>>) -> Result<Json<DemoAnswer>, Problem> {
    offers(&edge, |role| role == Role::Operator)
}

fn offers(edge: &Edge, is_offered: fn(Role) -> bool) -> Result<Json<DemoAnswer>, Problem> {
    let demo = demo_of(edge)?;
    let roster = edge.parts.directory.current();
    let accounts = demo.accounts.iter().filter_map(|id| {
        let account = roster.account(id.as_str()).filter(|account| is_offered(account.role()))?;
        Some(DemoAccount {
            account: id.clone(),
            role: account.role(),
            name: format!("{} {}", account.given_name(), account.family_name()),
            classes: homerooms(account),
        })
    });
    Ok(Json(DemoAnswer {
        accounts: accounts.collect(),
        school_time: demo.clock.school(),
        speed: demo.clock.speed(),
    }))
}

/// What there is to say about an account beside its role. The page says it in its own words.
fn homerooms(account: Account<'_>) -> Vec<String> {
    let mut titles = Vec::new();
    let children = account.children().map(|link| link.account);
    for enrolment in std::iter::once(account).chain(children).flat_map(|account| account.classes()) {
        let title = enrolment.class.title().to_owned();
        if enrolment.class.kind() == ClassKind::Homeroom && !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}

/// Gives a token for any account of the demo's roster.
#[utoipa::path(
    post, path = "/v1/demo/login", tag = "demo", request_body = LoginRequest,
    responses(
        (status = 200, description = "A token.", body = LoginAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
    )
)]
pub(super) async fn login(State(edge): State<Arc<Edge>>, text: Text) -> Result<Json<LoginAnswer>, Problem> {
    log_in(&edge, &text, |_| true)
}

/// The same on the operators' listener, for operators alone.
pub(super) async fn operators_login(
    State(edge): State<Arc<Edge>>,
    text: Text,
) -> Result<Json<LoginAnswer>, Problem> {
    log_in(&edge, &text, |role| role == Role::Operator)
}

fn log_in(edge: &Edge, text: &Text, may: fn(Role) -> bool) -> Result<Json<LoginAnswer>, Problem> {
    let demo = demo_of(edge)?;
    let LoginRequest { account } = text.fields()?;
    match edge.parts.directory.current().account(account.as_str()).map(|known| known.role()) {
        None => return Err(Problem::new(ErrorCode::UnknownAccount)),
        Some(role) if !may(role) => {
            return Err(Problem::new(ErrorCode::NotAllowed).because("operators alone log in here"));
        }
        Some(_) => {}
    }
    let now = edge.parts.clock.machine();
    let (token, expires_at) = demo
        .issuer
        .token(&account, &demo.terms, now, TOKEN_TTL)
        .map_err(|_| Problem::new(ErrorCode::Internal))?;
    Ok(Json(LoginAnswer { token, expires_at: expires_at.0 }))
}

/// Sets the school's clock. Machine time, by which tokens and connections live, is nobody's to set.
#[utoipa::path(
    post, path = "/v1/demo/clock", tag = "demo", request_body = ClockRequest,
    responses(
        (status = 200, description = "The clock as it is now.", body = ClockAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
    )
)]
pub(super) async fn clock(State(edge): State<Arc<Edge>>, text: Text) -> Result<Json<ClockAnswer>, Problem> {
    let demo = demo_of(&edge)?;
    let ClockRequest { school_time, speed } = text.fields()?;
    let malformed = |detail: String| Problem::new(ErrorCode::Malformed).because(detail);
    let school = match school_time {
        None => None,
        Some(SchoolTimeText::Milliseconds(ms)) => Some(SchoolTime(ms)),
        Some(SchoolTimeText::Civil(text)) => Some(civil(&text, &edge.parts.zone).ok_or_else(|| {
            malformed(
                "school_time is milliseconds since 1970, or a civil time such as 2026-03-27T17:58".into(),
            )
        })?),
    };
    if speed.is_some_and(|speed| !(1..=DemoClock::SPEED_MAX).contains(&speed)) {
        return Err(malformed(format!("speed is 1 to {}", DemoClock::SPEED_MAX)));
    }
    demo.clock.set(school, speed);
    Ok(Json(ClockAnswer { school_time: demo.clock.school(), speed: demo.clock.speed() }))
}
