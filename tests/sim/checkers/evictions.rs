//! Nobody is sent away unless the hub is at its limit, nobody again and again, and never a teacher of a live class nor
//! an operator.

use std::collections::{HashMap, VecDeque};

use preau::base::{MachineTime, Role};

use super::Checker;
use crate::sight::{Seen, Sight};

/// How often one account's tabs may be sent away within [`LOOP_S`]: each of those that it may have, once.
const LOOP_MAX: usize = 4;
const LOOP_S: u64 = 30 * 60;

/// When each account was sent away.
#[derive(Default)]
pub(super) struct Evictions {
    evicted: HashMap<usize, VecDeque<MachineTime>>,
}

impl Checker for Evictions {
    fn promise(&self) -> &'static str {
        "who is sent away is sent away for a reason"
    }

    fn see(&mut self, seen: &Seen) -> Result<(), String> {
        let Sight::Evicted { who, is_evicting, .. } = &seen.sight else { return Ok(()) };
        if !is_evicting {
            return Err(format!("{who:?} was sent away from a hub that is not at its limit"));
        }
        if who.role == Role::Operator || (who.role == Role::Teacher && who.is_live) {
            return Err(format!("{who:?} was sent away"));
        }
        let times = self.evicted.entry(who.person).or_default();
        times.retain(|at| seen.now.since(*at).as_secs() < LOOP_S);
        times.push_back(seen.now);
        if times.len() > LOOP_MAX {
            return Err(format!("{who:?} was sent away {} times", times.len()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fed::{allows, refuses, seen, who};
    use super::*;
    use crate::sight::Who;

    fn evicted(who: Who, is_evicting: bool) -> Seen {
        seen(0, Sight::Evicted { who, is_evicting })
    }

    #[test]
    fn a_teacher_in_class_who_is_sent_away_is_seen() {
        let teacher = who(Role::Teacher, 1);
        allows(&mut Evictions::default(), &[evicted(teacher, true)]);
        refuses(&mut Evictions::default(), &[evicted(Who { is_live: true, ..teacher }, true)]);
        refuses(&mut Evictions::default(), &[evicted(who(Role::Operator, 1), true)]);
    }

    #[test]
    fn being_sent_away_without_need_or_in_a_loop_is_seen() {
        let pupil = who(Role::Student, 1);
        refuses(&mut Evictions::default(), &[evicted(pupil, false)]);
        refuses(&mut Evictions::default(), &[evicted(pupil, true); LOOP_MAX + 1]);
    }
}
