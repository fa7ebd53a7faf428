//! The ledger of one node: tables of the embedded store, and one thread that does what is asked, in order.
//!
//! What waits is written in one commit, then answered. A request that is refused for what it asks fails alone; if the
//! storage fails, all that waited for the commit do. Here are the thread, the audit log and the settings; each other part
//! of the contract has a file of its own.

mod digests;
mod families;
mod hooks;
mod items;
mod letters;
mod logins;
mod marks;

use std::io;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};

use flume::{Receiver, Sender};

use super::{
    Act, Answer, Busy, Deed, Entry, EntryId, Json, Key, Ledger, LedgerError, NewEntry, Scope, Setting,
};
use crate::base::{AccountId, MachineTime, Reason, SchoolTime, limits};
use crate::store::{AuditRow, LedgerBatch, LedgerRows, Store, StoreError};

/// Why the ledger could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A connection to the store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gives no thread.
    #[error("a thread can't be started: {0}")]
    Thread(#[source] io::Error),
}

/// What the thread is asked to do.
enum Work {
    /// Joins the next commit.
    Write(Box<dyn Write>),
    /// Is answered after it.
    Read(Box<dyn FnOnce(&LedgerRows) + Send>),
}

/// One write, with its answer.
trait Write: Send {
    /// Writes within a batch: whom to tell once the commit is over, and whether the storage failed.
    fn write(self: Box<Self>, batch: &LedgerBatch<'_>) -> (Told, Option<LedgerError>);
    /// Answers it, undone.
    fn refuse(self: Box<Self>, error: LedgerError);
}

struct Writing<T, F> {
    work: F,
    answer: Answer<T>,
}

impl<T, F> Write for Writing<T, F>
where
    T: Send + 'static,
    F: FnOnce(&LedgerBatch<'_>) -> Result<T, LedgerError> + Send,
{
    fn write(self: Box<Self>, batch: &LedgerBatch<'_>) -> (Told, Option<LedgerError>) {
        let Self { work, answer } = *self;
        let outcome = work(batch);
        let error = outcome.as_ref().err().copied().filter(|error| error.is_of_storage());
        (Box::new(move |error| answer(error.map_or(outcome, Err))), error)
    }

    fn refuse(self: Box<Self>, error: LedgerError) {
        (self.answer)(Err(error));
    }
}

/// Called once the commit is over, with how it failed if it did.
type Told = Box<dyn FnOnce(Option<LedgerError>)>;

/// The ledger over the embedded store.
#[derive(Debug)]
pub struct Local {
    works: RwLock<Option<Sender<Work>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Local {
    /// Starts the thread over an open store.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(store: &Store) -> Result<Self, StartError> {
        let (works, asked) = flume::bounded(limits::LEDGER_QUEUE_MAX);
        let desk = Desk { rows: store.ledger()? };
        let thread = Builder::new().name("preau-ledger".to_owned());
        let thread = thread.spawn(move || desk.run(&asked)).map_err(StartError::Thread)?;
        Ok(Self { works: RwLock::new(Some(works)), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a write for the next commit.
    fn write<T: Send + 'static>(
        &self,
        answer: Answer<T>,
        work: impl FnOnce(&LedgerBatch<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<(), Busy> {
        self.offer(Work::Write(Box::new(Writing { work, answer })))
    }

    /// Queues a read of what is committed.
    fn read<T: 'static>(
        &self,
        answer: Answer<T>,
        work: impl FnOnce(&LedgerRows) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<(), Busy> {
        self.offer(Work::Read(Box::new(move |rows| answer(work(rows)))))
    }

    fn offer(&self, work: Work) -> Result<(), Busy> {
        let works = self.works.read().unwrap_or_else(PoisonError::into_inner);
        works.as_ref().and_then(|works| works.try_send(work).ok()).ok_or(Busy)
    }
}

impl Ledger for Local {
    fn audit_append(&self, entry: NewEntry, answer: Answer<EntryId>) -> Result<(), Busy> {
        self.write(answer, move |batch| append(batch, &entry))
    }

    fn audit_page(
        &self,
        before: Option<EntryId>,
        limit: usize,
        answer: Answer<Vec<Entry>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let before = before.map_or(i64::MAX, |before| i64::try_from(before.0).unwrap_or(i64::MAX));
            let page = rows.audit_page(before, limit.clamp(1, limits::AUDIT_PAGE_MAX)).map_err(failed)?;
            page.into_iter().map(entry).collect()
        })
    }

    fn audit_trim(&self, before: MachineTime, answer: Answer<usize>) -> Result<(), Busy> {
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        self.write(answer, move |batch| batch.trim_audit(before).map_err(failed))
    }

    fn put_setting(
        &self,
        key: Key,
        value: Option<Json>,
        what: Deed,
        act: Act,
        answer: Answer<EntryId>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| put(batch, (&key, value.as_ref()), &what, &act))
    }

    fn settings(&self, answer: Answer<Vec<Setting>>) -> Result<(), Busy> {
        self.read(answer, |rows| Ok(rows.settings().map_err(failed)?.into_iter().map(setting).collect()))
    }

    fn shut_down(&self) {
        drop(self.works.write().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last owner may be an answer that runs on the thread: it can't wait for itself.
        let thread = thread.filter(|thread| thread.thread().id() != std::thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the ledger's thread ended in a panic");
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// The thread's own.
struct Desk {
    rows: LedgerRows,
}

impl Desk {
    /// Works until the queue is closed and empty.
    fn run(mut self, asked: &Receiver<Work>) {
        while let Ok(first) = asked.recv() {
            let more = asked.try_iter().take(limits::LEDGER_BATCH_MAX - 1);
            let (mut writes, mut reads) = (Vec::new(), Vec::new());
            for work in std::iter::once(first).chain(more) {
                match work {
                    Work::Write(write) => writes.push(write),
                    Work::Read(read) => reads.push(read),
                }
            }
            if !writes.is_empty() {
                self.write(writes);
            }
            for read in reads {
                read(&self.rows);
            }
        }
    }

    fn write(&mut self, works: Vec<Box<dyn Write>>) {
        let batch = match self.rows.begin() {
            Ok(batch) => batch,
            Err(error) => {
                let error = failed(error);
                return works.into_iter().for_each(|work| work.refuse(error));
            }
        };
        let (told, errors): (Vec<Told>, Vec<_>) = works.into_iter().map(|work| work.write(&batch)).unzip();
        // What the storage refused halfway would stand there halfway.
        let error = match errors.into_iter().flatten().next() {
            Some(error) => {
                drop(batch);
                Some(error)
            }
            None => batch.commit().err().map(failed),
        };
        for told in told {
            told(error);
        }
        if let Err(error) = self.rows.checkpoint_if_due() {
            tracing::warn!(%error, "the write-ahead log could not be copied into the database and grows");
        }
    }
}

/// Appends an entry to the audit log.
fn append(batch: &LedgerBatch<'_>, entry: &NewEntry) -> Result<EntryId, LedgerError> {
    let row = row(&entry.act, entry.what.as_str(), entry.before.as_ref(), entry.after.as_ref());
    batch.append_audit(&row).map_err(failed).map(id)
}

/// Writes a setting, with what stood there before in the audit log.
fn put(
    batch: &LedgerBatch<'_>,
    (key, value): (&Key, Option<&Json>),
    what: &Deed,
    act: &Act,
) -> Result<EntryId, LedgerError> {
    let (before, count) = batch.setting(key.as_str()).map_err(failed)?;
    if before.is_none() && value.is_some() && count >= limits::SETTINGS_MAX {
        return Err(LedgerError::SettingsFull);
    }
    batch.put_setting(key.as_str(), value.map(Json::as_str)).map_err(failed)?;
    let before = before.map(|text| Json(text.into()));
    let what = format!("{} {}", what.as_str(), key.as_str());
    batch.append_audit(&row(act, &what, before.as_ref(), value)).map_err(failed).map(id)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn failed(error: StoreError) -> LedgerError {
    tracing::error!(%error, "the ledger failed");
    match error {
        StoreError::Full => LedgerError::StorageFull,
        StoreError::Damaged | StoreError::Failed(_) => LedgerError::StorageFailed,
    }
}

fn id(number: i64) -> EntryId {
    EntryId(u64::try_from(number).unwrap_or_default())
}

fn row(act: &Act, what: &str, before: Option<&Json>, after: Option<&Json>) -> AuditRow {
    AuditRow {
        school_at: act.school_at.0,
        machine_at: i64::try_from(act.machine_at.0).unwrap_or(i64::MAX),
        who: act.who.as_str().to_owned(),
        what: what.to_owned(),
        scope: act.scope.as_str().to_owned(),
        why: act.why.as_str().to_owned(),
        before: before.map(|json| json.as_str().to_owned()),
        after: after.map(|json| json.as_str().to_owned()),
    }
}

fn entry((number, row): (i64, AuditRow)) -> Result<Entry, LedgerError> {
    let damaged = LedgerError::StorageFailed;
    let act = Act {
        school_at: SchoolTime(row.school_at),
        machine_at: MachineTime(u64::try_from(row.machine_at).map_err(|_| damaged)?),
        who: AccountId::parse(&row.who).map_err(|_| damaged)?,
        scope: Scope(row.scope.into()),
        why: Reason::parse(&row.why).map_err(|_| damaged)?,
    };
    let json = |text: Option<String>| text.map(|text| Json(text.into()));
    let entry =
        NewEntry { act, what: Deed(row.what.into()), before: json(row.before), after: json(row.after) };
    Ok(Entry { id: id(number), entry })
}

fn setting((key, value): (String, String)) -> Setting {
    Setting { key: Key(key.into()), value: Json(value.into()) }
}
