//! All that is kept about one account, by the tables that it is in.
//!
//! This is the one list of such tables: what is read for an export, what goes when an account is erased, and which accounts
//! have anything here. A table that names accounts and is not on it would outlive an erasure. Nothing here knows what the
//! tables mean. The audit log is not on it: it says who decided what, and goes by age.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use crate::base::{AccountId, limits};

use super::ledger::LedgerBatch;
use super::lock::Lock;
use super::{StoreError, row};

/// A table of the ledger with rows about accounts.
struct Part {
    /// What the export calls it.
    name: &'static str,
    /// What the export shows.
    columns: &'static str,
    /// The rows about account `?1`.
    from: &'static str,
    /// The accounts that have any.
    accounts: &'static [&'static str],
    /// Whether it outlives an erasure.
    stays: bool,
}

/// What is said about an account, and goes with it unless it stays.
const PARTS: &[Part] = &[
    Part {
        name: "cut_links",
        columns: "guardian, child, at",
        from: "link_cut WHERE guardian = ?1 OR child = ?1",
        accounts: &[],
        // It protects the other one, until somebody restores it.
        stays: true,
    },
    Part {
        name: "family_stopped",
        columns: "at",
        from: "family_stop WHERE student = ?1",
        accounts: &["SELECT student FROM family_stop"],
        stays: false,
    },
    Part {
        name: "receipts",
        columns: "(SELECT name FROM mark_item WHERE id = item) AS item, at",
        from: "receipt WHERE subject = (SELECT id FROM mark_account WHERE name = ?1)
            OR reader = (SELECT id FROM mark_account WHERE name = ?1)",
        accounts: &[],
        stays: false,
    },
    Part {
        name: "done_marks",
        columns: "(SELECT name FROM mark_item WHERE id = item) AS item, at",
        from: "done_mark WHERE student = (SELECT id FROM mark_account WHERE name = ?1)",
        accounts: &[],
        stays: false,
    },
    Part {
        name: "extensions",
        columns: "(SELECT name FROM mark_item WHERE id = item) AS item, due",
        from: "extension WHERE student = (SELECT id FROM mark_account WHERE name = ?1)",
        accounts: &[],
        stays: false,
    },
    // The number that those three go by, so it goes after them.
    Part {
        name: "marked_as",
        columns: "id",
        from: "mark_account WHERE name = ?1",
        accounts: &["SELECT name FROM mark_account"],
        stays: false,
    },
    Part {
        name: "preferences",
        columns: "frequency, mail, language",
        from: "preference WHERE guardian = ?1",
        accounts: &["SELECT guardian FROM preference"],
        stays: false,
    },
    Part {
        name: "digests",
        columns: "date, state",
        from: "digest WHERE guardian = ?1",
        accounts: &["SELECT guardian FROM digest"],
        stays: false,
    },
    Part {
        name: "letters",
        columns: "about, state, attempts, written_at",
        from: "letter WHERE account = ?1",
        accounts: &["SELECT account FROM letter"],
        stays: false,
    },
    Part {
        name: "logins",
        columns: "subject, began_at, seen_at, ended_at",
        from: "login WHERE account = ?1",
        accounts: &["SELECT account FROM login"],
        stays: false,
    },
    Part { name: "left", columns: "left_at", from: "leaver WHERE account = ?1", accounts: &[], stays: false },
];

/// What is read besides, and keeps its place when its author goes.
const WORKS: &[(&str, &str)] = &[
    (
        "publications",
        "SELECT channel.name AS channel, p.offset, p.kind, p.message_id, p.published_at, p.urgent, p.body
         FROM publication p JOIN channel ON channel.id = p.channel
         WHERE p.author = (SELECT id FROM author WHERE name = ?1)",
    ),
    (
        "scheduled",
        "SELECT channel.name AS channel, s.deliver_at, s.kind, s.message_id, s.published_at, s.body
         FROM scheduled s JOIN channel ON channel.id = s.channel
         WHERE s.author = (SELECT id FROM author WHERE name = ?1)",
    ),
    (
        "received",
        "SELECT p.offset, p.kind, p.published_at, p.body FROM publication p
         WHERE p.channel = (SELECT id FROM channel WHERE name = 'account:' || ?1)",
    ),
    (
        "items",
        "SELECT id, kind, version, withdrawn, places, created_at, changed_at, publish_at, body FROM item
         WHERE author = ?1",
    ),
];

