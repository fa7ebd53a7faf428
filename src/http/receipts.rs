//! `/v1/items/{id}/receipt` and `…/receipts`: saying "I have read this", and seeing how many did.
//!
//! Only whoever the item reaches gives a receipt, and only for themselves or their children. The sender and those who lead
//! its schools see numbers; names only if the sender had asked for them when it was sent. Which of a student's guardians has
//! read something is shown to nobody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit;
use super::asking::{ledger, live_item};
use super::caller::Caller;
use super::edge::Edge;
use super::people::UNCACHED;
use super::problem::{Problem, ProblemBody};
use crate::access::{self, Identity, Publish};
use crate::base::body::{self, Announcement};
use crate::base::{AccountId, Body, Channel, ItemId, Kind, MessageId, ReceiptBy, Role, SchoolTime, limits};
use crate::items::{Reach, Standing, reach, standing};
use crate::ledger::{Item, Receipt};
use crate::protocol::ErrorCode;
use crate::roster::Roster;

/// The receipt is on stable storage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceiptAnswer {
    #[schema(value_type = String)]
    item: ItemId,
    /// Whom it stands for: the reader, or the children for whom they have read it.
    #[schema(value_type = Vec<String>)]
    subjects: Vec<AccountId>,
    /// Whether there was one for each of them before.
    duplicate: bool,
}

/// How many have read an announcement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceiptsAnswer {
    #[schema(value_type = String)]
    item: ItemId,
    /// `student`: one receipt for each student, whoever of theirs reads it; `account`: one for each account.
    #[schema(value_type = String)]
    receipt: ReceiptBy,
    by_role: Vec<ReadByRole>,
    /// Who has, if the sender had asked for names. In an order that new receipts do not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<ReadBy>>,
    /// Whether there are more names: the last one's account is the next page's `after`.
    more: bool,
}

/// How many of one role have read it.
#[derive(Debug, Serialize, ToSchema)]
struct ReadByRole {
    #[schema(value_type = String)]
    role: Role,
    /// How many have said so.
    read: u64,
    /// How many it reaches today.
    reached: usize,
}

/// Somebody for whom there is a receipt.
#[derive(Debug, Serialize, ToSchema)]
struct ReadBy {
    #[schema(value_type = String)]
    account: AccountId,
    #[schema(value_type = String)]
    role: Role,
    given_name: String,
    family_name: String,
    /// School time in milliseconds since 1970.
    #[schema(value_type = i64)]
    at: SchoolTime,
}

/// Which page of the names.
#[derive(Debug, Default, Deserialize)]
struct Range {
    after: Option<AccountId>,
    limit: Option<usize>,
}

/// Says that the caller has read an announcement.
#[utoipa::path(
    post, path = "/v1/items/{id}/receipt", tag = "items", security(("bearer" = [])),
    params(("id" = String, Path, description = "The item's identifier.")),
    responses(
        (status = 201, description = "Stored.", body = ReceiptAnswer),
        (status = 200, description = "It was stored before.", body = ReceiptAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: it does not reach the caller, or asks for no receipt; `unknown_account`, `kicked`, or `suspended`: not before `opens_at`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `closed` or `storage_failed`.", body = ProblemBody),
        (status = 507, description = "`storage_full`.", body = ProblemBody),
    )
)]
pub(super) async fn give(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ReceiptAnswer>), Problem> {
    let item = live_item(&edge, &id).await?;
    let (_, asked) = asked(&item)?;
    let roster = edge.parts.directory.current();
    let subjects = standing(&roster, &caller.identity, (&item.places, item.audience), asked);
    if subjects.is_empty() {
        return Err(Problem::new(ErrorCode::NotAllowed));
    }
    admit::check_publish(&edge, &roster, &caller.identity)?;
    let at = edge.parts.clock.school();
    let by = caller.identity.account;
    let receipt = |Standing { subject, role }: Standing| {
        let (item, by) = (item.id.clone(), by.clone());
        Receipt { item, subject, role, by, at }
    };
    let receipts: Vec<Receipt> = subjects.into_iter().map(receipt).collect();
    let subjects = receipts.iter().map(|receipt| receipt.subject.clone()).collect();
    let new = ledger(|answer| edge.parts.ledger.put_receipts(receipts, answer)).await?;
    let status = if new > 0 { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ReceiptAnswer { item: item.id, subjects, duplicate: new == 0 })))
}

