//! Asks a ledger and waits for the answer.

use std::sync::Arc;
use std::time::Duration;

use preau::base::{AccountId, MachineTime, Reason, SchoolTime};
use preau::ledger::{
    Act, Answer, Busy, Deed, Entry, EntryId, Json, Key, Ledger, LedgerError, NewEntry, Scope, Setting,
};

/// Storage of one implementation, on which ledgers are opened one after the other.
pub(crate) trait Stage {
    /// Empty storage.
    fn set_up() -> Self;
    /// Opens a ledger. The one before has been shut down.
    fn open(&mut self) -> Arc<dyn Ledger>;
    /// Puts the storage into a new life, as restoring a backup does.
    fn begin_new_life(&mut self);
}

pub(crate) fn ask<T: Send + 'static>(
    request: impl FnOnce(Answer<T>) -> Result<(), Busy>,
) -> Result<T, LedgerError> {
    let (answer, answered) = flume::bounded(2);
    request(Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv_timeout(Duration::from_mins(1)).expect("every queued request is answered")
}

pub(crate) fn act(machine_at: u64, why: &str) -> Act {
    Act {
        school_at: SchoolTime(-5),
        machine_at: MachineTime(machine_at),
        who: AccountId::parse("operator-1").unwrap(),
        scope: Scope::parse("school:lp").unwrap(),
        why: Reason::parse(why).unwrap(),
    }
}

pub(crate) fn entry(machine_at: u64, why: &str) -> NewEntry {
    let after = Some(Json::of(&machine_at).unwrap());
    NewEntry { act: act(machine_at, why), what: Deed::parse("kick").unwrap(), before: None, after }
}

pub(crate) fn append(ledger: &dyn Ledger, new: NewEntry) -> EntryId {
    ask(|answer| ledger.audit_append(new, answer)).unwrap()
}

pub(crate) fn page(ledger: &dyn Ledger, before: Option<EntryId>, limit: usize) -> Vec<Entry> {
    ask(|answer| ledger.audit_page(before, limit, answer)).unwrap()
}

pub(crate) fn reasons(page: &[Entry]) -> Vec<&str> {
    page.iter().map(|entry| entry.entry.act.why.as_str()).collect()
}

pub(crate) fn key(name: &str) -> Key {
    Key::parse(name).unwrap()
}

/// What every change of a setting is called here.
pub(crate) fn deed() -> Deed {
    Deed::parse("change").unwrap()
}

pub(crate) fn put(ledger: &dyn Ledger, name: &str, value: Option<&str>) -> Result<EntryId, LedgerError> {
    let value = value.map(|value| Json::of(value).unwrap());
    ask(|answer| ledger.put_setting(key(name), value, deed(), act(1, "because"), answer))
}

pub(crate) fn settings(ledger: &dyn Ledger) -> Vec<(String, String)> {
    let all: Vec<Setting> = ask(|answer| ledger.settings(answer)).unwrap();
    all.into_iter().map(|one| (one.key.as_str().to_owned(), one.value.read().unwrap())).collect()
}
