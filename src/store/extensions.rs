//! Extensions as rows: which student has another due date than the class.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::base::limits;

use super::marks::Names;
use super::{LedgerBatch, LedgerRows, StoreError, row};

/// An extension, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionRow {
    /// The assignment.
    pub item: String,
    /// Whose date it is.
    pub student: String,
    /// The date, unless the class's holds again.
    pub due: Option<String>,
    /// How often it was changed.
    pub version: u32,
}

/// What [`extension_row`] reads, and where it comes from.
const EXTENSION: &str = "e.item, e.student, e.due, e.version, e.checksum, i.name, s.name FROM extension e
    JOIN mark_item i ON i.id = e.item JOIN mark_account s ON s.id = e.student";

impl LedgerBatch<'_> {
    /// Gives a student a date of their own, or takes it back; how often that was changed by now, and whether it was now.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn put_extension(
        &self,
        item: &str,
        student: &str,
        due: Option<&str>,
    ) -> Result<(u32, bool), StoreError> {
        let (item, student) =
            (Names::Items.make(self.db(), item)?, Names::Accounts.make(self.db(), student)?);
        let (stands, version) = extension(self.db(), item, student)?.unwrap_or_default();
        if stands.as_deref() == due {
            return Ok((version, false));
        }
        let version = version.saturating_add(1);
        self.db()
            .prepare_cached(
                "REPLACE INTO extension (item, student, due, version, checksum) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![item, student, due, version, extension_sum(item, student, due, version)])?;
        Ok((version, true))
    }
}

impl LedgerRows {
    /// The extensions of an item that hold, by student: at most [`limits::MARKS_PAGE_MAX`].
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn extensions(&self, item: &str) -> Result<Vec<ExtensionRow>, StoreError> {
        self.extensions_where(
            "i.name = ?1 AND e.due IS NOT NULL ORDER BY s.name LIMIT ?2",
            item,
            limits::MARKS_PAGE_MAX,
        )
    }

    /// The extensions of a student that hold: the latest due first.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn extensions_of(&self, student: &str) -> Result<Vec<ExtensionRow>, StoreError> {
        let wanted = "s.name = ?1 AND e.due IS NOT NULL ORDER BY e.due DESC LIMIT ?2";
        self.extensions_where(wanted, student, limits::MARKS_OF_ACCOUNT_MAX)
    }

    /// A page of the extensions whose dates lie between two texts, the second left out, by date, item and student: after
    /// some.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn extensions_due(
        &self,
        (from, until): (&str, &str),
        skipped: usize,
        limit: usize,
    ) -> Result<Vec<ExtensionRow>, StoreError> {
        let sql = format!(
            "SELECT {EXTENSION} WHERE e.due >= ?1 AND e.due < ?2 ORDER BY e.due, e.item, e.student LIMIT ?3 OFFSET ?4"
        );
        let mut statement = self.db().prepare_cached(&sql)?;
        let bounds = params![from, until, row::count_to_sql(limit), row::count_to_sql(skipped)];
        let rows = statement.query_map(bounds, |row| Ok(extension_row(row)))?;
        rows.map(|row| row?).collect()
    }

    fn extensions_where(
        &self,
        wanted: &str,
        name: &str,
        limit: usize,
    ) -> Result<Vec<ExtensionRow>, StoreError> {
        let mut statement = self.db().prepare_cached(&format!("SELECT {EXTENSION} WHERE {wanted}"))?;
        let rows =
            statement.query_map(params![name, row::count_to_sql(limit)], |row| Ok(extension_row(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn extension_row(row: &Row<'_>) -> Result<ExtensionRow, StoreError> {
    let (item, student, due, version): (i64, i64, Option<String>, u32) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    if extension_sum(item, student, due.as_deref(), version) != row.get::<_, u32>(4)? {
        return Err(StoreError::Damaged);
    }
    Ok(ExtensionRow { item: row.get(5)?, student: row.get(6)?, due, version })
}

/// The date and version of an extension, if there ever was one.
pub(super) fn extension(
    db: &Connection,
    item: i64,
    student: i64,
) -> Result<Option<(Option<String>, u32)>, StoreError> {
    let sql = "SELECT due, version, checksum FROM extension WHERE item = ?1 AND student = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found =
        statement.query_row([item, student], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((due, version, checksum)): Option<(Option<String>, u32, u32)> = found else {
        return Ok(None);
    };
    let is_whole = extension_sum(item, student, due.as_deref(), version) == checksum;
    if is_whole { Ok(Some((due, version))) } else { Err(StoreError::Damaged) }
}

/// A date that is not there has a mark that no date has.
fn extension_sum(item: i64, student: i64, due: Option<&str>, version: u32) -> u32 {
    row::checksum(&[item, student, i64::from(version)], &[due.unwrap_or("\0")])
}
