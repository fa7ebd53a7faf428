//! The raw send floor, with and without a commit: this program again, by its hidden subcommand.

use std::ffi::OsStr;
use std::process::Command;

use super::peer::{Peer, number_after};
use super::{Running, Setting, StartError};

const RAW: Peer = Peer {
    name: "floor",
    note: "one thread and one `send(2)` per delivery, nothing else: no rights, no disk, no resume",
    dialect: "plain",
    remedy: "it is part of preau-loadtest",
};

const COMMITTING: Peer = Peer {
    name: "commit-floor",
    note: "the floor with one `fdatasync` into a file of fixed length before what came in one read is sent: no rights, no log to \
           read, no resume",
    ..RAW
};

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    begin(&RAW, setting, &[])
}

/// Starts the one that commits.
pub(super) fn start_committing(setting: &Setting<'_>) -> Result<Running, StartError> {
    let journal = setting.folder.join("journal");
    begin(&COMMITTING, setting, &["--journal".as_ref(), journal.as_os_str()])
}

fn begin(peer: &Peer, setting: &Setting<'_>, arguments: &[&OsStr]) -> Result<Running, StartError> {
    let program = std::env::current_exe().map_err(|error| peer.failed(error))?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let port = |line: &str| number_after(line, "port ");
    peer.start(Command::new(program).arg("floor").args(arguments), setting, version, port)
}
