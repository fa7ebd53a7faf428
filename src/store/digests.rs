//! The rows of digests, of the evenings on which they were made, and of what guardians chose. See `crate::ledger::digests`
//! for what they mean.

use rusqlite::{Connection, Row, params};

use crate::base::limits;

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// The step of the schema: what guardians chose, their digests and the evenings on which these were made.
///
/// `items` holds 64-bit keys, little-endian, one after the other. `digest_turn` finds what is still to be published, and
/// what is old.
pub(super) const STEP: &str = "
    CREATE TABLE preference (
        guardian TEXT PRIMARY KEY,
        frequency INTEGER NOT NULL,
        mail INTEGER NOT NULL,
        language TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE digest (
        guardian TEXT NOT NULL,
        date TEXT NOT NULL,
        state INTEGER NOT NULL,
        left_out INTEGER NOT NULL,
        items BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (guardian, date)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX digest_turn ON digest (date, state, guardian);
    CREATE TABLE digest_evening (
        date TEXT NOT NULL,
        zone TEXT NOT NULL,
        made INTEGER NOT NULL,
        over INTEGER NOT NULL,
        ready INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        published INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (zone, date)
    ) STRICT, WITHOUT ROWID;
";

/// What is urgent has a switch of its own, which is on.
pub(super) const URGENT_MAIL: &str =
    "ALTER TABLE preference ADD COLUMN urgent_mail INTEGER NOT NULL DEFAULT 1";

/// What a guardian chose, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceRow {
    /// The account.
    pub guardian: String,
    /// The number of how often.
    pub frequency: u8,
    /// Whether by mail too.
    pub mail: bool,
    /// Whether what is urgent comes by mail.
    pub urgent_mail: bool,
    /// The language.
    pub language: String,
}

/// A digest, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRow {
    /// The account.
    pub guardian: String,
    /// The civil day.
    pub date: String,
    /// Whether it is published.
    pub is_published: bool,
    /// How many entries did not fit.
    pub left_out: u32,
    /// The keys of the items in it.
    pub items: Vec<u64>,
}

/// An evening in one zone, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EveningRow {
    /// The civil day.
    pub date: String,
    /// The zone's name.
    pub zone: String,
    /// Whether all digests are made.
    pub is_made: bool,
    /// Whether all digests are published.
    pub is_over: bool,
    /// Digests that were made.
    pub ready: u32,
    /// Guardians without one.
    pub skipped: u32,
    /// Digests that were published.
    pub published: u32,
}

