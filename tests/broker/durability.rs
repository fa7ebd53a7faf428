//! What a kill can't show: that the log is on the medium before a publisher is told so.
//!
//! The test runs itself under `strace` as a small publisher, and reads the order of its system calls.

use std::collections::HashMap;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

use preau::base::Epoch;
use preau::base::metrics::Metrics;
use preau::broker::{Broker, Local};
use preau::store::{DATABASE, Settings, Store};

use crate::asking::{Ask, class, post};

/// Set for the publisher: the folder of its store.
const PUBLISHER: &str = "PREAU_TEST_PUBLISHER_FOLDER";
const PUBLICATIONS: usize = 25;
const MARK: &str = "acknowledged";

#[test]
fn each_commit_is_synced_before_its_answer() {
    if let Some(folder) = std::env::var_os(PUBLISHER) {
        return publish_one_by_one(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let outcome = Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-e", "trace=fdatasync,fsync,pwrite64,write", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["durability::each_commit_is_synced_before_its_answer", "--exact", "--nocapture"])
        .env(PUBLISHER, folder.path().join("new").join("store"))
        .output();
    let output = match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("strace is not installed: run `make setup`")
        }
        outcome => outcome.unwrap(),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = std::fs::read_to_string(&trace).unwrap();
    for parent in [folder.path().join("new"), folder.path().to_owned()] {
        let named = format!("<{}>", parent.display());
        let synced = |line: &str| line.contains(" fsync(") && line.contains(&named);
        assert!(trace.lines().any(synced), "the name of a new folder in {} is not synced", parent.display());
    }
    let calls = calls(&trace);
    assert!(!calls.contains(&Call::FullSync), "the log is synced by fdatasync: see .cargo/config.toml");
    check(&calls);
}

/// What the publisher does: after each answer, one write that the trace shows.
fn publish_one_by_one(folder: &Path) {
    let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
    let broker = Local::start(&Store::open(folder, settings).unwrap(), Metrics::default()).unwrap();
    let broker: &dyn Broker = &broker;
    for n in 0..PUBLICATIONS {
        broker.put(post(&class("a"), &format!("{n}")));
        std::io::stderr().write_all(format!("{MARK} {n}\n").as_bytes()).unwrap();
    }
}

/// A system call that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// A write into the write-ahead log begins.
    LogWrite,
    /// An `fdatasync` of the log has succeeded.
    LogSynced,
    /// An `fsync` of the log begins.
    FullSync,
    /// The publisher says that it was answered.
    Mark(usize),
}

/// Between two answers: writes into the log, and after the last of them a sync that ended well.
fn check(calls: &[Call]) {
    let mut answered = 0;
    let (mut written, mut synced) = (false, false);
    for call in calls {
        match call {
            Call::LogWrite => (written, synced) = (true, false),
            Call::LogSynced => synced = true,
            Call::FullSync => {}
            Call::Mark(n) => {
                assert_eq!(*n, answered);
                assert!(written, "publication {n} was answered before it was written");
                assert!(synced, "publication {n} was answered before the log was synced");
                answered += 1;
                (written, synced) = (false, false);
            }
        }
    }
    assert_eq!(answered, PUBLICATIONS);
}

/// Reads a trace. A call that another thread interrupts stands on two lines, its beginning and its end.
fn calls(trace: &str) -> Vec<Call> {
    let log = format!("{DATABASE}-wal>");
    let mut unfinished: HashMap<&str, bool> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let (thread, call) = line.split_once(char::is_whitespace).unwrap();
        let call = call.trim_start();
        let on_log = call.contains(&log);
        if call.starts_with("pwrite64(") && on_log {
            calls.push(Call::LogWrite);
        } else if call.starts_with("fsync(") && on_log {
            calls.push(Call::FullSync);
        } else if call.starts_with("fdatasync(") && call.ends_with("<unfinished ...>") {
            unfinished.insert(thread, on_log);
        } else if call.starts_with("fdatasync(") && on_log && call.ends_with("= 0") {
            calls.push(Call::LogSynced);
        } else if call.starts_with("<... fdatasync resumed>") && call.ends_with("= 0") {
            if unfinished.remove(thread) == Some(true) {
                calls.push(Call::LogSynced);
            }
        } else if let Some((_, number)) = call.split_once(MARK).filter(|_| call.starts_with("write(2<")) {
            let digits: String = number.trim_start().chars().take_while(char::is_ascii_digit).collect();
            calls.push(Call::Mark(digits.parse().unwrap()));
        }
    }
    calls
}

#[test]
#[should_panic(expected = "publication 1 was answered before the log was synced")]
fn an_answer_before_its_sync_is_noticed() {
    let trace = "\
7 pwrite64(4</d/preau.db-wal>, \"\"..., 24, 32) = 24
7 fdatasync(4</d/preau.db-wal> <unfinished ...>
8 write(2</dev/null>, \"x\", 1) = 1
7 <... fdatasync resumed>) = 0
8 write(2</dev/null>, \"acknowledged 0\\n\", 15) = 15
7 pwrite64(4</d/preau.db-wal>, \"\"..., 24, 32) = 24
7 fdatasync(4</d/preau.db-wal> <unfinished ...>
8 write(2</dev/null>, \"acknowledged 1\\n\", 15) = 15
7 <... fdatasync resumed>) = 0
";
    check(&calls(trace));
}
