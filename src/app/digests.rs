//! The evening's digests: one step at a time, so that a hub that drains waits for no more than that.

use std::sync::Arc;
use std::time::Duration;

use super::rounds::Round;
use crate::base::metrics::Metrics;
use crate::base::{Clock, MachineTime, limits};
use crate::digest::{Press, Progress};

/// Makes and publishes digests by the school's clock.
pub(super) struct DigestRound {
    press: Press,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    /// After a step that failed: until then.
    rests_until: MachineTime,
    is_idle: bool,
}

impl DigestRound {
    pub(super) fn new(press: Press, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self { press, clock, metrics, rests_until: MachineTime::default(), is_idle: false }
    }
}

impl Round for DigestRound {
    const WORK: &'static str = "digests";
    const INTERVAL: Duration = limits::DIGEST_STEP_INTERVAL;
    const IDLE_INTERVAL: Duration = limits::DIGEST_IDLE_INTERVAL;

    fn look(&mut self) {
        let now = self.clock.machine();
        if now < self.rests_until {
            return;
        }
        let done = self.press.step();
        self.is_idle = done == Ok(Progress::Idle);
        if let Err(error) = done {
            self.metrics.digests_failed.inc();
            tracing::warn!(%error, "a step of the digests failed; it is tried again");
            self.rests_until = now.after(limits::DIGEST_RETRY);
        }
    }

    fn is_idle(&self) -> bool {
        self.is_idle
    }
}
