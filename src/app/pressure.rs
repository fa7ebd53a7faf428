//! How loaded the hub is: four times a second, or once at rest, the gate gets what the shards and the machine say, and the
//! shards what the gate makes of it.

use std::sync::Arc;
use std::time::Duration;

use super::capacity::Budget;
use super::machine::{Machine, part};
use super::rounds::Round;
use super::shards::HubFront;
use super::signs::Signs;
use crate::admission::{Class, Gate, Indicators, Level};
use crate::base::metrics::{ClassLabel, Metrics};
use crate::base::{Clock, MachineTime, limits};
use crate::hub::Lag;
use crate::session::News;

/// Carries pressure to the gate and the load level to the shards.
pub(super) struct Pressure {
    gate: Arc<Gate>,
    front: HubFront,
    clock: Arc<dyn Clock>,
    machine: Machine,
    budget: Budget,
    pool_bytes: usize,
    metrics: Metrics,
    signs: Arc<Signs>,
    /// When the cost of a seat is measured again.
    measure_at: MachineTime,
    /// What the shards have been told.
    told: Told,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    level: Level,
    evicts: bool,
}

impl Told {
    /// What is to be told at another level. Who began to send away goes on until the level that the gate stops at is
    /// surely behind.
    fn at(self, level: Level) -> Self {
        let evicts = level == Level::Critical || (self.evicts && level == Level::Severe);
        Self { level, evicts }
    }
}

impl Pressure {
    pub(super) fn new(
        gate: Arc<Gate>,
        front: HubFront,
        clock: Arc<dyn Clock>,
        (machine, budget): (Machine, Budget),
        pool_bytes: usize,
        (metrics, signs): (Metrics, Arc<Signs>),
    ) -> Self {
        let (measure_at, told) = (MachineTime::default(), Told::default());
        Self { gate, front, clock, machine, budget, pool_bytes, metrics, signs, measure_at, told }
    }
}

impl Round for Pressure {
    const WORK: &'static str = "the sampling of the load";
    const INTERVAL: Duration = limits::LOAD_SAMPLE_INTERVAL;
    const IDLE_INTERVAL: Duration = limits::LOAD_SAMPLE_IDLE_INTERVAL;

    fn look(&mut self) {
        let (lags, now) = (self.front.lags(), self.clock.machine());
        let indicators = indicators(&lags, self.pool_bytes, &self.budget, &self.machine);
        let charged_bytes = lags.iter().map(Lag::charged_bytes).sum::<usize>() as u64;
        self.signs.sampled(&indicators, charged_bytes);
        if now >= self.measure_at {
            self.measure_at = now.after(limits::CAPACITY_INTERVAL);
            let connections = self.front.connections().into_iter().sum::<usize>() as u64;
            let measured = self.budget.seat_bytes(&self.machine, connections, charged_bytes);
            self.signs.measured(measured);
            self.gate.set_capacity(self.budget.capacity(measured.unwrap_or(limits::SEAT_BYTES)), now);
        }
        self.gate.sample(indicators, now);
        self.count(&lags, &indicators);
        let now = self.told.at(self.gate.level());
        if now.level != self.told.level {
            tracing::info!(level = u8::from(now.level), ?indicators, "the load level changes");
            self.front.tell(&Arc::new(News::Load(now.level)));
        }
        if now.evicts != self.told.evicts {
            self.front.tell(&Arc::new(News::Evict(now.evicts)));
        }
        self.told = now;
    }

    fn is_idle(&self) -> bool {
        self.gate.is_at_rest()
    }
}

impl Pressure {
    /// The lags, and what each class uses of the pool.
    fn count(&self, lags: &[Lag], seen: &Indicators) {
        self.metrics.shard_lag_seconds.observe_ms(seen.shard_lag_ms);
        self.metrics.fanout_lag_seconds.observe_ms(seen.fanout_lag_ms);
        for class in Class::ALL {
            let bytes: usize = lags.iter().map(|lag| lag.charged[class as usize]).sum();
            let label = ClassLabel { class: class.as_str() };
            let gauge = self.metrics.class_queued_bytes.get_or_create(&label);
            gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
}

/// The slowest shard's lags, and what all of them and the process hold.
fn indicators(lags: &[Lag], pool_bytes: usize, budget: &Budget, machine: &Machine) -> Indicators {
    let slowest = |of: fn(&Lag) -> u64| lags.iter().map(of).max().unwrap_or_default();
    let charged_bytes: usize = lags.iter().map(Lag::charged_bytes).sum();
    Indicators {
        shard_lag_ms: milliseconds(slowest(|lag| lag.turn_ms)),
        fanout_lag_ms: milliseconds(slowest(|lag| lag.fanout_ms)),
        queued_part: part(charged_bytes as u64, pool_bytes as u64),
        memory_part: budget.used_part(machine),
        psi_part: machine.psi_part(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a lag needs few digits")]
fn milliseconds(lag: u64) -> f32 {
    lag as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Quotas;

    #[test]
    fn the_slowest_shard_counts_and_what_all_of_them_hold() {
        let lag = |turn_ms, fanout_ms, bytes| {
            let mut charged = Quotas::default();
            charged[1] = bytes;
            Lag { turn_ms, fanout_ms, charged }
        };
        let machine = Machine::here();
        let budget = Budget::here(&machine, 0, 1_000);
        let found = indicators(&[lag(10, 200, 300), lag(40, 5, 200)], 1_000, &budget, &machine);
        assert_eq!((found.shard_lag_ms, found.fanout_lag_ms, found.queued_part), (40.0, 200.0, 0.5));
    }

    #[test]
    fn sending_away_begins_at_the_top_and_ends_two_levels_lower() {
        let levels = [Level::Severe, Level::Critical, Level::Severe, Level::High, Level::Severe];
        let mut told = Told::default();
        let evicts = levels.map(|level| {
            told = told.at(level);
            told.evicts
        });
        assert_eq!(evicts, [false, true, true, false, false]);
    }
}
