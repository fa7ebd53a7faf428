//! The reserve of each class is always obtainable: nobody of a class that has not taken all of its reserve is told that
//! there is no seat, and the free seats cover what is missing in all reserves.
//!
//! A smaller capacity, other limits or a window that opens can leave the reserves short. Then they fill up again: what
//! is missing never grows by anything but a class's own people leaving.

use preau::admission::{CLASSES, Class};

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight, Stock};

/// How many seats a reserve must have left at both ends of a quarter of a second, for nobody to have met its end between.
const MARGIN: u32 = 4;

/// The seats as they were looked at last.
#[derive(Default)]
pub(super) struct Reserves {
    last: Option<Stock>,
    /// Whether something changed since the reserves were covered, so that they may be short.
    is_disturbed: bool,
}

impl Reserves {
    fn look(&mut self, stock: &Stock) -> Result<(), String> {
        if !stock.is_short() {
            self.is_disturbed = false;
        } else if !self.is_disturbed {
            let (taken, missing) = (stock.all_taken(), stock.missing());
            return Err(format!(
                "{missing} are missing in the reserves, {taken} of {} are taken",
                stock.seats
            ));
        }
        Ok(())
    }

    /// Nobody was told that there is no seat who has one in the reserve.
    fn compare(&self, before: &Stock, after: &Stock) -> Result<(), String> {
        if self.is_disturbed {
            return Ok(());
        }
        let has_reserve = |stock: &Stock, class| stock.taken[class] + MARGIN <= stock.reserve[class];
        for class in 0..CLASSES {
            let refused = after.seatless[class].saturating_sub(before.seatless[class]);
            if refused > 0 && has_reserve(before, class) && has_reserve(after, class) {
                let (taken, reserve) = (after.taken[class], after.reserve[class]);
                return Err(format!(
                    "{refused} {} were refused a seat with {taken} taken of a reserve of {reserve}",
                    Class::ALL[class].as_str()
                ));
            }
        }
        Ok(())
    }
}

impl Checker for Reserves {
    fn promise(&self) -> &'static str {
        "the reserve is always obtainable"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { answer: Answer::Enter { stock, .. }, .. }) => self.look(stock),
            Sight::Sampled(sample) => {
                self.look(&sample.stock)?;
                if let Some(before) = &self.last {
                    self.compare(before, &sample.stock)?;
                }
                self.last = Some(sample.stock);
                Ok(())
            }
            Sight::Changed(Change::Allowed { .. } | Change::Window { .. }) => {
                self.is_disturbed = true;
                Ok(())
            }
            Sight::Changed(Change::Crash) => {
                self.last = None;
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
    use crate::sight::Sample;

    fn sampled(second: u64, taken: u32, seatless: u64) -> Seen {
        let stock = Stock {
            seats: 100,
            allowed: 100,
            taken: [0, 0, 0, taken, 0, 0],
            reserve: [0, 20, 0, 0, 0, 0],
            seatless: [0, seatless, 0, 0, 0, 0],
            ..Stock::default()
        };
        seen(second, Sight::Sampled(Sample { stock, level: Level::Normal, rate: 1.0, seated: 0, unspent: 0 }))
    }

    #[test]
    fn a_reserve_that_others_sit_on_is_seen() {
        refuses(&mut Reserves::default(), &[sampled(0, 80, 0), sampled(1, 81, 0)]);
    }

    #[test]
    fn somebody_refused_who_has_a_reserve_is_seen() {
        refuses(&mut Reserves::default(), &[sampled(0, 50, 3), sampled(1, 50, 3), sampled(2, 50, 4)]);
    }

    #[test]
    fn reserves_may_be_short_after_a_change_until_they_are_covered() {
        let change = seen(1, Sight::Changed(Change::Allowed { seats: 100 }));
        let short = [sampled(0, 80, 0), change, sampled(2, 90, 0), sampled(3, 81, 0)];
        allows(&mut Reserves::default(), &short);
        let mut again = short.to_vec();
        again.extend([sampled(4, 80, 0), sampled(5, 81, 0)]);
        refuses(&mut Reserves::default(), &again);
    }
}
