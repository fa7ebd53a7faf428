//! Our own hub: the release binary on a folder of its own, with a roster, a key and a configuration made for the run.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{OURS, Running, Setting, StartError, roster, spawn};
use crate::limits::START_WAIT;
use crate::moment::wait_for;
use crate::orders::TokenKey;
use crate::scenario::{Clock, Scenario};
use crate::status::Operators;

const ISSUER: &str = "https://issuer.loadtest";
const AUDIENCE: &str = "preau-loadtest";
const KID: &str = "loadtest";
/// The key that signs tokens, for a run against a hub that somebody else started.
pub(crate) const KEY_FILE: &str = "key.json";
/// What the hub prints before its address.
const ADDRESS_PREFIX: &str = "http://";
/// For one answer on `/readyz`.
const ANSWER_WAIT: Duration = Duration::from_secs(2);

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    let hub = fs::canonicalize(&setting.hub).map_err(|error| StartError::Missing {
        subject: OURS,
        remedy: format!("{}: {error}; run `cargo build --release --bin preau`", setting.hub.display()),
    })?;
    let mut tokens = prepare(setting.scenario, &setting.folder).map_err(failed)?;
    let version = version(&hub).map_err(failed)?;
    let home = setting.folder.join("data");
    let said = setting.folder.join("said");
    let log = setting.folder.join("log");
    let mut command = bare(&hub);
    match &setting.scenario.clock {
        None => drop(command.arg("serve").arg("--config").arg(setting.folder.join("preau.toml"))),
        Some(clock) => demo(&mut command, setting, clock, &tokens).map_err(failed)?,
    }
    command.stdin(Stdio::null());
    command.stdout(File::create(&said).map_err(failed)?);
    command.stderr(File::create(&log).map_err(failed)?);
    let child = spawn(&mut command, &setting.cpus).map_err(failed)?;
    let mut running = Running {
        name: OURS,
        version,
        note: "tokens verified, rights checked, each publication committed to disk",
        dialect: OURS,
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        publish_address: None,
        tokens: None,
        operators: None,
        processes: vec![child],
    };
    // `running` owns the child by now: whatever fails below ends it.
    running.address = address(&mut running.processes, &said)
        .ok_or_else(|| failed(fs::read_to_string(&log).unwrap_or_default().trim()))?;
    match wait_for(START_WAIT, || is_ready(running.address).then_some(())) {
        Some(()) => {
            if setting.scenario.clock.is_some() {
                tokens.kid = kid(&home.join("jwks.json")).map_err(failed)?;
            }
            running.tokens = Some(tokens);
            running.operators = Operators::of(&home);
            Ok(running)
        }
        None => Err(failed("it does not get ready")),
    }
}

/// A demo, whose clock may be set: on the same school, with the same key and the same configuration, which a demo takes
/// from its environment.
fn demo(command: &mut Command, setting: &Setting<'_>, clock: &Clock, tokens: &TokenKey) -> io::Result<()> {
    let home = setting.folder.join("data");
    roster::write(&setting.scenario.school, &home.join("roster"))?;
    // The demo signs with the key that lies there.
    fs::write(home.join("issuer.key"), STANDARD.decode(&tokens.pkcs8).map_err(io::Error::other)?)?;
    let mut own = configuration(setting.scenario, &setting.folder);
    for name in ["addr", "data_dir", "roster"] {
        own.remove(name);
    }
    environment(&own, "PREAU_", command);
    command.args(["demo", "--addr", "127.0.0.1:0", "--data"]).arg(home);
    command.args(["--school-time", &clock.school_time, "--speed", &clock.speed.to_string()]);
    Ok(())
}

/// A configuration as the names and values of an environment; sections are set apart by two underscores.
fn environment(table: &toml::Table, prefix: &str, command: &mut Command) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.to_uppercase());
        match value {
            toml::Value::Table(table) => environment(table, &format!("{name}__"), command),
            toml::Value::String(text) => drop(command.env(name, text)),
            value => drop(command.env(name, value.to_string())),
        }
    }
}

