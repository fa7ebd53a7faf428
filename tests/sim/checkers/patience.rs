//! No starvation: on a day with seats for everybody, whoever keeps asking when told to comes in within a bound.
//!
//! The bound is what the region's whole capacity of seats takes at the flow's first rate, and half as long again: 52,000 at
//! 200 a second. Time does not count in which there
//! was no seat outside the reserves, capacity was below what is allowed, or the load was so high that guardians wait.

use preau::admission::Level;
use preau::base::MachineTime;

use super::Checker;
use crate::day::{Day, Kind};
use crate::sight::{Answer, Asked, Change, Seen, Shown, Sight};

/// Seconds that somebody may wait on a day with seats for everybody.
const WAIT_S: u64 = 390;

/// How long people wait.
pub(super) struct Patience {
    has_seats: bool,
    /// When anything last stood in everybody's way.
    excused_at: MachineTime,
}

impl Patience {
    pub(super) fn of(day: &Day) -> Self {
        let has_seats = !matches!(day.kind, Kind::Over15 | Kind::Over34);
        Self { has_seats, excused_at: MachineTime::default() }
    }
}

impl Checker for Patience {
    fn promise(&self) -> &'static str {
        "whoever keeps asking comes in"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { who, shown, since, answer: Answer::Wait { .. }, .. }) => {
                // Who shows no ticket of its own begins anew each time.
                let is_patient = matches!(shown, Shown::Ticket | Shown::EarlyTicket);
                let since = (*since).max(self.excused_at);
                let waited = seen.now.since(since).as_secs();
                if self.has_seats && is_patient && waited > WAIT_S {
                    return Err(format!("{who:?} has waited for {waited} s"));
                }
            }
            Sight::Sampled(sample) => {
                let stock = &sample.stock;
                let is_fallen = stock.seats < stock.allowed;
                let is_full = stock.all_taken() + stock.missing() >= stock.seats;
                if sample.level >= Level::High || is_fallen || is_full {
                    self.excused_at = seen.now;
                }
            }
            Sight::Changed(Change::Crash) => self.excused_at = seen.now,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::base::Role;

    use super::super::fed::{NOON, allows, refuses, seen, wait, who};
    use super::*;

    fn waits(second: u64, shown: Shown) -> Seen {
        let (who, answer) = (who(Role::Student, 1), wait(None));
        seen(second, Sight::Asked(Asked { who, shown, since: MachineTime(NOON), lost_at: None, answer }))
    }

    #[test]
    fn somebody_who_is_never_let_in_is_seen() {
        let checker = |has_seats| Patience { has_seats, excused_at: MachineTime::default() };
        let all = [waits(60, Shown::Ticket), waits(WAIT_S, Shown::Ticket), waits(WAIT_S + 1, Shown::Ticket)];
        refuses(&mut checker(true), &all);
        allows(&mut checker(false), &all);
        allows(&mut checker(true), &[waits(WAIT_S + 1, Shown::Nothing)]);
    }
}
