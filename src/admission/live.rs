//! The classes that are live: one of their teachers has a session that follows them.

use dashmap::DashMap;

use crate::base::ClassId;

/// Live classes, with the number of teachers' sessions that follow each. There are at most as many as teachers' sessions
/// have subscriptions.
#[derive(Default)]
pub(super) struct LiveClasses(DashMap<ClassId, u32>);

impl LiveClasses {
    /// A teacher's session follows a class.
    pub(super) fn begin(&self, class: &ClassId) {
        *self.0.entry(class.clone()).or_insert(0) += 1;
    }

    /// It follows it no longer.
    pub(super) fn end(&self, class: &ClassId) {
        if let Some(mut sessions) = self.0.get_mut(class) {
            *sessions = sessions.saturating_sub(1);
        }
        self.0.remove_if(class, |_, sessions| *sessions == 0);
    }

    /// Whether a class is live.
    pub(super) fn contains(&self, class: &ClassId) -> bool {
        self.0.contains_key(class)
    }

    /// How many classes are live.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
