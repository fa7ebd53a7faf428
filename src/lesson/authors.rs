//! Who said what in a lesson: so that it may be taken back, pinned or reported.

use std::collections::VecDeque;

use crate::base::{AccountId, Position, limits};

/// The authors of what was said last in a lesson, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Authors(VecDeque<Said>);

#[derive(Debug)]
struct Said {
    at: Position,
    author: AccountId,
    /// Whether the class has heard it; a proposal the teachers alone.
    heard: bool,
}

impl Authors {
    /// Somebody said something, which the class has heard or not.
    pub(super) fn note(&mut self, at: Position, author: &AccountId, heard: bool) {
        if self.0.len() >= limits::LESSON_AUTHORS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Said { at, author: author.clone(), heard });
    }

    /// Who said this, if it is remembered.
    pub(super) fn of(&self, at: Position) -> Option<&AccountId> {
        self.index(at).map(|index| &self.0[index].author)
    }

    /// Whether it is something that the class has heard.
    pub(super) fn is_heard(&self, at: Position) -> bool {
        self.index(at).is_some_and(|index| self.0[index].heard)
    }

    /// It is no more.
    pub(super) fn forget(&mut self, at: Position) {
        if let Some(index) = self.index(at) {
            self.0.remove(index);
        }
    }

    fn index(&self, at: Position) -> Option<usize> {
        let index = self.0.binary_search_by_key(&at.offset, |said| said.at.offset).ok()?;
        (self.0[index].at == at).then_some(index)
    }
}
