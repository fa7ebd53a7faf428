//! The commit thread: takes what waits, commits it as one, answers, and echoes.
//!
//! Between two commits it copies the write-ahead log into the database when that is due, carries out what is to take the
//! place of something else ([`super::replace`]), moves one slice of what is due
//! out of the schedule ([`super::release`]), and lets retention remove one slice. A batch that fails is answered as a whole, and leaves nothing; but where a row is damaged, only those
//! publications fail that can't do without it. While the storage fails, idle time goes into trial commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, TryRecvError};

use crate::base::{
    AccountId, Channel, Kind, MessageId, NewPublication, Offset, Position, Publication, SchoolTime, limits,
};
use crate::store::{self, LogWriter, Placed, StoreError};

use super::super::{
    Accepted, Answer, Cancelled, Committed, Cut, Health, PublishError, Released, Scheduled, Trimmed,
};
use super::erase::Erasing;
use super::release::Releasing;
use super::replace::Replacing;
use super::{Shared, Sinks};

/// What the commit thread is asked to do.
pub(super) enum Work {
    /// Commit a publication.
    Publish { new: NewPublication, answer: Answer<Result<Accepted, PublishError>> },
    /// Commit publications in the places of others.
    Replace(Replacing),
    /// Release what is due.
    Release { now: SchoolTime, answer: Answer<Result<Released, PublishError>> },
    /// Take something back from the schedule.
    Cancel { key: (Channel, AccountId, MessageId), answer: Answer<Result<Cancelled, PublishError>> },
    /// Take an account's traces out of the logs.
    Erase(Erasing),
    /// Remove what is older than the cut.
    Trim { cut: Cut, answer: Answer<Result<Trimmed, PublishError>> },
}

/// A removal under way.
struct Trim {
    cut: Cut,
    trimmed: Trimmed,
    /// The number of the kind that is being removed.
    kind: usize,
    answer: Answer<Result<Trimmed, PublishError>>,
}

/// Publications taken from the queue for one commit, and who waits for each.
#[derive(Default)]
struct Taken {
    news: Vec<NewPublication>,
    answers: Vec<Answer<Result<Accepted, PublishError>>>,
}

/// The commit thread's own.
pub(super) struct Committer {
    pub(super) writer: LogWriter,
    works: Receiver<Work>,
    pub(super) replacing: VecDeque<Replacing>,
    pub(super) releases: VecDeque<Releasing>,
    trims: VecDeque<Trim>,
    pub(super) erasures: VecDeque<Erasing>,
    pub(super) shared: Arc<Shared>,
    sinks: Arc<Sinks>,
}

/// Tells the truth about health, and lets readers go on, should the thread end in a panic.
struct Unwinding(Arc<Shared>);

impl Drop for Unwinding {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set_health(Health::Failing(PublishError::StorageFailed));
            self.0.tails.withdraw();
        }
    }
}

impl Committer {
    pub(super) fn new(
        writer: LogWriter,
        works: Receiver<Work>,
        shared: Arc<Shared>,
        sinks: Arc<Sinks>,
    ) -> Self {
        shared.note_schedule(&writer);
        let (replacing, releases, trims) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        let erasures = VecDeque::new();
        Self { writer, works, replacing, releases, trims, erasures, shared, sinks }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _unwinding = Unwinding(Arc::clone(&self.shared));
        while let Some(taken) = self.take() {
            if !taken.news.is_empty() {
                self.commit(taken);
                self.settle();
                self.checkpoint();
            }
            self.replace();
            self.release_slice();
            self.trim_slice();
            self.erase_slice();
        }
        self.end_releases();
        self.end_erasures();
        while let Some(trim) = self.trims.pop_front() {
            self.finish(trim, Some(PublishError::ShuttingDown));
        }
    }

    /// Takes what waits, up to one batch. Waits for the first, unless there is something to release or to trim. `None` once the
    /// queue is closed and empty.
    fn take(&mut self) -> Option<Taken> {
        let mut next = if self.releases.is_empty() && self.trims.is_empty() && self.erasures.is_empty() {
            Some(self.first()?)
        } else {
            match self.works.try_recv() {
                Ok(work) => Some(work),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return None,
            }
        };
        let mut taken = Taken::default();
        while let Some(work) = next.take() {
            match work {
                Work::Publish { new, answer } => {
                    taken.news.push(new);
                    taken.answers.push(answer);
                }
                // It has a commit of its own, so the batch goes on after what was taken so far.
                Work::Cancel { key, answer } => {
                    answer(self.cancel(&key));
                    break;
                }
                // The same, but in its turn.
                Work::Replace(replacing) => {
                    self.replacing.push_back(replacing);
                    break;
                }
                Work::Release { now, answer } => self.releases.push_back(Releasing::begin(now, answer)),
                Work::Erase(erasing) => self.erasures.push_back(erasing),
                Work::Trim { cut, answer } => {
                    self.trims.push_back(Trim { cut, trimmed: Trimmed::default(), kind: 0, answer });
                }
            }
            if taken.news.len() < limits::COMMIT_BATCH_MAX {
                next = self.works.try_recv().ok();
            }
        }
        Some(taken)
    }

