//! Section `webhooks` of the configuration: who is told of what.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address;
use crate::base::{HookKind, OrgId, limits};

/// Who is told, and how soon again. The field names are the keys of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seconds until an event that was not taken is sent again for the first time.
    pub retry_seconds: u32,
    /// Who is told.
    pub endpoints: Vec<EndpointSettings>,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// What logs, metrics and commands call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The file that holds its secret.
    pub secret_file: PathBuf,
    /// What it is told of; nothing named is everything.
    #[serde(default)]
    pub kinds: Vec<HookKind>,
    /// Whose events it is told, besides the whole region's; nobody named is everybody.
    #[serde(default)]
    pub schools: Vec<OrgId>,
    /// Whether it may be in a private network.
    #[serde(default)]
    pub private: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retry_seconds: 5, endpoints: Vec::new() }
    }
}

impl Settings {
    /// From the first failed attempt to the next, at most.
    pub fn retry_first(&self) -> Duration {
        Duration::from_secs(self.retry_seconds.into())
    }

    /// What the settings say wrongly: the key, and what it must be.
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let mut mistakes = Vec::new();
        let mut check = |key: &str, is_right: bool, allowed: String| {
            if !is_right {
                mistakes.push((key.to_owned(), allowed));
            }
        };
        check("retry_seconds", (1..=900).contains(&self.retry_seconds), "1 to 900".to_owned());
        let max = limits::HOOK_ENDPOINTS_MAX;
        check("endpoints", self.endpoints.len() <= max, format!("a list of at most {max} endpoints"));
        for (number, endpoint) in self.endpoints.iter().enumerate() {
            let mut check = |key: &str, is_right, allowed: &str| {
                check(&format!("endpoints.{number}.{key}"), is_right, allowed.to_owned());
            };
            let name = &endpoint.name;
            check("name", is_name(name), "1 to 32 of a-z, 0-9 and -");
            let is_first = !self.endpoints[..number].iter().any(|other| other.name == *name);
            check("name", is_first, "another than those before it");
            let wrong = address::parse(&endpoint.url, endpoint.private).err();
            check("url", wrong.is_none(), wrong.unwrap_or_default());
            let has_file = !endpoint.secret_file.as_os_str().is_empty();
            check("secret_file", has_file, "a file that holds `whsec_` and 24 to 64 bytes in base64");
            let is_short = endpoint.schools.len() <= limits::HOOK_SCHOOLS_MAX;
            check("schools", is_short, "a list of at most 1024 schools");
        }
        mistakes
    }
}

fn is_name(name: &str) -> bool {
    (1..=limits::HOOK_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
