//! Teachers come first.
//!
//! 1. No teacher waits for longer than [`WAIT_S`] who asks when told to: a few polls. At 1:50 their own
//!    part of the flow is less than one a second, and a crash brings thirty of them at once. This does not hold while
//!    teachers have all that they may have (no seat is left outside the reserves of others), while capacity has fallen
//!    below what is taken, nor at the highest load for one whose class is not live.
//! 2. From the moment at which a teacher was told that there is no seat until it comes in or goes, nobody of a lower class
//!    takes a new seat beyond its own class's reserve, unless enough are left for all such teachers. The reserve is the lower class's own, whoever waits: that is what
//!    makes it one. Somebody who comes back to its seat, or replaces its own session, takes no seat.

use std::collections::HashMap;

use preau::admission::{Class, Level};
use preau::base::MachineTime;

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight, Stock, Who};

/// Seconds that a teacher may be kept waiting.
const WAIT_S: u64 = 12;

/// The teachers who wait.
#[derive(Default)]
pub(super) struct Teachers {
    /// Since when, by visit; and whether it was ever told that there is no seat.
    waiting: HashMap<usize, (MachineTime, bool)>,
    /// When anything last stood in the way of all teachers.
    excused_at: MachineTime,
}

impl Teachers {
    fn asked(&mut self, seen: &Seen, asked: &Asked) -> Result<(), String> {
        let Asked { who, since, answer, .. } = asked;
        if who.class().is_first() {
            return self.teacher_asked(seen, who, *since, *answer);
        }
        let Answer::Enter { is_new: true, stock, .. } = answer else { return Ok(()) };
        let index = who.class().index();
        let is_beyond = stock.taken[index] > stock.reserve[index];
        let wanting = self.waiting.values().filter(|(_, for_seats)| *for_seats).count();
        let left = stock.seats.saturating_sub(stock.all_taken() + stock.missing());
        if is_beyond && usize::try_from(left).unwrap_or(usize::MAX) < wanting {
            return Err(format!("{who:?} took a seat, {left} are left, and {wanting} teachers had none"));
        }
        Ok(())
    }

    fn teacher_asked(
        &mut self,
        seen: &Seen,
        who: &Who,
        since: MachineTime,
        answer: Answer,
    ) -> Result<(), String> {
        match answer {
            Answer::Wait { for_seats, .. } => {
                let found_none = self.waiting.get(&who.visit).is_some_and(|(_, found_none)| *found_none);
                self.waiting.insert(who.visit, (since, found_none || for_seats == Some(true)));
                if for_seats == Some(true) {
                    self.excused_at = seen.now;
                }
                let since = since.max(self.excused_at);
                let waited = seen.now.since(since).as_secs();
                if waited > WAIT_S {
                    return Err(format!("a teacher has waited for {waited} s: {who:?}"));
                }
            }
            Answer::Closed { .. } if who.is_live => {
                return Err(format!("a live teacher was refused: {who:?}"));
            }
            _ => {
                self.waiting.remove(&who.visit);
            }
        }
        Ok(())
    }

    fn look(&mut self, stock: &Stock, level: Level, now: MachineTime) {
        let others: u32 = Class::ALL
            .into_iter()
            .filter(|class| !class.is_first())
            .map(|class| stock.reserve[class.index()].saturating_sub(stock.taken[class.index()]))
            .sum();
        let is_full = stock.all_taken() + others >= stock.seats;
        if is_full || stock.is_short() || level == Level::Critical {
            self.excused_at = now;
        }
    }
}

impl Checker for Teachers {
    fn promise(&self) -> &'static str {
        "no teacher is refused or kept waiting while a lower class is let in"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(asked) => return self.asked(seen, asked),
            Sight::Sampled(sample) => self.look(&sample.stock, sample.level, seen.now),
            Sight::GaveUp { who } | Sight::Seated { who, .. } => {
                self.waiting.remove(&who.visit);
            }
            Sight::Changed(Change::Crash) => self.waiting.clear(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::base::Role;

    use super::super::fed::{allows, asked, enter, refuses, seen, wait, who};
    use super::*;

    fn pupil_enters(taken: u32) -> Sight {
        let stock = Stock {
            seats: taken,
            taken: [0, 0, 0, taken, 0, 0],
            reserve: [0, 0, 0, 10, 0, 0],
            ..Stock::default()
        };
        asked(who(Role::Student, 2), enter(stock))
    }

    #[test]
    fn a_pupil_who_takes_a_teachers_seat_is_seen() {
        let teacher = asked(who(Role::Teacher, 1), wait(Some(true)));
        let others_first = asked(who(Role::Teacher, 1), wait(Some(false)));
        let own =
            [seen(0, pupil_enters(11)), seen(1, teacher), seen(2, pupil_enters(10)), seen(2, others_first)];
        allows(&mut Teachers::default(), &own);
        let mut beyond = own.to_vec();
        beyond.push(seen(3, pupil_enters(11)));
        refuses(&mut Teachers::default(), &beyond);
    }

    #[test]
    fn a_teacher_who_waits_long_is_seen() {
        let teacher = |second| seen(second, asked(who(Role::Teacher, 1), wait(Some(false))));
        refuses(&mut Teachers::default(), &[teacher(0), teacher(4), teacher(WAIT_S), teacher(WAIT_S + 1)]);
    }

    #[test]
    fn a_live_teacher_who_is_refused_is_seen() {
        let live = Who { is_live: true, ..who(Role::Teacher, 1) };
        refuses(&mut Teachers::default(), &[seen(0, asked(live, Answer::Closed { retry_ms: 20_000 }))]);
    }
}
