//! Tokens really signed, by right and by wrong keys: each refusal with its typed error.

use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::base::{AccountId, MachineTime, limits};

const NOW: MachineTime = MachineTime(1_800_000_000_000);
const NOW_S: i64 = 1_800_000_000;
const LEEWAY_S: i64 = 30;

fn terms() -> Terms {
    Terms { issuer: "https://login.test".into(), audience: "preau".into(), leeway: limits::TOKEN_LEEWAY }
}

fn claims() -> Value {
    json!({"sub": "u1", "iss": "https://login.test", "aud": "preau", "exp": NOW_S + 600})
}

fn claims_with(field: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[field] = value;
    claims
}

/// A key that signs, and its public half.
struct Pair {
    algorithm: Algorithm,
    signing: EncodingKey,
    jwk: Value,
}

impl Pair {
    fn ed(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Self {
            algorithm: Algorithm::EdDSA,
            signing: EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()),
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x}),
        }
    }

    fn ec(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        Self {
            algorithm: Algorithm::ES256,
            signing: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            jwk: json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y, "use": "sig"}),
        }
    }

    fn rsa(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(&public.n), URL_SAFE_NO_PAD.encode(&public.e));
        let pkcs8 = pair.as_der().unwrap();
        Self {
            algorithm: Algorithm::RS256,
            signing: EncodingKey::from_rsa_der(pkcs1_of(pkcs8.as_ref())),
            jwk: json!({"kty": "RSA", "kid": kid, "n": n, "e": e, "alg": "RS256"}),
        }
    }

    fn sign_as(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.signing).unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.jwk["kid"].as_str(), claims)
    }
}

/// The RSA private key within PKCS #8: after a sequence header (4), a version (3) and the algorithm (15) comes an octet
/// string with a header of 4 bytes (RFC 5208 §5; a 2048-bit key always has these lengths).
fn pkcs1_of(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[4 + 3 + 15 + 4..]
}

fn set(keys: &[&Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
}

fn verifier(pairs: &[&Pair]) -> Verifier {
    let keys: Vec<&Value> = pairs.iter().map(|pair| &pair.jwk).collect();
    Verifier::new(terms(), set(&keys).unwrap())
}

/// A token whose header and claims are as given, and whose signature is not.
fn forged(header: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims()))
}

#[test]
fn each_of_the_three_algorithms_verifies() {
    let pairs = [Pair::ed("ed"), Pair::ec("ec"), Pair::rsa("rsa")];
    let verifier = verifier(&pairs.each_ref());
    for pair in &pairs {
        let expected = Verified {
            account: AccountId::parse("u1").unwrap(),
            expires_at: MachineTime(NOW.0 + 600_000).after(limits::TOKEN_LEEWAY),
        };
        let token = pair.sign(&claims());
        assert_eq!(verifier.verify(&token, NOW), Ok(expected.clone()), "{:?}", pair.algorithm);
        assert_eq!(verifier.verify(&token, NOW), Ok(expected), "from memory");
    }
}

#[test]
fn claims_are_held_to_the_terms() {
    let pair = Pair::ed("ed");
    let verifier = verifier(&[&pair]);
    let verify = |claims: &Value| verifier.verify(&pair.sign(claims), NOW).map(|_| ());
    let cases = [
        ("iss", json!("https://elsewhere.test"), TokenError::Issuer),
        ("iss", json!(7), TokenError::Claims),
        ("aud", json!("another"), TokenError::Audience),
        ("aud", json!(["another", "third"]), TokenError::Audience),
        ("aud", Value::Null, TokenError::Claims),
        ("sub", json!("not an id"), TokenError::Subject),
        ("sub", json!(""), TokenError::Subject),
        ("sub", json!(1), TokenError::Claims),
        ("exp", json!("soon"), TokenError::Claims),
        ("exp", Value::Null, TokenError::Claims),
        ("exp", json!(-1), TokenError::Claims),
        ("exp", json!(NOW_S - LEEWAY_S), TokenError::Expired),
        ("nbf", json!(NOW_S + LEEWAY_S + 1), TokenError::NotYetValid),
        ("nbf", json!("x"), TokenError::Claims),
    ];
    for (field, value, expected) in cases {
        assert_eq!(verify(&claims_with(field, value.clone())), Err(expected), "{field} {value}");
    }
    for (field, value) in [
        ("aud", json!(["another", "preau"])),
        ("exp", json!(NOW_S - LEEWAY_S + 1)),
        ("exp", json!(1_800_000_000.5)),
        ("nbf", json!(NOW_S + LEEWAY_S)),
        ("unknown", json!({"a": [1]})),
    ] {
        assert_eq!(verify(&claims_with(field, value.clone())), Ok(()), "{field} {value}");
    }
    for field in ["sub", "iss", "aud", "exp"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(field);
        assert_eq!(verify(&claims), Err(TokenError::Claims), "{field} is required");
    }
}

