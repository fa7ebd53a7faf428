//! Reminders by the school's clock: a share of them at each look, and what failed again at the next.

use std::time::Duration;

use super::rounds::Round;
use crate::base::limits;
use crate::items::reminders::{RemindError, Reminders};

impl Round for Reminders {
    const WORK: &'static str = "reminding students of what is due";
    const INTERVAL: Duration = limits::REMINDERS_INTERVAL;
    const IDLE_INTERVAL: Duration = limits::REMINDERS_IDLE_INTERVAL;

    fn look(&mut self) {
        match Reminders::look(self) {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "reminders are out"),
            // Lessons come first: there is time until the next slot.
            Err(RemindError::Busy) => tracing::debug!("reminders wait"),
            Err(error) => tracing::warn!(%error, "reminders failed; they are tried again"),
        }
    }
    fn is_idle(&self) -> bool {
        Reminders::is_idle(self)
    }
}
