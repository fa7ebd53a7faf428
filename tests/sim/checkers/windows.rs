//! Guardians are never in outside their window, whatever goes out as urgent: nobody of them is given a seat, and once the
//! time is over in which connections end, nobody of them sits.
//!
//! The window is the day's own, written by hand; the calendar is not asked.

use std::collections::HashMap;

use preau::base::{Role, SessionId};

use super::Checker;
use crate::day::Day;
use crate::sight::{Answer, Asked, Change, Seen, Sight};

/// Until when everybody has gone, after the window has closed: the time over which connections end, a look at the
/// calendar each minute, and a heartbeat for those whose line is lost.
const GONE_MS: i64 = (5 * 60 + 60 + 45) * 1_000;

/// The guardians who are in.
pub(super) struct Windows {
    day: Day,
    seated: HashMap<SessionId, usize>,
    /// Whether the school's clock was set lately, so that who is in may have come by another time.
    set_until: u64,
}

impl Windows {
    pub(super) fn of(day: &Day) -> Self {
        Self { day: day.clone(), seated: HashMap::new(), set_until: 0 }
    }
}

impl Checker for Windows {
    fn promise(&self) -> &'static str {
        "guardians are never in outside their window"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { who, answer: Answer::Enter { .. }, .. })
                if who.role == Role::Guardian && self.day.keeps_out(who.school, seen.school) =>
            {
                return Err(format!("{who:?} was let in"));
            }
            Sight::Seated { who, session, .. } if who.role == Role::Guardian => {
                self.seated.insert(*session, who.school);
            }
            Sight::Left { session, .. } => {
                self.seated.remove(session);
            }
            Sight::Sampled(_) if !self.seated.is_empty() && seen.now.0 >= self.set_until => {
                let earlier = preau::base::SchoolTime(seen.school.0 - GONE_MS);
                let keeps_out =
                    |school| self.day.keeps_out(school, seen.school) && self.day.keeps_out(school, earlier);
                if let Some((session, _)) = self.seated.iter().find(|(_, school)| keeps_out(**school)) {
                    return Err(format!("session {session} is still in"));
                }
            }
            Sight::Changed(Change::Crash) => self.seated.clear(),
            Sight::Changed(Change::Clock { .. }) => {
                self.set_until = seen.now.0 + GONE_MS.unsigned_abs();
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fed::{allows, asked, enter, refuses, seen, who};
    use super::*;
    use crate::chance::Chance;
    use crate::day::Kind;
    use crate::sight::Stock;

    fn day() -> Day {
        Day::of(Kind::Ordinary, &mut Chance::new(1))
    }

    #[test]
    fn a_guardian_who_is_let_in_at_noon_is_seen() {
        let enters = |role| seen(0, asked(who(role, 1), enter(Stock::default())));
        allows(&mut Windows::of(&day()), &[enters(Role::Student)]);
        refuses(&mut Windows::of(&day()), &[enters(Role::Guardian)]);
        // At seven in the evening.
        let evening = Seen { school: day().after_eight(11 * 3_600_000), ..enters(Role::Guardian) };
        allows(&mut Windows::of(&day()), &[evening]);
    }

    #[test]
    fn a_guardian_who_stays_is_seen() {
        use crate::sight::Sample;
        let session = SessionId(3);
        let came = seen(0, Sight::Seated { who: who(Role::Guardian, 1), session, replaces: None });
        let stock = Stock::default();
        let level = preau::admission::Level::Normal;
        let sampled = Sight::Sampled(Sample { stock, level, rate: 1.0, seated: 1, unspent: 0 });
        let at = |ms| Seen { school: day().after_eight(ms), ..seen(1, sampled) };
        allows(&mut Windows::of(&day()), &[came, at(-60_000), at(GONE_MS - 1)]);
        refuses(&mut Windows::of(&day()), &[came, at(GONE_MS)]);
    }
}
