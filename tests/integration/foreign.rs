//! Clients that we did not write: Python's `websockets`, Node's `ws`, and `curl`. `make setup` installs them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::client::PATIENCE;
use crate::support::hub::Hub;

on_both_engines! {
    python_websockets_joins_a_class_and_receives,
    node_ws_joins_a_class_and_receives,
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a client that joins the class, prints `ready`, then the first publication that comes.
async fn joins_and_receives(engine: &'static str, program: &Path, script: &str) {
    assert!(
        program.is_absolute() && program.exists() || program == Path::new("node"),
        "run `make setup` first"
    );
    let hub = Hub::start_on(engine).await;
    let mut client = Command::new(program)
        .arg(project("tests/foreign").join(script))
        .args([hub.address(), &hub.token("s-a-00"), "class:2a"])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut line = async || {
        let line =
            tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("the client says something");
        line.unwrap().expect("the client goes on")
    };
    assert_eq!(line().await, "ready");
    hub.post("t-a", "class:2a", "m1", "Bonjour à tous").await;
    let received: Value = serde_json::from_str(&line().await).unwrap();
    assert_eq!(received["body"]["text"], "Bonjour à tous");
    assert_eq!(received["author"], "t-a");
    assert!(client.wait().await.unwrap().success());
}

async fn python_websockets_joins_a_class_and_receives(engine: &'static str) {
    joins_and_receives(engine, &project(".cache/venv/bin/python"), "join.py").await;
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
