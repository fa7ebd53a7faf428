//! What an operator wants to change, as it arrives: who, why, whether it is only tried, and what.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Query, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::officer::Officer;
use crate::base::limits;
use crate::http::edge::Edge;
use crate::http::json::Text;
use crate::http::problem::Problem;
use crate::protocol::ErrorCode;

/// Who changes something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act {
    /// For the audit log.
    pub(super) who: String,
    /// 1 to [`limits::WHY_CHARS_MAX`] characters.
    pub(super) why: String,
    /// Whether it is to be tried alone.
    pub(super) is_trial: bool,
}

/// A change that is wanted.
#[derive(Debug)]
pub(super) struct Order<T> {
    pub(super) act: Act,
    pub(super) wanted: T,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    #[serde(default)]
    dry_run: bool,
}

/// The body of every change.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Signed<T> {
    why: String,
    #[serde(flatten)]
    wanted: T,
}

impl<T> Signed<T> {
    /// The reason, on one line, and what is wanted.
    ///
    /// # Errors
    /// `malformed` without a reason.
    pub(in crate::http) fn checked(self) -> Result<(String, T), Problem> {
        let why = self.why.trim();
        let is_reason = !why.is_empty() && why.chars().count() <= limits::WHY_CHARS_MAX;
        if !is_reason || why.chars().any(char::is_control) {
            let detail = format!("why is a reason of 1 to {} characters on one line", limits::WHY_CHARS_MAX);
            return Err(Problem::new(ErrorCode::Malformed).because(detail));
        }
        Ok((why.to_owned(), self.wanted))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Edge>> for Order<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let malformed = |detail: &'static str| Problem::new(ErrorCode::Malformed).because(detail);
        let (mut parts, body) = request.into_parts();
        let officer = Officer::from_request_parts(&mut parts, edge).await?;
        let options = Query::<Options>::try_from_uri(&parts.uri);
        let Query(Options { dry_run }) = options.map_err(|_| malformed("dry_run is true or false"))?;
        let text = Text::from_request(Request::from_parts(parts, body), edge).await?;
        let (why, wanted) = text.fields::<Signed<T>>()?.checked()?;
        Ok(Self { act: Act { who: officer.who, why, is_trial: dry_run }, wanted })
    }
}
