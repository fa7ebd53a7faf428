//! Refusals as RFC 9457 problems: the one place that knows which status an error code has.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::operations::notice::Notice;
use crate::access::NotAllowed;
use crate::base::{BodyError, SchoolTime, limits};
use crate::broker::{Busy, PublishError, ReadError};
use crate::identity::{SeatError, TokenError};
use crate::lesson::Refused;
use crate::protocol::ErrorCode;
use crate::session::deferral::DeferError;
use crate::session::{publish_error_code, publish_retry_ms, read_error_code};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Parts>);

/// Boxed, so that the good outcome of every handler stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    code: ErrorCode,
    status: StatusCode,
    detail: Cow<'static, str>,
    retry_after_ms: Option<u32>,
    header: Option<(HeaderName, HeaderValue)>,
    more: Option<serde_json::Value>,
    suspension: Option<Suspension>,
    notice: Option<Arc<Notice>>,
}

/// The body of a refusal (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// `urn:preau:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the code means.
    title: &'static str,
    /// The status again.
    status: u16,
    /// What was wrong with this request. Never repeats what was sent.
    detail: Cow<'static, str>,
    /// The code: the same table as on the socket.
    #[schema(value_type = String)]
    code: ErrorCode,
    /// When to try again, if that helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
    /// What else is known, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    more: Option<serde_json::Value>,
    /// Of `suspended` alone.
    #[serde(flatten)]
    suspension: Option<Suspension>,
    /// What operators have to say to everybody, for those who got no seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Notice>)]
    notice: Option<Arc<Notice>>,
}

impl ProblemBody {
    /// The status.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// What was wrong.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

/// When whoever is outside the window may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Suspension {
    /// `true`.
    suspended: bool,
    /// When this account may come back, in milliseconds since 1970 of school time; `null` if nobody knows.
    #[schema(value_type = Option<i64>)]
    opens_at: Option<SchoolTime>,
    /// School time now, to count from: the client's clock may be wrong.
    #[schema(value_type = i64)]
    school_time: SchoolTime,
}

impl Problem {
    /// A problem with its code's status and meaning.
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Parts {
            code,
            status: status(code),
            detail: Cow::Borrowed(code.meaning()),
            retry_after_ms: retry(code),
            header: challenge(code),
            more: None,
            suspension: None,
            notice: None,
        }))
    }

    /// Not inside this window. Who knows HTTP alone reads in the header when to come back.
    pub(super) fn suspended(opens_at: Option<SchoolTime>, school_time: SchoolTime) -> Self {
        let mut problem = Self::new(ErrorCode::Suspended);
        problem.0.suspension = Some(Suspension { suspended: true, opens_at, school_time });
        let Some(opens_at) = opens_at else { return problem };
        let left_ms = u64::try_from(opens_at.0.saturating_sub(school_time.0)).unwrap_or_default();
        problem.with_header(header::RETRY_AFTER, HeaderValue::from(left_ms.div_ceil(1_000)))
    }

    /// Says what was wrong with this request, without repeating it.
    #[must_use]
    pub fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Adds a header that the status calls for.
    #[must_use]
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// Takes another status than the code's: for the one code that covers two.
    #[must_use]
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Says when to try again.
    #[must_use]
    pub(super) fn after(mut self, wait: Duration) -> Self {
        self.0.retry_after_ms = Some(u32::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX));
        self
    }

    /// Adds what else is known.
    #[must_use]
    pub(super) fn with_more(mut self, more: serde_json::Value) -> Self {
        self.0.more = Some(more);
        self
    }

    /// Adds what operators have to say to everybody.
    #[must_use]
    pub(super) fn telling(mut self, notice: Option<Arc<Notice>>) -> Self {
        self.0.notice = notice;
        self
    }

    /// The body alone, for an answer that tells of several.
    pub(super) fn into_body(self) -> ProblemBody {
        let parts = *self.0;
        ProblemBody {
            kind: format!("urn:preau:problem:{}", parts.code.as_str()),
            title: parts.code.meaning(),
            status: parts.status.as_u16(),
            detail: parts.detail,
            code: parts.code,
            retry_after_ms: parts.retry_after_ms,
            more: parts.more,
            suspension: parts.suspension,
            notice: parts.notice,
        }
    }

    /// Why.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }
}

