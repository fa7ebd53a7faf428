//! The public keys that tokens may be signed with: a JSON Web Key Set (RFC 7517), checked once when it is read.
//!
//! The algorithm belongs to the key and is never taken from a token. What is no signing key of ours (another key type,
//! another curve, `use: enc`) is left out, as RFC 7517 §5 asks; what would be dangerous refuses the whole set.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use crate::base::limits;

/// Public keys by their `kid`. Never empty.
#[derive(Debug, Clone)]
pub struct KeySet(HashMap<Box<str>, Key>);

/// One key and the only algorithm that it verifies.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
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
    /// No key in the set can verify `EdDSA` (Ed25519), ES256 or RS256.
    #[error("the key set holds no signing key for EdDSA, ES256 or RS256")]
    Empty,
    /// A key of a known type misses a field, or holds one of the wrong form or length.
    #[error("key {0} is malformed")]
    Key(usize),
    /// A key without `kid`: tokens could not name it.
    #[error("key {0} has no \"kid\"")]
    KidMissing(usize),
    /// Two keys share one `kid`.
    #[error("key {0} repeats the \"kid\" of an earlier key")]
    KidRepeated(usize),
    /// A symmetric key: whoever can read it can sign.
    #[error("key {0} is symmetric: only public keys belong here")]
    Symmetric(usize),
    /// A private key.
    #[error("key {0} holds its private part: only public keys belong here")]
    Private(usize),
    /// An RSA modulus outside [`limits::RSA_BITS`].
    #[error("key {0} is an RSA key outside {min} to {max} bits", min = limits::RSA_BITS.start(), max = limits::RSA_BITS.end())]
    RsaBits(usize),
    /// `alg` names another algorithm than the key's type allows.
    #[error("key {0} names an \"alg\" that does not fit its type: EdDSA, ES256 and RS256 are known")]
    Algorithm(usize),
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
    d: Option<serde::de::IgnoredAny>,
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
        let mut keys = HashMap::new();
        for (place, value) in set.keys.into_iter().enumerate() {
            let jwk: Jwk = serde_json::from_value(value).map_err(|_| KeySetError::Key(place))?;
            let Some(key) = read_key(place, &jwk)? else {
                continue;
            };
            let kid = jwk.kid.ok_or(KeySetError::KidMissing(place))?;
            if keys.insert(kid.into_boxed_str(), key).is_some() {
                return Err(KeySetError::KidRepeated(place));
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        Ok(Self(keys))
    }

    /// How many keys verify tokens.
    #[expect(clippy::len_without_is_empty, reason = "a key set is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the other set has keys of the same names.
    pub fn has_same_names(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.keys().all(|kid| other.0.contains_key(kid))
    }

    pub(super) fn get(&self, kid: &str) -> Option<&Key> {
        self.0.get(kid)
    }
}

fn read_key(place: usize, jwk: &Jwk) -> Result<Option<Key>, KeySetError> {
    if jwk.kty == "oct" {
        return Err(KeySetError::Symmetric(place));
    }
    if jwk.d.is_some() {
        return Err(KeySetError::Private(place));
    }
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return Ok(None);
    }
    let (algorithm, word, decoding) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("OKP", Some("Ed25519")) => {
            let x = coordinate(place, jwk.x.as_deref())?;
            (Algorithm::EdDSA, "EdDSA", DecodingKey::from_ed_components(x))
        }
        ("EC", Some("P-256")) => {
            let x = coordinate(place, jwk.x.as_deref())?;
            let y = coordinate(place, jwk.y.as_deref())?;
            (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(x, y))
        }
        ("RSA", _) => (Algorithm::RS256, "RS256", Ok(rsa(place, jwk.n.as_deref(), jwk.e.as_deref())?)),
        _ => return Ok(None),
    };
    if jwk.alg.as_deref().is_some_and(|alg| alg != word) {
        return Err(KeySetError::Algorithm(place));
    }
    let decoding = decoding.map_err(|_| KeySetError::Key(place))?;
    Ok(Some(Key { algorithm, decoding }))
}

/// A coordinate of Ed25519 or P-256: 32 bytes (RFC 7518 §6.2.1.2, RFC 8037 §2).
fn coordinate(place: usize, text: Option<&str>) -> Result<&str, KeySetError> {
    let text = text.ok_or(KeySetError::Key(place))?;
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(text),
        _ => Err(KeySetError::Key(place)),
    }
}

fn rsa(place: usize, n: Option<&str>, e: Option<&str>) -> Result<DecodingKey, KeySetError> {
    let decode = |text: Option<&str>| {
        let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.filter(|bytes| !bytes.is_empty()).ok_or(KeySetError::Key(place))
    };
    let (n, e) = (decode(n)?, decode(e)?);
    // RFC 7518 §6.3.1.1: a modulus has no leading zero octets, but some issuers write one.
    let zeros = n.iter().take_while(|byte| **byte == 0).count();
    let n = n.get(zeros..).unwrap_or_default();
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !limits::RSA_BITS.contains(&bits) {
        return Err(KeySetError::RsaBits(place));
    }
    Ok(DecodingKey::from_rsa_raw_components(n, &e))
}
