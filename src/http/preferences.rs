//! `GET` and `PUT /v1/preferences`: how often a guardian gets a digest, what comes by mail too, and in which language.
//!
//! Digests themselves stand in the guardian's own channel, whose past is read as any channel's: with `kind=digest`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asking;
use super::caller::{AtAnyHour, Caller};
use super::edge::Edge;
use super::json::Text;
use super::problem::{Problem, ProblemBody};
use crate::base::{AccountId, Language, Role};
use crate::ledger::{Frequency, Preference, PreferenceChange};
use crate::protocol::ErrorCode;

/// What a guardian chose.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preferences {
    /// `off`, `daily` or `weekly`.
    #[schema(value_type = String, example = "daily")]
    digest: Frequency,
    /// Whether digests come by mail too.
    mail: bool,
    /// Whether urgent messages come by mail too: `true` unless the guardian has said `false`.
    urgent_mail: bool,
    /// The language of digests and mail, as BCP 47 writes it. Texts that have no such wording come in their own.
    #[schema(value_type = String, example = "fr")]
    language: Language,
}

/// What a guardian chooses. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PreferencesRequest {
    /// `off`, `daily` or `weekly`.
    #[schema(value_type = Option<String>, example = "weekly")]
    digest: Option<Frequency>,
    /// Whether digests come by mail too.
    mail: Option<bool>,
    /// Whether urgent messages come by mail too.
    urgent_mail: Option<bool>,
    /// The language of digests and mail, as BCP 47 writes it.
    #[schema(value_type = Option<String>, example = "en")]
    language: Option<Language>,
}

/// Says what the caller chose. Who chose nothing has a digest every school day, by mail what is urgent alone, in French.
#[utoipa::path(
    get, path = "/v1/preferences", tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "What the caller chose.", body = Preferences),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: only guardians have digests; or `unknown_account`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn preferences(
    State(edge): State<Arc<Edge>>,
    AtAnyHour(caller): AtAnyHour,
) -> Result<Json<Preferences>, Problem> {
    let guardian = guardian(caller)?;
    let found = asking::ledger(|answer| edge.parts.ledger.preferences(vec![guardian], answer)).await?;
    found.into_iter().next().map(said).ok_or(Problem::new(ErrorCode::Internal))
}

/// Changes what the caller chose, from the next digest on. It may be sent again.
#[utoipa::path(
    put, path = "/v1/preferences", tag = "account", security(("bearer" = [])),
    request_body = PreferencesRequest,
    responses(
        (status = 200, description = "What holds now. It is on stable storage.", body = Preferences),
        (status = 400, description = "`malformed`, with what was expected.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: only guardians have digests; or `unknown_account`.", body = ProblemBody),
        (status = 413, description = "`too_large`.", body = ProblemBody),
        (status = 429, description = "`rate_limited`.", body = ProblemBody),
        (status = 503, description = "`busy`, `draining` or `storage_failed`.", body = ProblemBody),
    )
)]
pub(super) async fn put_preferences(
    State(edge): State<Arc<Edge>>,
    AtAnyHour(caller): AtAnyHour,
    text: Text,
) -> Result<Json<Preferences>, Problem> {
    let guardian = guardian(caller)?;
    let change: PreferencesRequest = text.fields()?;
    let PreferencesRequest { digest, mail, urgent_mail, language } = change;
    let change = PreferenceChange { digest, mail, urgent_mail, language };
    asking::ledger(|answer| edge.parts.ledger.change_preference(guardian, change, answer)).await.map(said)
}

fn said(chosen: Preference) -> Json<Preferences> {
    let Preference { digest, mail, urgent_mail, language, .. } = chosen;
    Json(Preferences { digest, mail, urgent_mail, language })
}

fn guardian(caller: Caller) -> Result<AccountId, Problem> {
    let identity = caller.identity;
    if identity.role == Role::Guardian {
        Ok(identity.account)
    } else {
        Err(Problem::new(ErrorCode::NotAllowed))
    }
}
