//! The broker of one node: the embedded store, one thread that commits and a few that read.
//!
//! Requests wait in bounded queues. The commit thread takes all that wait (up to a limit) into one transaction, so one
//! `fdatasync` serves many publishers. After it: answers, then the tails that replays are served from, then echoes.
//! The threads belong to [`Local`], which joins them when it is shut down or dropped.

mod commit;
mod erase;
mod reading;
mod release;
mod replace;
mod replay;
mod tail;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};

use arc_swap::ArcSwap;
use flume::Sender;

use crate::base::metrics::Metrics;
use crate::base::{AccountId, Channel, Epoch, MessageId, NewPublication, Replacement, SchoolTime, limits};
use crate::store::{LogWriter, Store, StoreError};

use super::{
    Accepted, Answer, Broker, Busy, Cancelled, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Sink, Trimmed,
};
use commit::{Committer, Work};
use erase::Erasing;
use reading::{Question, Reading, Waiting};
use replace::Replacing;
use tail::Tails;

/// Why the broker could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A connection to the store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gives no thread.
    #[error("a thread can't be started: {0}")]
    Thread(#[source] io::Error),
}

/// What the threads and the front share.
#[derive(Debug)]
struct Shared {
    epoch: Epoch,
    metrics: Metrics,
    tails: Tails,
    waiting: Waiting,
    health: Mutex<Health>,
    trims_waiting: AtomicUsize,
    erasures_waiting: AtomicUsize,
    releases_waiting: AtomicUsize,
    /// Publications in the schedule.
    scheduled: AtomicUsize,
    closing: AtomicBool,
}

impl Shared {
    fn health(&self) -> Health {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// Says how many publications wait in the schedule.
    fn note_schedule(&self, writer: &LogWriter) {
        self.scheduled.store(writer.waiting(), Ordering::Release);
        self.metrics.scheduled.set(i64::try_from(writer.waiting()).unwrap_or(i64::MAX));
    }
}

/// The sinks, replaced as a whole when one is added.
type Sinks = ArcSwap<Vec<Arc<dyn Sink>>>;

/// Where requests wait. Gone once the broker shuts down, which ends the threads after the last request.
struct Queues {
    work: Sender<Work>,
    questions: Sender<Question>,
}

/// The broker over the embedded store.
pub struct Local {
    shared: Arc<Shared>,
    sinks: Arc<Sinks>,
    queues: RwLock<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl Local {
    /// Starts the threads over an open store, and holds it until they have ended.
    ///
    /// # Errors
    /// See [`StartError`]. No thread is left running.
    pub fn start(store: &Store, metrics: Metrics) -> Result<Self, StartError> {
        let writer = store.writer()?;
        let readers = (0..limits::READERS).map(|_| store.reader()).collect::<Result<Vec<_>, _>>()?;
        let shared = Arc::new(Shared {
            epoch: store.epoch(),
            metrics,
            tails: Tails::default(),
            waiting: Waiting::default(),
            health: Mutex::new(Health::Ready),
            trims_waiting: AtomicUsize::new(0),
            erasures_waiting: AtomicUsize::new(0),
            releases_waiting: AtomicUsize::new(0),
            scheduled: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
        });
        let sinks = Arc::new(Sinks::default());
        let (work, works) = flume::bounded(limits::PUBLISH_QUEUE_MAX);
        let (questions, asked) = flume::bounded(limits::READ_QUEUE_MAX);
        let local = Self {
            shared: Arc::clone(&shared),
            sinks: Arc::clone(&sinks),
            queues: RwLock::new(Some(Queues { work, questions })),
            threads: Mutex::default(),
        };
        let committer = Committer::new(writer, works, Arc::clone(&shared), sinks);
        local.run("preau-commit".to_owned(), move || committer.run())?;
        for (number, reader) in readers.into_iter().enumerate() {
            let reading = Reading::new(reader, asked.clone(), Arc::clone(&shared));
            local.run(format!("preau-read-{number}"), move || reading.run())?;
        }
        Ok(local)
    }

    fn run(&self, name: String, work: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let thread = Builder::new().name(name).spawn(work).map_err(StartError::Thread)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    fn busy(&self) -> Busy {
        self.shared.metrics.busy.inc();
        Busy
    }

    /// Offers a request to a queue while the broker is open.
    fn offer(&self, to: impl FnOnce(&Queues) -> bool) -> Result<(), Busy> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        if queues.as_ref().is_some_and(to) { Ok(()) } else { Err(self.busy()) }
    }

    /// Offers work of which only so much may wait.
    fn offer_bounded(&self, waiting: &AtomicUsize, max: usize, work: Work) -> Result<(), Busy> {
        if waiting.fetch_add(1, Ordering::AcqRel) >= max {
            waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(self.busy());
        }
        let offered = self.offer(|queues| queues.work.try_send(work).is_ok());
        if offered.is_err() {
            waiting.fetch_sub(1, Ordering::AcqRel);
        }
        offered
    }
}

impl Broker for Local {
    fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.sinks.rcu(|sinks| {
            let mut sinks = Vec::clone(sinks);
            sinks.push(Arc::clone(&sink));
            sinks
        });
    }

    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy> {
        self.offer(|queues| queues.work.try_send(Work::Publish { new, answer }).is_ok())
    }

    fn replace(
        &self,
        replacements: Vec<Replacement>,
        answer: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        let work = Work::Replace(Replacing { replacements, answer });
        self.offer(|queues| queues.work.try_send(work).is_ok())
    }

    /// The commit thread is not woken up for an empty schedule.
    fn release(&self, now: SchoolTime, answer: Answer<Result<Released, PublishError>>) -> Result<(), Busy> {
        if self.shared.scheduled.load(Ordering::Acquire) == 0 {
            self.offer(|_| true)?;
            answer(Ok(Released::default()));
            return Ok(());
        }
        let work = Work::Release { now, answer };
        self.offer_bounded(&self.shared.releases_waiting, limits::RELEASES_WAITING_MAX, work)
    }

    fn cancel(
        &self,
        key: (Channel, AccountId, MessageId),
        answer: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        self.offer(|queues| queues.work.try_send(Work::Cancel { key, answer }).is_ok())
    }

    fn scheduled(
        &self,
        schedule: Schedule,
        answer: Answer<Result<SchedulePage, ReadError>>,
    ) -> Result<(), Busy> {
        self.offer(|queues| queues.questions.try_send(Question::Schedule(schedule, answer)).is_ok())
    }

    fn read(&self, read: Read, answer: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy> {
        self.offer(|queues| self.shared.waiting.join_or_ask(read, answer, &queues.questions))
    }

    fn history(&self, history: History, answer: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        self.offer(|queues| queues.questions.try_send(Question::History(history, answer)).is_ok())
    }

    fn trim(&self, cut: Cut, answer: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy> {
        self.offer_bounded(&self.shared.trims_waiting, limits::TRIMS_WAITING_MAX, Work::Trim { cut, answer })
    }

    fn erase(&self, account: AccountId, answer: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy> {
        let work = Work::Erase(Erasing::begin(account, answer));
        self.offer_bounded(&self.shared.erasures_waiting, limits::ERASURES_WAITING_MAX, work)
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    fn shut_down(&self) {
        self.shared.closing.store(true, Ordering::Release);
        drop(self.queues.write().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // The last owner may be an answer that runs on one of these threads: it can't wait for itself.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the broker ended in a panic");
            }
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.shut_down();
    }
}
