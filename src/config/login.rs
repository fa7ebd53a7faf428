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
        // A hub that was meant to log people in must not start without.
        if !config.client_id.is_empty() || !config.client_secret_file.as_os_str().is_empty() {
            mistakes.add("login.issuer", "given if `client_id` or `client_secret_file` is");
        }
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
    if !config.post_logout_address.is_empty() && !is_provider_address(&config.post_logout_address) {
        mistakes.add(
            "login.post_logout_address",
            "https://…, or http:// and an address of this machine, or empty",
        );
    }
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format as _, Toml};

    use super::super::Config;
    use super::super::tests::mistakes;
    use super::*;

    const RIGHT: [(&str, &str); 3] = [
        ("issuer", "\"https://login.test/realms/school\""),
        ("client_id", "\"preau\""),
        ("public_address", "\"https://preau.test\""),
    ];

    /// The section with one key set, or set to something else.
    fn with(key: &str, value: &str) -> String {
        let others = RIGHT.iter().filter(|(name, _)| *name != key);
        let lines = others.map(|(name, value)| format!("{name} = {value}\n"));
        format!("[login]\n{}{key} = {value}\n", lines.collect::<String>())
    }

    fn read(text: &str) -> LoginConfig {
        let config = Config::default().read(None, |figment: Figment| figment.merge(Toml::string(text)));
        config.unwrap_or_else(|error| panic!("{text}{error}")).login
    }

    #[test]
    fn a_section_that_is_right_says_where_everything_is() {
        let login = read(&with("hours", "1"));
        assert!(login.is_on() && login.is_https());
        assert_eq!(login.redirect_uri().unwrap(), "https://preau.test/v1/login/callback");
        assert_eq!(login.post_logout_uri(), "https://preau.test/");
        assert_eq!(login.ages().whole, Duration::from_hours(1));
        let tried = read(&with("public_address", "\"http://127.0.0.1:8080\""));
        assert!(!tried.is_https() && tried.public().is_some());
        let elsewhere = read(&with("post_logout_address", "\"https://school.test/bye?a=b\""));
        assert_eq!(elsewhere.post_logout_uri(), "https://school.test/bye?a=b");
        let off = LoginConfig::default();
        assert!(!off.is_on() && off.public().is_none() && off.redirect_uri().is_none());
        // A hub behind https that logs nobody in still says so to browsers.
        assert!(read("[login]\npublic_address = \"https://preau.test\"\n").is_https());
    }

    #[test]
    fn each_mistake_names_its_key_and_what_is_allowed() {
        let address = "login.public_address must be https://host, or http:// and an address of this machine, without a path";
        let issuer = "login.issuer must be https://…, or http:// and an address of this machine";
        let leave = "login.post_logout_address must be https://…, or http:// and an address of this machine, or empty";
        let scopes = "login.scopes must be a list of words with \"openid\" among them";
        for (key, value, told) in [
            ("issuer", "\"http://login.test\"", issuer),
            ("issuer", "\"login.test\"", issuer),
            ("issuer", "\"https://login.test/?tenant=1\"", issuer),
            ("issuer", "\"https://user:word@login.test\"", issuer),
            ("issuer", "\"\"", "login.issuer must be given if `client_id` or `client_secret_file` is"),
            ("client_id", "\"\"", "login.client_id must be a text that is not empty"),
            ("account_claim", "\"\"", "login.account_claim must be a text that is not empty"),
            ("public_address", "\"\"", address),
            ("public_address", "\"http://preau.test\"", address),
            ("public_address", "\"https://preau.test/app\"", address),
            ("public_address", "\"https://preau.test/?a\"", address),
            ("public_address", "\"preau.test\"", address),
            ("scopes", "[]", scopes),
            ("scopes", "[\"profile\"]", scopes),
            ("scopes", "[\"openid\", \"two words\"]", scopes),
            ("scopes", "[\"openid\", \"\"]", scopes),
            ("post_logout_address", "\"/bye\"", leave),
            ("post_logout_address", "\"javascript:alert(1)\"", leave),
            ("hours", "0", "login.hours must be 1 to 720"),
            ("hours", "721", "login.hours must be 1 to 720"),
            ("idle_minutes", "9", "login.idle_minutes must be 10 to 43200"),
            ("idle_minutes", "43201", "login.idle_minutes must be 10 to 43200"),
            ("per_address_per_second", "0", "login.per_address_per_second must be 1 to 10000"),
            ("per_second", "10001", "login.per_second must be 1 to 10000"),
        ] {
            assert_eq!(mistakes(&with(key, value)), [told], "{key} = {value}");
        }
    }

    #[test]
    fn a_value_of_another_form_names_its_key() {
        for (key, value) in [
            ("hours", "\"long\""),
            ("hours", "-1"),
            ("scopes", "\"openid\""),
            ("issuer", "7"),
            ("proxies", "[\"proxy.test\"]"),
            ("proxies", "[\"10.0.0.0/8\"]"),
        ] {
            let found = mistakes(&with(key, value));
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("login.{key}")),
                "{key} = {value}: {found:?}"
            );
        }
        let unknown = mistakes("[login]\nclient_secret = \"s3cret\"\n");
        assert!(
            unknown[0].starts_with("login.client_secret is not a key; here the keys are issuer"),
            "{unknown:?}"
        );
        assert!(!unknown[0].contains("s3cret"), "no mistake repeats what may be a secret");
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let found = mistakes("[login]\nissuer = \"x\"\nhours = 0\nscopes = []\n");
        let keys: Vec<&str> = found.iter().filter_map(|one| one.split(' ').next()).collect();
        assert_eq!(
            keys,
            ["login.hours", "login.issuer", "login.client_id", "login.public_address", "login.scopes"]
        );
    }
}
