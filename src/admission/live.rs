//! The classes that are live: they have a lesson now.

use dashmap::DashSet;

use crate::base::ClassId;

/// Live classes. There are at most as many as lessons.
#[derive(Default)]
pub(super) struct LiveClasses(DashSet<ClassId>);

impl LiveClasses {
    /// A class has a lesson.
    pub(super) fn begin(&self, class: &ClassId) {
        self.0.insert(class.clone());
    }

    /// It has none any more.
    pub(super) fn end(&self, class: &ClassId) {
        self.0.remove(class);
    }

    /// Whether a class is live.
    pub(super) fn contains(&self, class: &ClassId) -> bool {
        self.0.contains(class)
    }

    /// How many classes are live.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
