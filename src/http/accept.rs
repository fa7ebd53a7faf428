//! The accept loop: sockets in, HTTP connections out, each in a task that the loop owns.
//!
//! A connection that does not send a whole request head within the handshake deadline is closed, also between two
//! requests, and so is one that takes no byte of its answer for the request deadline. At most [`limits::HTTP_CONNECTIONS_MAX`] are open; more wait in the kernel's backlog. When three quarters
//! are taken each answer closes its connection: in a morning's storm nobody waits for those who rest between requests.
//! An upgraded socket leaves this file for the hub and no longer counts here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::edge::{Edge, router};
use super::socket::UpgradeSlot;
use super::stream::Stream;
use crate::base::drain::DrainSignal;
use crate::base::limits;

/// How long the loop rests when the kernel gives no socket, for instance because the open-file limit is reached.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Begins to listen.
///
/// # Errors
/// The kernel's, for instance because the address is taken.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the previous process's connections to leave TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::HTTP_BACKLOG)
}

/// What all connections together, and each of them, may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) connections_max: usize,
    pub(super) write_deadline: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections_max: limits::HTTP_CONNECTIONS_MAX, write_deadline: limits::HTTP_WRITE_DEADLINE }
    }
}

/// Serves until `closing` is raised and every connection has ended, or been cut. When the edge's own drain is raised
/// before that, connections are still taken, to be told so.
pub async fn serve(listener: TcpListener, edge: Arc<Edge>, closing: DrainSignal) {
    serve_within(Bounds::default(), listener, edge, closing).await;
}

pub(super) async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    edge: Arc<Edge>,
    mut closing: DrainSignal,
) {
    let router = router(Arc::clone(&edge));
    let room = Arc::new(Semaphore::new(bounds.connections_max));
    let mut connections = JoinSet::new();
    while let Some((socket, permit)) = next(&listener, &room, &mut connections, &mut closing).await {
        let connection = Connection {
            router: router.clone(),
            edge: Arc::clone(&edge),
            closing: closing.clone(),
            room: Room { all: Arc::clone(&room), scarce_below: bounds.connections_max / 4, permit },
        };
        connections.spawn(connection.run(Stream::new(socket, bounds.write_deadline)));
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits::HTTP_DRAIN_DEADLINE, ended).await.is_err() {
        tracing::warn!(open = connections.len(), "HTTP connections were cut");
        connections.shutdown().await;
    }
}

/// The next socket and its place among the connections; `None` once closing. Reaps connections that ended meanwhile.
async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    connections: &mut JoinSet<()>,
    closing: &mut DrainSignal,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    loop {
        tokio::select! {
            biased;
            () = closing.raised() => return None,
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    tracing::error!("an HTTP connection's task panicked");
                }
            }
            accepted = accept(listener, room) => match accepted {
                Ok(accepted) => return Some(accepted),
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    // Nothing else says when the kernel has room again.
                    let _ = tokio::time::timeout(ACCEPT_REST, closing.raised()).await;
                }
            },
        }
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (socket, _) = listener.accept().await?;
    // Answers are whole frames: waiting to join them only delays them. A socket that refuses is about to end.
    let _ = socket.set_nodelay(true);
    Ok((socket, permit))
}

/// One HTTP connection.
struct Connection {
    router: Router,
    edge: Arc<Edge>,
    closing: DrainSignal,
    room: Room,
}

/// A connection's place among the others.
struct Room {
    all: Arc<Semaphore>,
    scarce_below: usize,
    permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(mut self, stream: Stream<TcpStream>) {
        let slot = UpgradeSlot::default();
        let service = service_fn({
            let (router, slot) = (self.router, slot.clone());
            let (room, scarce_below) = (Arc::clone(&self.room.all), self.room.scarce_below);
            let drain = self.edge.parts.drain.clone();
            move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(slot.clone());
                let answer = router.clone().oneshot(request);
                let (room, drain) = (Arc::clone(&room), drain.clone());
                async move {
                    let mut answer = answer.await?;
                    // Asking again should be asking another hub, or leave the place to another client.
                    let is_last = drain.is_raised() || room.available_permits() < scarce_below;
                    if is_last && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                        let close = HeaderValue::from_static("close");
                        answer.headers_mut().insert(header::CONNECTION, close);
                    }
                    Ok::<_, Infallible>(answer)
                }
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits::HANDSHAKE_DEADLINE)
            .max_buf_size(limits::HTTP_HEAD_BYTES_MAX);
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut connection = pin!(connection);
        let lifetime = tokio::time::timeout(limits::HTTP_CONNECTION_LIFETIME, self.closing.raised());
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            // Drained, or at the end of its life: the request in hand is answered, the next one goes elsewhere.
            _ = lifetime => {
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(limits::HTTP_REQUEST_DEADLINE, connection).await.ok()
            }
        };
        if let Some(Err(error)) = &ended {
            tracing::debug!(%error, "an HTTP connection failed");
        }
        if let Some(waiting) = slot.take() {
            match ended {
                Some(Ok(())) => waiting.hand_over(&self.edge).await,
                // The answer has not gone out, and never will.
                Some(Err(_)) | None => waiting.give_up(&self.edge),
            }
        }
        drop(self.room.permit);
    }
}
