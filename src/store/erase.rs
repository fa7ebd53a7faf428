//! How an account's traces leave the log and the schedule.
//!
//! What it had published keeps its place and its shape, so that no position changes and nobody's thread tears; its author
//! and its words go. Where a lesson's log says that it was muted, its name goes. What is in its own channel was for it alone
//! and goes as a whole. Done in slices, and to do it again
//! changes nothing.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::base::body::{self, Event, LessonEvent, erased};
use crate::base::{AccountId, Body, Channel, Kind, limits};

use super::StoreError;
use super::lock::take_turn;
use super::row::{self, AuthorKey, COLUMNS, ChannelKey, Columns};
use super::writer::LogWriter;

/// What one step of an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// Publications that have no author and no words any more, or do not name the account any more.
    pub blanked: usize,
    /// Publications that were removed: those in the account's own channel, and what it had in the schedule.
    pub removed: usize,
    /// The channels that they were in.
    pub channels: HashSet<Channel>,
}

impl LogWriter {
    /// Takes at most [`limits::ERASE_SLICE`] publications of an account's out of its name and commits; once there are no
    /// more, removes its own channel's content and what it has in the schedule. Nothing of it is left when the step did
    /// nothing.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the step is then done.
    pub fn erase(&mut self, account: &AccountId) -> Result<Erased, StoreError> {
        let _turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.names.begin();
        let nobody = self.names.author(&transaction, &AccountId::erased())?;
        let author = find(&transaction, "SELECT id FROM author WHERE name = ?1", account.as_str())?;
        let mut done = Erased::default();
        if let Some(author) = author {
            blank(&transaction, AuthorKey(author), nobody, &mut done)?;
        }
        if done.blanked == 0 {
            unname(&transaction, account, &mut done)?;
        }
        let mut unscheduled = 0;
        if done.blanked == 0 {
            let own = Channel::Account(account.clone());
            let channel = find(&transaction, "SELECT id FROM channel WHERE name = ?1", &own.to_string())?;
            if let Some(channel) = channel {
                done.removed += empty(&transaction, channel)?;
                done.channels.insert(own);
            }
            unscheduled = transaction
                .prepare_cached("DELETE FROM scheduled WHERE author = ?1 OR channel = ?2")?
                .execute(params![author, channel])?;
            done.removed += unscheduled;
            transaction.prepare_cached("DELETE FROM author WHERE id = ?1")?.execute([author])?;
        }
        transaction.commit()?;
        // The account's number is gone.
        self.names.forget();
        self.names.committed();
        self.waiting = self.waiting.saturating_sub(unscheduled);
        Ok(done)
    }
}

fn find(db: &Connection, sql: &str, name: &str) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
}

/// Takes a slice of an author's publications out of its name.
fn blank(db: &Connection, author: AuthorKey, nobody: AuthorKey, done: &mut Erased) -> Result<(), StoreError> {
    let slice = row::count_to_sql(limits::ERASE_SLICE);
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS}, p.channel, channel.name FROM publication p INDEXED BY publication_key
         JOIN author ON author.id = p.author JOIN channel ON channel.id = p.channel
         WHERE p.author = ?1 LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![author.0, slice])?;
    let mut blanked = Vec::new();
    while let Some(row) = rows.next()? {
        let channel = ChannelKey(row.get(10)?);
        let found = row::columns(row, channel)?;
        let body = erased(found.body);
        // Names that were an author's own could meet another's.
        let message_id = format!("erased.{}", found.offset.0);
        let nameless = AccountId::erased();
        let left = Columns {
            author: nobody,
            author_name: nameless.as_str(),
            message_id: &message_id,
            body: &body,
            ..found
        };
        let (offset, checksum) = (row::to_sql(left.offset), left.checksum());
        blanked.push((channel.0, offset, checksum, message_id, body));
        let name: String = row.get(11)?;
        done.channels.insert(Channel::parse(&name).map_err(|_| StoreError::Damaged)?);
    }
    for (channel, offset, checksum, message_id, body) in blanked {
        db.prepare_cached(
            "UPDATE publication SET author = ?3, checksum = ?4, message_id = ?5, body = ?6
             WHERE channel = ?1 AND offset = ?2",
        )?
        .execute(params![channel, offset, nobody.0, checksum, message_id, body])?;
        done.blanked += 1;
    }
    Ok(())
}

/// Takes an account's name out of a slice of what lessons say about it. There are few: the log keeps them for a day or so.
fn unname(db: &Connection, account: &AccountId, done: &mut Erased) -> Result<(), StoreError> {
    let slice = row::count_to_sql(limits::ERASE_SLICE);
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS}, p.channel, channel.name FROM publication p INDEXED BY publication_age
         JOIN author ON author.id = p.author JOIN channel ON channel.id = p.channel
         WHERE p.kind = ?1 AND instr(p.body, ?2) > 0 LIMIT ?3"
    ))?;
    let named = format!(r#""account":"{account}""#);
    let mut rows = statement.query(params![Kind::Lesson as u8, named, slice])?;
    let mut unnamed = Vec::new();
    while let Some(row) = rows.next()? {
        let channel = ChannelKey(row.get(10)?);
        let found = row::columns(row, channel)?;
        let body = without(account, found.body)?;
        let checksum = Columns { body: &body, ..found }.checksum();
        unnamed.push((channel.0, row::to_sql(found.offset), checksum, body));
        let name: String = row.get(11)?;
        done.channels.insert(Channel::parse(&name).map_err(|_| StoreError::Damaged)?);
    }
    for (channel, offset, checksum, body) in unnamed {
        db.prepare_cached(
            "UPDATE publication SET checksum = ?3, body = ?4 WHERE channel = ?1 AND offset = ?2",
        )?
        .execute(params![channel, offset, checksum, body])?;
        done.blanked += 1;
    }
    Ok(())
}

/// What a lesson's log says, about nobody.
fn without(account: &AccountId, said: &str) -> Result<String, StoreError> {
    let mut entry: LessonEvent = body::read(said).map_err(|_| StoreError::Damaged)?;
    if let Event::Muted { account: whom } | Event::Unmuted { account: whom } = &mut entry.event
        && whom.as_ref() == Some(account)
    {
        *whom = Some(AccountId::erased());
    }
    let left = Body::of(&entry).map_err(|_| StoreError::Damaged)?;
    Ok(left.json().to_owned())
}

/// Removes everything in a channel; its offsets are never given again. How many publications that was.
fn empty(db: &Connection, channel: i64) -> Result<usize, StoreError> {
    let last: Option<i64> = db
        .prepare_cached("SELECT max(offset) FROM publication WHERE channel = ?1")?
        .query_row([channel], |row| row.get(0))?;
    let Some(last) = last else { return Ok(0) };
    db.prepare_cached(
        "UPDATE channel SET trimmed_through = max(trimmed_through, ?2), last = max(last, ?2) WHERE id = ?1",
    )?
    .execute([channel, last])?;
    Ok(db.prepare_cached("DELETE FROM publication WHERE channel = ?1")?.execute([channel])?)
}
