//! The first bytes of a connection: is it a handshake that can be let in as it stands?
//!
//! Pure but for the seat. Only the plainest form of a handshake is taken here, with hyper's own parser and the rules that
//! hold for every handshake. All else is for hyper, from its first byte on, so that each refusal is worded in one place.

use std::borrow::Cow;

use axum::http::header;
use httparse::{EMPTY_HEADER, Request, Status};

use super::edge::Edge;
use super::handshake::{Admitted, Asked, Headers as _, admit};
use crate::base::limits;

/// How a plain handshake begins. Whatever begins in another way is hyper's, once its head is whole: a connection that
/// has asked for nothing yet costs no task.
const BEGINNING: &[u8] = b"GET /v1/socket?seat=";
/// Headers of a plain handshake: browsers send about fifteen.
const HEADERS_MAX: usize = 64;

/// What the first bytes of a connection are.
pub(super) enum Verdict {
    /// A head so far, and not whole.
    Unfinished,
    /// A handshake that is let in: its seat is spent. Its head ends there.
    Admitted(Admitted, usize),
    /// Anything else: another address, an odd form, a refusal.
    Other,
}

/// Judges what has come so far.
pub(super) fn judge(edge: &Edge, bytes: &[u8]) -> Verdict {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Partial) if bytes.len() < limits::HTTP_HEAD_BYTES_MAX => Verdict::Unfinished,
        Ok(Status::Complete(head_bytes)) if bytes.starts_with(BEGINNING) => match admitted(edge, &request) {
            Some(admitted) => Verdict::Admitted(admitted, head_bytes),
            None => Verdict::Other,
        },
        Ok(_) | Err(_) => Verdict::Other,
    }
}

fn admitted(edge: &Edge, request: &Request<'_, '_>) -> Option<Admitted> {
    let (_, seat) = request.path?.split_once("?seat=")?;
    let is_plain = seat.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let headers: &[httparse::Header<'_>] = request.headers;
    // A body is not expected, and where it ends is hyper's to say.
    let has_body = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::EXPECT]
        .iter()
        .any(|name| headers.values(name).next().is_some());
    if !is_plain || has_body {
        return None;
    }
    let is_modern_get = request.method == Some("GET") && request.version == Some(1);
    admit(edge, &Asked { is_modern_get, headers, seat: Some(Cow::Borrowed(seat)) }).ok()
}
