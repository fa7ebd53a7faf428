//! A workspace to log in with: a real identity provider in Node, a hub behind an address of its own, and browsers that
//! keep cookies and follow redirects as people's do.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use reqwest::{Method, Url};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;

use super::client::PATIENCE;
use super::hub::{Hub, Options};

/// What a client's secret may look like.
const SECRET: &str = "s3cret+with/odd=characters";

/// The provider and the hub that logs in with it.
pub(crate) struct Workspace {
    pub(crate) hub: Hub,
    /// Where browsers reach the hub.
    pub(crate) public: String,
    /// The provider's address.
    pub(crate) issuer: String,
    _provider: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    target: Arc<Mutex<String>>,
    _front: JoinSet<()>,
    _folder: tempfile::TempDir,
}

impl Workspace {
    /// Starts both.
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same with more keys of section `login`.
    pub(crate) async fn start_with(more: &str) -> Self {
        let (public, target, front) = front().await;
        let mut provider = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/provider.mjs"))
            .args([&public, SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("run `make setup` first");
        let orders = provider.stdin.take().unwrap();
        let mut said = BufReader::new(provider.stdout.take().unwrap()).lines();
        let issuer = line(&mut said, "issuer ").await;
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
        let sections = format!(
            "[login]\nissuer = \"{issuer}\"\nclient_id = \"preau\"\nclient_secret_file = \"{}\"\n\
             public_address = \"{public}\"\n{more}",
            secret.display()
        );
        let hub = Hub::start_with(Options { sections, ..Options::default() }).await;
        let workspace = Self {
            hub,
            public,
            issuer,
            _provider: provider,
            orders,
            said,
            target,
            _front: front,
            _folder: folder,
        };
        workspace.lead_to_the_hub();
        workspace.is_known(1).await;
        workspace
    }

    /// From now on the address for browsers leads to the hub as it runs now.
    pub(crate) fn lead_to_the_hub(&self) {
        let address = self.hub.address().trim_start_matches("http://");
        address.clone_into(&mut self.target.lock().unwrap());
    }

    /// Waits until the hub says that the provider answers, or does not.
    pub(crate) async fn is_known(&self, expected: u64) {
        let known = async {
            while self.hub.gauge("provider_known").await != expected {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, known).await.expect("the hub asks the provider");
    }

    /// Tells the provider to do something, and waits until it has.
    pub(crate) async fn tell(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        line(&mut self.said, "done").await;
    }

    /// An address of the hub's, for browsers.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.public)
    }
}

/// The rest of the next line that begins so.
async fn line(said: &mut Lines<BufReader<ChildStdout>>, start: &str) -> String {
    let found = async {
        while let Some(line) = said.next_line().await.unwrap() {
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
        panic!("the provider ended: run `make setup` first");
    };
    tokio::time::timeout(PATIENCE, found).await.expect("the provider says something")
}

/// An address that is known before the hub has one, and leads to wherever it runs.
async fn front() -> (String, Arc<Mutex<String>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public = format!("http://{}", listener.local_addr().unwrap());
    let target = Arc::new(Mutex::new(String::new()));
    let mut lines = JoinSet::new();
    let leads = Arc::clone(&target);
    lines.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            let address = leads.lock().unwrap().clone();
            open.spawn(async move {
                if let Ok(mut far) = TcpStream::connect(address).await {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
            while open.try_join_next().is_some() {}
        }
    });
    (public, target, lines)
}

/// Somebody's browser. As in a real one, cookies belong to the host, whatever the port.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What a browser was answered.
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The status and the code of a problem.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The cookies that it was given, as they were written.
    pub(crate) fn given(&self) -> Vec<&str> {
        let all = self.headers.get_all(reqwest::header::SET_COOKIE).iter();
        all.map(|value| value.to_str().unwrap()).collect()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { http, cookies: BTreeMap::new() }
    }

    /// One request, no redirect followed.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Seen {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, url).header("cookie", pairs.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let location = headers.get("location").map(|to| to.to_str().unwrap().to_owned());
        // A stream has no end to wait for.
        let is_endless = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if is_endless { String::new() } else { answer.text().await.unwrap() };
        let seen = Seen { status, location, headers, text };
        for cookie in seen.given() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        seen
    }

    /// Opens an address.
    pub(crate) async fn open(&mut self, url: &str) -> Seen {
        self.ask(Method::GET, url, &[], None).await
    }

    /// Sends a form.
    pub(crate) async fn send(&mut self, url: &str, form: &str) -> Seen {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.ask(Method::POST, url, &kind, Some(form.to_owned())).await
    }

    /// What a page of the hub's own asks of it.
    pub(crate) async fn page(&mut self, workspace: &Workspace, path: &str, body: Option<Value>) -> Seen {
        let headers =
            [("preau-page", "1"), ("origin", workspace.public.as_str()), ("sec-fetch-site", "same-origin")];
        self.ask(Method::POST, &workspace.at(path), &headers, body.map(|body| body.to_string())).await
    }

    /// Logs in at the provider, from an address that leads there: the address that the browser is sent back to.
    pub(crate) async fn until_callback(&mut self, start: &str, account: &str) -> String {
        let mut url = Url::parse(start).unwrap();
        for _ in 0..12 {
            let mut seen = self.open(url.as_str()).await;
            if seen.status == 200 {
                // The provider's own page: who are you?
                let form = format!("prompt=login&login={account}&password=x");
                seen = self.send(url.as_str(), &form).await;
            }
            let to = seen.location.unwrap_or_else(|| panic!("{url}: {} {}", seen.status, seen.text));
            url = url.join(&to).unwrap();
            if url.path() == "/v1/login/callback" {
                return url.into();
            }
        }
        panic!("the provider leads nowhere: {url}");
    }

    /// Logs in; where the browser is sent then.
    pub(crate) async fn log_in(&mut self, workspace: &Workspace, account: &str, return_to: &str) -> String {
        let start = workspace.at(&format!("/v1/login?return_to={return_to}"));
        let back = self.until_callback(&start, account).await;
        self.open(&back).await.location.expect("the hub sends the browser on")
    }

    /// A token for the browser's log-in.
    pub(crate) async fn token(&mut self, workspace: &Workspace) -> String {
        let seen = self.page(workspace, "/v1/login/token", None).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        seen.json()["token"].as_str().expect("a token").to_owned()
    }
}
