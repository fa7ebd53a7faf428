//! A client that knows the wire and nothing of the hub's code: `tokio-tungstenite` and JSON values.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::hub::Hub;

/// How long anything may take before a test gives up; far beyond what it takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// One connection to the hub.
pub(crate) struct Client {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
    /// Frames that came while another was waited for, in order.
    kept: VecDeque<Value>,
    /// What the hub said first.
    pub(crate) welcome: Value,
}

/// How a connection ended, as its client saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// A close frame with this code and reason.
    Closed(u16, String),
    /// No close frame.
    Lost,
}

impl Client {
    /// Asks for a seat and connects.
    pub(crate) async fn join(hub: &Hub, account: &str) -> Self {
        Self::try_join(hub, &hub.token(account))
            .await
            .unwrap_or_else(|error| panic!("{account} can't join: {error}"))
    }

    /// The same with a token of one's own.
    pub(crate) async fn try_join(hub: &Hub, token: &str) -> Result<Self, String> {
        let seat = hub.seat(token).await?;
        let mut request = hub.socket_url(&seat).into_client_request().map_err(|error| error.to_string())?;
        let protocol = "preau.v1".parse().map_err(|_| "no header")?;
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let connected =
            tokio::time::timeout(PATIENCE, connect_async(request)).await.map_err(|_| "no answer")?;
        let (stream, _) = connected.map_err(|error| error.to_string())?;
        let mut client = Self { stream, next_id: 1, kept: VecDeque::new(), welcome: Value::Null };
        client.welcome = client.frame().await.map_err(|end| format!("no welcome: {end:?}"))?;
        assert_eq!(client.welcome["type"], "welcome");
        Ok(client)
    }

    /// Sends any JSON.
    pub(crate) async fn send(&mut self, message: &Value) {
        self.try_send(message).await.expect("the hub takes a message");
    }

    /// Sends any JSON, unless the connection is gone.
    pub(crate) async fn try_send(&mut self, message: &Value) -> Result<(), End> {
        self.stream.send(Message::text(message.to_string())).await.map_err(|_| End::Lost)
    }

    /// Sends a raw WebSocket message.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("the hub takes a message");
    }

    /// The next frame, or how the connection ended.
    pub(crate) async fn frame(&mut self) -> Result<Value, End> {
        if let Some(frame) = self.kept.pop_front() {
            return Ok(frame);
        }
        self.read().await
    }

    async fn read(&mut self) -> Result<Value, End> {
        loop {
            let next =
                tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("the hub says something");
            match next {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("frames are JSON"));
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err(End::Closed(close.code.into(), close.reason.to_string()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(End::Lost),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that fits, keeping the others for later.
    pub(crate) async fn wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        self.try_wait_for(fits)
            .await
            .unwrap_or_else(|end| panic!("the connection ended while waiting: {end:?}"))
    }

    /// The same, or how the connection ended.
    pub(crate) async fn try_wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Result<Value, End> {
        if let Some(place) = self.kept.iter().position(&fits) {
            return Ok(self.kept.remove(place).unwrap_or_default());
        }
        loop {
            let frame = self.read().await?;
            if fits(&frame) {
                return Ok(frame);
            }
            self.kept.push_back(frame);
        }
    }

    /// The next frame of a type.
    pub(crate) async fn wait_type(&mut self, kind: &str) -> Value {
        self.wait_for(|frame| frame["type"] == kind).await
    }

    /// Sends a request with a fresh id and returns its answer.
    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        self.try_ask(request)
            .await
            .unwrap_or_else(|end| panic!("the connection ended before the answer: {end:?}"))
    }

    /// The same, or how the connection ended.
    pub(crate) async fn try_ask(&mut self, mut request: Value) -> Result<Value, End> {
        let id = self.next_id;
        self.next_id += 1;
        request["id"] = json!(id);
        self.try_send(&request).await?;
        self.try_wait_for(|frame| frame["id"] == id).await
    }

    /// Follows a channel.
    pub(crate) async fn subscribe(&mut self, channel: &str, from: Value) -> Value {
        self.ask(json!({"type": "subscribe", "channel": channel, "from": from})).await
    }

    /// Posts a text.
    pub(crate) async fn post(&mut self, channel: &str, message_id: &str, text: &str) -> Value {
        self.ask(post(channel, message_id, text)).await
    }

    /// How the connection ends, skipping whatever comes before.
    pub(crate) async fn end(&mut self) -> End {
        loop {
            if let Err(end) = self.frame().await {
                return end;
            }
        }
    }

    /// Everything that came up to the answer to a ping: what was on its way has then arrived.
    pub(crate) async fn drain(&mut self) -> Vec<Value> {
        self.ask(json!({"type": "ping"})).await;
        self.kept.drain(..).collect()
    }
}

/// A publish request without its id.
pub(crate) fn post(channel: &str, message_id: &str, text: &str) -> Value {
    json!({"type": "publish", "channel": channel, "kind": "post", "message_id": message_id, "body": {"text": text}})
}

/// The texts of the publications among some frames.
pub(crate) fn texts(frames: &[Value]) -> Vec<String> {
    frames
        .iter()
        .filter(|frame| frame["type"] == "publication")
        .map(|frame| frame["body"]["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}
