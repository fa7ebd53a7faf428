//! Channels followed as Server-Sent Events: resumed without gap or duplicate, read slowly, refused.

use std::collections::BTreeSet;
use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::client::PATIENCE;
use crate::support::hub::{Hub, Options};

on_both_engines! {
    a_stream_resumes_after_its_last_event_without_gap_or_duplicate,
    a_reader_that_stops_for_a_while_misses_nothing,
    a_stream_ends_with_the_reason_that_a_socket_is_given,
}

/// One stream, as a browser's `fetch` reads it.
struct Stream {
    response: reqwest::Response,
    read: String,
    last_id: Option<String>,
}

/// One event.
#[derive(Debug)]
struct Event {
    name: Option<String>,
    data: String,
}

impl Stream {
    async fn open(hub: &Hub, account: &str, channel: &str, last_id: Option<&str>) -> Self {
        let seat = hub.seat(&hub.token(account)).await.unwrap();
        let mut request = reqwest::Client::new().get(url(hub, &seat, channel));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, read: String::new(), last_id: None }
    }

    /// The next event; `None` at the stream's end.
    async fn event(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                if let Some(event) = self.parse(&block) {
                    return Some(event);
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes").unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn parse(&mut self, block: &str) -> Option<Event> {
        let (mut name, mut data) = (None, None);
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => self.last_id = Some(id.to_owned()),
                Some(("event", word)) => name = Some(word.to_owned()),
                Some(("data", text)) => data = Some(text.to_owned()),
                _ => assert!(line.starts_with(':'), "{line}"),
            }
        }
        data.map(|data| Event { name, data })
    }

    /// Events until one is of this type.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event().await.expect("the stream goes on");
            let message: Value = serde_json::from_str(&event.data).unwrap();
            if message["type"] == kind {
                return message;
            }
        }
    }
}

fn url(hub: &Hub, seat: &str, channel: &str) -> String {
    format!("{}/v1/stream?seat={seat}&channel={channel}", hub.address())
}

async fn a_stream_resumes_after_its_last_event_without_gap_or_duplicate(engine: &'static str) {
    let hub = Hub::start_on(engine).await;
    let mut stream = Stream::open(&hub, "s-a-00", "class:2a", None).await;
    let welcome: Value = serde_json::from_str(&stream.event().await.unwrap().data).unwrap();
    assert_eq!(welcome["type"], "welcome");
    stream.until("fresh").await;
    let mut seen = Vec::new();
    for number in 0..3 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
        seen.push(stream.until("publication").await["body"]["text"].clone());
    }
    let last_id = stream.last_id.clone().unwrap();
    drop(stream);
    for number in 3..6 {
        hub.post("t-a", "class:2a", &format!("m{number}"), &number.to_string()).await;
    }
    let mut stream = Stream::open(&hub, "s-a-00", "class:2a", Some(&last_id)).await;
    stream.until("resumed").await;
    hub.post("t-a", "class:2a", "m6", "6").await;
    for _ in 3..7 {
        seen.push(stream.until("publication").await["body"]["text"].clone());
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
}

async fn a_reader_that_stops_for_a_while_misses_nothing(engine: &'static str) {
    const POSTS: usize = 700;
    let hub = Hub::start_with(Options { engine, rates: (1_000, 1_000), ..Options::default() }).await;
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let authority = hub.address().strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(authority).await.unwrap();
    let path = url(&hub, &seat, "class:2a");
    let path = path.strip_prefix(hub.address()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::with_capacity(512, socket).lines();
    let mut line = async || timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    while !line().await.contains("fresh") {}
    // It reads nothing while megabytes are published.
    let filler = "x".repeat(3_900);
    for number in 0..POSTS {
        hub.post("t-a", "class:2a", &format!("m{number}"), &format!("{number} {filler}")).await;
    }
    let mut numbers = Vec::new();
    let mut fell_behind = false;
    while numbers.len() < POSTS {
        let line = line().await;
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let message: Value = serde_json::from_str(data).unwrap();
        fell_behind |= message["type"] == "behind";
        if message["type"] == "publication" {
            let text = message["body"]["text"].as_str().unwrap();
            numbers.push(text.split(' ').next().unwrap().parse::<usize>().unwrap());
        }
    }
    assert_eq!(numbers, (0..POSTS).collect::<Vec<_>>());
    assert!(fell_behind, "the test publishes more than the outbox and both kernels hold");
}

async fn a_stream_ends_with_the_reason_that_a_socket_is_given(engine: &'static str) {
    let mut hub = Hub::start_on(engine).await;
    let mut stream = Stream::open(&hub, "s-a-00", "class:2a", None).await;
    stream.until("fresh").await;
    assert!(hub.terminate().await);
    let mut last = None;
    while let Some(event) = stream.event().await {
        last = Some(event);
    }
    let last = last.unwrap();
    assert_eq!(last.name.as_deref(), Some("close"));
    let (number, reason) = last.data.split_once(' ').unwrap();
    let reason: Value = serde_json::from_str(reason).unwrap();
    assert_eq!((number, &reason["code"]), ("4100", &Value::from("draining")));
    assert!(reason["retry_ms"].is_array());
}

#[tokio::test]
async fn what_is_no_way_to_open_a_stream_is_refused_and_costs_no_seat() {
    let hub = Hub::start().await;
    let client = reqwest::Client::new();
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let mut codes = Vec::new();
    for address in [
        url(&hub, &seat, "class:2b"),
        url(&hub, &seat, "room:1"),
        url(&hub, &seat, "class:2a") + "&from=yesterday",
        url(&hub, "AAAA", "class:2a"),
    ] {
        let answer = client.get(address).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        codes.push(problem["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes, ["not_allowed", "malformed", "malformed", "seat_invalid"]);
    let head = client.head(url(&hub, &seat, "class:2a")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    let good = client.get(url(&hub, &seat, "class:2a")).send().await.unwrap();
    assert_eq!(good.status(), StatusCode::OK);
    let again = client.get(url(&hub, &seat, "class:2a")).send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap()["code"], "seat_spent");
}

#[tokio::test]
async fn curl_follows_a_class() {
    let hub = Hub::start().await;
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let mut curl = Command::new("curl")
        .args(["--silent", "--no-buffer", &url(&hub, &seat, "class:2a")])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("curl is installed");
    let mut lines = BufReader::new(curl.stdout.take().unwrap()).lines();
    let mut line = async || timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    while !line().await.contains("fresh") {}
    hub.post("t-a", "class:2a", "m1", "Bonjour").await;
    let mut came = BTreeSet::new();
    while came.len() < 2 {
        let line = line().await;
        came.extend(line.starts_with("id: ").then_some("id"));
        came.extend(line.contains(r#""body":{"text":"Bonjour"}"#).then_some("data"));
    }
    curl.kill().await.unwrap();
}
