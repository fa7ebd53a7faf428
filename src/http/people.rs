//! `GET /v1/classes/{class}/people`: what the people of a class are called.
//!
//! Publications carry account identifiers alone, so that a name that changes, or has to be forgotten, stands in the
//! roster and nowhere else. Whoever may read the class's feed may know who speaks there, and nothing more about them: no
//! address, no guardian, no grade.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::problem::{Problem, ProblemBody};
use crate::access::{self, ReadHistory};
use crate::base::{Channel, ClassId};
use crate::protocol::ErrorCode;
use crate::roster::{Account, Class, EnrolmentRole};

/// No cache keeps names, neither on the way nor in the browser.
pub(super) const UNCACHED: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));

/// The people of a class.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClassPeople {
    /// The class's identifier.
    #[schema(value_type = String)]
    class: ClassId,
    title: String,
    /// Who teaches it, then who attends it.
    people: Vec<Person>,
}

/// Somebody of a class.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    /// As publications name their author.
    account: String,
    /// `teacher` or `student`.
    role: &'static str,
    given_name: String,
    family_name: String,
}

/// Says what the people of a class are called.
#[utoipa::path(
    get, path = "/v1/classes/{class}/people", tag = "account", security(("bearer" = [])),
    params(("class" = String, Path, description = "The class's identifier, percent-encoded.", example = "3a")),
    responses(
        (status = 200, description = "Who teaches and who attends the class.", body = ClassPeople),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`, also for a class that does not exist; `unknown_account`.",
            body = ProblemBody),
    )
)]
pub(super) async fn people(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(class): Path<String>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ClassPeople>), Problem> {
    let id = ClassId::parse(&class)
        .map_err(|error| Problem::new(ErrorCode::Malformed).because(format!("class: {error}")))?;
    let roster = edge.parts.directory.current();
    access::may(&roster, &caller.identity, ReadHistory { channel: Channel::Class(id.clone()) })?;
    let class = roster.class(id.as_str()).ok_or(Problem::new(ErrorCode::NotAllowed))?;
    Ok((
        [UNCACHED],
        Json(ClassPeople { class: id, title: class.title().to_owned(), people: people_of(class) }),
    ))
}

fn people_of(class: Class<'_>) -> Vec<Person> {
    let teachers = class.teachers().map(|account| person(account, EnrolmentRole::Teacher));
    let students = class.students().map(|account| person(account, EnrolmentRole::Student));
    teachers.chain(students).collect()
}

fn person(account: Account<'_>, role: EnrolmentRole) -> Person {
    Person {
        account: account.id().to_owned(),
        role: role.as_str(),
        given_name: account.given_name().to_owned(),
        family_name: account.family_name().to_owned(),
    }
}
