//! The real binary on a folder and a port of its own, ended when the test is.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use preau::base::{AccountId, Clock, clock::SystemClock};
use preau::identity::{Issuer, Terms};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::binary::{outcome, preau};
use super::bundle::Bundle;
use super::client::PATIENCE;

const ISSUER: &str = "https://issuer.test";
const AUDIENCE: &str = "preau-test";

/// What a test may want otherwise than usual.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The clock skew allowed in tokens.
    pub(crate) leeway_seconds: u64,
    /// Messages and publications per second of one connection.
    pub(crate) rates: (u32, u32),
    /// How long a hub that drains still answers.
    pub(crate) drain_grace_seconds: u64,
    /// Over how long its connections are closed at most.
    pub(crate) drain_window_seconds: u64,
    /// What may wait for sockets.
    pub(crate) queue_pool_mib: usize,
    /// Who watches the sockets: `readiness` or `tasks`.
    pub(crate) engine: &'static str,
    /// Students in no class.
    pub(crate) others: usize,
    /// Families besides.
    pub(crate) families: usize,
    /// The schools' zone.
    pub(crate) zone: String,
    /// Further sections of the configuration.
    pub(crate) sections: String,
    /// Settings of its environment.
    pub(crate) environment: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            leeway_seconds: 30,
            rates: (1_000, 1_000),
            drain_grace_seconds: 0,
            drain_window_seconds: 0,
            queue_pool_mib: 64,
            engine: "readiness",
            others: 0,
            families: 0,
            zone: "Europe/Paris".to_owned(),
            sections: String::new(),
            environment: Vec::new(),
        }
    }
}

/// A hub on disk: it may be running or not.
pub(crate) struct Hub {
    folder: TempDir,
    /// What the binary is started with.
    arguments: Vec<String>,
    /// Settings from its environment.
    environment: Vec<(String, String)>,
    issuer: Issuer,
    terms: Terms,
    http: reqwest::Client,
    child: Option<Child>,
    /// Kept open, since a hub may go on talking.
    said: Option<Lines<BufReader<ChildStdout>>>,
    address: String,
}

impl Hub {
    /// Writes a roster, keys and a configuration, and starts the hub on them.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// The same on an engine.
    pub(crate) async fn start_on(engine: &'static str) -> Self {
        Self::start_with(Options { engine, ..Options::default() }).await
    }

