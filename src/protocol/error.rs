//! The table of typed errors. One code means the same on a socket and as an HTTP problem.

use serde::Serialize;

macro_rules! error_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal,)+) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ #[serde(rename = $word)] $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What it means: the text of the table in the documentation.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }
    };
}

error_codes! {
    /// The message is not JSON of the documented shape, nests too deeply, or names a malformed channel or identifier.
    Malformed = "malformed",
    /// The message's type is not one of this protocol version.
    UnknownType = "unknown_type",
    /// The roster does not give this account that right on that channel, or there is no such channel.
    NotAllowed = "not_allowed",
    /// The body breaks a rule of its kind.
    InvalidBody = "invalid_body",
    /// The message id belongs to an earlier publication with another kind, audience or body.
    MessageIdReused = "message_id_reused",
    /// The connection follows that channel already.
    AlreadySubscribed = "already_subscribed",
    /// The connection does not follow that channel.
    NotSubscribed = "not_subscribed",
    /// The connection follows as many channels as it may.
    TooManySubscriptions = "too_many_subscriptions",
    /// The acknowledged position was never sent to this connection.
    PositionUnknown = "position_unknown",
    /// Too many messages in a short time: try again after `retry_after_ms`.
    RateLimited = "rate_limited",
    /// The hub's queues are full: try again after `retry_after_ms`; nothing was stored.
    Busy = "busy",
    /// The storage is full; what was acknowledged is safe, and reading goes on.
    StorageFull = "storage_full",
    /// The storage failed; an operator must act.
    StorageFailed = "storage_failed",
    /// The hub is shutting down: connect again.
    Draining = "draining",
    /// No bearer token was sent.
    TokenMissing = "token_missing",
    /// The token is malformed, is signed by nobody we know, or is not meant for this hub.
    TokenInvalid = "token_invalid",
    /// The token has expired or is not valid yet.
    TokenExpired = "token_expired",
    /// The token names an account that the roster does not hold.
    UnknownAccount = "unknown_account",
    /// The token names another account than the connection's.
    OtherAccount = "other_account",
    /// The seat is malformed or was not given by this hub.
    SeatInvalid = "seat_invalid",
    /// The seat has expired: ask for another.
    SeatExpired = "seat_expired",
    /// The seat was used before: ask for another.
    SeatSpent = "seat_spent",
    /// The request is not a WebSocket handshake that offers this protocol's version.
    BadHandshake = "bad_handshake",
    /// The request's body is larger than allowed.
    TooLarge = "too_large",
    /// There is nothing at this address.
    NotFound = "not_found",
    /// The address exists, the method does not.
    MethodNotAllowed = "method_not_allowed",
    /// The request took too long to arrive or to answer.
    Timeout = "timeout",
    /// The roster that was to be loaded has errors or shrank too much; the one in force stays.
    RosterRefused = "roster_refused",
    /// The calendar's files that were to be loaded have errors; the calendar in force stays.
    CalendarRefused = "calendar_refused",
    /// The hub failed in a way that it should not have.
    Internal = "internal",
    /// An operator has stopped posting in this class or school for now.
    PostingStopped = "posting_stopped",
    /// The account's role has no access at this time: come back at `opens_at`.
    Suspended = "suspended",
    /// The account's newest connection replaced another a moment ago: ask again after `retry_after_ms`.
    CoolDown = "cool_down",
    /// Nobody of this class is let in at this load: ask again after `retry_after_ms`.
    Closed = "closed",
    /// The schedule is full, or holds as much of this account's as it may; nothing was stored.
    ScheduleFull = "schedule_full",
    /// An operator has sent this account away: ask again after `retry_after_ms`.
    Kicked = "kicked",
    /// Its time had come before it was taken back.
    AlreadyPublished = "already_published",
    /// There is no such item.
    UnknownItem = "unknown_item",
    /// Another version of the item holds, or another item has its name.
    VersionConflict = "version_conflict",
    /// The item is withdrawn.
    Withdrawn = "withdrawn",
    /// The class has no lesson now.
    NoLesson = "no_lesson",
    /// The class has a lesson already.
    LessonRuns = "lesson_runs",
    /// The lesson's mode does not let students do that now.
    ModeForbids = "mode_forbids",
    /// The teacher has muted this account, or everybody, for now.
    Muted = "muted",
    /// Slow mode: this account may speak again after `retry_after_ms`.
    SlowMode = "slow_mode",
    /// There is no such post, question, proposal, hand or poll here, or it is over.
    UnknownTarget = "unknown_target",
    /// A poll is open already: close it first.
    PollOpen = "poll_open",
    /// The hub is loaded and does without reactions, presence or polls for now.
    Shed = "shed",
    /// A link leads to a host that the operator has not allowed.
    LinkHost = "link_host",
}
