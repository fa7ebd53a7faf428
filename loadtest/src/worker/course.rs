//! The course of a run in one worker: which order is being carried out, and what is told of it.

use std::collections::BTreeMap;

use crate::limits;
use crate::moment::{self, SECOND_NS};
use crate::oracle::{Ends, Oracle};
use crate::orders::{News, Order, StreamEnd};

use super::phase::Phase;
use super::seats::Seats;
use super::{Worker, WorkerError};

/// How often it is looked whether the last deliveries have come.
const LOOK_NS: u64 = SECOND_NS / 50;

/// See the module.
#[derive(Default)]
pub(super) struct Course {
    now: Doing,
}

#[derive(Default)]
enum Doing {
    #[default]
    Nothing,
    Seats(Seats),
    Phase(Box<Phase>),
    Settling(Settling),
}

struct Settling {
    ends: Ends,
    look_ns: u64,
    deliveries: u64,
    /// When the last delivery came.
    quiet_since_ns: u64,
}

impl Course {
    /// Begins what an order says.
    pub(super) fn obey(&mut self, worker: &mut Worker, order: Order) -> Result<(), WorkerError> {
        if !matches!(self.now, Doing::Nothing) {
            return Err(WorkerError::OutOfTurn("the one before is not carried out"));
        }
        self.now = match order {
            Order::Plan(_) => return Err(WorkerError::OutOfTurn("there is a plan already")),
            Order::Seats { lines, at_ns } => Doing::Seats(Seats::begin(worker, lines, at_ns)),
            Order::Begin { phase, at_ns } => Doing::Phase(Box::new(Phase::begin(worker, phase, at_ns)?)),
            Order::Settle { streams } => Doing::Settling(Settling::begin(worker, streams)),
        };
        Ok(())
    }

    /// Does what is due; what is to be told.
    pub(super) fn advance(&mut self, worker: &mut Worker) -> Result<Vec<News>, WorkerError> {
        let now_ns = moment::now_ns();
        worker.serve_clients(now_ns);
        let mut told = Vec::new();
        match &mut self.now {
            Doing::Nothing => {}
            Doing::Seats(seats) => {
                seats.advance(worker, now_ns);
                if seats.is_over(worker, now_ns) {
                    told.push(seats.end(worker)?);
                    self.now = Doing::Nothing;
                }
            }
            Doing::Phase(phase) => {
                phase.advance(worker, now_ns);
                told.extend(phase.tick(worker, now_ns)?);
                if phase.is_over(worker, now_ns) {
                    told.push(phase.end(worker)?);
                    self.now = Doing::Nothing;
                }
            }
            Doing::Settling(settling) => {
                if settling.is_over(worker, now_ns) {
                    told.push(settling.judge(worker));
                    self.now = Doing::Nothing;
                }
            }
        }
        Ok(told)
    }

    /// When something is due next without anything having come.
    pub(super) fn next_ns(&self, worker: &Worker) -> u64 {
        let ringing = worker.scene.timers.peek().map(|timer| timer.0.0);
        let due = match &self.now {
            Doing::Nothing => None,
            Doing::Seats(seats) => Some(seats.next_ns()),
            Doing::Phase(phase) => Some(phase.next_ns(worker)),
            Doing::Settling(settling) => Some(settling.look_ns),
        };
        ringing.into_iter().chain(due).min().unwrap_or(u64::MAX / 2)
    }
}

impl Settling {
    fn begin(worker: &mut Worker, streams: BTreeMap<u32, StreamEnd>) -> Self {
        // Whoever still does not read does now: what waits in a socket is not lost.
        worker.read_again_all();
        let now_ns = moment::now_ns();
        let ends = Ends::new(streams, &worker.scene.flows);
        let deliveries = worker.scene.counts.deliveries;
        Self { ends, look_ns: now_ns, deliveries, quiet_since_ns: now_ns }
    }

    fn is_over(&mut self, worker: &Worker, now_ns: u64) -> bool {
        if now_ns < self.look_ns {
            return false;
        }
        self.look_ns = now_ns + LOOK_NS;
        let deliveries = worker.scene.counts.deliveries;
        if std::mem::replace(&mut self.deliveries, deliveries) != deliveries {
            self.quiet_since_ns = now_ns;
        }
        let quiet_ns = now_ns.saturating_sub(self.quiet_since_ns);
        quiet_ns > moment::nanoseconds(limits::QUIET_DEADLINE) || self.lacking(worker) == 0
    }

    fn lacking(&self, worker: &Worker) -> u64 {
        let scene = &worker.scene;
        let members = worker.clients.iter().filter(|client| client.is_member);
        members
            .map(|client| {
                Oracle::lacking(client.listener(&scene.flows, &scene.speech), client.record(), &self.ends)
            })
            .sum()
    }

    fn judge(&self, worker: &mut Worker) -> News {
        let scene = &mut worker.scene;
        for client in worker.clients.iter().filter(|client| client.is_member) {
            let listener = client.listener(&scene.flows, &scene.speech);
            scene.oracle.settle(listener, client.record(), &self.ends);
        }
        News::Done(Box::new(scene.oracle.verdict().clone()))
    }
}
