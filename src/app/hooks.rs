//! Webhooks, joined to the rest: who is configured, with the secrets in their files, and how far the ledger says that each is.
//! And what runs them beside the post.

use std::sync::Arc;

use futures_util::future::OptionFuture;

use super::AppError;
use super::letters::Ground;
use crate::base::drain::DrainSignal;
use crate::base::limits;
use crate::config::{Config, entropy, files};
use crate::ledger;
use crate::outreach::Post;
use crate::outreach::hooks::{Board, Called, CourierParts, Couriers, EndpointSettings, Secrets};

/// What leaves the hub by itself.
pub(super) struct Outgoing {
    /// Nothing without a relay.
    pub(super) post: Option<Post>,
    /// Nothing without an endpoint.
    pub(super) couriers: Option<Couriers>,
}

impl Outgoing {
    /// Sends letters and calls endpoints until drained.
    pub(super) async fn run(self, mut drain: DrainSignal) {
        let post = self.post.map(|post| post.run(drain.clone()));
        let couriers = self.couriers.map(|couriers| couriers.run(drain.clone()));
        let (post, couriers) = (OptionFuture::from(post), OptionFuture::from(couriers));
        // One that ends by itself has said why; where there is neither, there is still a drain to wait for.
        let _ = tokio::join!(post, couriers, drain.raised());
    }
}

/// The couriers of the configured endpoints; none if there is no endpoint. From now on what happens is written down for
/// exactly those, so it is to be asked before anything is published.
///
/// # Errors
/// [`AppError::Webhooks`].
pub(super) fn open(
    config: &Config,
    ground: &Ground,
    board: &Arc<Board>,
) -> Result<Option<Couriers>, AppError> {
    let settings = &config.webhooks;
    let secrets = settings.endpoints.iter().map(secrets).collect::<Result<Vec<_>, _>>()?;
    let named = settings.endpoints.iter().map(|one| (one.name.clone(), one.url.clone())).collect();
    let endpoints = ledger::wait(|answer| ground.ledger.register_endpoints(named, answer))
        .map_err(|error| AppError::Webhooks(error.to_string()))?;
    if endpoints.is_empty() {
        return Ok(None);
    }
    let configured = settings.endpoints.iter().cloned().zip(secrets);
    let called = configured.filter_map(|(settings, secrets)| {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.name == settings.name)?.clone();
        Some(Called { endpoint, settings, secrets })
    });
    let parts = CourierParts {
        epoch: ground.broker.epoch(),
        ledger: Arc::clone(&ground.ledger),
        directory: Arc::clone(&ground.directory),
        clock: Arc::clone(&ground.clock),
        chance,
        retry_first: settings.retry_first(),
        metrics: ground.metrics.clone(),
        board: Arc::clone(board),
    };
    let couriers = Couriers::new(parts, called.collect());
    couriers.map(Some).map_err(|error| AppError::Webhooks(error.to_string()))
}

/// The secrets of an endpoint.
fn secrets(endpoint: &EndpointSettings) -> Result<Secrets, AppError> {
    let path = &endpoint.secret_file;
    let told = |why: &dyn std::fmt::Display| {
        AppError::Webhooks(format!(
            "webhooks.endpoints `{}`: secret_file {}: {why}",
            endpoint.name,
            path.display()
        ))
    };
    let bytes = files::read(path, limits::HOOK_SECRET_FILE_BYTES_MAX).map_err(|error| told(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| told(&"it is no text"))?;
    Secrets::parse(&text).map_err(|error| told(&error))
}

/// From 0 to 1, other each time. Without entropy the longest wait does as well.
fn chance() -> f64 {
    entropy::bytes::<4>().map_or(1.0, |bytes| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
