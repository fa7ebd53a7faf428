//! Retention: once an hour of school time, what is older than its kind's time is removed, and old entries of the audit
//! log, which is about what really happened and goes by machine time.

use std::sync::Arc;

use tokio::time::MissedTickBehavior;

use crate::base::drain::DrainSignal;
use crate::base::{Clock, Kind, MachineTime, SchoolTime, limits};
use crate::broker::{Broker, Cut};
use crate::config;
use crate::ledger::Ledger;

const HOUR_MS: i64 = 3_600_000;

/// Asks the broker to remove what is old.
pub(super) struct Retention {
    kept: config::Retention,
    broker: Arc<dyn Broker>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    last: Option<SchoolTime>,
}

impl Retention {
    pub(super) fn new(
        kept: config::Retention,
        (broker, ledger): (Arc<dyn Broker>, Arc<dyn Ledger>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { kept, broker, ledger, clock, last: None }
    }

    /// Removes at start and then hourly, until drained.
    pub(super) async fn run(mut self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::RETENTION_CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = drain.raised() => return,
                _ = ticks.tick() => self.look(),
            }
        }
    }

    /// Asks for a removal if an hour of school time has passed, or the school's clock was set back.
    fn look(&mut self) {
        let now = self.clock.school();
        let interval_ms = i64::try_from(limits::RETENTION_INTERVAL.as_millis()).unwrap_or(i64::MAX);
        let is_due = |last: SchoolTime| now.0 < last.0 || now.0 - last.0 >= interval_ms;
        if !self.last.is_none_or(is_due) {
            return;
        }
        let asked = self.broker.trim(
            cut(self.kept, now),
            Box::new(|outcome| match outcome {
                Ok(trimmed) => tracing::debug!(removed = ?trimmed.removed, "retention has run"),
                Err(error) => tracing::warn!(%error, "retention failed; it is tried again in an hour"),
            }),
        );
        // A busy broker is asked again at the next look.
        if asked.is_ok() {
            self.last = Some(now);
            self.trim_items(now);
            self.trim_audit();
        }
    }

    /// Asks for one slice of each kind. What was sent is gone by then, and so is what was said about it.
    fn trim_items(&self, now: SchoolTime) {
        let cut = cut(self.kept, now);
        for kind in [Kind::Announcement, Kind::Assignment] {
            // What fails or is busy now is removed in an hour.
            let _ = self.ledger.trim_items(kind, cut.of(kind), Box::new(|_| ()));
        }
    }

    /// Asks for one slice; an hour brings fewer entries than that.
    fn trim_audit(&self) {
        let kept_ms = u64::from(self.kept.audit_days) * 24 * 3_600_000;
        let before = MachineTime(self.clock.machine().0.saturating_sub(kept_ms));
        // What fails or is busy now is removed in an hour.
        let _ = self.ledger.audit_trim(before, Box::new(|_| ()));
    }
}

fn cut(kept: config::Retention, now: SchoolTime) -> Cut {
    let hours = |kind| match kind {
        Kind::Post => kept.post_hours,
        Kind::Announcement => kept.announcement_days * 24,
        Kind::Assignment | Kind::Extension => kept.assignment_days * 24,
        // It goes with what it withdraws.
        Kind::Withdrawal => kept.announcement_days.max(kept.assignment_days) * 24,
        Kind::Reminder => kept.reminder_days * 24,
        Kind::Digest => kept.digest_days * 24,
    };
    Cut { before: Kind::ALL.map(|kind| SchoolTime(now.0.saturating_sub(i64::from(hours(kind)) * HOUR_MS))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn each_kind_has_its_own_time() {
        let cut = cut(Config::default().retention, SchoolTime(1_800_000_000_000));
        let days = |kind| (1_800_000_000_000 - cut.of(kind).0) / 86_400_000;
        assert_eq!(Kind::ALL.map(days), [1, 365, 365, 365, 365, 7, 30]);
    }
}
