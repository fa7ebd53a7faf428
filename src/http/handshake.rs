//! The WebSocket handshake (RFC 6455 §4.2) as rules over a request's head: who is let in, and what the answer says.
//!
//! Pure but for the seat, which is spent last, so that no refusal costs it. It must not know which parser read the head:
//! the door reads most handshakes itself, hyper the rest, and both are judged here.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tungstenite::handshake::derive_accept_key;

use super::edge::Edge;
use super::problem::Problem;
use super::seating;
use crate::protocol::{ErrorCode, SUBPROTOCOL};
use crate::session::Visitor;

/// The headers of a request, as whoever parsed it keeps them.
pub(super) trait Headers {
    /// The values of one header, in their order.
    fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]>;
}

impl Headers for HeaderMap {
    fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).into_iter().map(HeaderValue::as_bytes)
    }
}

impl Headers for [httparse::Header<'_>] {
    fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let named = self.iter().filter(|header| header.name.eq_ignore_ascii_case(name.as_str()));
        named.map(|header| header.value)
    }
}

/// What a handshake asks for.
pub(super) struct Asked<'a, H: ?Sized> {
    /// Whether it is a GET of HTTP/1.1 or later.
    pub(super) is_modern_get: bool,
    pub(super) headers: &'a H,
    /// The seat in its address.
    pub(super) seat: Option<Cow<'a, str>>,
}

/// A handshake that succeeds: its seat is spent.
pub(super) struct Admitted {
    /// The value of `Sec-WebSocket-Accept`.
    pub(super) accept_key: String,
    /// Who will sit on the socket.
    pub(super) visitor: Visitor,
}

/// Judges a handshake, and spends its seat if nothing else is wrong.
///
/// # Errors
/// The refusal, after which the seat is as good as before.
pub(super) fn admit<H: Headers + ?Sized>(edge: &Edge, asked: &Asked<'_, H>) -> Result<Admitted, Problem> {
    let accept_key = accept_key(asked)?;
    check_origin(asked.headers, &edge.parts.allowed_origins)?;
    let visitor = seating::sit(edge, asked.seat.as_deref(), |_, _| Ok(None))?;
    Ok(Admitted { accept_key, visitor })
}

/// RFC 6455 §4.2.1, clause by clause; the value of `Sec-WebSocket-Accept`.
fn accept_key<H: Headers + ?Sized>(asked: &Asked<'_, H>) -> Result<String, Problem> {
    let bad = |detail| Problem::new(ErrorCode::BadHandshake).because(detail);
    let headers = asked.headers;
    if !asked.is_modern_get {
        return Err(bad("a handshake is a GET of HTTP/1.1"));
    }
    if !names(headers, &header::UPGRADE, "websocket") || !names(headers, &header::CONNECTION, "upgrade") {
        return Err(bad("a handshake has Upgrade: websocket and Connection: Upgrade"));
    }
    if headers.values(&header::HOST).next().is_none() {
        return Err(bad("a handshake has a Host"));
    }
    if single(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
        // §4.4: the answer names the version that is spoken here.
        return Err(bad("the WebSocket version is 13")
            .with_status(StatusCode::UPGRADE_REQUIRED)
            .with_header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")));
    }
    let key = single(headers, &header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    if STANDARD.decode(key).map(|key| key.len()) != Ok(16) {
        return Err(bad("Sec-WebSocket-Key is sixteen bytes in base64"));
    }
    if !offers(headers, SUBPROTOCOL) {
        return Err(bad("the subprotocol preau.v1 is not offered"));
    }
    Ok(derive_accept_key(key.as_bytes()))
}

/// A header's value, if it is plain text (RFC 9110 §5.5).
fn text(value: &[u8]) -> Option<&str> {
    let is_plain = value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    std::str::from_utf8(value).ok().filter(|_| is_plain)
}

/// The elements of a list header (RFC 9110 §5.6.1).
fn elements<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    headers.values(name).filter_map(text).flat_map(|value| value.split(',')).map(str::trim)
}

fn names<H: Headers + ?Sized>(headers: &H, name: &HeaderName, token: &str) -> bool {
    elements(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

/// Subprotocol names compare exactly (RFC 6455 §4.2.2, 11.5).
fn offers<H: Headers + ?Sized>(headers: &H, subprotocol: &str) -> bool {
    elements(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|element| element == subprotocol)
}

fn single<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a HeaderName) -> Option<&'a str> {
    let mut values = headers.values(name);
    let value = text(values.next()?)?;
    values.next().is_none().then_some(value.trim())
}

/// Whether an origin is the host that the request was sent to.
pub(super) fn is_own_origin<H: Headers + ?Sized>(headers: &H, origin: &str) -> bool {
    let host = headers.values(&header::HOST).next().and_then(text);
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

/// A page on another host may not open sockets in its visitor's name unless the configuration says so. Programs send no
/// `Origin`; they hold a seat as everybody does.
pub(super) fn check_origin<H: Headers + ?Sized>(headers: &H, allowed: &[String]) -> Result<(), Problem> {
    let Some(origin) = headers.values(&header::ORIGIN).next() else {
        return Ok(());
    };
    let origin = text(origin).unwrap_or_default();
    if is_own_origin(headers, origin) || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        Ok(())
    } else {
        Err(Problem::new(ErrorCode::NotAllowed).because("pages of that origin may not open sockets here"))
    }
}
