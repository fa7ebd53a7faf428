//! A resume keeps its seat: whoever comes back within the grace is let in, or asked to wait some seconds. No queue, no
//! load and no want of seats stands in the way.

use std::collections::{HashMap, HashSet};

use preau::admission::Leaving;
use preau::base::{MachineTime, Role, SessionId, limits};

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight};

/// Seconds after which somebody is in who came back in time.
const WAIT_S: u64 = 20;

/// The seats that rest.
#[derive(Default)]
pub(super) struct Resumes {
    /// Whose they are and since when, by visit. Another tab of the account may come back to one.
    rests: HashMap<usize, (usize, MachineTime)>,
    /// Leases that were not renewed: such a seat is given up with its line.
    recalled: HashSet<SessionId>,
    /// Since when, by visit, for those who came back in time.
    back: HashMap<usize, MachineTime>,
}

impl Resumes {
    fn asked(&mut self, seen: &Seen, asked: &Asked) -> Result<(), String> {
        let Asked { who, lost_at, answer, .. } = asked;
        if matches!(answer, Answer::Enter { .. }) {
            // It is let in; a handshake that never comes is its own affair.
            self.rests.retain(|_, (person, _)| *person != who.person);
            self.back.remove(&who.visit);
            return Ok(());
        }
        let Some(lost_at) = *lost_at else { return Ok(()) };
        let is_in_time = self.back.contains_key(&who.visit) || seen.now.since(lost_at) < limits::SEAT_GRACE;
        // A line that the hub saw end long ago keeps no seat for one that ends now.
        let Some((_, rests_since)) = self.rests.get(&who.visit) else { return Ok(()) };
        let still_rests = seen.now.since(*rests_since) < limits::SEAT_GRACE;
        if !is_in_time || !(still_rests || self.back.contains_key(&who.visit)) {
            return Ok(());
        }
        let since = *self.back.entry(who.visit).or_insert(seen.now);
        match answer {
            Answer::Suspended { .. } if who.role == Role::Guardian => self.forget(who.visit),
            Answer::Wait { .. } if seen.now.since(since).as_secs() <= WAIT_S => {}
            _ => return Err(format!("{who:?} came back at {since:?}, and was answered {answer:?}")),
        }
        Ok(())
    }

    fn forget(&mut self, visit: usize) {
        self.rests.remove(&visit);
        self.back.remove(&visit);
    }
}

impl Checker for Resumes {
    fn promise(&self) -> &'static str {
        "a resume keeps its seat"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(asked) => return self.asked(seen, asked),
            Sight::Renewed { session, is_kept: false, .. } => {
                self.recalled.insert(*session);
            }
            Sight::Left { who, session, how: Leaving::Lost } if !self.recalled.contains(session) => {
                self.rests.insert(who.visit, (who.person, seen.now));
            }
            Sight::Left { who, .. } | Sight::GaveUp { who } | Sight::Seated { who, .. } => {
                self.forget(who.visit);
            }
            Sight::Changed(Change::Crash) => *self = Self::default(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fed::{NOON, allows, refuses, seen, wait, who};
    use super::*;
    use crate::sight::Shown;

    const SESSION: SessionId = SessionId(5);

    fn lost() -> Seen {
        let who = who(Role::Student, 1);
        seen(0, Sight::Left { who, session: SESSION, how: Leaving::Lost })
    }

    fn asks(second: u64, answer: Answer) -> Seen {
        let (who, since) = (who(Role::Student, 1), MachineTime(NOON + second * 1_000));
        let lost_at = Some(MachineTime(NOON));
        seen(second, Sight::Asked(Asked { who, shown: Shown::Nothing, since, lost_at, answer }))
    }

    #[test]
    fn a_seat_that_is_not_kept_is_seen() {
        let closed = Answer::Closed { retry_ms: 20_000 };
        refuses(&mut Resumes::default(), &[lost(), asks(5, closed)]);
        refuses(&mut Resumes::default(), &[lost(), asks(29, wait(None)), asks(50, wait(None))]);
        allows(&mut Resumes::default(), &[lost(), asks(30, closed)]);
        allows(&mut Resumes::default(), &[asks(5, closed)]);
    }
}
