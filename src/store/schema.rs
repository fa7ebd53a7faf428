//! The tables, as steps from one schema version to the next.
//!
//! A step is never edited once it was released: a change is a new step. The version is the number of steps that the
//! file has seen, in `PRAGMA user_version`. All missing steps run in one transaction.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::base::Epoch;

use super::{OpenError, StoreError};

/// Marks a file as ours (`PRAGMA application_id`): the letters "prea".
const APPLICATION_ID: u32 = 0x7072_6561;

/// Every step, oldest first.
pub(super) const STEPS: &[&str] = &[
    LOG,
    SCHEDULE,
    LEDGER,
    URGENT,
    NO_REPORTS,
    ENDS,
    ITEMS,
    super::marks::STEP,
    super::digests::STEP,
    super::letters::STEP,
    super::families::STEP,
    super::digests::URGENT_MAIL,
    super::logins::STEP,
    super::hooks::STEP,
];

/// Version 1: the channels' logs.
///
/// Names are kept once and rows hold numbers. Rows of one channel lie together in the order of their offsets.
/// `last` is the highest offset ever given, so that none is given twice whatever retention removed; `trimmed_through`
/// is the highest that it removed. The unique key is the idempotency key; `checksum` is [`super::row`]'s.
const LOG: &str = "
    CREATE TABLE store (epoch INTEGER NOT NULL) STRICT;
    CREATE TABLE channel (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        last INTEGER NOT NULL DEFAULT 0,
        trimmed_through INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE publication (
        channel INTEGER NOT NULL REFERENCES channel,
        offset INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        audience INTEGER NOT NULL,
        author INTEGER NOT NULL REFERENCES author,
        published_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (channel, offset)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX publication_key ON publication (author, channel, message_id);
    CREATE INDEX publication_age ON publication (kind, published_at);
";

/// Version 2: what waits for its time.
///
/// Rows leave in the order of `(deliver_at, id)`. The unique key is the idempotency key: a key stands here or in
/// `publication`, never in both. That `channel` is a reference is not declared: SQLite would look through all rows
/// whenever a trial commit takes its own channel away.
const SCHEDULE: &str = "
    CREATE TABLE scheduled (
        id INTEGER PRIMARY KEY,
        deliver_at INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        audience INTEGER NOT NULL,
        author INTEGER NOT NULL REFERENCES author,
        published_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX scheduled_key ON scheduled (author, channel, message_id);
    CREATE INDEX scheduled_due ON scheduled (deliver_at);
";

/// Version 3: what is remembered besides publications.
///
/// Every row has the checksum of its columns. Numbers of audit entries are never given twice.
const LEDGER: &str = "
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        school_at INTEGER NOT NULL,
        machine_at INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        scope TEXT NOT NULL,
        why TEXT NOT NULL,
        before TEXT,
        after TEXT,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX audit_deed ON audit (what, machine_at);
    CREATE INDEX audit_age ON audit (machine_at);
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE report_day (
        date TEXT NOT NULL,
        school TEXT NOT NULL,
        report TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (date, school)
    ) STRICT, WITHOUT ROWID;
";

/// Version 4: what is urgent says so. Earlier rows keep their checksums, which count it only where it is true.
const URGENT: &str = "ALTER TABLE publication ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0";

/// Version 5: reports on finished days are files of their own, and nothing ever wrote this table.
const NO_REPORTS: &str = "DROP TABLE report_day";

/// Version 6: the tables are the same, and `channel.last` is no longer written with each publication, which saves a page of
/// the write-ahead log for each. A log ends at its last row, or at `last` where that is higher: retention keeps there the
/// highest offset that it removed. A program of before must not open such a file, since it would give offsets twice.
const ENDS: &str = "";

/// Version 7: the registry of items.
///
/// `digests` holds a number for what each version said, `due` is the civil day of an assignment, `ends_at` the last instant at which something happens to the item by itself.
const ITEMS: &str = "
    CREATE TABLE item (
        id TEXT NOT NULL UNIQUE,
        kind INTEGER NOT NULL,
        author TEXT NOT NULL,
        version INTEGER NOT NULL,
        withdrawn INTEGER NOT NULL,
        places TEXT NOT NULL,
        audience INTEGER NOT NULL,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        publish_at INTEGER,
        why TEXT,
        held_since INTEGER,
        held_until INTEGER,
        held_due TEXT,
        digests TEXT NOT NULL,
        settled INTEGER NOT NULL,
        due TEXT,
        ends_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX item_author ON item (author, created_at, id);
    CREATE INDEX item_unsettled ON item (settled) WHERE settled = 0;
    CREATE INDEX item_due ON item (due) WHERE due IS NOT NULL;
    CREATE INDEX item_end ON item (kind, ends_at);
";

/// Refuses a file that is not ours, or that a newer program wrote. Reads only.
pub(super) fn refuse_unknown(db: &Connection, steps: &[&str]) -> Result<(), OpenError> {
    let found = version(db)?;
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: u32 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let fresh = found == 0 && application == 0 && objects == 0;
    if !fresh && application != APPLICATION_ID {
        return Err(OpenError::Foreign);
    }
    let known = newest(steps);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    Ok(())
}

/// Runs the steps that the file has not seen, in one transaction, and reads the epoch (writes it into a new file).
pub(super) fn migrate(db: &mut Connection, steps: &[&str], fresh_epoch: Epoch) -> Result<Epoch, StoreError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    if found < newest(steps) {
        transaction.pragma_update(None, "user_version", newest(steps))?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if found == 0 {
        transaction.execute("INSERT INTO store (epoch) VALUES (?1)", [fresh_epoch.0])?;
    }
    let epoch = epoch(&transaction)?;
    transaction.commit()?;
    Ok(epoch)
}

/// The epoch in a file.
pub(super) fn epoch(db: &Connection) -> Result<Epoch, StoreError> {
    let epoch = db.query_row("SELECT epoch FROM store", [], |row| row.get(0)).optional()?;
    epoch.map(Epoch).ok_or(StoreError::Damaged)
}

/// The version that a file has once it has seen every step.
pub(super) fn newest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

fn version(db: &Connection) -> Result<u32, rusqlite::Error> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}
