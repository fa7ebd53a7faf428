//! A hub on Node's `ws`: `loadtest/peers/ws/`, with the packages that its lock names.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::peer::{Peer, number_after};
use super::{Running, Setting, StartError};

const PEER: Peer = Peer {
    name: "ws",
    note: "a Set per channel and a loop of sends: no rights, no disk, no resume; the queue of a slow reader grows",
    dialect: "plain",
    remedy: "run `scripts/setup.sh bench` in the tree's root",
};

/// Where it lies in the tree, from the tree's root.
const FOLDER: &str = "loadtest/peers/ws";

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let folder = Path::new(FOLDER);
    if !folder.join("node_modules/ws").is_dir() {
        return Err(PEER.missing());
    }
    let mut command = Command::new("node");
    command.arg(folder.join("server.mjs"));
    let mut running = PEER.start(&mut command, setting, String::new(), |line| number_after(line, "port "))?;
    let said = fs::read_to_string(setting.folder.join("log")).unwrap_or_default();
    let version = said.lines().find_map(|line| line.strip_prefix("version "));
    version.unwrap_or_default().clone_into(&mut running.version);
    Ok(running)
}
