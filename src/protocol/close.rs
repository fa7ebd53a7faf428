//! The table of close codes. The hundreds say what to do: 40xx do not retry, 41xx retry within the stated window,
//! 42xx retry at once. RFC 6455 §7.4.1 gives the codes below 2000.

use serde::Serialize;

use crate::base::{SchoolTime, limits};

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Not before something else has changed: a new token, a corrected client.
    Never,
    /// At a random moment within the window that the reason states.
    Within,
    /// At once.
    AtOnce,
}

/// Why the hub closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 1000: the client asked for it.
    Normal,
    /// 1002: the client broke RFC 6455.
    ProtocolError,
    /// 1003: the client sent a binary message.
    NotText,
    /// 1007: a text message was not UTF-8.
    NotUtf8,
    /// 1009: a message was larger than allowed.
    TooBig,
    /// 1011: this session failed; others go on.
    Internal,
    /// 4000: too many refused messages in a short time.
    Abuse,
    /// 4001: the token ended and was not refreshed in time.
    TokenExpired,
    /// 4002: the roster no longer holds this account.
    Revoked,
    /// 4003: a newer session of the same account has its seat.
    Replaced,
    /// 4004: the window of the account's role has closed.
    Suspended,
    /// 4005: an operator ended the account's connections.
    Kicked,
    /// 4100: the hub is shutting down.
    Draining,
    /// 4101: the hub could not take the connection.
    Overloaded,
    /// 4103: the hub was about to fail, and others come first.
    Evicted,
    /// 4104: the lease ended and was not renewed.
    LeaseEnded,
    /// 4200: nothing was heard for too long.
    Idle,
    /// 4201: the client took no bytes for too long.
    SlowConsumer,
    /// 4202: the account's role changed: connect again to have the new one.
    RoleChanged,
}

impl CloseCode {
    /// Every code, in the order of the table.
    pub const ALL: [Self; 19] = [
        Self::Normal,
        Self::ProtocolError,
        Self::NotText,
        Self::NotUtf8,
        Self::TooBig,
        Self::Internal,
        Self::Abuse,
        Self::TokenExpired,
        Self::Revoked,
        Self::Replaced,
        Self::Suspended,
        Self::Kicked,
        Self::Draining,
        Self::Overloaded,
        Self::Evicted,
        Self::LeaseEnded,
        Self::Idle,
        Self::SlowConsumer,
        Self::RoleChanged,
    ];

    /// The number in the close frame.
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::ProtocolError => 1002,
            Self::NotText => 1003,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
            Self::Internal => 1011,
            Self::Abuse => 4000,
            Self::TokenExpired => 4001,
            Self::Revoked => 4002,
            Self::Replaced => 4003,
            Self::Suspended => 4004,
            Self::Kicked => 4005,
            Self::Draining => 4100,
            Self::Overloaded => 4101,
            Self::Evicted => 4103,
            Self::LeaseEnded => 4104,
            Self::Idle => 4200,
            Self::SlowConsumer => 4201,
            Self::RoleChanged => 4202,
        }
    }

    /// The word in the reason, in logs and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::ProtocolError => "protocol_error",
            Self::NotText => "not_text",
            Self::NotUtf8 => "not_utf8",
            Self::TooBig => "too_big",
            Self::Internal => "internal",
            Self::Abuse => "abuse",
            Self::TokenExpired => "token_expired",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Suspended => "suspended",
            Self::Kicked => "kicked",
            Self::Draining => "draining",
            Self::Overloaded => "overloaded",
            Self::Evicted => "evicted",
            Self::LeaseEnded => "lease_ended",
            Self::Idle => "idle",
            Self::SlowConsumer => "slow_consumer",
            Self::RoleChanged => "role_changed",
        }
    }

    /// What the client does next.
    pub fn retry(self) -> Retry {
        match self.number() {
            1011 | 4100..=4199 => Retry::Within,
            4200..=4299 => Retry::AtOnce,
            _ => Retry::Never,
        }
    }

    /// The close frame's reason: JSON with the word and, for [`Retry::Within`], the window in milliseconds.
    pub fn reason(self, window_ms: (u32, u32)) -> String {
        match self.retry() {
            Retry::Within => {
                format!(r#"{{"code":"{}","retry_ms":[{},{}]}}"#, self.as_str(), window_ms.0, window_ms.1)
            }
            Retry::Never | Retry::AtOnce => format!(r#"{{"code":"{}"}}"#, self.as_str()),
        }
    }
}

/// The reason of [`CloseCode::Suspended`]: when the account itself may come back, in school time, if the calendar knows.
pub fn suspended_reason(opens_at: Option<SchoolTime>) -> String {
    let word = CloseCode::Suspended.as_str();
    match opens_at {
        Some(SchoolTime(ms)) => format!(r#"{{"code":"{word}","opens_at":{ms}}}"#),
        None => format!(r#"{{"code":"{word}"}}"#),
    }
}

/// The reason of [`CloseCode::Evicted`]: when to come back, and a ticket whose place keeps the age of the seat. A ticket that
/// would not fit is left out.
pub fn evicted_reason(window_ms: (u32, u32), ticket: Option<&str>) -> String {
    let plain = CloseCode::Evicted.reason(window_ms);
    let (word, (low, high)) = (CloseCode::Evicted.as_str(), window_ms);
    let with =
        ticket.map(|ticket| format!(r#"{{"code":"{word}","retry_ms":[{low},{high}],"ticket":"{ticket}"}}"#));
    with.filter(|reason| reason.len() <= limits::CLOSE_REASON_BYTES_MAX).unwrap_or(plain)
}

/// The reason of a close by which a WebSocket engine answers a broken frame or message; empty for any other code.
pub fn fixed_reason(number: u16) -> &'static str {
    match number {
        1002 => r#"{"code":"protocol_error"}"#,
        1003 => r#"{"code":"not_text"}"#,
        1007 => r#"{"code":"not_utf8"}"#,
        1009 => r#"{"code":"too_big"}"#,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::CLOSE_REASON_BYTES_MAX;

    #[test]
    fn the_fixed_reasons_are_those_of_the_table() {
        let fixed = [CloseCode::ProtocolError, CloseCode::NotText, CloseCode::NotUtf8, CloseCode::TooBig];
        for code in CloseCode::ALL {
            let expected = if fixed.contains(&code) { code.reason((0, 0)) } else { String::new() };
            assert_eq!(fixed_reason(code.number()), expected, "{code:?}");
        }
    }

    #[test]
    fn every_reason_fits_a_close_frame_and_the_hundreds_say_when_to_retry() {
        for code in CloseCode::ALL {
            assert!(code.reason((u32::MAX, u32::MAX)).len() <= CLOSE_REASON_BYTES_MAX, "{code:?}");
            let expected = match code.number() / 100 {
                41 => Retry::Within,
                42 => Retry::AtOnce,
                _ if code == CloseCode::Internal => Retry::Within,
                _ => Retry::Never,
            };
            assert_eq!(code.retry(), expected, "{code:?}");
        }
        let ticket = "t".repeat(60);
        assert!(evicted_reason(limits::EVICTED_WINDOW_MS, Some(&ticket)).contains(&ticket));
        let long = evicted_reason(limits::EVICTED_WINDOW_MS, Some(&"t".repeat(70)));
        assert_eq!(long, CloseCode::Evicted.reason(limits::EVICTED_WINDOW_MS));
        assert!(suspended_reason(Some(SchoolTime(i64::MIN))).len() <= CLOSE_REASON_BYTES_MAX);
    }
}
