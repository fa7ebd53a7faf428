//! What the start of every peer has in common: a log in the run's folder, which is read until it names a port.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Running, Setting, StartError, spawn};
use crate::limits::{LAST_WORDS_LINES_MAX, START_WAIT};
use crate::moment::wait_for;

/// A server of others, or one of ours to compare with.
pub(super) struct Peer {
    /// Its name as a subject.
    pub(super) name: &'static str,
    /// What a reader must know beside its figures.
    pub(super) note: &'static str,
    /// How it is spoken to.
    pub(super) dialect: &'static str,
    /// What to do if it is not there.
    pub(super) remedy: &'static str,
}

impl Peer {
    /// Starts it, and waits for the line of its output in which `port` finds where it listens.
    pub(super) fn start(
        &self,
        command: &mut Command,
        setting: &Setting<'_>,
        version: String,
        port: impl Fn(&str) -> Option<u16>,
    ) -> Result<Running, StartError> {
        let log = setting.folder.join("log");
        let output = OpenOptions::new().create(true).append(true).open(&log);
        let output =
            output.and_then(|file| Ok((file.try_clone()?, file))).map_err(|error| self.failed(error))?;
        command.stdin(Stdio::null()).stdout(output.0).stderr(output.1);
        raise_open_files().map_err(|error| self.failed(error))?;
        let child = spawn(command, &setting.cpus).map_err(|error| self.refused(&error))?;
        let mut running = Running {
            name: self.name,
            version,
            note: self.note,
            dialect: self.dialect,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            publish_address: None,
            tokens: None,
            operators: None,
            processes: vec![child],
        };
        // `running` owns the child by now: whatever fails below ends it.
        let found = wait_for(START_WAIT, || {
            let ended = running.processes.iter_mut().any(|child| !matches!(child.try_wait(), Ok(None)));
            let text = fs::read_to_string(&log).unwrap_or_default();
            let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            let found = lines.find_map(|line| port(line.trim_end()));
            (found.is_some() || ended).then_some(found)
        });
        let port = found.flatten().ok_or_else(|| self.failed(last_words(&log)))?;
        running.address.set_port(port);
        // Some name their port before they listen.
        match wait_for(START_WAIT, || TcpStream::connect(running.address).ok()) {
            Some(_) => Ok(running),
            None => Err(self.failed("it does not listen")),
        }
    }

    /// What a program says of its version, on either stream.
    pub(super) fn version(&self, command: &mut Command) -> Result<String, StartError> {
        let output = command.stdin(Stdio::null()).output().map_err(|error| self.refused(&error))?;
        let said = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }

    pub(super) fn missing(&self) -> StartError {
        StartError::Missing { subject: self.name, remedy: self.remedy.to_owned() }
    }

    pub(super) fn failed(&self, reason: impl Display) -> StartError {
        StartError::Failed { subject: self.name, reason: reason.to_string() }
    }

    fn refused(&self, error: &io::Error) -> StartError {
        if error.kind() == ErrorKind::NotFound { self.missing() } else { self.failed(error) }
    }
}

/// The number after a word, such as `port 1234`.
pub(super) fn number_after(line: &str, word: &str) -> Option<u16> {
    let rest = line.split_once(word)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A port that nobody holds now, for servers that can't say which one they were given. Whoever takes it first wins:
/// the server then does not start, and says so.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Lets this process, and so what it starts, open as many files as it may.
fn raise_open_files() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

fn last_words(log: &std::path::Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(LAST_WORDS_LINES_MAX).collect();
    if lines.is_empty() {
        "it said nothing".to_owned()
    } else {
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Arrivals, Scenario, School};

    const PEER: Peer = Peer { name: "sh", note: "", dialect: "plain", remedy: "install a shell" };

    fn start(command: &mut Command) -> Result<Running, StartError> {
        let folder = tempfile::tempdir().unwrap();
        let school = School {
            classes: 1,
            students_per_class: 1,
            teachers: false,
            live_share: 1.0,
            guardians: 0,
            region: false,
            operators: 0,
            probe_classes: 0,
        };
        let scenario = Scenario {
            name: "idle".into(),
            about: String::new(),
            rounds: 1,
            witness: false,
            baseline: None,
            procs: 1,
            hub: toml::Table::new(),
            clock: None,
            school,
            arrivals: Arrivals {
                per_second: 1.0,
                in_flight_max: 1,
                patience_s: None,
                share: 1.0,
                seats_first: false,
                handshake_only: false,
            },
            phases: Vec::new(),
            gates: Vec::new(),
        };
        let setting = Setting {
            scenario: &scenario,
            folder: folder.path().to_owned(),
            hub: std::path::PathBuf::new(),
            cpus: Vec::new(),
        };
        PEER.start(command, &setting, String::new(), |line| number_after(line, "port "))
    }

    #[test]
    fn a_program_is_up_when_it_has_named_its_port_and_ends_with_its_value() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!("echo up; echo port {port}; exec tail -f /dev/null");
        let running = start(Command::new("sh").args(["-c", &script])).unwrap();
        assert_eq!(running.address, listener.local_addr().unwrap());
        let folder = format!("/proc/{}", running.pids()[0]);
        assert!(fs::exists(&folder).unwrap());
        drop(running);
        assert!(!fs::exists(&folder).unwrap());
    }

    #[test]
    fn a_program_that_ends_says_its_last_words_and_one_that_is_not_there_its_remedy() {
        let failed = start(Command::new("sh").args(["-c", "echo no room >&2; exit 3"])).unwrap_err();
        assert_eq!(failed.to_string(), "sh did not start: no room");
        let missing = start(&mut Command::new("preau-is-not-called-this")).unwrap_err();
        assert_eq!(missing.to_string(), "sh is not installed: install a shell");
    }
}
