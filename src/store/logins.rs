//! The rows of log-ins. See `crate::ledger::logins` for what they mean.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::base::limits;

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// Log-ins of browsers.
///
/// Rows are counted by triggers, since to count half a million of them takes longer than to log somebody in.
pub(super) const STEP: &str = "
    CREATE TABLE login (
        hash TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        subject TEXT NOT NULL,
        provider_session TEXT NOT NULL,
        began_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        ended_at INTEGER,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX login_account ON login (account);
    CREATE INDEX login_subject ON login (subject);
    CREATE INDEX login_provider ON login (provider_session) WHERE provider_session <> '';
    CREATE INDEX login_began ON login (began_at);
    CREATE INDEX login_seen ON login (seen_at);
    CREATE INDEX login_ended ON login (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE login_rows (count INTEGER NOT NULL) STRICT;
    INSERT INTO login_rows VALUES (0);
    CREATE TRIGGER login_begins AFTER INSERT ON login BEGIN UPDATE login_rows SET count = count + 1; END;
    CREATE TRIGGER login_goes AFTER DELETE ON login BEGIN UPDATE login_rows SET count = count - 1; END;
";

/// A log-in, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// Its name.
    pub hash: String,
    /// Whose.
    pub account: String,
    /// What the provider calls the person.
    pub subject: String,
    /// What the provider calls the log-in; empty if it did not say.
    pub provider_session: String,
    /// In machine time, as all of these.
    pub began_at: i64,
    /// When it last asked for a token, or up to a step before.
    pub seen_at: i64,
    /// When it ended before its time.
    pub ended_at: Option<i64>,
}

/// Which log-ins are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginColumn {
    /// By their name.
    Hash,
    /// By whose they are.
    Account,
    /// By what the provider calls the person.
    Subject,
    /// By what the provider calls the log-in.
    ProviderSession,
}

/// The columns that [`LoginRow::read`] reads, in its order.
const COLUMNS: &str = "hash, account, subject, provider_session, began_at, seen_at, ended_at, checksum";

impl LoginRow {
    /// The sum of all columns. What has not ended has a number that no time is.
    fn checksum(&self) -> u32 {
        let numbers = [self.began_at, self.seen_at, self.ended_at.unwrap_or(-1)];
        row::checksum(&numbers, &[&self.hash, &self.account, &self.subject, &self.provider_session])
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let found = Self {
            hash: row.get(0)?,
            account: row.get(1)?,
            subject: row.get(2)?,
            provider_session: row.get(3)?,
            began_at: row.get(4)?,
            seen_at: row.get(5)?,
            ended_at: row.get(6)?,
        };
        if found.checksum() == row.get::<_, u32>(7)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

impl LoginColumn {
    fn condition(self) -> &'static str {
        match self {
            Self::Hash => "hash = ?1",
            Self::Account => "account = ?1",
            Self::Subject => "subject = ?1",
            Self::ProviderSession => "provider_session = ?1 AND provider_session <> ''",
        }
    }
}

/// The log-in of that name.
fn one(db: &Connection, hash: &str) -> Result<Option<LoginRow>, StoreError> {
    let by_hash = format!("SELECT {COLUMNS} FROM login WHERE hash = ?1");
    let found = db.prepare_cached(&by_hash)?.query_row([hash], |row| Ok(LoginRow::read(row))).optional()?;
    found.transpose()
}

impl LedgerRows {
    /// A log-in by its name.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn login(&self, hash: &str) -> Result<Option<LoginRow>, StoreError> {
        one(self.db(), hash)
    }

    /// Log-ins that ended after an instant.
    ///
    /// # Errors
    /// As for [`LedgerRows::login`].
    pub fn ended_logins(&self, after: i64, limit: usize) -> Result<Vec<LoginRow>, StoreError> {
        let ended = format!(
            "SELECT {COLUMNS} FROM login WHERE ended_at IS NOT NULL AND ended_at > ?1
             ORDER BY ended_at DESC LIMIT ?2"
        );
        let mut statement = self.db().prepare_cached(&ended)?;
        let limit = row::count_to_sql(limit);
        let rows = statement.query_map(params![after, limit], |row| Ok(LoginRow::read(row)))?;
        rows.map(|row| row?).collect()
    }
}

impl LedgerBatch<'_> {
    /// A log-in by its name, within the batch.
    ///
    /// # Errors
    /// As for [`LedgerRows::login`].
    pub fn login(&self, hash: &str) -> Result<Option<LoginRow>, StoreError> {
        one(self.db(), hash)
    }

    /// How many log-ins there are, ended ones counted.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn login_count(&self) -> Result<usize, StoreError> {
        let count: i64 = self.db().query_row("SELECT count FROM login_rows", [], |row| row.get(0))?;
        usize::try_from(count).map_err(|_| StoreError::Damaged)
    }

    /// Open log-ins by one of their columns, the one that was seen longest ago first.
    ///
    /// # Errors
    /// As for [`LedgerRows::login`].
    pub fn open_logins(&self, column: LoginColumn, value: &str) -> Result<Vec<LoginRow>, StoreError> {
        let open = format!(
            "SELECT {COLUMNS} FROM login WHERE {} AND ended_at IS NULL ORDER BY seen_at, hash",
            column.condition()
        );
        let mut statement = self.db().prepare_cached(&open)?;
        let rows = statement.query_map([value], |row| Ok(LoginRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Writes a log-in, in the place of what was known of it.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_login(&self, login: &LoginRow) -> Result<(), StoreError> {
        let put = format!(
            "INSERT INTO login ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (hash) DO UPDATE SET seen_at = ?6, ended_at = ?7, checksum = ?8"
        );
        self.db().prepare_cached(&put)?.execute(params![
            login.hash,
            login.account,
            login.subject,
            login.provider_session,
            login.began_at,
            login.seen_at,
            login.ended_at,
            login.checksum(),
        ])?;
        Ok(())
    }

    /// Removes a slice of log-ins that ended, began or were last seen before these instants; how many.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn trim_logins(&self, ended: i64, began: i64, seen: i64) -> Result<usize, StoreError> {
        let mut removed = 0;
        for (condition, before) in [
            ("ended_at IS NOT NULL AND ended_at < ?1", ended),
            ("began_at < ?1", began),
            ("seen_at < ?1", seen),
        ] {
            let left = limits::LOGINS_TRIM_SLICE.saturating_sub(removed);
            let oldest = format!(
                "DELETE FROM login WHERE hash IN (SELECT hash FROM login WHERE {condition} LIMIT ?2)"
            );
            let rows = params![before, row::count_to_sql(left)];
            removed += self.db().prepare_cached(&oldest)?.execute(rows)?;
        }
        Ok(removed)
    }
}
