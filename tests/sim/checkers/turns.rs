//! Whoever came first comes in first, within a class: the one who has waited longest is not passed again and again by
//! people of its class who came minutes later.
//!
//! The order within a second is drawn by lot, whoever was called comes in as it asks, and somebody who was sent away has the age
//! of its session: so a few may pass. Who shows no ticket of its own has no place to lose.
//!
//! People are called for some seconds of the rate at once, so hundreds may come in within a quarter of a second when a limit is
//! lifted, and who asks last of those who were called together finds the flow used up. It is in at its next poll. So whoever
//! passed it a moment ago does not count yet; if it still waits after that moment, all do.
//!
//! Classes turn live and cease to be at the hour, and whoever is of another class then keeps its age. It stands there once it
//! has asked when it was told to: an earlier poll moves nobody. Those who stood there before it may have been called, and come
//! in for half a minute; then its age counts, and whoever joined after it must not pass at all.

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

/// Milliseconds for which those may still come in who stood in a class already when somebody joined it: whoever was called by then
/// has come, or was given up.
const SETTLED_MS: u64 = 30_000;

/// Those who wait, by class and by when they came.
#[derive(Default)]
pub(super) struct Turns {
    waiting: [BTreeSet<(MachineTime, usize)>; CLASSES],
    /// Where each of them stands.
    places: HashMap<usize, (usize, MachineTime)>,
    /// The class that each visit has asked for a seat with, and since when.
    joined: HashMap<usize, (usize, MachineTime)>,
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

    fn gone(&mut self, visit: usize) {
        self.forget(visit);
        self.joined.remove(&visit);
    }

    /// Since when a visit has asked with this class.
    fn join(&mut self, visit: usize, class: usize, now: MachineTime) -> MachineTime {
        let joined = self.joined.entry(visit).or_insert((class, now));
        if joined.0 != class {
            *joined = (class, now);
        }
        joined.1
    }

    /// Who has waited longest of those of a class whom somebody passes now that came then, and has asked with this class since.
    fn passes(
        &self,
        class: usize,
        since: MachineTime,
        joined: MachineTime,
        now: MachineTime,
    ) -> Option<usize> {
        let earlier = self.waiting[class].iter().take_while(|(first, _)| first.0 + LATER_MS < since.0);
        let mut visits = earlier.map(|(_, visit)| *visit);
        let is_passed = |other: MachineTime| other <= joined || other.0 + SETTLED_MS <= now.0;
        visits.find(|visit| self.joined.get(visit).is_some_and(|(_, other)| is_passed(*other)))
    }

    fn asked(&mut self, asked: &Asked, now: MachineTime) -> Result<(), String> {
        let Asked { who, shown, since, answer, .. } = *asked;
        let (visit, class) = (who.visit, who.class().index());
        let stands = self.joined.get(&visit).is_some_and(|(other, _)| *other == class);
        if shown == Shown::EarlyTicket && !stands && matches!(answer, Answer::Wait { .. }) {
            return Ok(());
        }
        let joined = self.join(visit, class, now);
        match answer {
            Answer::Wait { .. } if matches!(shown, Shown::Ticket | Shown::EarlyTicket) => {
                if self.places.get(&visit) != Some(&(class, since)) {
                    self.forget(visit);
                    self.places.insert(visit, (class, since));
                    self.waiting[class].insert((since, visit));
                }
                let passed = self.passed.get(&visit).map_or(&[][..], Vec::as_slice);
                let passed = passed.partition_point(|at| at.0 + CALLED_MS <= now.0);
                if passed > PASSED_MAX {
                    return Err(format!(
                        "{who:?} waits since {since:?}, and {passed} who came later are in for a while"
                    ));
                }
            }
            Answer::Enter { is_new, .. } => {
                self.gone(visit);
                if is_new
                    && !self.evicted.contains(&visit)
                    && let Some(passed) = self.passes(class, since, joined, now)
                {
                    self.passed.entry(passed).or_default().push(now);
                }
            }
            _ => self.forget(visit),
        }
        Ok(())
    }
}

impl Checker for Turns {
    fn promise(&self) -> &'static str {
        "within a class, who came first comes in first"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(asked) => return self.asked(asked, seen.now),
            Sight::GaveUp { who } => self.gone(who.visit),
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

    /// The same visits, those in a live class of whom this is said at that second.
    fn turned(all: &[Seen], is_live: impl Fn(usize, u64) -> bool) -> Vec<Seen> {
        let of = |seen: &Seen| match seen.sight {
            Sight::Asked(mut asked) => {
                asked.who.is_live = is_live(asked.who.visit, (seen.now.0 - NOON) / 1_000);
                Seen { sight: Sight::Asked(asked), ..*seen }
            }
            _ => *seen,
        };
        all.iter().map(of).collect()
    }

    /// Somebody turns at second 200 who came at 0, and is passed: by people who came at 130, first asked then, and come in then.
    fn passed_where_it_joins(asked: u64, come_in: u64) -> Vec<Seen> {
        let all = |second: u64, answer: Answer| {
            (1..=PASSED_MAX + 1).map(move |visit| asks(second, visit, 130, answer))
        };
        let mut seen = vec![asks(0, 0, 0, wait(None))];
        seen.extend(all(asked, wait(None)));
        seen.push(asks(200, 0, 0, wait(None)));
        seen.extend(all(come_in, enter(Stock::default())));
        seen.push(asks(come_in + 5, 0, 0, wait(None)));
        seen.sort_by_key(|seen| seen.now);
        seen
    }

    #[test]
    fn who_stood_there_before_somebody_joined_may_still_come_in_but_not_for_long_and_nobody_else() {
        let it_turns = |visit: usize, second: u64| visit == 0 && second < 200;
        let all_turn = |_, second: u64| second < 200;
        let called_before = passed_where_it_joins(190, 205);
        allows(&mut Turns::default(), &turned(&called_before, it_turns));
        refuses(&mut Turns::default(), &turned(&called_before, all_turn));
        refuses(&mut Turns::default(), &turned(&called_before, |_, _| false));
        refuses(&mut Turns::default(), &turned(&passed_where_it_joins(190, 231), it_turns));
        refuses(&mut Turns::default(), &turned(&passed_where_it_joins(204, 205), it_turns));
    }

    #[test]
    fn a_poll_that_comes_early_is_no_other_class() {
        let mut all = vec![asks(0, 0, 0, wait(None))];
        all.push(asks(200, 0, 0, wait(None)));
        all.extend((1..=PASSED_MAX + 1).map(|visit| asks(201, visit, 130, enter(Stock::default()))));
        all.push(asks(210, 0, 0, wait(None)));
        for n in [1, all.len() - 1] {
            if let Sight::Asked(asked) = &mut all[n].sight {
                asked.shown = Shown::EarlyTicket;
            }
        }
        refuses(&mut Turns::default(), &all);
        allows(&mut Turns::default(), &turned(&all, |visit, second| visit == 0 && second < 200));
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