/// The number of the key that a demo signs with.
fn kid(path: &Path) -> io::Result<String> {
    let set: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
    let kid = set["keys"][0]["kid"].as_str();
    kid.map(str::to_owned).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn failed(reason: impl Display) -> StartError {
    StartError::Failed { subject: OURS, reason: reason.to_string() }
}

/// The binary, in an environment without settings of its own.
fn bare(hub: &Path) -> Command {
    let mut command = Command::new(hub);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PREAU_")) {
        command.env_remove(name);
    }
    command
}

fn version(hub: &Path) -> io::Result<String> {
    let output = bare(hub).arg("--version").output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.split_whitespace().last().unwrap_or_default().to_owned())
}

/// Writes roster, key set, configuration and the key that signs, which is returned.
///
/// # Errors
/// The system's.
pub(crate) fn prepare(scenario: &Scenario, folder: &Path) -> io::Result<TokenKey> {
    fs::create_dir_all(folder)?;
    let folder = fs::canonicalize(folder)?;
    roster::write(&scenario.school, &folder.join("roster"))?;
    let (tokens, jwks) = key().ok_or_else(|| io::Error::other("the machine gives no random numbers"))?;
    fs::write(folder.join("jwks.json"), jwks)?;
    fs::write(folder.join(KEY_FILE), serde_json::to_vec(&tokens)?)?;
    let configuration = configuration(scenario, &folder);
    fs::write(folder.join("preau.toml"), toml::to_string(&configuration).map_err(io::Error::other)?)?;
    Ok(tokens)
}

/// The hub's configuration for a run: the tool's own, and over it what the scenario says.
fn configuration(scenario: &Scenario, folder: &Path) -> toml::Table {
    let path = |name: &str| toml::Value::from(folder.join(name).to_string_lossy().as_ref());
    // The rates of one connection are out of the way: a scenario says itself how much each author sends.
    let mut own = toml::toml! {
        addr = "127.0.0.1:0"
        operator_addr = "127.0.0.1:0"
        [log]
        level = "warn"
        [limits]
        messages_per_second = 1000
        publishes_per_second = 1000
        [hub]
        drain_grace_seconds = 0
        drain_window_seconds = 0
    };
    own.insert("data_dir".into(), path("data"));
    own.insert("roster".into(), path("roster"));
    let mut identity = toml::Table::new();
    identity.insert("jwks".into(), path("jwks.json"));
    identity.insert("issuer".into(), ISSUER.into());
    identity.insert("audience".into(), AUDIENCE.into());
    own.insert("identity".into(), identity.into());
    overlay(&mut own, &scenario.hub);
    own
}

/// Puts one table over another, key by key.
fn overlay(own: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (own.get_mut(key), value) {
            (Some(toml::Value::Table(own)), toml::Value::Table(over)) => overlay(own, over),
            _ => drop(own.insert(key.clone(), value.clone())),
        }
    }
}

/// A new key: what signs with it, and the key set (RFC 7517, RFC 8037) that verifies.
fn key() -> Option<(TokenKey, String)> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let pkcs8 = STANDARD.encode(pair.to_pkcs8().ok()?.as_ref());
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwks = format!(
        r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{KID}","x":"{x}"}}]}}"#
    );
    let tokens = TokenKey { pkcs8, kid: KID.into(), issuer: ISSUER.into(), audience: AUDIENCE.into() };
    Some((tokens, jwks))
}

/// The address that the hub prints once it listens; `None` if it ends first, or says nothing for too long.
fn address(processes: &mut [Child], said: &Path) -> Option<SocketAddr> {
    wait_for(START_WAIT, || {
        let text = fs::read_to_string(said).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut places = whole.filter_map(|line| line.split_once(ADDRESS_PREFIX));
        let found = places.find_map(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        let ended = processes.iter_mut().any(|child| !matches!(child.try_wait(), Ok(None)));
        (found.is_some() || ended).then_some(found)
    })
    .flatten()
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWER_WAIT)?;
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        Ok(status.split_whitespace().nth(1) == Some("200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_set_verifies_what_the_key_signs() {
        let (tokens, jwks) = key().unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(&tokens.pkcs8).unwrap()).unwrap();
        let set: serde_json::Value = serde_json::from_str(&jwks).unwrap();
        let x = URL_SAFE_NO_PAD.decode(set["keys"][0]["x"].as_str().unwrap()).unwrap();
        assert_eq!(pair.public_key().as_ref(), x);
        assert_eq!(set["keys"][0]["kid"], tokens.kid.as_str());
    }
}
