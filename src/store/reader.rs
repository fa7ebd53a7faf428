//! A connection that reads the log, one consistent view at a time.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::base::{
    AccountId, Channel, Epoch, Kind, NewPublication, Offset, Publication, Role, SchoolTime, limits,
};

use super::StoreError;
use super::lock::Lock;
use super::row::{self, COLUMNS, ChannelKey, LAST};
use super::schedule;

/// Reads. There may be several per store, each for one thread.
#[derive(Debug)]
pub struct LogReader {
    db: Connection,
    epoch: Epoch,
    _lock: Arc<Lock>,
}

/// Where a channel's log ends and what retention has taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// The highest offset ever given.
    pub last: Offset,
    /// The highest offset that retention removed.
    pub trimmed_through: Offset,
}

/// One channel's log at one moment.
#[derive(Debug)]
pub struct Snapshot<'a> {
    transaction: Transaction<'a>,
    channel: &'a Channel,
    epoch: Epoch,
    /// `None` while nothing was ever published there.
    key: Option<ChannelKey>,
    end: End,
}

/// A stretch of a channel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What the role may see of it, in order.
    pub publications: Vec<Arc<Publication>>,
    /// Its end: the last offset that was looked at.
    pub through: Offset,
}

/// A page of a channel's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What was asked for, in order.
    pub publications: Vec<Arc<Publication>>,
    /// Everything from where the question begins up to here, in the direction of reading, has been looked at.
    pub through: Offset,
    /// Whether there may be more beyond `through`.
    pub more: bool,
}

impl LogReader {
    pub(super) fn new(db: Connection, epoch: Epoch, lock: Arc<Lock>) -> Self {
        Self { db, epoch, _lock: lock }
    }

    /// The log of a channel as it is now.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn snapshot<'a>(&'a mut self, channel: &'a Channel) -> Result<Snapshot<'a>, StoreError> {
        let transaction = self.db.transaction()?;
        let found: Option<(i64, Result<Offset, StoreError>, i64)> = transaction
            .prepare_cached(&format!("SELECT id, {LAST}, trimmed_through FROM channel WHERE name = ?1"))?
            .query_row([channel.to_string()], |row| Ok((row.get(0)?, row::last(row, 1), row.get(3)?)))
            .optional()?;
        let (key, end) = match found {
            None => (None, End::default()),
            Some((key, last, trimmed_through)) => {
                let end = End { last: last?, trimmed_through: row::offset_from(trimmed_through)? };
                (Some(ChannelKey(key)), end)
            }
        };
        Ok(Snapshot { transaction, channel, epoch: self.epoch, key, end })
    }
}

