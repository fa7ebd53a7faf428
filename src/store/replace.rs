//! Publications that take the place of others: what of those waits leaves the schedule in the transaction that places the
//! new one.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::base::{MessageId, NewPublication, Replacement, SchoolTime, Unseen, limits};

use super::StoreError;
use super::lock::take_turn;
use super::names::Names;
use super::row::{AuthorKey, ChannelKey};
use super::schedule;
use super::writer::{self, Batch, LogWriter};

/// Replacements that were carried out and not committed.
#[derive(Debug)]
pub struct Replacing<'a> {
    /// What is published or scheduled, in order.
    pub news: Vec<NewPublication>,
    /// Of each replacement, whether it is one of these.
    pub is_said: Vec<bool>,
    /// The transaction, and what became of each of `news`.
    pub batch: Batch<'a>,
}

impl LogWriter {
    /// Puts publications in the places of others, in one transaction that the caller commits, or drops if one of them is
    /// refused.
    ///
    /// # Errors
    /// As SQLite fails; everything is then as it was.
    pub fn replace(&mut self, replacements: &[Replacement]) -> Result<Replacing<'_>, StoreError> {
        let turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let names = &mut self.names;
        names.begin();
        let (mut news, mut placed, mut is_said) = (Vec::new(), Vec::new(), Vec::new());
        let mut waiting_after = self.waiting;
        for replacement in replacements {
            let new = take_back(&transaction, names, replacement, &mut waiting_after)?;
            is_said.push(new.is_some());
            if let Some(new) = new {
                placed.push(writer::place(&transaction, names, &new, &mut waiting_after)?);
                news.push(new);
            }
        }
        let (names, waiting) = (&mut self.names, &mut self.waiting);
        let batch = Batch { transaction, placed, names, waiting, waiting_after, _turn: turn };
        Ok(Replacing { news, is_said, batch })
    }
}

/// Takes what is replaced out of the schedule. What is to be said then, and when, if anything.
fn take_back(
    db: &Connection,
    names: &mut Names,
    replacement: &Replacement,
    waiting: &mut usize,
) -> Result<Option<NewPublication>, StoreError> {
    let Replacement { earlier, new, unseen } = replacement;
    if earlier.is_empty() {
        return Ok(Some(new.clone()));
    }
    let (channel, _) = names.channel(db, &new.channel)?;
    let author = names.author(db, &new.author)?;
    let (mut kept, mut is_seen) = (None, false);
    for message_id in earlier.iter().take(limits::REPLACED_MAX) {
        if let Some(deliver_at) = schedule::take_back(db, (channel, author), message_id)? {
            *waiting = waiting.checked_sub(1).ok_or(StoreError::Damaged)?;
            kept = Some(deliver_at);
        }
        is_seen = is_seen || is_published(db, (channel, author), message_id)?;
    }
    Ok(match unseen {
        _ if is_seen => Some(new.clone()),
        Unseen::StaysSilent => None,
        Unseen::KeepsTime => {
            let deliver_at: Option<SchoolTime> = kept.or(new.deliver_at);
            Some(NewPublication { deliver_at, ..new.clone() })
        }
    })
}

fn is_published(
    db: &Connection,
    (channel, author): (ChannelKey, AuthorKey),
    message_id: &MessageId,
) -> Result<bool, StoreError> {
    let found = db
        .prepare_cached("SELECT 1 FROM publication WHERE author = ?1 AND channel = ?2 AND message_id = ?3")?
        .query_row(params![author.0, channel.0, message_id.as_str()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}
