//! As much of a hub as pupils need: seats, `welcome`, subscriptions from a position, and a log per channel that is
//! replayed from there. It knows no rights but one: what is for teachers alone does not go to students.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Message as Frame, WebSocket};

use super::{ClientFrame, From, Position};
use crate::wire::{Body, Role};

/// An Ed25519 key for tests, as PKCS #8 in base64 (RFC 8410 §10.3).
pub(super) const KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";

/// A socket that several threads write to.
type Shared = Arc<Mutex<WebSocket<TcpStream>>>;

#[derive(Default)]
struct Hub {
    logs: HashMap<String, Vec<Entry>>,
    subscribers: Vec<(u64, String, bool, Shared)>,
    sessions: u64,
    /// Who was refused once.
    refused: HashSet<String>,
}

struct Entry {
    message_id: String,
    text: String,
    is_for_teachers: bool,
}

/// A hub that serves until the test ends.
pub(super) struct Served {
    /// Where.
    pub(super) address: SocketAddr,
    seat_lines: Arc<AtomicUsize>,
}

impl Served {
    /// Connections on which seats were asked for so far.
    pub(super) fn seat_lines(&self) -> usize {
        self.seat_lines.load(Ordering::SeqCst)
    }
}

/// What everybody is answered who asks for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// A seat.
    Seat,
    /// To wait, with a ticket, which is to be shown.
    Wait,
    /// To wait, whatever is shown.
    WaitOn,
    /// To come 50 ms later, when a window opens.
    Suspended,
    /// To come 50 ms later.
    Later,
}

/// Begins to serve.
pub(super) fn serve() -> Served {
    serve_with(First::Seat)
}

/// The same, with another first answer.
pub(super) fn serve_with(first: First) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let hub = Arc::new(Mutex::new(Hub::default()));
    let seat_lines = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seat_lines);
    let accept = move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (hub, counted) = (Arc::clone(&hub), Arc::clone(&counted));
            thread::Builder::new().spawn(move || attend(stream, &hub, &counted, first)).unwrap();
        }
    };
    thread::Builder::new().spawn(accept).unwrap();
    Served { address, seat_lines }
}

fn attend(stream: TcpStream, hub: &Mutex<Hub>, seat_lines: &AtomicUsize, answer: First) {
    let mut first = [0; 4];
    while stream.peek(&mut first).is_ok_and(|count| (1..first.len()).contains(&count)) {}
    if &first == b"POST" {
        seat_lines.fetch_add(1, Ordering::SeqCst);
        give_seats(stream, hub, answer);
    } else {
        talk(stream, hub);
    }
}

