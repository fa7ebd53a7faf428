//! Bearer tokens: JSON Web Tokens (RFC 7519) signed by a key of the set, meant for this hub, within their time.
//!
//! The order of checks is fixed: length, header, key, algorithm, signature, claims, time. The algorithm comes from the
//! key (RFC 8725 §3.1), so `none` and a public key used as an HMAC secret can't even be asked for. Times are judged by
//! the machine time that is passed in, never by a clock of the JWT library.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::cache::{TokenHash, VerifiedTokens};
use super::keys::KeySet;
use super::login::EndedLogins;
use crate::base::{AccountId, LoginHash, MachineTime, limits};

/// What a token must say to be meant for this hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The only accepted `iss`.
    pub issuer: String,
    /// What `aud` must be or hold.
    pub audience: String,
    /// Clock skew allowed in `exp` and `nbf`.
    pub leeway: Duration,
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The account that the token names. Whether the roster holds it is not known here.
    pub account: AccountId,
    /// From then on the token is refused, and a connection that it opened ends: its `exp` and the leeway.
    pub expires_at: MachineTime,
}

/// Why a token is refused. The text never repeats anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`limits::TOKEN_BYTES_MAX`].
    #[error("the token is longer than {} bytes", limits::TOKEN_BYTES_MAX)]
    TooLong,
    /// Not three parts of base64url with a JSON header and JSON claims.
    #[error("the token is not a signed JSON Web Token")]
    Malformed,
    /// The header holds `crit`, and no extension is known here (RFC 7515 §4.1.11).
    #[error("the token requires an extension that is not known here")]
    Critical,
    /// The header names no key.
    #[error("the token names no key: \"kid\" is required")]
    KidMissing,
    /// The key set has no key of that name.
    #[error("the token names a key that is not known here")]
    KidUnknown,
    /// `alg` is not the algorithm of the key that the token names.
    #[error("the token's \"alg\" is not its key's")]
    Algorithm,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// `exp`, `iss`, `aud` or `sub` is missing or of the wrong type.
    #[error("the token lacks one of \"exp\", \"iss\", \"aud\" and \"sub\", or holds it in the wrong form")]
    Claims,
    /// Another issuer.
    #[error("the token's issuer is not the configured one")]
    Issuer,
    /// Meant for somebody else.
    #[error("the token is not meant for this hub")]
    Audience,
    /// `sub` is not an account's identifier.
    #[error("the token's \"sub\" is not an account identifier")]
    Subject,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` lies ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The log-in that it was given to has ended.
    #[error("the token's log-in has ended")]
    LoggedOut,
}

/// The claims that count, in machine time. The leeway is not in them.
#[derive(Debug, Clone)]
pub(super) struct Claims {
    pub(super) account: AccountId,
    pub(super) not_before: MachineTime,
    pub(super) expires_at: MachineTime,
    /// Of a token that the hub gave to a log-in: which, and when. Boxed, since most are another issuer's.
    pub(super) login: Option<Box<(LoginHash, MachineTime)>>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

/// `NumericDate` may have a fraction (RFC 7519 §2).
#[derive(Deserialize)]
struct RawClaims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    /// Of our own tokens alone.
    sid: Option<String>,
}

#[derive(Debug)]
struct Keys {
    set: KeySet,
    generation: u64,
}

/// Verifies tokens. Shared by every thread; keys may be replaced at any time.
#[derive(Debug)]
pub struct Verifier {
    terms: Terms,
    keys: ArcSwap<Keys>,
    own: Option<Own>,
    remembered: VerifiedTokens,
}

/// The hub as an issuer of its own: tokens that it gave to log-ins.
#[derive(Debug)]
struct Own {
    terms: Terms,
    keys: KeySet,
    ended: Arc<EndedLogins>,
}

impl Verifier {
    /// A verifier for tokens on these terms.
    pub fn new(terms: Terms, keys: KeySet) -> Self {
        Self {
            terms,
            keys: ArcSwap::from_pointee(Keys { set: keys, generation: 0 }),
            own: None,
            remembered: VerifiedTokens::new(),
        }
    }

    /// The same, which also takes the tokens that the hub itself gives to log-ins, as long as those have not ended.
    #[must_use]
    pub fn with_logins(mut self, terms: Terms, keys: KeySet, ended: Arc<EndedLogins>) -> Self {
        self.own = Some(Own { terms, keys, ended });
        self
    }

    /// Whether a log-in of the account has ended at this time or later: what it was given before is void.
    pub fn has_logged_out_since(&self, account: &AccountId, since: MachineTime) -> bool {
        self.own.as_ref().is_some_and(|own| own.ended.has_ended_since(account, since))
    }

    /// Puts other keys in force. A token whose key is gone is refused from now on, however often it was seen before.
    pub fn replace_keys(&self, keys: &KeySet) {
        self.keys.rcu(|old| Arc::new(Keys { set: keys.clone(), generation: old.generation + 1 }));
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// The first check that it fails.
    pub fn verify(&self, token: &str, now: MachineTime) -> Result<Verified, TokenError> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        let keys = self.keys.load();
        let hash = TokenHash::of(token);
        if let Some(claims) = self.remembered.get(&hash, keys.generation) {
            return self.in_time(claims, now);
        }
        let claims = self.check(token, &keys.set)?;
        let verified = self.in_time(claims.clone(), now)?;
        self.remembered.insert(hash, keys.generation, claims, now, verified.expires_at);
        Ok(verified)
    }

    fn check(&self, token: &str, keys: &KeySet) -> Result<Claims, TokenError> {
        let required = ["exp", "iss", "aud", "sub"];
        // Each key belongs to one issuer: neither vouches for the other's tokens.
        let own = match &self.own {
            Some(own) if names_key(token, &own.keys)? => Some(own),
            _ => None,
        };
        let (keys, terms) = own.map_or((keys, &self.terms), |own| (&own.keys, &own.terms));
        let raw: RawClaims = open(token, keys, terms, &required)?;
        let login = if own.is_none() {
            None
        } else {
            let login = raw.sid.as_deref().and_then(LoginHash::parse).zip(raw.iat.map(numeric_date));
            Some(Box::new(login.ok_or(TokenError::Claims)?))
        };
        Ok(Claims {
            account: AccountId::parse(&raw.sub).map_err(|_| TokenError::Subject)?,
            not_before: numeric_date(raw.nbf.unwrap_or(0.0)),
            expires_at: numeric_date(raw.exp),
            login,
        })
    }

    fn in_time(&self, claims: Claims, now: MachineTime) -> Result<Verified, TokenError> {
        let expires_at = claims.expires_at.after(self.terms.leeway);
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        if now.after(self.terms.leeway) < claims.not_before {
            return Err(TokenError::NotYetValid);
        }
        if let (Some(own), Some((login, issued_at))) = (&self.own, claims.login.map(|login| *login))
            && own.ended.refuses(login, issued_at)
        {
            return Err(TokenError::LoggedOut);
        }
        Ok(Verified { account: claims.account, expires_at })
    }
}

/// Opens a token that one of these keys signed, and checks who it is from and for. Times are the caller's to judge.
///
/// # Errors
/// The first check that it fails.
pub(super) fn open<T: DeserializeOwned>(
    token: &str,
    keys: &KeySet,
    terms: &Terms,
    required: &[&str],
) -> Result<T, TokenError> {
    if token.len() > limits::TOKEN_BYTES_MAX {
        return Err(TokenError::TooLong);
    }
    let header = header(token)?;
    if header.crit.is_some() {
        return Err(TokenError::Critical);
    }
    let kid = header.kid.ok_or(TokenError::KidMissing)?;
    let key = keys.get(&kid).ok_or(TokenError::KidUnknown)?;
    if header.alg.parse() != Ok(key.algorithm) {
        return Err(TokenError::Algorithm);
    }
    let mut validation = Validation::new(key.algorithm);
    validation.set_required_spec_claims(required);
    validation.set_issuer(&[&terms.issuer]);
    validation.set_audience(&[&terms.audience]);
    // The library would ask its own clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let opened = jsonwebtoken::decode::<T>(token, &key.decoding, &validation);
    Ok(opened.map_err(|error| refusal(error.kind()))?.claims)
}

/// What kind of token it says to be, unchecked.
///
/// # Errors
/// [`TokenError::Malformed`].
pub(super) fn kind(token: &str) -> Result<Option<String>, TokenError> {
    if token.len() > limits::TOKEN_BYTES_MAX {
        return Err(TokenError::TooLong);
    }
    Ok(header(token)?.typ)
}

/// Whether it names one of these keys, unchecked.
fn names_key(token: &str, keys: &KeySet) -> Result<bool, TokenError> {
    Ok(header(token)?.kid.is_some_and(|kid| keys.get(&kid).is_some()))
}

fn header(token: &str) -> Result<Header, TokenError> {
    let (header, rest) = token.split_once('.').ok_or(TokenError::Malformed)?;
    if rest.split('.').count() != 2 {
        return Err(TokenError::Malformed);
    }
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&header).map_err(|_| TokenError::Malformed)
}

fn refusal(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            TokenError::Claims
        }
        _ => TokenError::Malformed,
    }
}

/// Seconds since 1970 as machine time; what lies outside its range ends at its bounds.
pub(super) fn numeric_date(seconds: f64) -> MachineTime {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and that is what is wanted"
    )]
    MachineTime((seconds * 1000.0) as u64)
}
