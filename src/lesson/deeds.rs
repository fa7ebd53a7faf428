//! What was done last in a lesson, with its answer: asked again after a lost line, it has the same answer, and the store says
//! whether it stands in the log already.

use std::collections::VecDeque;

use super::outcome::{Act, Refused};
use crate::base::{AccountId, MessageId, limits};
use crate::protocol::{Deed, ErrorCode};

/// The last durable deeds of a lesson.
#[derive(Debug, Default)]
pub(super) struct Deeds(VecDeque<Done>);

#[derive(Debug)]
struct Done {
    by: AccountId,
    message_id: MessageId,
    deed: Deed,
    act: Act,
}

impl Deeds {
    /// The answer that a deed had before, if it was done.
    pub(super) fn again(
        &self,
        by: &AccountId,
        message_id: &MessageId,
        deed: &Deed,
    ) -> Result<Option<Act>, Refused> {
        let mut earlier = self.0.iter().filter(|done| done.by == *by && done.message_id == *message_id);
        match earlier.next() {
            None => Ok(None),
            Some(done) if done.deed == *deed => Ok(Some(done.act.clone())),
            Some(_) => Err(Refused::with(ErrorCode::MessageIdReused)),
        }
    }

    /// A deed was answered.
    pub(super) fn note(&mut self, by: &AccountId, message_id: &MessageId, deed: &Deed, act: &Act) {
        if self.0.len() >= limits::DEEDS_REMEMBERED_MAX {
            self.0.pop_front();
        }
        let (by, message_id) = (by.clone(), message_id.clone());
        self.0.push_back(Done { by, message_id, deed: deed.clone(), act: act.clone() });
    }
}