    /// Waits for work. `None` once the queue is closed and empty.
    fn first(&mut self) -> Option<Work> {
        while let Some(patience) = patience(self.shared.health()) {
            match self.works.recv_timeout(patience) {
                Ok(work) => return Some(work),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.probe(),
            }
        }
        self.works.recv().ok()
    }

    /// Finds out whether the storage works again, which nobody else may: a hub that is not ready is sent no work.
    fn probe(&mut self) {
        match self.writer.probe() {
            Ok(()) => {
                tracing::info!("the storage works again");
                self.shared.set_health(Health::Ready);
            }
            Err(error) => {
                self.failed(&error);
            }
        }
        self.checkpoint();
    }

    /// Takes back what waits under a key, in one transaction: no release has it in hand meanwhile.
    fn cancel(
        &mut self,
        (channel, author, message_id): &(Channel, AccountId, MessageId),
    ) -> Result<Cancelled, PublishError> {
        let taken = self.writer.cancel(channel, author, message_id).map_err(|error| self.failed(&error))?;
        self.shared.note_schedule(&self.writer);
        Ok(match taken {
            store::Taken::Back => Cancelled::Cancelled,
            store::Taken::Published => Cancelled::Published,
            store::Taken::Unknown => Cancelled::Unknown,
        })
    }

    fn commit(&mut self, taken: Taken) {
        let placed = match self.store(&taken.news) {
            Ok(placed) => placed,
            Err(StoreError::Damaged) if taken.news.len() > 1 => {
                self.shared.tails.withdraw();
                tracing::warn!("a batch met a damaged row; its publications are committed one by one");
                for (new, answer) in taken.news.into_iter().zip(taken.answers) {
                    self.commit(Taken { news: vec![new], answers: vec![answer] });
                }
                return;
            }
            Err(error) => {
                self.shared.tails.withdraw();
                let error = self.failed(&error);
                taken.answers.into_iter().for_each(|answer| answer(Err(error)));
                return;
            }
        };
        self.shared.set_health(Health::Ready);
        let (outcomes, committed) = self.outcomes(taken.news, &placed);
        self.note(&committed);
        for (answer, outcome) in taken.answers.into_iter().zip(outcomes) {
            answer(outcome);
        }
        self.echo(&committed);
    }

    /// Lets the sinks take note of what was committed, before anybody is answered.
    pub(super) fn note(&self, committed: &[(Arc<Publication>, Offset)]) {
        let sinks = self.sinks.load();
        for (publication, _) in committed {
            sinks.iter().for_each(|sink| sink.noted(publication));
        }
    }

    /// Shows what was committed, once whoever is to be answered has been.
    pub(super) fn echo(&self, committed: &[(Arc<Publication>, Offset)]) {
        self.shared.tails.announce(committed);
        let sinks = self.sinks.load_full();
        for (publication, _) in committed {
            sinks.iter().for_each(|sink| sink.committed(publication));
        }
    }

    /// Lets the sinks wake whoever was answered or shown something: once for all of it.
    pub(super) fn settle(&self) {
        self.sinks.load().iter().for_each(|sink| sink.settled());
    }

    /// Appends and commits a batch. Before it can be seen on disk, the tails know that it is about to be.
    fn store(&mut self, news: &[NewPublication]) -> Result<Vec<Placed>, StoreError> {
        let batch = self.writer.append(news)?;
        self.shared.tails.prepare(ends(news, batch.placed()));
        let placed = batch.commit()?;
        self.shared.note_schedule(&self.writer);
        Ok(placed)
    }

