//! The operators' journal over the ledger: one audit log for all that is written down, and the settings that are put in
//! force again at the next start.
//!
//! The ledger notes a deed as one word; an act that changed a setting says which behind it, one that changed nothing says
//! so in brackets. Each call waits for the disk, so it is made where that is allowed.

use std::sync::Arc;

use serde_json::Value;

use crate::base::{AccountId, MachineTime, Reason, SchoolTime};
use crate::http::operations::{CUT, Entry, Journal, JournalError, Link, NewEntry, Outcome};
use crate::ledger::{self, Act, AskError, Deed, EntryId, Json, Key, Ledger, LedgerError, Scope, wait};

const DRY_RUN: &str = " (dry run)";
const REFUSED: &str = " (refused: ";

/// The journal.
pub(super) struct LedgerJournal(Arc<dyn Ledger>);

impl LedgerJournal {
    pub(super) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self(ledger)
    }

    /// What was decided and still holds, by the name of its setting.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub(super) fn settings(&self) -> Result<Vec<(String, Value)>, JournalError> {
        let settings = wait(|answer| self.0.settings(answer))?;
        let read =
            settings.into_iter().map(|setting| Ok((setting.key.as_str().to_owned(), value(&setting.value)?)));
        read.collect()
    }
}

impl Journal for LedgerJournal {
    fn append(&self, entry: NewEntry) -> Result<u64, JournalError> {
        let act = act(&entry).ok_or(JournalError::Failed)?;
        let after = json(&entry.after)?;
        let setting = entry.setting.as_deref().filter(|_| entry.outcome == Outcome::Done);
        let what = Deed::parse(&deed(&entry)).map_err(|_| JournalError::Failed)?;
        let EntryId(number) = if setting == Some(CUT) {
            let what = format!("{} {CUT}", what.as_str());
            let what = Deed::parse(&what).map_err(|_| JournalError::Failed)?;
            self.link(ledger::NewEntry { act, what, before: json(&entry.before)?, after })?
        } else if let Some(setting) = setting {
            let key = Key::parse(setting).map_err(|_| JournalError::Failed)?;
            wait(|answer| self.0.put_setting(key, after, what, act, answer))?
        } else {
            let entry = ledger::NewEntry { act, what, before: json(&entry.before)?, after };
            wait(|answer| self.0.audit_append(entry, answer))?
        };
        Ok(number)
    }

    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let page = wait(|answer| self.0.audit_page(before.map(EntryId), limit, answer))?;
        page.into_iter().map(entry).collect()
    }
}

impl LedgerJournal {
    /// Writes down that a link is cut or restored, with the entry that says so.
    fn link(&self, entry: ledger::NewEntry) -> Result<EntryId, JournalError> {
        let Act { school_at: at, who: by, why, .. } = entry.act.clone();
        let read = |link: &Json| link.read::<Link>().map_err(|_| JournalError::Failed);
        if let Some(link) = &entry.after {
            let Link { guardian, child } = read(link)?;
            let cut = ledger::Cut { guardian, child, at, by, why };
            match wait(|answer| self.0.put_cut(cut, entry, answer))? {
                ledger::PutCut::Stored(id) => Ok(id),
                ledger::PutCut::Full => Err(JournalError::Full),
            }
        } else {
            let Link { guardian, child } = read(entry.before.as_ref().ok_or(JournalError::Failed)?)?;
            Ok(wait(|answer| self.0.remove_cut((guardian, child), entry, answer))?)
        }
    }
}

impl From<AskError> for JournalError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Busy => Self::Busy,
            AskError::Failed(
                LedgerError::SettingsFull | LedgerError::LettersTooMany | LedgerError::StorageFull,
            ) => Self::Full,
            AskError::Failed(LedgerError::StorageFailed) | AskError::Ended => Self::Failed,
        }
    }
}

fn act(entry: &NewEntry) -> Option<Act> {
    // A reason is one line there.
    let why: String = entry.why.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(Act {
        school_at: SchoolTime(entry.school_time),
        machine_at: MachineTime(entry.machine_time),
        who: AccountId::parse(&entry.who).ok()?,
        scope: Scope::parse(&entry.scope).ok()?,
        why: Reason::parse(&why).ok()?,
    })
}

fn deed(entry: &NewEntry) -> String {
    let what = &entry.what;
    match entry.outcome {
        Outcome::Done => what.clone(),
        Outcome::DryRun => format!("{what}{DRY_RUN}"),
        Outcome::Refused => format!("{what}{REFUSED}{})", entry.code.as_deref().unwrap_or("?")),
    }
}

