//! Tokens as a school's identity provider would sign them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::limits;
use crate::moment;
use crate::orders::TokenKey;

/// Why no token could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The plan's key.
    #[error("the key of the plan is not base64 of an Ed25519 key in PKCS #8")]
    Key,
    /// The library's words.
    #[error("a token can't be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

/// One token per account.
pub(crate) fn mint<'a>(
    key: &TokenKey,
    accounts: impl Iterator<Item = String> + 'a,
) -> Result<Vec<Box<str>>, TokenError> {
    let pkcs8 = STANDARD.decode(&key.pkcs8).map_err(|_| TokenError::Key)?;
    let signing = EncodingKey::from_ed_der(&pkcs8);
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.kid.clone());
    let iat = moment::unix_s();
    let token = |sub: String| {
        let (iss, aud) = (&key.issuer, &key.audience);
        let claims = Claims { sub: &sub, iss, aud, iat, exp: iat + limits::TOKEN_SECONDS };
        Ok(jsonwebtoken::encode(&header, &claims, &signing)?.into_boxed_str())
    };
    accounts.map(token).collect()
}
