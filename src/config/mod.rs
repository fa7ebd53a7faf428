//! The configuration: one TOML file, then the environment. The only reader of both.
//!
//! What is read is checked whole before anything starts: a [`Config`] that exists can be used. `config/preau.toml` is the
//! documentation of every key, and a test holds it to the defaults.

mod calendar;
pub mod entropy;
pub mod files;
mod login;
mod person;
mod rules;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::admission::Settings;
use crate::base::{AccountId, limits};
use crate::calendar::CalendarConfig;
use crate::digest;
use crate::http::operations::SchoolGroups;
use crate::items::reminders::Rules;
use crate::outreach;
use crate::session::Rates;

pub use login::LoginConfig;
pub use person::user;

/// The environment's names begin with this; sections are set apart by two underscores.
const PREFIX: &str = "PREAU_";
/// Names with the prefix that are no settings of the hub: the tests' own.
const NOT_SETTINGS: [&str; 4] = ["KILL_ROUNDS", "SIM_FRESH", "SIM_SCALE", "SIM_SEED"];

/// Everything that an operator can set. The field names are the keys of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where HTTP and WebSocket are served.
    pub addr: SocketAddr,
    /// Where operators, metrics and health are served.
    pub operator_addr: SocketAddr,
    /// Where the store lies.
    pub data_dir: PathBuf,
    /// The OneRoster files: a folder or a zip.
    pub roster: PathBuf,
    /// The schools' IANA time zone.
    pub zone: String,
    /// Pages on other hosts that may open sockets.
    pub allowed_origins: Vec<String>,
    /// Who vouches for accounts.
    pub identity: Identity,
    /// The identity provider that browsers log in with.
    pub login: LoginConfig,
    /// What is written to standard error.
    pub log: Log,
    /// Threads, and how they end.
    pub hub: Hub,
    /// What one connection may do, and all together may hold.
    pub limits: Limits,
    /// How long publications are kept.
    pub retention: Retention,
    /// Seats by class, and how fast people are let in.
    pub admission: Settings,
    /// Holidays, and the hours in which roles may come in.
    pub calendar: CalendarConfig,
    /// What may be said in classes.
    pub lessons: LessonsConfig,
    /// Who may publish for others.
    pub publish: PublishConfig,
    /// When students are reminded of what is due.
    pub reminders: Rules,
    /// When guardians' digests are made and published.
    pub digest: digest::Settings,
    /// The relay for mail, and when letters leave.
    pub mail: outreach::Settings,
    /// Who is told of what is published.
    pub webhooks: outreach::hooks::Settings,
    /// How metrics are labelled.
    pub metrics: MetricsConfig,
}

/// Section `identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The JWKS file; empty for the embedded issuer.
    pub jwks: PathBuf,
    /// The only accepted `iss`.
    pub issuer: String,
    /// What `aud` must be or hold.
    pub audience: String,
    /// Clock skew allowed in a token's times.
    pub leeway_seconds: u64,
}

/// Section `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// How much.
    pub level: LogLevel,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line each.
    Human,
    /// One JSON object each.
    Json,
}

/// The least important lines that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed that should not have.
    Error,
    /// Something is wrong outside the hub, or an operator should know.
    Warn,
    /// Connections come and go, rosters change.
    Info,
    /// Every request.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word in the file, which is also the log filter's.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Section `hub`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Threads that own connections; 0 for one per CPU.
    pub shards: usize,
    /// Who watches a shard's sockets.
    pub engine: Engine,
    /// Seconds in which a hub that drains still answers that it does.
    pub drain_grace_seconds: u64,
    /// Seconds over which a hub that drains closes its connections at most.
    pub drain_window_seconds: u64,
}

/// Who watches a shard's sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The shard itself, by one readiness queue of the kernel.
    Readiness,
    /// A tokio task for each.
    Tasks,
}

impl Engine {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Tasks => "tasks",
        }
    }
}

/// Section `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Messages that one connection may send per second for long.
    pub messages_per_second: u32,
    /// Publications that one connection may send per second for long.
    pub publishes_per_second: u32,
    /// Mebibytes for what waits for sockets.
    pub queue_pool_mib: usize,
    /// Mebibytes that the hub may take in all; 0 for what its control group or the machine allows.
    pub memory_mib: u64,
}

/// Section `retention`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Hours that posts are kept.
    pub post_hours: u32,
    /// Days that announcements are kept.
    pub announcement_days: u32,
    /// Days that assignments are kept.
    pub assignment_days: u32,
    /// Days that reminders are kept.
    pub reminder_days: u32,
    /// Days that digests are kept in their guardians' channels.
    pub digest_days: u32,
    /// Days that entries of the audit log are kept.
    pub audit_days: u32,
    /// Days after which an account that has left the roster is erased.
    pub leaver_days: u32,
}

/// Section `metrics`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Schools by the label that they share.
    pub school_groups: SchoolGroups,
}