impl LogReader {
    /// What waits of one author's in the schedule, after a place in the order of release: at most so many, and about
    /// [`limits::READ_PAGE_BYTES_MAX`]; each with its number.
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`].
    pub fn scheduled(
        &self,
        author: &AccountId,
        after: (SchoolTime, i64),
        limit: usize,
    ) -> Result<Vec<(i64, NewPublication)>, StoreError> {
        schedule::of_author(&self.db, author.as_str(), after, limit)
    }
}

impl LogReader {
    /// Shows everything of a kind, channel by channel, each in the order of its log.
    ///
    /// # Errors
    /// As for [`Snapshot::after`].
    pub fn of_kind(&self, kind: Kind, mut show: impl FnMut(Publication)) -> Result<(), StoreError> {
        let mut statement = self.db.prepare(&format!(
            "SELECT {COLUMNS}, p.channel, channel.name FROM publication p INDEXED BY publication_age
             JOIN author ON author.id = p.author JOIN channel ON channel.id = p.channel
             WHERE p.kind = ?1 ORDER BY p.channel, p.offset"
        ))?;
        let mut rows = statement.query([kind as u8])?;
        while let Some(row) = rows.next()? {
            let columns = row::columns(row, ChannelKey(row.get(10)?))?;
            let name: String = row.get(11)?;
            let channel = Channel::parse(&name).map_err(|_| StoreError::Damaged)?;
            show(row::publication(&columns, &channel, self.epoch)?);
        }
        Ok(())
    }
}

impl Snapshot<'_> {
    /// The log's end.
    pub fn end(&self) -> End {
        self.end
    }

    /// What the role may see after an offset: at most `limit` publications and about
    /// [`limits::READ_PAGE_BYTES_MAX`], after a look at no more than [`limits::READ_SCAN_MAX`].
    ///
    /// # Errors
    /// As SQLite fails, or [`StoreError::Damaged`] for a row that does not fit its checksum.
    pub fn after(&self, after: Offset, role: Role, limit: usize) -> Result<Range, StoreError> {
        let mut range = Range { publications: Vec::new(), through: after };
        let Some(key) = self.key else { return Ok(range) };
        let mut statement = self.transaction.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM publication p LEFT JOIN author ON author.id = p.author
             WHERE p.channel = ?1 AND p.offset > ?2 ORDER BY p.offset LIMIT ?3"
        ))?;
        let mut rows =
            statement.query(params![key.0, row::to_sql(after), row::count_to_sql(limits::READ_SCAN_MAX)])?;
        let (mut bytes, mut looked_at) = (0, 0);
        while let Some(row) = rows.next()? {
            let columns = row::columns(row, key)?;
            if columns.audience.includes(role) {
                let publication = row::publication(&columns, self.channel, self.epoch)?;
                bytes += publication.body.len();
                let full = range.publications.len() == limit || bytes > limits::READ_PAGE_BYTES_MAX;
                if full && !range.publications.is_empty() {
                    return Ok(range);
                }
                range.through = publication.position.offset;
                range.publications.push(Arc::new(publication));
            } else {
                range.through = columns.offset;
            }
            looked_at += 1;
        }
        if looked_at < limits::READ_SCAN_MAX {
            range.through = self.end.last.max(after);
        }
        Ok(range)
    }

    /// The offset just before the last `count` publications that the role may see, among the last
    /// [`limits::READ_SCAN_MAX`]; the end if it may see none of them.
    ///
    /// # Errors
    /// As SQLite fails.
    pub fn before_last(&self, count: usize, role: Role) -> Result<Offset, StoreError> {
        let mut before = self.end.last;
        let Some(key) = self.key else { return Ok(before) };
        let mut statement = self.transaction.prepare_cached(
            "SELECT offset FROM (SELECT offset, audience FROM publication
                WHERE channel = ?1 ORDER BY offset DESC LIMIT ?2)
             WHERE audience & ?3 ORDER BY offset DESC LIMIT ?4",
        )?;
        let mut rows = statement.query(params![
            key.0,
            row::count_to_sql(limits::READ_SCAN_MAX),
            role_bit(role),
            row::count_to_sql(count)
        ])?;
        while let Some(row) = rows.next()? {
            let offset = row::offset_from(row.get(0)?)?;
            before = Offset(offset.0.checked_sub(1).ok_or(StoreError::Damaged)?);
        }
        Ok(before)
    }

    /// At most `limit` publications that the role may see strictly between two offsets: with `after` the oldest,
    /// otherwise the newest; after a look at no more than [`limits::READ_SCAN_MAX`].
    ///
    /// # Errors
    /// As for [`Snapshot::after`].
    pub fn between(
        &self,
        (after, before): (Option<Offset>, Option<Offset>),
        kind: Option<Kind>,
        role: Role,
        limit: usize,
    ) -> Result<Past, StoreError> {
        let end =
            before.map_or(self.end.last, |before| Offset(before.0.saturating_sub(1)).min(self.end.last));
        let through = after.map_or(Offset::START, |after| end.max(after));
        let mut past = Past { publications: Vec::new(), through, more: false };
        let Some(key) = self.key else { return Ok(past) };
        let direction = if after.is_some() { "ASC" } else { "DESC" };
        let mut statement = self.transaction.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM publication p LEFT JOIN author ON author.id = p.author
             WHERE p.channel = ?1 AND p.offset > ?2 AND p.offset < ?3
             ORDER BY p.offset {direction} LIMIT ?4"
        ))?;
        let mut rows = statement.query(params![
            key.0,
            after.map_or(0, row::to_sql),
            before.map_or(i64::MAX, row::to_sql),
            row::count_to_sql(limits::READ_SCAN_MAX + 1),
        ])?;
        let (mut bytes, mut looked_at, mut seen) = (0, 0, through);
        while let Some(row) = rows.next()? {
            past.more = looked_at == limits::READ_SCAN_MAX;
            let columns = row::columns(row, key)?;
            let fits = columns.audience.includes(role) && kind.is_none_or(|kind| kind == columns.kind);
            if !past.more && fits {
                let publication = row::publication(&columns, self.channel, self.epoch)?;
                bytes += publication.body.len();
                let full = past.publications.len() == limit || bytes > limits::READ_PAGE_BYTES_MAX;
                past.more = full && !past.publications.is_empty();
                if !past.more {
                    past.publications.push(Arc::new(publication));
                }
            }
            if past.more {
                past.through = seen;
                break;
            }
            seen = columns.offset;
            looked_at += 1;
        }
        if after.is_none() {
            past.publications.reverse();
        }
        Ok(past)
    }
}

/// The role as `Audience::bits` counts it.
fn role_bit(role: Role) -> u8 {
    1 << role as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AccountId, Audience, Body, MessageId, NewPublication, SchoolTime};
    use crate::store::{Settings, Store};

    /// One publication for students, then many for staff alone.
    fn mostly_hidden(hidden: usize) -> (tempfile::TempDir, Store, Channel) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
        let channel = Channel::Region;
        let news: Vec<_> = (0..=hidden)
            .map(|number| NewPublication {
                channel: channel.clone(),
                author: AccountId::parse("head").unwrap(),
                message_id: MessageId::parse(&format!("m{number}")).unwrap(),
                audience: Audience::of(&[if number == 0 { Role::Student } else { Role::Staff }]).unwrap(),
                body: Body::post("x").unwrap(),
                published_at: SchoolTime(0),
                deliver_at: None,
                urgent: None,
            })
            .collect();
        store.writer().unwrap().append(&news).unwrap().commit().unwrap();
        (folder, store, channel)
    }

    #[test]
    fn everything_of_a_kind_is_shown_in_the_order_of_each_log() {
        let (_folder, store, channel) = mostly_hidden(3);
        let late = NewPublication {
            channel: Channel::RegionBulletin,
            author: AccountId::parse("head").unwrap(),
            message_id: MessageId::parse("late").unwrap(),
            audience: Audience::EVERYONE,
            body: Body::parse(Kind::Question, r#"{"text":"x"}"#).unwrap(),
            published_at: SchoolTime(0),
            deliver_at: None,
            urgent: None,
        };
        store.writer().unwrap().append([&late]).unwrap().commit().unwrap();
        let of = |kind| {
            let mut shown = Vec::new();
            let show = |one: Publication| shown.push((one.channel, one.position.offset.0));
            store.reader().unwrap().of_kind(kind, show).unwrap();
            shown
        };
        assert_eq!(of(Kind::Post), [1, 2, 3, 4].map(|offset| (channel.clone(), offset)));
        assert_eq!(of(Kind::Question), [(Channel::RegionBulletin, 1)]);
        assert_eq!(of(Kind::Lesson), []);
    }

    #[test]
    fn a_read_looks_at_so_many_rows_and_says_how_far_it_came() {
        let scan = limits::READ_SCAN_MAX as u64;
        let (_folder, store, channel) = mostly_hidden(limits::READ_SCAN_MAX);
        let mut reader = store.reader().unwrap();
        let snapshot = reader.snapshot(&channel).unwrap();
        assert_eq!(snapshot.end().last, Offset(scan + 1));
        let first = snapshot.after(Offset(0), Role::Student, 10).unwrap();
        assert_eq!((first.publications.len(), first.through), (1, Offset(scan)));
        let second = snapshot.after(first.through, Role::Student, 10).unwrap();
        assert_eq!((second.publications.len(), second.through), (0, Offset(scan + 1)));
        // The only one that a student may see lies too far back.
        assert_eq!(snapshot.before_last(5, Role::Student).unwrap(), Offset(scan + 1));
        assert_eq!(snapshot.before_last(5, Role::Staff).unwrap(), Offset(scan - 4));
    }
}
