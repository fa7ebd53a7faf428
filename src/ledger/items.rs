//! The registry of items: which version of an announcement or assignment holds, where it was sent, and whether it is
//! withdrawn.
//!
//! * **Intent first.** An item is written unsettled before any copy of it is published, and settled once all are. What is
//!   found unsettled at a start is published then, under the same keys.
//! * **One after the other.** A write names the version that it replaces; what has changed meanwhile is a conflict.
//! * **Withdrawn is the end.** A withdrawn item never changes again but to be settled.
//!
//! The registry does not know how copies are published, nor who may see them.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::{Answer, Busy, Json, NewEntry};
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Reason, SchoolTime};

use jiff::civil::Date;

/// An announcement or an assignment as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// Announcement or assignment.
    pub kind: Kind,
    /// Who sent it.
    pub author: AccountId,
    /// Which wording holds, from 1.
    pub version: u32,
    /// Whether it is no more.
    pub is_withdrawn: bool,
    /// The channels that it was sent to, in order, each once.
    pub places: Vec<Channel>,
    /// The roles it is for.
    pub audience: Audience,
    /// The fields of its kind, in that version.
    pub body: Json,
    /// When it was first sent.
    pub created_at: SchoolTime,
    /// When it was sent, edited or withdrawn last.
    pub changed_at: SchoolTime,
    /// When it was to be published, if not at once.
    pub publish_at: Option<SchoolTime>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// Why it is urgent, if it is.
    pub why: Option<Reason>,
    /// That this version waits a little, so that another edit may replace it unseen.
    pub held: Option<Held>,
    /// Whether all copies of this version are published or scheduled, or of a withdrawn item, taken back.
    pub is_settled: bool,
}

/// How long the versions of an edited assignment wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Since the first edit that nobody has seen.
    pub since: SchoolTime,
    /// Until then.
    pub until: SchoolTime,
    /// The due date that people have seen meanwhile.
    pub due: String,
}

/// What became of an item that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutItem {
    /// It is on stable storage, unsettled.
    Stored,
    /// It was written before, word for word; times and holds are no part of the comparison. The version that holds now may
    /// be a later one.
    Same(Box<Item>),
    /// Another item or version stands there.
    Conflict(Box<Item>),
    /// There is no such item to replace.
    Unknown,
}

/// Where a page of an author's items ends, and the next begins: newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemMark {
    /// When the last item of the page was created.
    pub created_at: SchoolTime,
    /// Its name.
    pub id: ItemId,
}

/// Keeps a withdrawal from being answered while something is rendered from what the registry said before it.
#[derive(Debug, Clone, Default)]
pub struct Rendering(Arc<RwLock<()>>);

impl Rendering {
    /// Begins: what the registry says from now on may be rendered and published until the guard is gone. It is to be gone
    /// soon, since withdrawals wait for it.
    pub fn begin(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything has ended that began before.
    pub fn wait_out(&self) {
        drop(self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The registry of items.
pub trait Items {
    /// Writes an item unsettled: a new one, or the one after version `expected`.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::LEDGER_QUEUE_MAX`](crate::base::limits::LEDGER_QUEUE_MAX) requests are waiting; the answer
    /// is then never called. So it is for all.
    fn put_item(&self, item: Item, expected: Option<u32>, answer: Answer<PutItem>) -> Result<(), Busy>;

    /// Withdraws an item, whichever version holds, and appends to the audit log in the same commit if there is something
    /// to say. The item as it stands is answered, [`PutItem::Same`] with it if it was withdrawn before.
    ///
    /// # Errors
    /// [`Busy`].
    fn withdraw_item(
        &self,
        id: ItemId,
        at: SchoolTime,
        entry: Option<NewEntry>,
        answer: Answer<PutItem>,
    ) -> Result<(), Busy>;

    /// Says that all copies of a version are where they belong. Of another version that stands there now it says nothing.
    ///
    /// # Errors
    /// [`Busy`].
    fn settle_item(
        &self,
        id: ItemId,
        version: u32,
        is_withdrawn: bool,
        answer: Answer<()>,
    ) -> Result<(), Busy>;

    /// Takes back a version that is not settled, because none of its copies could be published: what stood there before
    /// stands there again, or nothing. Of another version it says nothing.
    ///
    /// # Errors
    /// [`Busy`].
    fn undo_item(
        &self,
        id: ItemId,
        version: u32,
        before: Option<Item>,
        answer: Answer<()>,
    ) -> Result<(), Busy>;

    /// Reads items by name, at most [`limits::ITEMS_PAGE_MAX`](crate::base::limits::ITEMS_PAGE_MAX), in no order. Unknown
    /// ones are left out.
    ///
    /// # Errors
    /// [`Busy`].
    fn items(&self, ids: Vec<ItemId>, answer: Answer<Vec<Item>>) -> Result<(), Busy>;

    /// Reads a page of an author's items, newest first: before a mark, or from the newest.
    ///
    /// # Errors
    /// [`Busy`].
    fn items_of(
        &self,
        author: AccountId,
        before: Option<ItemMark>,
        limit: usize,
        answer: Answer<Vec<Item>>,
    ) -> Result<(), Busy>;

    /// Reads items that are not settled, at most [`limits::ITEMS_PAGE_MAX`](crate::base::limits::ITEMS_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn unsettled_items(&self, answer: Answer<Vec<Item>>) -> Result<(), Busy>;

    /// Reads a page of the live assignments that are due from one day to another, both included, in the order of their
    /// names.
    ///
    /// # Errors
    /// [`Busy`].
    fn due_items(
        &self,
        days: (Date, Date),
        after: Option<ItemId>,
        limit: usize,
        answer: Answer<Vec<Item>>,
    ) -> Result<(), Busy>;

    /// Removes settled items of a kind that changed, appeared and expired before an instant, at most
    /// [`limits::ITEMS_TRIM_SLICE`](crate::base::limits::ITEMS_TRIM_SLICE); how many that was.
    ///
    /// # Errors
    /// [`Busy`].
    fn trim_items(&self, kind: Kind, before: SchoolTime, answer: Answer<usize>) -> Result<(), Busy>;
}
