//! What was decided about families, against or besides the roster: which links between a guardian and a student are cut,
//! and which students of age want their families to get nothing. And who has left, so that nothing is kept about them.
//!
//! A decision and the entry of the audit log that says so are one commit. The ledger does not know what a link opens: the
//! roster in force hides it, and whoever reads the roster follows.

use super::{Answer, Busy, EntryId, NewEntry};
use crate::base::{AccountId, Reason, SchoolTime};

/// A link that is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The adult.
    pub guardian: AccountId,
    /// The student.
    pub child: AccountId,
    /// Since when.
    pub at: SchoolTime,
    /// Who cut it.
    pub by: AccountId,
    /// Why.
    pub why: Reason,
}

/// What became of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutCut {
    /// It is on stable storage, with this entry of the audit log.
    Stored(EntryId),
    /// There are [`limits::LINK_CUTS_MAX`](crate::base::limits::LINK_CUTS_MAX). Nothing was written.
    Full,
}

/// Whether an account is in the roster in force. Called on the ledger's thread.
pub type IsHere = Box<dyn Fn(&str) -> bool + Send>;

/// How many rows about an account were removed, by what they are.
pub type Forgotten = Vec<(&'static str, usize)>;

/// Decisions about families, and about who leaves.
pub trait Families {
    /// Cuts a link, and says so in the audit log.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::LEDGER_QUEUE_MAX`](crate::base::limits::LEDGER_QUEUE_MAX) requests are waiting; the answer
    /// is then never called. So it is for all.
    fn put_cut(&self, cut: Cut, entry: NewEntry, answer: Answer<PutCut>) -> Result<(), Busy>;

    /// Takes a cut back, and says so in the audit log.
    ///
    /// # Errors
    /// [`Busy`].
    fn remove_cut(
        &self,
        link: (AccountId, AccountId),
        entry: NewEntry,
        answer: Answer<EntryId>,
    ) -> Result<(), Busy>;

    /// Reads all links that are cut, in no order.
    ///
    /// # Errors
    /// [`Busy`].
    fn cuts(&self, answer: Answer<Vec<Cut>>) -> Result<(), Busy>;

    /// Writes since when a student wants the family to get nothing, or that this is over. Who has said so before keeps the
    /// earlier time.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_stop(&self, student: AccountId, since: Option<SchoolTime>, answer: Answer<()>)
    -> Result<(), Busy>;

    /// Reads all students who want their families to get nothing, in no order.
    ///
    /// # Errors
    /// [`Busy`].
    fn stops(&self, answer: Answer<Vec<AccountId>>) -> Result<(), Busy>;

    /// Notes since when accounts that anything is kept about are not here any more, and takes those off that are again.
    ///
    /// # Errors
    /// [`Busy`].
    fn note_leavers(&self, is_here: IsHere, at: SchoolTime, answer: Answer<()>) -> Result<(), Busy>;

    /// Reads who left before an instant, the first to leave first; at most
    /// [`limits::LEAVERS_ERASED_MAX`](crate::base::limits::LEAVERS_ERASED_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn leavers(&self, before: SchoolTime, answer: Answer<Vec<AccountId>>) -> Result<(), Busy>;

    /// Removes all that the ledger keeps about an account, but the audit log; how many rows, by what they are. To do it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`Busy`].
    fn forget(&self, account: AccountId, answer: Answer<Forgotten>) -> Result<(), Busy>;
}
