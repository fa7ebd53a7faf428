//! A hub in a process of its own, with its data in a folder that goes when the test does.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The binary, in an environment without settings.
pub(crate) fn preau(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preau"));
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end: the exit code, and what it said on standard output and standard error.
pub(crate) fn outcome(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = preau(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A running hub. Dropping it kills it.
pub(crate) struct Hub {
    child: Child,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Hub {
    /// `preau demo` on a free port.
    pub(crate) fn demo() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("demo");
        let child = preau(&["demo", "--addr", "127.0.0.1:0", "--data", home.to_str().unwrap()]);
        Self::start(child, folder)
    }

    /// `preau serve` over the demo's lycée on a free port, with more lines of configuration.
    pub(crate) fn serve(folder: TempDir, more: &str) -> Self {
        let config = configure(folder.path(), more);
        let child = preau(&["serve", "--config", config.to_str().unwrap()]);
        Self::start(child, folder)
    }

    fn start(mut command: Command, folder: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.map_while(Result::ok).find(|line| line.starts_with("http://"));
        let Some(url) = url else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("the hub did not start: {said}");
        };
        Self { child, url, folder }
    }

    pub(crate) fn signal(&self, name: &str) {
        let number = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &number]).status().unwrap().success());
    }

    /// Waits for the process to end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let waited = tokio::task::spawn_blocking(move || self.child.wait().unwrap());
        tokio::time::timeout(PATIENCE, waited).await.unwrap().unwrap()
    }

    pub(crate) async fn login(&self, account: &str) -> String {
        let body = json!({ "account": account }).to_string();
        let answer = reqwest::Client::new().post(format!("{}/v1/demo/login", self.url)).body(body);
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    /// A token of `preau token` on the hub's configuration.
    pub(crate) fn token(&self, account: &str) -> String {
        let config = self.folder.path().join("preau.toml");
        let (code, token, said) =
            outcome(&["token", "--account", account, "--config", config.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        token.trim().to_owned()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).bearer_auth(token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url)).bearer_auth(token);
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Opens a socket and reads its welcome.
    pub(crate) async fn join(&self, token: &str) -> Client {
        let (_, seat) = self.post("/v1/seat", token, &Value::Null).await;
        let url =
            format!("{}{}?seat={}", self.url, seat["url"].as_str().unwrap(), seat["seat"].as_str().unwrap());
        let mut request = url.replacen("http", "ws", 1).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "preau.v1".parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut client = Client(socket);
        assert_eq!(client.next().await["type"], "welcome");
        client
    }
}

/// Writes a configuration whose lycée is the demo's, made there if it is new.
pub(crate) fn configure(folder: &Path, more: &str) -> PathBuf {
    let roster = folder.join("roster");
    if !roster.exists() {
        let (code, _, said) = outcome(&["roster", "generate", "--demo", "--out", roster.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
    }
    let config = folder.join("preau.toml");
    let home = folder.join("home");
    let (home, files) = (home.display(), roster.display());
    let text = format!("addr = '127.0.0.1:0'\ndata_dir = '{home}'\nroster = '{files}'\n{more}");
    std::fs::write(&config, text).unwrap();
    config
}

/// One open socket.
pub(crate) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Follows a channel from now on.
    pub(crate) async fn follow(&mut self, channel: &str) {
        let subscribe = json!({"type": "subscribe", "id": 1, "channel": channel, "from": "now"});
        self.send(&subscribe).await;
        assert_eq!(self.next().await["type"], "fresh");
        assert_eq!(self.next().await["type"], "caught_up");
    }

    /// The next message; pings are passed over.
    pub(crate) async fn next(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a text, got {other:?}"),
        }
    }

    /// The code and reason with which the hub closes.
    pub(crate) async fn closed(&mut self) -> (u16, Value) {
        match self.frame().await {
            Message::Close(Some(frame)) => (frame.code.into(), serde_json::from_str(&frame.reason).unwrap()),
            other => panic!("expected a close, got {other:?}"),
        }
    }

    async fn frame(&mut self) -> Message {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match frame.expect("the hub said nothing for too long").unwrap().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                frame => return frame,
            }
        }
    }
}
