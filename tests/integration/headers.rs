//! What every answer has, whatever was asked, on both listeners: every address of the OpenAPI document and the pages.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::client::PATIENCE;
use crate::support::hub::{Hub, Options};
use crate::support::workspace::{Browser, Seen};

/// Headers that every answer has, with what they begin with.
const SAFE: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "accelerometer=()"),
    ("content-security-policy", "default-src 'none'"),
    ("cache-control", ""),
];

/// What is missing from an answer.
fn missing(seen: &Seen, is_https: bool) -> Vec<String> {
    let value = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut missing: Vec<String> = SAFE
        .iter()
        .filter(|(name, start)| !value(name).is_some_and(|value| value.starts_with(start)))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let policy = value("content-security-policy").unwrap_or_default();
    if !policy.contains("frame-ancestors 'none'") || policy.contains("unsafe-eval") || policy.contains('*') {
        missing.push(format!("a strict policy instead of {policy}"));
    }
    if value("strict-transport-security").is_some() != is_https {
        missing.push("strict-transport-security over https and only there".into());
    }
    for name in ["access-control-allow-origin", "server", "x-powered-by"] {
        missing.extend(value(name).map(|_| format!("no {name}")));
    }
    missing
}

/// Every address with its method, path parameters filled in with something.
fn addresses() -> Vec<(Method, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let filled = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let filled = filled.collect::<Vec<_>>().join("/");
        let names = methods.as_object().unwrap().keys();
        found.extend(names.map(|name| (name.to_uppercase().parse().unwrap(), filled.clone())));
    }
    found
}

async fn all_are_safe(hub: &Hub, is_https: bool) {
    let (inside, secret) = hub.operators();
    let pages = ["/", "/class", "/assets/gone.js", "/v1/nowhere", "/index.html", "/roof.svg"];
    let pages = pages.map(|path| (Method::GET, path.to_owned()));
    let odd = [(Method::DELETE, "/".to_owned()), (Method::PATCH, "/v1/seat".to_owned())];
    let (mut asked, mut faults) = (0, Vec::new());
    for (method, path) in addresses().into_iter().chain(pages).chain(odd) {
        // It would end the hub under test.
        if path == "/v1/operator/drain" {
            continue;
        }
        let token = hub.token("s-a-00");
        for (listener, bearer) in
            [(hub.address(), ""), (hub.address(), &token), (&inside, ""), (&inside, &secret)]
        {
            let bearer = format!("Bearer {bearer}");
            let headers = [("authorization", bearer.as_str())];
            let headers = if bearer.len() > 7 { &headers[..] } else { &[] };
            let url = format!("{listener}{path}");
            let body = (method != Method::GET).then(|| "{}".to_owned());
            let seen = Browser::new().ask(method.clone(), &url, headers, body).await;
            asked += 1;
            faults.extend(
                missing(&seen, is_https)
                    .into_iter()
                    .map(|what| format!("{method} {url} ({}): {what}", seen.status)),
            );
        }
    }
    assert!(faults.is_empty(), "of {asked} answers:\n{}", faults.join("\n"));
    assert!(asked > 200, "the document was walked: {asked}");
}

#[tokio::test]
async fn every_answer_of_both_listeners_is_safe() {
    all_are_safe(&Hub::start().await, false).await;
    let sections = "[login]\npublic_address = \"https://preau.test\"\n".to_owned();
    all_are_safe(&Hub::start_with(Options { sections, ..Options::default() }).await, true).await;
}

#[tokio::test]
async fn over_https_cookies_are_this_hosts_alone() {
    // A provider that does not answer is enough: the browser is sent to the entrance, and its attempt taken back.
    let sections = "[login]\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"preau\"\npublic_address = \"https://preau.test\"\n";
    let hub = Hub::start_with(Options { sections: sections.to_owned(), ..Options::default() }).await;
    let seen = Browser::new().open(&format!("{}/v1/login", hub.address())).await;
    assert_eq!(seen.location.as_deref(), Some("/?login=away"));
    let given = seen.given();
    assert!(given[0].starts_with("__Host-preau-login=;") && given[0].contains("; Secure"), "{given:?}");
}

#[tokio::test]
async fn an_event_stream_has_them_too() {
    let hub = Hub::start().await;
    let seat = hub.seat(&hub.token("s-a-00")).await.unwrap();
    let url = format!("{}/v1/stream?seat={seat}&channel=class:2a", hub.address());
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    for (name, start) in SAFE {
        let value = answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert!(value.starts_with(start), "{name}: {value}");
    }
}

/// What a socket is told that has sent these bytes, until the hub hangs up.
async fn told(listener: &str, sent: &[u8]) -> Seen {
    let mut socket = TcpStream::connect(listener.trim_start_matches("http://")).await.unwrap();
    socket.write_all(sent).await.unwrap();
    let mut bytes = Vec::new();
    // Whether the kernel says end or reset does not matter: what was told has come before.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    // The last answer, if there are several.
    let start = text.rfind("HTTP/1.1 ").unwrap_or_else(|| panic!("nothing was told: {text}"));
    let (head, body) = text[start..].split_once("\r\n\r\n").unwrap();
    let pairs = head.lines().skip(1).map(|line| line.split_once(": ").unwrap());
    let headers: HeaderMap =
        pairs.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Seen { status, location: None, headers, text: body.to_owned() }
}

#[tokio::test]
async fn what_is_told_before_there_is_a_request_is_safe_too() {
    let long = "x".repeat(preau::base::limits::HTTP_HEAD_BYTES_MAX);
    let asked: [(String, u16, &str); 5] = [
        ("nonsense\r\n\r\n".to_owned(), 400, "malformed"),
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(), 400, "malformed"),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(), 400, "malformed"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nFiller: {long}\r\n\r\n"), 431, "too_large"),
        // After a request that was answered.
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n".to_owned(), 400, "malformed"),
    ];
    for is_https in [false, true] {
        let sections = if is_https { "[login]\npublic_address = \"https://preau.test\"\n" } else { "" };
        let hub = Hub::start_with(Options { sections: sections.to_owned(), ..Options::default() }).await;
        for listener in [hub.address().to_owned(), hub.operators().0] {
            for (sent, status, code) in &asked {
                let seen = told(&listener, sent.as_bytes()).await;
                let sent = sent.get(..60).unwrap_or(sent);
                assert_eq!(seen.refusal(), (*status, (*code).to_owned()), "{sent}");
                assert_eq!(missing(&seen, is_https), [""; 0], "{sent}");
            }
        }
    }
}

/// The operators' listener has few places, so that the door is soon crowded by sockets that ask for nothing.
#[tokio::test]
async fn who_is_turned_away_at_the_door_is_told_safely() {
    let hub = Hub::start().await;
    let (inside, _) = hub.operators();
    let mut first = JoinSet::new();
    first.spawn({
        let inside = inside.clone();
        async move { told(&inside, b"GET / HTTP/1.1\r\n").await }
    });
    let mut silent = Vec::new();
    let seen = loop {
        if let Some(seen) = first.try_join_next() {
            break seen.unwrap();
        }
        silent.push(TcpStream::connect(inside.trim_start_matches("http://")).await.unwrap());
        assert!(silent.len() < 1_000, "nobody is turned away");
        tokio::task::yield_now().await;
    };
    assert_eq!(seen.refusal(), (503, "busy".to_owned()));
    assert_eq!(missing(&seen, false), [""; 0]);
}
