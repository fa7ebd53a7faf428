//! The rows of items. See `crate::ledger::items` for what they mean.

use rusqlite::{OptionalExtension as _, Row, params};

use crate::base::body::{ERASED, erased};
use crate::base::{AccountId, limits};

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// An item, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its name.
    pub id: String,
    /// The number of its kind.
    pub kind: u8,
    /// The account.
    pub author: String,
    /// Which wording holds.
    pub version: u32,
    /// Whether it is no more.
    pub is_withdrawn: bool,
    /// The channels, as JSON.
    pub places: String,
    /// The audience's bits.
    pub audience: u8,
    /// JSON.
    pub body: String,
    /// In school time.
    pub created_at: i64,
    /// In school time.
    pub changed_at: i64,
    /// In school time.
    pub publish_at: Option<i64>,
    /// Why it is urgent.
    pub why: Option<String>,
    /// Since when and until when it is held, and the due date that people know meanwhile.
    pub held: Option<(i64, i64, String)>,
    /// A number for what each version said, the first first, as hexadecimal words apart by spaces.
    pub digests: String,
    /// Whether its copies are where they belong.
    pub is_settled: bool,
    /// The civil day that it is due.
    pub due: Option<String>,
    /// The last instant at which something happens to it by itself, in school time.
    pub ends_at: i64,
}

/// The columns that [`ItemRow::read`] reads, in its order.
const COLUMNS: &str =
    "id, kind, author, version, withdrawn, places, audience, body, created_at, changed_at, publish_at, why,
    held_since, held_until, held_due, digests, settled, due, ends_at, checksum";

impl ItemRow {
    /// The sum of all columns. What is not there has a mark that no such value has.
    fn checksum(&self) -> u32 {
        let absent = |text: &Option<String>| text.clone().unwrap_or_else(|| "\0".to_owned());
        let (why, due) = (absent(&self.why), absent(&self.due));
        let (since, until, held_due) = self.held.clone().unwrap_or((i64::MIN, i64::MIN, String::new()));
        let numbers = [
            i64::from(self.kind),
            i64::from(self.version),
            i64::from(self.is_withdrawn),
            i64::from(self.audience),
            self.created_at,
            self.changed_at,
            self.publish_at.unwrap_or(i64::MIN),
            since,
            until,
            i64::from(self.is_settled),
            self.ends_at,
        ];
        row::checksum(
            &numbers,
            &[&self.id, &self.author, &self.places, &self.body, &why, &due, &held_due, &self.digests],
        )
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let held: (Option<i64>, Option<i64>, Option<String>) = (row.get(12)?, row.get(13)?, row.get(14)?);
        let found = Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            author: row.get(2)?,
            version: row.get(3)?,
            is_withdrawn: row.get(4)?,
            places: row.get(5)?,
            audience: row.get(6)?,
            body: row.get(7)?,
            created_at: row.get(8)?,
            changed_at: row.get(9)?,
            publish_at: row.get(10)?,
            why: row.get(11)?,
            held: match held {
                (Some(since), Some(until), Some(due)) => Some((since, until, due)),
                _ => None,
            },
            digests: row.get(15)?,
            is_settled: row.get(16)?,
            due: row.get(17)?,
            ends_at: row.get(18)?,
        };
        if found.checksum() == row.get::<_, u32>(19)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl LedgerRows {
    /// The item of this name.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`]. So it is for all.
    pub fn item(&self, id: &str) -> Result<Option<ItemRow>, StoreError> {
        self.db()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM item WHERE id = ?1"))?
            .query_row([id], |row| Ok(ItemRow::read(row)))
            .optional()?
            .transpose()
    }

    /// Items of an author before an instant and a name, newest first.
    ///
    /// # Errors
    /// As for [`LedgerRows::item`].
    pub fn items_of(
        &self,
        author: &str,
        before: Option<(i64, &str)>,
        limit: usize,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let (at, id) = before.unwrap_or((i64::MAX, "\u{7f}"));
        let query = format!(
            "SELECT {COLUMNS} FROM item INDEXED BY item_author WHERE author = ?1 AND (created_at, id) < (?2, ?3)
             ORDER BY created_at DESC, id DESC LIMIT ?4"
        );
        self.item_rows(&query, params![author, at, id, row::count_to_sql(limit)])
    }

    /// Items that are not settled.
    ///
    /// # Errors
    /// As for [`LedgerRows::item`].
    pub fn unsettled_items(&self, limit: usize) -> Result<Vec<ItemRow>, StoreError> {
        let query =
            format!("SELECT {COLUMNS} FROM item INDEXED BY item_unsettled WHERE settled = 0 LIMIT ?1");
        self.item_rows(&query, params![row::count_to_sql(limit)])
    }

    /// Items that are not withdrawn and due from one civil day to another, after a name.
    ///
    /// # Errors
    /// As for [`LedgerRows::item`].
    pub fn due_items(
        &self,
        (from, to): (&str, &str),
        after: &str,
        limit: usize,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM item INDEXED BY item_due
             WHERE due BETWEEN ?1 AND ?2 AND withdrawn = 0 AND id > ?3 ORDER BY id LIMIT ?4"
        );
        self.item_rows(&query, params![from, to, after, row::count_to_sql(limit)])
    }

