//! Letters: what leaves the hub for one account by mail, each exactly once.
//!
//! A letter is written down when there is a reason for it, and is the same letter however often it is asked for. It
//! **waits**, is **being sent** from before its words reach the relay until the relay's answer is written down, and then has
//! **ended**. Only one whose sending a crash interrupts is ambiguous: it waits again, and is sent again under the same name.
//!
//! A row holds no address, no name and no words: those are looked up when it is sent. Times are machine time.

use jiff::civil::Date;

use super::{Act, Answer, Busy, NewEntry};
use crate::base::{AccountId, ItemId, MachineTime};

/// What a letter is about. To one account about one matter there is one letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The digest of an evening.
    Digest(Date),
    /// An urgent item.
    Urgent(ItemId),
}

impl About {
    /// Whether quiet hours do not hold it.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::Urgent(_))
    }
}

/// A letter that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// To whom.
    pub to: AccountId,
    /// About what.
    pub about: About,
}

/// The number of a letter. One that was trimmed may be given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(pub u64);

/// How far a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterState {
    /// It is tried at its time.
    Waiting,
    /// The relay may have it already, or not yet.
    Sending,
    /// Nothing more happens to it.
    Ended(LetterEnd),
}

/// How a letter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterEnd {
    /// The relay has taken it.
    Sent,
    /// There was nothing left to say.
    Empty,
    /// The account wants no mail any more.
    Unwanted,
    /// The account is gone, or has no address that mail can go to.
    Unaddressed,
    /// The relay has refused it for good.
    Refused,
    /// It could not be sent in time.
    GivenUp,
}

impl LetterEnd {
    /// Every end.
    pub const ALL: [Self; 6] =
        [Self::Sent, Self::Empty, Self::Unwanted, Self::Unaddressed, Self::Refused, Self::GivenUp];

    /// The word in metrics and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Empty => "empty",
            Self::Unwanted => "unwanted",
            Self::Unaddressed => "unaddressed",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub id: LetterId,
    /// To whom.
    pub to: AccountId,
    /// About what.
    pub about: About,
    /// How far it is.
    pub state: LetterState,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it was first asked for.
    pub written_at: MachineTime,
    /// When it is tried next.
    pub next_at: MachineTime,
}

/// What the ledger remembers of letters.
pub trait Letters {
    /// Writes down letters that are not there yet, to be sent from now on; how many that were.
    ///
    /// # Errors
    /// [`Busy`] as for all. The answer is [`LettersTooMany`](super::LedgerError::LettersTooMany) beyond
    /// [`limits::LETTERS_PAGE_MAX`](crate::base::limits::LETTERS_PAGE_MAX).
    fn put_letters(
        &self,
        letters: Vec<NewLetter>,
        now: MachineTime,
        answer: Answer<usize>,
    ) -> Result<(), Busy>;

    /// Letters that wait and whose time has come, the one that has waited longest first: the urgent ones, or all others.
    ///
    /// # Errors
    /// [`Busy`].
    fn due_letters(
        &self,
        is_urgent: bool,
        now: MachineTime,
        limit: usize,
        answer: Answer<Vec<Letter>>,
    ) -> Result<(), Busy>;

    /// How many letters wait.
    ///
    /// # Errors
    /// [`Busy`].
    fn waiting_letters(&self, answer: Answer<usize>) -> Result<(), Busy>;

    /// All letters to an account that are remembered, oldest first.
    ///
    /// # Errors
    /// [`Busy`].
    fn letters_of(&self, to: AccountId, answer: Answer<Vec<Letter>>) -> Result<(), Busy>;

    /// Says that a letter is being sent; whether it did wait, and so may be.
    ///
    /// # Errors
    /// [`Busy`].
    fn begin_letter(&self, id: LetterId, answer: Answer<bool>) -> Result<(), Busy>;

    /// Lets a letter that has not ended wait until a time, after so many attempts.
    ///
    /// # Errors
    /// [`Busy`].
    fn delay_letter(
        &self,
        id: LetterId,
        attempts: u32,
        next_at: MachineTime,
        answer: Answer<()>,
    ) -> Result<(), Busy>;

    /// Ends a letter that has not ended, with an entry of the audit log if there is something to note, in one commit.
    ///
    /// # Errors
    /// [`Busy`].
    fn end_letter(
        &self,
        id: LetterId,
        end: LetterEnd,
        note: Option<NewEntry>,
        answer: Answer<()>,
    ) -> Result<(), Busy>;

    /// Lets letters wait again whose sending an earlier process did not finish; how many. To be asked before any is begun.
    ///
    /// # Errors
    /// [`Busy`].
    fn reopen_letters(&self, answer: Answer<usize>) -> Result<(), Busy>;

    /// Gives up letters that have waited since before an instant, at most
    /// [`limits::LETTERS_PAGE_MAX`](crate::base::limits::LETTERS_PAGE_MAX); how many. If any, the audit log gets one entry
    /// with their number.
    ///
    /// # Errors
    /// [`Busy`].
    fn give_up_letters(&self, before: MachineTime, act: Act, answer: Answer<usize>) -> Result<(), Busy>;

    /// Forgets ended letters that were written before an instant, a slice at a time as above; how many.
    ///
    /// # Errors
    /// [`Busy`].
    fn trim_letters(&self, before: MachineTime, answer: Answer<usize>) -> Result<(), Busy>;

    /// Forgets all letters to an account; how many.
    ///
    /// # Errors
    /// [`Busy`].
    fn forget_letters(&self, to: AccountId, answer: Answer<usize>) -> Result<(), Busy>;
}
