//! The embedded issuer: signs tokens for demos, tests and small installations that have no identity provider.
//!
//! It holds an Ed25519 key. Where the key rests is its caller's business; it leaves as PKCS #8 (RFC 5958).

use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::token::Terms;
use crate::base::{AccountId, LoginHash, MachineTime};

/// Signs tokens.
pub struct Issuer {
    pkcs8: Vec<u8>,
    public: Vec<u8>,
    signing: EncodingKey,
    kid: String,
}

/// Why the embedded issuer can't work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The bytes are not a whole Ed25519 key.
    #[error("the issuer's key is not an Ed25519 key in PKCS #8")]
    Key,
    /// The key could not be made or used.
    #[error("the cryptographic library failed")]
    Crypto,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a AccountId,
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

impl Issuer {
    /// An issuer with a new random key.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`] if the machine gives no random numbers.
    pub fn generate() -> Result<Self, IssuerError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| IssuerError::Crypto)?;
        let pkcs8 = pair.to_pkcs8().map_err(|_| IssuerError::Crypto)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// The issuer whose key [`Issuer::pkcs8`] gave.
    ///
    /// # Errors
    /// [`IssuerError::Key`] for anything else.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, IssuerError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| IssuerError::Key)?;
        let public = pair.public_key().as_ref().to_vec();
        // A name that follows from the key, so that the file and the tokens agree without a register.
        let hash = digest::digest(&digest::SHA256, &public);
        let kid = URL_SAFE_NO_PAD.encode(hash.as_ref().get(..9).unwrap_or_default());
        Ok(Self { pkcs8: pkcs8.to_vec(), public, signing: EncodingKey::from_ed_der(pkcs8), kid })
    }

    /// The private key, to be kept where nobody else reads.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The key set that verifies this issuer's tokens (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        format!(
            r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{}","x":"{x}"}}]}}"#,
            self.kid
        )
    }

    /// A token for an account on the given terms, and the time in its `exp`.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`] if signing fails.
    pub fn token(
        &self,
        account: &AccountId,
        terms: &Terms,
        now: MachineTime,
        ttl: Duration,
    ) -> Result<(String, MachineTime), IssuerError> {
        self.sign(account, terms, (now, now.after(ttl)), None)
    }

    /// A token for a log-in, which ends with it at the latest.
    ///
    /// # Errors
    /// As for [`Issuer::token`].
    pub fn login_token(
        &self,
        account: &AccountId,
        terms: &Terms,
        login: LoginHash,
        (now, until): (MachineTime, MachineTime),
    ) -> Result<(String, MachineTime), IssuerError> {
        self.sign(account, terms, (now, until), Some(login.to_string()))
    }

    fn sign(
        &self,
        account: &AccountId,
        terms: &Terms,
        (now, until): (MachineTime, MachineTime),
        sid: Option<String>,
    ) -> Result<(String, MachineTime), IssuerError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let (iat, exp) = (now.unix_seconds(), until.unix_seconds());
        let claims = Claims { sub: account, iss: &terms.issuer, aud: &terms.audience, iat, exp, sid };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|_| IssuerError::Crypto)?;
        Ok((token, MachineTime(exp * 1000)))
    }
}