    fn item_rows(&self, query: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<ItemRow>, StoreError> {
        let mut statement = self.db().prepare_cached(query)?;
        let rows = statement.query_map(values, |row| Ok(ItemRow::read(row)))?;
        rows.map(|row| row?).collect()
    }
}

impl LedgerBatch<'_> {
    /// The item of this name.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn item(&self, id: &str) -> Result<Option<ItemRow>, StoreError> {
        self.db()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM item WHERE id = ?1"))?
            .query_row([id], |row| Ok(ItemRow::read(row)))
            .optional()?
            .transpose()
    }

    /// Writes an item over what has its name.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_item(&self, item: &ItemRow) -> Result<(), StoreError> {
        let values =
            "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";
        self.db().prepare_cached(&format!("REPLACE INTO item ({COLUMNS}) VALUES {values}"))?.execute(
            params![
                item.id,
                item.kind,
                item.author,
                item.version,
                item.is_withdrawn,
                item.places,
                item.audience,
                item.body,
                item.created_at,
                item.changed_at,
                item.publish_at,
                item.why,
                item.held.as_ref().map(|held| held.0),
                item.held.as_ref().map(|held| held.1),
                item.held.as_ref().map(|held| &held.2),
                item.digests,
                item.is_settled,
                item.due,
                item.ends_at,
                item.checksum(),
            ],
        )?;
        Ok(())
    }

    /// Removes an item.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn remove_item(&self, id: &str) -> Result<(), StoreError> {
        self.db().prepare_cached("DELETE FROM item WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Removes settled items of a kind that end before an instant, at most [`limits::ITEMS_TRIM_SLICE`]; how many.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn trim_items(&self, kind: u8, before: i64) -> Result<usize, StoreError> {
        let slice = row::count_to_sql(limits::ITEMS_TRIM_SLICE);
        let oldest = "DELETE FROM item WHERE id IN
            (SELECT id FROM item INDEXED BY item_end WHERE kind = ?1 AND ends_at < ?2 AND settled = 1 LIMIT ?3)";
        Ok(self.db().prepare_cached(oldest)?.execute(params![kind, before, slice])?)
    }

    /// Takes the items of an account out of its name, and their words with it; how many.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn blank_items(&self, author: &str) -> Result<usize, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM item INDEXED BY item_author WHERE author = ?1");
        let mut statement = self.db().prepare_cached(&query)?;
        let rows = statement.query_map([author], |row| Ok(ItemRow::read(row)))?;
        let items: Vec<ItemRow> = rows.map(|row| row?).collect::<Result<_, _>>()?;
        for item in &items {
            let (author, body) = (AccountId::erased().as_str().to_owned(), erased(&item.body));
            let why = item.why.as_ref().map(|_| ERASED.to_owned());
            self.put_item(&ItemRow { author, body, why, ..item.clone() })?;
        }
        Ok(items.len())
    }
}