/// The status of each code (RFC 9110 §15, RFC 4918 §11.5, RFC 6585 §4).
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Malformed | ErrorCode::UnknownType | ErrorCode::BadHandshake => StatusCode::BAD_REQUEST,
        ErrorCode::InvalidBody | ErrorCode::LinkHost => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TokenMissing | ErrorCode::TokenInvalid | ErrorCode::TokenExpired => {
            StatusCode::UNAUTHORIZED
        }
        ErrorCode::NotAllowed
        | ErrorCode::PostingStopped
        | ErrorCode::UnknownAccount
        | ErrorCode::OtherAccount
        | ErrorCode::SeatInvalid
        | ErrorCode::SeatExpired
        | ErrorCode::SeatSpent
        | ErrorCode::Suspended
        | ErrorCode::Kicked
        | ErrorCode::ModeForbids
        | ErrorCode::Muted => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::UnknownItem | ErrorCode::UnknownTarget => StatusCode::NOT_FOUND,
        ErrorCode::Withdrawn => StatusCode::GONE,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Timeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::MessageIdReused
        | ErrorCode::AlreadySubscribed
        | ErrorCode::NotSubscribed
        | ErrorCode::TooManySubscriptions
        | ErrorCode::PositionUnknown
        | ErrorCode::RosterRefused
        | ErrorCode::CalendarRefused
        | ErrorCode::CoolDown
        | ErrorCode::AlreadyPublished
        | ErrorCode::VersionConflict
        | ErrorCode::NoLesson
        | ErrorCode::LessonRuns
        | ErrorCode::PollOpen => StatusCode::CONFLICT,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited | ErrorCode::SlowMode => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Busy
        | ErrorCode::Draining
        | ErrorCode::StorageFailed
        | ErrorCode::Closed
        | ErrorCode::Shed => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::StorageFull | ErrorCode::ScheduleFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn retry(code: ErrorCode) -> Option<u32> {
    match code {
        ErrorCode::Busy | ErrorCode::RateLimited => Some(limits::BUSY_RETRY_MS),
        ErrorCode::Draining => Some(limits::DRAIN_WINDOW_MS),
        _ => None,
    }
}

/// A 401 names the scheme that it wants (RFC 6750 §3).
fn challenge(code: ErrorCode) -> Option<(HeaderName, HeaderValue)> {
    let value = match code {
        ErrorCode::TokenMissing => "Bearer",
        ErrorCode::TokenInvalid | ErrorCode::TokenExpired => r#"Bearer error="invalid_token""#,
        _ => return None,
    };
    Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(value)))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after_ms, more_header) =
            (self.0.status, self.0.retry_after_ms, self.0.header.clone());
        let body = serde_json::to_vec(&self.into_body()).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(ms) = retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        }
        if let Some((name, value)) = more_header {
            headers.insert(name, value);
        }
        response
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::new(token_code(error)).because(error.to_string())
    }
}

/// The code of a refused token, here and on a socket's `refresh`.
pub fn token_code(error: TokenError) -> ErrorCode {
    match error {
        TokenError::Expired | TokenError::NotYetValid | TokenError::LoggedOut => ErrorCode::TokenExpired,
        TokenError::TooLong
        | TokenError::Malformed
        | TokenError::Critical
        | TokenError::KidMissing
        | TokenError::KidUnknown
        | TokenError::Algorithm
        | TokenError::Signature
        | TokenError::Claims
        | TokenError::Issuer
        | TokenError::Audience
        | TokenError::Subject => ErrorCode::TokenInvalid,
    }
}

impl From<SeatError> for Problem {
    fn from(error: SeatError) -> Self {
        let code = match error {
            SeatError::Invalid => ErrorCode::SeatInvalid,
            SeatError::Expired => ErrorCode::SeatExpired,
            SeatError::Spent => ErrorCode::SeatSpent,
            SeatError::Busy => ErrorCode::Busy,
        };
        Self::new(code).because(error.to_string())
    }
}

impl From<NotAllowed> for Problem {
    fn from(_: NotAllowed) -> Self {
        Self::new(ErrorCode::NotAllowed)
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        Self::new(ErrorCode::InvalidBody).because(error.to_string())
    }
}

impl From<DeferError> for Problem {
    fn from(error: DeferError) -> Self {
        Self::new(ErrorCode::Malformed).because(error.to_string())
    }
}

impl From<Refused> for Problem {
    fn from(Refused { code, retry_after }: Refused) -> Self {
        let problem = Self::new(code);
        match retry_after {
            Some(wait) => problem.after(wait),
            None => problem,
        }
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::new(ErrorCode::Busy)
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let problem = Self::new(publish_error_code(error));
        match publish_retry_ms(error) {
            Some(ms) => problem.after(Duration::from_millis(u64::from(ms))),
            None => problem,
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::new(read_error_code(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_below_has_its_code() {
        let token = |error: TokenError| Problem::from(error).code();
        for error in [TokenError::Expired, TokenError::NotYetValid, TokenError::LoggedOut] {
            assert_eq!(token(error), ErrorCode::TokenExpired, "{error:?}");
        }
        for error in [TokenError::TooLong, TokenError::Signature, TokenError::KidUnknown, TokenError::Subject]
        {
            assert_eq!(token(error), ErrorCode::TokenInvalid, "{error:?}");
        }
        let seat = |error: SeatError| Problem::from(error).code();
        assert_eq!(seat(SeatError::Invalid), ErrorCode::SeatInvalid);
        assert_eq!(seat(SeatError::Expired), ErrorCode::SeatExpired);
        assert_eq!(seat(SeatError::Spent), ErrorCode::SeatSpent);
        assert_eq!(seat(SeatError::Busy), ErrorCode::Busy);
        assert_eq!(Problem::from(Busy).code(), ErrorCode::Busy);
        assert_eq!(Problem::from(NotAllowed).code(), ErrorCode::NotAllowed);
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        for code in ErrorCode::ALL {
            let answer = Problem::new(*code).into_response();
            let waits = answer.headers().contains_key(header::RETRY_AFTER);
            let expected = matches!(code, ErrorCode::Busy | ErrorCode::RateLimited | ErrorCode::Draining);
            assert_eq!(waits, expected, "{code:?}");
        }
    }
}
