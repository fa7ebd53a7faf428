//! How loaded the hub is: the highest pressure of its indicators, in levels that hold for a while.
//!
//! One sample alone moves nothing: a pressure rises to what three samples in a row reach, and falls to what three in a
//! row stay below. A level is left a little below where it was entered.

use serde::{Deserialize, Serialize};

use super::{FlowSettings, Level, Signal, Watermarks};

/// What was measured since the last sample: in a quarter of a second, or in one at rest. What a machine can't measure is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Indicators {
    /// Milliseconds that the slowest shard's loop ran late.
    pub shard_lag_ms: f32,
    /// Milliseconds from a commit to its last write, on the slowest shard.
    pub fanout_lag_ms: f32,
    /// Part of the pool for what waits for sockets that is used.
    pub queued_part: f32,
    /// Part of the memory budget that is used.
    pub memory_part: f32,
    /// Part of the last ten seconds in which something waited for a processor.
    pub psi_part: f32,
}

/// The pressure of each indicator, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressures {
    /// Of the shards' lag.
    pub shard_lag: f32,
    /// Of the fan-out's lag.
    pub fanout_lag: f32,
    /// Of the pool.
    pub queued: f32,
    /// Of memory.
    pub memory: f32,
    /// Of processors.
    pub psi: f32,
}

const SAMPLES: usize = 3;
/// Where a level is entered, from [`Level::Tight`] on.
const ENTERED: [f32; 4] = [0.70, 0.80, 0.90, 0.95];
/// How far below it is left.
const LEFT_BELOW: f32 = 0.05;
/// Below this pressure a hub may be at rest.
const RESTS_BELOW: f32 = 0.5;
/// Where eviction stops.
const EVICTION_STOPS: f32 = 0.88;

/// One pressure that one sample alone does not move.
#[derive(Debug, Clone, Copy, Default)]
struct Steady {
    last: [f32; SAMPLES],
    pressure: f32,
}

impl Steady {
    fn sample(&mut self, pressure: f32) {
        self.last.rotate_right(1);
        self.last[0] = pressure;
        let lowest = self.last.into_iter().fold(f32::MAX, f32::min);
        let highest = self.last.into_iter().fold(0.0, f32::max);
        self.pressure = self.pressure.clamp(lowest, highest);
    }
}

/// The load, as it moves.
#[derive(Debug, Default)]
pub(super) struct Load {
    steady: [Steady; 5],
    level: Level,
    is_evicting: bool,
}

impl Load {
    /// Takes one sample of all indicators.
    pub(super) fn sample(&mut self, seen: &Indicators, marks: &Watermarks) {
        let pressures = [
            marks.shard_lag_ms.pressure(seen.shard_lag_ms),
            marks.fanout_lag_ms.pressure(seen.fanout_lag_ms),
            marks.queued_part.pressure(seen.queued_part),
            marks.memory_part.pressure(seen.memory_part),
            marks.psi_part.pressure(seen.psi_part),
        ];
        for (steady, pressure) in self.steady.iter_mut().zip(pressures) {
            steady.sample(pressure);
        }
        self.level = next_level(self.level, self.pressure());
        self.is_evicting =
            self.level == Level::Critical || (self.is_evicting && self.pressure() >= EVICTION_STOPS);
    }

    /// The highest pressure.
    pub(super) fn pressure(&self) -> f32 {
        self.steady.iter().map(|steady| steady.pressure).fold(0.0, f32::max)
    }

    /// Every pressure.
    pub(super) fn pressures(&self) -> Pressures {
        let [shard_lag, fanout_lag, queued, memory, psi] = self.steady.map(|steady| steady.pressure);
        Pressures { shard_lag, fanout_lag, queued, memory, psi }
    }

    /// Whether there is little to do, by the level and by the last sample alone.
    pub(super) fn is_low(&self) -> bool {
        self.level == Level::Normal && self.steady.iter().all(|steady| steady.last[0] < RESTS_BELOW)
    }

    /// The level.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Whether connections are to be ended: from the highest level on, until the load is well below it.
    pub(super) fn is_evicting(&self) -> bool {
        self.is_evicting
    }

    /// What the load says to the flow.
    pub(super) fn signal(&self, settings: &FlowSettings) -> Signal {
        let thousandths = self.pressure() * 1_000.0;
        if thousandths >= f32::from(settings.red_from) {
            Signal::Red
        } else if thousandths < f32::from(settings.green_below) {
            Signal::Green
        } else {
            Signal::Amber
        }
    }
}

/// Up to the highest level whose threshold is reached, down only when its lower one is passed.
fn next_level(level: Level, pressure: f32) -> Level {
    let reached = |thresholds_below: f32| {
        let count = ENTERED.iter().filter(|entered| pressure >= **entered - thresholds_below).count();
        u8::try_from(count).ok().and_then(|count| Level::try_from(count).ok()).unwrap_or_default()
    };
    level.clamp(reached(0.0), reached(LEFT_BELOW))
}
