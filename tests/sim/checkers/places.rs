//! One account, one place: however many tabs of an account ask, it has one seat that it has not spent, and no more
//! sessions than its role may have.

use std::collections::HashMap;

use preau::base::{MachineTime, Role, SessionId, limits};

use super::Checker;
use crate::sight::{Answer, Asked, Change, Seen, Sight};

/// Sessions that an account may have.
fn sessions_max(role: Role) -> usize {
    match role {
        Role::Teacher | Role::Operator => 4,
        Role::Student | Role::Staff => 3,
        Role::Guardian => 2,
    }
}

/// What each account has.
#[derive(Default)]
pub(super) struct Places {
    /// The seat that it has not spent, and until when it may be spent at least.
    unspent: HashMap<usize, (SessionId, MachineTime)>,
    held: HashMap<usize, Vec<SessionId>>,
}

impl Checker for Places {
    fn promise(&self) -> &'static str {
        "one account has one place"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        match &seen.sight {
            Sight::Asked(Asked { who, answer: Answer::Enter { session, .. }, .. }) => {
                let unspent = self.unspent.get(&who.person).filter(|(_, until)| seen.now < *until);
                if let Some((first, _)) = unspent.filter(|(first, _)| first != session) {
                    return Err(format!("{who:?} has seat {first}, and was given {session}"));
                }
                // Asked for again, it lasts no longer.
                let until = unspent.map_or(seen.now.after(limits::SEAT_TTL), |(_, until)| *until);
                self.unspent.insert(who.person, (*session, until));
            }
            Sight::Seated { who, session, replaces } => {
                self.unspent.remove(&who.person);
                let held = self.held.entry(who.person).or_default();
                held.retain(|other| Some(*other) != *replaces);
                held.push(*session);
                if held.len() > sessions_max(who.role) {
                    return Err(format!("{who:?} has sessions {held:?}"));
                }
            }
            Sight::Left { who, session, .. } => {
                if let Some(held) = self.held.get_mut(&who.person) {
                    held.retain(|other| other != session);
                }
            }
            Sight::Changed(Change::Crash) => *self = Self::default(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fed::{allows, asked, refuses, seen, who};
    use super::*;
    use crate::sight::Stock;

    fn enters(second: u64, session: u64) -> Seen {
        let answer = Answer::Enter { session: SessionId(session), is_new: true, stock: Stock::default() };
        seen(second, asked(who(Role::Student, 1), answer))
    }

    fn sits(session: u64, replaces: Option<u64>) -> Seen {
        let (session, replaces) = (SessionId(session), replaces.map(SessionId));
        seen(40, Sight::Seated { who: who(Role::Student, 1), session, replaces })
    }

    #[test]
    fn a_second_seat_is_seen() {
        allows(&mut Places::default(), &[enters(0, 1), enters(5, 1), enters(35, 2)]);
        refuses(&mut Places::default(), &[enters(0, 1), enters(29, 2)]);
    }

    #[test]
    fn a_session_too_many_is_seen() {
        allows(&mut Places::default(), &[sits(1, None), sits(2, None), sits(3, None), sits(4, Some(1))]);
        refuses(&mut Places::default(), &[sits(1, None), sits(2, None), sits(3, None), sits(4, None)]);
    }
}
