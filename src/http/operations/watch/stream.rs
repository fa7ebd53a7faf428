//! `GET /v1/operator/stream`: one watcher, from its request to the end of its stream.
//!
//! Its answer has no length. Each piece is asked for when the one before has gone out, so that a slow reader holds one; what
//! was told meanwhile it never gets. It ends by itself when its token does, when its reader is no operator any more, and
//! before its connection would be cut.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use super::Told;
use super::moment::Moment;
use crate::base::{MachineTime, limits};
use crate::http::edge::Edge;
use crate::http::operations::officer::Officer;
use crate::http::problem::{Problem, ProblemBody};
use crate::protocol::ErrorCode;

/// Says that the line is there though there is nothing to tell.
const HEARTBEAT: &[u8] = b": nothing was told\n\n";

#[derive(Debug, Default, Deserialize)]
struct Asked {
    since: Option<u64>,
}

/// Tells how the hub stands, once a second, after the last hour.
///
/// Server-Sent Events: `history` first, whose fields are those of `beat` with a list of values each, the oldest first; then
/// `moment` each second; `end` at last, with the code of why: `draining`, `token_expired`, `not_allowed`, or `renew`, after
/// which the reader opens another stream at once.
#[utoipa::path(
    get, path = "/v1/operator/stream", tag = "operations", security(("bearer" = [])),
    params(("since" = Option<u64>, Query, description = "Machine time in milliseconds since 1970: only rows of the last hour that are later.")),
    responses(
        (status = 200, description = "Events from here on. The schema is that of `moment`.", body = Moment, content_type = "text/event-stream"),
        (status = 400, description = "`malformed`.", body = ProblemBody),
        (status = 401, description = "`token_missing`, `token_invalid` or `token_expired`.", body = ProblemBody),
        (status = 403, description = "`not_allowed`: the caller is no operator.", body = ProblemBody),
        (status = 503, description = "`busy`: too many watch already.", body = ProblemBody),
    )
)]
pub(in crate::http) async fn stream(
    State(edge): State<Arc<Edge>>,
    officer: Officer,
    uri: Uri,
) -> Result<Response, Problem> {
    let asked = Query::<Asked>::try_from_uri(&uri);
    let malformed = || Problem::new(ErrorCode::Malformed).because("since is milliseconds since 1970");
    let Query(Asked { since }) = asked.map_err(|_| malformed())?;
    let place = Arc::clone(&edge.watch.places).try_acquire_owned().map_err(|_| {
        let detail = format!("{} watch already", limits::WATCHERS_MAX);
        Problem::new(ErrorCode::Busy).because(detail).after(limits::WATCH_LIFETIME / 16)
    })?;
    let mut told = edge.watch.told.subscribe();
    // What was told before somebody came may be old.
    let is_over = matches!(*told.borrow_and_update(), Told::Over);
    let ends_at = edge.parts.clock.machine().after(limits::WATCH_LIFETIME);
    let history = edge.watch.history(since.map(MachineTime));
    let watcher = Watcher { edge, officer, told, ends_at, history, is_over, has_ended: false, _place: place };
    let pieces = unfold(watcher, async |watcher| {
        let (watcher, piece) = watcher.next().await;
        piece.map(|piece| (Ok::<_, Infallible>(piece), watcher))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// Who watches.
struct Watcher {
    edge: Arc<Edge>,
    officer: Officer,
    told: watch::Receiver<Told>,
    ends_at: MachineTime,
    /// What is told first.
    history: Option<Bytes>,
    /// Whether the hub ends.
    is_over: bool,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// What is told next; nothing after the end.
    async fn next(mut self) -> (Self, Option<Bytes>) {
        if self.has_ended {
            return (self, None);
        }
        if let Some(history) = self.history.take() {
            return (self, Some(history));
        }
        let piece = loop {
            if self.is_over {
                break self.end(ErrorCode::Draining.as_str());
            }
            match timeout(limits::WATCH_HEARTBEAT, self.told.changed()).await {
                Err(_) => break self.may_go_on().unwrap_or(Bytes::from_static(HEARTBEAT)),
                Ok(Err(_)) => self.is_over = true,
                Ok(Ok(())) => {
                    let told = self.told.borrow_and_update().clone();
                    match told {
                        Told::Nothing => {}
                        Told::Moment(moment) => break self.may_go_on().unwrap_or(moment),
                        Told::Over => self.is_over = true,
                    }
                }
            }
        };
        (self, Some(piece))
    }

    /// The end, if there is a reason for it.
    fn may_go_on(&mut self) -> Option<Bytes> {
        let now = self.edge.parts.clock.machine();
        match self.officer.still(&self.edge, now) {
            Err(code) => Some(self.end(code.as_str())),
            Ok(()) if now >= self.ends_at => Some(self.end("renew")),
            Ok(()) => None,
        }
    }

    fn end(&mut self, why: &str) -> Bytes {
        self.has_ended = true;
        Bytes::from(format!("event: end\ndata: {{\"why\":\"{why}\"}}\n\n"))
    }
}
