//! What publishes, and requests that fail, are answered with.

use std::time::Duration;

use crate::base::{Position, limits};
use crate::broker::{Accepted, Committed, PublishError, ReadError, Scheduled};
use crate::hub::PublishRequest;
use crate::lesson::Refused;
use crate::protocol::client::RequestId;
use crate::protocol::{ErrorCode, ServerMessage};

/// The code that a failed publish is answered with; the same on a socket and over HTTP.
pub fn publish_error_code(error: PublishError) -> ErrorCode {
    match error {
        PublishError::KeyReused => ErrorCode::MessageIdReused,
        PublishError::ScheduleFull => ErrorCode::ScheduleFull,
        PublishError::NoTarget => ErrorCode::UnknownTarget,
        PublishError::TooManyUrgent { .. } => ErrorCode::RateLimited,
        PublishError::StorageFull => ErrorCode::StorageFull,
        PublishError::StorageFailed => ErrorCode::StorageFailed,
        PublishError::ShuttingDown => ErrorCode::Draining,
    }
}

/// When to try a failed publish again, if it is known; the same on a socket and over HTTP.
pub fn publish_retry_ms(error: PublishError) -> Option<u32> {
    match error {
        PublishError::TooManyUrgent { wait_ms } => Some(wait_ms),
        PublishError::KeyReused
        | PublishError::ScheduleFull
        | PublishError::NoTarget
        | PublishError::StorageFull
        | PublishError::StorageFailed
        | PublishError::ShuttingDown => None,
    }
}

/// The code that a failed read is answered with; the same on a socket and over HTTP.
pub fn read_error_code(error: ReadError) -> ErrorCode {
    match error {
        ReadError::StorageFailed => ErrorCode::StorageFailed,
        ReadError::ShuttingDown => ErrorCode::Draining,
    }
}

/// Whether what a client acknowledges can be, by how far it was fed.
pub(super) fn acknowledged(sent: Option<Position>, position: Position) -> Result<(), ErrorCode> {
    match sent {
        None => Err(ErrorCode::NotSubscribed),
        Some(sent) if position.epoch != sent.epoch || position.offset > sent.offset => {
            Err(ErrorCode::PositionUnknown)
        }
        Some(_) => Ok(()),
    }
}

/// What a publish is answered with.
pub(super) fn published(request: PublishRequest, result: Result<Accepted, PublishError>) -> ServerMessage {
    let PublishRequest { id, channel, message_id, held } = request;
    match result {
        Ok(Accepted::Committed(Committed { position, duplicate })) if held => {
            ServerMessage::Held { id, channel, message_id, position, duplicate }
        }
        Ok(Accepted::Committed(Committed { position, duplicate })) => {
            ServerMessage::Published { id, channel, message_id, position, duplicate }
        }
        Ok(Accepted::Scheduled(Scheduled { deliver_at, duplicate })) => {
            ServerMessage::Scheduled { id, channel, message_id, deliver_at, duplicate }
        }
        Err(error) => {
            let (code, message) = (publish_error_code(error), error.to_string());
            ServerMessage::Error { id: Some(id), code, message, retry_after_ms: publish_retry_ms(error) }
        }
    }
}

/// An error without a time to try again.
pub(super) fn error(id: Option<RequestId>, code: ErrorCode, message: &str) -> ServerMessage {
    ServerMessage::Error { id, code, message: message.to_owned(), retry_after_ms: None }
}

/// A lesson, or the hub's load, does not let it be.
pub(super) fn refused(id: RequestId, Refused { code, retry_after }: Refused) -> ServerMessage {
    let retry_after_ms = retry_after.map(milliseconds);
    ServerMessage::Error { id: Some(id), code, message: code.meaning().to_owned(), retry_after_ms }
}

/// The hub's queues are full.
pub(super) fn busy(id: RequestId) -> ServerMessage {
    let message = ErrorCode::Busy.meaning().to_owned();
    ServerMessage::Error {
        id: Some(id),
        code: ErrorCode::Busy,
        message,
        retry_after_ms: Some(limits::BUSY_RETRY_MS),
    }
}

/// Too many in a short time: try again after that.
pub(super) fn rate_limited(id: Option<RequestId>, wait: Duration) -> ServerMessage {
    ServerMessage::Error {
        id,
        code: ErrorCode::RateLimited,
        message: ErrorCode::RateLimited.meaning().to_owned(),
        retry_after_ms: Some(milliseconds(wait)),
    }
}

/// Whole milliseconds, none too few.
fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}
