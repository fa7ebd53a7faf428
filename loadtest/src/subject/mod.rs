//! The servers under test: started here, watched by their process numbers, ended with the run.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::orders::TokenKey;
use crate::scenario::Scenario;

/// What a subject is started with.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    /// What will be done to it.
    pub(crate) scenario: &'a Scenario,
    /// A new, empty folder of its own.
    pub(crate) folder: PathBuf,
    /// CPUs that its processes are pinned to; empty for all.
    pub(crate) cpus: Vec<usize>,
}

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Running {
    /// The subject's name, such as `preau`, `floor`, `nchan`.
    pub(crate) name: &'static str,
    /// What it says its version is.
    pub(crate) version: String,
    /// What a reader must know beside its figures, such as "rights checked, committed to disk".
    pub(crate) note: &'static str,
    /// How it is spoken to.
    pub(crate) dialect: &'static str,
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    /// Where publications go, if elsewhere.
    pub(crate) publish_address: Option<SocketAddr>,
    /// How tokens are made, if it wants any.
    pub(crate) tokens: Option<TokenKey>,
    /// Its processes, to be measured together. Ended when this is dropped.
    pub(crate) processes: Vec<std::process::Child>,
}

/// Why a subject does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// It is not on this machine.
    #[error("{subject} is not installed: {remedy}")]
    Missing {
        /// The subject.
        subject: &'static str,
        /// What to do about it.
        remedy: String,
    },
    /// It did not come up.
    #[error("{subject} did not start: {reason}")]
    Failed {
        /// The subject.
        subject: &'static str,
        /// Its own words, or the system's.
        reason: String,
    },
}
