//! Promises are kept: the instant at which a guardian may come back never moves to a later one, lies within the evening's
//! spread, and who asks at it comes in or waits.

use std::collections::HashMap;

use preau::base::{Role, SchoolTime};

use super::Checker;
use crate::day::Day;
use crate::sight::{Answer, Asked, Seen, Sight};

/// Over how many milliseconds guardians come back.
const SPREAD_MS: i64 = 20 * 60 * 1_000;

/// What was promised, by account.
pub(super) struct Promises {
    day: Day,
    promised: HashMap<usize, SchoolTime>,
}

impl Promises {
    pub(super) fn of(day: &Day) -> Self {
        Self { day: day.clone(), promised: HashMap::new() }
    }
}

impl Checker for Promises {
    fn promise(&self) -> &'static str {
        "the instant that was promised holds"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        let Sight::Asked(Asked { who, answer: Answer::Suspended { opens_at }, .. }) = &seen.sight else {
            return Ok(());
        };
        if who.role != Role::Guardian || !self.day.is_closed_at(who.school) {
            return Err(format!("{who:?} was kept out on a day that is open to it"));
        }
        let Some(opens_at) = *opens_at else {
            return Err(format!("{who:?} was not told when to come back"));
        };
        let opening = self.day.closed.map_or(0, |(_, until)| until.0);
        if !(opening..opening + SPREAD_MS).contains(&opens_at.0) {
            return Err(format!("{who:?} was told {opens_at:?}, and the window opens at {opening}"));
        }
        let promised = *self.promised.entry(who.person).or_insert(opens_at);
        if opens_at > promised {
            return Err(format!("{who:?} was told {promised:?}, and then {opens_at:?}"));
        }
        if seen.school >= promised {
            return Err(format!("{who:?} came at {:?}, and was told {promised:?}", seen.school));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fed::{allows, asked, refuses, seen, who};
    use super::*;
    use crate::chance::Chance;
    use crate::day::Kind;

    /// A guardian is told to come back so many seconds after 18:00.
    fn told(after_eight_ms: i64, seconds: i64) -> Seen {
        let day = Day::of(Kind::Ordinary, &mut Chance::new(1));
        let opens_at = Some(day.after_eight((36_000 + seconds) * 1_000));
        let sight = asked(who(Role::Guardian, 1), Answer::Suspended { opens_at });
        Seen { school: day.after_eight(after_eight_ms), ..seen(0, sight) }
    }

    fn checker() -> Promises {
        Promises::of(&Day::of(Kind::Ordinary, &mut Chance::new(1)))
    }

    #[test]
    fn a_promise_that_moves_is_seen() {
        allows(&mut checker(), &[told(0, 600), told(1, 600), told(2, 500)]);
        refuses(&mut checker(), &[told(0, 600), told(1, 601)]);
    }

    #[test]
    fn a_promise_that_is_not_kept_is_seen() {
        refuses(&mut checker(), &[told(0, 600), told(36_600_000, 600)]);
    }

    #[test]
    fn a_promise_beside_the_evening_is_seen() {
        refuses(&mut checker(), &[told(0, -1)]);
        refuses(&mut checker(), &[told(0, 1_200)]);
    }

    #[test]
    fn others_are_never_kept_out() {
        let day = Day::of(Kind::Ordinary, &mut Chance::new(1));
        let sight = asked(who(Role::Student, 1), Answer::Suspended { opens_at: Some(day.after_eight(0)) });
        refuses(&mut checker(), &[seen(0, sight)]);
    }
}
