//! Whoever came first comes in first, within a class: the one who has waited longest is not passed again and again by
//! people of its class who came minutes later.
//!
//! The order within a second is drawn by lot, whoever was called comes in as it asks, and somebody who was sent away has the age
//! of its session: so a few may pass. Who shows no ticket of its own has no place to lose.
//!
//! People are called for some seconds of the rate at once, so hundreds may come in within a quarter of a second when a limit is
//! lifted, and who asks last of those who were called together finds the flow used up. It is in at its next poll. So whoever
//! passed it a moment ago does not count yet; if it still waits after that moment, all do.

use std::collections::{BTreeSet, HashMap, HashSet};

use preau::admission::CLASSES;
use preau::base::MachineTime;

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Shown, Sight};

/// Milliseconds that somebody must have come later, to count.
const LATER_MS: u64 = 120_000;
/// How many may pass.
const PASSED_MAX: usize = 30;
/// Milliseconds for which the gate calls people ahead of its rate.
const CALLED_MS: u64 = 2_500;

/// Those who wait, by class and by when they came.
#[derive(Default)]
pub(super) struct Turns {
    waiting: [BTreeSet<(MachineTime, usize)>; CLASSES],
    /// Where each of them stands.
    places: HashMap<usize, (usize, MachineTime)>,
    /// When somebody passed each, oldest first.
    passed: HashMap<usize, Vec<MachineTime>>,
    /// Visits that were sent away once.
    evicted: HashSet<usize>,
}

impl Turns {
    fn forget(&mut self, visit: usize) {
        if let Some((class, since)) = self.places.remove(&visit) {
            self.waiting[class].remove(&(since, visit));
            self.passed.remove(&visit);
        }
    }

    fn asked(&mut self, asked: &Asked, now: MachineTime) -> Result<(), String> {
        let Asked { who, shown, since, answer, .. } = *asked;
        let class = who.class().index();
        match answer {
            Answer::Wait { .. } if matches!(shown, Shown::Ticket | Shown::EarlyTicket) => {
                if self.places.get(&who.visit) != Some(&(class, since)) {
                    self.forget(who.visit);
                    self.places.insert(who.visit, (class, since));
                    self.waiting[class].insert((since, who.visit));
                }
                let passed = self.passed.get(&who.visit).map_or(&[][..], Vec::as_slice);
                let passed = passed.partition_point(|at| at.0 + CALLED_MS <= now.0);
                if passed > PASSED_MAX {
                    return Err(format!(
                        "{who:?} waits since {since:?}, and {passed} who came later are in for a while"
                    ));
                }
                Ok(())
            }
            Answer::Enter { is_new, .. } => {
                self.forget(who.visit);
                let oldest = self.waiting[class].first().copied();
                let is_passed = oldest.is_some_and(|(first, _)| first.0 + LATER_MS < since.0);
                if let Some((_, visit)) = oldest.filter(|_| is_new && is_passed)
                    && !self.evicted.contains(&who.visit)
                {
                    self.passed.entry(visit).or_default().push(now);
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
            Sight::Asked(asked) => return self.asked(asked, seen.now),
            Sight::GaveUp { who } => self.forget(who.visit),
            Sight::Evicted { who, .. } => {
                self.evicted.insert(who.visit);
            }
            Sight::Changed(Change::Crash) => *self = Self::default(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::base::Role;

    use super::super::fed::{NOON, allows, enter, refuses, seen, wait, who};
    use super::*;
    use crate::sight::Stock;

    fn asks(second: u64, visit: usize, came: u64, answer: Answer) -> Seen {
        let (who, since) = (who(Role::Student, visit), MachineTime(NOON + came * 1_000));
        seen(second, Sight::Asked(Asked { who, shown: Shown::Ticket, since, lost_at: None, answer }))
    }

    /// Somebody who waits since second 0 asks, is passed by one more than may pass, a few in each second, and asks again.
    fn passed_from(second: u64, in_a_second: usize, asks_again: u64) -> Vec<Seen> {
        let mut all = vec![asks(0, 0, 0, wait(None))];
        for visit in 1..=PASSED_MAX + 1 {
            let after = u64::try_from(visit / in_a_second).unwrap();
            all.push(asks(second + after, visit, 130, enter(Stock::default())));
        }
        all.push(asks(asks_again, 0, 0, wait(None)));
        all
    }

    #[test]
    fn somebody_whom_all_pass_is_seen() {
        let all = passed_from(200, 1, 240);
        refuses(&mut Turns::default(), &all);
        let about_as_early: Vec<Seen> =
            all.iter().map(|seen| Seen { sight: earlier(seen.sight), ..*seen }).collect();
        allows(&mut Turns::default(), &about_as_early);
    }

    #[test]
    fn who_was_called_with_many_may_be_the_last_of_them_but_not_stay() {
        let mut all = passed_from(200, PASSED_MAX * 2, 201);
        allows(&mut Turns::default(), &all);
        let in_at_last = [all.clone(), vec![asks(203, 0, 0, enter(Stock::default()))]].concat();
        allows(&mut Turns::default(), &in_at_last);
        all.push(asks(203, 0, 0, wait(None)));
        refuses(&mut Turns::default(), &all);
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