/// Columns that hold JSON.
const DOCUMENTS: [&str; 2] = ["body", "places"];

/// Reads what is kept about accounts. For one thread at a time.
#[derive(Debug)]
pub struct Dossier {
    db: Connection,
    _lock: Arc<Lock>,
}

impl Dossier {
    pub(super) fn new(db: Connection, lock: Arc<Lock>) -> Self {
        Self { db, _lock: lock }
    }

    /// Everything about an account, by the names of the tables; of each at most [`limits::EXPORT_ROWS_MAX`] rows, and which
    /// have more stands under `truncated`.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn of(&self, account: &AccountId) -> Result<Map<String, Value>, StoreError> {
        let parts =
            PARTS.iter().map(|part| (part.name, format!("SELECT {} FROM {}", part.columns, part.from)));
        let works = WORKS.iter().map(|(name, query)| (*name, (*query).to_owned()));
        let (mut found, mut truncated) = (Map::new(), Vec::new());
        for (name, query) in works.chain(parts) {
            let query = format!("{query} LIMIT {}", limits::EXPORT_ROWS_MAX + 1);
            let mut statement = self.db.prepare_cached(&query)?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let rows = statement.query_map([account.as_str()], |row| fields(row, &columns))?;
            let mut rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
            if rows.len() > limits::EXPORT_ROWS_MAX {
                rows.pop();
                truncated.push(Value::from(name));
            }
            found.insert(name.to_owned(), rows.into());
        }
        found.insert("truncated".to_owned(), truncated.into());
        Ok(found)
    }
}

fn fields(row: &Row<'_>, columns: &[String]) -> rusqlite::Result<Value> {
    let mut fields = Map::new();
    for (index, column) in columns.iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Integer(number) => number.into(),
            ValueRef::Text(text) => {
                let text = String::from_utf8_lossy(text);
                let document = DOCUMENTS.contains(&column.as_str()).then(|| serde_json::from_str(&text).ok());
                document.flatten().unwrap_or_else(|| text.into())
            }
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Null,
        };
        fields.insert(column.clone(), value);
    }
    Ok(fields.into())
}

impl LedgerBatch<'_> {
    /// All accounts that anything is kept about, but those in the audit log alone.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn accounts_kept(&self) -> Result<Vec<String>, StoreError> {
        let tables = PARTS.iter().flat_map(|part| part.accounts).copied();
        let authors = ["SELECT name FROM author", "SELECT author FROM item"];
        let query = tables.chain(authors).collect::<Vec<_>>().join(" UNION ");
        let mut statement = self.db().prepare_cached(&query)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes what goes with an account, and takes its items out of its name; how many rows, by the names of the tables.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn forget(&self, account: &str) -> Result<Vec<(&'static str, usize)>, StoreError> {
        let mut removed = Vec::new();
        for part in PARTS.iter().filter(|part| !part.stays) {
            let rows = self.db().prepare_cached(&format!("DELETE FROM {}", part.from))?.execute([account])?;
            removed.push((part.name, rows));
        }
        removed.push(("items", self.blank_items(account)?));
        Ok(removed)
    }

    /// Notes who has left: accounts that something is kept about and that are not here. Whoever is here again is taken off.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn note_leavers(
        &self,
        kept: &[String],
        is_here: &dyn Fn(&str) -> bool,
        at: i64,
    ) -> Result<(), StoreError> {
        let db = self.db();
        let noted: Vec<String> = db
            .prepare_cached("SELECT account FROM leaver")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for back in noted.iter().filter(|account| is_here(account)) {
            db.prepare_cached("DELETE FROM leaver WHERE account = ?1")?.execute([back])?;
        }
        let nobody = [AccountId::hub(), AccountId::erased()];
        let is_somebody = |id: &str| nobody.iter().all(|nobody| nobody.as_str() != id);
        for gone in kept.iter().filter(|account| is_somebody(account) && !is_here(account)) {
            db.prepare_cached(
                "INSERT OR IGNORE INTO leaver (account, left_at, checksum) VALUES (?1, ?2, ?3)",
            )?
            .execute(rusqlite::params![gone, at, row::checksum(&[at], &[gone])])?;
        }
        Ok(())
    }
}
