//! HTTP connections: what the door passes on, each in a task that is owned here.
//!
//! A connection that does not send a whole request head within the handshake deadline is closed, also between two
//! requests, and so is one that takes no byte of its answer for the request deadline. At most
//! [`limits::HTTP_CONNECTIONS_MAX`] are open, those at the door counted; more wait in the kernel's backlog. When three
//! quarters are taken each answer closes its connection: in a morning's storm nobody waits for those who rest between
//! requests. An upgraded socket leaves for the hub and no longer counts here.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Parts};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::door::{Door, Newcomer};
use super::edge::{Edge, router};
use super::leaving::LeavingSlot;
use super::login::Peer;
use super::operations;
use super::places::{Place, Places};
use super::stream::Stream;
use super::wording::Worded;
use crate::base::drain::DrainSignal;
use crate::base::limits;

/// Begins to listen.
///
/// # Errors
/// The kernel's, for instance because the address is taken.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A restart must not wait for the previous process's connections to leave TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(limits::HTTP_BACKLOG)?;
    Ok(socket.into())
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
///
/// # Errors
/// The operating system's, when it gives no thread or readiness queue, or sockets can't be watched any longer.
pub async fn serve(
    listener: TcpListener,
    connections_max: usize,
    edge: Arc<Edge>,
    closing: DrainSignal,
) -> io::Result<()> {
    let bounds = Bounds { connections_max, ..Bounds::default() };
    let router = router(Arc::clone(&edge));
    serve_within(bounds, listener, edge, router, closing).await
}

/// The same on the operators' listener, where few connections are enough.
///
/// # Errors
/// As for [`serve`].
pub async fn serve_operators(listener: TcpListener, edge: Arc<Edge>, closing: DrainSignal) -> io::Result<()> {
    let bounds = Bounds { connections_max: limits::OPERATOR_CONNECTIONS_MAX, ..Bounds::default() };
    let router = operations::router(Arc::clone(&edge));
    serve_within(bounds, listener, edge, router, closing).await
}

pub(super) async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    edge: Arc<Edge>,
    router: Router,
    mut closing: DrainSignal,
) -> io::Result<()> {
    let (sender, mut newcomers) = mpsc::channel(bounds.connections_max);
    let (door, places, closer) = Door::new(listener, Arc::clone(&edge), bounds.connections_max, sender)?;
    let thread = thread::Builder::new().name("preau-door".into()).spawn(move || door.run())?;
    let mut open =
        Open { router, edge, closing: closing.clone(), places, bounds, connections: JoinSet::new() };
    loop {
        tokio::select! {
            biased;
            () = closing.raised() => break,
            newcomer = newcomers.recv() => match newcomer {
                Some(newcomer) => open.take(newcomer),
                None => break,
            },
            Some(ended) = open.connections.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    tracing::error!("an HTTP connection's task panicked");
                }
            }
        }
    }
    closer.close();
    // The thread holds the sender: when it has ended, so has the queue.
    while let Some(newcomer) = newcomers.recv().await {
        open.take(newcomer);
    }
    open.end().await;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the door's thread panicked")))
}

/// The connections that are open, and what each of them needs.
struct Open {
    router: Router,
    edge: Arc<Edge>,
    closing: DrainSignal,
    places: Places,
    bounds: Bounds,
    connections: JoinSet<()>,
}

impl Open {
    fn take(&mut self, newcomer: Newcomer) {
        let Newcomer { socket, read, place } = newcomer;
        // Answers are whole frames: waiting to join them only delays them. A socket that refuses is about to end.
        let _ = socket.set_nodelay(true);
        let Ok(socket) = TcpStream::from_std(socket) else {
            return tracing::warn!("a socket could not be watched and was closed");
        };
        let connection = Connection {
            router: self.router.clone(),
            edge: Arc::clone(&self.edge),
            closing: self.closing.clone(),
            places: self.places.clone(),
            place,
            peer: socket.peer_addr().ok().map(|peer| Peer(peer.ip())),
        };
        self.connections.spawn(connection.run(Stream::new(socket, read, self.bounds.write_deadline)));
    }

    async fn end(mut self) {
        let ended = async { while self.connections.join_next().await.is_some() {} };
        if tokio::time::timeout(limits::HTTP_DRAIN_DEADLINE, ended).await.is_err() {
            tracing::warn!(open = self.connections.len(), "HTTP connections were cut");
            self.connections.shutdown().await;
        }
    }
}

/// One HTTP connection.
struct Connection {
    router: Router,
    edge: Arc<Edge>,
    closing: DrainSignal,
    places: Places,
    place: Place,
    peer: Option<Peer>,
}

impl Connection {
    async fn run(self, stream: Stream<TcpStream>) {
        let slot = LeavingSlot::default();
        let service = service_fn({
            let (router, slot) = (self.router, slot.clone());
            let (places, drain, peer) = (self.places, self.edge.parts.drain.clone(), self.peer);
            move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(slot.clone());
                if let Some(peer) = peer {
                    request.extensions_mut().insert(peer);
                }
                let answer = router.clone().oneshot(request);
                let (places, drain) = (places.clone(), drain.clone());
                Box::pin(async move {
                    let mut answer = answer.await?;
                    // Asking again should be asking another hub, or leave the place to another client.
                    let is_last = drain.is_raised() || places.are_scarce();
                    if is_last && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                        let close = HeaderValue::from_static("close");
                        answer.headers_mut().insert(header::CONNECTION, close);
                    }
                    Ok::<_, Infallible>(answer)
                })
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits::HANDSHAKE_DEADLINE)
            .max_buf_size(limits::HTTP_HEAD_BYTES_MAX);
        let stream = Worded::new(stream, self.edge.parts.is_https);
        let mut connection = http.serve_connection(TokioIo::new(stream), service);
        let mut closing = self.closing;
        let lifetime = tokio::time::timeout(limits::HTTP_CONNECTION_LIFETIME, closing.raised());
        let ended = tokio::select! {
            ended = poll_fn(|cx| served(Pin::new(&mut connection).poll(cx), &slot)) => Some(ended),
            // Drained, or at the end of its life: the request in hand is answered, the next one goes elsewhere.
            _ = lifetime => {
                Pin::new(&mut connection).graceful_shutdown();
                let last = poll_fn(|cx| served(Pin::new(&mut connection).poll(cx), &slot));
                tokio::time::timeout(limits::HTTP_REQUEST_DEADLINE, last).await.ok()
            }
        };
        if let Some(Err(error)) = &ended {
            tracing::debug!(%error, "an HTTP connection failed");
        }
        let Parts { io, read_buf, .. } = connection.into_parts();
        let stream = io.into_inner().into_inner();
        match (slot.take(), ended) {
            (Some(leaving), Some(Ok(()))) => leaving.hand_over(&self.edge, stream, read_buf),
            // The answer has not gone out, and never will.
            (Some(leaving), _) => leaving.give_up(&self.edge),
            (None, _) => {}
        }
        drop(self.place);
    }
}

/// How far a connection is served: to its end, or to a request that the hub answers. There HTTP has nothing left to
/// write, unless its client asked again before it was answered.
fn served(polled: Poll<hyper::Result<()>>, slot: &LeavingSlot) -> Poll<hyper::Result<()>> {
    if polled.is_pending() && slot.is_for_the_hub() { Poll::Ready(Ok(())) } else { polled }
}
