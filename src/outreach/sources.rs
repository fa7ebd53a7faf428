//! What letters are made of, and what their readers chose: asked of whoever knows. The composition root answers.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::base::body::{Announcement, Digest};
use crate::base::{AccountId, Channel, ItemId, Language, SchoolTime};
use crate::ledger::AskError;

/// Whoever was asked does not know now: it was busy, or its storage failed. To be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it can't be known now")]
pub struct Unknown;

impl From<AskError> for Unknown {
    fn from(_: AskError) -> Self {
        Self
    }
}

/// Called exactly once, with what was asked for.
pub type Given<T> = Box<dyn FnOnce(Result<T, Unknown>) + Send>;

/// An urgent item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it says.
    pub says: Announcement,
    /// Where it was sent.
    pub places: Vec<Channel>,
}

/// What letters are made of.
pub trait Sources: Send + Sync + 'static {
    /// The digest that was published to a guardian for an evening, if there is one.
    fn digest(&self, guardian: &AccountId, date: Date, given: Given<Option<Digest>>);

    /// An urgent item as it stands now; nothing if it was withdrawn, or is not there.
    fn urgent(&self, item: &ItemId, given: Given<Option<Alert>>);

    /// Which of some items are withdrawn.
    fn withdrawn(&self, items: Vec<ItemId>, given: Given<BTreeSet<ItemId>>);

    /// Whether the calendar keeps deliveries to an account back now.
    fn is_quiet(&self, to: &AccountId, at: SchoolTime) -> bool;
}

/// What an account chose about its mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Whether it wants digests by mail.
    pub wants_digests: bool,
    /// Whether it wants what is urgent by mail.
    pub wants_urgent: bool,
    /// The language it reads.
    pub language: Language,
}

/// What accounts chose about their mail.
pub trait Choices: Send + Sync + 'static {
    /// What an account chose.
    fn choice(&self, of: &AccountId, given: Given<Choice>);

    /// Writes down that an account wants no digests by mail any more.
    fn stop(&self, of: &AccountId, given: Given<()>);
}
