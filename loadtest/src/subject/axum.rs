//! The usual axum hub: the example of this package, beside this program.

use std::process::Command;

use super::peer::{Peer, number_after};
use super::{Running, Setting, StartError};

const PEER: Peer = Peer {
    name: "axum",
    note: "a broadcast channel per room and a task per socket: no rights, no disk, no resume; who lags misses",
    dialect: "plain",
    remedy: "run `cargo build --release -p preau-loadtest --example axum_hub`",
};

/// The versions that the example is built with.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let ours = std::env::current_exe().map_err(|error| PEER.failed(error))?;
    let program = ours.with_file_name("examples").join("axum_hub");
    PEER.start(&mut Command::new(program), setting, version(), |line| number_after(line, "port "))
}

fn version() -> String {
    let of = |name: &str| {
        let (_, rest) = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next()
    };
    format!("axum {}, tokio {}", of("axum").unwrap_or("?"), of("tokio").unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_versions_are_in_the_lock() {
        assert!(!super::version().contains('?'), "{}", super::version());
    }
}
