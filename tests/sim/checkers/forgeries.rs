//! A ticket that nobody signed, or that is another's, gains nothing; nor does asking early.
//!
//! Whoever shows such a ticket is one who has none: while others of its class wait, it does not come in. Whoever asks
//! early is answered with its own ticket, unchanged.

use preau::admission::Level;

use super::Checker;
use crate::sight::{Answer, Asked, Seen, Shown, Sight};

/// How many of a class wait at least, when some do for certain: the gate's numbers are estimates.
const SOME: u32 = 3;

/// What is known of the gate.
#[derive(Default)]
pub(super) struct Forgeries {
    /// The level when it was looked at last.
    level: Level,
}

impl Forgeries {
    fn asked(&self, asked: &Asked) -> Result<(), String> {
        let Asked { who, shown, answer, lost_at, .. } = asked;
        match (shown, answer) {
            (Shown::BadTicket, Answer::Enter { is_new: true, stock, .. })
                if stock.waiting[who.class().index()] >= SOME =>
            {
                let waiting = stock.waiting[who.class().index()];
                Err(format!("{who:?} came in with a bad ticket, while {waiting} of its class wait"))
            }
            (Shown::BadTicket, Answer::Wait { is_same: true, .. }) => {
                Err(format!("{who:?} was given its bad ticket back"))
            }
            (Shown::EarlyTicket, _) if lost_at.is_some() || self.level == Level::Critical => Ok(()),
            (Shown::EarlyTicket, Answer::Wait { is_same: true, .. } | Answer::Suspended { .. }) => Ok(()),
            (Shown::EarlyTicket, _) => Err(format!("{who:?} asked early, and was answered {answer:?}")),
            _ => Ok(()),
        }
    }
}

impl Checker for Forgeries {
    fn promise(&self) -> &'static str {
        "a bad ticket gains nothing, nor does asking early"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(asked) => return self.asked(asked),
            Sight::Sampled(sample) => self.level = sample.level,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::base::{MachineTime, Role};

    use super::super::fed::{allows, enter, refuses, seen, who};
    use super::*;
    use crate::sight::Stock;

    fn shows(shown: Shown, answer: Answer) -> Seen {
        let (who, since) = (who(Role::Student, 1), MachineTime::default());
        seen(0, Sight::Asked(Asked { who, shown, since, lost_at: None, answer }))
    }

    fn waits(is_same: bool) -> Answer {
        Answer::Wait { ahead: 1, retry_ms: 2_000, is_same, for_seats: None }
    }

    #[test]
    fn a_forger_who_comes_in_is_seen() {
        let stock = |waiting| Stock { waiting: [0, 0, 0, waiting, 0, 0], ..Stock::default() };
        allows(&mut Forgeries::default(), &[shows(Shown::BadTicket, enter(stock(0)))]);
        refuses(&mut Forgeries::default(), &[shows(Shown::BadTicket, enter(stock(SOME)))]);
        refuses(&mut Forgeries::default(), &[shows(Shown::BadTicket, waits(true))]);
    }

    #[test]
    fn an_early_question_that_gains_something_is_seen() {
        allows(&mut Forgeries::default(), &[shows(Shown::EarlyTicket, waits(true))]);
        refuses(&mut Forgeries::default(), &[shows(Shown::EarlyTicket, waits(false))]);
        refuses(&mut Forgeries::default(), &[shows(Shown::EarlyTicket, enter(Stock::default()))]);
    }
}
