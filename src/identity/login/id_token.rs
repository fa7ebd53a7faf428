//! The provider's ID token: who has logged in (`OpenID` Connect Core 1.0 §3.1.3.7).

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::keys::KeySet;
use super::super::token::{self, Terms, TokenError, numeric_date};
use crate::base::{AccountId, MachineTime, limits};

/// What the provider's tokens must say to be about our own client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTerms {
    /// The provider.
    pub issuer: String,
    /// What the hub is called there.
    pub client_id: String,
    /// The claim that names the account.
    pub account_claim: String,
    /// Clock skew allowed in times.
    pub leeway: Duration,
}

/// Who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account. Whether the roster holds it is not known here.
    pub account: AccountId,
    /// What the provider calls the person.
    pub subject: String,
    /// What the provider calls the log-in, if it says.
    pub provider_session: Option<String>,
}

/// Why an ID token logs nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// As for any token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It answers another attempt.
    #[error("the ID token's \"nonce\" is another attempt's")]
    Nonce,
    /// It was made for another client as well, or instead.
    #[error("the ID token was given to another client")]
    Party,
    /// It was made ahead of its time.
    #[error("the ID token's \"iat\" lies ahead")]
    Ahead,
    /// `sub` or `sid` is empty or too long.
    #[error("the ID token's \"sub\" or \"sid\" can't be kept")]
    Subject,
    /// The configured claim is missing, or names no account.
    #[error("the ID token's claim that names the account is missing or is no account identifier")]
    Account,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    iat: f64,
    nonce: Option<String>,
    azp: Option<String>,
    aud: Value,
    sid: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl IdTerms {
    pub(super) fn terms(&self) -> Terms {
        Terms { issuer: self.issuer.clone(), audience: self.client_id.clone(), leeway: self.leeway }
    }

    /// Reads an ID token that answers the attempt with this nonce.
    ///
    /// # Errors
    /// See [`IdTokenError`].
    pub fn person(
        &self,
        token: &str,
        keys: &KeySet,
        nonce: &str,
        now: MachineTime,
    ) -> Result<Person, IdTokenError> {
        let required = ["exp", "iat", "iss", "aud", "sub"];
        let claims: Claims = token::open(token, keys, &self.terms(), &required)?;
        if now >= numeric_date(claims.exp).after(self.leeway) {
            return Err(TokenError::Expired.into());
        }
        if now.after(self.leeway) < numeric_date(claims.iat) {
            return Err(IdTokenError::Ahead);
        }
        if claims.nonce.as_deref() != Some(nonce) {
            return Err(IdTokenError::Nonce);
        }
        let is_shared = claims.aud.as_array().is_some_and(|all| all.len() > 1);
        let is_ours = claims.azp.as_ref().map_or(!is_shared, |party| *party == self.client_id);
        if !is_ours {
            return Err(IdTokenError::Party);
        }
        if !is_name(&claims.sub) || claims.sid.as_ref().is_some_and(|sid| !is_name(sid)) {
            return Err(IdTokenError::Subject);
        }
        let named = match self.account_claim.as_str() {
            "sub" => Some(claims.sub.as_str()),
            claim => claims.more.get(claim).and_then(Value::as_str),
        };
        let account = named.and_then(|name| AccountId::parse(name).ok()).ok_or(IdTokenError::Account)?;
        Ok(Person { account, subject: claims.sub, provider_session: claims.sid })
    }
}

/// Whether the provider's name for something can be kept.
pub(super) fn is_name(text: &str) -> bool {
    (1..=limits::PROVIDER_NAME_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}
