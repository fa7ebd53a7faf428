//! The usual axum hub, to be compared with: a broadcast channel per room, a task per socket, axum's defaults.
//!
//! It speaks the plain dialect: followers at `/follow/CHANNEL`, and publications as `CHANNEL\nPAYLOAD` at `/publish`.
//! A receiver that lags misses what was overwritten, as in every hub that is built so.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpSocket;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// Connections that wait to be accepted: with tokio's default of 128, a rush waits for lost SYNs instead of the server.
const LISTEN_BACKLOG: u32 = 4_096;
/// Publications of a room that wait for its slowest socket.
const ROOM_MAX: usize = 1_024;

/// The rooms by name.
type Rooms = Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(LISTEN_BACKLOG)?;
    writeln!(io::stdout(), "port {}", listener.local_addr()?.port())?;
    let hub = Router::new().route("/follow/{channel}", get(follow)).route("/publish", get(publish));
    axum::serve(listener, hub.with_state(Rooms::default())).await
}

async fn follow(
    upgrade: WebSocketUpgrade,
    Path(channel): Path<String>,
    State(rooms): State<Rooms>,
) -> Response {
    // Before the 101, so that who is answered misses nothing.
    let receiver = room(&rooms, &channel).subscribe();
    upgrade.on_upgrade(|socket| deliver(socket, receiver))
}

async fn deliver(mut socket: WebSocket, mut receiver: Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            published = receiver.recv() => match published {
                Ok(payload) => if socket.send(Message::Text(payload)).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
        }
    }
}

async fn publish(upgrade: WebSocketUpgrade, State(rooms): State<Rooms>) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if let Message::Text(text) = message
                && let Some((channel, payload)) = text.split_once('\n')
            {
                // Nobody may be following.
                let _ = room(&rooms, channel).send(payload.into());
            }
        }
    })
}

fn room(rooms: &Rooms, channel: &str) -> Sender<Utf8Bytes> {
    let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
    rooms.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(ROOM_MAX).0).clone()
}
