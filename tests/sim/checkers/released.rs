//! A seat is released within half a second: once its session has left, its rest is over or its reservation was not spent,
//! the gate counts it no longer.
//!
//! What the gate counts is held against what the world has seen given out and come back. A reservation that takes over
//! another's seat is counted with it, so the bound is a little wide where somebody resumes at that moment.

use std::collections::{BTreeSet, HashMap};

use preau::admission::Leaving;
use preau::base::{MachineTime, SessionId, limits};

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight};

/// Milliseconds until a seat is free again.
const RELEASED_MS: u64 = 500;
/// Somebody sits there, for as long as it likes.
const SITS: MachineTime = MachineTime(u64::MAX);

/// The seats that are out.
#[derive(Default)]
pub(super) struct Released {
    /// Whose each is, and until when it may be counted.
    until: HashMap<SessionId, (usize, MachineTime)>,
    /// The same by that time, but for where somebody sits.
    ends: BTreeSet<(MachineTime, SessionId)>,
    /// The same by person.
    owned: HashMap<usize, Vec<SessionId>>,
}

impl Released {
    fn set(&mut self, session: SessionId, person: usize, until: MachineTime) {
        match self.until.insert(session, (person, until)) {
            Some((_, before)) => drop(self.ends.remove(&(before, session))),
            None => self.owned.entry(person).or_default().push(session),
        }
        if until != SITS {
            self.ends.insert((until, session));
        }
    }

    /// A seat that rests is kept for as long again when its account is asked to wait.
    fn rest_on(&mut self, person: usize, now: MachineTime) {
        for session in self.owned.get(&person).cloned().unwrap_or_default() {
            let (_, until) = self.until[&session];
            if until != SITS && until >= now {
                self.set(session, person, until.max(now.after(limits::SEAT_GRACE)));
            }
        }
    }

    fn look(&mut self, counted: u32, now: MachineTime) -> Result<(), String> {
        while let Some((until, session)) = self.ends.first().copied()
            && until.0 + RELEASED_MS < now.0
        {
            self.ends.remove(&(until, session));
            if let Some((person, _)) = self.until.remove(&session)
                && let Some(owned) = self.owned.get_mut(&person)
            {
                owned.retain(|other| *other != session);
            }
        }
        let out = u32::try_from(self.until.len()).unwrap_or(u32::MAX);
        if counted > out {
            return Err(format!(
                "{counted} seats are counted, and only {out} are out, or were half a second ago"
            ));
        }
        Ok(())
    }
}

impl Checker for Released {
    fn promise(&self) -> &'static str {
        "a seat is released within half a second"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { who, answer: Answer::Enter { session, .. }, .. })
                if !self.until.contains_key(session) =>
            {
                self.set(*session, who.person, seen.now.after(limits::SEAT_TTL));
            }
            Sight::Asked(Asked { who, answer: Answer::Wait { .. }, .. }) => {
                self.rest_on(who.person, seen.now);
            }
            Sight::Seated { who, session, replaces } => {
                self.set(*session, who.person, SITS);
                if let Some(old) = replaces
                    && let Some((person, _)) = self.until.get(old).copied()
                {
                    self.set(*old, person, seen.now);
                }
            }
            Sight::Left { who, session, how } => {
                let until = if *how == Leaving::Lost { seen.now.after(limits::SEAT_GRACE) } else { seen.now };
                self.set(*session, who.person, until);
            }
            Sight::Changed(Change::Crash) => *self = Self::default(),
            Sight::Sampled(sample) => return self.look(sample.stock.all_taken(), seen.now),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use preau::admission::Level;
    use preau::base::Role;

    use super::super::fed::{NOON, allows, asked, enter, refuses, seen, who};
    use super::*;
    use crate::sight::{Sample, Stock};

    const SESSION: SessionId = SessionId(1);

    fn counted(ms: u64, taken: u32) -> Seen {
        let stock = Stock { taken: [0, 0, 0, taken, 0, 0], ..Stock::default() };
        let sample = Sample { stock, level: Level::Normal, rate: 1.0, seated: 0, unspent: 0 };
        Seen { now: MachineTime(NOON + ms), ..seen(0, Sight::Sampled(sample)) }
    }

    fn seated() -> Seen {
        seen(0, Sight::Seated { who: who(Role::Student, 1), session: SESSION, replaces: None })
    }

    fn leaves(how: Leaving) -> Seen {
        seen(1, Sight::Left { who: who(Role::Student, 1), session: SESSION, how })
    }

    #[test]
    fn a_seat_that_is_kept_after_its_session_has_left_is_seen() {
        let gone = leaves(Leaving::ForGood);
        allows(
            &mut Released::default(),
            &[seated(), counted(900, 1), gone, counted(1_400, 1), counted(1_600, 0)],
        );
        refuses(&mut Released::default(), &[seated(), gone, counted(1_000 + RELEASED_MS + 1, 1)]);
    }

    #[test]
    fn a_rest_and_a_reservation_end_in_time() {
        let (lost, grace_ms) = (leaves(Leaving::Lost), 30_000);
        allows(&mut Released::default(), &[seated(), lost, counted(1_000 + grace_ms, 1)]);
        refuses(&mut Released::default(), &[seated(), lost, counted(1_001 + grace_ms + RELEASED_MS, 1)]);
        let reserved = seen(0, asked(who(Role::Student, 1), enter(Stock::default())));
        allows(&mut Released::default(), &[reserved, reserved, counted(grace_ms, 1)]);
        refuses(&mut Released::default(), &[reserved, counted(grace_ms + RELEASED_MS + 1, 1)]);
    }
}
