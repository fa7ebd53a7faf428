//! What people say about items, and what they were granted: receipts, done-marks, extensions; and how far reminders are.
//!
//! * **Once.** There is one receipt for each item and subject, one done-mark and one extension for each item and student.
//!   Saying it again changes nothing: the first time stands.
//! * **Versions.** An extension counts its changes, so that each of them can be published under a key of its own; a
//!   number is never given twice.
//!
//! The ledger does not know whether an item exists, whom it reaches, or who may say so.

use super::{Answer, Busy};
use crate::base::{AccountId, ItemId, Role, SchoolTime};

/// Somebody has said that they have read an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The announcement.
    pub item: ItemId,
    /// Whom the receipt stands for: the student of whoever read it, or the reader.
    pub subject: AccountId,
    /// The subject's role at that time.
    pub role: Role,
    /// Who read it.
    pub by: AccountId,
    /// When.
    pub at: SchoolTime,
}

/// A student says that an assignment is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneMark {
    /// The assignment.
    pub item: ItemId,
    /// Whose mark it is.
    pub student: AccountId,
    /// When it was set.
    pub at: SchoolTime,
}

/// A student has another due date than the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// The assignment.
    pub item: ItemId,
    /// Whose date it is.
    pub student: AccountId,
    /// By when: a civil date or time, as an assignment's.
    pub due: String,
}

/// What became of an extension that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutExtension {
    /// How often this student's date of this assignment has changed: 0 if it never has.
    pub version: u32,
    /// Whether it has now.
    pub is_new: bool,
}

/// What one student has said about one assignment, and was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marked {
    /// When it was done, if it is.
    pub done_at: Option<SchoolTime>,
    /// The student's own date, if there is one.
    pub due: Option<String>,
}

/// All that is known about one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarksOf {
    /// What it gave receipts for, and what was given for it: the newest first.
    pub receipts: Vec<Receipt>,
    /// What it has done: the newest first.
    pub done: Vec<DoneMark>,
    /// Its own dates: the latest first.
    pub extensions: Vec<Extended>,
}

/// Receipts, done-marks and extensions.
pub trait Marks {
    /// Writes receipts, of which one subject has one for an item; how many were new.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::LEDGER_QUEUE_MAX`](crate::base::limits::LEDGER_QUEUE_MAX) requests are waiting; the answer
    /// is then never called. So it is for all.
    fn put_receipts(&self, receipts: Vec<Receipt>, answer: Answer<usize>) -> Result<(), Busy>;

    /// Reads a page of an item's receipts, in an order that new ones do not change: after a subject, or from the first.
    /// At most [`limits::MARKS_PAGE_MAX`](crate::base::limits::MARKS_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn receipts(
        &self,
        item: ItemId,
        after: Option<AccountId>,
        limit: usize,
        answer: Answer<Vec<Receipt>>,
    ) -> Result<(), Busy>;

    /// Counts an item's receipts by the roles of their subjects.
    ///
    /// # Errors
    /// [`Busy`].
    fn receipt_counts(&self, item: ItemId, answer: Answer<Vec<(Role, u64)>>) -> Result<(), Busy>;

    /// Sets a done-mark, or takes it away; when the one that stands there was set.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_done(
        &self,
        item: ItemId,
        student: AccountId,
        at: Option<SchoolTime>,
        answer: Answer<Option<SchoolTime>>,
    ) -> Result<(), Busy>;

    /// Reads a page of an item's done-marks, as [`Marks::receipts`] does.
    ///
    /// # Errors
    /// [`Busy`].
    fn done(
        &self,
        item: ItemId,
        after: Option<AccountId>,
        limit: usize,
        answer: Answer<Vec<DoneMark>>,
    ) -> Result<(), Busy>;

    /// Counts an item's done-marks.
    ///
    /// # Errors
    /// [`Busy`].
    fn done_count(&self, item: ItemId, answer: Answer<u64>) -> Result<(), Busy>;

    /// Gives a student a date of their own, or takes it back.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_extension(
        &self,
        item: ItemId,
        student: AccountId,
        due: Option<String>,
        answer: Answer<PutExtension>,
    ) -> Result<(), Busy>;

    /// Reads the extensions of an item, at most [`limits::MARKS_PAGE_MAX`](crate::base::limits::MARKS_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn extensions(&self, item: ItemId, answer: Answer<Vec<Extended>>) -> Result<(), Busy>;

    /// Reads a page of the extensions whose dates lie between two civil times, the second left out: behind so many, and at
    /// most [`limits::MARKS_PAGE_MAX`](crate::base::limits::MARKS_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn extensions_due(
        &self,
        between: (String, String),
        skipped: usize,
        answer: Answer<Vec<Extended>>,
    ) -> Result<(), Busy>;

    /// Reads what students have said about assignments and were granted, in the order asked, for at most
    /// [`limits::MARKS_ASKED_MAX`](crate::base::limits::MARKS_ASKED_MAX) of them.
    ///
    /// # Errors
    /// [`Busy`].
    fn marked(&self, asked: Vec<(ItemId, AccountId)>, answer: Answer<Vec<Marked>>) -> Result<(), Busy>;

    /// Reads all that is known about an account, at most
    /// [`limits::MARKS_OF_ACCOUNT_MAX`](crate::base::limits::MARKS_OF_ACCOUNT_MAX) of each sort.
    ///
    /// # Errors
    /// [`Busy`].
    fn marks_of(&self, account: AccountId, answer: Answer<MarksOf>) -> Result<(), Busy>;

    /// Reads a page of the items about which something is known, by name: after one, or from the first. At most
    /// [`limits::MARKS_PAGE_MAX`](crate::base::limits::MARKS_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn marked_items(&self, after: Option<ItemId>, answer: Answer<Vec<ItemId>>) -> Result<(), Busy>;

    /// Removes what is known about an item, at most
    /// [`limits::MARKS_TRIM_SLICE`](crate::base::limits::MARKS_TRIM_SLICE) of each sort; how many. None: it is forgotten.
    ///
    /// # Errors
    /// [`Busy`].
    fn forget_marks(&self, item: ItemId, answer: Answer<usize>) -> Result<(), Busy>;

    /// Removes all that is known about an account; how much that was.
    ///
    /// # Errors
    /// [`Busy`].
    fn erase_marks(&self, account: AccountId, answer: Answer<usize>) -> Result<(), Busy>;

    /// Says that the reminders of a slot are out, of the schools of a zone. Whoever reminds reads this at its next start.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_reminded(&self, zone: String, slot: String, answer: Answer<()>) -> Result<(), Busy>;

    /// Reads the last slot whose reminders are out, by zone.
    ///
    /// # Errors
    /// [`Busy`].
    fn reminded(&self, answer: Answer<Vec<(String, String)>>) -> Result<(), Busy>;
}
