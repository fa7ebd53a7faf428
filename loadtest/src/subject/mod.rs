//! The servers under test: started here, watched by their process numbers, ended with the run.

mod axum;
mod floor;
mod nats;
mod nchan;
mod peer;
mod preau;
mod roster;
mod sockudo;
mod ws;

pub(crate) use preau::{KEY_FILE, prepare};

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::orders::{Target, TokenKey};
use crate::scenario::Scenario;
use crate::status::Operators;

/// The subject that is meant when none is named.
pub(crate) const OURS: &str = "preau";

/// What a subject is started with.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    /// What will be done to it.
    pub(crate) scenario: &'a Scenario,
    /// A new, empty folder of its own.
    pub(crate) folder: PathBuf,
    /// The hub's binary, for préau.
    pub(crate) hub: PathBuf,
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
    /// Where its operators ask how it stands, if it has any.
    pub(crate) operators: Option<Operators>,
    /// Its processes, to be measured together. Ended when this is dropped.
    pub(crate) processes: Vec<Child>,
}

impl Running {
    /// What a worker must know of it.
    pub(crate) fn target(&self) -> Target {
        Target {
            dialect: self.dialect.to_owned(),
            address: self.address,
            publish_address: self.publish_address,
            tokens: self.tokens.clone(),
        }
    }

    /// Its processes' numbers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Child::id).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.processes {
            // It may have ended by itself; then there is nothing to end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a subject and waits until it answers.
///
/// # Errors
/// [`StartError`].
pub(crate) fn start(name: &str, setting: &Setting<'_>) -> Result<Running, StartError> {
    match name {
        OURS => preau::start(setting),
        "floor" => floor::start(setting),
        "commit-floor" => floor::start_committing(setting),
        "axum" => axum::start(setting),
        "ws" => ws::start(setting),
        "nchan" => nchan::start(setting),
        "nats" => nats::start(setting),
        "sockudo" => sockudo::start(setting),
        _ => Err(StartError::Unknown { subject: name.to_owned() }),
    }
}

/// Starts a program on some CPUs from its first instruction on, with all its later threads; on all if none are named.
///
/// A child inherits the CPUs of the thread that starts it, so this thread goes there and back.
///
/// # Errors
/// The system's, if the program can't be started or a CPU does not exist.
pub(crate) fn spawn(command: &mut Command, cpus: &[usize]) -> io::Result<Child> {
    if cpus.is_empty() {
        return command.spawn();
    }
    let before = sched_getaffinity(None)?;
    go_to(cpus)?;
    let child = command.spawn();
    sched_setaffinity(None, &before)?;
    child
}

/// Lets this thread run on some CPUs alone; wherever it is if none are named.
///
/// # Errors
/// The system's, if a CPU does not exist.
pub(crate) fn go_to(cpus: &[usize]) -> io::Result<()> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut there = CpuSet::new();
    for &cpu in cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU) {
        there.set(cpu);
    }
    Ok(sched_setaffinity(None, &there)?)
}

/// Why a subject does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// No subject has this name.
    #[error("no subject is called `{subject}`")]
    Unknown {
        /// The name.
        subject: String,
    },
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
