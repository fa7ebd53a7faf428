//! What each key allows, and how a mistake is told: the key first, then what is allowed.

use std::fmt::Display;
use std::ops::RangeInclusive;

use figment::error::{Error, Kind};

use super::{Config, calendar, login};
use crate::base::limits;
use crate::session::LinkHosts;

/// More shards than this are of no use to one machine.
pub(super) const SHARDS_MAX: usize = 64;

/// One mistake of the file's or the environment's form.
pub(super) fn mistake(error: &Error) -> String {
    let key = if error.path.is_empty() { "the file".to_owned() } else { error.path.join(".") };
    match &error.kind {
        Kind::UnknownField(_, expected) => {
            format!("{key} is not a key; here the keys are {}", expected.join(", "))
        }
        Kind::UnknownVariant(_, expected) => format!("{key} must be one of {}", expected.join(", ")),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => match expected.as_str() {
            "u32" | "u64" | "usize" => format!("{key} must be a whole number"),
            expected => format!("{key} must be {expected}"),
        },
        // Such as an address that can't be parsed: the message says what was expected of it.
        other => format!("{key}: {other}"),
    }
}

/// Everything that a well-formed configuration says wrongly.
pub(super) fn check(config: &Config) -> Vec<String> {
    let mut mistakes = Mistakes(Vec::new());
    mistakes.filled("identity.issuer", &config.identity.issuer);
    mistakes.filled("identity.audience", &config.identity.audience);
    mistakes.within("identity.leeway_seconds", config.identity.leeway_seconds, &(0..=300));
    mistakes.within("hub.shards", config.hub.shards, &(0..=SHARDS_MAX));
    mistakes.within("hub.drain_grace_seconds", config.hub.drain_grace_seconds, &(0..=60));
    mistakes.within("hub.drain_window_seconds", config.hub.drain_window_seconds, &(0..=600));
    mistakes.within("limits.messages_per_second", config.limits.messages_per_second, &(1..=1_000));
    mistakes.within("limits.publishes_per_second", config.limits.publishes_per_second, &(1..=1_000));
    mistakes.within("limits.queue_pool_mib", config.limits.queue_pool_mib, &(1..=65_536));
    mistakes.within("retention.post_hours", config.retention.post_hours, &(1..=87_600));
    mistakes.within("retention.announcement_days", config.retention.announcement_days, &(1..=3_650));
    mistakes.within("retention.assignment_days", config.retention.assignment_days, &(1..=3_650));
    mistakes.within("retention.reminder_days", config.retention.reminder_days, &(1..=3_650));
    mistakes.within("retention.digest_days", config.retention.digest_days, &(1..=3_650));
    mistakes.within("retention.audit_days", config.retention.audit_days, &(1..=3_650));
    mistakes.within("retention.leaver_days", config.retention.leaver_days, &(1..=3_650));
    for (key, path) in [("data_dir", &config.data_dir), ("roster", &config.roster)] {
        mistakes.filled(key, &path.to_string_lossy());
    }
    if jiff::tz::TimeZone::get(&config.zone).is_err() {
        mistakes.add("zone", "an IANA time zone such as Europe/Paris");
    }
    if !config.allowed_origins.iter().all(|origin| is_origin(origin)) {
        mistakes.add("allowed_origins", "a list of scheme://host or scheme://host:port, without a path");
    }
    let hosts = &config.lessons.link_hosts;
    if hosts.len() > limits::LINK_HOSTS_MAX || !hosts.iter().all(|host| LinkHosts::is_host(host)) {
        mistakes.add(
            "lessons.link_hosts",
            "a list of at most 256 host names such as example.fr, without a scheme",
        );
    }
    mistakes.within("limits.memory_mib", config.limits.memory_mib, &(0..=1_048_576));
    mistakes.0.extend(config.admission.mistakes().into_iter().map(|mistake| format!("admission: {mistake}")));
    for (key, allowed) in config.reminders.mistakes() {
        mistakes.add(&format!("reminders.{key}"), allowed);
    }
    mistakes.0.extend(config.digest.mistakes().into_iter().map(|mistake| format!("digest: {mistake}")));
    let groups = &config.metrics.school_groups;
    let is_label =
        |name: &String| (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if groups.len() >= limits::SCHOOL_GROUPS_MAX || !groups.keys().all(is_label) {
        let allowed =
            format!("at most {} groups of schools, each with a name", limits::SCHOOL_GROUPS_MAX - 1);
        mistakes.add("metrics.school_groups", allowed);
    }
    if config.publish.on_behalf.len() > limits::ON_BEHALF_MAX {
        mistakes.add("publish.on_behalf", format!("at most {} accounts", limits::ON_BEHALF_MAX));
    }
    calendar::check(&config.calendar, &mut mistakes);
    login::check(&config.login, &mut mistakes);
    for (key, allowed) in config.mail.mistakes() {
        mistakes.add(&format!("mail.{key}"), allowed);
    }
    for (key, allowed) in config.webhooks.mistakes() {
        mistakes.add(&format!("webhooks.{key}"), allowed);
    }
    mistakes.0
}

pub(super) struct Mistakes(Vec<String>);

impl Mistakes {
    pub(super) fn add(&mut self, key: &str, allowed: impl Display) {
        self.0.push(format!("{key} must be {allowed}"));
    }

    pub(super) fn within<T: PartialOrd + Display + Copy>(
        &mut self,
        key: &str,
        value: T,
        allowed: &RangeInclusive<T>,
    ) {
        if !allowed.contains(&value) {
            self.add(key, format!("{} to {}", allowed.start(), allowed.end()));
        }
    }

    pub(super) fn filled(&mut self, key: &str, text: &str) {
        if text.is_empty() {
            self.add(key, "a text that is not empty");
        }
    }
}

/// A scheme and an authority and nothing more (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.is_empty()
        && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}
