//! `POST /v1/operator/roster/reload`: an operator puts the roster's files in force without a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::Caller;
use super::edge::Edge;
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use crate::base::{Role, limits};
use crate::protocol::ErrorCode;
use crate::roster::{Changes, Counts, Shrink};

/// Reads the roster's files and puts them in force. Takes as long as reading them does.
pub trait Reload: Send + Sync + 'static {
    /// Replaces the roster, and tells open connections.
    ///
    /// # Errors
    /// See [`ReloadError`]; the roster in force stays.
    fn reload(&self, shrink: Shrink) -> Result<Reloaded, ReloadError>;
}

/// Why no roster was put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// Another reload is under way: two at once would take twice the memory for nothing.
    #[error("the roster is being read already")]
    Busy,
    /// The files' fault.
    #[error(transparent)]
    Refused(#[from] ReloadRefused),
}

/// A roster was put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// What it holds.
    pub counts: Counts,
    /// What became different for accounts that were there before.
    pub changes: Arc<Changes>,
}

/// A roster was not put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ReloadRefused {
    /// Why, without any value of the roster.
    pub detail: String,
    /// How many diagnostics there were, by their code.
    pub diagnostics: BTreeMap<String, usize>,
}

/// What to do with a roster that lost most of its accounts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct ReloadRequest {
    /// Whether a file that is 90 % smaller than the one in force is taken.
    #[serde(default)]
    allow_shrink: bool,
}

/// The roster that is in force now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReloadAnswer {
    accounts: usize,
    schools: usize,
    classes: usize,
    enrolments: usize,
    links: usize,
    /// Accounts that left or may do other things than before; absent if there are too many to count.
    changed_accounts: Option<usize>,
}

/// Reads the roster's files again. The answer takes as long as that does.
#[utoipa::path(
    post, path = "/v1/operator/roster/reload", tag = "operations", security(("bearer" = [])),
    request_body(content = Option<ReloadRequest>, description = "May be absent."),
    responses(
        (status = 200, description = "The new roster is in force.", body = ReloadAnswer),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 408, description = "`timeout`: the request's body did not arrive.", body = ProblemBody),
        (status = 409, description = "`roster_refused`: `more.diagnostics` counts the errors by code.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`: the roster is being read already.", body = ProblemBody),
    )
)]
pub(super) async fn reload_roster(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    text: Text,
) -> Result<Json<ReloadAnswer>, Problem> {
    if caller.identity.role != Role::Operator {
        return Err(Problem::new(ErrorCode::NotAllowed).because("only operators reload the roster"));
    }
    let request: ReloadRequest = text.fields_or_default()?;
    let shrink = if request.allow_shrink { Shrink::Allowed } else { Shrink::Refused };
    tracing::info!(account = %caller.identity.account, ?shrink, "roster reload asked for");
    let reloaded = tokio::task::spawn_blocking(move || edge.parts.reload.reload(shrink))
        .await
        .map_err(|_| Problem::new(ErrorCode::Internal))?
        .map_err(refused)?;
    Ok(Json(answer(&reloaded)))
}

fn refused(error: ReloadError) -> Problem {
    let ReloadError::Refused(refusal) = error else {
        return Problem::new(ErrorCode::Busy).because(error.to_string()).after(limits::RELOAD_RETRY);
    };
    let more = json!({ "diagnostics": refusal.diagnostics });
    Problem::new(ErrorCode::RosterRefused).because(refusal.detail).with_more(more)
}

fn answer(reloaded: &Reloaded) -> ReloadAnswer {
    let Counts { schools, classes, enrolments, links, .. } = reloaded.counts;
    ReloadAnswer {
        accounts: reloaded.counts.accounts_total(),
        schools,
        classes,
        enrolments,
        links,
        changed_accounts: match reloaded.changes.as_ref() {
            Changes::Accounts(changed) => Some(changed.len()),
            Changes::Everybody => None,
        },
    }
}
