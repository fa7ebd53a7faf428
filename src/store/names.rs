//! The numbers that names have in the file, and the ends of channels' logs, as the one writer knows them: who publishes again
//! is not looked up again.
//!
//! What a transaction finds or adds is true once it is committed. One that was not leaves doubt, and then all is looked up
//! anew. Bounded; when it is full it begins anew as well.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};

use crate::base::{AccountId, Channel, Offset, limits};

use super::StoreError;
use super::row::{self, AuthorKey, ChannelKey};

/// What is known of the names in the file.
#[derive(Debug, Default)]
pub(super) struct Names {
    channels: HashMap<Channel, (ChannelKey, Offset)>,
    authors: HashMap<AccountId, AuthorKey>,
    /// Whether a transaction has begun that was not committed yet.
    is_in_doubt: bool,
}

impl Names {
    /// A transaction begins. What an earlier one left in doubt is forgotten.
    pub(super) fn begin(&mut self) {
        if std::mem::replace(&mut self.is_in_doubt, true) {
            self.forget();
        }
    }

    /// The transaction was committed.
    pub(super) fn committed(&mut self) {
        self.is_in_doubt = false;
    }

    /// A part of the transaction was taken back.
    pub(super) fn forget(&mut self) {
        self.channels.clear();
        self.authors.clear();
    }

    /// The channel's number and the end of its log. It gets a number if it has none.
    pub(super) fn channel(
        &mut self,
        db: &Connection,
        channel: &Channel,
    ) -> Result<(ChannelKey, Offset), StoreError> {
        if let Some(known) = self.channels.get(channel) {
            return Ok(*known);
        }
        let found = find_or_add(db, channel)?;
        if self.channels.len() >= limits::NAMES_KEPT_MAX {
            self.channels.clear();
        }
        self.channels.insert(channel.clone(), found);
        Ok(found)
    }

    /// The channel's log ends there now.
    pub(super) fn ends(&mut self, channel: &Channel, last: Offset) {
        if let Some((_, end)) = self.channels.get_mut(channel) {
            *end = last;
        }
    }

    /// The author's number. It gets one if it has none.
    pub(super) fn author(&mut self, db: &Connection, author: &AccountId) -> Result<AuthorKey, StoreError> {
        if let Some(known) = self.authors.get(author) {
            return Ok(*known);
        }
        let name = author.as_str();
        let found = db
            .prepare_cached("SELECT id FROM author WHERE name = ?1")?
            .query_row([name], |row| row.get(0).map(AuthorKey))
            .optional()?;
        let key = if let Some(key) = found {
            key
        } else {
            db.prepare_cached("INSERT INTO author (name) VALUES (?1)")?.execute([name])?;
            AuthorKey(db.last_insert_rowid())
        };
        if self.authors.len() >= limits::NAMES_KEPT_MAX {
            self.authors.clear();
        }
        self.authors.insert(author.clone(), key);
        Ok(key)
    }
}

fn find_or_add(db: &Connection, channel: &Channel) -> Result<(ChannelKey, Offset), StoreError> {
    let name = channel.to_string();
    let found = db
        .prepare_cached(&format!("SELECT id, {} FROM channel WHERE name = ?1", row::LAST))?
        .query_row([&name], |row| Ok((ChannelKey(row.get(0)?), row::last(row, 1))))
        .optional()?;
    if let Some((key, last)) = found {
        return Ok((key, last?));
    }
    db.prepare_cached("INSERT INTO channel (name) VALUES (?1)")?.execute([&name])?;
    Ok((ChannelKey(db.last_insert_rowid()), Offset::START))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(number: usize) -> Channel {
        Channel::parse(&format!("class:{number}")).unwrap()
    }

    fn tables() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(&super::super::schema::STEPS.join(";")).unwrap();
        db
    }

    #[test]
    fn what_a_transaction_left_in_doubt_is_looked_up_anew() {
        let db = tables();
        let mut names = Names::default();
        names.begin();
        db.execute_batch("BEGIN").unwrap();
        let (first, _) = names.channel(&db, &class(1)).unwrap();
        names.ends(&class(1), Offset(7));
        db.execute_batch("ROLLBACK; BEGIN").unwrap();
        names.begin();
        db.execute_batch("INSERT INTO channel (name) VALUES ('class:other')").unwrap();
        let (second, end) = names.channel(&db, &class(1)).unwrap();
        assert_ne!(first, second);
        assert_eq!(end, Offset::START);
        names.committed();
        names.begin();
        assert_eq!(names.channel(&db, &class(1)).unwrap(), (second, Offset::START));
    }

    #[test]
    fn a_channel_ends_where_its_rows_do_or_where_retention_has_been() {
        let db = tables();
        db.execute_batch(
            "INSERT INTO channel (id, name, last) VALUES (1, 'class:1', 5), (2, 'class:2', 5);
             INSERT INTO author (id, name) VALUES (1, 'a');
             INSERT INTO publication (channel, offset, kind, audience, author, published_at, checksum, message_id, body)
             VALUES (1, 3, 0, 0, 1, 0, 0, 'm3', ''), (2, 8, 0, 0, 1, 0, 0, 'm8', '')",
        )
        .unwrap();
        let ends = [1, 2].map(|number| Names::default().channel(&db, &class(number)).unwrap().1);
        assert_eq!(ends, [Offset(5), Offset(8)]);
    }

    #[test]
    fn no_more_names_are_kept_than_may_be() {
        let db = tables();
        let mut names = Names::default();
        for number in 0..=limits::NAMES_KEPT_MAX {
            names.channels.insert(class(number), (ChannelKey(0), Offset::START));
        }
        names.channel(&db, &class(limits::NAMES_KEPT_MAX + 1)).unwrap();
        assert_eq!(names.channels.len(), 1);
    }
}
