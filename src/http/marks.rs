//! `/v1/items/{id}/done` and `/v1/marks`: what a student says is done, and what a teacher sees of it.
//!
//! A done-mark is the student's own statement: nobody else sets it, and an assignment that changes leaves it alone. A teacher
//! sees those of the classes that they teach. The student's other sessions are told of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit;
use super::asking::{ledger, live_item};
use super::caller::Caller;
use super::edge::Edge;
use super::json::Text;
use super::people::UNCACHED;
use super::problem::{Problem, ProblemBody};
use crate::access::Identity;
use crate::base::{AccountId, Channel, ClassId, ItemId, Kind, Role, SchoolTime, limits};
use crate::ledger::{Answer, Item, Marked};
use crate::protocol::ErrorCode;
use crate::protocol::server::OwnMark;
use crate::roster::{Account, Class, Roster};

/// What a student says. Unknown fields are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct DoneRequest {
    /// Whether it is done.
    done: bool,
}

/// The mark is on stable storage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DoneAnswer {
    #[schema(value_type = String)]
    item: ItemId,
    done: bool,
    /// Since when it is done: school time in milliseconds since 1970.
    #[schema(value_type = Option<i64>)]
    done_at: Option<SchoolTime>,
}

/// Who of a teacher's classes has done an assignment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClassesDone {
    #[schema(value_type = String)]
    item: ItemId,
    /// The classes that it was given to and the caller teaches.
    classes: Vec<ClassDone>,
}

/// Who of a class has done it.
#[derive(Debug, Serialize, ToSchema)]
struct ClassDone {
    #[schema(value_type = String)]
    class: ClassId,
    /// How many of its students have.
    done: usize,
    students: Vec<StudentDone>,
}

/// One student of the class.
#[derive(Debug, Serialize, ToSchema)]
struct StudentDone {
    #[schema(value_type = String)]
    account: AccountId,
    /// Since when it is done, if it is: school time in milliseconds since 1970.
    #[schema(value_type = Option<i64>)]
    done_at: Option<SchoolTime>,
    /// The student's own date, if there is one.
    due: Option<String>,
}

/// What the caller has said about items, and was granted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnMarks {
    /// Assignments that are done, the newest first.
    done: Vec<OwnDone>,
    /// Dates of the caller's own, the latest first.
    extensions: Vec<OwnExtension>,
    /// Announcements for which the caller gave a receipt, the newest first.
    #[schema(value_type = Vec<String>)]
    receipts: Vec<ItemId>,
}

/// An assignment that is done.
#[derive(Debug, Serialize, ToSchema)]
struct OwnDone {
    #[schema(value_type = String)]
    item: ItemId,
    /// School time in milliseconds since 1970.
    #[schema(value_type = i64)]
    done_at: SchoolTime,
}

/// An assignment with another date.
#[derive(Debug, Serialize, ToSchema)]
struct OwnExtension {
    #[schema(value_type = String)]
    item: ItemId,
    due: String,
}

/// Says that an assignment is done, or that it is not.
#[utoipa::path(
    put, path = "/v1/items/{id}/done", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item's identifier.")),
    request_body = DoneRequest,
    responses(
        (status = 200, description = "So it stands now.", body = DoneAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no student to whom it was given; `unknown_account`, `kicked`, or `suspended`: not before `opens_at`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `closed` or `storage_failed`.", body = ProblemBody),
        (status = 507, description = "`storage_full`.", body = ProblemBody),
    )
)]
pub(super) async fn put_done(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(id): Path<String>,
    text: Text,
) -> Result<Json<DoneAnswer>, Problem> {
    let DoneRequest { done } = text.fields()?;
    let item = live_assignment(&edge, &id).await?;
    let roster = edge.parts.directory.current();
    let student = account(&roster, &caller.identity)?;
    if student.role() != Role::Student || class_of(&roster, &item, student).is_none() {
        return Err(Problem::new(ErrorCode::NotAllowed));
    }
    admit::check_publish(&edge, &roster, &caller.identity)?;
    let at = done.then(|| edge.parts.clock.school());
    let (id, student) = (item.id.clone(), caller.identity.account);
    let done_at = ledger(|answer| {
        let told = telling(&edge, &id, &student, answer);
        edge.parts.ledger.put_done(id, student, at, told)
    })
    .await?;
    Ok(Json(DoneAnswer { item: item.id, done: done_at.is_some(), done_at }))
}

