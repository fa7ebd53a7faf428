//! What people want done with items, as it arrives, alone or in a batch: in whose name, and what.
//!
//! The workspace's own back end sends in the names of teachers and heads: an account that the configuration lists may name
//! another `author`, whose rights then count. The doors are those of whoever asks, since an author need not be there.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::admit;
use super::advice;
use super::edge::Edge;
use super::items::{ItemAnswer, at_publisher, outcome, response};
use super::problem::Problem;
use super::publish::UrgentRequest;
use crate::access::Identity;
use crate::base::body::{self, Announcement, Assignment};
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Reason, Role, SchoolTime};
use crate::items::{Change, Content, Draft};
use crate::protocol::ErrorCode;

/// Something new to send. Unknown fields are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct ComposeRequest<'a> {
    /// The sender's own name for it, such as a UUID; at most 64 bytes. Sending it again is answered, not sent.
    #[schema(value_type = String)]
    pub(super) id: ItemId,
    /// The channels that it goes to: 1 to 50, each once.
    #[schema(value_type = Vec<String>)]
    pub(super) places: Vec<Channel>,
    /// The roles that it is for; all if absent.
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) audience: Option<Audience>,
    /// The fields of its kind.
    #[serde(borrow)]
    #[schema(value_type = Object)]
    pub(super) body: &'a RawValue,
    /// When it is to be published, if not now: school time in milliseconds since 1970.
    #[schema(value_type = Option<i64>)]
    pub(super) publish_at: Option<SchoolTime>,
    /// That it is urgent, and why. Announcements of staff and operators only.
    pub(super) urgent: Option<UrgentRequest>,
    /// In whose name, if the configuration lets the caller send for others.
    #[schema(value_type = Option<String>)]
    pub(super) author: Option<AccountId>,
}

/// Another wording. Where, for whom and when stays as it was sent.
#[derive(Deserialize, ToSchema)]
pub(super) struct EditRequest<'a> {
    /// The version that it takes the place of.
    pub(super) version: u32,
    /// All fields of its kind.
    #[serde(borrow)]
    #[schema(value_type = Object)]
    pub(super) body: &'a RawValue,
    /// In whose name, as when it was sent.
    #[schema(value_type = Option<String>)]
    pub(super) author: Option<AccountId>,
    /// Not to be edited, and refused: withdraw the item and send another. So it is with the next three.
    #[schema(value_type = Option<Object>)]
    pub(super) places: Option<IgnoredAny>,
    /// Not to be edited.
    #[schema(value_type = Option<Object>)]
    pub(super) audience: Option<IgnoredAny>,
    /// Not to be edited.
    #[schema(value_type = Option<Object>)]
    pub(super) publish_at: Option<IgnoredAny>,
    /// Not to be edited.
    #[schema(value_type = Option<Object>)]
    pub(super) urgent: Option<IgnoredAny>,
}

impl EditRequest<'_> {
    /// Refuses to drop in silence what the sender would take for done.
    fn check_fixed(&self) -> Result<(), Problem> {
        let named = [
            ("places", &self.places),
            ("audience", &self.audience),
            ("publish_at", &self.publish_at),
            ("urgent", &self.urgent),
        ];
        let fixed: Vec<&str> =
            named.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
        if fixed.is_empty() {
            return Ok(());
        }
        let what = format!("{} can't be edited: withdraw the item and send another", fixed.join(", "));
        Err(Problem::new(ErrorCode::InvalidBody).because(what).with_more(json!({ "fixed": fixed })))
    }
}

/// That something is no more.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct WithdrawRequest {
    /// 1 to 500 characters, for the audit log; needed if it is another's.
    #[schema(value_type = Option<String>)]
    pub(super) why: Option<Reason>,
    /// In whose name, as when it was sent.
    #[schema(value_type = Option<String>)]
    pub(super) author: Option<AccountId>,
}

/// What is to be done.
pub(super) enum Task {
    Compose(Draft),
    Edit(Change),
    Withdraw { id: ItemId, kind: Kind, why: Option<Reason> },
}

impl Task {
    pub(super) fn compose(kind: Kind, request: ComposeRequest<'_>) -> Result<Self, Problem> {
        Ok(Self::Compose(Draft {
            id: request.id,
            places: request.places,
            audience: request.audience,
            content: content(kind, request.body)?,
            publish_at: request.publish_at,
            urgent: request.urgent.map(|urgent| urgent.reason),
        }))
    }

    pub(super) fn edit(kind: Kind, id: ItemId, request: &EditRequest<'_>) -> Result<Self, Problem> {
        request.check_fixed()?;
        Ok(Self::Edit(Change { id, version: request.version, content: content(kind, request.body)? }))
    }

    pub(super) fn withdraw(kind: Kind, id: ItemId, why: Option<Reason>) -> Self {
        Self::Withdraw { id, kind, why }
    }
}

/// Does what somebody wants, once the door has let them.
///
/// # Errors
/// Why it is refused.
pub(super) async fn carry_out(
    edge: Arc<Edge>,
    caller: Identity,
    author: Option<AccountId>,
    task: Task,
) -> Result<Response, Problem> {
    at_publisher(edge, move |edge| {
        admit::check_publish(edge, &edge.parts.directory.current(), &caller)?;
        perform(edge, &caller, author, task).map(response)
    })
    .await
}

/// Does what somebody wants, in a name that they may use.
///
/// # Errors
/// Why it is refused.
pub(super) fn perform(
    edge: &Edge,
    caller: &Identity,
    author: Option<AccountId>,
    task: Task,
) -> Result<(StatusCode, ItemAnswer), Problem> {
    let who = sender(edge, caller, author)?;
    let items = &edge.parts.items;
    match task {
        Task::Compose(draft) => {
            let roster = edge.parts.directory.current();
            if draft.places.iter().any(|place| edge.parts.stops.refuse(&roster, &who, place)) {
                return Err(Problem::new(ErrorCode::PostingStopped));
            }
            let sent = items.compose(&who, draft)?;
            let late = advice::of_item(edge, &sent.item);
            let (status, answer) = outcome(sent, true)?;
            Ok((status, answer.with(late)))
        }
        Task::Edit(change) => outcome(items.edit(&who, change)?, false),
        Task::Withdraw { id, kind, why } => outcome(items.withdraw(&who, (&id, kind), why)?, false),
    }
}

/// Whether somebody may send in others' names.
pub(super) fn may_send_for_others(edge: &Edge, caller: &Identity) -> bool {
    matches!(caller.role, Role::Staff | Role::Operator) && edge.parts.on_behalf.contains(&caller.account)
}

/// In whose name something is done.
fn sender(edge: &Edge, caller: &Identity, author: Option<AccountId>) -> Result<Identity, Problem> {
    let Some(author) = author.filter(|author| *author != caller.account) else {
        return Ok(caller.clone());
    };
    if !may_send_for_others(edge, caller) {
        return Err(Problem::new(ErrorCode::NotAllowed).because("this account may not send in others' names"));
    }
    let unknown = || Problem::new(ErrorCode::UnknownAccount).because("the roster does not hold the author");
    Identity::of(&edge.parts.directory.current(), &author).ok_or_else(unknown)
}

fn content(kind: Kind, said: &RawValue) -> Result<Content, Problem> {
    Ok(match kind {
        Kind::Assignment => Content::Assignment(Box::new(body::read::<Assignment>(said.get())?)),
        _ => Content::Announcement(Box::new(body::read::<Announcement>(said.get())?)),
    })
}
