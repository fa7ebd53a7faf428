//! Seats before the first upgrade: one half of a worker's clients asks for one, all at once, and keeps it.
//!
//! Apart from the arrivals, so that what a seat costs and what a handshake costs are two figures.

use crate::client::Stage;
use crate::counts::Counts;
use crate::moment::{self, SECOND_NS};
use crate::orders::{Lines, News, Tally};

use super::{Worker, WorkerError};

/// How often it is looked whether all have been answered.
const LOOK_NS: u64 = SECOND_NS / 100;

/// See the module.
pub(super) struct Seats {
    lines: Lines,
    begin_ns: u64,
    has_begun: bool,
    look_ns: u64,
    counts: Counts,
    cpu_ns: u64,
}

impl Seats {
    pub(super) fn begin(worker: &Worker, lines: Lines, begin_ns: u64) -> Self {
        let (counts, cpu_ns) = (worker.scene.counts, moment::cpu_ns());
        Self { lines, begin_ns, has_begun: false, look_ns: begin_ns, counts, cpu_ns }
    }

    /// Lets everybody of the half ask at its instant, and those who wait as others are answered.
    pub(super) fn advance(&mut self, worker: &mut Worker, now_ns: u64) {
        if !self.has_begun && now_ns >= self.begin_ns {
            self.has_begun = true;
            worker.scene.holds_seats = true;
            worker.scene.desk_lines = self.lines;
            for id in (0..).take(worker.clients.len()).filter(|id| self.is_meant(*id)) {
                worker.clients[id as usize].intended_ns = self.begin_ns;
                worker.scene.waiting.push_back(id);
            }
        }
        worker.serve_clients(now_ns);
    }

    /// When it is looked again whether all have been answered.
    pub(super) fn next_ns(&self) -> u64 {
        self.look_ns
    }

    /// Whether each of the half has a seat, or will never have one.
    pub(super) fn is_over(&mut self, worker: &Worker, now_ns: u64) -> bool {
        if !self.has_begun || now_ns < self.look_ns {
            return false;
        }
        self.look_ns = now_ns + LOOK_NS;
        let mut meant = (0..).zip(&worker.clients).filter(|(id, _)| self.is_meant(*id));
        meant.all(|(_, client)| matches!(client.stage, Stage::Seated | Stage::Gone))
    }

    /// What it came to.
    pub(super) fn end(&self, worker: &mut Worker) -> Result<News, WorkerError> {
        let scene = &mut worker.scene;
        scene.holds_seats = false;
        scene.desk_lines = Lines::Kept;
        let (now, before) = (scene.counts, self.counts);
        let tally = Tally {
            seats: now.seats - before.seats,
            failed: now.failed - before.failed,
            worker_cpu_ns: moment::cpu_ns().saturating_sub(self.cpu_ns),
            latencies: scene.recorder.take_phase()?,
            errors: std::mem::take(&mut scene.errors),
            ..Tally::default()
        };
        Ok(News::Ended { phase: 0, tally: Box::new(tally) })
    }

    /// Every other client is of one half, so that both have clients of all classes.
    fn is_meant(&self, id: u32) -> bool {
        id.is_multiple_of(2) == (self.lines == Lines::Kept)
    }
}
