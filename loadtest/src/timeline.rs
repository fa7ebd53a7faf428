//! A run second by second: workers' ticks and the server's samples on one scale, for the plots.

use std::collections::BTreeMap;

use crate::histograms::{HistogramError, Histograms};
use crate::outcome::{Series, Span};
use crate::pass::{Pass, seconds};

const SECOND_NS: u64 = 1_000_000_000;
/// A tick covers the time since the one before, but never more than this: between phases workers are silent.
const TICK_NS_MAX: u64 = 2 * SECOND_NS;

/// The phases in time.
pub(crate) fn spans(pass: &Pass) -> Vec<Span> {
    let span = |phase: &crate::pass::PhasePass| Span {
        name: phase.name.clone(),
        from_s: seconds(pass.began_ns, phase.began_ns),
        to_s: seconds(pass.began_ns, phase.ended_ns),
    };
    pass.phases.iter().map(span).collect()
}

/// The values over time.
///
/// # Errors
/// [`HistogramError`].
pub(crate) fn series(pass: &Pass) -> Result<Series, HistogramError> {
    let end_ns = pass.phases.iter().map(|phase| phase.ended_ns).max().unwrap_or(pass.began_ns);
    let mut rows = Rows::new(pass.began_ns, end_ns);
    rows.samples(pass);
    rows.ticks(pass)?;
    Ok(rows.into_series())
}

struct Rows {
    began_ns: u64,
    count: usize,
    values: BTreeMap<String, Vec<Option<f64>>>,
}

impl Rows {
    fn new(began_ns: u64, end_ns: u64) -> Self {
        let count = usize::try_from(end_ns.saturating_sub(began_ns).div_ceil(SECOND_NS)).unwrap_or_default();
        Self { began_ns, count, values: BTreeMap::new() }
    }

    fn cell(&mut self, name: &str, row: usize) -> Option<&mut Option<f64>> {
        if !self.values.contains_key(name) {
            self.values.insert(name.to_owned(), vec![None; self.count]);
        }
        self.values.get_mut(name)?.get_mut(row)
    }

    fn put(&mut self, name: &str, row: usize, value: f64) {
        if let Some(cell) = self.cell(name, row) {
            *cell = Some(value);
        }
    }

    fn add(&mut self, name: &str, row: usize, value: f64) {
        if let Some(cell) = self.cell(name, row) {
            *cell = Some(cell.unwrap_or_default() + value);
        }
    }

    /// The rows whose middle lies after one instant and not after another.
    fn between(&self, from_ns: u64, to_ns: u64) -> std::ops::Range<usize> {
        let after = |at_ns: u64| {
            let rows = (at_ns.saturating_sub(self.began_ns) + SECOND_NS / 2) / SECOND_NS;
            usize::try_from(rows).unwrap_or(usize::MAX).min(self.count)
        };
        after(from_ns)..after(to_ns)
    }

    fn samples(&mut self, pass: &Pass) {
        for pair in pass.samples.windows(2) {
            let [from, to] = pair else { continue };
            let taken = seconds(from.at_ns, to.at_ns);
            for row in self.between(from.at_ns, to.at_ns) {
                if taken > 0.0 {
                    self.put("cpu_share", row, seconds(from.cpu_ns, to.cpu_ns) / taken);
                }
                self.put("rss_bytes", row, to.rss_bytes as f64);
                self.put("pss_bytes", row, to.pss_bytes as f64);
                self.put("kernel_socket_bytes", row, to.kernel_socket_bytes as f64);
            }
        }
    }

    fn ticks(&mut self, pass: &Pass) -> Result<(), HistogramError> {
        let mut last_ns: BTreeMap<usize, u64> = BTreeMap::new();
        let mut latencies: BTreeMap<usize, Histograms> = BTreeMap::new();
        for (worker, tick) in &pass.ticks {
            let before_ns = last_ns.insert(*worker, tick.at_ns).unwrap_or_default();
            let from_ns = before_ns.max(tick.at_ns.saturating_sub(TICK_NS_MAX)).max(self.began_ns);
            let taken = seconds(from_ns, tick.at_ns);
            if taken <= 0.0 {
                continue;
            }
            for row in self.between(from_ns, tick.at_ns) {
                self.add("connected", row, tick.connected as f64);
                self.add("on_their_way", row, tick.on_their_way as f64);
                self.add("deliveries_per_second", row, tick.deliveries as f64 / taken);
                self.add("acknowledged_per_second", row, tick.acknowledged as f64 / taken);
                self.add("errors_per_second", row, tick.errors as f64 / taken);
            }
            let row = usize::try_from(tick.at_ns.saturating_sub(self.began_ns + 1) / SECOND_NS)
                .unwrap_or(usize::MAX);
            latencies.entry(row).or_default().add(&tick.latencies)?;
        }
        for (row, latencies) in latencies {
            for (name, counts) in latencies.iter() {
                let name = name.replace('/', ".");
                self.put(&format!("{name}.p50_us"), row, counts.value_at_quantile(0.5) as f64);
                self.put(&format!("{name}.p99_us"), row, counts.value_at_quantile(0.99) as f64);
            }
        }
        Ok(())
    }

    fn into_series(self) -> Series {
        let at_s = (1..=self.count).map(|row| row as f64).collect();
        Series { at_s, values: self.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histograms::encoded;
    use crate::orders::Tick;
    use crate::pass::PhasePass;
    use crate::sampler::Sample;

    #[test]
    fn ticks_of_two_workers_and_samples_fall_into_the_same_seconds() {
        let tick = |worker: usize, at_ms: u64, deliveries: u64| {
            let latencies = BTreeMap::from([("class/student".to_owned(), encoded(&[deliveries]))]);
            let at_ns = SECOND_NS + at_ms * 1_000_000;
            (worker, Tick { at_ns, connected: 10, deliveries, latencies, ..Tick::default() })
        };
        let sample = |second: u64| Sample {
            at_ns: second * SECOND_NS,
            cpu_ns: second * SECOND_NS / 2,
            rss_bytes: second,
            ..Sample::default()
        };
        let phase = PhasePass {
            name: "a".into(),
            began_ns: SECOND_NS,
            ended_ns: 4 * SECOND_NS,
            ..PhasePass::default()
        };
        // The second worker ticks a little late, and is silent in the third second.
        let ticks = vec![
            tick(0, 1_000, 100),
            tick(1, 1_100, 110),
            tick(0, 2_000, 100),
            tick(1, 2_100, 100),
            tick(0, 3_000, 50),
        ];
        let samples = (1..=4).map(sample).collect();
        let pass = Pass { began_ns: SECOND_NS, phases: vec![phase], ticks, samples, ..Pass::default() };
        let series = series(&pass).unwrap();
        assert_eq!(series.at_s, [1.0, 2.0, 3.0]);
        assert_eq!(series.values["connected"], [Some(20.0), Some(20.0), Some(10.0)]);
        assert_eq!(series.values["deliveries_per_second"], [Some(200.0), Some(200.0), Some(50.0)]);
        assert_eq!(series.values["cpu_share"], [Some(0.5); 3]);
        assert_eq!(series.values["rss_bytes"], [Some(2.0), Some(3.0), Some(4.0)]);
        assert_eq!(series.values["class.student.p99_us"], [Some(100.0), Some(110.0), Some(100.0)]);
        assert_eq!(
            spans(&pass).iter().map(|span| (span.from_s, span.to_s)).collect::<Vec<_>>(),
            [(0.0, 3.0)]
        );
    }
}
