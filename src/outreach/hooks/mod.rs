//! Webhooks: endpoints of the operator's are told what was published, edited, withdrawn, and which lessons began and ended.
//!
//! What there is to tell stands in the ledger ([`crate::ledger::hooks`]) since the commit of the publication. Each endpoint has a
//! courier of its own (`courier`), which tells it one event at a time, in their order: the payload (`payload`) is signed
//! (`signature`) as [Standard Webhooks](https://www.standardwebhooks.com) has it and posted (`line`) to an address that was
//! judged (`address`); what the answer means for the endpoint is decided apart from sockets (`standing`). An endpoint that fails
//! holds up no other, and an event counts as told only once the ledger has that written down. Operators see how each stands, and
//! have one called again, on a board (`board`).
//!
//! It must not know channels' logs, nor what anybody said: payloads hold identifiers.

mod address;
mod backoff;
mod board;
mod courier;
mod line;
mod payload;
mod settings;
mod signature;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::base::drain::DrainSignal;
use crate::base::metrics::Metrics;
use crate::base::{Clock, Epoch};
use crate::ledger::{Endpoint, Ledger};
use crate::roster::Directory;

pub use board::{Board, EndpointStanding};
pub use line::LineError;
pub use settings::{EndpointSettings, Settings};
pub use signature::{SecretError, Secrets};

use courier::Courier;
use line::Line;

/// What couriers work with.
pub struct CourierParts {
    /// Where events and endpoints are written down.
    pub ledger: Arc<dyn Ledger>,
    /// Which class is whose.
    pub directory: Arc<Directory>,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// The store's present life, in which offsets count.
    pub epoch: Epoch,
    /// From 0 to 1, other each time.
    pub chance: fn() -> f64,
    /// From the first failed attempt to the next, at most.
    pub retry_first: Duration,
    /// The counters.
    pub metrics: Metrics,
    /// Where operators see how endpoints stand.
    pub board: Arc<Board>,
}

/// An endpoint with all that it takes to call it.
pub struct Called {
    /// How far it is.
    pub endpoint: Endpoint,
    /// What the operator says of it.
    pub settings: EndpointSettings,
    /// What signs for it.
    pub secrets: Secrets,
}

/// The couriers of all endpoints.
pub struct Couriers(Vec<Courier>);

impl Couriers {
    /// Couriers that have told nothing yet.
    ///
    /// # Errors
    /// [`LineError`] if TLS can't be set up.
    pub fn new(parts: CourierParts, called: Vec<Called>) -> Result<Self, LineError> {
        let parts = Arc::new(parts);
        let courier = |called: Called| {
            let line = Line::open(&called.settings)?;
            Ok(Courier::new(Arc::clone(&parts), called, line))
        };
        Ok(Self(called.into_iter().map(courier).collect::<Result<_, LineError>>()?))
    }

    /// Calls endpoints until drained. Requests under way have a little time then.
    pub async fn run(self, drain: DrainSignal) {
        let mut tasks = JoinSet::new();
        for courier in self.0 {
            tasks.spawn(courier.run(drain.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a courier ended; its endpoint waits for a restart");
            }
        }
    }
}
