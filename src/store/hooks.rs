//! What webhooks tell, and how far each endpoint is. See `crate::ledger::hooks` for what the rows mean.
//!
//! An event is written in the transaction that appends its publication, and only while there is an endpoint: so none is told
//! that did not happen, and none that did is left out. It holds identifiers, never an account or a word.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::base::body::{self, Announcement, Assignment, Event, LessonEvent, Withdrawal};
use crate::base::{Body, Channel, HookKind, ItemId, Kind, NewPublication, Offset, limits};

use super::ledger::{LedgerBatch, LedgerRows};
use super::{StoreError, row};

/// Version 14: events for webhooks, and their endpoints.
///
/// Numbers of events are dense and never given twice, so that an endpoint that finds a hole knows how many it has missed.
pub(super) const STEP: &str = "
    CREATE TABLE hook_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind INTEGER NOT NULL,
        channel TEXT NOT NULL,
        offset INTEGER NOT NULL,
        audience INTEGER NOT NULL,
        item TEXT,
        version INTEGER NOT NULL,
        urgent INTEGER NOT NULL,
        published_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE hook_endpoint (
        name TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        through INTEGER NOT NULL,
        state INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// An event, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEventRow {
    /// The number of its kind.
    pub kind: u8,
    /// The channel's name.
    pub channel: String,
    /// Its place there.
    pub offset: i64,
    /// The audience's bits.
    pub audience: u8,
    /// The item, if it is one.
    pub item: Option<String>,
    /// Which wording of the item.
    pub version: u32,
    /// Whether it is urgent.
    pub urgent: bool,
    /// In school time.
    pub published_at: i64,
}

/// An endpoint, in the values of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEndpointRow {
    /// The operator's name for it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The last event that it is done with.
    pub through: i64,
    /// Whether it is called.
    pub state: u8,
    /// Attempts at the next event that failed.
    pub failures: u32,
    /// In machine time.
    pub next_at: i64,
}

/// The columns that [`HookEventRow::read`] reads, in its order.
const EVENT: &str = "id, kind, channel, offset, audience, item, version, urgent, published_at, checksum";
/// The columns that [`HookEndpointRow::read`] reads, in its order.
const ENDPOINT: &str = "name, url, through, state, failures, next_at, checksum";

impl HookEventRow {
    /// The sum of all columns but the number. What is not there has a mark that no item has.
    fn checksum(&self) -> u32 {
        let numbers = [
            i64::from(self.kind),
            self.offset,
            i64::from(self.audience),
            i64::from(self.version),
            i64::from(self.urgent),
            self.published_at,
        ];
        row::checksum(&numbers, &[&self.channel, self.item.as_deref().unwrap_or("\0")])
    }

    fn read(row: &Row<'_>) -> Result<(i64, Self), StoreError> {
        let found = Self {
            kind: row.get(1)?,
            channel: row.get(2)?,
            offset: row.get(3)?,
            audience: row.get(4)?,
            item: row.get(5)?,
            version: row.get(6)?,
            urgent: row.get(7)?,
            published_at: row.get(8)?,
        };
        if found.checksum() == row.get::<_, u32>(9)? {
            Ok((row.get(0)?, found))
        } else {
            Err(StoreError::Damaged)
        }
    }
}

impl HookEndpointRow {
    fn checksum(&self) -> u32 {
        let numbers = [self.through, i64::from(self.state), i64::from(self.failures), self.next_at];
        row::checksum(&numbers, &[&self.name, &self.url])
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let found = Self {
            name: row.get(0)?,
            url: row.get(1)?,
            through: row.get(2)?,
            state: row.get(3)?,
            failures: row.get(4)?,
            next_at: row.get(5)?,
        };
        if found.checksum() == row.get::<_, u32>(6)? { Ok(found) } else { Err(StoreError::Damaged) }
    }
}

/// Writes down what endpoints are told of a publication that has just got its place, if there are any and it is for them.
///
/// # Errors
/// As SQLite fails, or [`StoreError::Damaged`].
pub(super) fn note(db: &Connection, offset: Offset, new: &NewPublication) -> Result<(), StoreError> {
    let is_told =
        matches!(new.body.kind(), Kind::Announcement | Kind::Assignment | Kind::Withdrawal | Kind::Lesson);
    // What is for one person alone is nobody else's.
    if !is_told || matches!(new.channel, Channel::Account(_)) || !has_endpoints(db)? {
        return Ok(());
    }
    let Some((kind, item, version)) = told(db, &new.body)? else { return Ok(()) };
    let event = HookEventRow {
        kind: kind as u8,
        channel: new.channel.to_string(),
        offset: row::to_sql(offset),
        audience: new.audience.bits(),
        item: item.map(|item| item.as_str().to_owned()),
        version,
        urgent: new.urgent.is_some(),
        published_at: new.published_at.0,
    };
    insert(db, &event)
}

fn has_endpoints(db: &Connection) -> Result<bool, StoreError> {
    let any = "SELECT EXISTS (SELECT 1 FROM hook_endpoint)";
    Ok(db.prepare_cached(any)?.query_row([], |row| row.get(0))?)
}

