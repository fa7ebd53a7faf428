//! `/v1/operator/kick`: an account's connections end, and for a time it gets no other.
//!
//! Who is kept out is asked for at each seat, each handshake and each publication over HTTP, so reading it waits for
//! nobody. It ends by itself, by machine time, and holds over a restart as long as it would have held. Whoever is to stay
//! out for good leaves the roster.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::Order;
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::{AccountId, MachineTime, limits};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;
use crate::session::News;

/// Accounts, each until when in milliseconds of machine time.
type Held = BTreeMap<AccountId, u64>;

/// Who is kept out. Readers never wait.
#[derive(Debug, Default)]
pub(super) struct Kicks(ArcSwap<Held>);

/// Whose connections end.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct KickRequest {
    /// The account's identifier.
    #[schema(value_type = String)]
    account: AccountId,
    /// For how long it gets no other, in seconds: at most seven days; ten minutes if absent. With 0 it may come back at once.
    for_seconds: Option<u32>,
}

/// Who may come back.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct LiftRequest {
    /// The account's identifier.
    #[schema(value_type = String)]
    account: AccountId,
}

/// An account that is kept out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptOut {
    #[schema(value_type = String)]
    account: AccountId,
    /// For how much longer.
    seconds: u64,
}

/// Ends an account's connections, and keeps it out for a time.
#[utoipa::path(
    post, path = "/v1/operator/kick", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = KickRequest,
    responses(
        (status = 200, description = "Every shard was told, or would be. `trial.until` is when it may come back, in milliseconds since 1970.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: it is too long, or too many are kept out.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn kick(
    State(edge): State<Arc<Edge>>,
    order: Order<KickRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.kick(order).map(Json)).await
}

/// Lets an account come back that is kept out.
#[utoipa::path(
    post, path = "/v1/operator/kick/lift", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = LiftRequest,
    responses(
        (status = 200, description = "It may come back, or might.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 404, description = "`not_found`: it is not kept out.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn lift_kick(
    State(edge): State<Arc<Edge>>,
    order: Order<LiftRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.lift_kick(order).map(Json)).await
}

impl Kicks {
    /// Who is kept out now.
    fn held(&self, now: MachineTime) -> Held {
        let held = self.0.load();
        held.iter()
            .filter(|(_, until)| now.0 < **until)
            .map(|(account, until)| (account.clone(), *until))
            .collect()
    }

    /// Keeps these out and nobody else.
    fn put(&self, held: Held) {
        self.0.store(Arc::new(held));
    }

    /// Takes up what was decided before; `None` if it can't be read.
    pub(super) fn restore(&self, setting: Value) -> Option<()> {
        self.put(serde_json::from_value(setting).ok()?);
        Some(())
    }
}

impl Office {
    /// Whether an account may come in as far as operators are concerned.
    ///
    /// # Errors
    /// `kicked`, with the time that is left.
    pub(in crate::http) fn check_kicked(&self, account: &AccountId, now: MachineTime) -> Result<(), Problem> {
        match self.kicks.0.load().get(account) {
            Some(until) if now.0 < *until => {
                Err(Problem::new(ErrorCode::Kicked).after(Duration::from_millis(until - now.0)))
            }
            _ => Ok(()),
        }
    }

    /// Who is kept out.
    pub(super) fn kept_out(&self) -> Vec<KeptOut> {
        let now = self.instruments.clock.machine();
        let held = self.kicks.held(now).into_iter();
        held.map(|(account, until)| KeptOut { account, seconds: (until - now.0).div_ceil(1_000) }).collect()
    }

    /// For how many seconds more an account is kept out; `None` if it is not.
    pub(super) fn kept_out_seconds(&self, account: &AccountId) -> Option<u64> {
        let now = self.instruments.clock.machine();
        let until = *self.kicks.held(now).get(account)?;
        Some((until - now.0).div_ceil(1_000))
    }

    fn kick(&self, Order { act, wanted }: Order<KickRequest>) -> Result<Change, Problem> {
        let KickRequest { account, for_seconds } = wanted;
        let now = self.instruments.clock.machine();
        let plan = |_: &Decided| {
            let seconds = for_seconds.unwrap_or(limits::KICK_SECONDS);
            let before = self.kicks.held(now);
            let mut after = before.clone();
            let until = now.0.saturating_add(u64::from(seconds) * 1_000);
            if seconds > 0 {
                after.insert(account.clone(), until);
            }
            let refuse = |detail: String| Err(Problem::new(ErrorCode::InvalidBody).because(detail));
            if seconds > limits::KICK_SECONDS_MAX {
                return refuse(format!("for_seconds is at most {}", limits::KICK_SECONDS_MAX));
            }
            if after.len() > limits::KICKS_MAX {
                return refuse(format!("at most {} are kept out at once: lift one", limits::KICKS_MAX));
            }
            Ok(plan(&before, after, json!({ "until": until })))
        };
        self.carry_out(act, ("kick", format!("account {account}")), plan, |_, held| {
            // First the door, then who is inside: whoever leaves finds it closed.
            self.kicks.put(held);
            self.instruments.operate.tell(News::Kick { account: account.clone() });
        })
    }

    fn lift_kick(&self, Order { act, wanted }: Order<LiftRequest>) -> Result<Change, Problem> {
        let LiftRequest { account } = wanted;
        let plan = |_: &Decided| {
            let before = self.kicks.held(self.instruments.clock.machine());
            let mut after = before.clone();
            let was_held = after.remove(&account).is_some();
            if was_held {
                Ok(plan(&before, after, Value::Null))
            } else {
                Err(Problem::new(ErrorCode::NotFound))
            }
        };
        self.carry_out(act, ("lift", format!("account {account}")), plan, |_, held| self.kicks.put(held))
    }
}

fn plan(before: &Held, after: Held, trial: Value) -> Plan<Held> {
    let stand = |held: &Held| if held.is_empty() { Value::Null } else { json!(held) };
    Plan {
        setting: Some("kicked".to_owned()),
        before: stand(before),
        after: stand(&after),
        trial,
        effect: after,
    }
}
