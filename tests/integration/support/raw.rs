//! A WebSocket client that may break every rule: bytes in, frames out, over a bare TCP stream.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::PATIENCE;
use super::hub::Hub;

/// A handshaken connection.
pub(crate) struct Raw {
    stream: TcpStream,
}

/// A frame as a server sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// The first byte: FIN, reserved bits, opcode.
    pub(crate) first: u8,
    /// What it carries.
    pub(crate) payload: Vec<u8>,
}

/// A client's frame: masked, with a length in its shortest form.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        medium @ 126..=0xFFFF => {
            bytes.push(0x80 + 126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(0x80 + 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    let mask = [0x1A, 0x2B, 0x3C, 0x4D];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A client's close frame.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend(reason);
    frame(0x88, &payload)
}

impl Raw {
    /// Shakes hands by hand and reads the welcome.
    pub(crate) async fn join(hub: &Hub, account: &str) -> Self {
        let seat = hub.seat(&hub.token(account)).await.unwrap();
        let host = hub.address().trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!(
            "GET /v1/socket?seat={seat} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: chat, preau.v1\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        // The answer to the key of RFC 6455 §1.3.
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        assert!(head.contains("sec-websocket-protocol: preau.v1"), "{head}");
        let mut raw = Self { stream };
        assert_eq!(raw.next().await.map(|frame| frame.first), Some(0x81), "the welcome");
        raw
    }

    /// Sends bytes as they are; a hub that has hung up already is no error.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next frame, or nothing once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Received> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("the hub says something or hangs up")
    }

    async fn read(&mut self) -> Option<Received> {
        let first = self.stream.read_u8().await.ok()?;
        let length = self.stream.read_u8().await.ok()?;
        assert_eq!(length & 0x80, 0, "a server never masks");
        let length = match length {
            126 => u64::from(self.stream.read_u16().await.ok()?),
            127 => self.stream.read_u64().await.ok()?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some(Received { first, payload })
    }

    /// The code of the close frame that comes next, skipping other frames; 1006 if the stream ends without one.
    pub(crate) async fn close_code(&mut self) -> u16 {
        while let Some(frame) = self.next().await {
            if frame.first == 0x88 {
                let code = frame.payload.first_chunk::<2>();
                return code.map_or(1005, |code| u16::from_be_bytes(*code));
            }
        }
        1006
    }
}
