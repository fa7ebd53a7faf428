//! No starvation: on a day with seats for everybody, whoever keeps asking when told to comes in within a bound.
//!
//! The bound is what the region's whole capacity of seats takes at the flow's first rate, and half as long again: 52,000 at
//! 200 a second. Time does not count in which capacity was below what is allowed, the load was so high that guardians wait,
//! or the seats outside the reserves were not enough for one in twenty of those who wait. Those come free one by one, and
//! each stays empty for as long as somebody is expected who was called and has gone.

use preau::admission::Level;
use preau::base::MachineTime;

use super::Checker;
use crate::day::{Day, Kind};
use crate::sight::{Answer, Asked, Change, Seen, Shown, Sight};

/// Seconds that somebody may wait on a day with seats for everybody.
const WAIT_S: u64 = 390;
/// How many may wait for each free seat before the seats count as taken.
const WAITING_PER_SEAT: u32 = 20;

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
                let free = stock.seats.saturating_sub(stock.all_taken() + stock.missing());
                let waiting: u32 = stock.waiting.iter().sum();
                let is_full = free == 0 || free * WAITING_PER_SEAT < waiting;
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
    use crate::sight::{Sample, Stock};

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

    #[test]
    fn time_does_not_count_while_seats_come_free_one_by_one() {
        let mut checker = Patience { has_seats: true, excused_at: MachineTime::default() };
        let sampled = |waiting: u32| {
            let (seats, taken) = (100, [95, 0, 0, 0, 0, 0]);
            let stock = Stock { seats, allowed: seats, taken, waiting: [waiting; 6], ..Stock::default() };
            let (level, rate) = (Level::Normal, 200.0);
            seen(60, Sight::Sampled(Sample { stock, level, rate, seated: 95, unspent: 0 }))
        };
        allows(&mut checker, &[sampled(17), waits(WAIT_S + 1, Shown::Ticket)]);
        checker.excused_at = MachineTime::default();
        refuses(&mut checker, &[sampled(16), waits(WAIT_S + 1, Shown::Ticket)]);
    }
}
