//! An endpoint for tests: real HTTP on a socket of loopback. It checks signatures as any other back end would, apart from the
//! hub's own code, keeps what it was told, and can be told to misbehave.

use std::collections::VecDeque;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the endpoint does with the next requests.
#[derive(Debug, Clone)]
pub(crate) enum Mood {
    /// Answers with a code, and keeps nothing.
    Answers(u16),
    /// Keeps the event, and answers 500 all the same.
    ForgetsToSay,
    /// Asks to be left alone for so many seconds.
    IsBusy(u32),
    /// Leads elsewhere.
    Redirects(String),
    /// Never answers.
    Hangs,
}

/// One request that was signed as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
    /// Whether the event was kept.
    pub(crate) is_kept: bool,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Books {
    told: Vec<Told>,
    unsigned: usize,
    moods: VecDeque<Mood>,
}

struct Desk {
    secret: String,
    books: Mutex<Books>,
    counting: watch::Sender<usize>,
}

/// An endpoint that runs until it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    desk: Arc<Desk>,
    _serving: JoinSet<()>,
}

/// Whether a message bears the signature of a secret: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks).
pub(crate) fn is_signed(secret: &str, (id, timestamp, signature): (&str, &str, &str), body: &str) -> bool {
    let Some(bytes) = secret.strip_prefix("whsec_").and_then(|encoded| STANDARD.decode(encoded).ok()) else {
        return false;
    };
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &bytes);
    let signed = format!("{id}.{timestamp}.{body}");
    signature
        .split(' ')
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|tag| aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &tag).is_ok())
}

impl Receiver {
    /// Starts on a free port.
    pub(crate) async fn start(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (counting, _) = watch::channel(0);
        let desk = Arc::new(Desk { secret: secret.to_owned(), books: Mutex::default(), counting });
        let app = Router::new().fallback(take).with_state(Arc::clone(&desk));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, desk, _serving: serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/in", self.address)
    }

    /// Adds a mood for the next so many requests.
    pub(crate) fn set_mood(&self, mood: &Mood, requests: usize) {
        self.desk.books.lock().unwrap().moods.extend(std::iter::repeat_n(mood.clone(), requests));
    }

    /// Whether a mood has not been shown yet.
    pub(crate) fn has_moods(&self) -> bool {
        !self.desk.books.lock().unwrap().moods.is_empty()
    }

    /// Every signed request so far, in its order.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.desk.books.lock().unwrap().told.clone()
    }

    /// What was kept, in its order, each id once.
    pub(crate) fn kept(&self) -> Vec<Told> {
        let mut kept: Vec<Told> = Vec::new();
        for told in self.told().into_iter().filter(|told| told.is_kept) {
            if !kept.iter().any(|other| other.id == told.id) {
                kept.push(told);
            }
        }
        kept
    }

    /// Requests that nobody signed.
    pub(crate) fn unsigned(&self) -> usize {
        self.desk.books.lock().unwrap().unsigned
    }

    /// Waits until so many requests have come.
    pub(crate) async fn wait_for(&self, requests: usize, patience: Duration) {
        let mut count = self.desk.counting.subscribe();
        let came = tokio::time::timeout(patience, count.wait_for(|count| *count >= requests)).await;
        let told = self.told();
        assert!(came.is_ok(), "{} of {requests} came: {told:#?}", told.len());
    }
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let (id, timestamp, signature) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let body = String::from_utf8_lossy(&body).into_owned();
    let mood = {
        let mut books = desk.books.lock().unwrap();
        if !is_signed(&desk.secret, (&id, &timestamp, &signature), &body) {
            books.unsigned += 1;
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let mood = books.moods.pop_front();
        let is_kept = matches!(mood, None | Some(Mood::ForgetsToSay));
        books.told.push(Told { id, timestamp, signature, body, is_kept });
        desk.counting.send_modify(|count| *count += 1);
        mood
    };
    match mood {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Mood::Answers(code)) => StatusCode::from_u16(code).unwrap().into_response(),
        Some(Mood::ForgetsToSay) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Mood::IsBusy(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Some(Mood::Redirects(to)) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Some(Mood::Hangs) => pending().await,
    }
}