/// Says how many have read an announcement.
#[utoipa::path(
    get, path = "/v1/items/{id}/receipts", tag = "items", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The item's identifier."),
        ("after" = Option<String>, Query, description = "Of the names, those after this account's."),
        ("limit" = Option<usize>, Query, description = "Names at most: 1 to 200; 200 if absent."),
    ),
    responses(
        (status = 200, description = "How many; and who, if that had been asked for.", body = ReceiptsAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: only the sender and whoever may announce wherever it was sent; `unknown_account`.", body = ProblemBody),
        (status = 404, description = "`unknown_item`.", body = ProblemBody),
        (status = 410, description = "`withdrawn`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn receipts(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ReceiptsAnswer>), Problem> {
    let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
    let range = Query::<Range>::try_from_uri(&uri);
    let Query(Range { after, limit }) =
        range.map_err(|_| malformed("after is an account, limit a number"))?;
    let limit = limit.unwrap_or(limits::RECEIPT_NAMES_MAX);
    if !(1..=limits::RECEIPT_NAMES_MAX).contains(&limit) {
        return Err(malformed("limit is 1 to 200"));
    }
    let item = live_item(&edge, &id).await?;
    let roster = edge.parts.directory.current();
    check_sees(&roster, &caller.identity, &item)?;
    let (announcement, asked) = asked(&item)?;
    let read = ledger(|answer| edge.parts.ledger.receipt_counts(item.id.clone(), answer)).await?;
    let (names, more) = if announcement.names {
        let page = (item.id.clone(), after, limit + 1);
        let mut page = ledger(|answer| edge.parts.ledger.receipts(page.0, page.1, page.2, answer)).await?;
        let more = page.len() > limit;
        page.truncate(limit);
        (Some(page.into_iter().map(|receipt| named(&roster, receipt)).collect()), more)
    } else {
        (None, false)
    };
    let counting = Arc::clone(&roster);
    let (places, audience) = (item.places, item.audience);
    // A region's roster takes some milliseconds to count.
    let reached = tokio::task::spawn_blocking(move || reach(&counting, &places, audience, Some(asked)));
    let reached = reached.await.map_err(|_| Problem::new(ErrorCode::Internal))?;
    let by_role = by_role(&read, &reached, asked);
    Ok(([UNCACHED], Json(ReceiptsAnswer { item: item.id, receipt: asked, by_role, names, more })))
}

/// The announcement that an item is, and whose receipts it asks for.
///
/// # Errors
/// `not_allowed` if it asks for none.
fn asked(item: &Item) -> Result<(Announcement, ReceiptBy), Problem> {
    let none = || Problem::new(ErrorCode::NotAllowed).because("it asks for no receipts");
    if item.kind != Kind::Announcement {
        return Err(none());
    }
    let said: Announcement = body::read(item.body.as_str()).map_err(|_| Problem::new(ErrorCode::Internal))?;
    let by = said.receipt.ok_or_else(none)?;
    Ok((said, by))
}

/// Whether somebody sees how many have read an item: its sender, and staff or operators who may announce wherever it was
/// sent.
fn check_sees(roster: &Roster, who: &Identity, item: &Item) -> Result<(), Problem> {
    let is_known = roster.account(who.account.as_str()).is_some_and(|account| account.role() == who.role);
    if is_known && who.account == item.author {
        return Ok(());
    }
    let refused = || Problem::new(ErrorCode::NotAllowed);
    if !matches!(who.role, Role::Staff | Role::Operator) {
        return Err(refused());
    }
    let body = Body::of(&Announcement::new("?", "?"))?;
    let name = MessageId::parse("asked").map_err(|_| refused())?;
    for place in &item.places {
        let place: Channel = place.clone();
        let publish = Publish::by(who, place, name.clone(), None, body.clone(), SchoolTime(0));
        access::may(roster, who, publish)?;
    }
    Ok(())
}

/// Where one receipt stands for a student, their guardians have none of their own.
fn by_role(read: &[(Role, u64)], reach: &Reach, by: ReceiptBy) -> Vec<ReadByRole> {
    let reached = |role| match (by, role) {
        (ReceiptBy::Student, Role::Student) => reach.receipts.unwrap_or_default(),
        (ReceiptBy::Student, Role::Guardian) => 0,
        (_, role) => reach.of(role),
    };
    let read = |role| read.iter().find(|(of, _)| *of == role).map_or(0, |(_, count)| *count);
    let rows = Role::ALL.map(|role| ReadByRole { role, read: read(role), reached: reached(role) });
    rows.into_iter().filter(|row| row.read > 0 || row.reached > 0).collect()
}

fn named(roster: &Roster, receipt: Receipt) -> ReadBy {
    let account = roster.account(receipt.subject.as_str());
    let (given_name, family_name) = account.map_or(("", ""), |one| (one.given_name(), one.family_name()));
    ReadBy {
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        account: receipt.subject,
        role: receipt.role,
        at: receipt.at,
    }
}
