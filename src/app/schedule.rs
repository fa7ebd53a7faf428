//! The schedule's clock: several times a second, what is due by the school's clock is released.
//!
//! A task and not the commit thread looks at the clock, so that the broker goes by times that it is told. A clock that is
//! set forward releases all that lies between; one that is set back releases nothing twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::MissedTickBehavior;

use crate::base::drain::DrainSignal;
use crate::base::{Clock, limits};
use crate::broker::{Broker, Health};

/// Asks the broker to release what is due.
pub(super) struct Schedule {
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    /// Whether a release is under way: the next one waits for it.
    is_asked: Arc<AtomicBool>,
}

impl Schedule {
    pub(super) fn new(broker: Arc<dyn Broker>, clock: Arc<dyn Clock>) -> Self {
        Self { broker, clock, is_asked: Arc::default() }
    }

    /// Releases until drained.
    pub(super) async fn run(self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::RELEASE_CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = drain.raised() => return,
                _ = ticks.tick() => self.look(),
            }
        }
    }

    /// Asks for a release, unless one is under way, or the storage fails: then the broker finds out when it works again.
    fn look(&self) {
        if self.broker.health() != Health::Ready || self.is_asked.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_asked = Arc::clone(&self.is_asked);
        let asked = self.broker.release(
            self.clock.school(),
            Box::new(move |outcome| {
                match outcome {
                    Ok(outcome) if outcome.released > 0 => {
                        tracing::debug!(count = outcome.released, "scheduled publications are out");
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "scheduled publications could not be released; they wait");
                    }
                }
                is_asked.store(false, Ordering::Release);
            }),
        );
        // A busy broker is asked again at the next look.
        if asked.is_err() {
            self.is_asked.store(false, Ordering::Release);
        }
    }
}
