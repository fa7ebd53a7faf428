//! Who waits now, by school and role: for operators, and about so many.

use super::Books;
use crate::base::{MachineTime, OrgId, Role};
use crate::report::row::ByRole;

/// What became of somebody's place in the waiting room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether it had one before.
    pub waited: bool,
    /// When it is to ask again, if it waits now.
    pub until: Option<MachineTime>,
}

impl Books {
    /// Somebody came to the gate with a place in the waiting room, or was given one.
    pub fn turned(&self, role: Role, school: Option<&OrgId>, turn: Turn, now: MachineTime) {
        if !turn.waited && turn.until.is_none() {
            return;
        }
        let mut open = self.open();
        let waiters = open.waiters.entry(school.cloned()).or_default().of_mut(role);
        if turn.waited {
            waiters.ask(now);
        }
        if let Some(until) = turn.until {
            waiters.wait(until, now);
        }
    }

    /// About how many wait, by school; none for those who are of none. In memory alone: after a restart they ask again.
    pub fn waiting(&self, now: MachineTime) -> Vec<(Option<OrgId>, ByRole<u32>)> {
        let open = self.open();
        let counts = open.waiters.iter().map(|(school, waiters)| {
            let mut counts = ByRole::default();
            for role in Role::ALL {
                *counts.of_mut(role) = waiters.of(role).count(now);
            }
            (school.clone(), counts)
        });
        counts.collect()
    }
}
