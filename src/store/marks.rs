//! Done-marks as rows, and the names that all marks are written with.
//!
//! A region's students mark some hundred thousand assignments as done each day. So that a year of it stays small, names
//! of items and accounts are kept once, and rows hold numbers.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::base::limits;

use super::extensions::extension;
use super::{LedgerBatch, LedgerRows, StoreError, row};

/// Receipts, done-marks and extensions. Names are kept once; every row has the checksum of its columns. An extension that
/// was taken back keeps its row, without a date, so that its version is never given to another. `reminded` is the last
/// slot whose reminders are out, by zone.
pub(super) const STEP: &str = "
    CREATE TABLE mark_item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL) STRICT;
    CREATE TABLE mark_account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL) STRICT;
    CREATE TABLE receipt (
        item INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        role INTEGER NOT NULL,
        reader INTEGER NOT NULL,
        at INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (item, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX receipt_role ON receipt (item, role);
    CREATE INDEX receipt_subject ON receipt (subject);
    CREATE INDEX receipt_reader ON receipt (reader);
    CREATE TABLE done_mark (
        item INTEGER NOT NULL,
        student INTEGER NOT NULL,
        at INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (item, student)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX done_mark_student ON done_mark (student);
    CREATE TABLE extension (
        item INTEGER NOT NULL,
        student INTEGER NOT NULL,
        due TEXT,
        version INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (item, student)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX extension_student ON extension (student);
    CREATE INDEX extension_due ON extension (due) WHERE due IS NOT NULL;
    CREATE TABLE reminded (zone TEXT PRIMARY KEY, slot TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// A done-mark, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneRow {
    /// The assignment.
    pub item: String,
    /// Whose it is.
    pub student: String,
    /// When it was set, in school time.
    pub at: i64,
}

/// What a student has said about an assignment, and was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkedRow {
    /// When it was done.
    pub done_at: Option<i64>,
    /// The student's own date.
    pub due: Option<String>,
}

/// Names that are kept once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names {
    Items,
    Accounts,
}

impl Names {
    /// The number of a name, if it has one.
    pub(super) fn find(self, db: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
        let sql = match self {
            Self::Items => "SELECT id, checksum FROM mark_item WHERE name = ?1",
            Self::Accounts => "SELECT id, checksum FROM mark_account WHERE name = ?1",
        };
        let found =
            db.prepare_cached(sql)?.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((id, checksum)) if row::checksum(&[id], &[name]) != checksum => Err(StoreError::Damaged),
            found => Ok(found.map(|(id, _): (i64, u32)| id)),
        }
    }

    /// The number of a name, from now on.
    pub(super) fn make(self, db: &Connection, name: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.find(db, name)? {
            return Ok(id);
        }
        let (highest, insert) = match self {
            Self::Items => (
                "SELECT coalesce(max(id), 0) + 1 FROM mark_item",
                "INSERT INTO mark_item (id, name, checksum) VALUES (?1, ?2, ?3)",
            ),
            Self::Accounts => (
                "SELECT coalesce(max(id), 0) + 1 FROM mark_account",
                "INSERT INTO mark_account (id, name, checksum) VALUES (?1, ?2, ?3)",
            ),
        };
        let id: i64 = db.prepare_cached(highest)?.query_row([], |row| row.get(0))?;
        db.prepare_cached(insert)?.execute(params![id, name, row::checksum(&[id], &[name])])?;
        Ok(id)
    }
}

/// The numbers of an item and of the account after which its page begins.
pub(super) fn from(db: &Connection, item: &str, after: &str) -> Result<Option<(i64, i64)>, StoreError> {
    let after = Names::Accounts.find(db, after)?.unwrap_or_default();
    Ok(Names::Items.find(db, item)?.map(|item| (item, after)))
}

impl LedgerBatch<'_> {
    /// Sets a done-mark unless it is set, or takes it away; when the one that stands there was set.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn put_done(&self, item: &str, student: &str, at: Option<i64>) -> Result<Option<i64>, StoreError> {
        let Some(at) = at else {
            let keys = Names::Items.find(self.db(), item)?.zip(Names::Accounts.find(self.db(), student)?);
            if let Some((item, student)) = keys {
                let sql = "DELETE FROM done_mark WHERE item = ?1 AND student = ?2";
                self.db().prepare_cached(sql)?.execute([item, student])?;
            }
            return Ok(None);
        };
        let (item, student) =
            (Names::Items.make(self.db(), item)?, Names::Accounts.make(self.db(), student)?);
        if let Some(earlier) = done_at(self.db(), item, student)? {
            return Ok(Some(earlier));
        }
        self.db()
            .prepare_cached("INSERT INTO done_mark (item, student, at, checksum) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![item, student, at, row::checksum(&[item, student, at], &[])])?;
        Ok(Some(at))
    }

    /// Removes marks of an item, at most [`limits::MARKS_TRIM_SLICE`] of each sort; how many. None: nothing is left of it.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn forget_marks(&self, item: &str) -> Result<usize, StoreError> {
        let Some(item) = Names::Items.find(self.db(), item)? else {
            return Ok(0);
        };
        let slice = row::count_to_sql(limits::MARKS_TRIM_SLICE);
        let removals = [
            "DELETE FROM receipt WHERE item = ?1 AND subject IN (SELECT subject FROM receipt WHERE item = ?1 LIMIT ?2)",
            "DELETE FROM done_mark WHERE item = ?1
             AND student IN (SELECT student FROM done_mark WHERE item = ?1 LIMIT ?2)",
            "DELETE FROM extension WHERE item = ?1
             AND student IN (SELECT student FROM extension WHERE item = ?1 LIMIT ?2)",
        ];
        let mut removed = 0;
        for removal in removals {
            removed += self.db().prepare_cached(removal)?.execute([item, slice])?;
        }
        if removed == 0 {
            self.db().prepare_cached("DELETE FROM mark_item WHERE id = ?1")?.execute([item])?;
        }
        Ok(removed)
    }

    /// Removes what an account has marked or read, what it was granted, and its name; how many marks that were.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn erase_marks(&self, account: &str) -> Result<usize, StoreError> {
        let Some(account) = Names::Accounts.find(self.db(), account)? else {
            return Ok(0);
        };
        let removals = [
            "DELETE FROM receipt WHERE subject = ?1 OR reader = ?1",
            "DELETE FROM done_mark WHERE student = ?1",
            "DELETE FROM extension WHERE student = ?1",
        ];
        let mut removed = 0;
        for removal in removals {
            removed += self.db().prepare_cached(removal)?.execute([account])?;
        }
        self.db().prepare_cached("DELETE FROM mark_account WHERE id = ?1")?.execute([account])?;
        Ok(removed)
    }

    /// Says of a zone that the reminders of a slot are out.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_reminded(&self, zone: &str, slot: &str) -> Result<(), StoreError> {
        let checksum = row::checksum(&[], &[zone, slot]);
        let sql = "REPLACE INTO reminded (zone, slot, checksum) VALUES (?1, ?2, ?3)";
        self.db().prepare_cached(sql)?.execute(params![zone, slot, checksum])?;
        Ok(())
    }
}

