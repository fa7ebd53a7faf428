//! How often each student of a lesson has reported something.

use std::collections::HashMap;

use crate::base::{AccountId, limits};

/// The reports of a lesson, counted.
#[derive(Debug, Default)]
pub(super) struct Reports(HashMap<AccountId, usize>);

impl Reports {
    /// Whether somebody may report once more.
    pub(super) fn has_room_for(&self, who: &AccountId) -> bool {
        self.0.get(who).copied().unwrap_or(0) < limits::REPORTS_PER_STUDENT_MAX
    }

    /// Somebody has reported something. Of more people than are remembered one by one, nothing is counted.
    pub(super) fn note(&mut self, who: &AccountId) {
        if let Some(count) = self.0.get_mut(who) {
            *count = count.saturating_add(1);
        } else if self.0.len() < limits::LESSON_PEOPLE_MAX {
            self.0.insert(who.clone(), 1);
        }
    }
}
