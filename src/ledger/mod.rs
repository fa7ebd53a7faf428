//! The ledger's contract: what must be remembered exactly once besides publications.
//!
//! * **Audit.** Who changed what, where and why, with what stood there before and after. Entries are numbered upward, are
//!   never changed, and leave only by age. They hold identifiers, never names.
//! * **Settings.** What operators decided at run time, by key, as JSON. A change and its audit entry are one commit.
//! * **Items.** See [`items`].
//! * **Marks.** See [`marks`].
//! * **Digests.** See [`digests`].
//! * **Letters.** See [`letters`].
//! * **Families.** See [`families`].
//! * **Log-ins.** See [`logins`].
//! * **Webhooks.** See [`hooks`].
//!
//! Every request is answered exactly once, a write only when it is on stable storage. Nobody waits: a full queue is
//! [`Busy`]. The ledger does not know who may do what, nor channels.

pub mod asking;
pub mod digests;
pub mod families;
pub mod hooks;
pub mod items;
pub mod letters;
pub mod local;
pub mod logins;
pub mod marks;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use asking::{AskError, answered, wait};
pub use digests::{DigestRow, DigestState, Digests, Evening, Frequency, Preference, PreferenceChange};
pub use families::{Cut, Families, Forgotten, IsHere, PutCut};
pub use hooks::{Endpoint, EndpointState, HookEvent, HookEventId, HookPage, Hooks};
pub use items::{Held, Item, ItemMark, Items, PutItem, Rendering};
pub use letters::{About, Letter, LetterEnd, LetterId, LetterState, Letters, NewLetter};
pub use local::Local;
pub use logins::{Login, LoginBook, Logins, LoginsCut, NewLogin, PutLogin};
pub use marks::{DoneMark, Extended, Marked, Marks, MarksOf, PutExtension, Receipt};

use crate::base::{AccountId, MachineTime, Reason, SchoolTime, limits};

/// Called exactly once with the outcome, on the ledger's thread: it must be short.
pub type Answer<T> = Box<dyn FnOnce(Result<T, LedgerError>) + Send>;

/// The ledger's queue is full, or it has shut down. Nothing was done; the caller may ask again after a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ledger's queue is full")]
pub struct Busy;

/// Why a request failed. Nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// There are as many settings as there may be.
    #[error("there is no room for another setting")]
    SettingsFull,
    /// More letters than one request may hold.
    #[error("one request holds at most {} letters", limits::LETTERS_PAGE_MAX)]
    LettersTooMany,
    /// The storage has no room.
    #[error("the storage is full")]
    StorageFull,
    /// The storage is damaged or unreachable.
    #[error("the storage failed")]
    StorageFailed,
}

impl LedgerError {
    /// Whether the storage is at fault. Then nothing else that waited for the same commit was written either.
    pub fn is_of_storage(self) -> bool {
        matches!(self, Self::StorageFull | Self::StorageFailed)
    }
}

/// Why a text is no part of the ledger. Says what is allowed, never what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} has 1 to {chars_max} characters, of which none is a control character")]
pub struct TextError {
    field: &'static str,
    chars_max: usize,
}

/// Why a value can't be kept as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It can't be written as JSON, or read from what is kept.
    #[error("the value does not fit its type")]
    Shape,
    /// It is longer than [`limits::LEDGER_JSON_BYTES_MAX`].
    #[error("the value has at most {} bytes as JSON", limits::LEDGER_JSON_BYTES_MAX)]
    TooLong,
}

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident($field:literal, $max:ident),)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            /// [`TextError`] if it is blank, too long, or holds a control character.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let fits = !text.trim().is_empty()
                    && text.chars().count() <= limits::$max
                    && !text.chars().any(char::is_control);
                let wrong = TextError { field: $field, chars_max: limits::$max };
                if fits { Ok(Self(text.into())) } else { Err(wrong) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )+};
}

texts! {
    /// What was done, as a word: `limits`, `window`, `urgent`.
    Deed("what", LEDGER_WORD_CHARS_MAX),
    /// Where it holds: the hub, a school, a role, a class.
    Scope("scope", LEDGER_WORD_CHARS_MAX),
    /// The name of a setting.
    Key("key", LEDGER_WORD_CHARS_MAX),
}

/// A JSON document of bounded length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Writes a value as JSON.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        let text = serde_json::to_string(value).map_err(|_| JsonError::Shape)?;
        if text.len() > limits::LEDGER_JSON_BYTES_MAX {
            return Err(JsonError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`JsonError::Shape`] if it is of another type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(&self.0).map_err(|_| JsonError::Shape)
    }

    /// The document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who did something, where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When, in school time.
    pub school_at: SchoolTime,
    /// When, in machine time.
    pub machine_at: MachineTime,
    /// Who.
    pub who: AccountId,
    /// Where it holds.
    pub scope: Scope,
    /// Why.
    pub why: Reason,
}

/// An act with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Who, where and why.
    pub act: Act,
    /// What was done.
    pub what: Deed,
    /// What stood there before, if anything.
    pub before: Option<Json>,
    /// What stands there now, if anything.
    pub after: Option<Json>,
}

/// The number of an audit entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, higher than those of all earlier entries.
    pub id: EntryId,
    /// What it says.
    pub entry: NewEntry,
}

/// What an operator decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// About what.
    pub key: Key,
    /// What.
    pub value: Json,
}

/// What is remembered besides publications. See the module's text for the contract.
pub trait Ledger:
    Digests + Families + Hooks + Items + Letters + LoginBook + Marks + Send + Sync + 'static
{
    /// Appends an entry to the audit log.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::LEDGER_QUEUE_MAX`] requests are waiting; the answer is then never called. So it is for all.
    fn audit_append(&self, entry: NewEntry, answer: Answer<EntryId>) -> Result<(), Busy>;

    /// Reads a page of the audit log, newest first: before an entry, or from the end. At most
    /// [`limits::AUDIT_PAGE_MAX`].
    ///
    /// # Errors
    /// [`Busy`].
    fn audit_page(
        &self,
        before: Option<EntryId>,
        limit: usize,
        answer: Answer<Vec<Entry>>,
    ) -> Result<(), Busy>;

    /// Removes entries that are older than an instant, at most [`limits::AUDIT_TRIM_SLICE`]; how many that was.
    ///
    /// # Errors
    /// [`Busy`].
    fn audit_trim(&self, before: MachineTime, answer: Answer<usize>) -> Result<(), Busy>;

    /// Replaces a setting, or removes it, and appends what changed to the audit log, in one commit. The entry's deed is the
    /// one given and the setting's key, apart by a space.
    ///
    /// # Errors
    /// [`Busy`].
    fn put_setting(
        &self,
        key: Key,
        value: Option<Json>,
        what: Deed,
        act: Act,
        answer: Answer<EntryId>,
    ) -> Result<(), Busy>;

    /// Reads all settings, by key.
    ///
    /// # Errors
    /// [`Busy`].
    fn settings(&self, answer: Answer<Vec<Setting>>) -> Result<(), Busy>;

    /// Does what is queued, answers it, and ends. Later requests are [`Busy`].
    fn shut_down(&self);
}