/// A seat is the token's claims, so that the socket knows whose it is; so is a ticket.
fn give_seats(stream: TcpStream, hub: &Mutex<Hub>, first: First) {
    let mut answers = stream.try_clone().unwrap();
    let (mut seat, mut line, mut length) = (String::new(), String::new(), 0);
    let mut requests = BufReader::new(stream);
    while requests.read_line(&mut line).unwrap_or(0) > 0 {
        if let Some(token) = line.strip_prefix("Authorization: Bearer ") {
            token.split('.').nth(1).unwrap().clone_into(&mut seat);
        }
        if let Some(bytes) = line.strip_prefix("Content-Length: ") {
            length = bytes.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut shown = vec![0; length];
            requests.read_exact(&mut shown).unwrap();
            let is_first = match first {
                First::Seat => false,
                First::WaitOn => true,
                First::Wait => shown != json!({"ticket": seat}).to_string().as_bytes(),
                First::Suspended | First::Later => hub.lock().unwrap().refused.insert(seat.clone()),
            };
            let (status, body) = answer(if is_first { first } else { First::Seat }, &seat);
            let answer = format!("{status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            write!(answers, "HTTP/1.1 {answer}").unwrap();
        }
        line.clear();
    }
}

fn answer(first: First, seat: &str) -> (&'static str, String) {
    let (status, body) = match first {
        First::Seat => ("200 OK", json!({"seat": seat, "url": "/v1/socket", "expires_in_ms": 30_000})),
        First::Wait | First::WaitOn => {
            ("202 Accepted", json!({"ticket": seat, "ahead": 1, "retry_after_ms": 50, "load": 1}))
        }
        First::Suspended => (
            "403 Forbidden",
            json!({"code": "suspended", "suspended": true, "opens_at": 1_050, "school_time": 1_000}),
        ),
        First::Later => ("503 Service Unavailable", json!({"code": "closed", "retry_after_ms": 50})),
    };
    (status, body.to_string())
}

fn talk(stream: TcpStream, hub: &Mutex<Hub>) {
    // The reading side has a handle of its own, so that others can write meanwhile.
    let reading = stream.try_clone().unwrap();
    let mut is_teacher = false;
    #[expect(clippy::result_large_err, reason = "tungstenite's callback")]
    let callback = |request: &Request, mut response: Response| {
        let seat = request.uri().query().unwrap_or_default().strip_prefix("seat=").unwrap();
        let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, seat).unwrap();
        is_teacher = str::from_utf8(&claims).unwrap().contains(r#""sub":"t-"#);
        let protocol = request.headers()["sec-websocket-protocol"].clone();
        response.headers_mut().insert("sec-websocket-protocol", protocol);
        Ok(response)
    };
    let Ok(mut socket) = tungstenite::accept_hdr(stream, callback) else { return };
    let limits = json!({"message_bytes":1,"subscriptions":1,"last":1,"messages_per_second":1,"publishes_per_second":1,
        "heartbeat_ms":1,"idle_ms":1});
    let welcome = json!({"type":"welcome","protocol":"preau.v1","session":1,"account":"a","role":"student",
        "server_time":1,"school_time":1,"token_expires_at":1,"limits":limits});
    let _ = socket.send(Frame::text(welcome.to_string()));
    let writing = Arc::new(Mutex::new(socket));
    let session = {
        let mut hub = hub.lock().unwrap();
        hub.sessions += 1;
        hub.sessions
    };
    let mut socket = WebSocket::from_raw_socket(reading, tungstenite::protocol::Role::Server, None);
    while let Ok(Frame::Text(text)) = socket.read() {
        hub.lock().unwrap().hear(session, is_teacher, &writing, serde_json::from_str(&text).unwrap());
    }
    hub.lock().unwrap().subscribers.retain(|(number, ..)| *number != session);
}

impl Hub {
    fn hear(&mut self, session: u64, is_teacher: bool, socket: &Shared, frame: ClientFrame) {
        match frame {
            ClientFrame::Subscribe { id, channel, from } => {
                let log = self.logs.entry(channel.clone()).or_default();
                let (kind, offset) = match from {
                    From::Position(Position { offset, .. }) => ("resumed", usize::try_from(offset).unwrap()),
                    _ => ("fresh", log.len()),
                };
                say(socket, &json!({"type":kind,"id":id,"channel":channel,"position":position(offset)}));
                for (place, entry) in log.iter().enumerate().skip(offset) {
                    if is_teacher || !entry.is_for_teachers {
                        say(socket, &publication(&channel, place + 1, entry));
                    }
                }
                self.subscribers.push((session, channel, is_teacher, Arc::clone(socket)));
            }
            ClientFrame::Publish { id, channel, message_id, audience, body, .. } => {
                let log = self.logs.entry(channel.clone()).or_default();
                let known = log.iter().position(|entry| entry.message_id == message_id);
                let offset = known.map_or(log.len(), |place| place) + 1;
                let answer = json!({"type":"published","id":id,"channel":channel,"message_id":message_id,
                    "position":position(offset),"duplicate":known.is_some()});
                say(socket, &answer);
                if known.is_none() {
                    let Body::Post { text, .. } = body else { panic!("a post") };
                    let is_for_teachers = audience.is_some_and(|audience| audience == [Role::Teacher]);
                    log.push(Entry { message_id, text, is_for_teachers });
                    self.fan_out(&channel, offset);
                }
            }
            // A lesson stands in the log, and nobody is owed what it says.
            ClientFrame::Lesson { id, channel, message_id, .. } => say(
                socket,
                &json!({"type":"published","id":id,"channel":channel,"message_id":message_id,
                    "position":position(0),"duplicate":false}),
            ),
            other => panic!("{other:?}"),
        }
    }

    fn fan_out(&self, channel: &str, offset: usize) {
        let entry = &self.logs[channel][offset - 1];
        let text = publication(channel, offset, entry);
        for (_, followed, is_teacher, socket) in &self.subscribers {
            if followed == channel && (*is_teacher || !entry.is_for_teachers) {
                say(socket, &text);
            }
        }
    }
}

fn say(socket: &Mutex<WebSocket<TcpStream>>, frame: &serde_json::Value) {
    // Whose line was cut hears it later, from the log.
    let _ = socket.lock().unwrap().send(Frame::text(frame.to_string()));
}

fn position(offset: usize) -> serde_json::Value {
    json!({"epoch":"e","offset":offset})
}

fn publication(channel: &str, offset: usize, entry: &Entry) -> serde_json::Value {
    json!({"type":"publication","channel":channel,"position":position(offset),"kind":"post","author":"a",
        "message_id":entry.message_id,"audience":["teacher"],"published_at":1,"body":{"text":entry.text}})
}
