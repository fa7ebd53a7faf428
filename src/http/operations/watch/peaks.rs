//! The worst of some readings: a row of five seconds must not lose the one bad second.

use super::reading::Reading;
use crate::admission::{Level, Pressures};

/// The worst so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Peaks {
    pub(super) level: Level,
    pub(super) pressure: f32,
    pub(super) pressures: Pressures,
    /// `None` if nothing was measured.
    pub(super) shard_lag_ms: Option<f32>,
    pub(super) fanout_lag_ms: Option<f32>,
}

impl Peaks {
    /// Takes a reading into account.
    pub(super) fn take(&mut self, reading: &Reading) {
        let gate = &reading.gate;
        self.level = self.level.max(gate.level);
        self.pressure = self.pressure.max(gate.pressure);
        let (worst, seen) = (&mut self.pressures, &gate.pressures);
        worst.shard_lag = worst.shard_lag.max(seen.shard_lag);
        worst.fanout_lag = worst.fanout_lag.max(seen.fanout_lag);
        worst.queued = worst.queued.max(seen.queued);
        worst.memory = worst.memory.max(seen.memory);
        worst.psi = worst.psi.max(seen.psi);
        if let Some(vitals) = &reading.vitals {
            let or_worse = |worst: Option<f32>, seen: f32| Some(worst.map_or(seen, |worst| worst.max(seen)));
            self.shard_lag_ms = or_worse(self.shard_lag_ms, vitals.shard_lag_ms);
            self.fanout_lag_ms = or_worse(self.fanout_lag_ms, vitals.fanout_lag_ms);
        }
    }
}
