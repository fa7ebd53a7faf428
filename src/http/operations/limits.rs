//! `/v1/operator/limits`: what admission allows, read, tried and changed while the hub runs.
//!
//! A limit is named by its path: `seats_max`, `flow.max`, `shares.student`. What operators change is kept apart from what
//! is configured, so that a key which they never touched follows the configuration at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::Order;
use super::office::{Change, Office, Plan, at_office};
use super::officer::Officer;
use crate::admission::{Class, Settings};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// Limits by their path.
pub(super) type Wanted = BTreeMap<String, Value>;

/// Which limits are to be others.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct LimitsRequest {
    /// By path, such as `{"seats_max": 15000, "shares.student": 350}`; `null` for what is configured.
    #[schema(value_type = Object)]
    set: Wanted,
}

/// The limits in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LimitsAnswer {
    /// All of them.
    #[schema(value_type = Object)]
    limits: Settings,
    /// Those that operators have set, by path.
    #[schema(value_type = Object)]
    set: Wanted,
}

/// Says which limits are in force.
#[utoipa::path(
    get, path = "/v1/operator/limits", tag = "operations", security(("bearer" = [])),
    responses(
        (status = 200, description = "The limits in force.", body = LimitsAnswer),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
    )
)]
pub(super) async fn limits(
    State(edge): State<Arc<Edge>>,
    _officer: Officer,
) -> Result<Json<LimitsAnswer>, Problem> {
    at_office(edge, |_, office| {
        let set = office.decided().limits.clone();
        Ok(Json(LimitsAnswer { limits: office.instruments.operate.settings(), set }))
    })
    .await
}

/// Changes limits, or says who would have been refused by others.
#[utoipa::path(
    post, path = "/v1/operator/limits", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = LimitsRequest,
    responses(
        (status = 200, description = "In force, or tried. `trial` says, by class, who of those held, waiting and of the last minute would have been refused.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: no such limit, or not such a value.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn change_limits(
    State(edge): State<Arc<Edge>>,
    order: Order<LimitsRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.change_limits(order).map(Json)).await
}

impl Office {
    fn change_limits(&self, order: Order<LimitsRequest>) -> Result<Change, Problem> {
        let LimitsRequest { set } = order.wanted;
        let now = self.instruments.clock.machine();
        let plan = |decided: &super::office::Decided| {
            let mut limits = decided.limits.clone();
            for (path, value) in set {
                if value.is_null() {
                    // A path that does not exist was meant to be another.
                    let mut whole = json!(self.configured);
                    place(&mut whole, &path).map_err(invalid)?;
                    limits.remove(&path);
                } else {
                    limits.insert(path, value);
                }
            }
            let settings = self.limits_with(&limits).map_err(invalid)?;
            let trial = json!(self.instruments.operate.trial(&settings, now));
            Ok(Plan {
                setting: Some("limits".to_owned()),
                before: json!(decided.limits),
                after: json!(limits),
                trial,
                effect: (settings, limits),
            })
        };
        self.carry_out(order.act, ("limits", "hub".to_owned()), plan, |decided, (settings, limits)| {
            self.instruments.operate.change(settings, now);
            decided.limits = limits;
        })
    }

    /// The configured limits with some set to others; what is wrong with them otherwise.
    pub(super) fn limits_with(&self, wanted: &Wanted) -> Result<Settings, String> {
        let mut whole = json!(self.configured);
        for (path, value) in wanted {
            *place(&mut whole, path)? = value.clone();
        }
        let settings: Settings = serde_json::from_value(whole).map_err(|error| {
            let paths = wanted.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("{paths}: {error}")
        })?;
        let mistakes = settings.mistakes();
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes.join("; ")) }
    }
}

/// Where a path leads to.
fn place<'a>(whole: &'a mut Value, path: &str) -> Result<&'a mut Value, String> {
    let mut here = whole;
    let mut seen = String::new();
    for word in path.split('.') {
        let names: Vec<String> = match here {
            Value::Object(fields) => fields.keys().cloned().collect(),
            Value::Array(_) => Class::ALL.map(|class| class.as_str().to_owned()).into(),
            _ => Vec::new(),
        };
        let index = names.iter().position(|name| name == word);
        let unknown = || {
            let within = if seen.is_empty() { String::new() } else { format!(" within `{seen}`") };
            format!("no limit has such a name{within}; there are {}", names.join(", "))
        };
        here = match here {
            Value::Object(fields) => fields.get_mut(word).ok_or_else(unknown)?,
            Value::Array(classes) => index.and_then(|index| classes.get_mut(index)).ok_or_else(unknown)?,
            _ => return Err(format!("`{seen}` is one value, with nothing within")),
        };
        seen = if seen.is_empty() { word.to_owned() } else { format!("{seen}.{word}") };
    }
    Ok(here)
}

fn invalid(detail: String) -> Problem {
    Problem::new(ErrorCode::InvalidBody).because(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_sections_and_classes() {
        let mut whole = json!(Settings::default());
        for path in ["seats_max", "flow.max", "shares.student_live", "watermarks.psi_part.high"] {
            assert!(place(&mut whole, path).is_ok(), "{path}");
        }
        *place(&mut whole, "shares.guardian").unwrap() = json!(7);
        assert_eq!(whole["shares"][5], 7);
        for path in ["", "seat_max", "shares.pupil", "seats_max.student", "flow."] {
            assert!(place(&mut whole, path).is_err(), "{path}");
        }
        assert!(place(&mut whole, "shares.pupil").unwrap_err().contains("student_live, student"));
    }
}
