//! The line to one endpoint: one request at a time, no redirects, no proxy, and names that lead only where they may.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::address::{self, Reach};
use super::settings::EndpointSettings;
use super::standing::{Failure, Outcome};
use crate::base::limits;

/// Why there can be no line to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The settings were not checked.
    #[error("the endpoint's url is not one that may be called")]
    Address,
    /// TLS can't be set up.
    #[error("TLS can't be set up: are the system's certificates there?")]
    Tls,
}

/// What is posted.
pub(super) struct Signed<'a> {
    pub(super) id: &'a str,
    pub(super) seconds: u64,
    pub(super) signature: String,
    pub(super) body: String,
}

/// A line to one endpoint, which is kept open while events follow each other.
pub(super) struct Line {
    http: Client,
    url: Url,
}

impl Line {
    /// A line that nothing was sent over yet.
    pub(super) fn open(settings: &EndpointSettings) -> Result<Self, LineError> {
        let url = address::parse(&settings.url, settings.private).map_err(|_| LineError::Address)?;
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(limits::HOOK_TIMEOUT)
            .connect_timeout(limits::HOOK_CONNECT_TIMEOUT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("preau/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Names(Reach::of(&url, settings.private)))
            .build()
            .map_err(|_| LineError::Tls)?;
        Ok(Self { http, url })
    }

    /// Posts a message, and says how that ended.
    pub(super) async fn post(&self, signed: Signed<'_>) -> Outcome {
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.seconds)
            .header("webhook-signature", signed.signature)
            .body(signed.body);
        match request.send().await {
            Ok(response) => {
                let outcome = judged(&response);
                read_away(response).await;
                outcome
            }
            Err(error) if error.is_timeout() => Outcome::Failed { why: Failure::Timeout, wait: None },
            Err(_) => Outcome::Failed { why: Failure::Line, wait: None },
        }
    }
}

/// What an answer says. The body is not looked at.
fn judged(response: &Response) -> Outcome {
    match response.status() {
        status if status.is_success() => Outcome::Taken,
        StatusCode::GONE => Outcome::Gone,
        status => {
            let seconds =
                response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let wait = seconds.map(Duration::from_secs);
            Outcome::Failed { why: Failure::Status(status.as_u16()), wait }
        }
    }
}

/// Reads a short body to its end, so that the line can be used again; a long one closes it.
async fn read_away(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(piece)) = response.chunk().await {
        read += piece.len();
        if read > limits::HOOK_ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// Looks names up, and leaves out the addresses that they may not lead to.
struct Names(Reach);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        let found: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async move {
            let all = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = all.filter(|address| reach.includes(address.ip())).collect();
            if allowed.is_empty() {
                tracing::warn!("the name of a webhook's endpoint leads to no address that may be called");
                return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        });
        found
    }
}
