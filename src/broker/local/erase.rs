//! Takes accounts' traces out of the logs between commits, slice by slice, so that nobody waits for one that wrote much.

use std::sync::atomic::Ordering;

use crate::base::AccountId;

use super::super::{Answer, Erasure, PublishError};
use super::commit::Committer;

/// An erasure under way.
pub(super) struct Erasing {
    account: AccountId,
    done: Erasure,
    answer: Answer<Result<Erasure, PublishError>>,
}

impl Erasing {
    pub(super) fn begin(account: AccountId, answer: Answer<Result<Erasure, PublishError>>) -> Self {
        Self { account, done: Erasure::default(), answer }
    }
}

impl Committer {
    /// Does one slice for the oldest request, and answers it once nothing of the account is left.
    pub(super) fn erase_slice(&mut self) {
        let Some(mut erasing) = self.erasures.pop_front() else { return };
        if self.shared.closing.load(Ordering::Acquire) {
            return self.end_erasure(erasing, Some(PublishError::ShuttingDown));
        }
        match self.writer.erase(&erasing.account) {
            Ok(slice) => {
                self.shared.tails.forget(&slice.channels);
                self.shared.note_schedule(&self.writer);
                erasing.done.blanked += slice.blanked as u64;
                erasing.done.removed += slice.removed as u64;
                if slice.blanked > 0 {
                    self.erasures.push_front(erasing);
                } else {
                    self.end_erasure(erasing, None);
                }
                self.checkpoint();
            }
            Err(error) => {
                let error = self.failed(&error);
                self.end_erasure(erasing, Some(error));
            }
        }
    }

    /// Answers what can't be done any more.
    pub(super) fn end_erasures(&mut self) {
        while let Some(erasing) = self.erasures.pop_front() {
            self.end_erasure(erasing, Some(PublishError::ShuttingDown));
        }
    }

    fn end_erasure(&self, erasing: Erasing, error: Option<PublishError>) {
        self.shared.erasures_waiting.fetch_sub(1, Ordering::AcqRel);
        (erasing.answer)(error.map_or(Ok(erasing.done), Err));
    }
}
