//! The rate of admissions oscillates within bounds: it turns round so many times a minute at most, and no swing goes
//! further than a controller's step or two.
//!
//! A rate that climbs for as long as there is room, or falls because the load stays, swings once, however far.

use std::collections::VecDeque;

use preau::base::MachineTime;

use super::Checker;
use crate::region::Scale;
use crate::sight::{Change, Seen, Sight};

/// How many times a minute the rate may turn round: AIMD's saw has two turns for each tooth.
const TURNS_PER_MINUTE_MAX: usize = 16;
/// How far a swing may go between two turns that follow one another within [`SWING_S`]: three cuts by three tenths.
const SWING_MAX: f64 = 3.0;
const SWING_S: u64 = 10;

/// The rate as it moved.
pub(super) struct Flow {
    /// Admissions per second that a scale can't go below.
    lowest: f64,
    last: Option<(MachineTime, f64)>,
    is_rising: Option<bool>,
    /// Where it turned: when, and at what rate.
    turns: VecDeque<(MachineTime, f64)>,
}

impl Flow {
    pub(super) fn of(scale: Scale) -> Self {
        Self { lowest: f64::from(scale.0), last: None, is_rising: None, turns: VecDeque::new() }
    }

    fn moved(&mut self, now: MachineTime, rate: f64) -> Result<(), String> {
        let Some((at, before)) = self.last.replace((now, rate)) else { return Ok(()) };
        if (rate - before).abs() < f64::EPSILON {
            return Ok(());
        }
        let is_rising = rate > before;
        let was_rising = self.is_rising.replace(is_rising);
        if was_rising.is_none_or(|was| was == is_rising) {
            return Ok(());
        }
        let last = self.turns.back().copied();
        self.turns.push_back((at, before));
        self.turns.retain(|(then, _)| now.since(*then).as_secs() < 60);
        if self.turns.len() > TURNS_PER_MINUTE_MAX {
            let turns: Vec<f64> = self.turns.iter().map(|(_, rate)| rate.round()).collect();
            return Err(format!("the rate turned round {} times in a minute: {turns:?}", turns.len()));
        }
        let swing = last.filter(|(then, _)| at.since(*then).as_secs() < SWING_S).map(|(_, rate)| rate);
        let (low, high) = swing.map_or((1.0, 1.0), |rate| (rate.min(before), rate.max(before)));
        if high / low.max(self.lowest) > SWING_MAX {
            return Err(format!("the rate swung between {low:.0} and {high:.0} a second"));
        }
        Ok(())
    }
}

impl Checker for Flow {
    fn promise(&self) -> &'static str {
        "the rate of admissions oscillates within bounds"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Sampled(sample) => self.moved(seen.now, sample.rate),
            Sight::Changed(Change::Crash) => {
                (self.last, self.is_rising) = (None, None);
                self.turns.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use preau::admission::Level;

    use super::super::fed::{allows, refuses, seen};
    use super::*;
    use crate::sight::{Sample, Stock};

    fn at(second: u64, rate: f64) -> Seen {
        let stock = Stock::default();
        seen(second, Sight::Sampled(Sample { stock, level: Level::Normal, rate, seated: 0, unspent: 0 }))
    }

    #[test]
    fn a_rate_that_never_rests_is_seen() {
        let all: Vec<Seen> = (0..20).map(|second| at(second, 200.0 + (second % 2) as f64 * 20.0)).collect();
        refuses(&mut Flow::of(Scale(1)), &all[..TURNS_PER_MINUTE_MAX + 3]);
        let slowly: Vec<Seen> = all
            .iter()
            .enumerate()
            .map(|(n, s)| Seen { now: MachineTime(s.now.0 + n as u64 * 4_000), ..*s })
            .collect();
        allows(&mut Flow::of(Scale(1)), &slowly);
    }

    #[test]
    fn a_wide_swing_is_seen() {
        let wide = [at(0, 100.0), at(1, 600.0), at(2, 150.0), at(3, 200.0)];
        refuses(&mut Flow::of(Scale(1)), &wide);
        allows(&mut Flow::of(Scale(1)), &[at(0, 100.0), at(1, 300.0), at(2, 150.0), at(3, 200.0)]);
    }
}
