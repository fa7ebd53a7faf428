//! Replacements: publications that take the place of others, in a commit of their own.
//!
//! All of a request are carried out, or none: one that is refused leaves what waits as it is.

use crate::base::{NewPublication, Replacement};
use crate::store::{self, Placed, StoreError};

use super::super::{Accepted, Answer, Health, PublishError, Replaced};
use super::commit::{Committer, ends};

/// What was asked for, and who waits for it.
pub(super) struct Replacing {
    pub(super) replacements: Vec<Replacement>,
    pub(super) answer: Answer<Result<Vec<Replaced>, PublishError>>,
}

impl Committer {
    /// Carries out the replacements that were taken from the queue.
    pub(super) fn replace(&mut self) {
        while let Some(Replacing { replacements, answer }) = self.replacing.pop_front() {
            match self.store_replacements(&replacements) {
                Ok(stored) => self.tell(stored, answer),
                Err(error) => {
                    self.shared.tails.withdraw();
                    let error = self.failed(&error);
                    answer(Err(error));
                }
            }
            self.settle();
            self.checkpoint();
        }
    }

    /// Commits replacements, unless one of them is refused. Before they can be seen on disk, the tails know that they are
    /// about to be.
    fn store_replacements(&mut self, replacements: &[Replacement]) -> Result<Stored, StoreError> {
        let store::Replacing { news, is_said, batch } = self.writer.replace(replacements)?;
        if let Some(refused) = batch.placed().iter().find_map(refusal) {
            return Ok(Err(refused));
        }
        self.shared.tails.prepare(ends(&news, batch.placed()));
        let placed = batch.commit()?;
        self.shared.set_health(Health::Ready);
        self.shared.note_schedule(&self.writer);
        Ok(Ok((news, placed, is_said)))
    }

    fn tell(&self, stored: Stored, answer: Answer<Result<Vec<Replaced>, PublishError>>) {
        let (news, placed, is_said) = match stored {
            Ok(stored) => stored,
            Err(error) => return answer(Err(error)),
        };
        let (outcomes, committed) = self.outcomes(news, &placed);
        self.note(&committed);
        let mut accepted = outcomes.into_iter();
        let mut replaced = |is_said| -> Result<Replaced, PublishError> {
            let accepted: Option<Accepted> = if is_said { accepted.next().transpose()? } else { None };
            Ok(accepted.map_or(Replaced::Silent, Replaced::Accepted))
        };
        answer(is_said.into_iter().map(&mut replaced).collect());
        self.echo(&committed);
    }
}

/// What is committed: the publications, their places, and which of the replacements they are. Or why nothing is.
type Stored = Result<(Vec<NewPublication>, Vec<Placed>, Vec<bool>), PublishError>;

fn refusal(placed: &Placed) -> Option<PublishError> {
    match *placed {
        Placed::New { .. } | Placed::Known(_) | Placed::Later { .. } => None,
        Placed::KeyReused => Some(PublishError::KeyReused),
        Placed::NoRoom => Some(PublishError::ScheduleFull),
        Placed::NoTarget => Some(PublishError::NoTarget),
        Placed::TooManyUrgent { wait_ms } => Some(PublishError::TooManyUrgent { wait_ms }),
    }
}
