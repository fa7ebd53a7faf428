//! Section `login` of the configuration: the identity provider that browsers log in with.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::Mistakes;
use crate::http::login::Ages;
use crate::identity::login::is_provider_address;

/// Where browsers come back to.
const CALLBACK: &str = "v1/login/callback";

/// The identity provider, and how long log-ins last. The field names are the keys of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// The provider's address; empty for no log-in by this hub.
    pub issuer: String,
    /// What the hub is called there.
    pub client_id: String,
    /// The file with the secret of that name; empty for a client without one.
    pub client_secret_file: PathBuf,
    /// Where browsers reach the hub, as `https://host`.
    pub public_address: String,
    /// The claim of the ID token that names the account.
    pub account_claim: String,
    /// What the provider is asked for.
    pub scopes: Vec<String>,
    /// Where browsers come to once they have logged out there; empty for the hub's first page.
    pub post_logout_address: String,
    /// Hours after which a log-in ends.
    pub hours: u32,
    /// Minutes after which one ends that nobody uses.
    pub idle_minutes: u32,
    /// Log-ins per second from one address.
    pub per_address_per_second: u32,
    /// Log-ins per second from all.
    pub per_second: u32,
    /// Proxies that are believed when they say whom they speak for.
    pub proxies: Vec<IpAddr>,
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: PathBuf::new(),
            public_address: String::new(),
            account_claim: "sub".into(),
            scopes: vec!["openid".into()],
            post_logout_address: String::new(),
            hours: 12,
            idle_minutes: 120,
            per_address_per_second: 20,
            per_second: 100,
            proxies: Vec::new(),
        }
    }
}

impl LoginConfig {
    /// Whether browsers log in with a provider.
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// Whether browsers reach the hub over https.
    pub fn is_https(&self) -> bool {
        self.public_address.starts_with("https://")
    }

    /// How long a log-in lasts.
    pub fn ages(&self) -> Ages {
        Ages {
            whole: Duration::from_hours(self.hours.into()),
            idle: Duration::from_mins(self.idle_minutes.into()),
        }
    }

    /// The hub's address for browsers, if it is one.
    pub fn public(&self) -> Option<Url> {
        let url = Url::parse(&self.public_address).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none();
        // A path would be lost: cookies are for the whole host.
        (is_bare && is_provider_address(url.as_str())).then_some(url)
    }

    /// The address that is to be registered with the provider.
    pub fn redirect_uri(&self) -> Option<String> {
        Some(format!("{}{CALLBACK}", self.public()?))
    }

    /// Where browsers come to once they have logged out at the provider.
    pub fn post_logout_uri(&self) -> String {
        match (self.post_logout_address.as_str(), self.public()) {
            ("", Some(public)) => public.into(),
            (given, _) => given.to_owned(),
        }
    }
}

/// Adds everything that the section says wrongly.
pub(super) fn check(config: &LoginConfig, mistakes: &mut Mistakes) {
    mistakes.within("login.hours", config.hours, &(1..=720));
    mistakes.within("login.idle_minutes", config.idle_minutes, &(10..=43_200));
    mistakes.within("login.per_address_per_second", config.per_address_per_second, &(1..=10_000));
    mistakes.within("login.per_second", config.per_second, &(1..=10_000));
    let address = "https://host, or http:// and an address of this machine, without a path";
    if !config.public_address.is_empty() && config.public().is_none() {
        mistakes.add("login.public_address", address);
    }
    if !config.is_on() {
        return;
    }
    if !is_provider_address(&config.issuer) || config.issuer.contains('?') {
        mistakes.add("login.issuer", "https://…, or http:// and an address of this machine");
    }
    mistakes.filled("login.client_id", &config.client_id);
    mistakes.filled("login.account_claim", &config.account_claim);
    if config.public_address.is_empty() {
        mistakes.add("login.public_address", address);
    }
    let is_scope = |scope: &String| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    if !config.scopes.iter().all(is_scope) || !config.scopes.iter().any(|scope| scope == "openid") {
        mistakes.add("login.scopes", "a list of words with \"openid\" among them");
    }
    if !config.post_logout_address.is_empty() && Url::parse(&config.post_logout_address).is_err() {
        mistakes.add("login.post_logout_address", "an address, or empty");
    }
}