/// Says who of the caller's classes has done an assignment.
#[utoipa::path(
    get, path = "/v1/items/{id}/done", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item's identifier.")),
    responses(
        (status = 200, description = "Who has done it.", body = ClassesDone),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller teaches no class to which it was given; `unknown_account`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn done(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ClassesDone>), Problem> {
    let item = live_assignment(&edge, &id).await?;
    let roster = edge.parts.directory.current();
    let teacher = account(&roster, &caller.identity)?;
    let taught = classes(&roster, &item).filter(|(_, class)| teacher.teaches(class.id()));
    let students: Vec<(ClassId, Vec<AccountId>)> =
        taught.map(|(id, class)| (id.clone(), class.students().filter_map(id_of).collect())).collect();
    if students.is_empty() {
        return Err(Problem::new(ErrorCode::NotAllowed));
    }
    let mut classes = Vec::with_capacity(students.len());
    for (class, students) in students {
        let mut marked = Vec::with_capacity(students.len());
        for some in students.chunks(limits::MARKS_ASKED_MAX) {
            let asked = some.iter().map(|student| (item.id.clone(), student.clone())).collect();
            marked.extend(ledger(|answer| edge.parts.ledger.marked(asked, answer)).await?);
        }
        classes.push(class_done(class, students, marked));
    }
    Ok(([UNCACHED], Json(ClassesDone { item: item.id, classes })))
}

/// Says what the caller has marked, and was granted.
#[utoipa::path(
    get, path = "/v1/marks", tag = "items", security(("bearer" = [])),
    responses(
        (status = 200, description = "The newest 2,000 of each sort.", body = OwnMarks),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn marks(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
) -> Result<([(HeaderName, HeaderValue); 1], Json<OwnMarks>), Problem> {
    let own = caller.identity.account;
    let marks = ledger(|answer| edge.parts.ledger.marks_of(own.clone(), answer)).await?;
    let done = marks.done.into_iter().map(|mark| OwnDone { item: mark.item, done_at: mark.at });
    let extensions = marks.extensions.into_iter().map(|one| OwnExtension { item: one.item, due: one.due });
    // What another gave for the caller is the other's to know.
    let mut receipts: Vec<ItemId> = Vec::new();
    for receipt in marks.receipts.into_iter().filter(|receipt| receipt.by == own) {
        if receipts.last() != Some(&receipt.item) {
            receipts.push(receipt.item);
        }
    }
    Ok(([UNCACHED], Json(OwnMarks { done: done.collect(), extensions: extensions.collect(), receipts })))
}

/// The assignment that an address names.
///
/// # Errors
/// As for [`live_item`]; `unknown_item` for what is no assignment.
pub(super) async fn live_assignment(edge: &Edge, id: &str) -> Result<Item, Problem> {
    let item = live_item(edge, id).await?;
    if item.kind == Kind::Assignment { Ok(item) } else { Err(Problem::new(ErrorCode::UnknownItem)) }
}

/// Tells the student's sessions before the answer. It is told by the ledger's thread, so in the order of the commits: the
/// last that a session hears of is what stands.
fn telling(
    edge: &Arc<Edge>,
    item: &ItemId,
    student: &AccountId,
    answer: Answer<Option<SchoolTime>>,
) -> Answer<Option<SchoolTime>> {
    let (edge, item, student) = (Arc::clone(edge), item.clone(), student.clone());
    Box::new(move |outcome| {
        if let Ok(done_at) = outcome {
            edge.parts.entrance.mark(&student, OwnMark { item, done_at });
        }
        answer(outcome);
    })
}

/// The caller as the roster has it.
pub(super) fn account<'a>(roster: &'a Roster, who: &Identity) -> Result<Account<'a>, Problem> {
    roster.account(who.account.as_str()).ok_or(Problem::new(ErrorCode::UnknownAccount))
}

/// The classes that an item was given to.
pub(super) fn classes<'a>(
    roster: &'a Roster,
    item: &'a Item,
) -> impl Iterator<Item = (&'a ClassId, Class<'a>)> {
    item.places.iter().filter_map(|place| match place {
        Channel::Class(id) => Some((id, roster.class(id.as_str())?)),
        _ => None,
    })
}

/// The class by which a student got an item.
pub(super) fn class_of<'a>(roster: &'a Roster, item: &'a Item, student: Account<'a>) -> Option<Class<'a>> {
    let is_for_students = item.audience.includes(Role::Student);
    let own = classes(roster, item).map(|(_, class)| class).find(|class| student.attends(class.id()));
    own.filter(|_| is_for_students)
}

fn id_of(account: Account<'_>) -> Option<AccountId> {
    AccountId::parse(account.id()).ok()
}

fn class_done(class: ClassId, students: Vec<AccountId>, marked: Vec<Marked>) -> ClassDone {
    let students: Vec<StudentDone> = students
        .into_iter()
        .zip(marked)
        .map(|(account, marked)| StudentDone { account, done_at: marked.done_at, due: marked.due })
        .collect();
    ClassDone { class, done: students.iter().filter(|student| student.done_at.is_some()).count(), students }
}
