//! Section `mail` of the configuration: the relay, who writes, and when.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;
use serde::{Deserialize, Serialize};

use crate::base::limits;
use crate::calendar::Span;

/// Where mail goes, and how. The field names are the keys of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The relay's host; empty for no mail.
    pub host: String,
    /// The relay's port.
    pub port: u16,
    /// How the line to it is protected.
    pub tls: Tls,
    /// The name to log in with; empty for none.
    pub user: String,
    /// The file that holds the password.
    pub password_file: PathBuf,
    /// The sender's address.
    pub from: String,
    /// The sender's name.
    pub name: String,
    /// Where readers reach the hub, as `https://host`.
    pub public_url: String,
    /// When letters leave that are not urgent.
    pub hours: Vec<Span>,
    /// Letters per second.
    pub per_second: u32,
    /// Lines to the relay at once.
    pub connections: usize,
    /// Seconds until a letter is tried again for the first time.
    pub retry_seconds: u32,
}

/// How the line to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Not at all: for a relay on the same machine.
    None,
    /// In the open first, then by `STARTTLS` (RFC 3207), or not at all.
    Starttls,
    /// From the first byte (RFC 8314).
    Tls,
}

impl Default for Settings {
    fn default() -> Self {
        let span = |text| Span::parse(text).unwrap_or(Span::DAY);
        Self {
            host: String::new(),
            port: 587,
            tls: Tls::Starttls,
            user: String::new(),
            password_file: PathBuf::new(),
            from: String::new(),
            name: String::new(),
            public_url: String::new(),
            hours: vec![span("18:00-19:45"), span("07:00-08:00")],
            per_second: 20,
            connections: 4,
            retry_seconds: 60,
        }
    }
}

impl Settings {
    /// Whether mail is sent at all.
    pub fn is_on(&self) -> bool {
        !self.host.is_empty()
    }

    /// From a failed attempt to the next, after so many before it.
    pub(super) fn retry_after(&self, attempts: u32) -> Duration {
        let first = Duration::from_secs(self.retry_seconds.into());
        first.saturating_mul(1 << attempts.min(16)).min(limits::LETTER_RETRY_MAX)
    }

    /// What the settings say wrongly: the key, and what it must be.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        let mut check = |key, is_right: bool, allowed: String| {
            if !is_right {
                mistakes.push((key, allowed));
            }
        };
        let day = Span::parse("07:00-20:00").unwrap_or(Span::DAY);
        let are_by_day = !self.hours.is_empty() && self.hours.iter().all(|span| span.lies_within(day));
        check("hours", are_by_day, "a list of one span or more within 07:00-20:00".to_owned());
        check("per_second", (1..=1_000).contains(&self.per_second), "1 to 1000".to_owned());
        let lines = 1..=limits::RELAY_CONNECTIONS_MAX;
        check("connections", lines.contains(&self.connections), format!("1 to {}", lines.end()));
        check("retry_seconds", (1..=3_600).contains(&self.retry_seconds), "1 to 3600".to_owned());
        if self.is_on() {
            check("port", self.port > 0, "1 to 65535".to_owned());
            check("from", self.from.parse::<Address>().is_ok(), "an e-mail address".to_owned());
            let is_printable = !self.name.chars().any(char::is_control);
            check("name", is_printable, "a text without control characters".to_owned());
            let url = "https://host or http://host:port, without a path".to_owned();
            check("public_url", is_base(&self.public_url), url);
            let has_both = self.user.is_empty() == self.password_file.as_os_str().is_empty();
            check("password_file", has_both, "given if `user` is, and else not".to_owned());
            let is_open = self.tls == Tls::None && !self.user.is_empty() && !is_here(&self.host);
            check("tls", !is_open, "starttls or tls where a password goes to another machine".to_owned());
        }
        mistakes
    }
}

/// A scheme and an authority, and nothing that would need quoting in a letter.
fn is_base(url: &str) -> bool {
    let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    authority.is_some_and(|authority| {
        !authority.is_empty()
            && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    })
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}
