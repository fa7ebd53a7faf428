//! JSON request bodies: size, shape and the time they take to arrive are checked here, and refusals never repeat what was
//! sent.

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::Deserialize;

use super::problem::Problem;
use crate::base::limits;
use crate::protocol::ErrorCode;
use crate::protocol::client::{depth_exceeds, expectation};

/// A request's body as text, within the limit.
pub(super) struct Text(Bytes);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let arrival = Bytes::from_request(request, state);
        // Not every request has a deadline for its answer, but every one has it for its body.
        let arrived = tokio::time::timeout(limits::HTTP_REQUEST_DEADLINE, arrival).await;
        match arrived.map_err(|_| Problem::new(ErrorCode::Timeout))? {
            Ok(bytes) => Ok(Self(bytes)),
            Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_))) => {
                Err(Problem::new(ErrorCode::TooLarge)
                    .because(format!("a body is at most {} bytes", limits::MESSAGE_BYTES_MAX)))
            }
            Err(_) => Err(Problem::new(ErrorCode::Malformed).because("the body did not arrive whole")),
        }
    }
}

impl Text {
    /// Reads the body's fields. Unknown ones are ignored, as on the socket.
    ///
    /// # Errors
    /// `malformed` with what was expected.
    pub(super) fn fields<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        let malformed = |detail: String| Problem::new(ErrorCode::Malformed).because(detail);
        let text = std::str::from_utf8(&self.0).map_err(|_| malformed("the body is not UTF-8".to_owned()))?;
        if depth_exceeds(text, limits::MESSAGE_DEPTH_MAX) {
            return Err(malformed(format!("a body nests at most {} deep", limits::MESSAGE_DEPTH_MAX)));
        }
        serde_json::from_str(text).map_err(|error| malformed(expectation(&error)))
    }

    /// As [`Text::fields`], where an empty body stands for the default.
    ///
    /// # Errors
    /// As for [`Text::fields`].
    pub(super) fn fields_or_default<'a, T: Deserialize<'a> + Default>(&'a self) -> Result<T, Problem> {
        if self.0.trim_ascii().is_empty() { Ok(T::default()) } else { self.fields() }
    }
}
