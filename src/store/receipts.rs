//! Receipts as rows: who has said that they have read an announcement.

use rusqlite::{Row, params};

use crate::base::limits;

use super::marks::{Names, from};
use super::{LedgerBatch, LedgerRows, StoreError, row};

/// A receipt, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The announcement.
    pub item: String,
    /// Whom it stands for.
    pub subject: String,
    /// The role of that account, as a number.
    pub role: u8,
    /// Who has read it.
    pub reader: String,
    /// When, in school time.
    pub at: i64,
}

/// The columns that [`read`] reads, in its order, of a receipt and its three names.
const COLUMNS: &str = "r.item, r.subject, r.role, r.reader, r.at, r.checksum, i.name, s.name, b.name";
/// Where they come from.
const JOINED: &str = "receipt r JOIN mark_item i ON i.id = r.item JOIN mark_account s ON s.id = r.subject
    JOIN mark_account b ON b.id = r.reader";

impl LedgerBatch<'_> {
    /// Writes a receipt unless there is one for its subject; whether it is new.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn put_receipt(&self, receipt: &ReceiptRow) -> Result<bool, StoreError> {
        let item = Names::Items.make(self.db(), &receipt.item)?;
        let subject = Names::Accounts.make(self.db(), &receipt.subject)?;
        let reader = Names::Accounts.make(self.db(), &receipt.reader)?;
        let role = i64::from(receipt.role);
        let checksum = row::checksum(&[item, subject, role, reader, receipt.at], &[]);
        let mut statement = self.db().prepare_cached(
            "INSERT OR IGNORE INTO receipt (item, subject, role, reader, at, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        Ok(statement.execute(params![item, subject, role, reader, receipt.at, checksum])? > 0)
    }
}

impl LedgerRows {
    /// A page of an item's receipts, in the order in which their subjects first came up: after one.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn receipts(&self, item: &str, after: &str, limit: usize) -> Result<Vec<ReceiptRow>, StoreError> {
        let Some((item, after)) = from(self.db(), item, after)? else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {JOINED} WHERE r.item = ?1 AND r.subject > ?2 ORDER BY r.subject LIMIT ?3"
        );
        let mut statement = self.db().prepare_cached(&sql)?;
        let rows = statement.query_map([item, after, row::count_to_sql(limit)], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// How many receipts an item has, by their subjects' roles.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn receipt_counts(&self, item: &str) -> Result<Vec<(u8, i64)>, StoreError> {
        let Some(item) = Names::Items.find(self.db(), item)? else {
            return Ok(Vec::new());
        };
        let mut statement = self.db().prepare_cached(
            "SELECT role, count(*) FROM receipt WHERE item = ?1 GROUP BY role ORDER BY role",
        )?;
        let rows = statement.query_map([item], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The receipts that an account gave, or that stand for it: the newest.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn receipts_of(&self, account: &str) -> Result<Vec<ReceiptRow>, StoreError> {
        let Some(account) = Names::Accounts.find(self.db(), account)? else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {JOINED} WHERE r.subject = ?1 OR r.reader = ?1 ORDER BY r.at DESC LIMIT ?2"
        );
        let mut statement = self.db().prepare_cached(&sql)?;
        let limit = row::count_to_sql(limits::MARKS_OF_ACCOUNT_MAX);
        let rows = statement.query_map([account, limit], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn read(row: &Row<'_>) -> Result<ReceiptRow, StoreError> {
    let [item, subject, reader, at]: [i64; 4] = [row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?];
    let role: u8 = row.get(2)?;
    let checksum = row::checksum(&[item, subject, i64::from(role), reader, at], &[]);
    if checksum != row.get::<_, u32>(5)? {
        return Err(StoreError::Damaged);
    }
    Ok(ReceiptRow { item: row.get(6)?, subject: row.get(7)?, role, reader: row.get(8)?, at })
}
