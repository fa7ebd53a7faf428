//! The broker's contract: order, durability, replay. Implementations pass one contract test suite.
//!
//! * **Order.** Publications of one channel are committed one after the other; offsets strictly increase and may leave
//!   holes. Nobody infers a gap by arithmetic. An offset is never given to other content, whatever crashed in between.
//! * **Commit before fan-out.** A publication is answered and echoed only once it is on stable storage. The answer
//!   comes before the echo, and no read shows a publication before its answer has gone out.
//! * **Echo.** Each sink sees every committed publication once, in its channel's order. A duplicate is answered, not
//!   echoed.
//! * **Keys.** (author, channel, message id) names one publication for as long as that is kept: retention removes the
//!   key with it, and a client that asks again after so long has a new publication. The time of sending is no part of
//!   the comparison.
//! * **Later.** What is to be published later waits in the schedule, as durably, and gets its position only when it is
//!   released: nothing in a log is hidden now and shown later. Its key is taken from then on. It leaves the schedule and
//!   enters the log in one commit, in the order of the times asked for, and is echoed like any other. Until then its author
//!   may take it back.
//! * **Replaced.** A publication may take the place of earlier ones of its author in its channel: what of them waits is
//!   taken back in the commit that takes up the new one, so that a release comes before it or finds nothing.
//! * **Deleted.** The commit of a deletion takes the words of the post, question or proposal that it names, where they lie and
//!   where they are remembered: no read that is asked for after its answer finds them. One that names nothing of these is
//!   refused, and so is pinning or reporting what is no post or question with words.
//! * **Urgent.** What is urgent is never scheduled, is written into the audit log by its own commit, and has a rate.
//! * **Nobody is ahead of an author.** A read that finds a publication is answered after its author; a read that is
//!   asked for after an answer finds what was answered.
//! * **Nobody waits.** [`Broker::publish`] and [`Broker::read`] return at once: queued, or [`Busy`]. Every request
//!   that was queued is answered exactly once, at the latest when the broker shuts down.
//!
//! The broker does not know who may do what: its callers hold the proof (`access::Authorised`).

pub mod local;

use std::sync::Arc;

use crate::base::{
    AccountId, Channel, Epoch, Kind, MessageId, NewPublication, Offset, Position, Publication, Replacement,
    ReplayFrom, ResetWhy, Role, SchoolTime,
};

pub use local::Local;

/// Called exactly once with the outcome, on one of the broker's threads or, where nothing is to be done, on the asker's before
/// the call returns: it must be short and must not call the broker in a way that waits.
pub type Answer<T> = Box<dyn FnOnce(T) + Send>;

/// The request's queue is full. Nothing was stored; the caller may ask again after a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker's queue is full")]
pub struct Busy;

/// A publication is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the channel's log.
    pub position: Position,
    /// Whether an earlier publish with the same key and body had put it there.
    pub duplicate: bool,
}

/// A publication is on stable storage and waits for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// Its time.
    pub deliver_at: SchoolTime,
    /// Whether an earlier publish with the same key and body had put it there. Its time is then the earlier one's.
    pub duplicate: bool,
}

/// What a publisher is told of a publication that is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It has its place in the log.
    Committed(Committed),
    /// It will have one later.
    Scheduled(Scheduled),
}

/// What became of a replacement that is on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is published, or waits.
    Accepted(Accepted),
    /// Nothing that it replaces had been published, and nothing was to be said then.
    Silent,
}

/// Why a publication was not committed. In every case nothing of it is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The key (author, channel, message id) belongs to an earlier publication with another body, kind or audience.
    #[error("the message id was used for another publication")]
    KeyReused,
    /// The author, or the school, has sent as many urgent publications as it may for now.
    #[error("too much is urgent: wait")]
    TooManyUrgent {
        /// How long until one more may be sent.
        wait_ms: u32,
    },
    /// The schedule has no room for it: either none at all, or none for more of this author's.
    #[error("the schedule is full")]
    ScheduleFull,
    /// A deletion names nothing that a deletion takes away; or what is pinned or reported is no post or question that has
    /// its words.
    #[error("no post, question or proposal stands there; what was announced or given as work is withdrawn")]
    NoTarget,
    /// The storage has no room. What was acknowledged is safe; reads go on.
    #[error("the storage is full")]
    StorageFull,
    /// The storage is damaged or unreachable; an operator must act. Reads may go on.
    #[error("the storage failed")]
    StorageFailed,
    /// The broker is shutting down.
    #[error("the broker is shutting down")]
    ShuttingDown,
}

