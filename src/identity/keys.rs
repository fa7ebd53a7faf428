//! The public keys that tokens may be signed with: a JSON Web Key Set (RFC 7517), checked once when it is read.
//!
//! The algorithm belongs to the key and is never taken from a token. A key that can't be used is left out, and the others
//! are used (RFC 7517 §5): a provider may sign something else with it. What would be dangerous refuses the whole set.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use crate::base::limits;

/// Public keys by their `kid`. Never empty.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: HashMap<Box<str>, Key>,
    left_out: Vec<(usize, Unfit)>,
}

/// One key and the only algorithm that it verifies.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// Why a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not for signatures.
    #[error("it is not for signatures")]
    Use,
    /// A type or curve that is not known here.
    #[error("its type is not known here")]
    Type,
    /// It names an algorithm that it can't be used with here, such as PS256.
    #[error("its \"alg\" is none of EdDSA, ES256 and RS256, or does not fit its type")]
    Algorithm,
    /// A field is missing, or has the wrong form or length.
    #[error("it is malformed")]
    Malformed,
    /// Tokens could not name it.
    #[error("it has no \"kid\"")]
    KidMissing,
    /// An RSA modulus outside [`limits::RSA_BITS`].
    #[error("it is an RSA key outside {min} to {max} bits", min = limits::RSA_BITS.start(), max = limits::RSA_BITS.end())]
    RsaBits,
}

/// Why a key set is refused as a whole. Keys are named by their place in the file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Longer than [`limits::JWKS_BYTES_MAX`].
    #[error("the key set is longer than {} bytes", limits::JWKS_BYTES_MAX)]
    TooLong,
    /// Not a JSON object with a list `keys`.
    #[error("the key set is not a JSON object with a list \"keys\"")]
    Malformed,
    /// More than [`limits::JWKS_KEYS_MAX`] keys.
    #[error("the key set holds more than {} keys", limits::JWKS_KEYS_MAX)]
    TooMany,
    /// No key is in the set.
    #[error("the key set holds no key")]
    Empty,
    /// No key in the set can be used.
    #[error("the key set holds no signing key for EdDSA, ES256 or RS256: of key {0}, {1}")]
    Unfit(usize, Unfit),
    /// Two keys that can be used share one `kid`: nobody can say which one a token means.
    #[error("key {0} repeats the \"kid\" of an earlier key")]
    KidRepeated(usize),
    /// A symmetric key: whoever can read it can sign.
    #[error("key {0} is symmetric: only public keys belong here")]
    Symmetric(usize),
    /// A private key.
    #[error("key {0} holds its private part: only public keys belong here")]
    Private(usize),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// The first rule that the set breaks; nothing of it may then be used.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > limits::JWKS_BYTES_MAX {
            return Err(KeySetError::TooLong);
        }
        let set: Set = serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        if set.keys.len() > limits::JWKS_KEYS_MAX {
            return Err(KeySetError::TooMany);
        }
        let (mut keys, mut left_out) = (HashMap::new(), Vec::new());
        for (place, value) in set.keys.into_iter().enumerate() {
            check_public(place, &value)?;
            match read_key(value) {
                Err(why) => left_out.push((place, why)),
                Ok((kid, key)) => {
                    if keys.insert(kid, key).is_some() {
                        return Err(KeySetError::KidRepeated(place));
                    }
                }
            }
        }
        if keys.is_empty() {
            let unfit = left_out.first().map(|(place, why)| KeySetError::Unfit(*place, *why));
            return Err(unfit.unwrap_or(KeySetError::Empty));
        }
        Ok(Self { keys, left_out })
    }

    /// How many keys verify tokens.
    #[expect(clippy::len_without_is_empty, reason = "a key set is never empty")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The places of keys that can't be used, with why: most often a provider's keys for something else.
    pub fn left_out(&self) -> &[(usize, Unfit)] {
        &self.left_out
    }

    /// Whether the other set has keys of the same names.
    pub fn has_same_names(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len() && self.keys.keys().all(|kid| other.keys.contains_key(kid))
    }

    pub(super) fn get(&self, kid: &str) -> Option<&Key> {
        self.keys.get(kid)
    }
}

/// Whoever writes a secret into a file for everybody has more to mend than one key.
fn check_public(place: usize, key: &serde_json::Value) -> Result<(), KeySetError> {
    if key.get("kty").is_some_and(|kind| kind == "oct") {
        return Err(KeySetError::Symmetric(place));
    }
    if key.get("d").is_some_and(|part| !part.is_null()) {
        return Err(KeySetError::Private(place));
    }
    Ok(())
}

fn read_key(value: serde_json::Value) -> Result<(Box<str>, Key), Unfit> {
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| Unfit::Malformed)?;
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return Err(Unfit::Use);
    }
    let (algorithm, word) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA"),
        ("EC", Some("P-256")) => (Algorithm::ES256, "ES256"),
        ("RSA", _) => (Algorithm::RS256, "RS256"),
        _ => return Err(Unfit::Type),
    };
    if jwk.alg.as_deref().is_some_and(|alg| alg != word) {
        return Err(Unfit::Algorithm);
    }
    let decoding = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_components(coordinate(jwk.x.as_deref())?),
        Algorithm::ES256 => {
            DecodingKey::from_ec_components(coordinate(jwk.x.as_deref())?, coordinate(jwk.y.as_deref())?)
        }
        _ => Ok(rsa(jwk.n.as_deref(), jwk.e.as_deref())?),
    };
    let kid = jwk.kid.ok_or(Unfit::KidMissing)?;
    let decoding = decoding.map_err(|_| Unfit::Malformed)?;
    Ok((kid.into_boxed_str(), Key { algorithm, decoding }))
}

/// A coordinate of Ed25519 or P-256: 32 bytes (RFC 7518 §6.2.1.2, RFC 8037 §2).
fn coordinate(text: Option<&str>) -> Result<&str, Unfit> {
    let text = text.ok_or(Unfit::Malformed)?;
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(text),
        _ => Err(Unfit::Malformed),
    }
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<DecodingKey, Unfit> {
    let decode = |text: Option<&str>| {
        let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.filter(|bytes| !bytes.is_empty()).ok_or(Unfit::Malformed)
    };
    let (n, e) = (decode(n)?, decode(e)?);
    // RFC 7518 §6.3.1.1: a modulus has no leading zero octets, but some issuers write one.
    let zeros = n.iter().take_while(|byte| **byte == 0).count();
    let n = n.get(zeros..).unwrap_or_default();
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !limits::RSA_BITS.contains(&bits) {
        return Err(Unfit::RsaBits);
    }
    Ok(DecodingKey::from_rsa_raw_components(n, &e))
}
