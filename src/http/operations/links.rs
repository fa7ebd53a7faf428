//! `POST /v1/operator/links`: a guardian has nothing to do with a student any more, at once; or has again.
//!
//! A judge's decision can't wait for the next roster. What is cut stays cut whatever rosters say, also a link that only a
//! later one brings, until it is restored here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::{Act, Order};
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::{AccountId, Role};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;
use crate::roster::{Decision, Directory};

/// The setting under which the journal finds out that a link is cut or restored.
pub const CUT: &str = "cut";

/// A guardian and a student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// The adult's account.
    #[schema(value_type = String)]
    pub guardian: AccountId,
    /// The student's account.
    #[schema(value_type = String)]
    pub child: AccountId,
}

/// What is decided about a link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub(in crate::http) struct LinkRequest {
    /// The adult's account.
    #[schema(value_type = String)]
    guardian: AccountId,
    /// The student's account.
    #[schema(value_type = String)]
    pub(in crate::http) child: AccountId,
    /// `cut` or `restore`.
    verdict: LinkVerdict,
}

/// Whether a link counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum LinkVerdict {
    /// It does not, whatever the roster says.
    Cut,
    /// It does if the roster says so.
    Restore,
}

/// Cuts the link between a guardian and a student at once, or restores it.
#[utoipa::path(
    post, path = "/v1/operator/links", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = LinkRequest,
    responses(
        (status = 200, description = "In force on open connections too, or tried. `trial.linked` says whether the roster links the two.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: the roster has no such guardian or student, or what is to be restored is not cut.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
        (status = 507, description = "`storage_full`: too many links are cut.", body = ProblemBody),
    )
)]
pub(super) async fn link(
    State(edge): State<Arc<Edge>>,
    Order { act, wanted }: Order<LinkRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |edge, office| office.link(&edge.parts.directory, act, wanted).map(Json)).await
}

impl Office {
    /// Decides about a link as a school's staff does.
    pub(in crate::http) fn link_by(
        &self,
        who: &str,
        why: String,
        directory: &Directory,
        wanted: LinkRequest,
    ) -> Result<Change, Problem> {
        self.link(directory, Act { who: who.to_owned(), why, is_trial: false }, wanted)
    }

    /// Writes down whether a student wants the family to get nothing, and puts it in force.
    pub(in crate::http) fn stop_family(&self, student: &AccountId, is_stopped: bool) -> Result<(), Problem> {
        let now = self.instruments.clock.school();
        Ok(self.instruments.operate.stop_family(student.clone(), is_stopped, now)?)
    }

    fn link(
        &self,
        directory: &Directory,
        act: Act,
        LinkRequest { guardian, child, verdict }: LinkRequest,
    ) -> Result<Change, Problem> {
        let scope = format!("account {guardian}");
        let link = Link { guardian: guardian.clone(), child: child.clone() };
        let plan = |_: &Decided| {
            let roster = directory.current();
            let is_cut = directory.is_cut(&guardian, &child);
            let is = |id: &AccountId, role| roster.account(id.as_str()).is_some_and(|one| one.role() == role);
            let is_known = is(&guardian, Role::Guardian) && is(&child, Role::Student);
            let refuse = |detail| Err(Problem::new(ErrorCode::NotFound).because(detail));
            match verdict {
                LinkVerdict::Cut if !is_known => return refuse("the roster has no such guardian or student"),
                LinkVerdict::Restore if !is_cut => return refuse("this link is not cut"),
                LinkVerdict::Cut | LinkVerdict::Restore => {}
            }
            let stand = |is_cut: bool| if is_cut { json!(link) } else { Value::Null };
            Ok(Plan {
                setting: Some(CUT.to_owned()),
                before: stand(is_cut),
                after: stand(verdict == LinkVerdict::Cut),
                trial: json!({ "linked": roster.is_linked(guardian.as_str(), child.as_str()) }),
                effect: (),
            })
        };
        self.carry_out(act, ("link", scope), plan, |_, ()| {
            let Link { guardian, child } = link.clone();
            self.instruments.operate.decide(match verdict {
                LinkVerdict::Cut => Decision::Cut { guardian, child },
                LinkVerdict::Restore => Decision::Restored { guardian, child },
            });
        })
    }
}
