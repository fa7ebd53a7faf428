//! The queue of questions, and who finds which worth asking.

use std::collections::BTreeSet;

use super::news::News;
use crate::base::body::Standing;
use crate::base::{AccountId, Position, limits};
use crate::protocol::lesson::QuestionState;

/// The questions of a lesson that are counted, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Questions(Vec<Question>);

#[derive(Debug)]
struct Question {
    at: Position,
    standing: Standing,
    upvoters: BTreeSet<AccountId>,
}

/// Why an upvote does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoUpvote {
    /// There is no such question, or it is no longer open.
    Unknown,
    /// As many have upvoted it as are remembered.
    TooMany,
}

impl Questions {
    /// How each stands.
    pub(super) fn states(&self) -> Vec<QuestionState> {
        let state = |question: &Question| QuestionState {
            at: question.at,
            standing: question.standing,
            upvotes: question.upvotes(),
        };
        self.0.iter().map(state).collect()
    }

    /// The open ones that have upvotes.
    pub(super) fn upvotes(&self) -> Vec<(Position, u32)> {
        let open = self.0.iter().filter(|question| question.standing == Standing::Open);
        open.map(|question| (question.at, question.upvotes())).filter(|(_, upvotes)| *upvotes > 0).collect()
    }

    /// Those that somebody finds worth asking.
    pub(super) fn upvoted(&self, who: &AccountId) -> Vec<Position> {
        self.0.iter().filter(|question| question.upvoters.contains(who)).map(|question| question.at).collect()
    }

    /// Whether it is among them.
    pub(super) fn contains(&self, at: Position) -> bool {
        self.0.iter().any(|question| question.at == at)
    }

    /// A question is asked. If there is no room, one that is no longer open is forgotten, or the oldest.
    pub(super) fn ask(&mut self, at: Position, news: &mut News) {
        if self.0.len() >= limits::QUESTIONS_MAX {
            let settled = self.0.iter().position(|question| question.standing != Standing::Open);
            let forgotten = self.0.remove(settled.unwrap_or(0));
            forgotten.tell_upvoters(news);
        }
        self.0.push(Question { at, standing: Standing::Open, upvoters: BTreeSet::new() });
        news.state = true;
    }

    /// A question stands otherwise.
    pub(super) fn settle(&mut self, at: Position, standing: Standing, news: &mut News) {
        if let Some(question) = self.0.iter_mut().find(|question| question.at == at) {
            question.standing = standing;
            news.state = true;
            news.pulse |= !question.upvoters.is_empty();
        }
    }

    /// Somebody finds a question worth asking, or no more.
    pub(super) fn upvote(
        &mut self,
        who: &AccountId,
        at: Position,
        up: bool,
        news: &mut News,
    ) -> Result<(), NoUpvote> {
        let question = self.0.iter_mut().find(|question| question.at == at).ok_or(NoUpvote::Unknown)?;
        if question.standing != Standing::Open {
            return Err(NoUpvote::Unknown);
        }
        let is_new = up && !question.upvoters.contains(who);
        if is_new && question.upvoters.len() >= limits::LESSON_PEOPLE_MAX {
            return Err(NoUpvote::TooMany);
        }
        let changed = if up { question.upvoters.insert(who.clone()) } else { question.upvoters.remove(who) };
        if changed {
            news.pulse = true;
            news.mine(who);
        }
        Ok(())
    }

    /// A question is no more.
    pub(super) fn delete(&mut self, at: Position, news: &mut News) {
        if let Some(index) = self.0.iter().position(|question| question.at == at) {
            self.0.remove(index).tell_upvoters(news);
            news.state = true;
        }
    }
}

impl Question {
    fn upvotes(&self) -> u32 {
        u32::try_from(self.upvoters.len()).unwrap_or(u32::MAX)
    }

    fn tell_upvoters(&self, news: &mut News) {
        news.pulse |= !self.upvoters.is_empty();
        self.upvoters.iter().for_each(|who| news.mine(who));
    }
}
