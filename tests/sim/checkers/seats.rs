//! Seats never exceed what operator and memory allow. Where that has fallen below who is in, nobody enters.

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight, Stock};

/// The seats that were taken when they were looked at last.
#[derive(Default)]
pub(super) struct Seats {
    taken: u32,
}

impl Seats {
    fn look(&mut self, stock: &Stock) -> Result<(), String> {
        let taken = stock.all_taken();
        let before = std::mem::replace(&mut self.taken, taken);
        if stock.seats > stock.allowed {
            return Err(format!("{} seats are in force, {} are allowed", stock.seats, stock.allowed));
        }
        if taken > stock.seats && taken > before {
            return Err(format!("{taken} are taken of {}, {before} before", stock.seats));
        }
        Ok(())
    }
}

impl Checker for Seats {
    fn promise(&self) -> &'static str {
        "seats never exceed the cap"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { answer: Answer::Enter { stock, .. }, .. }) => self.look(stock),
            Sight::Sampled(sample) => {
                self.look(&sample.stock)?;
                // Whoever is in, and whoever may come in, was counted; those who rest are the rest.
                let counted = sample.stock.all_taken();
                let known = u32::try_from(sample.seated + sample.unspent).unwrap_or(u32::MAX);
                if known > counted {
                    return Err(format!("{known} are in or may come in, and {counted} are counted"));
                }
                Ok(())
            }
            Sight::Changed(Change::Crash) => {
                self.taken = 0;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use preau::base::Role;

    use super::super::fed::{allows, asked, enter, refuses, seen, who};
    use super::*;

    fn with(taken: u32, seats: u32) -> Seen {
        let stock = Stock { seats, allowed: 10, taken: [0, 0, 0, taken, 0, 0], ..Stock::default() };
        seen(0, asked(who(Role::Student, 1), enter(stock)))
    }

    #[test]
    fn one_too_many_is_seen() {
        refuses(&mut Seats::default(), &[with(9, 10), with(10, 10), with(11, 10)]);
        refuses(&mut Seats::default(), &[with(3, 10), with(3, 11)]);
    }

    #[test]
    fn after_a_fall_nobody_enters() {
        allows(&mut Seats::default(), &[with(10, 10), with(10, 6), with(8, 6), with(6, 6)]);
        refuses(&mut Seats::default(), &[with(10, 10), with(10, 6), with(8, 6), with(9, 6)]);
    }
}
