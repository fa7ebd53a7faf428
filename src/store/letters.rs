//! The rows of letters. See `crate::ledger::letters` for what they mean.

use rusqlite::{OptionalExtension as _, Row, params};

use crate::base::limits;

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// Version 10: letters that leave the hub.
///
/// The unique key makes a letter the same however often it is asked for. A row waits in state 0, is being sent in 1, and
/// has ended above.
pub(super) const STEP: &str = "
    CREATE TABLE letter (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        about TEXT NOT NULL,
        urgent INTEGER NOT NULL,
        state INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX letter_key ON letter (account, about);
    CREATE INDEX letter_due ON letter (urgent, next_at) WHERE state = 0;
    CREATE INDEX letter_waiting ON letter (written_at) WHERE state = 0;
    CREATE INDEX letter_sending ON letter (state) WHERE state = 1;
    CREATE INDEX letter_age ON letter (written_at);
";

/// A letter, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// To whom.
    pub account: String,
    /// About what.
    pub about: String,
    /// Whether it goes first.
    pub is_urgent: bool,
    /// How far it is: 0 while it waits, 1 while it is being sent, more once it has ended.
    pub state: u8,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// In machine time.
    pub written_at: i64,
    /// In machine time.
    pub next_at: i64,
}

/// The columns that [`LetterRow::read`] reads, in its order.
const COLUMNS: &str = "id, account, about, urgent, state, attempts, written_at, next_at, checksum";

impl LetterRow {
    /// The sum of all columns but the number.
    fn checksum(&self) -> u32 {
        let numbers = [
            i64::from(self.is_urgent),
            i64::from(self.state),
            i64::from(self.attempts),
            self.written_at,
            self.next_at,
        ];
        row::checksum(&numbers, &[&self.account, &self.about])
    }

    fn read(row: &Row<'_>) -> Result<(i64, Self), StoreError> {
        let found = Self {
            account: row.get(1)?,
            about: row.get(2)?,
            is_urgent: row.get(3)?,
            state: row.get(4)?,
            attempts: row.get(5)?,
            written_at: row.get(6)?,
            next_at: row.get(7)?,
        };
        if found.checksum() == row.get::<_, u32>(8)? {
            Ok((row.get(0)?, found))
        } else {
            Err(StoreError::Damaged)
        }
    }
}

impl LedgerRows {
    /// Letters that wait and whose time has come, the earliest first.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn due_letters(
        &self,
        is_urgent: bool,
        now: i64,
        limit: usize,
    ) -> Result<Vec<(i64, LetterRow)>, StoreError> {
        let due = format!(
            "SELECT {COLUMNS} FROM letter INDEXED BY letter_due
             WHERE state = 0 AND urgent = ?1 AND next_at <= ?2 ORDER BY next_at, id LIMIT ?3"
        );
        let mut statement = self.db().prepare_cached(&due)?;
        let limit = row::count_to_sql(limit);
        let rows = statement.query_map(params![is_urgent, now, limit], |row| Ok(LetterRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// How many letters wait.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn waiting_letters(&self) -> Result<usize, StoreError> {
        let count: i64 =
            self.db().query_row("SELECT count(*) FROM letter WHERE state = 0", [], |row| row.get(0))?;
        usize::try_from(count).map_err(|_| StoreError::Damaged)
    }

    /// Letters to an account, oldest first.
    ///
    /// # Errors
    /// As for [`LedgerRows::due_letters`].
    pub fn letters_of(&self, account: &str) -> Result<Vec<(i64, LetterRow)>, StoreError> {
        let all = format!("SELECT {COLUMNS} FROM letter WHERE account = ?1 ORDER BY written_at, id");
        let mut statement = self.db().prepare_cached(&all)?;
        let rows = statement.query_map([account], |row| Ok(LetterRow::read(row)))?;
        rows.map(|row| row?).collect()
    }
}

impl LedgerBatch<'_> {
    /// Writes a letter if there is none to that account about that; whether there was none.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_letter(&self, letter: &LetterRow) -> Result<bool, StoreError> {
        let put =
            "INSERT INTO letter (account, about, urgent, state, attempts, written_at, next_at, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, about) DO NOTHING";
        let written = self.db().prepare_cached(put)?.execute(params![
            letter.account,
            letter.about,
            letter.is_urgent,
            letter.state,
            letter.attempts,
            letter.written_at,
            letter.next_at,
            letter.checksum(),
        ])?;
        Ok(written > 0)
    }

    /// A letter by its number.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn letter(&self, id: i64) -> Result<Option<LetterRow>, StoreError> {
        let one = format!("SELECT {COLUMNS} FROM letter WHERE id = ?1");
        let found =
            self.db().prepare_cached(&one)?.query_row([id], |row| Ok(LetterRow::read(row))).optional()?;
        Ok(found.transpose()?.map(|(_, row)| row))
    }

    /// Writes what may change of a letter.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn replace_letter(&self, id: i64, letter: &LetterRow) -> Result<(), StoreError> {
        let replace =
            "UPDATE letter SET state = ?2, attempts = ?3, next_at = ?4, checksum = ?5 WHERE id = ?1";
        let (state, attempts, next_at) = (letter.state, letter.attempts, letter.next_at);
        let changed = params![id, state, attempts, next_at, letter.checksum()];
        self.db().prepare_cached(replace)?.execute(changed)?;
        Ok(())
    }

    /// The letters that are being sent.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn letters_being_sent(&self) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.db().prepare_cached("SELECT id FROM letter WHERE state = 1")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Letters that have waited since before an instant, at most [`limits::LETTERS_PAGE_MAX`].
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn late_letters(&self, before: i64) -> Result<Vec<i64>, StoreError> {
        let late = "SELECT id FROM letter INDEXED BY letter_waiting
             WHERE state = 0 AND written_at < ?1 ORDER BY written_at LIMIT ?2";
        let slice = row::count_to_sql(limits::LETTERS_PAGE_MAX);
        let mut statement = self.db().prepare_cached(late)?;
        let rows = statement.query_map(params![before, slice], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets ended letters that were written before an instant, at most [`limits::LETTERS_PAGE_MAX`]; how many.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn trim_letters(&self, before: i64) -> Result<usize, StoreError> {
        let oldest = "DELETE FROM letter WHERE id IN (SELECT id FROM letter INDEXED BY letter_age
             WHERE written_at < ?1 AND state > 1 ORDER BY written_at LIMIT ?2)";
        let slice = row::count_to_sql(limits::LETTERS_PAGE_MAX);
        Ok(self.db().prepare_cached(oldest)?.execute(params![before, slice])?)
    }

    /// Forgets all letters to an account; how many.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn forget_letters(&self, account: &str) -> Result<usize, StoreError> {
        Ok(self.db().prepare_cached("DELETE FROM letter WHERE account = ?1")?.execute([account])?)
    }
}