fn entry(kept: ledger::Entry) -> Result<Entry, JournalError> {
    let ledger::Entry { id: EntryId(id), entry: kept } = kept;
    let after = kept.after.as_ref().map(value).transpose()?.unwrap_or_default();
    let (what, outcome, code, setting) = told(kept.what.as_str());
    let entry = NewEntry {
        machine_time: kept.act.machine_at.0,
        school_time: kept.act.school_at.0,
        who: kept.act.who.as_str().to_owned(),
        what,
        scope: kept.act.scope.as_str().to_owned(),
        why: kept.act.why.as_str().to_owned(),
        outcome,
        code,
        setting,
        before: kept.before.as_ref().map(value).transpose()?.unwrap_or_default(),
        after,
    };
    Ok(Entry { id, entry })
}

/// What a deed of the ledger says.
fn told(deed: &str) -> (String, Outcome, Option<String>, Option<String>) {
    if let Some(what) = deed.strip_suffix(DRY_RUN) {
        return (what.to_owned(), Outcome::DryRun, None, None);
    }
    if let Some((what, code)) = deed.split_once(REFUSED) {
        return (what.to_owned(), Outcome::Refused, Some(code.trim_end_matches(')').to_owned()), None);
    }
    match deed.split_once(' ') {
        Some((what, setting)) => (what.to_owned(), Outcome::Done, None, Some(setting.to_owned())),
        None => (deed.to_owned(), Outcome::Done, None, None),
    }
}

fn json(value: &Value) -> Result<Option<Json>, JournalError> {
    if value.is_null() {
        return Ok(None);
    }
    Json::of(value).map(Some).map_err(|_| JournalError::Full)
}

fn value(json: &Json) -> Result<Value, JournalError> {
    json.read().map_err(|_| JournalError::Failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::Epoch;
    use crate::store::{Settings, Store};

    fn new(what: &str, setting: Option<&str>, outcome: Outcome, after: Value) -> NewEntry {
        NewEntry {
            machine_time: 1,
            school_time: 2,
            who: "ada@local".into(),
            what: what.into(),
            scope: "hub".into(),
            why: "a try\nwith two lines".into(),
            outcome,
            code: (outcome == Outcome::Refused).then(|| "malformed".into()),
            setting: setting.map(str::to_owned),
            before: Value::Null,
            after,
        }
    }

    #[test]
    fn what_was_decided_last_is_in_force_after_a_restart_and_all_of_it_is_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let store =
                Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
            let ledger: Arc<dyn Ledger> = Arc::new(ledger::Local::start(&store).unwrap());
            (Arc::clone(&ledger), LedgerJournal::new(ledger))
        };
        let (ledger, journal) = open();
        let acts = [
            new("limits", Some("limits"), Outcome::Done, json!({"seats_max": 1})),
            new("limits", Some("limits"), Outcome::Done, json!({"seats_max": 2})),
            new("limits", None, Outcome::DryRun, json!({"seats_max": 3})),
            new("window", Some("window.1"), Outcome::Done, json!(1)),
            new("withdraw", Some("window.1"), Outcome::Done, Value::Null),
            new("suspend", Some("window.2"), Outcome::Done, json!(2)),
            new("withdraw", Some("window.2"), Outcome::Done, Value::Null),
            new("kick", None, Outcome::Refused, Value::Null),
        ];
        for act in acts.clone() {
            journal.append(act).unwrap();
        }
        ledger.shut_down();
        drop((ledger, journal));
        let (ledger, journal) = open();
        assert_eq!(journal.settings().unwrap(), [("limits".to_owned(), json!({"seats_max": 2}))]);
        let page = journal.page(None, 9).unwrap();
        for (entry, act) in page.iter().rev().zip(&acts) {
            let Entry { entry, .. } = entry;
            assert_eq!((&entry.what, entry.outcome, &entry.code), (&act.what, act.outcome, &act.code));
            assert_eq!((&entry.setting, &entry.after), (&act.setting, &act.after));
            assert_eq!(entry.why, "a try with two lines");
        }
        assert_eq!(page.len(), acts.len());
        assert_eq!(page[1].entry.before, json!(2), "the ledger says what stood there");
        assert_eq!(journal.page(Some(page[1].id), 2).unwrap().len(), 2);
        ledger.shut_down();
    }
}