/// Why a read failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The storage is damaged or unreachable.
    #[error("the storage failed")]
    StorageFailed,
    /// The broker shut down before the read began.
    #[error("the broker is shutting down")]
    ShuttingDown,
}

/// How a replay begins. A reset continues like `ReplayFrom::Last(LAST_MAX)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// Exactly after the reader's position: nothing is missing, nothing comes twice.
    Resumed,
    /// The position could not be continued.
    Reset(ResetWhy),
    /// The reader gave no position.
    Fresh,
}

/// A question for one page of a channel's log, oldest first. Equal questions are answered by one read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Read {
    /// The channel.
    pub channel: Channel,
    /// Where to begin.
    pub from: ReplayFrom,
    /// Only publications whose audience includes this role.
    pub role: Role,
    /// At most this many publications; clamped to 1..=[`limits::READ_PAGE_MAX`](crate::base::limits::READ_PAGE_MAX).
    pub limit: usize,
}

/// One page of a channel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How the page relates to the position that was asked for.
    pub start: Start,
    /// The position just before the first publication of the page: where a subscriber stands before reading it.
    pub before: Position,
    /// The publications, in order. May be empty, also when `through` advanced: the audience hides some.
    pub publications: Vec<Arc<Publication>>,
    /// Everything up to here has been looked at: the position after the page.
    pub through: Position,
    /// The end of the log when the page was read. The page is the last one if `through` equals it.
    pub last: Position,
}

/// A question for past publications, newest page first, publications of a page in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct History {
    /// The channel.
    pub channel: Channel,
    /// Only publications after this offset.
    pub after: Option<Offset>,
    /// Only publications before this offset.
    pub before: Option<Offset>,
    /// Only publications of this kind.
    pub kind: Option<Kind>,
    /// Only publications whose audience includes this role.
    pub role: Role,
    /// At most this many: with `after` the oldest that fit, otherwise the newest. Clamped as in [`Read::limit`].
    pub limit: usize,
}

/// Past publications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// The publications, in order.
    pub publications: Vec<Arc<Publication>>,
    /// Whether more may match beyond the page: later ones with `after`, earlier ones otherwise. A page may end, even
    /// empty, after a look at [`limits::READ_SCAN_MAX`](crate::base::limits::READ_SCAN_MAX) publications.
    pub more: bool,
    /// Everything up to here, in the direction of reading, has been looked at: with `more`, the `after` (or else the
    /// `before`) of the next page.
    pub through: Position,
    /// The end of the log when the page was read.
    pub last: Position,
    /// Everything up to here may have been removed by retention.
    pub trimmed: Position,
}

/// What retention removes: publications of a kind that were published before an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The instants, in the order of [`Kind::ALL`].
    pub before: [SchoolTime; Kind::COUNT],
}

impl Cut {
    /// The instant for a kind.
    pub fn of(&self, kind: Kind) -> SchoolTime {
        self.before[kind as usize]
    }
}

/// What retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// Removed publications by kind, in the order of [`Kind::ALL`].
    pub removed: [u64; Kind::COUNT],
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erasure {
    /// Publications that have no author and no words any more.
    pub blanked: u64,
    /// Publications that were removed.
    pub removed: u64,
}

/// What a release brought into the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Released {
    /// So many publications.
    pub released: u64,
}

/// A question for what an author has in the schedule, in the order of release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose.
    pub author: AccountId,
    /// Only what is released after this.
    pub after: Option<Turn>,
    /// At most this many; clamped as in [`Read::limit`].
    pub limit: usize,
}

/// A place in the order of release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The time.
    pub at: SchoolTime,
    /// A number that tells apart what has the same time.
    pub number: i64,
}

/// What waits, in the order of release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulePage {
    /// The publications.
    pub waiting: Vec<NewPublication>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<Turn>,
}

/// What becomes of a publication that is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It will not be published, and its key is free.
    Cancelled,
    /// It was published before.
    Published,
    /// There is nothing under this key.
    Unknown,
}

