//! The rows about families. See `crate::ledger::families` for what they mean.

use rusqlite::{Row, params};

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// Links that are cut, students who want their families to get nothing, and who has left.
pub(super) const STEP: &str = "
    CREATE TABLE link_cut (
        guardian TEXT NOT NULL,
        child TEXT NOT NULL,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        why TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (guardian, child)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX link_cut_child ON link_cut (child);
    CREATE TABLE family_stop (student TEXT PRIMARY KEY, at INTEGER NOT NULL, checksum INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE leaver (account TEXT PRIMARY KEY, left_at INTEGER NOT NULL, checksum INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE INDEX leaver_age ON leaver (left_at);
";

/// A cut link, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutRow {
    /// The adult's account.
    pub guardian: String,
    /// The student's account.
    pub child: String,
    /// Since when, in school time.
    pub at: i64,
    /// Who cut it.
    pub who: String,
    /// Why.
    pub why: String,
}

impl CutRow {
    fn checksum(&self) -> u32 {
        row::checksum(&[self.at], &[&self.guardian, &self.child, &self.who, &self.why])
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let found = Self {
            guardian: row.get(0)?,
            child: row.get(1)?,
            at: row.get(2)?,
            who: row.get(3)?,
            why: row.get(4)?,
        };
        if found.checksum() == row.get::<_, u32>(5)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl LedgerRows {
    /// All links that are cut.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn cuts(&self) -> Result<Vec<CutRow>, StoreError> {
        let mut statement =
            self.db().prepare_cached("SELECT guardian, child, at, who, why, checksum FROM link_cut")?;
        let rows = statement.query_map([], |row| Ok(CutRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The students who want their families to get nothing.
    ///
    /// # Errors
    /// As for [`LedgerRows::cuts`].
    pub fn stops(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.db().prepare_cached("SELECT student, at, checksum FROM family_stop")?;
        let rows = statement.query_map([], |row| Ok(dated(row)))?;
        rows.map(|row| row?).collect()
    }
}

impl LedgerRows {
    /// Who left before an instant, the first to leave first.
    ///
    /// # Errors
    /// As for [`LedgerRows::cuts`].
    pub fn leavers(&self, before: i64, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT account, left_at, checksum FROM leaver WHERE left_at < ?1 ORDER BY left_at LIMIT ?2",
        )?;
        let rows = statement.query_map(params![before, row::count_to_sql(limit)], |row| Ok(dated(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// An account with an instant, which is verified.
fn dated(row: &Row<'_>) -> Result<String, StoreError> {
    let (account, at): (String, i64) = (row.get(0)?, row.get(1)?);
    let is_whole = row::checksum(&[at], &[&account]) == row.get::<_, u32>(2)?;
    if is_whole { Ok(account) } else { Err(StoreError::Damaged) }
}

impl LedgerBatch<'_> {
    /// How many links are cut.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn cut_count(&self) -> Result<usize, StoreError> {
        let count: i64 = self.db().query_row("SELECT count(*) FROM link_cut", [], |row| row.get(0))?;
        usize::try_from(count).map_err(|_| StoreError::Damaged)
    }

    /// Writes that a link is cut.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_cut(&self, cut: &CutRow) -> Result<(), StoreError> {
        self.db()
            .prepare_cached(
                "REPLACE INTO link_cut (guardian, child, at, who, why, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![cut.guardian, cut.child, cut.at, cut.who, cut.why, cut.checksum()])?;
        Ok(())
    }

    /// Forgets that a link is cut.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn remove_cut(&self, guardian: &str, child: &str) -> Result<(), StoreError> {
        self.db()
            .prepare_cached("DELETE FROM link_cut WHERE guardian = ?1 AND child = ?2")?
            .execute([guardian, child])?;
        Ok(())
    }

    /// Writes since when a student wants the family to get nothing, or that this is over.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_stop(&self, student: &str, at: Option<i64>) -> Result<(), StoreError> {
        match at {
            None => {
                self.db().prepare_cached("DELETE FROM family_stop WHERE student = ?1")?.execute([student])?
            }
            Some(at) => self
                .db()
                .prepare_cached(
                    "INSERT OR IGNORE INTO family_stop (student, at, checksum) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![student, at, row::checksum(&[at], &[student])])?,
        };
        Ok(())
    }
}