    /// What each publisher is told, and what is new in the log with the end of its channel before it.
    #[expect(clippy::type_complexity, reason = "two parallel lists that only `commit` takes apart")]
    pub(super) fn outcomes(
        &self,
        news: Vec<NewPublication>,
        placed: &[Placed],
    ) -> (Vec<Result<Accepted, PublishError>>, Vec<(Arc<Publication>, Offset)>) {
        let epoch = self.shared.epoch;
        let mut committed = Vec::with_capacity(news.len());
        let outcomes = news.into_iter().zip(placed).map(|(new, placed)| match *placed {
            Placed::New { offset, previous } => {
                let position = Position { epoch, offset };
                committed.push((Arc::new(Publication::at(new, position)), previous));
                Ok(Accepted::Committed(Committed { position, duplicate: false }))
            }
            Placed::Known(offset) => {
                self.shared.metrics.duplicates.inc();
                let position = Position { epoch, offset };
                Ok(Accepted::Committed(Committed { position, duplicate: true }))
            }
            Placed::Later { deliver_at, duplicate } => {
                self.shared.metrics.duplicates.inc_by(u64::from(duplicate));
                Ok(Accepted::Scheduled(Scheduled { deliver_at, duplicate }))
            }
            Placed::KeyReused => Err(PublishError::KeyReused),
            Placed::NoRoom => Err(PublishError::ScheduleFull),
            Placed::NoTarget => Err(PublishError::NoTarget),
            Placed::TooManyUrgent { wait_ms } => Err(PublishError::TooManyUrgent { wait_ms }),
        });
        let outcomes = outcomes.collect();
        if !committed.is_empty() {
            self.shared.metrics.commits.inc_by(committed.len() as u64);
            self.shared.metrics.commit_batches.inc();
        }
        (outcomes, committed)
    }

    pub(super) fn failed(&self, error: &StoreError) -> PublishError {
        tracing::error!(%error, "a commit failed");
        let error = match error {
            StoreError::Full => PublishError::StorageFull,
            StoreError::Damaged | StoreError::Failed(_) => PublishError::StorageFailed,
        };
        self.shared.set_health(Health::Failing(error));
        error
    }

    pub(super) fn checkpoint(&mut self) {
        if let Err(error) = self.writer.checkpoint_if_due() {
            tracing::warn!(%error, "the write-ahead log could not be copied into the database and grows");
        }
    }

    /// Removes one slice for the oldest request, and answers it once nothing is left to remove.
    fn trim_slice(&mut self) {
        let Some(mut trim) = self.trims.pop_front() else {
            return;
        };
        if self.shared.closing.load(Ordering::Acquire) {
            return self.finish(trim, Some(PublishError::ShuttingDown));
        }
        let Some(&kind) = Kind::ALL.get(trim.kind) else {
            return self.finish(trim, None);
        };
        match self.writer.trim(kind, trim.cut.of(kind)) {
            Ok(slice) => {
                // One that removed nothing wrote nothing, so it proves nothing.
                if slice.removed > 0 {
                    self.shared.set_health(Health::Ready);
                }
                self.shared.tails.forget(&slice.channels);
                trim.trimmed.removed[trim.kind] += slice.removed as u64;
                if slice.removed < limits::TRIM_SLICE {
                    trim.kind += 1;
                }
                self.trims.push_front(trim);
                self.checkpoint();
            }
            Err(error) => {
                let error = self.failed(&error);
                self.finish(trim, Some(error));
            }
        }
    }

    fn finish(&self, trim: Trim, error: Option<PublishError>) {
        self.shared.trims_waiting.fetch_sub(1, Ordering::AcqRel);
        (trim.answer)(error.map_or(Ok(trim.trimmed), Err));
    }
}

/// The channels that a batch adds to, each with its end before it.
pub(super) fn ends<'a>(
    news: &'a [NewPublication],
    placed: &'a [Placed],
) -> impl Iterator<Item = (&'a Channel, Offset)> {
    news.iter().zip(placed).filter_map(|(new, placed)| match placed {
        Placed::New { previous, .. } => Some((&new.channel, *previous)),
        Placed::Known(_)
        | Placed::KeyReused
        | Placed::Later { .. }
        | Placed::NoRoom
        | Placed::NoTarget
        | Placed::TooManyUrgent { .. } => None,
    })
}

/// How long to wait for work before a trial commit; for ever while the storage works.
fn patience(health: Health) -> Option<Duration> {
    match health {
        Health::Ready => None,
        Health::Failing(_) => Some(limits::PROBE_INTERVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_that_works_is_not_tried() {
        assert_eq!(patience(Health::Ready), None);
        for error in [PublishError::StorageFull, PublishError::StorageFailed] {
            assert_eq!(patience(Health::Failing(error)), Some(limits::PROBE_INTERVAL));
        }
    }
}
