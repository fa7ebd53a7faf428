//! What students would say in a class whose teacher reads first. It waits until the teacher has judged it.

use super::news::News;
use crate::base::body::Proposal;
use crate::base::{AccountId, Body, Kind, MessageId, Position, limits};
use crate::protocol::lesson::Held;

/// The proposals of a lesson that wait, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Proposals(Vec<Waiting>);

/// One that waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    at: Position,
    /// The student.
    pub(super) author: AccountId,
    /// Its name for the words.
    pub(super) message_id: MessageId,
    /// The words, as they are published if they are let through.
    pub(super) body: Body,
    kind: Kind,
    /// The words, as their author is told of them.
    told: String,
}

impl Proposals {
    /// Where they stand in the log.
    pub(super) fn places(&self) -> Vec<Position> {
        self.0.iter().map(|waiting| waiting.at).collect()
    }

    /// Those of a student, for itself. Few: see [`limits::PROPOSALS_PER_STUDENT_MAX`].
    pub(super) fn of(&self, who: &AccountId) -> Vec<Held> {
        let held = |waiting: &Waiting| Held {
            at: waiting.at,
            kind: waiting.kind,
            text: waiting.told.clone(),
            message_id: waiting.message_id.clone(),
        };
        self.0.iter().filter(|waiting| waiting.author == *who).map(held).collect()
    }

    /// Whether one more may wait.
    pub(super) fn has_room(&self) -> bool {
        self.0.len() < limits::PROPOSALS_MAX
    }

    /// Whether one more of a student may.
    pub(super) fn has_room_for(&self, who: &AccountId) -> bool {
        let own = self.0.iter().filter(|waiting| waiting.author == *who);
        own.count() < limits::PROPOSALS_PER_STUDENT_MAX
    }

    /// The one at a place.
    pub(super) fn find(&self, at: Position) -> Option<&Waiting> {
        self.0.iter().find(|waiting| waiting.at == at)
    }

    /// One is made. What was allowed in the same moment as the last that had room may go beyond the bound, by as much again;
    /// what is even more stands in the log alone.
    pub(super) fn add(&mut self, at: Position, author: &AccountId, proposal: &Proposal, news: &mut News) {
        let Ok(body) = proposal.body() else { return };
        if self.0.len() < 2 * limits::PROPOSALS_MAX {
            let (message_id, told) = (proposal.message_id.clone(), told(&proposal.text));
            self.0.push(Waiting { at, author: author.clone(), message_id, body, kind: proposal.kind, told });
            news.state = true;
            news.mine(author);
        }
    }

    /// The words were published in the student's name: nothing waits for the teacher any more.
    pub(super) fn released(&mut self, author: &AccountId, message_id: &MessageId, news: &mut News) {
        self.keep(|waiting| waiting.author != *author || waiting.message_id != *message_id, news);
    }

    /// It was not let through, or taken back.
    pub(super) fn remove(&mut self, at: Position, news: &mut News) {
        self.keep(|waiting| waiting.at != at, news);
    }

    fn keep(&mut self, stays: impl Fn(&Waiting) -> bool, news: &mut News) {
        self.0.retain(|waiting| {
            let is_kept = stays(waiting);
            if !is_kept {
                news.state = true;
                news.mine(&waiting.author);
            }
            is_kept
        });
    }
}

fn told(text: &str) -> String {
    if text.chars().nth(limits::PROPOSAL_TOLD_CHARS_MAX).is_none() {
        return text.to_owned();
    }
    text.chars().take(limits::PROPOSAL_TOLD_CHARS_MAX - 1).chain(['…']).collect()
}
