//! The provider's word that somebody has logged out (`OpenID` Connect Back-Channel Logout 1.0 §2.4 and §2.6).

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::keys::KeySet;
use super::super::token::{self, TokenError, numeric_date};
use super::IdTerms;
use super::id_token::is_name;
use crate::base::{MachineTime, limits};

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Whose log-ins end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedOut {
    /// One log-in, as the provider calls it.
    ProviderSession(String),
    /// All of a person, as the provider calls them.
    Subject(String),
}

/// Why a logout token ends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// As for any token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// `typ` names another kind of token.
    #[error("it is another kind of token")]
    Kind,
    /// It holds `nonce`, as ID tokens do and logout tokens must not.
    #[error("a logout token holds no \"nonce\"")]
    Nonce,
    /// `events` lacks the event.
    #[error("its \"events\" lacks the event of a log-out")]
    Event,
    /// Neither `sid` nor `sub`, or none that can be kept.
    #[error("it names neither a log-in nor a person")]
    Nobody,
    /// Its `iat` is older than [`limits::LOGOUT_TOKEN_AGE`], or lies ahead.
    #[error("it is too old, or ahead of its time")]
    Age,
    /// It came before.
    #[error("it was used before")]
    Seen,
    /// [`limits::LOGOUT_TOKENS_SEEN_MAX`] came in a short time.
    #[error("too many came in a short time")]
    Busy,
}

#[derive(Deserialize)]
struct Claims {
    iat: f64,
    jti: String,
    exp: Option<f64>,
    sub: Option<String>,
    sid: Option<String>,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

/// Reads logout tokens, each once.
pub struct LogoutTokens {
    seen: Mutex<Seen>,
    max: usize,
}

#[derive(Default)]
struct Seen {
    names: HashSet<String>,
    order: BTreeSet<(MachineTime, String)>,
}

impl Default for LogoutTokens {
    fn default() -> Self {
        Self::bounded(limits::LOGOUT_TOKENS_SEEN_MAX)
    }
}

impl LogoutTokens {
    fn bounded(max: usize) -> Self {
        Self { seen: Mutex::default(), max }
    }

    /// Reads a logout token.
    ///
    /// # Errors
    /// See [`LogoutError`].
    pub fn read(
        &self,
        token: &str,
        keys: &KeySet,
        terms: &IdTerms,
        now: MachineTime,
    ) -> Result<LoggedOut, LogoutError> {
        let kind = token::kind(token)?;
        if kind.is_some_and(|kind| !["logout+jwt", "jwt"].iter().any(|word| kind.eq_ignore_ascii_case(word)))
        {
            return Err(LogoutError::Kind);
        }
        let claims: Claims = token::open(token, keys, &terms.terms(), &["iss", "aud"])?;
        let issued_at = numeric_date(claims.iat);
        let is_over = claims.exp.is_some_and(|exp| now >= numeric_date(exp).after(terms.leeway));
        let until = issued_at.after(limits::LOGOUT_TOKEN_AGE);
        if is_over || now >= until || now.after(terms.leeway) < issued_at {
            return Err(LogoutError::Age);
        }
        if claims.nonce.is_some() {
            return Err(LogoutError::Nonce);
        }
        if !claims.events.get(EVENT).is_some_and(Value::is_object) {
            return Err(LogoutError::Event);
        }
        let whom = match (claims.sid, claims.sub) {
            (Some(sid), _) if is_name(&sid) => LoggedOut::ProviderSession(sid),
            (None, Some(sub)) if is_name(&sub) => LoggedOut::Subject(sub),
            _ => return Err(LogoutError::Nobody),
        };
        if !is_name(&claims.jti) {
            return Err(TokenError::Claims.into());
        }
        self.once(claims.jti, until, now)?;
        Ok(whom)
    }

    fn once(&self, name: String, until: MachineTime, now: MachineTime) -> Result<(), LogoutError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.order.first().is_some_and(|(until, _)| *until <= now) {
            let Some((_, name)) = seen.order.pop_first() else { break };
            seen.names.remove(&name);
        }
        if seen.names.contains(&name) {
            return Err(LogoutError::Seen);
        }
        if seen.names.len() >= self.max {
            return Err(LogoutError::Busy);
        }
        seen.names.insert(name.clone());
        seen.order.insert((until, name));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_once_and_a_full_table_refuses_until_it_empties() {
        let tokens = LogoutTokens::bounded(2);
        let (now, until) = (MachineTime(1_000), MachineTime(2_000));
        assert_eq!(tokens.once("a".into(), until, now), Ok(()));
        assert_eq!(tokens.once("a".into(), until, now), Err(LogoutError::Seen));
        assert_eq!(tokens.once("b".into(), until, now), Ok(()));
        assert_eq!(tokens.once("c".into(), until, now), Err(LogoutError::Busy));
        assert_eq!(tokens.once("c".into(), until, until), Ok(()));
    }
}