/// Section `lessons`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonsConfig {
    /// Hosts that links in classes' feeds may lead to, with those below them.
    pub link_hosts: Vec<String>,
}

/// Section `publish`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishConfig {
    /// Accounts of staff or operators that may send announcements and assignments in others' names.
    pub on_behalf: Vec<AccountId>,
}

/// What is wrong with a configuration. Each line names the key and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, or can't be read.
    #[error("the configuration file {path} can't be read: {reason}")]
    File {
        /// Which file.
        path: String,
        /// The operating system's word.
        reason: String,
    },
    /// These mistakes were found.
    #[error("the configuration is wrong:\n  {}", .0.join("\n  "))]
    Mistakes(Vec<String>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            operator_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: "data".into(),
            roster: "roster".into(),
            zone: "Europe/Paris".into(),
            allowed_origins: Vec::new(),
            identity: Identity {
                jwks: PathBuf::new(),
                issuer: "preau".into(),
                audience: "preau".into(),
                leeway_seconds: limits::TOKEN_LEEWAY.as_secs(),
            },
            login: LoginConfig::default(),
            log: Log { format: LogFormat::Human, level: LogLevel::Info },
            hub: Hub {
                shards: 0,
                engine: Engine::Readiness,
                drain_grace_seconds: limits::DRAIN_GRACE.as_secs(),
                drain_window_seconds: limits::DRAIN_WINDOW.as_secs(),
            },
            limits: Limits {
                messages_per_second: limits::MESSAGES_PER_SECOND,
                publishes_per_second: limits::PUBLISHES_PER_SECOND,
                queue_pool_mib: limits::QUEUE_POOL_MIB,
                memory_mib: 0,
            },
            retention: Retention {
                post_hours: 24,
                announcement_days: 365,
                assignment_days: 365,
                reminder_days: 7,
                digest_days: 30,
                audit_days: 400,
                leaver_days: 90,
            },
            admission: Settings::default(),
            calendar: CalendarConfig::default(),
            lessons: LessonsConfig::default(),
            publish: PublishConfig::default(),
            reminders: Rules::default(),
            digest: digest::Settings::default(),
            mail: outreach::Settings::default(),
            webhooks: outreach::hooks::Settings::default(),
            metrics: MetricsConfig::default(),
        }
    }
}

impl Config {
    /// Reads the defaults, then the file if one is given, then the environment, and checks the whole.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::default().overlaid(file)
    }

    /// As [`Config::load`], over other defaults.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn overlaid(&self, file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = Env::prefixed(PREFIX).ignore(&NOT_SETTINGS).split("__");
        self.read(file, |figment| figment.merge(environment))
    }

    /// Reads the defaults and the file alone, and checks the whole: what a file says, wherever it will be used.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load_file(file: &Path) -> Result<Self, ConfigError> {
        Self::default().read(Some(file), |figment| figment)
    }

    fn read(&self, file: Option<&Path>, above: impl FnOnce(Figment) -> Figment) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(self));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::File {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
            figment = figment.merge(Toml::string(&text));
        }
        let config: Self = above(figment).extract().map_err(|error| {
            ConfigError::Mistakes(error.into_iter().map(|one| rules::mistake(&one)).collect())
        })?;
        let mistakes = rules::check(&config);
        if mistakes.is_empty() { Ok(config) } else { Err(ConfigError::Mistakes(mistakes)) }
    }

    /// The number of shards to run on a machine with so many CPUs.
    pub fn shards(&self, cpus: usize) -> usize {
        match self.hub.shards {
            0 => cpus.clamp(1, rules::SHARDS_MAX),
            shards => shards,
        }
    }

    /// From red readiness to the closing of the port.
    pub fn drain_grace(&self) -> Duration {
        Duration::from_secs(self.hub.drain_grace_seconds)
    }

    /// Over what time the connections of a hub that drains are closed at most.
    pub fn drain_window(&self) -> Duration {
        Duration::from_secs(self.hub.drain_window_seconds)
    }

    /// The rates that connections are held to.
    pub fn rates(&self) -> Rates {
        Rates {
            messages_per_second: self.limits.messages_per_second,
            publishes_per_second: self.limits.publishes_per_second,
        }
    }

    /// Bytes that the hub may take; 0 for what its control group or the machine allows.
    pub fn memory_bytes(&self) -> u64 {
        self.limits.memory_mib.saturating_mul(1024 * 1024)
    }

    /// What each of so many shards has of the pool for what waits, in bytes.
    pub fn queue_pool_share(&self, shards: usize) -> usize {
        self.limits.queue_pool_mib.saturating_mul(1024 * 1024) / shards.max(1)
    }

    /// Clock skew allowed in a token's times.
    pub fn leeway(&self) -> Duration {
        Duration::from_secs(self.identity.leeway_seconds)
    }

    /// Whether tokens come from the embedded issuer.
    pub fn issues_tokens(&self) -> bool {
        self.identity.jwks.as_os_str().is_empty()
    }
}