    /// The same with options.
    pub(crate) async fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::generate().unwrap();
        let at = |name: &str| folder.path().join(name);
        let quoted = |name: &str| format!("\"{}\"", at(name).display());
        let Options { others, families, .. } = options;
        Bundle { others, families, ..Bundle::default() }.write(&at("roster"));
        std::fs::write(at("jwks.json"), issuer.jwks()).unwrap();
        let config = format!(
            "addr = \"127.0.0.1:0\"\ndata_dir = {}\nroster = {}\nzone = \"{}\"\n\
             [identity]\njwks = {}\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\nleeway_seconds = {}\n\
             [limits]\nmessages_per_second = {}\npublishes_per_second = {}\nqueue_pool_mib = {}\n\
             [hub]\nengine = \"{}\"\ndrain_grace_seconds = {}\ndrain_window_seconds = {}\n{}",
            quoted("data"),
            quoted("roster"),
            options.zone,
            quoted("jwks.json"),
            options.leeway_seconds,
            options.rates.0,
            options.rates.1,
            options.queue_pool_mib,
            options.engine,
            options.drain_grace_seconds,
            options.drain_window_seconds,
            options.sections,
        );
        std::fs::write(at("preau.toml"), config).unwrap();
        let arguments = ["serve", "--config", at("preau.toml").to_str().unwrap()].map(str::to_owned);
        let environment: Vec<(&str, &str)> =
            options.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self::run(folder, &arguments, &environment, issuer).await
    }

    /// `preau demo` in a folder of its own. Its tokens come from [`Hub::login`].
    pub(crate) async fn demo() -> Self {
        Self::demo_with(&[]).await
    }

    /// The same with settings of the environment.
    pub(crate) async fn demo_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("data");
        let arguments =
            ["demo", "--addr", "127.0.0.1:0", "--data", home.to_str().unwrap()].map(str::to_owned);
        Self::run(folder, &arguments, settings, Issuer::generate().unwrap()).await
    }

    async fn run(folder: TempDir, arguments: &[String], settings: &[(&str, &str)], issuer: Issuer) -> Self {
        let terms =
            Terms { issuer: ISSUER.into(), audience: AUDIENCE.into(), leeway: Duration::from_secs(30) };
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let arguments = arguments.to_vec();
        let environment = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut hub = Self {
            folder,
            arguments,
            environment,
            issuer,
            terms,
            http,
            child: None,
            said: None,
            address: String::new(),
        };
        hub.restart().await;
        hub
    }

    /// Starts the hub again on what is on disk.
    pub(crate) async fn restart(&mut self) {
        assert!(self.child.is_none(), "the hub is running");
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut child = preau(&arguments)
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(place) = line.find("http://127.0.0.1:") {
                    return line[place..].split_whitespace().next().map(str::to_owned);
                }
            }
            None
        };
        let address = tokio::time::timeout(PATIENCE, address).await.expect("the hub prints its address");
        self.address = address.unwrap_or_else(|| panic!("the hub ended: {}", self.log()));
        self.said = Some(lines);
        self.child = Some(child);
    }

    /// Ends the hub as a power cut would end the process: at once, with nothing flushed.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.unwrap();
        }
    }

    /// Asks the hub to end and waits until it has; whether it ended well.
    pub(crate) async fn terminate(&mut self) -> bool {
        self.signal("-TERM").await;
        let mut child = self.child.take().expect("the hub is running");
        let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("the hub ends");
        status.unwrap().success()
    }

    /// Waits until the hub has ended by itself; whether it ended well.
    pub(crate) async fn has_ended(&mut self) -> bool {
        let mut child = self.child.take().expect("the hub was running");
        let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("the hub ends");
        status.unwrap().success()
    }

    /// Runs a subcommand of the binary, with this hub's folder of data as its last argument.
    pub(crate) async fn command(&self, arguments: &[&str]) {
        let home = self.path("data");
        let (code, _, said) = outcome(&[arguments, &[home.to_str().unwrap()]].concat()).await;
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }

    /// Sends the hub a signal, by its process id.
    pub(crate) async fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(signal).arg(self.pid().to_string()).status().await;
        assert!(status.unwrap().success(), "the hub is running");
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("the hub is running")
    }

    /// A file of this hub's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes another roster, without loading it.
    pub(crate) fn write_roster(&self, bundle: &Bundle) {
        bundle.write(&self.path("roster"));
    }

    /// What the hub has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// A token of a demo, which asks for no password.
    pub(crate) async fn login(&self, account: &str) -> String {
        let account = json!({ "account": account });
        let (status, answer) = self.request(reqwest::Method::POST, "/v1/demo/login", "", Some(account)).await;
        assert_eq!(status, 200, "{answer}");
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// A token for an account, good for an hour.
    pub(crate) fn token(&self, account: &str) -> String {
        self.token_for(account, Duration::from_hours(1))
    }

    /// What its tokens must say.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// A token that ends sooner.
    pub(crate) fn token_for(&self, account: &str, ttl: Duration) -> String {
        let account = AccountId::parse(account).unwrap();
        self.issuer.token(&account, &self.terms, SystemClock::start().machine(), ttl).unwrap().0
    }

    /// Asks for a seat, and waits for it as long as it is told to.
    pub(crate) async fn seat(&self, token: &str) -> Result<String, String> {
        let mut shown = None;
        loop {
            match self.request(reqwest::Method::POST, "/v1/seat", token, shown).await {
                (200, body) => return Ok(body["seat"].as_str().expect("a seat").to_owned()),
                (202, body) => {
                    let wait_ms = body["retry_after_ms"].as_u64().expect("when to ask again");
                    let told = Duration::from_millis(wait_ms);
                    assert!(tokio::time::timeout(told, std::future::pending::<()>()).await.is_err());
                    shown = Some(json!({"ticket": body["ticket"]}));
                }
                (status, body) => return Err(format!("{status}: {}", body["code"].as_str().unwrap_or("?"))),
            }
        }
    }

    /// Where a seat is spent.
    pub(crate) fn socket_url(&self, seat: &str) -> String {
        format!("{}/v1/socket?seat={seat}", self.address.replacen("http", "ws", 1))
    }

    /// The hub's address, as `http://127.0.0.1:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// One HTTP request with a token; status and JSON body.
    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the hub answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Publishes over HTTP.
    pub(crate) async fn publish(&self, account: &str, channel: &str, publication: Value) -> (u16, Value) {
        self.publish_as(&self.token(account), channel, publication).await
    }

    /// The same with a token of one's own.
    pub(crate) async fn publish_as(&self, token: &str, channel: &str, publication: Value) -> (u16, Value) {
        let path = format!("/v1/channels/{channel}/publications");
        self.request(reqwest::Method::POST, &path, token, Some(publication)).await
    }

    /// Posts a text over HTTP; it must be stored.
    pub(crate) async fn post(&self, account: &str, channel: &str, message_id: &str, text: &str) -> Value {
        let publication = json!({"kind": "post", "message_id": message_id, "body": {"text": text}});
        let (status, body) = self.publish(account, channel, publication).await;
        assert!(matches!(status, 200 | 201), "{status}: {body}");
        body
    }

    /// Reads the past over HTTP.
    pub(crate) async fn history(&self, account: &str, channel: &str, query: &str) -> (u16, Value) {
        let path = format!("/v1/channels/{channel}/publications{query}");
        self.request(reqwest::Method::GET, &path, &self.token(account), None).await
    }

    /// The whole log of a channel: offset and text.
    pub(crate) async fn log_of(&self, account: &str, channel: &str) -> Vec<(u64, String)> {
        self.log_after(account, channel, 0).await
    }

    /// What stands in a log after an offset, page by page.
    pub(crate) async fn log_after(&self, account: &str, channel: &str, mut from: u64) -> Vec<(u64, String)> {
        let mut log = Vec::new();
        loop {
            let (status, page) = self.history(account, channel, &format!("?from={from}&limit=200")).await;
            assert_eq!(status, 200, "{page}");
            for publication in page["publications"].as_array().expect("a list") {
                let offset = publication["position"]["offset"].as_u64().expect("an offset");
                log.push((offset, publication["body"]["text"].as_str().unwrap_or_default().to_owned()));
            }
            from = page["through"]["offset"].as_u64().expect("an offset");
            if page["more"] != true {
                return log;
            }
        }
    }

    /// Where operators are served, and the secret that opens it.
    pub(crate) fn operators(&self) -> (String, String) {
        let notice = std::fs::read_to_string(self.path("data/operator.json")).expect("the hub is running");
        let notice: Value = serde_json::from_str(&notice).unwrap();
        let text = |key: &str| notice[key].as_str().expect("a text").to_owned();
        (format!("http://{}", text("address")), text("secret"))
    }

    /// What `/metrics` says.
    pub(crate) async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.operators().0)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// A gauge of `/metrics`.
    pub(crate) async fn gauge(&self, name: &str) -> u64 {
        let text = self.metrics().await;
        let line =
            text.lines().find_map(|line| line.strip_prefix("preau_")?.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no gauge {name} in {text}"))
    }
}
