//! Clients that we did not write: Python's `websockets`, Node's `ws`, and `curl`. `make setup` installs them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::client::PATIENCE;
use crate::support::hub::Hub;

on_both_engines! {
    python_websockets_joins_a_class_and_receives,
    node_ws_joins_a_class_and_receives,
    node_teaches_python,
    python_teaches_node,
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program that speaks the wire, and what it prints.
struct Foreign {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Foreign {
    fn start(program: &Path, script: &str, arguments: &[&str]) -> Self {
        assert!(
            program.is_absolute() && program.exists() || program == Path::new("node"),
            "run `make setup` first"
        );
        let mut child = Command::new(program)
            .arg(project("tests/foreign").join(script))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("the client says something").unwrap().expect("the client goes on")
    }

    async fn json(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn ends_well(mut self) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert!(ended.expect("the client ends").unwrap().success());
    }
}

fn python() -> PathBuf {
    project(".cache/venv/bin/python")
}

/// Runs a client that joins the class, prints `ready`, then the first publication that comes.
async fn joins_and_receives(engine: &'static str, program: &Path, script: &str) {
    let hub = Hub::start_on(engine).await;
    let mut client = Foreign::start(program, script, &[hub.address(), &hub.token("s-a-00"), "class:2a"]);
    assert_eq!(client.line().await, "ready");
    hub.post("t-a", "class:2a", "m1", "Bonjour à tous").await;
    let received = client.json().await;
    assert_eq!(received["body"]["text"], "Bonjour à tous");
    assert_eq!(received["author"], "t-a");
    client.ends_well().await;
}

/// Two programs that have only the protocol's page hold a lesson: start, post, hand, call, poll, vote, end.
async fn they_hold_a_lesson(engine: &'static str, teacher: (&Path, &str), pupil: (&Path, &str)) {
    let hub = Hub::start_on(engine).await;
    let part = |(program, script): (&Path, &str), account: &str, part: &str| {
        Foreign::start(program, script, &[hub.address(), &hub.token(account), "class:2a", part])
    };
    let mut pupil = part(pupil, "s-a-00", "attend");
    assert_eq!(pupil.line().await, "ready");
    let mut teacher = part(teacher, "t-a", "teach");
    assert_eq!(teacher.line().await, "ready");
    let seen = json!({"heard": "Bonjour", "from": "s-a-00", "called": "s-a-00", "counts": [0, 1]});
    assert_eq!(teacher.json().await, seen);
    let seen = json!({"title": "Les fractions", "by": "t-a", "hand": 1, "counts": [0, 1]});
    assert_eq!(pupil.json().await, seen);
    teacher.ends_well().await;
    pupil.ends_well().await;
}

async fn node_teaches_python(engine: &'static str) {
    they_hold_a_lesson(engine, (Path::new("node"), "lesson.mjs"), (&python(), "lesson.py")).await;
}

async fn python_teaches_node(engine: &'static str) {
    they_hold_a_lesson(engine, (&python(), "lesson.py"), (Path::new("node"), "lesson.mjs")).await;
}

async fn python_websockets_joins_a_class_and_receives(engine: &'static str) {
    joins_and_receives(engine, &python(), "join.py").await;
}

async fn node_ws_joins_a_class_and_receives(engine: &'static str) {
    joins_and_receives(engine, Path::new("node"), "join.mjs").await;
}

#[tokio::test]
async fn curl_publishes_and_reads_the_history() {
    let hub = Hub::start().await;
    let url = format!("{}/v1/channels/class:2a/publications", hub.address());
    let curl = async |account: &str, arguments: &[&str]| -> Value {
        let bearer = format!("Authorization: Bearer {}", hub.token(account));
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail-with-body", "--max-time", "30", "-H", &bearer]);
        let output = command.args(arguments).output().await.expect("run `make setup` first");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let body = r#"{"kind":"post","message_id":"from-curl","body":{"text":"Bonjour de curl"}}"#;
    let stored = curl("t-a", &["-H", "Content-Type: application/json", "-d", body, &url]).await;
    assert_eq!(stored["duplicate"], false);
    let history = curl("s-a-00", &[&format!("{url}?limit=10")]).await;
    assert_eq!(history["publications"][0]["body"]["text"], "Bonjour de curl");
    assert_eq!(history["publications"][0]["position"], stored["position"]);
}
