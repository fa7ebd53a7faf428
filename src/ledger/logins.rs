//! Log-ins of browsers: who has one, since when, and whether it has ended.
//!
//! A log-in is known by the hash of what its browser shows, and can't be shown by whoever reads the ledger. It ends when
//! its person or the provider says so, when the same browser logs in again, and by its age, which is for the asker to judge. Times are machine time.

use super::{Answer, Busy};
use crate::base::{AccountId, LoginHash, MachineTime};

/// A log-in that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogin {
    /// Its name.
    pub hash: LoginHash,
    /// Whose.
    pub account: AccountId,
    /// What the provider calls the person.
    pub subject: String,
    /// What the provider calls the log-in, if it says.
    pub provider_session: Option<String>,
}

/// A log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub hash: LoginHash,
    /// Whose.
    pub account: AccountId,
    /// Since when.
    pub began_at: MachineTime,
    /// When it last asked for a token, or up to [`limits::LOGIN_SEEN_STEP`](crate::base::limits::LOGIN_SEEN_STEP) before.
    pub seen_at: MachineTime,
    /// When it ended before its time.
    pub ended_at: Option<MachineTime>,
}

/// What became of a log-in that was to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutLogin {
    /// It has begun, and these have ended: the one that the browser had, and those that are too many for one account.
    Begun(Vec<Login>),
    /// [`limits::LOGINS_MAX`](crate::base::limits::LOGINS_MAX) are remembered already. Nothing has changed.
    Full,
}

/// Which log-ins end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logins {
    /// One.
    One(LoginHash),
    /// All of the account that this one belongs to.
    AllWith(LoginHash),
    /// The one that the provider calls so.
    ProviderSession(String),
    /// All of whom the provider calls so.
    Subject(String),
}

/// When what has ended, begun or last been seen is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginsCut {
    /// Ended before.
    pub ended: MachineTime,
    /// Began before.
    pub began: MachineTime,
    /// Last seen before.
    pub seen: MachineTime,
}

/// What the ledger remembers of log-ins.
pub trait LoginBook {
    /// Begins a log-in and ends the one that the browser had before, in one commit.
    ///
    /// # Errors
    /// [`Busy`] as for all.
    fn put_login(
        &self,
        login: NewLogin,
        had: Option<LoginHash>,
        now: MachineTime,
        answer: Answer<PutLogin>,
    ) -> Result<(), Busy>;

    /// A log-in by its name.
    ///
    /// # Errors
    /// [`Busy`].
    fn login(&self, hash: LoginHash, answer: Answer<Option<Login>>) -> Result<(), Busy>;

    /// Says that a log-in was seen.
    ///
    /// # Errors
    /// [`Busy`].
    fn see_login(&self, hash: LoginHash, now: MachineTime, answer: Answer<()>) -> Result<(), Busy>;

    /// Ends log-ins that are open; which those were.
    ///
    /// # Errors
    /// [`Busy`].
    fn end_logins(&self, which: Logins, now: MachineTime, answer: Answer<Vec<Login>>) -> Result<(), Busy>;

    /// Log-ins that ended after an instant, at most [`limits::LOGINS_ENDED_MAX`](crate::base::limits::LOGINS_ENDED_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn ended_logins(&self, after: MachineTime, answer: Answer<Vec<Login>>) -> Result<(), Busy>;

    /// Forgets log-ins that are over, at most [`limits::LOGINS_TRIM_SLICE`](crate::base::limits::LOGINS_TRIM_SLICE);
    /// how many.
    ///
    /// # Errors
    /// [`Busy`].
    fn trim_logins(&self, cut: LoginsCut, answer: Answer<usize>) -> Result<(), Busy>;
}
