//! Whoever came first comes in first, within a class: the one who has waited longest is not passed again and again by
//! people of its class who came minutes later.
//!
//! The order within a second is drawn by lot, whoever was called comes in as it asks, and somebody who was sent away has the age
//! of its session: so a few may pass. How few is a matter of time: at the rate of that moment it may be thirty, or what comes in
//! within three quarters of a second, which at 1:50 is never more than these. Who shows no ticket of its own has no place to lose.

use std::collections::{BTreeSet, HashMap, HashSet};

use preau::admission::CLASSES;
use preau::base::MachineTime;

use super::Checker;
use crate::region::Scale;
use crate::sight::{Answer, Asked, Change, Seen, Shown, Sight};

/// Milliseconds that somebody must have come later, to count.
const LATER_MS: u64 = 120_000;
/// How many may pass, whatever the rate.
const PASSED_MAX: u32 = 30;
/// Of how many seconds of the flow so many more may be.
const FLOW_S_MAX: f64 = 0.75;

/// How many have passed somebody, and how many seconds of the flow that is.
#[derive(Clone, Copy, Default)]
struct Passed {
    count: u32,
    flow_s: f64,
}

impl Passed {
    fn is_too_much(self) -> bool {
        self.count > PASSED_MAX && self.flow_s > FLOW_S_MAX
    }
}

/// Those who wait, by class and by when they came.
pub(super) struct Turns {
    /// How many people of the region one of this scale stands for.
    scale: f64,
    /// Admissions of the region per second, when it was last seen.
    rate: f64,
    waiting: [BTreeSet<(MachineTime, usize)>; CLASSES],
    /// Where each of them stands.
    places: HashMap<usize, (usize, MachineTime)>,
    /// By how many each was passed.
    passed: HashMap<usize, Passed>,
    /// Visits that were sent away once.
    evicted: HashSet<usize>,
}

impl Turns {
    pub(super) fn of(scale: Scale) -> Self {
        Self {
            scale: f64::from(scale.0),
            rate: 0.0,
            waiting: <[_; CLASSES]>::default(),
            places: HashMap::new(),
            passed: HashMap::new(),
            evicted: HashSet::new(),
        }
    }

    fn forget(&mut self, visit: usize) {
        if let Some((class, since)) = self.places.remove(&visit) {
            self.waiting[class].remove(&(since, visit));
            self.passed.remove(&visit);
        }
    }

    fn asked(&mut self, asked: &Asked) -> Result<(), String> {
        let Asked { who, shown, since, answer, .. } = *asked;
        let class = who.class().index();
        match answer {
            Answer::Wait { .. } if matches!(shown, Shown::Ticket | Shown::EarlyTicket) => {
                if self.places.get(&who.visit) != Some(&(class, since)) {
                    self.forget(who.visit);
                    self.places.insert(who.visit, (class, since));
                    self.waiting[class].insert((since, who.visit));
                }
                match self.passed.get(&who.visit) {
                    Some(passed) if passed.is_too_much() => {
                        let Passed { count, flow_s } = passed;
                        Err(format!(
                            "{who:?} waits since {since:?}, and {count} who came later are in, {flow_s:.1} s of the flow"
                        ))
                    }
                    _ => Ok(()),
                }
            }
            Answer::Enter { is_new, .. } => {
                self.forget(who.visit);
                let oldest = self.waiting[class].first().copied();
                let is_passed = oldest.is_some_and(|(first, _)| first.0 + LATER_MS < since.0);
                if let Some((_, visit)) = oldest.filter(|_| is_new && is_passed)
                    && !self.evicted.contains(&who.visit)
                {
                    let passed = self.passed.entry(visit).or_default();
                    passed.count += 1;
                    passed.flow_s += self.scale / self.rate;
                }
                Ok(())
            }
            _ => {
                self.forget(who.visit);
                Ok(())
            }
        }
    }
}

impl Checker for Turns {
    fn promise(&self) -> &'static str {
        "within a class, who came first comes in first"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(asked) => return self.asked(asked),
            Sight::GaveUp { who } => self.forget(who.visit),
            Sight::Evicted { who, .. } => {
                self.evicted.insert(who.visit);
            }
            Sight::Sampled(sample) => self.rate = sample.rate,
            Sight::Changed(Change::Crash) => {
                (self.waiting, self.evicted) = (<[_; CLASSES]>::default(), HashSet::new());
                (self.places, self.passed) = (HashMap::new(), HashMap::new());
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::admission::Level;
    use preau::base::Role;

    use super::super::fed::{NOON, allows, enter, refuses, seen, wait, who};
    use super::*;
    use crate::sight::{Sample, Stock};

    fn asks(second: u64, visit: usize, came: u64, answer: Answer) -> Seen {
        let (who, since) = (who(Role::Student, visit), MachineTime(NOON + came * 1_000));
        seen(second, Sight::Asked(Asked { who, shown: Shown::Ticket, since, lost_at: None, answer }))
    }

    fn rate(rate: f64) -> Seen {
        let sample = Sample { stock: Stock::default(), level: Level::Normal, rate, seated: 0, unspent: 0 };
        seen(0, Sight::Sampled(sample))
    }

    /// Somebody whom so many pass.
    fn passed_by(count: usize) -> Vec<Seen> {
        let mut all = vec![asks(0, 0, 0, wait(None))];
        all.extend((1..=count).map(|visit| asks(200, visit, 130, enter(Stock::default()))));
        all.push(asks(201, 0, 0, wait(None)));
        all
    }

    #[test]
    fn somebody_whom_all_pass_is_seen() {
        let all = passed_by(usize::try_from(PASSED_MAX).unwrap() + 1);
        refuses(&mut Turns::of(Scale(50)), &all);
        let about_as_early: Vec<Seen> =
            all.iter().map(|seen| Seen { sight: earlier(seen.sight), ..*seen }).collect();
        allows(&mut Turns::of(Scale(50)), &about_as_early);
    }

    #[test]
    fn at_a_high_rate_more_may_pass_in_the_same_time() {
        let at = |rate_then, count| [vec![rate(rate_then)], passed_by(count)].concat();
        allows(&mut Turns::of(Scale(1)), &at(400.0, 299));
        refuses(&mut Turns::of(Scale(1)), &at(400.0, 301));
        refuses(&mut Turns::of(Scale(1)), &at(20.0, 31));
        // One of fifty: no rate is so high that one more than thirty were allowed.
        refuses(&mut Turns::of(Scale(50)), &at(2_000.0, 31));
    }

    #[expect(clippy::large_types_passed_by_value, reason = "it is kept as it comes")]
    fn earlier(sight: Sight) -> Sight {
        match sight {
            Sight::Asked(asked) if asked.since.0 > NOON => {
                Sight::Asked(Asked { since: MachineTime(NOON + 60_000), ..asked })
            }
            other => other,
        }
    }
}
