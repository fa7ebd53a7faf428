//! What a provider says of itself (`OpenID` Connect Discovery 1.0), checked once when it is read.

use serde::Deserialize;
use url::{Host, Url};

use crate::base::limits;

/// Where a provider is asked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Where browsers go to log in.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where browsers go to log out there as well, if it has such a place.
    pub end_session_endpoint: Option<Url>,
    /// Whether its answers always say who gives them (RFC 9207 §3).
    pub names_itself: bool,
    /// Whether a secret goes into the body, since the header is not taken.
    pub secret_in_body: bool,
}

/// Why what a provider says can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Longer than [`limits::PROVIDER_ANSWER_BYTES_MAX`].
    #[error("it is longer than {} bytes", limits::PROVIDER_ANSWER_BYTES_MAX)]
    TooLong,
    /// Not the JSON object of the specification.
    #[error("it is not the JSON of OpenID Connect Discovery 1.0")]
    Malformed,
    /// It speaks for another issuer than it was asked for (§4.3).
    #[error("it names another issuer than the configured one")]
    Issuer,
    /// An address is neither https nor on this machine.
    #[error("one of its addresses is neither https nor on this machine")]
    Address,
    /// It takes no authorization code.
    #[error("it does not offer the authorization code flow")]
    Flow,
    /// It says that it does not know S256.
    #[error("it does not offer PKCE with S256")]
    Pkce,
    /// It signs ID tokens by none of the algorithms that are known here.
    #[error("it signs with none of EdDSA, ES256 and RS256")]
    Algorithm,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    end_session_endpoint: Option<Url>,
    response_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads what the provider of this issuer says.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn parse(json: &[u8], issuer: &str) -> Result<Self, MetadataError> {
        if json.len() > limits::PROVIDER_ANSWER_BYTES_MAX {
            return Err(MetadataError::TooLong);
        }
        let said: Document = serde_json::from_slice(json).map_err(|_| MetadataError::Malformed)?;
        let has = |list: &[String], word: &str| list.iter().any(|one| one == word);
        if said.issuer != issuer {
            return Err(MetadataError::Issuer);
        }
        let addresses = [&said.authorization_endpoint, &said.token_endpoint, &said.jwks_uri];
        if !addresses.into_iter().chain(&said.end_session_endpoint).all(is_safe) {
            return Err(MetadataError::Address);
        }
        if !has(&said.response_types_supported, "code") {
            return Err(MetadataError::Flow);
        }
        // Some know it and do not say so.
        if said.code_challenge_methods_supported.is_some_and(|list| !has(&list, "S256")) {
            return Err(MetadataError::Pkce);
        }
        let algorithms = &said.id_token_signing_alg_values_supported;
        if !["EdDSA", "ES256", "RS256"].iter().any(|word| has(algorithms, word)) {
            return Err(MetadataError::Algorithm);
        }
        let secrets = said.token_endpoint_auth_methods_supported.unwrap_or_default();
        Ok(Self {
            secret_in_body: has(&secrets, "client_secret_post") && !has(&secrets, "client_secret_basic"),
            authorization_endpoint: said.authorization_endpoint,
            token_endpoint: said.token_endpoint,
            jwks_uri: said.jwks_uri,
            end_session_endpoint: said.end_session_endpoint,
            names_itself: said.authorization_response_iss_parameter_supported,
        })
    }
}

/// Whether a text is an address that secrets may be sent to: https, or http on this machine.
pub fn is_provider_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_safe(&url))
}

fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_bare && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.test";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.test/auth",
            "token_endpoint": "https://login.test/token",
            "jwks_uri": "https://login.test/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    fn with(field: &str, value: Value) -> Result<Metadata, MetadataError> {
        let mut said = document();
        said[field] = value;
        Metadata::parse(said.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn what_is_enough_is_taken() {
        let said = Metadata::parse(document().to_string().as_bytes(), ISSUER).unwrap();
        assert!(!said.names_itself && !said.secret_in_body && said.end_session_endpoint.is_none());
        assert!(with("authorization_response_iss_parameter_supported", json!(true)).unwrap().names_itself);
        let methods = "token_endpoint_auth_methods_supported";
        assert!(with(methods, json!(["client_secret_post"])).unwrap().secret_in_body);
        assert!(!with(methods, json!(["client_secret_post", "client_secret_basic"])).unwrap().secret_in_body);
        assert!(with("token_endpoint", json!("http://127.0.0.1:9/token")).is_ok());
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (field, value, expected) in [
            ("issuer", json!("https://login.test/"), MetadataError::Issuer),
            ("token_endpoint", json!("http://login.test/token"), MetadataError::Address),
            ("jwks_uri", json!("http://127.0.0.1.evil.example/"), MetadataError::Address),
            ("end_session_endpoint", json!("https://a:b@login.test/"), MetadataError::Address),
            ("jwks_uri", json!("keys"), MetadataError::Malformed),
            ("response_types_supported", json!(["id_token"]), MetadataError::Flow),
            ("code_challenge_methods_supported", json!(["plain"]), MetadataError::Pkce),
            ("id_token_signing_alg_values_supported", json!(["HS256"]), MetadataError::Algorithm),
        ] {
            assert_eq!(with(field, value), Err(expected), "{field}");
        }
        let long = vec![b' '; limits::PROVIDER_ANSWER_BYTES_MAX + 1];
        assert_eq!(Metadata::parse(&long, ISSUER), Err(MetadataError::TooLong));
    }

    #[test]
    fn secrets_go_to_https_or_stay_on_this_machine() {
        for good in
            ["https://login.test", "http://127.0.0.1:3000/oidc", "http://[::1]/", "http://localhost:1"]
        {
            assert!(is_provider_address(good), "{good}");
        }
        for bad in ["http://login.test", "login.test", "ftp://127.0.0.1", "http://localhost.evil.example", ""]
        {
            assert!(!is_provider_address(bad), "{bad}");
        }
    }
}