impl LedgerRows {
    /// A page of an item's done-marks, in the order in which their students first came up: after one.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn done(&self, item: &str, after: &str, limit: usize) -> Result<Vec<DoneRow>, StoreError> {
        let Some((item, after)) = from(self.db(), item, after)? else {
            return Ok(Vec::new());
        };
        let mut statement = self.db().prepare_cached(
            "SELECT d.item, d.student, d.at, d.checksum, i.name, s.name FROM done_mark d
             JOIN mark_item i ON i.id = d.item JOIN mark_account s ON s.id = d.student
             WHERE d.item = ?1 AND d.student > ?2 ORDER BY d.student LIMIT ?3",
        )?;
        let rows = statement.query_map([item, after, row::count_to_sql(limit)], |row| Ok(done(row)))?;
        rows.map(|row| row?).collect()
    }

    /// How many done-marks an item has.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn done_count(&self, item: &str) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM done_mark WHERE item = (SELECT id FROM mark_item WHERE name = ?1)";
        Ok(self.db().prepare_cached(sql)?.query_row([item], |row| row.get(0))?)
    }

    /// The done-marks of a student: the newest.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn done_of(&self, student: &str) -> Result<Vec<DoneRow>, StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT d.item, d.student, d.at, d.checksum, i.name, s.name FROM done_mark d
             JOIN mark_item i ON i.id = d.item JOIN mark_account s ON s.id = d.student
             WHERE s.name = ?1 ORDER BY d.at DESC LIMIT ?2",
        )?;
        let limit = row::count_to_sql(limits::MARKS_OF_ACCOUNT_MAX);
        let rows = statement.query_map(params![student, limit], |row| Ok(done(row)))?;
        rows.map(|row| row?).collect()
    }

    /// What students have said about assignments and were granted, in the order asked.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn marked<'a>(
        &self,
        asked: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<MarkedRow>, StoreError> {
        let marked = asked.map(|(item, student)| {
            let keys = Names::Items.find(self.db(), item)?.zip(Names::Accounts.find(self.db(), student)?);
            let Some((item, student)) = keys else {
                return Ok(MarkedRow::default());
            };
            let due = extension(self.db(), item, student)?.and_then(|(due, _)| due);
            Ok(MarkedRow { done_at: done_at(self.db(), item, student)?, due })
        });
        marked.collect()
    }

    /// A page of the items that have marks, by name, after one.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn marked_items(&self, after: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM mark_item WHERE name > ?1 ORDER BY name LIMIT ?2";
        let mut statement = self.db().prepare_cached(sql)?;
        let rows = statement.query_map(params![after, row::count_to_sql(limit)], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last slot whose reminders are out, by zone.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn reminded(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement =
            self.db().prepare_cached("SELECT zone, slot, checksum FROM reminded ORDER BY zone")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (zone, slot, checksum): (String, String, u32) = row?;
            let is_whole = row::checksum(&[], &[&zone, &slot]) == checksum;
            if is_whole { Ok((zone, slot)) } else { Err(StoreError::Damaged) }
        })
        .collect()
    }
}

fn done(row: &Row<'_>) -> Result<DoneRow, StoreError> {
    let [item, student, at]: [i64; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
    if row::checksum(&[item, student, at], &[]) != row.get::<_, u32>(3)? {
        return Err(StoreError::Damaged);
    }
    Ok(DoneRow { item: row.get(4)?, student: row.get(5)?, at })
}

/// When a mark was set, if it is.
fn done_at(db: &Connection, item: i64, student: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT at, checksum FROM done_mark WHERE item = ?1 AND student = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([item, student], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        Some((at, checksum)) if row::checksum(&[item, student, at], &[]) != checksum => {
            Err(StoreError::Damaged)
        }
        found => Ok(found.map(|(at, _): (i64, u32)| at)),
    }
}
