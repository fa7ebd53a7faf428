//! The schedule: publications that wait for their time, and have no place in a log before it.
//!
//! Everything here runs inside a transaction of the writer's. A publication leaves the schedule in the transaction that
//! appends it to its channel's log, so it is in one of the two whatever crashes.

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use crate::base::{AccountId, Audience, Body, Channel, Kind, MessageId, NewPublication, SchoolTime, limits};

use super::StoreError;
use super::lock::take_turn;
use super::row::{self, AuthorKey, ChannelKey};
use super::writer::{LogWriter, Placed};

/// What [`read`] reads, in its order.
const COLUMNS: &str = "s.deliver_at, s.kind, s.audience, s.published_at, s.checksum, s.message_id, s.body,
    s.author, author.name, s.channel, channel.name";

/// What became of what was to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is in the schedule no more.
    Back,
    /// It is in its channel's log.
    Published,
    /// There is nothing under this key.
    Unknown,
}

/// The row of a publication that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowId(i64);

impl LogWriter {
    /// Takes back what an author has in the schedule under a message id, in one transaction of its own.
    ///
    /// # Errors
    /// As SQLite fails; it then stays in the schedule.
    pub fn cancel(
        &mut self,
        channel: &Channel,
        author: &AccountId,
        message_id: &MessageId,
    ) -> Result<Taken, StoreError> {
        let _turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let key: Option<(ChannelKey, AuthorKey)> = transaction
            .prepare_cached("SELECT channel.id, author.id FROM channel, author WHERE channel.name = ?1 AND author.name = ?2")?
            .query_row([&channel.to_string(), author.as_str()], |row| {
                Ok((ChannelKey(row.get(0)?), AuthorKey(row.get(1)?)))
            })
            .optional()?;
        let Some((channel, author)) = key else { return Ok(Taken::Unknown) };
        if take_back(&transaction, (channel, author), message_id)?.is_some() {
            transaction.commit()?;
            self.waiting = self.waiting.saturating_sub(1);
            return Ok(Taken::Back);
        }
        let is_published: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM publication WHERE author = ?1 AND channel = ?2 AND message_id = ?3)",
            )?
            .query_row(params![author.0, channel.0, message_id.as_str()], |row| row.get(0))?;
        Ok(if is_published { Taken::Published } else { Taken::Unknown })
    }
}

/// How many publications wait.
pub(super) fn count(db: &Connection) -> Result<usize, StoreError> {
    let count: i64 = db.query_row("SELECT count(*) FROM scheduled", [], |row| row.get(0))?;
    usize::try_from(count).map_err(|_| StoreError::Damaged)
}

/// What the schedule already holds under the publication's key. When it was sent, and for when, is no part of the
/// comparison: the answer says what is in force.
pub(super) fn known(
    db: &Connection,
    (channel, author): (ChannelKey, AuthorKey),
    new: &NewPublication,
) -> Result<Option<Placed>, StoreError> {
    let found: Option<(i64, bool)> = db
        .prepare_cached(
            "SELECT deliver_at, kind = ?4 AND audience = ?5 AND body = ?6 FROM scheduled
             WHERE author = ?1 AND channel = ?2 AND message_id = ?3",
        )?
        .query_row(
            params![
                author.0,
                channel.0,
                new.message_id.as_str(),
                new.body.kind() as u8,
                new.audience.bits(),
                new.body.json()
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    // What is urgent never waits, so it is another publication.
    Ok(found.map(|(deliver_at, is_same)| {
        let is_same = is_same && new.urgent.is_none();
        let deliver_at = SchoolTime(deliver_at);
        if is_same { Placed::Later { deliver_at, duplicate: true } } else { Placed::KeyReused }
    }))
}

/// Puts a publication into the schedule, unless its author has too many there.
pub(super) fn insert(
    db: &Connection,
    (channel, author): (ChannelKey, AuthorKey),
    new: &NewPublication,
    deliver_at: SchoolTime,
) -> Result<Placed, StoreError> {
    let of_author: i64 = db
        .prepare_cached("SELECT count(*) FROM scheduled INDEXED BY scheduled_key WHERE author = ?1")?
        .query_row([author.0], |row| row.get(0))?;
    if of_author >= row::count_to_sql(limits::SCHEDULED_PER_AUTHOR_MAX) {
        return Ok(Placed::NoRoom);
    }
    let columns = Columns { channel, author, deliver_at, new };
    db.prepare_cached(
        "INSERT INTO scheduled (deliver_at, channel, kind, audience, author, published_at, checksum, message_id, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        deliver_at.0,
        channel.0,
        new.body.kind() as u8,
        new.audience.bits(),
        author.0,
        new.published_at.0,
        columns.checksum(),
        new.message_id.as_str(),
        new.body.json(),
    ])?;
    Ok(Placed::Later { deliver_at, duplicate: false })
}

/// The rows whose time has come, in the order in which they leave; at most so many.
pub(super) fn due(db: &Connection, now: SchoolTime, count: usize) -> Result<Vec<RowId>, StoreError> {
    let rows = db
        .prepare_cached(
            "SELECT id FROM scheduled INDEXED BY scheduled_due
             WHERE deliver_at <= ?1 ORDER BY deliver_at, id LIMIT ?2",
        )?
        .query_map(params![now.0, row::count_to_sql(count)], |row| row.get(0).map(RowId))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// What waits of one author's after a place in the order of release: at most so many, and about
/// [`limits::READ_PAGE_BYTES_MAX`].
pub(super) fn of_author(
    db: &Connection,
    author: &str,
    after: (SchoolTime, i64),
    count: usize,
) -> Result<Vec<(i64, NewPublication)>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS}, s.id FROM scheduled s INDEXED BY scheduled_key
         JOIN author ON author.id = s.author LEFT JOIN channel ON channel.id = s.channel
         WHERE s.author = (SELECT id FROM author WHERE name = ?1) AND (s.deliver_at, s.id) > (?2, ?3)
         ORDER BY s.deliver_at, s.id LIMIT ?4"
    ))?;
    let mut rows = statement.query(params![author, after.0.0, after.1, row::count_to_sql(count)])?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let new = read(row)?;
        bytes += new.body.json().len();
        if bytes > limits::READ_PAGE_BYTES_MAX && !found.is_empty() {
            break;
        }
        found.push((row.get(11)?, new));
    }
    Ok(found)
}

