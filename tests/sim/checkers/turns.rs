//! Whoever came first comes in first, within a class: the one who has waited longest is not passed again and again by
//! people of its class who came minutes later.
//!
//! The order within a second is drawn by lot, whoever was called comes in as it asks, and somebody who was sent away has the age
//! of its session: so a few may pass. Who shows no ticket of its own has no place to lose.

use std::collections::{BTreeSet, HashMap, HashSet};

use preau::admission::CLASSES;
use preau::base::MachineTime;

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Shown, Sight};

/// Milliseconds that somebody must have come later, to count.
const LATER_MS: u64 = 120_000;
/// How many may pass.
const PASSED_MAX: u32 = 30;

/// Those who wait, by class and by when they came.
#[derive(Default)]
pub(super) struct Turns {
    waiting: [BTreeSet<(MachineTime, usize)>; CLASSES],
    /// Where each of them stands.
    places: HashMap<usize, (usize, MachineTime)>,
    /// How many have passed each.
    passed: HashMap<usize, u32>,
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
                    Some(passed) if *passed > PASSED_MAX => {
                        Err(format!("{who:?} waits since {since:?}, and {passed} who came later are in"))
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
                    *self.passed.entry(visit).or_default() += 1;
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

    #[test]
    fn somebody_whom_all_pass_is_seen() {
        let mut all = vec![asks(0, 0, 0, wait(None))];
        for visit in 1..=usize::try_from(PASSED_MAX).unwrap() + 1 {
            all.push(asks(200, visit, 130, enter(Stock::default())));
        }
        all.push(asks(201, 0, 0, wait(None)));
        refuses(&mut Turns::default(), &all);
        let about_as_early: Vec<Seen> =
            all.iter().map(|seen| Seen { sight: earlier(seen.sight), ..*seen }).collect();
        allows(&mut Turns::default(), &about_as_early);
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
