//! How fast people are let in: a rate that a controller moves, and the lanes that it feeds.

use std::time::Duration;

use super::lane::{Lane, Lanes};
use super::{FlowSettings, PerClass};
use crate::base::{MachineTime, limits};

/// What the indicators say to the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// There is room for more.
    Green,
    /// Leave it.
    Amber,
    /// It is too much.
    Red,
}

/// What moves the rate of admissions. One step is taken each second.
pub trait Controller: Send {
    /// The next rate. `used` is the part of the last step's admissions that somebody took.
    fn next(&mut self, rate: f64, signal: Signal, used: f64) -> f64;

    /// By how much a rate may grow in one step at most.
    fn growth(&self, rate: f64) -> f64;
}

/// Additive increase, multiplicative decrease: the rate grows by two hundredths, five at least, while half of it is used
/// and all is green; it falls by three tenths when something is red, and then waits a step to see what that brought.
#[derive(Debug, Default)]
pub struct Aimd {
    has_cut: bool,
}

impl Controller for Aimd {
    fn next(&mut self, rate: f64, signal: Signal, used: f64) -> f64 {
        let had_cut = std::mem::take(&mut self.has_cut);
        match signal {
            Signal::Green if used >= 0.5 => rate + self.growth(rate),
            Signal::Red if !had_cut => {
                self.has_cut = true;
                rate * 0.7
            }
            _ => rate,
        }
    }

    fn growth(&self, rate: f64) -> f64 {
        (rate * 0.02).max(5.0)
    }
}

/// The flow of admissions.
pub(super) struct Flow {
    rate: f64,
    controller: Box<dyn Controller>,
    lanes: Lanes,
    refilled_at: MachineTime,
    stepped_at: MachineTime,
    /// Admissions since the last step.
    used: f64,
    /// Whether there were any in that step.
    was_used: bool,
}

impl Flow {
    /// A flow at its first rate.
    pub(super) fn new(controller: Box<dyn Controller>, settings: &FlowSettings, now: MachineTime) -> Self {
        let rate = f64::from(settings.start);
        let lanes = Lanes::new(rate, settings);
        Self { rate, controller, lanes, refilled_at: now, stepped_at: now, used: 0.0, was_used: false }
    }

    /// Admissions per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// In how many seconds so many may have been let in at the soonest: the rate may grow meanwhile.
    pub(super) fn soonest(&self, count: f64) -> f64 {
        let growth = self.controller.growth(self.rate);
        // Of `count = rate × s + growth × s² / 2`.
        2.0 * count / (self.rate + (self.rate * self.rate + 2.0 * growth * count).sqrt())
    }

    /// Lets in what the time since the last call has brought.
    pub(super) fn refill(&mut self, settings: &FlowSettings, now: MachineTime) {
        let seconds = now.since(self.refilled_at).as_secs_f64();
        if seconds > 0.0 {
            self.lanes.refill(self.rate, seconds, settings);
            self.refilled_at = now;
        }
    }

    /// Takes one admission of a lane, but leaves `kept` for those who come first.
    pub(super) fn take(&mut self, lane: Lane, kept: f64) -> bool {
        let is_there = self.lanes.take(lane, kept);
        if is_there {
            self.used += 1.0;
        }
        is_there
    }

    /// Whether [`Flow::take`] would find one.
    pub(super) fn has(&self, lane: Lane, kept: f64) -> bool {
        self.lanes.clone().take(lane, kept)
    }

    /// Nobody waits.
    pub(super) fn forget_called(&mut self) {
        self.lanes.forget_called();
    }

    /// Admissions that nobody took since this was asked last.
    pub(super) fn overflow(&mut self) -> f64 {
        self.lanes.overflow()
    }

    /// Moves the rate, once a second.
    pub(super) fn step(&mut self, signal: Signal, settings: &FlowSettings, now: MachineTime) {
        let elapsed = now.since(self.stepped_at);
        if elapsed < limits::FLOW_STEP {
            return;
        }
        let used = self.used / (self.rate * elapsed.min(Duration::from_mins(1)).as_secs_f64());
        let next = self.controller.next(self.rate, signal, used);
        self.rate = within(next, settings);
        self.stepped_at = now;
        self.was_used = self.used > 0.0;
        self.used = 0.0;
    }

    /// Whether nobody has been let in since the step before the last one.
    pub(super) fn is_unused(&self) -> bool {
        self.used == 0.0 && !self.was_used
    }

    /// Keeps to other settings at once.
    pub(super) fn bound(&mut self, settings: &FlowSettings) {
        self.rate = within(self.rate, settings);
    }
}

fn within(rate: f64, settings: &FlowSettings) -> f64 {
    rate.max(f64::from(settings.min)).min(f64::from(settings.max))
}

/// The lane of each class, for those who come without being called.
pub(super) const LANES: PerClass<Lane> =
    [Lane::First, Lane::First, Lane::Open, Lane::Open, Lane::Open, Lane::Open];