/// Takes back what waits under a key; until when it would have.
pub(super) fn take_back(
    db: &Connection,
    (channel, author): (ChannelKey, AuthorKey),
    message_id: &MessageId,
) -> Result<Option<SchoolTime>, StoreError> {
    let deliver_at = db
        .prepare_cached(
            "DELETE FROM scheduled WHERE author = ?1 AND channel = ?2 AND message_id = ?3 RETURNING deliver_at",
        )?
        .query_row(params![author.0, channel.0, message_id.as_str()], |row| row.get(0).map(SchoolTime))
        .optional()?;
    Ok(deliver_at)
}

/// Takes a publication out of the schedule. It is published at `now`.
pub(super) fn take(db: &Connection, id: RowId, now: SchoolTime) -> Result<NewPublication, StoreError> {
    let waiting = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM scheduled s LEFT JOIN author ON author.id = s.author LEFT JOIN channel ON channel.id = s.channel
             WHERE s.id = ?1"
        ))?
        .query_row([id.0], |row| Ok(read(row)))
        .optional()?
        .ok_or(StoreError::Damaged)??;
    db.prepare_cached("DELETE FROM scheduled WHERE id = ?1")?.execute([id.0])?;
    Ok(NewPublication { published_at: now, deliver_at: None, ..waiting })
}

fn read(row: &Row<'_>) -> Result<NewPublication, StoreError> {
    let text = |index| row.get_ref(index).map(|value| value.as_str().map_err(|_| StoreError::Damaged));
    let kind = Kind::from_number(row.get(1)?).ok_or(StoreError::Damaged)?;
    let deliver_at = SchoolTime(row.get(0)?);
    let new = NewPublication {
        channel: Channel::parse(text(10)??).map_err(|_| StoreError::Damaged)?,
        author: AccountId::parse(text(8)??).map_err(|_| StoreError::Damaged)?,
        message_id: MessageId::parse(text(5)??).map_err(|_| StoreError::Damaged)?,
        audience: Audience::from_bits(row.get(2)?).ok_or(StoreError::Damaged)?,
        // Equal bodies have equal text, so what the store wrote is read as it was.
        body: Body::parse(kind, text(6)??).map_err(|_| StoreError::Damaged)?,
        published_at: SchoolTime(row.get(3)?),
        deliver_at: Some(deliver_at),
        urgent: None,
    };
    let (channel, author) = (ChannelKey(row.get(9)?), AuthorKey(row.get(7)?));
    let columns = Columns { channel, author, deliver_at, new: &new };
    if columns.checksum() == row.get::<_, u32>(4)? { Ok(new) } else { Err(StoreError::Damaged) }
}

/// Everything that a row's checksum covers.
struct Columns<'a> {
    channel: ChannelKey,
    author: AuthorKey,
    deliver_at: SchoolTime,
    new: &'a NewPublication,
}

impl Columns<'_> {
    fn checksum(&self) -> u32 {
        let numbers = [
            self.channel.0,
            self.deliver_at.0,
            i64::from(self.new.body.kind() as u8),
            i64::from(self.new.audience.bits()),
            self.author.0,
            self.new.published_at.0,
        ];
        let name = self.new.channel.to_string();
        let new = self.new;
        row::checksum(&numbers, &[&name, new.author.as_str(), new.message_id.as_str(), new.body.json()])
    }
}
