//! The reader threads: one read answers all who asked the same and are still waiting.
//!
//! Who asks the same while a read is under way gets the next one: the first may have begun before a publication that
//! the asker was already told of.
//!
//! Every question is answered, whatever happens: one whose answering panics with [`ReadError::StorageFailed`], and the
//! thread goes on; one that is still queued when the broker shuts down with [`ReadError::ShuttingDown`].

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use flume::{Receiver, Sender};

use crate::base::{NewPublication, Position, SchoolTime, limits};
use crate::store::{LogReader, Past, StoreError};

use super::super::{Answer, History, HistoryPage, Page, Read, ReadError, Schedule, SchedulePage, Turn};
use super::Shared;
use super::replay::{self, Place};

/// What waits for a reader.
pub(super) enum Question {
    /// A page of a replay; who asked stands in [`Waiting`].
    Page(Read),
    /// Past publications.
    History(History, Answer<Result<HistoryPage, ReadError>>),
    /// What waits in the schedule.
    Schedule(Schedule, Answer<Result<SchedulePage, ReadError>>),
}

type PageAnswer = Answer<Result<Arc<Page>, ReadError>>;

/// Who waits for which queued read.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    by_read: HashMap<Read, Vec<PageAnswer>>,
    answers: usize,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl Waiting {
    /// Adds an answer to an equal read that is queued, or queues one. False if there is no room.
    pub(super) fn join_or_ask(
        &self,
        mut read: Read,
        answer: PageAnswer,
        questions: &Sender<Question>,
    ) -> bool {
        read.limit = read.limit.clamp(1, limits::READ_PAGE_MAX);
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.answers >= limits::READ_ANSWERS_MAX {
            return false;
        }
        if let Some(answers) = asked.by_read.get_mut(&read) {
            answers.push(answer);
        } else if questions.try_send(Question::Page(read.clone())).is_ok() {
            asked.by_read.insert(read, vec![answer]);
        } else {
            return false;
        }
        asked.answers += 1;
        true
    }

    /// Takes everyone who waits for a read that is about to begin.
    fn take(&self, read: &Read) -> Owed<Arc<Page>> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = asked.by_read.remove(read).unwrap_or_default();
        asked.answers -= answers.len();
        Owed(answers.into())
    }
}

/// Answers that are owed for one question. Those that were not given when it is dropped say that the storage failed: a
/// panic on the way must not let anybody wait for ever.
struct Owed<T>(VecDeque<Answer<Result<T, ReadError>>>);

impl<T: Clone> Owed<T> {
    fn give(mut self, result: &Result<T, ReadError>) {
        while let Some(answer) = self.0.pop_front() {
            answer(result.clone());
        }
    }
}

impl<T> Drop for Owed<T> {
    fn drop(&mut self) {
        for answer in self.0.drain(..) {
            answer(Err(ReadError::StorageFailed));
        }
    }
}

/// One reader thread's own.
pub(super) struct Reading {
    reader: LogReader,
    questions: Receiver<Question>,
    shared: Arc<Shared>,
}

impl Reading {
    pub(super) fn new(reader: LogReader, questions: Receiver<Question>, shared: Arc<Shared>) -> Self {
        Self { reader, questions, shared }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        while let Ok(question) = self.questions.recv() {
            // What a question leaves behind when it panics is its transaction, which ends as it is dropped.
            if catch_unwind(AssertUnwindSafe(|| self.answer(question))).is_err() {
                tracing::error!("a read ended in a panic");
            }
        }
    }

    fn answer(&mut self, question: Question) {
        match question {
            Question::Page(read) => {
                let owed = self.shared.waiting.take(&read);
                owed.give(&self.unless_closing(|reading| reading.page(&read).map(Arc::new)));
            }
            Question::History(history, answer) => {
                let owed = Owed(VecDeque::from([answer]));
                owed.give(&self.unless_closing(|reading| reading.history(&history)));
            }
            Question::Schedule(schedule, answer) => {
                let owed = Owed(VecDeque::from([answer]));
                owed.give(&self.unless_closing(|reading| reading.schedule(&schedule)));
            }
        }
    }

    fn unless_closing<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, ReadError> {
        if self.shared.closing.load(Ordering::Acquire) {
            return Err(ReadError::ShuttingDown);
        }
        self.shared.metrics.reads.inc();
        read(self).map_err(|error| failed(&error))
    }

