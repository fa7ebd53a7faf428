//! An edge that is served on loopback, and the clients' side of its sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::desk::Desk;
use crate::base::drain::{Drain, drain};
use crate::http::accept::{Bounds, listen, serve_within};
use crate::session::Visitor;

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Served {
    pub(super) desk: Desk,
    pub(super) address: SocketAddr,
    pub(super) closing: Drain,
    pub(super) task: tokio::task::JoinSet<std::io::Result<()>>,
}

pub(super) fn start() -> Served {
    start_within(Bounds::default())
}

pub(super) fn start_with_places(connections_max: usize) -> Served {
    start_within(Bounds { connections_max, ..Bounds::default() })
}

pub(super) fn start_within(bounds: Bounds) -> Served {
    let desk = Desk::new();
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = tokio::task::JoinSet::new();
    let (closing, signal) = drain();
    task.spawn(serve_within(bounds, listener, Arc::clone(&desk.edge), desk.router(), signal));
    Served { desk, address, closing, task }
}

pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Reads a response's head.
pub(super) fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(socket.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// How a handshake is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the door: it is as plain as browsers send it.
    Plain,
    /// By hyper: its address has one parameter more.
    Odd,
}

impl Way {
    /// The head of a good handshake.
    pub(super) fn head(self, seat: &str) -> String {
        let more = if self == Self::Odd { "more=1&" } else { "" };
        format!(
            "GET /v1/socket?{more}seat={seat} HTTP/1.1\r\nHost: hub.test\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: preau.v1\r\n\r\n"
        )
    }

    /// Who wrote this answer: hyper's holds the headers that each of its answers has.
    pub(super) fn of(answer: &str) -> Self {
        if answer.to_lowercase().contains("x-content-type-options") { Self::Odd } else { Self::Plain }
    }
}

/// A seat for the pupil.
pub(super) async fn seat(served: &Served) -> String {
    let answer = served.desk.ask("pupil", "POST", "/v1/seat", "").await.json();
    answer["seat"].as_str().unwrap().to_owned()
}

/// Opens a pupil's socket as far as the 101, and sends more at once.
pub(super) async fn upgrade(served: &Served, way: Way, more: &str) -> TcpStream {
    let (address, request) = (served.address, way.head(&seat(served).await) + more);
    blocking(move || {
        let mut client = connect(address);
        client.write_all(request.as_bytes()).unwrap();
        let answer = head(&mut client);
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert_eq!(Way::of(&answer), way);
        client
    })
    .await
}

/// The next socket that reaches the hub, and what was read past its handshake.
pub(super) async fn joined(served: &Served) -> (TcpStream, Bytes, Visitor) {
    let joined = async {
        loop {
            if let Some(joined) = served.desk.hall.visitors.lock().unwrap().pop() {
                return joined;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, joined).await.unwrap()
}

pub(super) async fn end(mut served: Served) {
    served.closing.raise();
    tokio::time::timeout(PATIENCE, served.task.join_next()).await.unwrap().unwrap().unwrap().unwrap();
}
