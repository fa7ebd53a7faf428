//! `/v1/family`: what a student of age decides about the family, and what a school does when a judge has decided.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{AtAnyHour, Caller};
use super::edge::Edge;
use super::json::Text;
use super::operations::{Change, LinkRequest, Signed, at_office};
use super::problem::{Problem, ProblemBody};
use crate::base::Role;
use crate::protocol::ErrorCode;
use crate::roster::Roster;

/// What holds for a student's family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FamilyAnswer {
    /// Whether the student is of age, and so decides.
    adult: bool,
    /// Whether the family gets nothing about the student.
    stopped: bool,
}

/// What a student of age wants.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct FamilyRequest {
    /// Whether the family is to get nothing about the student any more.
    stopped: bool,
}

/// Says whether the caller is of age, and what the family gets.
#[utoipa::path(
    get, path = "/v1/family", tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "What holds.", body = FamilyAnswer),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`, or `not_allowed`: the caller is no student.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn family(
    State(edge): State<Arc<Edge>>,
    AtAnyHour(caller): AtAnyHour,
) -> Result<Json<FamilyAnswer>, Problem> {
    answer(&edge.parts.directory.current(), &caller).map(Json)
}

/// Stops what the family gets about a student of age, or lets it go on.
#[utoipa::path(
    put, path = "/v1/family", tag = "account", security(("bearer" = [])), request_body = FamilyRequest,
    responses(
        (status = 200, description = "Holds from now on.", body = FamilyAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`, or `not_allowed`: the caller is no student of age.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn change_family(
    State(edge): State<Arc<Edge>>,
    AtAnyHour(caller): AtAnyHour,
    text: Text,
) -> Result<Json<FamilyAnswer>, Problem> {
    let FamilyRequest { stopped } = text.fields()?;
    at_office(edge, move |edge, office| {
        let found = answer(&edge.parts.directory.current(), &caller)?;
        if !found.adult {
            return Err(Problem::new(ErrorCode::NotAllowed).because("students of age alone decide this"));
        }
        office.stop_family(&caller.identity.account, stopped)?;
        Ok(Json(FamilyAnswer { stopped, ..found }))
    })
    .await
}

/// Cuts the link between a guardian and a student of the caller's school at once, or restores it.
#[utoipa::path(
    post, path = "/v1/family/links", tag = "account", security(("bearer" = [])), request_body = LinkRequest,
    responses(
        (status = 200, description = "In force on open connections too.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`, or `not_allowed`: the caller is no staff of the student's school.", body = ProblemBody),
        (status = 404, description = "`not_found`: the roster has no such guardian, or what is to be restored is not cut.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
        (status = 507, description = "`storage_full`: too many links are cut.", body = ProblemBody),
    )
)]
pub(super) async fn change_link(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    text: Text,
) -> Result<Json<Change>, Problem> {
    let (why, wanted) = text.fields::<Signed<LinkRequest>>()?.checked()?;
    at_office(edge, move |edge, office| {
        let roster = edge.parts.directory.current();
        let who = caller.identity;
        let child = roster.account(wanted.child.as_str()).filter(|child| child.role() == Role::Student);
        let is_theirs = roster.account(who.account.as_str()).zip(child).is_some_and(|(staff, child)| {
            staff.role() == Role::Staff && child.schools().any(|school| staff.belongs_to(school.id()))
        });
        if !is_theirs {
            let detail = "staff of the student's school alone decide this";
            return Err(Problem::new(ErrorCode::NotAllowed).because(detail));
        }
        office.link_by(who.account.as_str(), why, &edge.parts.directory, wanted).map(Json)
    })
    .await
}

fn answer(roster: &Roster, caller: &Caller) -> Result<FamilyAnswer, Problem> {
    let account = roster.account(caller.identity.account.as_str());
    let account = account.ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    if account.role() != Role::Student {
        return Err(Problem::new(ErrorCode::NotAllowed).because("students alone ask this"));
    }
    Ok(FamilyAnswer { adult: account.is_adult(), stopped: account.stops_family() })
}