    fn schedule(&self, Schedule { author, after, limit }: &Schedule) -> Result<SchedulePage, StoreError> {
        let limit = (*limit).clamp(1, limits::READ_PAGE_MAX);
        let after = after.map_or((SchoolTime(i64::MIN), 0), |turn| (turn.at, turn.number));
        // One more than is asked for says whether there is more; what is too long for the page does so too.
        let mut rows = self.reader.scheduled(author, after, limit + 1)?;
        let is_whole =
            rows.len() <= limit && self.reader.scheduled(author, turn(&rows, after), 1)?.is_empty();
        rows.truncate(limit);
        let (at, number) = turn(&rows, after);
        let next = (!is_whole).then_some(Turn { at, number });
        Ok(SchedulePage { waiting: rows.into_iter().map(|(_, new)| new).collect(), next })
    }

    fn page(&mut self, read: &Read) -> Result<Page, StoreError> {
        let epoch = self.shared.epoch;
        if let Some(page) = self.shared.tails.page(read, epoch) {
            return Ok(page);
        }
        let snapshot = self.reader.snapshot(&read.channel)?;
        let end = snapshot.end();
        let (start, place) = replay::begin(read.from, epoch, end);
        let before = match place {
            Place::After(offset) => offset,
            Place::BeforeLast(0) => end.last,
            Place::BeforeLast(count) => snapshot.before_last(count, read.role)?,
        };
        let range = snapshot.after(before, read.role, read.limit)?;
        drop(snapshot);
        self.shared.tails.wait_until_announced(&read.channel, end.last);
        let at = |offset| Position { epoch, offset };
        Ok(Page {
            start,
            before: at(before),
            publications: range.publications,
            through: at(range.through),
            last: at(end.last),
        })
    }

    fn history(&mut self, history: &History) -> Result<HistoryPage, StoreError> {
        let limit = history.limit.clamp(1, limits::READ_PAGE_MAX);
        let snapshot = self.reader.snapshot(&history.channel)?;
        let end = snapshot.end();
        let bounds = (history.after, history.before);
        let Past { publications, through, more } =
            snapshot.between(bounds, history.kind, history.role, limit)?;
        drop(snapshot);
        self.shared.tails.wait_until_announced(&history.channel, end.last);
        let at = |offset| Position { epoch: self.shared.epoch, offset };
        Ok(HistoryPage {
            publications,
            more,
            through: at(through),
            last: at(end.last),
            trimmed: at(end.trimmed_through),
        })
    }
}

fn failed(error: &StoreError) -> ReadError {
    tracing::error!(%error, "a read failed");
    ReadError::StorageFailed
}

/// The place of the last row in the order of release.
fn turn(rows: &[(i64, NewPublication)], otherwise: (SchoolTime, i64)) -> (SchoolTime, i64) {
    rows.last().map_or(otherwise, |(number, new)| (new.deliver_at.unwrap_or(otherwise.0), *number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ReplayFrom;
    use crate::base::{Channel, Role};

    fn read(count: usize) -> Read {
        Read { channel: Channel::Region, from: ReplayFrom::Last(count), role: Role::Student, limit: 1 }
    }

    #[test]
    fn the_answers_that_wait_are_bounded_however_equal_their_reads_are() {
        let (questions, asked) = flume::bounded(4);
        let waiting = Waiting::default();
        for _ in 0..limits::READ_ANSWERS_MAX {
            assert!(waiting.join_or_ask(read(1), Box::new(|_| ()), &questions));
        }
        assert_eq!(asked.len(), 1);
        assert!(!waiting.join_or_ask(read(1), Box::new(|_| ()), &questions));
        assert!(!waiting.join_or_ask(read(2), Box::new(|_| ()), &questions));
        assert_eq!(waiting.take(&read(1)).0.len(), limits::READ_ANSWERS_MAX);
        assert!(waiting.join_or_ask(read(1), Box::new(|_| ()), &questions));
    }

    #[test]
    fn a_read_that_finds_no_room_leaves_nothing_behind() {
        let (questions, _asked) = flume::bounded(1);
        let waiting = Waiting::default();
        assert!(waiting.join_or_ask(read(1), Box::new(|_| ()), &questions));
        assert!(!waiting.join_or_ask(read(2), Box::new(|_| ()), &questions));
        assert!(waiting.take(&read(2)).0.is_empty());
    }
}
