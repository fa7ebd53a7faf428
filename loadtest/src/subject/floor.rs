//! The raw send floor: this program again, by its hidden subcommand.

use std::process::Command;

use super::peer::{Peer, number_after};
use super::{Running, Setting, StartError};

const PEER: Peer = Peer {
    name: "floor",
    note: "one thread and one `send(2)` per delivery, nothing else: no rights, no disk, no resume",
    dialect: "plain",
    remedy: "it is part of preau-loadtest",
};

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let program = std::env::current_exe().map_err(|error| PEER.failed(error))?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    PEER.start(Command::new(program).arg("floor"), setting, version, |line| number_after(line, "port "))
}
