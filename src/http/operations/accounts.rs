//! `/v1/operator/accounts/…`: all that is kept about one account, read or erased.
//!
//! Both stand in the audit log. That something was exported says whose it was; that something was erased does not, since
//! that would be the last that is known of them: it says who did it, why, and how much it was.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::Order;
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::AccountId;
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};

/// Whose.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AccountRequest {
    /// The account's identifier, in the roster or not any more.
    #[schema(value_type = String)]
    account: AccountId,
}

/// Answers with all that is kept about an account.
#[utoipa::path(
    post, path = "/v1/operator/accounts/export", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Makes no difference: nothing changes.")),
    request_body = AccountRequest,
    responses(
        (status = 200, description = "`trial` holds it all: what the roster says, publications, what is scheduled, what was received, items, and each table of the ledger.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn export(
    State(edge): State<Arc<Edge>>,
    order: Order<AccountRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.export(order).map(Json)).await
}

/// Erases what is kept about an account. Publications keep their places, without author and words.
#[utoipa::path(
    post, path = "/v1/operator/accounts/erase", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = AccountRequest,
    responses(
        (status = 200, description = "Erased, or tried. `after` counts what was changed; when there was nothing, it is empty.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`busy` or `storage_failed`: ask again.", body = ProblemBody),
    )
)]
pub(super) async fn erase(
    State(edge): State<Arc<Edge>>,
    order: Order<AccountRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.erase(order).map(Json)).await
}

impl Office {
    fn export(&self, Order { act, wanted }: Order<AccountRequest>) -> Result<Change, Problem> {
        let account = wanted.account;
        let plan = |_: &Decided| {
            let trial = self.instruments.operate.export(&account)?;
            Ok(Plan { setting: None, before: Value::Null, after: Value::Null, trial, effect: () })
        };
        self.carry_out(act, ("export", format!("account {account}")), plan, |_, ()| ())
    }

    fn erase(&self, Order { act, wanted }: Order<AccountRequest>) -> Result<Change, Problem> {
        let is_trial = act.is_trial;
        // It is done while it is looked at: the proof is to say what was done, and can't be had before.
        let plan = |_: &Decided| {
            let operate = &self.instruments.operate;
            let after = if is_trial {
                counts(&operate.export(&wanted.account)?)
            } else {
                operate.erase(&wanted.account)?
            };
            Ok(Plan { setting: None, before: Value::Null, after, trial: Value::Null, effect: () })
        };
        self.carry_out(act, ("erase", "account".to_owned()), plan, |_, ()| ())
    }
}

/// How many rows of each kind there are.
fn counts(all: &Value) -> Value {
    let lists = all.as_object().into_iter().flatten();
    let counts = lists.filter_map(|(name, rows)| Some((name.clone(), json!(rows.as_array()?.len()))));
    Value::Object(counts.filter(|(_, rows)| *rows != json!(0)).collect())
}
