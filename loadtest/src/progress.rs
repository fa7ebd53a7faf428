//! The line that says while a run goes on how it goes: in place on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use crate::histograms::{HistogramError, Histograms};
use crate::moment::now_ns;
use crate::numbers::{count, duration_us};
use crate::orders::Tick;
use crate::pass::seconds;
use crate::sampler::Sample;

/// Seconds between two lines where nothing can be overwritten.
const PLAIN_INTERVAL_S: f64 = 5.0;

/// What goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Which phase it is.
    pub(crate) index: usize,
    /// How long it shall last; 0 if nobody knows.
    pub(crate) seconds: f64,
}

impl Step<'_> {
    /// For errors.
    pub(crate) fn during(&self) -> String {
        format!("in `{}`", self.name)
    }
}

/// What workers said last.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    connected: u64,
    on_their_way: u64,
    deliveries: u64,
}

/// Shows a run.
pub(crate) struct Progress {
    /// Such as `fanout · preau · round 1 of 3`.
    head: String,
    phases: usize,
    is_terminal: bool,
    began_ns: u64,
    shown_ns: u64,
    workers: Vec<Last>,
    latencies: Histograms,
    errors: u64,
    out: Box<dyn Write>,
}

impl Progress {
    /// On standard error.
    pub(crate) fn new(head: String, phases: usize) -> Self {
        Self::to(Box::new(io::stderr()), io::stderr().is_terminal(), head, phases)
    }

    fn to(out: Box<dyn Write>, is_terminal: bool, head: String, phases: usize) -> Self {
        let (workers, latencies) = (Vec::new(), Histograms::default());
        Self {
            head,
            phases,
            is_terminal,
            began_ns: now_ns(),
            shown_ns: 0,
            workers,
            latencies,
            errors: 0,
            out,
        }
    }

    /// A step begins.
    pub(crate) fn begin(&mut self, step: &Step<'_>) {
        self.began_ns = now_ns();
        self.shown_ns = self.began_ns;
        if !self.is_terminal {
            // Who can't be told goes without: a run does not fail because nobody watches.
            let _ = writeln!(self.out, "{}", self.title(step));
        }
    }

    /// Counts what a worker says.
    ///
    /// # Errors
    /// [`HistogramError`].
    pub(crate) fn tick(&mut self, worker: usize, tick: &Tick) -> Result<(), HistogramError> {
        if self.workers.len() <= worker {
            self.workers.resize(worker + 1, Last::default());
        }
        if let Some(last) = self.workers.get_mut(worker) {
            let (connected, on_their_way) = (tick.connected, tick.on_their_way);
            *last = Last { connected, on_their_way, deliveries: tick.deliveries };
        }
        self.errors += tick.errors;
        self.latencies.add(&tick.latencies)
    }

    /// Says how it goes.
    pub(crate) fn show(&mut self, step: &Step<'_>, sample: &Sample) {
        let now = now_ns();
        if !self.is_terminal && seconds(self.shown_ns, now) < PLAIN_INTERVAL_S {
            return;
        }
        self.shown_ns = now;
        let line = self.line(step, sample, seconds(self.began_ns, now));
        let _ = if self.is_terminal {
            write!(self.out, "\r\x1b[2K{line}").and_then(|()| self.out.flush())
        } else {
            writeln!(self.out, "  {line}")
        };
        self.latencies = Histograms::default();
    }

    fn title(&self, step: &Step<'_>) -> String {
        let of = format!("{} of {}", step.index, self.phases);
        format!("{} · phase {of} {}", self.head, step.name)
    }

    fn line(&self, step: &Step<'_>, sample: &Sample, passed_s: f64) -> String {
        let sum = |field: fn(&Last) -> u64| self.workers.iter().map(field).sum::<u64>();
        let of = if step.seconds > 0.0 { format!(" of {:.0}", step.seconds) } else { String::new() };
        let way = match sum(|last| last.on_their_way) {
            0 => String::new(),
            way => format!(" (+{} on their way)", count(way)),
        };
        let p99 = self.latencies.deliveries_p99_us().map_or("–".to_owned(), |p99| duration_us(p99 as f64));
        let head = if self.is_terminal { self.title(step) + " " } else { String::new() };
        format!(
            "{head}{passed_s:.0}{of} s · {} connected{way} · {} deliveries/s · p99 {p99} · {} MiB · {} errors",
            count(sum(|last| last.connected)),
            count(sum(|last| last.deliveries)),
            sample.rss_bytes >> 20,
            count(self.errors),
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_terminal {
            let _ = write!(self.out, "\r\x1b[2K").and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::histograms::encoded;

    #[test]
    fn the_line_adds_up_workers_and_says_where_the_run_is() {
        let mut progress = Progress::to(Box::new(io::sink()), true, "mixed · preau".into(), 3);
        let latencies = BTreeMap::from([("class/student".to_owned(), encoded(&[3_400; 10]))]);
        let tick = Tick {
            connected: 9_000,
            on_their_way: 6,
            deliveries: 35_000,
            errors: 1,
            latencies,
            ..Tick::default()
        };
        progress.tick(1, &tick).unwrap();
        progress.tick(0, &tick).unwrap();
        let step = Step { name: "quiet", index: 2, seconds: 15.0 };
        let sample = Sample { rss_bytes: 30 << 20, ..Sample::default() };
        let wanted = "mixed · preau · phase 2 of 3 quiet 4 of 15 s · 18,000 connected (+12 on their way) · \
                      70,000 deliveries/s · p99 3.40 ms · 30 MiB · 2 errors";
        assert_eq!(progress.line(&step, &sample, 4.1), wanted);
    }
}
