//! The checkers: each judges one promise of the gate by what can be seen from outside, and can be fed by hand.
//!
//! None asks the gate or the calendar anything. Each has a test that shows it a violation.

mod evictions;
mod flow;
mod forgeries;
mod patience;
mod places;
mod promises;
mod released;
mod reserves;
mod resumes;
mod seats;
mod teachers;
mod turns;
mod windows;

use std::fmt;

use crate::day::Day;
use crate::region::Scale;
use crate::sight::Seen;

/// Judges what is seen.
pub(crate) trait Checker {
    /// The promise, in a few words.
    fn promise(&self) -> &'static str;

    /// What is wrong about this, if anything is.
    fn see(&mut self, seen: &Seen) -> Result<(), String>;

    /// What is wrong about the whole.
    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    promise: &'static str,
    how: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {}\n  {}", self.promise, self.how)
    }
}

/// All checkers.
pub(crate) struct Checkers(Vec<Box<dyn Checker>>);

impl Checkers {
    /// Those of a day.
    pub(crate) fn of(day: &Day, scale: Scale) -> Self {
        Self(vec![
            Box::new(seats::Seats::default()),
            Box::new(released::Released::default()),
            Box::new(reserves::Reserves::default()),
            Box::new(teachers::Teachers::default()),
            Box::new(patience::Patience::of(day)),
            Box::new(turns::Turns::default()),
            Box::new(flow::Flow::of(scale)),
            Box::new(windows::Windows::of(day)),
            Box::new(promises::Promises::of(day)),
            Box::new(places::Places::default()),
            Box::new(resumes::Resumes::default()),
            Box::new(forgeries::Forgeries::default()),
            Box::new(evictions::Evictions::default()),
        ])
    }

    /// Shows all of them what was seen.
    ///
    /// # Errors
    /// The first broken promise.
    pub(crate) fn see(&mut self, seen: &Seen) -> Result<(), Violation> {
        self.0.iter_mut().try_for_each(|checker| {
            checker.see(seen).map_err(|how| Violation { promise: checker.promise(), how })
        })
    }

    /// The day is over.
    ///
    /// # Errors
    /// The first broken promise.
    pub(crate) fn end(&mut self) -> Result<(), Violation> {
        self.0.iter_mut().try_for_each(|checker| {
            checker.end().map_err(|how| Violation { promise: checker.promise(), how })
        })
    }
}

/// What checkers are fed in their tests.
#[cfg(test)]
mod fed {
    use preau::base::{MachineTime, Role, SchoolTime, SessionId};

    use super::Checker;
    use crate::sight::{Answer, Asked, Seen, Shown, Sight, Stock, Who};

    pub(super) const NOON: u64 = 1_773_745_200_000;

    /// Somebody of a role; the number is visit and person.
    pub(super) fn who(role: Role, number: usize) -> Who {
        Who { visit: number, person: number, role, school: 0, is_live: false }
    }

    /// Something that is seen so many seconds after noon.
    #[expect(clippy::large_types_passed_by_value, reason = "it is kept as it comes")]
    pub(super) fn seen(seconds: u64, sight: Sight) -> Seen {
        let now = MachineTime(NOON + seconds * 1_000);
        Seen { now, school: SchoolTime(now.0.cast_signed()), sight }
    }

    /// Somebody asks for the first time, without anything in hand.
    pub(super) fn asked(who: Who, answer: Answer) -> Sight {
        let since = MachineTime(NOON);
        Sight::Asked(Asked { who, shown: Shown::Nothing, since, lost_at: None, answer })
    }

    pub(super) fn enter(stock: Stock) -> Answer {
        Answer::Enter { session: SessionId(1), is_new: true, stock }
    }

    pub(super) fn wait(for_seats: Option<bool>) -> Answer {
        Answer::Wait { ahead: 3, retry_ms: 2_000, is_same: false, for_seats }
    }

    /// A checker finds nothing wrong in all but the last, and something in that.
    pub(super) fn refuses(checker: &mut impl Checker, all: &[Seen]) {
        let (last, before) = all.split_last().expect("something is seen");
        for seen in before {
            assert_eq!(checker.see(seen), Ok(()), "{}: {seen:?}", checker.promise());
        }
        assert!(checker.see(last).is_err(), "{}: {last:?}", checker.promise());
    }

    /// A checker finds nothing wrong.
    pub(super) fn allows(checker: &mut impl Checker, all: &[Seen]) {
        for seen in all {
            assert_eq!(checker.see(seen), Ok(()), "{}: {seen:?}", checker.promise());
        }
    }
}
