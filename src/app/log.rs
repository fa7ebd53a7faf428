//! Where log lines go: standard error, for people or for programs.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Sends log lines to standard error from now on. A second call changes nothing.
pub fn start(log: Log) {
    // Our own lines at the configured level; libraries speak only of what is wrong.
    let filter = EnvFilter::new(format!("warn,preau={}", log.level.as_str()));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Human => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // Refused only if something logs already, as in a test.
    drop(started);
}