impl PreferenceRow {
    fn checksum(&self) -> u32 {
        let numbers = [i64::from(self.frequency), i64::from(self.mail)];
        // Rows of before there was the second switch have sums without it, and it was on.
        let stopped: &[i64] = if self.urgent_mail { &[] } else { &[1] };
        row::checksum(&[numbers.as_slice(), stopped].concat(), &[&self.guardian, &self.language])
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let found = Self {
            guardian: row.get(0)?,
            frequency: row.get(1)?,
            mail: row.get(2)?,
            language: row.get(3)?,
            urgent_mail: row.get(5)?,
        };
        if found.checksum() == row.get::<_, u32>(4)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl DigestRow {
    fn checksum(&self) -> u32 {
        let numbers = [i64::from(self.is_published), i64::from(self.left_out)].into_iter();
        let numbers: Vec<i64> = numbers.chain(self.items.iter().map(|key| key.cast_signed())).collect();
        row::checksum(&numbers, &[&self.guardian, &self.date])
    }

    fn bytes(&self) -> Vec<u8> {
        self.items.iter().flat_map(|key| key.to_le_bytes()).collect()
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let bytes = row.get_ref(4)?.as_blob().map_err(|_| StoreError::Damaged)?;
        let (keys, rest) = bytes.as_chunks::<8>();
        let found = Self {
            guardian: row.get(0)?,
            date: row.get(1)?,
            is_published: row.get(2)?,
            left_out: row.get(3)?,
            items: keys.iter().map(|key| u64::from_le_bytes(*key)).collect(),
        };
        let is_whole = rest.is_empty() && found.checksum() == row.get::<_, u32>(5)?;
        if is_whole { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl EveningRow {
    fn checksum(&self) -> u32 {
        let numbers = [self.ready, self.skipped, self.published].map(i64::from);
        let states = [self.is_made, self.is_over].map(i64::from);
        row::checksum(&[numbers.as_slice(), &states].concat(), &[&self.date, &self.zone])
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let found = Self {
            date: row.get(0)?,
            zone: row.get(1)?,
            is_made: row.get(2)?,
            is_over: row.get(3)?,
            ready: row.get(4)?,
            skipped: row.get(5)?,
            published: row.get(6)?,
        };
        if found.checksum() == row.get::<_, u32>(7)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl LedgerRows {
    /// What a guardian chose, if anything.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`]. So it is for all.
    pub fn preference(&self, guardian: &str) -> Result<Option<PreferenceRow>, StoreError> {
        preference(self.db(), guardian)
    }

    /// Adds a guardian's digests from a civil day on to a list, in their order.
    ///
    /// # Errors
    /// As for [`LedgerRows::preference`].
    pub fn digests(&self, guardian: &str, from: &str, found: &mut Vec<DigestRow>) -> Result<(), StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT guardian, date, state, left_out, items, checksum FROM digest
             WHERE guardian = ?1 AND date >= ?2 ORDER BY date",
        )?;
        let mut rows = statement.query([guardian, from])?;
        while let Some(row) = rows.next()? {
            found.push(DigestRow::read(row)?);
        }
        Ok(())
    }

    /// Guardians after one whose digest of a day is not published yet, in their order.
    ///
    /// # Errors
    /// As for [`LedgerRows::preference`].
    pub fn ready_digests(&self, date: &str, after: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT guardian FROM digest INDEXED BY digest_turn
             WHERE date = ?1 AND state = 0 AND guardian > ?2 ORDER BY guardian LIMIT ?3",
        )?;
        let values = params![date, after, row::count_to_sql(limit)];
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The evenings of a zone, newest first.
    ///
    /// # Errors
    /// As for [`LedgerRows::preference`].
    pub fn evenings(&self, zone: &str, limit: usize) -> Result<Vec<EveningRow>, StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT date, zone, made, over, ready, skipped, published, checksum FROM digest_evening
             WHERE zone = ?1 ORDER BY date DESC LIMIT ?2",
        )?;
        let rows =
            statement.query_map(params![zone, row::count_to_sql(limit)], |row| Ok(EveningRow::read(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// What a guardian chose, as a connection sees it.
fn preference(db: &Connection, guardian: &str) -> Result<Option<PreferenceRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT guardian, frequency, mail, language, checksum, urgent_mail FROM preference WHERE guardian = ?1",
    )?;
    let mut rows = statement.query([guardian])?;
    rows.next()?.map(PreferenceRow::read).transpose()
}

impl LedgerBatch<'_> {
    /// What a guardian chose, if anything, with what the batch has written.
    ///
    /// # Errors
    /// As for [`LedgerRows::preference`].
    pub fn preference(&self, guardian: &str) -> Result<Option<PreferenceRow>, StoreError> {
        preference(self.db(), guardian)
    }

    /// Writes what a guardian chose.
    ///
    /// # Errors
    /// As SQLite fails. So it is for all.
    pub fn put_preference(&self, preference: &PreferenceRow) -> Result<(), StoreError> {
        let PreferenceRow { guardian, frequency, mail, urgent_mail, language } = preference;
        self.db()
            .prepare_cached(
                "REPLACE INTO preference (guardian, frequency, mail, language, checksum, urgent_mail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![guardian, frequency, mail, language, preference.checksum(), urgent_mail])?;
        Ok(())
    }

    /// Writes a digest unless the guardian has one of that day; whether it did.
    ///
    /// # Errors
    /// As for [`LedgerBatch::put_preference`].
    pub fn add_digest(&self, digest: &DigestRow) -> Result<bool, StoreError> {
        let DigestRow { guardian, date, is_published, left_out, .. } = digest;
        let added = self
            .db()
            .prepare_cached(
                "INSERT INTO digest (guardian, date, state, left_out, items, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute(params![guardian, date, is_published, left_out, digest.bytes(), digest.checksum()])?;
        Ok(added > 0)
    }

    /// Says that a digest is published, if it was ready; whether it was.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn digest_is_published(&self, guardian: &str, date: &str) -> Result<bool, StoreError> {
        let mut statement = self.db().prepare_cached(
            "SELECT guardian, date, state, left_out, items, checksum FROM digest
             WHERE guardian = ?1 AND date = ?2 AND state = 0",
        )?;
        let mut rows = statement.query([guardian, date])?;
        let Some(found) = rows.next()?.map(DigestRow::read).transpose()? else { return Ok(false) };
        let published = DigestRow { is_published: true, ..found };
        self.db()
            .prepare_cached("UPDATE digest SET state = 1, checksum = ?3 WHERE guardian = ?1 AND date = ?2")?
            .execute(params![guardian, date, published.checksum()])?;
        Ok(true)
    }

    /// Writes an evening over what is known of it.
    ///
    /// # Errors
    /// As for [`LedgerBatch::put_preference`].
    pub fn put_evening(&self, evening: &EveningRow) -> Result<(), StoreError> {
        let EveningRow { date, zone, is_made, is_over, ready, skipped, published } = evening;
        self.db()
            .prepare_cached(
                "REPLACE INTO digest_evening (date, zone, made, over, ready, skipped, published, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![date, zone, is_made, is_over, ready, skipped, published, evening.checksum()])?;
        Ok(())
    }

    /// Removes digests and evenings of before a civil day, at most [`limits::DIGESTS_TRIM_SLICE`] digests; how many.
    ///
    /// # Errors
    /// As for [`LedgerBatch::put_preference`].
    pub fn trim_digests(&self, before: &str) -> Result<usize, StoreError> {
        let slice = row::count_to_sql(limits::DIGESTS_TRIM_SLICE);
        self.db().prepare_cached("DELETE FROM digest_evening WHERE date < ?1")?.execute([before])?;
        let oldest = "DELETE FROM digest WHERE (guardian, date) IN
            (SELECT guardian, date FROM digest INDEXED BY digest_turn WHERE date < ?1 ORDER BY date LIMIT ?2)";
        Ok(self.db().prepare_cached(oldest)?.execute(params![before, slice])?)
    }
}
