//! What a broker's implementation gives to the contract suite.

use std::sync::Arc;

use preau::base::metrics::Metrics;
use preau::broker::Broker;

/// Storage of one implementation, on which brokers are opened one after the other.
pub(crate) trait Stage {
    /// Empty storage.
    fn set_up() -> Self;

    /// Opens a broker over the storage. The one before has been shut down.
    fn open(&mut self) -> Arc<dyn Broker>;

    /// The metrics of the broker that was opened last.
    fn metrics(&self) -> &Metrics;

    /// Puts the storage into a new life, as restoring a backup does. Its content stays.
    fn begin_new_life(&mut self);
}
