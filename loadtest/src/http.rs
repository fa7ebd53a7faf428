//! The little HTTP/1.1 that a client of ours speaks: asking for seats, upgrading, publishing. Pure: bytes in, bytes out.

use std::fmt::Write as _;
use std::net::SocketAddr;

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

const HEADERS_MAX: usize = 32;

/// An answer at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// Seconds of `Retry-After`.
    pub(crate) retry_after_s: Option<u64>,
    /// `Sec-WebSocket-Accept`.
    pub(crate) accept: Option<&'a [u8]>,
    /// Whether the connection ends with it.
    pub(crate) is_last: bool,
    /// The body.
    pub(crate) body: &'a [u8],
    /// How many bytes head and body took.
    pub(crate) taken: usize,
}

/// Why bytes are no answer that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// Not HTTP/1.1.
    #[error("not_http")]
    NotHttp,
    /// A length that can't be known beforehand: no server that we measure sends it.
    #[error("chunked")]
    Chunked,
}

/// The first answer, if all of it is there.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<Answer<'_>>, AnswerError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(bytes).map_err(|_| AnswerError::NotHttp)? else {
        return Ok(None);
    };
    let find = |name: &str| {
        let mut found = head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        found.next().map(|header| header.value)
    };
    let number =
        |name: &str| find(name).and_then(|value| str::from_utf8(value).ok()?.trim().parse::<u64>().ok());
    if find("transfer-encoding").is_some() {
        return Err(AnswerError::Chunked);
    }
    let status = head.code.unwrap_or(0);
    let body_bytes = number("content-length").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let is_last = find("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
    let (retry_after_s, accept) = (number("retry-after"), find("sec-websocket-accept"));
    let body = bytes.get(length..length.saturating_add(body_bytes));
    let answer = |body| Answer { status, retry_after_s, accept, is_last, body, taken: length + body_bytes };
    Ok(body.map(answer))
}

/// How this worker's upgrades look. The key is the same in all of them: it is no secret, only a proof that the server
/// has read it (RFC 6455 §1.3).
#[derive(Debug)]
pub(crate) struct Upgrader {
    host: SocketAddr,
    key: String,
    accept: String,
}

impl Upgrader {
    /// For a server.
    pub(crate) fn new(host: SocketAddr) -> Self {
        let key = generate_key();
        Self { host, accept: derive_accept_key(key.as_bytes()), key }
    }

    /// Appends an upgrade request.
    pub(crate) fn request(&self, out: &mut Vec<u8>, path: &str, subprotocol: Option<&str>) {
        let Self { host, key, .. } = self;
        let mut text = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        );
        if let Some(subprotocol) = subprotocol {
            let _ = write!(text, "Sec-WebSocket-Protocol: {subprotocol}\r\n");
        }
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Appends a request for a seat, with what its asker has to show: a ticket, or what was said to it when it was here.
    pub(crate) fn seat(&self, out: &mut Vec<u8>, token: &str, ticket: Option<&str>, resume: Option<&str>) {
        let host = self.host;
        // Neither holds what JSON would have to escape: both are base64 with points.
        let field = |name: &str, value: Option<&str>| value.map(|value| format!(r#""{name}":"{value}""#));
        let fields: Vec<String> =
            [field("ticket", ticket), field("resume", resume)].into_iter().flatten().collect();
        let body = if fields.is_empty() { String::new() } else { format!("{{{}}}", fields.join(",")) };
        let text = format!(
            "POST /v1/seat HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        out.extend_from_slice(text.as_bytes());
    }

    /// Whether an answer is the 101 to our key.
    pub(crate) fn is_accepted(&self, answer: &Answer<'_>) -> bool {
        answer.status == 101 && answer.accept == Some(self.accept.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_all_of_it_is_there() {
        let whole =
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusyHTTP/1.1 ";
        for cut in [0, 20, 70, whole.len() - 10] {
            assert_eq!(read(&whole[..cut]), Ok(None), "{cut}");
        }
        let answer = read(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.retry_after_s, answer.body), (503, Some(7), b"busy".as_slice()));
        assert_eq!(answer.taken, whole.len() - 9);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        assert_eq!(read(b"SSH-2.0\r\n\r\n"), Err(AnswerError::NotHttp));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assert_eq!(read(chunked), Err(AnswerError::Chunked));
    }

    #[test]
    fn only_the_answer_to_our_key_is_an_upgrade() {
        let upgrader = Upgrader::new("127.0.0.1:80".parse().unwrap());
        let head = |accept: &str| {
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )
        };
        let ours = head(&derive_accept_key(upgrader.key.as_bytes()));
        assert!(upgrader.is_accepted(&read(ours.as_bytes()).unwrap().unwrap()));
        let other = head(&derive_accept_key(b"another"));
        assert!(!upgrader.is_accepted(&read(other.as_bytes()).unwrap().unwrap()));
    }
}
