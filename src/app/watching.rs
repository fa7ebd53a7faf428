//! Once a second the edge looks around for whoever watches the hub; its streams end with the hub.

use std::sync::Arc;
use std::time::Duration;

use super::rounds::Round;
use crate::base::limits;
use crate::http::edge::Edge;

/// Looks around.
pub(super) struct Watching(pub(super) Arc<Edge>);

impl Round for Watching {
    const WORK: &'static str = "what the watch team sees";
    const INTERVAL: Duration = limits::WATCH_INTERVAL;

    fn look(&mut self) {
        self.0.look_around();
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watch_ends();
    }
}
