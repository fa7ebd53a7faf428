//! Tokens that a provider really signed: whom they log in, whom they log out, and each refusal.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::base::{AccountId, LoginHash, MachineTime, limits};
use crate::identity::{Issuer, KeySet, Terms, TokenError, Verifier};

const NOW: MachineTime = MachineTime(1_800_000_000_000);
const NOW_S: u64 = 1_800_000_000;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A provider's key.
struct Signer {
    key: EncodingKey,
    jwks: String,
}

impl Signer {
    fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "p1", "use": "sig", "x": x});
        let key = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        Self { key, jwks: json!({ "keys": [jwk] }).to_string() }
    }

    fn keys(&self) -> KeySet {
        KeySet::parse(self.jwks.as_bytes()).unwrap()
    }

    fn sign(&self, kind: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        (header.kid, header.typ) = (Some("p1".into()), kind.map(str::to_owned));
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

fn terms(account_claim: &str) -> IdTerms {
    IdTerms {
        issuer: "https://login.test".into(),
        client_id: "preau".into(),
        account_claim: account_claim.into(),
        leeway: limits::TOKEN_LEEWAY,
    }
}

fn with(mut claims: Value, field: &str, value: Value) -> Value {
    claims[field] = value;
    claims
}

fn without(mut claims: Value, field: &str) -> Value {
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn id_claims() -> Value {
    json!({
        "iss": "https://login.test", "aud": "preau", "sub": "p-17", "sid": "s-1", "nonce": "n",
        "iat": NOW_S, "exp": NOW_S + 600, "uid": "u1",
    })
}

fn person(claims: &Value, account_claim: &str) -> Result<Person, IdTokenError> {
    let signer = Signer::new();
    terms(account_claim).person(&signer.sign(None, claims), &signer.keys(), "n", NOW)
}

#[test]
fn an_id_token_names_its_person_by_the_configured_claim() {
    let expected = |account: &str| Person {
        account: AccountId::parse(account).unwrap(),
        subject: "p-17".into(),
        provider_session: Some("s-1".into()),
    };
    assert_eq!(person(&id_claims(), "sub"), Ok(expected("p-17")));
    assert_eq!(person(&id_claims(), "uid"), Ok(expected("u1")));
    let both = with(with(id_claims(), "aud", json!(["preau", "other"])), "azp", json!("preau"));
    assert_eq!(person(&both, "uid"), Ok(expected("u1")));
}

#[test]
fn an_id_token_that_is_not_ours_logs_nobody_in() {
    for (claims, expected) in [
        (with(id_claims(), "nonce", json!("m")), IdTokenError::Nonce),
        (without(id_claims(), "nonce"), IdTokenError::Nonce),
        (with(id_claims(), "iss", json!("https://evil.example")), TokenError::Issuer.into()),
        (with(id_claims(), "aud", json!("other")), TokenError::Audience.into()),
        (with(id_claims(), "azp", json!("other")), IdTokenError::Party),
        (with(id_claims(), "aud", json!(["preau", "other"])), IdTokenError::Party),
        (with(id_claims(), "exp", json!(NOW_S - 600)), TokenError::Expired.into()),
        (with(id_claims(), "iat", json!(NOW_S + 600)), IdTokenError::Ahead),
        (without(id_claims(), "iat"), TokenError::Claims.into()),
        (with(id_claims(), "sub", json!("a\nb")), IdTokenError::Subject),
        (with(id_claims(), "uid", json!("é")), IdTokenError::Account),
        (with(id_claims(), "uid", json!(["u1"])), IdTokenError::Account),
        (without(id_claims(), "uid"), IdTokenError::Account),
    ] {
        assert_eq!(person(&claims, "uid"), Err(expected), "{claims}");
    }
    let (signer, other) = (Signer::new(), Signer::new());
    let forged = terms("uid").person(&other.sign(None, &id_claims()), &signer.keys(), "n", NOW);
    assert_eq!(forged, Err(TokenError::Signature.into()));
}

fn logout_claims() -> Value {
    json!({
        "iss": "https://login.test", "aud": "preau", "sub": "p-17", "sid": "s-1", "jti": "j1",
        "iat": NOW_S, "exp": NOW_S + 120, "events": { EVENT: {} },
    })
}

#[test]
fn a_logout_token_ends_a_log_in_once() {
    let (signer, tokens) = (Signer::new(), LogoutTokens::default());
    let read =
        |kind, claims: &Value| tokens.read(&signer.sign(kind, claims), &signer.keys(), &terms("sub"), NOW);
    let claims = logout_claims();
    assert_eq!(read(Some("logout+jwt"), &claims), Ok(LoggedOut::ProviderSession("s-1".into())));
    assert_eq!(read(Some("logout+jwt"), &claims), Err(LogoutError::Seen));
    let all = without(with(logout_claims(), "jti", json!("j2")), "sid");
    assert_eq!(read(None, &all), Ok(LoggedOut::Subject("p-17".into())));
}

#[test]
fn a_logout_token_that_is_none_ends_nothing() {
    let (signer, tokens) = (Signer::new(), LogoutTokens::default());
    let refused = |kind, claims: &Value| {
        let token = signer.sign(kind, claims);
        tokens.read(&token, &signer.keys(), &terms("sub"), NOW).unwrap_err()
    };
    let old = NOW_S - limits::LOGOUT_TOKEN_AGE.as_secs();
    for (claims, expected) in [
        (with(logout_claims(), "nonce", json!("n")), LogoutError::Nonce),
        (with(logout_claims(), "events", json!({})), LogoutError::Event),
        (with(logout_claims(), "events", json!({ EVENT: true })), LogoutError::Event),
        (without(logout_claims(), "events"), TokenError::Claims.into()),
        (without(without(logout_claims(), "sid"), "sub"), LogoutError::Nobody),
        (with(logout_claims(), "iat", json!(old)), LogoutError::Age),
        (with(logout_claims(), "iat", json!(NOW_S + 600)), LogoutError::Age),
        (with(logout_claims(), "exp", json!(NOW_S - 31)), LogoutError::Age),
        (without(logout_claims(), "jti"), TokenError::Claims.into()),
        (with(logout_claims(), "iss", json!("https://evil.example")), TokenError::Issuer.into()),
        (with(logout_claims(), "aud", json!("other")), TokenError::Audience.into()),
    ] {
        assert_eq!(refused(None, &claims), expected, "{claims}");
    }
    assert_eq!(refused(Some("at+jwt"), &logout_claims()), LogoutError::Kind);
    assert_eq!(refused(None, &id_claims()), TokenError::Claims.into(), "an ID token is none");
}

#[test]
fn the_hubs_own_tokens_end_with_their_log_in_and_no_other_key_signs_them() {
    let (workspace, own) = (Issuer::generate().unwrap(), Issuer::generate().unwrap());
    let keys = |issuer: &Issuer| KeySet::parse(issuer.jwks().as_bytes()).unwrap();
    let terms = |issuer: &str| Terms {
        issuer: issuer.into(),
        audience: "preau".into(),
        leeway: std::time::Duration::ZERO,
    };
    let ended = std::sync::Arc::new(EndedLogins::default());
    let verifier = Verifier::new(terms("workspace"), keys(&workspace)).with_logins(
        terms("own"),
        keys(&own),
        std::sync::Arc::clone(&ended),
    );
    let account = AccountId::parse("u1").unwrap();
    let until = NOW.after(limits::LOGIN_TOKEN_TTL);
    let give = |issuer: &Issuer, name: &str, n: u8| {
        issuer.login_token(&account, &terms(name), LoginHash([n; 32]), (NOW, until)).unwrap().0
    };
    let (first, second) = (give(&own, "own", 1), give(&own, "own", 2));
    assert!(verifier.verify(&first, NOW).is_ok() && verifier.verify(&second, NOW).is_ok());
    assert_eq!(verifier.verify(&give(&own, "workspace", 1), NOW), Err(TokenError::Issuer));
    assert_eq!(verifier.verify(&give(&workspace, "own", 1), NOW), Err(TokenError::Issuer));
    let nameless = own.token(&account, &terms("own"), NOW, limits::LOGIN_TOKEN_TTL).unwrap().0;
    assert_eq!(verifier.verify(&nameless, NOW), Err(TokenError::Claims));
    ended.end(LoginHash([1; 32]), &account, NOW);
    assert_eq!(verifier.verify(&first, NOW), Err(TokenError::LoggedOut), "however often it was seen before");
    assert!(verifier.verify(&second, NOW).is_ok());
    assert_eq!(verifier.verify(&second, until), Err(TokenError::Expired), "to the second");
    assert!(verifier.has_logged_out_since(&account, NOW));
}