/// What a body tells: the kind, and which version of which item.
fn told(db: &Connection, body: &Body) -> Result<Option<(HookKind, Option<ItemId>, u32)>, StoreError> {
    let told = match body.kind() {
        Kind::Announcement => body::read(body.json()).ok().map(|said: Announcement| {
            let first = [HookKind::AnnouncementPublished, HookKind::AnnouncementEdited];
            (first[usize::from(said.version > 1)], said.item, said.version)
        }),
        Kind::Assignment => body::read(body.json()).ok().map(|said: Assignment| {
            let first = [HookKind::AssignmentPublished, HookKind::AssignmentEdited];
            (first[usize::from(said.version > 1)], said.item, said.version)
        }),
        Kind::Lesson => match body::read(body.json()) {
            Ok(LessonEvent { event: Event::Started { .. } }) => Some((HookKind::LessonStarted, None, 1)),
            Ok(LessonEvent { event: Event::Ended }) => Some((HookKind::LessonEnded, None, 1)),
            _ => None,
        },
        Kind::Withdrawal => match body::read::<Withdrawal>(body.json()) {
            Ok(Withdrawal { item }) => withdrawn(db, item)?,
            Err(_) => None,
        },
        _ => None,
    };
    Ok(told)
}

/// What the registry says of an item that is no more. One that it has forgotten is told to nobody.
fn withdrawn(db: &Connection, item: ItemId) -> Result<Option<(HookKind, Option<ItemId>, u32)>, StoreError> {
    let found: Option<(u8, u32)> = db
        .prepare_cached("SELECT kind, version FROM item WHERE id = ?1")?
        .query_row([item.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(kind, version)| {
        let is_assignment = Kind::from_number(kind) == Some(Kind::Assignment);
        let kind =
            if is_assignment { HookKind::AssignmentWithdrawn } else { HookKind::AnnouncementWithdrawn };
        (kind, Some(item), version)
    }))
}

/// Writes an event, and forgets the oldest beyond [`limits::HOOK_EVENTS_MAX`].
fn insert(db: &Connection, event: &HookEventRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO hook_event (kind, channel, offset, audience, item, version, urgent, published_at, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        event.kind,
        event.channel,
        event.offset,
        event.audience,
        event.item,
        event.version,
        event.urgent,
        event.published_at,
        event.checksum(),
    ])?;
    let kept = i64::try_from(limits::HOOK_EVENTS_MAX).unwrap_or(i64::MAX);
    let oldest = db.last_insert_rowid().saturating_sub(kept);
    db.prepare_cached("DELETE FROM hook_event WHERE id <= ?1")?.execute([oldest])?;
    Ok(())
}

/// The number of the newest event ever written; 0 if none was.
fn newest(db: &Connection) -> Result<i64, StoreError> {
    let newest = "SELECT seq FROM sqlite_sequence WHERE name = 'hook_event'";
    Ok(db.prepare_cached(newest)?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

impl LedgerRows {
    /// Events after one, in their order, and the number of the newest.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn hook_events(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<(Vec<(i64, HookEventRow)>, i64), StoreError> {
        let page = format!("SELECT {EVENT} FROM hook_event WHERE id > ?1 ORDER BY id LIMIT ?2");
        let mut statement = self.db().prepare_cached(&page)?;
        let rows = statement
            .query_map(params![after, row::count_to_sql(limit)], |row| Ok(HookEventRow::read(row)))?;
        let events = rows.map(|row| row?).collect::<Result<_, _>>()?;
        Ok((events, newest(self.db())?))
    }
}

impl LedgerBatch<'_> {
    /// All endpoints, by name.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn hook_endpoints(&self) -> Result<Vec<HookEndpointRow>, StoreError> {
        let all = format!("SELECT {ENDPOINT} FROM hook_endpoint ORDER BY name");
        let mut statement = self.db().prepare_cached(&all)?;
        let rows = statement.query_map([], |row| Ok(HookEndpointRow::read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The number of the newest event ever written; 0 if none was.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn newest_hook_event(&self) -> Result<i64, StoreError> {
        newest(self.db())
    }

    /// Writes an endpoint over what has its name.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn put_hook_endpoint(&self, endpoint: &HookEndpointRow) -> Result<(), StoreError> {
        let put = format!("REPLACE INTO hook_endpoint ({ENDPOINT}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        self.db().prepare_cached(&put)?.execute(params![
            endpoint.name,
            endpoint.url,
            endpoint.through,
            endpoint.state,
            endpoint.failures,
            endpoint.next_at,
            endpoint.checksum(),
        ])?;
        Ok(())
    }

    /// Removes an endpoint.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn remove_hook_endpoint(&self, name: &str) -> Result<(), StoreError> {
        self.db().prepare_cached("DELETE FROM hook_endpoint WHERE name = ?1")?.execute([name])?;
        Ok(())
    }

    /// Forgets the events that every endpoint is done with; all of them if there is none.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn forget_hook_events(&self) -> Result<(), StoreError> {
        let done = "DELETE FROM hook_event WHERE id <= (SELECT ifnull(min(through), ?1) FROM hook_endpoint)";
        self.db().prepare_cached(done)?.execute([i64::MAX])?;
        Ok(())
    }
}
