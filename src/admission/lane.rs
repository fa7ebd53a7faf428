//! The lanes by which people come in: token buckets fed by one rate.

use super::FlowSettings;

/// Which lane somebody takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Teachers and operators: a part of the rate is theirs alone, and the open lane too.
    First,
    /// Who comes back to a seat that is kept.
    Resume,
    /// Everybody.
    Open,
    /// Those who were called out of the waiting room.
    Called,
}

/// What the lanes hold now, in admissions.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    first: f64,
    resume: f64,
    open: f64,
    /// What the open lane could not hold while people wait: those who are called come in gusts, when they poll.
    called: f64,
    /// What ran over since it was last asked for: admissions that nobody took.
    overflow: f64,
}

/// How many seconds of the rate a lane holds.
const BURST_SECONDS: f64 = 0.25;
/// How many seconds of the rate are kept for those who are called: from one poll to the next.
const CALLED_SECONDS: f64 = 2.0;

fn burst(rate: f64) -> f64 {
    (rate * BURST_SECONDS).max(1.0)
}

impl Lanes {
    /// Full lanes.
    pub(super) fn new(rate: f64, settings: &FlowSettings) -> Self {
        let mut lanes = Self { first: 0.0, resume: 0.0, open: 0.0, called: 0.0, overflow: 0.0 };
        lanes.refill(rate, 1.0, settings);
        lanes.forget_called();
        lanes
    }

    /// Lets in what the rate gives in so many seconds. What the first lane can't hold goes to the open one.
    pub(super) fn refill(&mut self, rate: f64, seconds: f64, settings: &FlowSettings) {
        let first_rate = rate * f64::from(settings.teacher_part) / 1_000.0;
        let first = self.first + first_rate * seconds;
        self.first = first.min(burst(first_rate));
        let open = self.open + (rate - first_rate) * seconds + (first - self.first);
        self.open = open.min(burst(rate));
        let called = self.called + (open - self.open);
        self.called = called.min(rate * CALLED_SECONDS);
        self.overflow += called - self.called;
        let resume_rate = rate * f64::from(settings.resume_part) / 1_000.0;
        self.resume = (self.resume + resume_rate * seconds).min(burst(resume_rate));
    }

    /// Takes one admission, but leaves `kept` in the open lane and the one of those who are called for those who come first;
    /// whether there was one.
    pub(super) fn take(&mut self, lane: Lane, kept: f64) -> bool {
        match lane {
            Lane::First if self.first >= 1.0 => self.first -= 1.0,
            Lane::Resume if self.resume >= 1.0 => self.resume -= 1.0,
            Lane::First | Lane::Open if self.open >= 1.0 + (kept - self.called).max(0.0) => self.open -= 1.0,
            // Two parts of an admission are one: the one who comes first must not go away from both.
            Lane::Called if self.open + self.called >= 1.0 + kept => {
                let from_open = self.open.min(1.0);
                self.open -= from_open;
                self.called -= 1.0 - from_open;
            }
            _ => return false,
        }
        true
    }

    /// Nobody waits: what was kept for those who are called is forgotten.
    pub(super) fn forget_called(&mut self) {
        (self.called, self.overflow) = (0.0, 0.0);
    }

    /// What ran over since this was asked last.
    pub(super) fn overflow(&mut self) -> f64 {
        std::mem::take(&mut self.overflow)
    }
}
