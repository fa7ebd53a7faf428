//! What was reported in a lesson and still stands there, and how often each student has reported something.

use std::collections::{BTreeSet, HashMap};

use super::news::News;
use crate::base::{AccountId, Position, limits};

/// The reports of a lesson.
#[derive(Debug, Default)]
pub(super) struct Reports {
    by_account: HashMap<AccountId, usize>,
    /// In the order in which they were first reported.
    reported: Vec<Reported>,
}

#[derive(Debug)]
struct Reported {
    at: Position,
    by: BTreeSet<AccountId>,
}

impl Reports {
    /// Whether somebody may report once more.
    pub(super) fn has_room_for(&self, who: &AccountId) -> bool {
        self.by_account.get(who).copied().unwrap_or(0) < limits::REPORTS_PER_STUDENT_MAX
    }

    /// Each thing that was reported, and by how many.
    pub(super) fn all(&self) -> Vec<(Position, u32)> {
        let count = |reported: &Reported| u32::try_from(reported.by.len()).unwrap_or(u32::MAX);
        self.reported.iter().map(|reported| (reported.at, count(reported))).collect()
    }

    /// Somebody has reported something. Of more people than are remembered one by one, nothing is counted.
    pub(super) fn count(&mut self, who: &AccountId) {
        if let Some(count) = self.by_account.get_mut(who) {
            *count = count.saturating_add(1);
        } else if self.by_account.len() < limits::LESSON_PEOPLE_MAX {
            self.by_account.insert(who.clone(), 1);
        }
    }

    /// Somebody has reported what stands there.
    pub(super) fn note(&mut self, who: &AccountId, at: Position, news: &mut News) {
        news.state = true;
        if let Some(known) = self.reported.iter_mut().find(|reported| reported.at == at) {
            known.by.insert(who.clone());
            return;
        }
        if self.reported.len() >= limits::REPORTED_MAX {
            self.reported.remove(0);
        }
        self.reported.push(Reported { at, by: BTreeSet::from([who.clone()]) });
    }

    /// What stood there is no more.
    pub(super) fn forget(&mut self, at: Position, news: &mut News) {
        let before = self.reported.len();
        self.reported.retain(|reported| reported.at != at);
        news.state |= self.reported.len() < before;
    }
}