#[test]
fn a_remembered_token_still_expires() {
    let pair = Pair::ed("ed");
    let verifier = verifier(&[&pair]);
    let token = pair.sign(&claims());
    let ends = verifier.verify(&token, NOW).unwrap().expires_at;
    assert!(verifier.verify(&token, MachineTime(ends.0 - 1)).is_ok());
    assert_eq!(verifier.verify(&token, ends), Err(TokenError::Expired));
}

#[test]
fn the_algorithm_is_the_keys_and_nobody_elses() {
    let (ed, ec) = (Pair::ed("ed"), Pair::ec("ec"));
    let verifier = verifier(&[&ed, &ec]);
    let verify = |token: &str| verifier.verify(token, NOW).map(|_| ());
    // Signed with one key under the name of another.
    assert_eq!(verify(&ed.sign_as(Some("ec"), &claims())), Err(TokenError::Algorithm));
    // The public key as an HMAC secret.
    let public = URL_SAFE_NO_PAD.decode(ed.jwk["x"].as_str().unwrap()).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("ed".into());
    let confused = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(verify(&confused), Err(TokenError::Algorithm));
    for alg in ["none", "None", "", "RS512", "PS256"] {
        let token = forged(&json!({"alg": alg, "kid": "ed"}), "");
        assert_eq!(verify(&token), Err(TokenError::Algorithm), "{alg}");
    }
}

