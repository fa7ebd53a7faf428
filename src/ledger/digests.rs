//! Digests: what each guardian chose, and which items stood in which evening's digest.
//!
//! * **References first.** A digest is a row with the keys of its items before anything of it is published, and the row of a
//!   guardian and day is written once: whoever makes the digests again finds it there.
//! * **An item is taken once.** A key that stands in an earlier row of the guardian's is not put into another. Whoever
//!   makes digests sees to that; the ledger remembers.
//! * **Evenings.** That the making of an evening's digests has begun is remembered before the first of them, and then that
//!   all are made, and that all are published.
//!
//! The ledger does not know what the keys stand for, nor who is whose guardian.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Answer, Busy};
use crate::base::{AccountId, Language};

/// How often a guardian gets a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Frequency {
    /// Never.
    Off = 0,
    /// Every evening of a school day.
    Daily = 1,
    /// Once a week.
    Weekly = 2,
}

impl Frequency {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Off, Self::Daily, Self::Weekly];
}

/// What a guardian chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Who.
    pub guardian: AccountId,
    /// How often.
    pub digest: Frequency,
    /// Whether digests come by mail too.
    pub mail: bool,
    /// Whether urgent messages do: so it is unless the guardian stops it by name. Safety is no matter of comfort.
    pub urgent_mail: bool,
    /// In which language.
    pub language: Language,
}

impl Preference {
    /// What holds for a guardian who chose nothing: every school day, by mail what is urgent alone, in French.
    pub fn of(guardian: AccountId) -> Self {
        let (mail, urgent_mail) = (false, true);
        Self { guardian, digest: Frequency::Daily, mail, urgent_mail, language: Language::french() }
    }
}

/// What a guardian chooses anew. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreferenceChange {
    /// How often.
    pub digest: Option<Frequency>,
    /// Whether by mail too.
    pub mail: Option<bool>,
    /// Whether what is urgent comes by mail.
    pub urgent_mail: Option<bool>,
    /// In which language.
    pub language: Option<Language>,
}

impl PreferenceChange {
    /// With digests by mail, or without.
    pub fn of_mail(mail: bool) -> Self {
        Self { mail: Some(mail), ..Self::default() }
    }
}

impl From<Preference> for PreferenceChange {
    fn from(Preference { digest, mail, urgent_mail, language, .. }: Preference) -> Self {
        Self {
            digest: Some(digest),
            mail: Some(mail),
            urgent_mail: Some(urgent_mail),
            language: Some(language),
        }
    }
}

/// A guardian's digest of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRow {
    /// Whose.
    pub guardian: AccountId,
    /// Of which evening.
    pub date: Date,
    /// The keys of the items in it.
    pub items: Vec<u64>,
    /// How many entries did not fit.
    pub left_out: u32,
    /// How far it is.
    pub state: DigestState,
}

/// How far a digest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestState {
    /// Its items are chosen.
    Ready,
    /// It stands in its guardian's channel, or nothing was left to say in it.
    Published,
}

/// The digests of one evening in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evening {
    /// The civil day there.
    pub date: Date,
    /// The zone's name.
    pub zone: Box<str>,
    /// Whether all of them are made; if not, whoever made them was cut short.
    pub is_made: bool,
    /// Whether all of them are published.
    pub is_over: bool,
    /// Digests that were made.
    pub ready: u32,
    /// Guardians without one: nothing to say, or they chose so.
    pub skipped: u32,
    /// Digests that were published.
    pub published: u32,
}

/// What is remembered of digests.
pub trait Digests {
    /// Changes what a guardian chose, in one write; what holds now. What the change leaves out stays.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::LEDGER_QUEUE_MAX`](crate::base::limits::LEDGER_QUEUE_MAX) requests are waiting; the answer
    /// is then never called. So it is for all.
    fn change_preference(
        &self,
        guardian: AccountId,
        change: PreferenceChange,
        answer: Answer<Preference>,
    ) -> Result<(), Busy>;

    /// Reads what guardians chose, at most
    /// [`limits::DIGEST_PAGE_MAX`](crate::base::limits::DIGEST_PAGE_MAX) of them, in their order. Who chose nothing has
    /// the default.
    ///
    /// # Errors
    /// [`Busy`].
    fn preferences(&self, guardians: Vec<AccountId>, answer: Answer<Vec<Preference>>) -> Result<(), Busy>;

    /// Writes digests in one commit, but for those of guardians who have one of that day; how many were written.
    ///
    /// # Errors
    /// [`Busy`].
    fn add_digests(&self, digests: Vec<DigestRow>, answer: Answer<usize>) -> Result<(), Busy>;

    /// Reads the digests of guardians from a day on, at most
    /// [`limits::DIGEST_PAGE_MAX`](crate::base::limits::DIGEST_PAGE_MAX) guardians: theirs together, by date.
    ///
    /// # Errors
    /// [`Busy`].
    fn digests(
        &self,
        guardians: Vec<AccountId>,
        from: Date,
        answer: Answer<Vec<DigestRow>>,
    ) -> Result<(), Busy>;

    /// Reads a page of the guardians whose digest of a day is ready and not published, in the order of their names: after
    /// one, or from the first. At most
    /// [`limits::DIGEST_READY_PAGE_MAX`](crate::base::limits::DIGEST_READY_PAGE_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn ready_digests(
        &self,
        date: Date,
        after: Option<AccountId>,
        answer: Answer<Vec<AccountId>>,
    ) -> Result<(), Busy>;

    /// Says in one commit that these guardians' digests of a day are published; how many were not yet.
    ///
    /// # Errors
    /// [`Busy`].
    fn digests_are_published(
        &self,
        date: Date,
        guardians: Vec<AccountId>,
        answer: Answer<usize>,
    ) -> Result<(), Busy>;

    /// Writes an evening over what is known of it.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_evening(&self, evening: Evening, answer: Answer<()>) -> Result<(), Busy>;

    /// Reads the evenings of a zone, newest first, at most
    /// [`limits::DIGEST_EVENINGS_MAX`](crate::base::limits::DIGEST_EVENINGS_MAX).
    ///
    /// # Errors
    /// [`Busy`].
    fn evenings(&self, zone: Box<str>, answer: Answer<Vec<Evening>>) -> Result<(), Busy>;

    /// Removes digests and evenings of before a day, at most
    /// [`limits::DIGESTS_TRIM_SLICE`](crate::base::limits::DIGESTS_TRIM_SLICE) digests; how many those were.
    ///
    /// # Errors
    /// [`Busy`].
    fn trim_digests(&self, before: Date, answer: Answer<usize>) -> Result<(), Busy>;
}
