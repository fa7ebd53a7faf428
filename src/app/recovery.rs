//! The publisher in the hub: made with what it stands on, and looked to again and again, so that what a crash or a full
//! storage cut short is brought to its end.

use std::sync::Arc;
use std::time::Duration;

use super::rounds::Round;
use crate::base::{Clock, limits};
use crate::broker::Broker;
use crate::items::{Ground, Publisher};
use crate::ledger::{Ledger, Rendering};
use crate::roster::Directory;
use crate::session::Quiet;

/// Goes on with items that are not settled.
pub(super) struct Recovery(Arc<Publisher>);

impl Recovery {
    /// Goes on at once with what was cut short, as far as that is possible: before anybody asks for anything, and after the
    /// shards are there to be told.
    pub(super) fn begin(publisher: &Arc<Publisher>) -> Self {
        let recovery = Self(Arc::clone(publisher));
        recovery.recover();
        recovery
    }

    fn recover(&self) {
        match self.0.recover() {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "items that were cut short are where they belong"),
            Err(error) => tracing::warn!(%error, "items that were cut short wait"),
        }
    }
}

impl Round for Recovery {
    const WORK: &'static str = "the recovery of items";
    const INTERVAL: Duration = limits::RECOVERY_INTERVAL;

    fn look(&mut self) {
        self.recover();
    }
}

/// A publisher for the hub.
pub(super) fn publisher(
    (clock, directory): (&Arc<dyn Clock>, &Arc<Directory>),
    (ledger, broker): (&Arc<dyn Ledger>, &Arc<dyn Broker>),
    quiet: &Arc<dyn Quiet>,
    (rendering, has_relay): (&Rendering, bool),
) -> Arc<Publisher> {
    let quiet = Arc::clone(quiet);
    Arc::new(Publisher::new(Ground {
        clock: Arc::clone(clock),
        directory: Arc::clone(directory),
        ledger: Arc::clone(ledger),
        broker: Arc::clone(broker),
        quiet: Box::new(move |channel, at| quiet.quiet(channel, at)),
        rendering: rendering.clone(),
        has_relay,
    }))
}
