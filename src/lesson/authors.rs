//! Who said what in a lesson: so that it may be taken back, pinned or reported.

use std::collections::VecDeque;

use crate::base::{AccountId, Position, limits};

/// The authors of what was said last in a lesson, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Authors(VecDeque<(Position, AccountId)>);

impl Authors {
    /// Somebody said something.
    pub(super) fn note(&mut self, at: Position, author: &AccountId) {
        if self.0.len() >= limits::LESSON_AUTHORS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((at, author.clone()));
    }

    /// Who said this, if it is remembered.
    pub(super) fn of(&self, at: Position) -> Option<&AccountId> {
        self.index(at).map(|index| &self.0[index].1)
    }

    /// It is no more.
    pub(super) fn forget(&mut self, at: Position) {
        if let Some(index) = self.index(at) {
            self.0.remove(index);
        }
    }

    fn index(&self, at: Position) -> Option<usize> {
        let index = self.0.binary_search_by_key(&at.offset, |(place, _)| place.offset).ok()?;
        (self.0[index].0 == at).then_some(index)
    }
}
