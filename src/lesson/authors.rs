//! Who said what in a lesson: so that it may be taken back, pinned or reported. Of what is older than that the log alone
//! knows.

use std::collections::VecDeque;

use crate::base::{AccountId, Position, limits};

/// The authors of what was said last in a lesson, in the order of the log.
#[derive(Debug)]
pub(super) struct Authors {
    said: VecDeque<Said>,
    /// The last place of which nothing is remembered.
    before: Position,
}

#[derive(Debug)]
struct Said {
    at: Position,
    author: AccountId,
    /// Whether the class has heard it; a proposal the teachers alone.
    heard: bool,
}

impl Authors {
    /// Of a lesson that began at a place.
    pub(super) fn since(before: Position) -> Self {
        Self { said: VecDeque::new(), before }
    }

    /// Somebody said something, which the class has heard or not.
    pub(super) fn note(&mut self, at: Position, author: &AccountId, heard: bool) {
        if self.said.len() >= limits::LESSON_AUTHORS_MAX
            && let Some(oldest) = self.said.pop_front()
        {
            self.before = oldest.at;
        }
        self.said.push_back(Said { at, author: author.clone(), heard });
    }

    /// Who said this, if it is remembered.
    pub(super) fn of(&self, at: Position) -> Option<&AccountId> {
        self.index(at).map(|index| &self.said[index].author)
    }

    /// Whether it is something that the class has heard.
    pub(super) fn is_heard(&self, at: Position) -> bool {
        self.index(at).is_some_and(|index| self.said[index].heard)
    }

    /// Whether it is older than all that is remembered: what stands there, the log knows.
    pub(super) fn is_older(&self, at: Position) -> bool {
        at.epoch == self.before.epoch && at.offset <= self.before.offset
    }

    /// It is no more.
    pub(super) fn forget(&mut self, at: Position) {
        if let Some(index) = self.index(at) {
            self.said.remove(index);
        }
    }

    fn index(&self, at: Position) -> Option<usize> {
        let index = self.said.binary_search_by_key(&at.offset, |said| said.at.offset).ok()?;
        (self.said[index].at == at).then_some(index)
    }
}
