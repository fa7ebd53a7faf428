//! Refusals that no handler gives: to sockets that have not asked for anything whole, and to what HTTP can't read.
//!
//! Pure. Each is a problem with the headers that every answer has, written out, since nothing of ours stands between it and
//! the socket. What was sent has not been understood, so it is the same for all.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use bytes::Bytes;

use super::guard::make_safe;
use super::problem::Problem;
use crate::protocol::ErrorCode;

/// When whoever was turned away may come back.
const TURNED_AWAY_RETRY: Duration = Duration::from_secs(5);
/// The longest bare answer of hyper's: a status line and three headers.
const BARE_BYTES_MAX: usize = 256;
/// The header that tells our answers from hyper's own.
const OURS: &[u8] = b"x-content-type-options";

/// What a socket is told that has no place to be parked at the door.
pub(super) fn turned_away(is_https: bool) -> Bytes {
    let problem = Problem::new(ErrorCode::Busy).because("too many connections have not sent a whole request");
    written(problem.after(TURNED_AWAY_RETRY), is_https, None)
}

/// What leaves instead of `bytes`, if they are hyper's own bare answer to a head that it can't read. It has no hook for
/// that: it writes the answer past every layer, and ends the connection.
pub(super) fn instead_of(bytes: &[u8], is_https: bool) -> Option<Bytes> {
    let head = bytes.strip_prefix(b"HTTP/1.1 ").or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?;
    let problem = match head.get(..3)? {
        b"400" => Problem::new(ErrorCode::Malformed).because("what was sent is no request of HTTP/1.1"),
        b"414" => Problem::new(ErrorCode::TooLarge)
            .with_status(StatusCode::URI_TOO_LONG)
            .because("the address is too long"),
        b"431" => Problem::new(ErrorCode::TooLarge)
            .with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
            .because("the head of the request is too long"),
        _ => return None,
    };
    if bytes.len() > BARE_BYTES_MAX || bytes.windows(OURS.len()).any(|part| part == OURS) {
        return None;
    }
    let mut lines = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?.split("\r\n");
    // A body would follow an empty line.
    if lines.clone().any(str::is_empty) {
        return None;
    }
    let date = lines.find_map(|line| line.strip_prefix("date: "));
    Some(written(problem, is_https, date.and_then(|date| HeaderValue::from_str(date).ok())))
}

/// A problem as it goes over the line, after which the connection ends.
fn written(problem: Problem, is_https: bool, date: Option<HeaderValue>) -> Bytes {
    let body = serde_json::to_vec(&problem.clone().into_body()).unwrap_or_default();
    let (mut parts, _) = problem.into_response().into_parts();
    make_safe(&mut parts.headers, is_https);
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    parts.headers.extend(date.map(|date| (header::DATE, date)));
    let mut text = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(part);
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&body);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\
        date: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n";

    fn said(refusal: &Bytes) -> (String, serde_json::Value) {
        let text = String::from_utf8(refusal.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn a_refusal_is_a_problem_with_safe_headers() {
        let bare = instead_of(BARE.as_bytes(), true).unwrap();
        for (refusal, status, code) in
            [(turned_away(true), "503 Service Unavailable", "busy"), (bare, "400 Bad Request", "malformed")]
        {
            let (head, body) = said(&refusal);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
            assert_eq!(body["code"], code);
            for line in [
                "content-type: application/problem+json",
                "connection: close",
                "cache-control: no-store",
                "x-content-type-options: nosniff",
                "content-security-policy: default-src 'none'",
                "strict-transport-security: ",
            ] {
                assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
            }
        }
        let (head, body) = said(&turned_away(false));
        assert!(head.contains("retry-after: 5") && !head.contains("strict-transport"), "{head}");
        assert_eq!(body["retry_after_ms"], 5_000);
    }

    #[test]
    fn what_http_says_itself_keeps_its_status_and_its_date() {
        for (line, status, code) in [
            ("HTTP/1.1 400 Bad Request", 400, "malformed"),
            ("HTTP/1.0 400 Bad Request", 400, "malformed"),
            ("HTTP/1.1 414 URI Too Long", 414, "too_large"),
            ("HTTP/1.1 431 Request Header Fields Too Large", 431, "too_large"),
        ] {
            let bare = BARE.replace("HTTP/1.1 400 Bad Request", line);
            let (head, body) = said(&instead_of(bare.as_bytes(), false).unwrap());
            assert!(
                head.contains(&format!(" {status} ")) && head.contains("date: Thu, 01 Jan 2026"),
                "{head}"
            );
            assert_eq!((&body["status"], &body["code"]), (&status.into(), &code.into()));
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let ours = BARE.replace("connection: close", "x-content-type-options: nosniff");
        let with_body = format!("{BARE}{{}}");
        let two = format!("{BARE}{BARE}");
        let fine = BARE.replace("400 Bad Request", "200 OK");
        let cut = BARE.trim_end();
        for bytes in
            [&ours, &with_body, &two, &fine, cut, "HTTP/1.1 40", "400", "", "{\"a\":\"HTTP/1.1 400\"}"]
        {
            assert_eq!(instead_of(bytes.as_bytes(), false), None, "{bytes}");
        }
        let long = BARE.replace("close", &"x".repeat(BARE_BYTES_MAX));
        assert_eq!(instead_of(long.as_bytes(), false), None);
    }
}
