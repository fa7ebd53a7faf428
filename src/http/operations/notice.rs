//! The incident notice: what an operator has to say to everybody, those included who can't get in.
//!
//! `GET /v1/notice` asks nobody who they are and may be cached; the answers of `POST /v1/seat` that let nobody in carry it
//! as well, so that whoever waits reads it without asking once more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::act::Order;
use super::office::{Change, Decided, Office, Plan, at_office};
use crate::base::{SchoolTime, limits};
use crate::http::edge::Edge;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// Caches keep it so long that a storm of readers costs nothing, and so short that it is news.
const CACHED: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=10"));

/// What everybody should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(in crate::http) struct Notice {
    /// Plain text, on one line or more.
    text: String,
    /// Its language (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    /// School time in milliseconds since 1970.
    #[schema(value_type = i64)]
    since: SchoolTime,
}

/// What everybody should know from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NoticeRequest {
    /// At most 500 characters; nothing more is to be known if absent or `null`.
    text: Option<String>,
    /// Its language, such as `fr`.
    lang: Option<String>,
}

/// What there is to know.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct NoticeAnswer {
    /// `null` if there is nothing.
    notice: Option<Notice>,
}

/// Says what everybody should know. Nobody has to log in.
#[utoipa::path(
    get, path = "/v1/notice", tag = "operations",
    responses((status = 200, description = "The notice, if there is one.", body = NoticeAnswer))
)]
pub(in crate::http) async fn notice(
    State(edge): State<Arc<Edge>>,
) -> ([(HeaderName, HeaderValue); 1], Json<NoticeAnswer>) {
    let notice = edge.parts.office.notice().map(|notice| Notice::clone(&notice));
    ([CACHED], Json(NoticeAnswer { notice }))
}

/// Tells everybody something, or nothing any more.
#[utoipa::path(
    post, path = "/v1/operator/notice", tag = "operations", security(("bearer" = [])),
    params(("dry_run" = Option<bool>, Query, description = "Whether it is tried alone.")),
    request_body = NoticeRequest,
    responses(
        (status = 200, description = "It can be read, or could.", body = Change),
        (status = 400, description = "`malformed`, also without `why`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 422, description = "`invalid_body`: the text is empty or too long, or `lang` is no language.", body = ProblemBody),
        (status = 503, description = "`storage_failed`: nothing was changed.", body = ProblemBody),
    )
)]
pub(super) async fn set_notice(
    State(edge): State<Arc<Edge>>,
    order: Order<NoticeRequest>,
) -> Result<Json<Change>, Problem> {
    at_office(edge, |_, office| office.set_notice(order).map(Json)).await
}

impl Office {
    fn set_notice(&self, Order { act, wanted }: Order<NoticeRequest>) -> Result<Change, Problem> {
        let plan = |_: &Decided| {
            let since = self.instruments.clock.school();
            let notice = match wanted.text {
                Some(text) => Some(checked(&text, wanted.lang, since)?),
                None => None,
            };
            let before = self.notice().map_or(Value::Null, |notice| json!(*notice));
            let after = notice.as_ref().map_or(Value::Null, |notice| json!(notice));
            Ok(Plan { setting: Some("notice".to_owned()), before, after, trial: Value::Null, effect: notice })
        };
        self.carry_out(act, ("notice", "hub".to_owned()), plan, |_, notice| {
            self.notice.store(notice.map(Arc::new));
        })
    }
}

fn checked(text: &str, lang: Option<String>, since: SchoolTime) -> Result<Notice, Problem> {
    let text = text.trim();
    let is_text = |c: char| !c.is_control() || c == '\n';
    let chars = text.chars().count();
    if chars == 0 || chars > limits::INCIDENT_CHARS_MAX || !text.chars().all(is_text) {
        return Err(Problem::new(ErrorCode::InvalidBody)
            .because(format!("text has 1 to {} characters", limits::INCIDENT_CHARS_MAX)));
    }
    let is_lang = |lang: &String| {
        let is_word =
            |word: &str| (1..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
        lang.len() <= 35 && lang.split('-').all(is_word)
    };
    if !lang.as_ref().is_none_or(is_lang) {
        return Err(Problem::new(ErrorCode::InvalidBody).because("lang is a language such as fr or fr-FR"));
    }
    Ok(Notice { text: text.to_owned(), lang, since })
}
