//! `GET /v1/me`: what the roster says of the caller, and the channels that it may follow.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Known};
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use crate::access;
use crate::base::{AccountId, Channel, Role};
use crate::protocol::ErrorCode;
use crate::roster::{Account, Enrolment, Org};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    #[schema(value_type = String)]
    account: AccountId,
    /// `teacher`, `student`, `guardian`, `staff` or `operator`.
    #[schema(value_type = String)]
    role: Role,
    given_name: String,
    family_name: String,
    /// The IANA time zone in which the schools read civil times.
    #[schema(example = "Europe/Paris")]
    zone: String,
    schools: Vec<School>,
    /// The classes that the caller teaches or attends.
    classes: Vec<Class>,
    /// Whose guardian the caller is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Child>,
    /// Every channel that the caller may follow; an operator may follow every school's besides.
    #[schema(value_type = Vec<String>)]
    channels: Vec<Channel>,
}

/// A child of the caller's: digests name it by its account.
#[derive(Debug, Serialize, ToSchema)]
struct Child {
    #[schema(value_type = String)]
    account: AccountId,
    given_name: String,
    family_name: String,
}

/// A school of the caller's.
#[derive(Debug, Serialize, ToSchema)]
struct School {
    id: String,
    name: String,
}

/// A class of the caller's.
#[derive(Debug, Serialize, ToSchema)]
struct Class {
    /// Its channel.
    channel: String,
    title: String,
    /// `homeroom` or `scheduled`.
    kind: &'static str,
    subject: String,
    /// What the caller is there: `teacher`, `student`, `proctor` or `administrator`.
    role: &'static str,
}

/// Says who the caller is.
#[utoipa::path(
    get, path = "/v1/me", tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller.", body = Me),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
    )
)]
pub(super) async fn me(
    State(edge): State<Arc<Edge>>,
    Known(Caller { identity, .. }): Known,
) -> Result<Json<Me>, Problem> {
    let roster = edge.parts.directory.current();
    let account = roster.account(identity.account.as_str()).ok_or(Problem::new(ErrorCode::UnknownAccount))?;
    Ok(Json(Me {
        role: account.role(),
        given_name: account.given_name().to_owned(),
        family_name: account.family_name().to_owned(),
        // Zones are read by their names: only UTC could be without.
        zone: edge.parts.zone.iana_name().unwrap_or("UTC").to_owned(),
        schools: account.schools().map(school).collect(),
        classes: account.classes().map(class).collect(),
        children: account.children().filter_map(|link| child(link.account)).collect(),
        channels: access::channels_of(&roster, &identity),
        account: identity.account,
    }))
}

fn child(account: Account<'_>) -> Option<Child> {
    Some(Child {
        account: AccountId::parse(account.id()).ok()?,
        given_name: account.given_name().to_owned(),
        family_name: account.family_name().to_owned(),
    })
}

fn school(org: Org<'_>) -> School {
    School { id: org.id().to_owned(), name: org.name().to_owned() }
}

fn class(enrolment: Enrolment<'_>) -> Class {
    let class = enrolment.class;
    Class {
        channel: format!("class:{}", class.id()),
        title: class.title().to_owned(),
        kind: class.kind().as_str(),
        subject: class.subject().to_owned(),
        role: enrolment.role.as_str(),
    }
}