/// Whether the broker can do its work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It reads and writes.
    Ready,
    /// The last commit failed like this; reads may go on. It becomes ready by itself when a commit succeeds, which the
    /// broker tries by itself every [`limits::PROBE_INTERVAL`](crate::base::limits::PROBE_INTERVAL) while nobody publishes.
    Failing(PublishError),
}

/// Where committed publications go: one sink per shard.
pub trait Sink: Send + Sync + 'static {
    /// Takes note of a committed publication before its author is answered: whoever was told of it finds what follows from
    /// it. It must be short.
    fn noted(&self, _: &Publication) {}

    /// Takes a committed publication. May wait for room: commits then wait too, and publishers are told [`Busy`].
    fn committed(&self, publication: &Arc<Publication>);

    /// Everything of a batch, answers and echoes, has been given: time to wake whoever was to have them. It comes after
    /// each batch, also after one that failed.
    fn settled(&self) {}
}

/// Order, durability and replay for every channel. See the module's text for the contract.
pub trait Broker: Send + Sync + 'static {
    /// The store's present life.
    fn epoch(&self) -> Epoch;

    /// Adds a sink for all publications committed from now on.
    fn attach(&self, sink: Arc<dyn Sink>);

    /// Queues a publication for the next commit, which puts it into its log, or into the schedule if it has a time.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::PUBLISH_QUEUE_MAX`](crate::base::limits::PUBLISH_QUEUE_MAX) are waiting; the answer is
    /// then never called.
    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy>;

    /// Queues replacements for a commit of their own, at most
    /// [`limits::REPLACEMENTS_MAX`](crate::base::limits::REPLACEMENTS_MAX): all are carried out, or none. What was queued
    /// before comes before them. The same ones again find themselves done.
    ///
    /// # Errors
    /// As for [`Broker::publish`].
    fn replace(
        &self,
        replacements: Vec<Replacement>,
        answer: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy>;

    /// Queues the release of what is in the schedule and whose time is not after `now`, in the order of the times, at most
    /// [`limits::RELEASE_MAX`](crate::base::limits::RELEASE_MAX). It runs in steps between commits.
    /// What was released is published at `now`, and never again, whatever the clock does.
    ///
    /// # Errors
    /// As for [`Broker::publish`].
    fn release(&self, now: SchoolTime, answer: Answer<Result<Released, PublishError>>) -> Result<(), Busy>;

    /// Queues the taking back of what an author has in the schedule. A release that runs at the same time comes before it or
    /// after it: what was answered as cancelled is never published.
    ///
    /// # Errors
    /// As for [`Broker::publish`].
    fn cancel(
        &self,
        key: (Channel, AccountId, MessageId),
        answer: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy>;

    /// Queues a read of what an author has in the schedule.
    ///
    /// # Errors
    /// As for [`Broker::read`].
    fn scheduled(
        &self,
        schedule: Schedule,
        answer: Answer<Result<SchedulePage, ReadError>>,
    ) -> Result<(), Busy>;

    /// Queues a read for a replay.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::READ_QUEUE_MAX`](crate::base::limits::READ_QUEUE_MAX) are waiting; the answer is then
    /// never called.
    fn read(&self, read: Read, answer: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy>;

    /// Queues a read of the past.
    ///
    /// # Errors
    /// As for [`Broker::read`].
    fn history(&self, history: History, answer: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy>;

    /// Queues a removal of what is older than the cut. It runs in steps between commits, so it does not hold them up.
    ///
    /// # Errors
    /// As for [`Broker::publish`].
    fn trim(&self, cut: Cut, answer: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy>;

    /// Takes an account's publications out of its name and empties its own channel and what it has in the schedule. The
    /// others keep their places, and their readers see who has no name and no words.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::ERASURES_WAITING_MAX`](crate::base::limits::ERASURES_WAITING_MAX) are waiting.
    fn erase(&self, account: AccountId, answer: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy>;

    /// Whether the last commit succeeded.
    fn health(&self) -> Health;

    /// Commits the publications that are queued, answers everything (queued reads with [`ReadError::ShuttingDown`]), ends the threads and waits for them. Later requests are [`Busy`].
    /// Sinks must still be taking publications. It may be called again, but not from an answer or a sink.
    fn shut_down(&self);
}