#[test]
fn keys_are_found_by_name_and_signatures_are_checked() {
    let (ed, stranger) = (Pair::ed("ed"), Pair::ed("ed"));
    let verifier = verifier(&[&ed]);
    let verify = |token: &str| verifier.verify(token, NOW).map(|_| ());
    assert_eq!(verify(&ed.sign_as(None, &claims())), Err(TokenError::KidMissing));
    assert_eq!(verify(&ed.sign_as(Some("other"), &claims())), Err(TokenError::KidUnknown));
    assert_eq!(verify(&stranger.sign(&claims())), Err(TokenError::Signature));
    let token = ed.sign(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{signed}.")), Err(TokenError::Signature));
    let other = ed.sign(&claims_with("sub", json!("u2")));
    let other_claims = other.rsplit_once('.').unwrap().0;
    assert_eq!(verify(&format!("{other_claims}.{signature}")), Err(TokenError::Signature));
    let critical = forged(&json!({"alg": "EdDSA", "kid": "ed", "crit": ["b64"]}), "AA");
    assert_eq!(verify(&critical), Err(TokenError::Critical));
}

#[test]
fn what_is_no_token_is_malformed() {
    let verifier = verifier(&[&Pair::ed("ed")]);
    let verify = |token: &str| verifier.verify(token, NOW).map(|_| ());
    for token in ["", "a", "a.b", "a.b.c", "e30.e30.e30.e30", "!.!.!"] {
        assert_eq!(verify(token), Err(TokenError::Malformed), "{token}");
    }
    assert_eq!(verify(&"a".repeat(limits::TOKEN_BYTES_MAX + 1)), Err(TokenError::TooLong));
}

#[test]
fn a_key_that_leaves_the_set_takes_its_tokens_with_it() {
    let (old, new) = (Pair::ed("old"), Pair::ed("new"));
    let verifier = verifier(&[&old]);
    let token = old.sign(&claims());
    assert!(verifier.verify(&token, NOW).is_ok());
    verifier.replace_keys(&set(&[&new.jwk]).unwrap());
    assert_eq!(verifier.verify(&token, NOW), Err(TokenError::KidUnknown));
    assert!(verifier.verify(&new.sign(&claims()), NOW).is_ok());
}

#[test]
fn a_dangerous_key_refuses_the_set() {
    let ed = Pair::ed("ed").jwk;
    let mut private = Pair::ed("second").jwk;
    private["d"] = json!("AAAA");
    let refused = [
        (json!({"kty": "oct", "kid": "s", "k": "AAAA"}), KeySetError::Symmetric(1)),
        (private, KeySetError::Private(1)),
        (json!({"kty": "RSA", "kid": "r", "d": "AAAA", "alg": "PS512"}), KeySetError::Private(1)),
        (ed.clone(), KeySetError::KidRepeated(1)),
    ];
    for (key, expected) in refused {
        assert_eq!(set(&[&ed, &key]).err(), Some(expected), "{key}");
    }
}

#[test]
fn a_key_that_can_not_be_used_is_left_out_and_the_others_are_used() {
    let pair = Pair::ed("ed");
    let token = pair.sign(&claims());
    let with = |field: &str, value: Value| {
        let mut key = pair.jwk.clone();
        key["kid"] = json!("second");
        key[field] = value;
        key
    };
    let rsa = |bytes: usize| json!({"kty": "RSA", "kid": "rsa", "n": URL_SAFE_NO_PAD.encode(vec![0xFF; bytes]), "e": "AQAB"});
    let rsa_for = |alg: &str| {
        let mut key = rsa(256);
        key["alg"] = json!(alg);
        key
    };
    let unfit = [
        (rsa_for("RS512"), Unfit::Algorithm),
        (rsa_for("PS256"), Unfit::Algorithm),
        (rsa_for("RSA-OAEP"), Unfit::Algorithm),
        (with("alg", json!("HS256")), Unfit::Algorithm),
        (with("alg", json!("ES256")), Unfit::Algorithm),
        (with("use", json!("enc")), Unfit::Use),
        (with("crv", json!("X25519")), Unfit::Type),
        (json!({"kty": "EC", "crv": "P-521", "kid": "large"}), Unfit::Type),
        (json!({"kty": "new"}), Unfit::Type),
        (with("kid", Value::Null), Unfit::KidMissing),
        (with("x", json!("AAAA")), Unfit::Malformed),
        (with("x", Value::Null), Unfit::Malformed),
        (json!("key"), Unfit::Malformed),
        (json!({"kty": "RSA", "kid": "rsa", "e": "AQAB"}), Unfit::Malformed),
        (rsa(128), Unfit::RsaBits),
        (rsa(1_025), Unfit::RsaBits),
    ];
    for (key, why) in &unfit {
        assert_eq!(set(&[key]).err(), Some(KeySetError::Unfit(0, *why)), "{key}");
        let keys = set(&[key, &pair.jwk]).unwrap();
        assert_eq!((keys.len(), keys.left_out()), (1, &[(0, *why)][..]), "{key}");
        assert!(Verifier::new(terms(), keys).verify(&token, NOW).is_ok(), "{key}");
    }
    // A token never names what was left out, also not under a name that fits.
    let other = Pair::ec("ec");
    let mut foreign = other.jwk.clone();
    foreign["alg"] = json!("ES512");
    let verifier = Verifier::new(terms(), set(&[&pair.jwk, &foreign]).unwrap());
    assert_eq!(verifier.verify(&other.sign(&claims()), NOW), Err(TokenError::KidUnknown));
    assert_eq!(set(&[&pair.jwk, &rsa(256)]).map(|set| set.len()), Ok(2));
}

#[test]
fn a_file_that_is_no_key_set_is_refused() {
    let parse = |json: &str| KeySet::parse(json.as_bytes()).err();
    for json in ["", "[]", "{}", r#"{"keys":{}}"#] {
        assert_eq!(parse(json), Some(KeySetError::Malformed), "{json}");
    }
    assert_eq!(parse(r#"{"keys":[]}"#), Some(KeySetError::Empty));
    let many = json!({"keys": vec![json!({"kty": "new"}); limits::JWKS_KEYS_MAX + 1]}).to_string();
    assert_eq!(parse(&many), Some(KeySetError::TooMany));
    assert_eq!(parse(&" ".repeat(limits::JWKS_BYTES_MAX + 1)), Some(KeySetError::TooLong));
}

#[test]
fn the_embedded_issuer_signs_what_its_key_set_verifies() {
    let issuer = Issuer::generate().unwrap();
    let verifier = Verifier::new(terms(), KeySet::parse(issuer.jwks().as_bytes()).unwrap());
    let account = AccountId::parse("u1").unwrap();
    let again = Issuer::from_pkcs8(issuer.pkcs8()).unwrap();
    let (token, expires_at) = again.token(&account, &terms(), NOW, Duration::from_mins(10)).unwrap();
    assert_eq!(expires_at, MachineTime(NOW.0 + 600_000));
    assert_eq!(verifier.verify(&token, NOW).map(|v| v.account), Ok(account));
    assert_eq!(Issuer::from_pkcs8(b"x").err(), Some(IssuerError::Key));
}
