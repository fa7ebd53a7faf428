//! A server of a peer's kind: a channel is a path, and publications come by WebSocket or by HTTP. It can be told to
//! deliver some of them never or twice.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Message as Frame, WebSocket};

use crate::dialect::plain::Plain;
use crate::dialect::{self, Dialect, Door};

#[derive(Default)]
struct Followers {
    channels: HashMap<String, Vec<WebSocket<TcpStream>>>,
    count: u64,
}

/// The plain dialect with a connection for each publication.
pub(super) const HTTP_ONCE: &str = "http-once";

/// The dialects that this server speaks.
pub(super) fn named(name: &str) -> Option<Box<dyn Dialect>> {
    match name {
        HTTP_ONCE => Some(Box::new(Plain(Door::HttpOnce))),
        name => dialect::named(name),
    }
}

/// Serves until the test ends; each publication is delivered as often as `times` says of its number, and one by HTTP is its
/// connection's last if `is_last`.
pub(super) fn serve(times: fn(u64) -> u8, is_last: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let followers = Arc::new(Mutex::new(Followers::default()));
    let accept = move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let followers = Arc::clone(&followers);
            thread::Builder::new().spawn(move || attend(stream, &followers, times, is_last)).unwrap();
        }
    };
    thread::Builder::new().spawn(accept).unwrap();
    address
}

fn attend(stream: TcpStream, followers: &Mutex<Followers>, times: fn(u64) -> u8, is_last: bool) {
    let mut first = [0; 4];
    while stream.peek(&mut first).unwrap() < first.len() {}
    if &first == b"POST" {
        return publish_by_http(stream, followers, times, is_last);
    }
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "tungstenite's callback")]
    let callback = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    // Registered before the client hears of the upgrade, as a subscription must be.
    let mut held = followers.lock().unwrap();
    let mut socket = tungstenite::accept_hdr(stream, callback).unwrap();
    if let Some(channel) = path.strip_prefix("/follow/") {
        held.channels.entry(channel.to_owned()).or_default().push(socket);
        return;
    }
    drop(held);
    while let Ok(Frame::Text(text)) = socket.read() {
        let (channel, payload) = text.split_once('\n').unwrap();
        deliver(followers, times, channel, payload);
    }
}

fn publish_by_http(stream: TcpStream, followers: &Mutex<Followers>, times: fn(u64) -> u8, is_last: bool) {
    let mut answers = stream.try_clone().unwrap();
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    while requests.read_line(&mut line).unwrap_or(0) > 0 {
        let channel = line.split(['/', ' ']).nth(3).unwrap().to_owned();
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            requests.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut payload = vec![0; length];
        requests.read_exact(&mut payload).unwrap();
        deliver(followers, times, &channel, str::from_utf8(&payload).unwrap());
        answers.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok").unwrap();
        if is_last {
            return;
        }
        line.clear();
    }
}

fn deliver(followers: &Mutex<Followers>, times: fn(u64) -> u8, channel: &str, payload: &str) {
    let mut followers = followers.lock().unwrap();
    let number = followers.count;
    followers.count += 1;
    for follower in followers.channels.get_mut(channel).into_iter().flatten() {
        for _ in 0..times(number) {
            follower.send(Frame::text(payload)).unwrap();
        }
    }
}
