//! Sockudo, a server of the Pusher protocol, if it is on the PATH. Not installed by the setup: it compiles for long.

use std::fs;
use std::process::Command;

use super::peer::{Peer, free_port};
use super::{Running, Setting, StartError};
use crate::dialect::pusher::{APP_ID, APP_KEY, APP_SECRET};

const PEER: Peer = Peer {
    name: "sockudo",
    note: "public channels, no history: no rights, no disk, no resume; each publication is signed and has a \
           connection of its own, which the server closes",
    dialect: "pusher",
    remedy: "run `cargo install sockudo --locked` (it wants protoc) and have it on the PATH",
};

/// What it logs when it listens.
const LISTENS: &str = "http server listening";

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let version = PEER.version(bare().arg("--version"))?;
    let version = version.rsplit(' ').next().unwrap_or_default().to_owned();
    let port = free_port().map_err(|error| PEER.failed(error))?;
    let folder = fs::canonicalize(&setting.folder).map_err(|error| PEER.failed(error))?;
    let file = folder.join("sockudo.toml");
    fs::write(&file, configuration(port)).map_err(|error| PEER.failed(error))?;
    let mut command = bare();
    command.arg("--config").arg(&file).current_dir(&folder);
    command.env("RUST_LOG", "warn,sockudo::bootstrap=info");
    PEER.start(&mut command, setting, version, |line| line.contains(LISTENS).then_some(port))
}

/// The program without settings of the surroundings: it reads `HOST`, `PORT` and many more.
fn bare() -> Command {
    let mut command = Command::new("sockudo");
    let others: Vec<_> = std::env::vars_os().map(|(name, _)| name).filter(|name| name != "PATH").collect();
    for name in others {
        command.env_remove(name);
    }
    command
}

fn configuration(port: u16) -> String {
    format!(
        "host = \"127.0.0.1\"
port = {port}

[metrics]
enabled = false

[rate_limiter]
enabled = false

[[app_manager.array.apps]]
id = \"{APP_ID}\"
key = \"{APP_KEY}\"
secret = \"{APP_SECRET}\"
enabled = true

[app_manager.array.apps.policy.limits]
max_connections = 1000000
max_client_events_per_second = 1000000
"
    )
}
