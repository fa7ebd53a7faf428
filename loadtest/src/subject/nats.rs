//! nats-server with its WebSocket listener, without accounts, without JetStream.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::peer::{Peer, number_after};
use super::{Running, Setting, StartError};

const PEER: Peer = Peer {
    name: "nats",
    note: "core NATS, no accounts: no rights, no disk, no resume; a slow reader is closed",
    dialect: "nats",
    remedy: "run `scripts/setup.sh bench`, or put nats-server on the PATH",
};

/// Where the setup puts it, from the tree's root.
const INSTALLED: &str = ".cache/venv/bin/nats-server";
/// It picks both ports itself; nobody speaks to the first.
const CONFIGURATION: &str =
    "host: 127.0.0.1\nport: -1\nwebsocket { host: 127.0.0.1, port: -1, no_tls: true }\n";

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let installed = Path::new(INSTALLED);
    let program = if installed.exists() { installed.to_owned() } else { PathBuf::from("nats-server") };
    let version = PEER.version(Command::new(&program).arg("--version"))?;
    let version = version.rsplit('v').next().unwrap_or_default().to_owned();
    let file = setting.folder.join("nats.conf");
    fs::write(&file, CONFIGURATION).map_err(|error| PEER.failed(error))?;
    let mut command = Command::new(&program);
    command.arg("--config").arg(&file);
    PEER.start(&mut command, setting, version, |line| number_after(line, "ws://127.0.0.1:"))
}
