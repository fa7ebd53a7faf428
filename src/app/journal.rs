//! The operators' journal on disk: `audit.jsonl` in the data folder, one entry a line, only ever appended to.
//!
//! The log is also what is in force: a setting is what its last entry says. So a decision and the entry about it can't
//! part, whenever the process ends. An entry is answered when it is on stable storage; a line that a power cut left half
//! was never answered, and is cut off at the next start.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::AppError;
use crate::base::limits;
use crate::http::operations::{Entry, Journal, JournalError, NewEntry, Outcome};

/// The file's name.
const AUDIT: &str = "audit.jsonl";

/// The journal.
pub(super) struct JournalFile {
    path: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    /// Where each entry's line begins, in the order of their numbers, which count from 1; and where the last one ends.
    begins: Vec<u64>,
    settings: BTreeMap<String, Value>,
}

impl JournalFile {
    /// Opens the journal in a data folder, or begins one.
    ///
    /// # Errors
    /// [`AppError::Journal`], also if a line in the middle can't be read: whoever has changed the file must say so.
    pub(super) fn open(folder: &Path) -> Result<Self, AppError> {
        let path = folder.join(AUDIT);
        let wrong = |error| AppError::Journal { path: path.display().to_string(), error };
        let open = read(&path).map_err(wrong)?;
        Ok(Self { path, open: Mutex::new(open) })
    }

    /// What was decided and still holds, by the name of its setting.
    pub(super) fn settings(&self) -> Vec<(String, Value)> {
        self.inside().settings.clone().into_iter().collect()
    }

    fn inside(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &io::Error) -> JournalError {
        tracing::error!(%error, path = %self.path.display(), "the audit log failed");
        if error.kind() == io::ErrorKind::StorageFull { JournalError::Full } else { JournalError::Failed }
    }
}

fn read(path: &Path) -> io::Result<Open> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    let mut open = Open { file, begins: vec![0], settings: BTreeMap::new() };
    let mut lines = BufReader::new(&open.file);
    let (mut line, mut at) = (Vec::new(), 0);
    loop {
        line.clear();
        let bytes = lines.read_until(b'\n', &mut line)?;
        if bytes == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let entry: Entry = serde_json::from_slice(&line)?;
        at += bytes as u64;
        open.begins.push(at);
        take_up(&mut open.settings, &entry.entry);
    }
    // What a power cut left half.
    open.file.set_len(at)?;
    Ok(open)
}

/// A setting is what its last entry says.
fn take_up(settings: &mut BTreeMap<String, Value>, entry: &NewEntry) {
    let Some(name) = entry.setting.as_ref().filter(|_| entry.outcome == Outcome::Done) else { return };
    if entry.after.is_null() {
        settings.remove(name);
    } else {
        settings.insert(name.clone(), entry.after.clone());
    }
}

impl Open {
    fn end(&self) -> u64 {
        self.begins.last().copied().unwrap_or_default()
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(line).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line would make the next one unreadable; if this fails too, the next start cuts it off.
            let _ = self.file.set_len(self.end());
        }
        written
    }

    fn lines(&mut self, from: usize, until: usize) -> io::Result<Vec<Entry>> {
        let (Some(begin), Some(end)) = (self.begins.get(from), self.begins.get(until)) else {
            return Ok(Vec::new());
        };
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(*begin))?;
        (&self.file).take(end - begin).read_to_end(&mut bytes)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
    }
}

impl Journal for JournalFile {
    fn append(&self, entry: NewEntry) -> Result<u64, JournalError> {
        let mut open = self.inside();
        let id = open.begins.len() as u64;
        let entry = Entry { id, entry };
        let mut line = serde_json::to_vec(&entry).map_err(|error| self.failed(&error.into()))?;
        line.push(b'\n');
        let end = open.end() + line.len() as u64;
        if end > limits::AUDIT_FILE_BYTES_MAX {
            return Err(JournalError::Full);
        }
        open.append(&line).map_err(|error| self.failed(&error))?;
        open.begins.push(end);
        take_up(&mut open.settings, &entry.entry);
        Ok(id)
    }

    fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let mut open = self.inside();
        let last = open.begins.len() - 1;
        let before = before.and_then(|before| usize::try_from(before).ok()).unwrap_or(usize::MAX);
        let until = before.saturating_sub(1).min(last);
        let mut entries =
            open.lines(until.saturating_sub(limit), until).map_err(|error| self.failed(&error))?;
        entries.reverse();
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(setting: Option<&str>, outcome: Outcome, after: Value) -> NewEntry {
        NewEntry {
            machine_time: 1,
            school_time: 2,
            who: "ada@local".into(),
            what: "limits".into(),
            scope: "hub".into(),
            why: "a try\nwith two lines".into(),
            outcome,
            code: None,
            setting: setting.map(str::to_owned),
            before: Value::Null,
            after,
        }
    }

    #[test]
    fn what_was_decided_last_is_in_force_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let journal = JournalFile::open(folder.path()).unwrap();
        for (setting, outcome, after) in [
            (Some("a"), Outcome::Done, json!(1)),
            (Some("a"), Outcome::Done, json!(2)),
            (Some("a"), Outcome::DryRun, json!(3)),
            (Some("b"), Outcome::Done, json!(1)),
            (Some("b"), Outcome::Done, Value::Null),
            (None, Outcome::Refused, Value::Null),
        ] {
            journal.append(entry(setting, outcome, after)).unwrap();
        }
        drop(journal);
        let journal = JournalFile::open(folder.path()).unwrap();
        assert_eq!(journal.settings(), [("a".to_owned(), json!(2))]);
        let numbers = |before, limit| -> Vec<u64> {
            journal.page(before, limit).unwrap().iter().map(|entry| entry.id).collect()
        };
        assert_eq!(numbers(None, 4), [6, 5, 4, 3]);
        assert_eq!(numbers(Some(3), 4), [2, 1]);
        assert_eq!(numbers(Some(1), 4), [0; 0]);
        assert_eq!(journal.append(entry(None, Outcome::Done, Value::Null)), Ok(7));
    }

    #[test]
    fn half_a_line_is_cut_off_and_a_changed_one_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(AUDIT);
        JournalFile::open(folder.path()).unwrap().append(entry(Some("a"), Outcome::Done, json!(1))).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"id\":2,\"wh"].concat()).unwrap();
        let journal = JournalFile::open(folder.path()).unwrap();
        assert_eq!(journal.append(entry(Some("a"), Outcome::Done, json!(2))), Ok(2));
        assert_eq!(journal.page(None, 9).unwrap().len(), 2);
        std::fs::write(&path, [b"nonsense\n", &whole[..]].concat()).unwrap();
        let error = JournalFile::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains(AUDIT), "{error}");
    }
}
