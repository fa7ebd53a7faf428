//! The connection that writes and reads the ledger's tables, apart from the one that appends to the log.
//!
//! SQLite lets one connection write at a time, and lets another look again and again until it may. Both writers take
//! turns by a lock instead, so that neither waits longer than the other's commit takes.

use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use crate::base::limits;

use super::StoreError;
use super::lock::{Lock, take_turn};
use super::pages::LogPages;
use super::row;

/// Writes and reads the ledger. There is to be one.
#[derive(Debug)]
pub struct LedgerRows {
    db: Connection,
    log_pages: LogPages,
    turn: Arc<Mutex<()>>,
    _lock: Arc<Lock>,
}

/// Writes that are not committed. Dropping it takes them back.
#[derive(Debug)]
pub struct LedgerBatch<'a> {
    transaction: Transaction<'a>,
    _turn: MutexGuard<'a, ()>,
}

/// An entry of the audit log, in the texts of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When, in school time.
    pub school_at: i64,
    /// When, in machine time.
    pub machine_at: i64,
    /// The account.
    pub who: String,
    /// What was done.
    pub what: String,
    /// Where it holds.
    pub scope: String,
    /// Why.
    pub why: String,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
}

impl AuditRow {
    /// The sum of all columns but the number. A text that is not there has a mark that no JSON has.
    fn checksum(&self) -> u32 {
        let absent = |text: &Option<String>| text.clone().unwrap_or_else(|| "\0".to_owned());
        let (before, after) = (absent(&self.before), absent(&self.after));
        row::checksum(
            &[self.school_at, self.machine_at],
            &[&self.who, &self.what, &self.scope, &self.why, &before, &after],
        )
    }

    fn read(row: &Row<'_>) -> Result<(i64, Self), StoreError> {
        let found = Self {
            school_at: row.get(1)?,
            machine_at: row.get(2)?,
            who: row.get(3)?,
            what: row.get(4)?,
            scope: row.get(5)?,
            why: row.get(6)?,
            before: row.get(7)?,
            after: row.get(8)?,
        };
        if found.checksum() == row.get::<_, u32>(9)? {
            Ok((row.get(0)?, found))
        } else {
            Err(StoreError::Damaged)
        }
    }
}

/// Appends an entry within a transaction of whoever writes; its number.
pub(super) fn append_audit(db: &Connection, entry: &AuditRow) -> Result<i64, StoreError> {
    db.prepare_cached(
        "INSERT INTO audit (school_at, machine_at, who, what, scope, why, before, after, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        entry.school_at,
        entry.machine_at,
        entry.who,
        entry.what,
        entry.scope,
        entry.why,
        entry.before,
        entry.after,
        entry.checksum(),
    ])?;
    Ok(db.last_insert_rowid())
}

impl LedgerRows {
    pub(super) fn new(mut db: Connection, turn: Arc<Mutex<()>>, lock: Arc<Lock>) -> Result<Self, StoreError> {
        let log_pages = LogPages::watch(&mut db)?;
        Ok(Self { db, log_pages, turn, _lock: lock })
    }

    /// Begins a batch, once the log's writer has ended its own.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn begin(&mut self) -> Result<LedgerBatch<'_>, StoreError> {
        let turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(LedgerBatch { transaction, _turn: turn })
    }

    pub(super) fn db(&self) -> &Connection {
        &self.db
    }

    /// Copies the write-ahead log into the database when that is due.
    ///
    /// # Errors
    /// As SQLite fails; nothing is lost.
    pub fn checkpoint_if_due(&self) -> Result<(), StoreError> {
        self.log_pages.checkpoint_if_due(&self.db)
    }

    /// Entries of the audit log before a number, newest first.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn audit_page(&self, before: i64, limit: usize) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, school_at, machine_at, who, what, scope, why, before, after, checksum FROM audit
             WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows =
            statement.query_map(params![before, row::count_to_sql(limit)], |row| Ok(AuditRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// All settings, by key.
    ///
    /// # Errors
    /// As for [`LedgerRows::audit_page`].
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT key, value, checksum FROM setting ORDER BY key")?;
        let rows = statement.query_map([], |row| Ok(setting(row)))?;
        rows.map(|row| row?).collect()
    }
}

impl LedgerBatch<'_> {
    pub(super) fn db(&self) -> &Connection {
        &self.transaction
    }

    /// Puts the batch on stable storage.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the batch is then written.
    pub fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit()?)
    }

    /// Appends an entry to the audit log; its number.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn append_audit(&self, entry: &AuditRow) -> Result<i64, StoreError> {
        append_audit(&self.transaction, entry)
    }

    /// Removes entries older than an instant of machine time, at most [`limits::AUDIT_TRIM_SLICE`]; how many.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn trim_audit(&self, before: i64) -> Result<usize, StoreError> {
        let slice = row::count_to_sql(limits::AUDIT_TRIM_SLICE);
        let oldest = "DELETE FROM audit WHERE id IN
            (SELECT id FROM audit INDEXED BY audit_age WHERE machine_at < ?1 ORDER BY machine_at LIMIT ?2)";
        Ok(self.transaction.prepare_cached(oldest)?.execute(params![before, slice])?)
    }

    /// The setting under a key, and how many there are.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn setting(&self, key: &str) -> Result<(Option<String>, usize), StoreError> {
        let found = self
            .transaction
            .prepare_cached("SELECT key, value, checksum FROM setting WHERE key = ?1")?
            .query_row([key], |row| Ok(setting(row)))
            .optional()?
            .transpose()?;
        let count: i64 = self.transaction.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))?;
        Ok((found.map(|(_, value)| value), usize::try_from(count).map_err(|_| StoreError::Damaged)?))
    }

    /// Writes a setting, or removes it.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        match value {
            None => self.transaction.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key])?,
            Some(value) => self
                .transaction
                .prepare_cached("REPLACE INTO setting (key, value, checksum) VALUES (?1, ?2, ?3)")?
                .execute(params![key, value, row::checksum(&[], &[key, value])])?,
        };
        Ok(())
    }
}

fn setting(row: &Row<'_>) -> Result<(String, String), StoreError> {
    let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
    let is_whole = row::checksum(&[], &[&key, &value]) == row.get::<_, u32>(2)?;
    if is_whole { Ok((key, value)) } else { Err(StoreError::Damaged) }
}
