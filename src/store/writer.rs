//! The one connection that appends to the log and removes from it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::base::body::erased;
use crate::base::{Channel, Kind, NewPublication, Offset, SchoolTime, limits};

use super::lock::{Lock, take_turn};
use super::names::Names;
use super::pages::LogPages;
use super::row::{self, AuthorKey, ChannelKey, Columns};
use super::schedule::{self, RowId};
use super::{StoreError, hooks, target, urgent};

/// Appends and removes. There is one per store.
#[derive(Debug)]
pub struct LogWriter {
    pub(super) db: Connection,
    log_pages: LogPages,
    pub(super) names: Names,
    /// Held while this writer or the ledger's writes.
    pub(super) turn: Arc<Mutex<()>>,
    /// Publications in the schedule after the last commit.
    pub(super) waiting: usize,
    /// Rows of the schedule that could not be released: they are left alone until the store is opened again.
    held: HashSet<RowId>,
    _lock: Arc<Lock>,
}

/// What became of one publication of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It has a new place.
    New {
        /// The place.
        offset: Offset,
        /// The end of the channel's log before it.
        previous: Offset,
    },
    /// The same publication is already in the log.
    Known(Offset),
    /// Another publication has its key.
    KeyReused,
    /// It waits in the schedule.
    Later {
        /// Until then.
        deliver_at: SchoolTime,
        /// Whether it did so already.
        duplicate: bool,
    },
    /// Its author or its school has sent too much that is urgent.
    TooManyUrgent {
        /// How long until one more may be sent.
        wait_ms: u32,
    },
    /// The schedule has no room for it, or none for more of this author's.
    NoRoom,
    /// What it deletes, pins or reports is not there, or nothing that can be.
    NoTarget,
}

/// A batch that was appended and not committed. Dropping it takes it back.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) placed: Vec<Placed>,
    pub(super) names: &'a mut Names,
    pub(super) waiting: &'a mut usize,
    pub(super) waiting_after: usize,
    pub(super) _turn: MutexGuard<'a, ()>,
}

/// What leaves the schedule in one transaction.
#[derive(Debug)]
pub struct Release<'a> {
    /// The publications, in the order in which they go into their logs.
    pub news: Vec<NewPublication>,
    /// The transaction, and what became of each of them.
    pub batch: Batch<'a>,
    /// Rows that turned out to be damaged.
    pub damaged: usize,
}

impl Batch<'_> {
    /// What became of each publication, in the order of the batch.
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// Puts the batch on stable storage.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the batch is then in the log.
    pub fn commit(self) -> Result<Vec<Placed>, StoreError> {
        self.transaction.commit()?;
        self.names.committed();
        *self.waiting = self.waiting_after;
        Ok(self.placed)
    }
}

/// What one step of retention removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Publications.
    pub removed: usize,
    /// The channels they were in.
    pub channels: HashSet<Channel>,
}

impl LogWriter {
    pub(super) fn new(mut db: Connection, turn: Arc<Mutex<()>>, lock: Arc<Lock>) -> Result<Self, StoreError> {
        let log_pages = LogPages::watch(&mut db)?;
        let waiting = schedule::count(&db)?;
        Ok(Self { db, log_pages, names: Names::default(), turn, waiting, held: HashSet::new(), _lock: lock })
    }

    /// Appends publications in their order, or puts them into the schedule, in one transaction that the caller commits.
    ///
    /// # Errors
    /// As SQLite fails; nothing of the batch is then in the log.
    pub fn append<'a>(
        &mut self,
        batch: impl IntoIterator<Item = &'a NewPublication>,
    ) -> Result<Batch<'_>, StoreError> {
        let turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let names = &mut self.names;
        names.begin();
        let mut waiting_after = self.waiting;
        let place = |new| place(&transaction, names, new, &mut waiting_after);
        let placed = batch.into_iter().map(place).collect::<Result<_, _>>()?;
        let (names, waiting) = (&mut self.names, &mut self.waiting);
        Ok(Batch { transaction, placed, names, waiting, waiting_after, _turn: turn })
    }

    /// Moves at most [`limits::RELEASE_SLICE`] publications whose time has come from the schedule into their channels'
    /// logs, in the order of their times, in one transaction that the caller commits. `None` if there are none.
    ///
    /// A damaged row stays where it is, and holds up no other.
    ///
    /// # Errors
    /// As SQLite fails; everything is then still in the schedule.
    pub fn release(&mut self, now: SchoolTime) -> Result<Option<Release<'_>>, StoreError> {
        let rows = schedule::due(&self.db, now, limits::RELEASE_SLICE + self.held.len())?;
        let due: Vec<RowId> = rows.into_iter().filter(|row| !self.held.contains(row)).collect();
        if due.is_empty() {
            return Ok(None);
        }
        let turn = take_turn(&self.turn);
        let mut transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let names = &mut self.names;
        names.begin();
        let (mut news, mut placed) = (Vec::with_capacity(due.len()), Vec::with_capacity(due.len()));
        let (mut waiting_after, mut damaged) = (self.waiting, 0);
        for row in due {
            let mut step = transaction.savepoint()?;
            match release_row(&step, names, row, now, &mut waiting_after) {
                Ok((new, place)) => {
                    step.commit()?;
                    news.push(new);
                    placed.push(place);
                }
                Err(StoreError::Damaged) => {
                    step.rollback()?;
                    step.commit()?;
                    names.forget();
                    self.held.insert(row);
                    damaged += 1;
                }
                Err(error) => return Err(error),
            }
        }
        let waiting = &mut self.waiting;
        let batch = Batch { transaction, placed, names, waiting, waiting_after, _turn: turn };
        Ok(Some(Release { news, batch, damaged }))
    }

    /// How many publications wait in the schedule.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Removes and commits at most [`limits::TRIM_SLICE`] publications of a kind that were published before an
    /// instant, oldest first. Their idempotency keys go with them; their offsets are never given again.
    ///
    /// # Errors
    /// As SQLite fails; nothing is then removed.
    pub fn trim(&mut self, kind: Kind, before: SchoolTime) -> Result<Slice, StoreError> {
        let _turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let old: Vec<(i64, i64)> = transaction
            .prepare_cached(
                "SELECT channel, offset FROM publication INDEXED BY publication_age
                 WHERE kind = ?1 AND published_at < ?2 ORDER BY published_at LIMIT ?3",
            )?
            .query_map(params![kind as u8, before.0, row::count_to_sql(limits::TRIM_SLICE)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut channels = HashSet::new();
        for &(channel, offset) in &old {
            transaction
                .prepare_cached("DELETE FROM publication WHERE channel = ?1 AND offset = ?2")?
                .execute([channel, offset])?;
            let name: String = transaction
                .prepare_cached(
                    "UPDATE channel SET trimmed_through = max(trimmed_through, ?2), last = max(last, ?2)
                     WHERE id = ?1 RETURNING name",
                )?
                .query_row([channel, offset], |row| row.get(0))?;
            channels.insert(Channel::parse(&name).map_err(|_| StoreError::Damaged)?);
        }
        transaction.commit()?;
        Ok(Slice { removed: old.len(), channels })
    }

    /// Commits a publication of the largest size and its removal as one transaction: whether there is room, whether the
    /// tables can be written and whether the medium takes a commit. It leaves nothing, and nobody can see it.
    ///
    /// # Errors
    /// As SQLite fails, and as an append would.
    pub fn probe(&mut self) -> Result<(), StoreError> {
        // An empty name can't belong to a channel or an account.
        const NOBODY: &str = "";
        let _turn = take_turn(&self.turn);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("INSERT INTO channel (name) VALUES (?1)", [NOBODY])?;
        let channel = transaction.last_insert_rowid();
        transaction.execute("INSERT INTO author (name) VALUES (?1)", [NOBODY])?;
        let author = transaction.last_insert_rowid();
        transaction.execute(
            "INSERT INTO publication
                (channel, offset, kind, audience, author, published_at, checksum, message_id, body)
             VALUES (?1, 1, 0, 0, ?2, 0, 0, '', ?3)",
            params![channel, author, " ".repeat(limits::MESSAGE_BYTES_MAX)],
        )?;
        transaction.execute("DELETE FROM publication WHERE channel = ?1", [channel])?;
        transaction.execute("DELETE FROM author WHERE id = ?1", [author])?;
        transaction.execute("DELETE FROM channel WHERE id = ?1", [channel])?;
        Ok(transaction.commit()?)
    }

    /// Copies the write-ahead log into the database if it has grown past
    /// [`limits::LOG_PAGES_BEFORE_CHECKPOINT`], so that its file is written again from the start.
    ///
    /// # Errors
    /// As SQLite fails; the log then stays and grows, and nothing is lost.
    pub fn checkpoint_if_due(&mut self) -> Result<(), StoreError> {
        self.log_pages.checkpoint_if_due(&self.db)
    }
}

/// Moves one publication from the schedule into its channel's log.
fn release_row(
    db: &Connection,
    names: &mut Names,
    row: RowId,
    now: SchoolTime,
    waiting: &mut usize,
) -> Result<(NewPublication, Placed), StoreError> {
    let new = schedule::take(db, row, now)?;
    let mut waiting_after = waiting.checked_sub(1).ok_or(StoreError::Damaged)?;
    let placed = place(db, names, &new, &mut waiting_after)?;
    *waiting = waiting_after;
    Ok((new, placed))
}

/// Finds a publication its place, in the log or in the schedule, of which `waiting` is the length.
pub(super) fn place(
    db: &Connection,
    names: &mut Names,
    new: &NewPublication,
    waiting: &mut usize,
) -> Result<Placed, StoreError> {
    let (channel, previous) = names.channel(db, &new.channel)?;
    let author = names.author(db, &new.author)?;
    // A key stands in the log or in the schedule, never in both.
    if *waiting > 0
        && let Some(known) = schedule::known(db, (channel, author), new)?
    {
        return Ok(known);
    }
    if let (None, None) = (&new.urgent, new.deliver_at) {
        // The index of keys is asked once: by the row that goes in, unless it is known.
        return match append(db, names, (channel, previous), author, new)? {
            Some(placed) => Ok(placed),
            None => known(db, channel, author, new)?.ok_or(StoreError::Damaged),
        };
    }
    if let Some(known) = known(db, channel, author, new)? {
        return Ok(known);
    }
    if let Some(urgent) = &new.urgent
        && let Some(wait_ms) = urgent::admit(db, new, urgent)?
    {
        return Ok(Placed::TooManyUrgent { wait_ms });
    }
    let Some(deliver_at) = new.deliver_at else {
        return append(db, names, (channel, previous), author, new)?.ok_or(StoreError::Damaged);
    };
    if *waiting >= limits::SCHEDULED_MAX {
        return Ok(Placed::NoRoom);
    }
    let placed = schedule::insert(db, (channel, author), new, deliver_at)?;
    *waiting += usize::from(matches!(placed, Placed::Later { .. }));
    Ok(placed)
}

/// Appends a publication to its channel's log; `None` if the log has its key. The channel's own row stays as it is: where the
/// log ends, its last row says.
fn append(
    db: &Connection,
    names: &mut Names,
    (channel, previous): (ChannelKey, Offset),
    author: AuthorKey,
    new: &NewPublication,
) -> Result<Option<Placed>, StoreError> {
    let offset = previous.next();
    let columns = Columns {
        channel,
        offset,
        kind: new.body.kind(),
        audience: new.audience,
        author,
        author_name: new.author.as_str(),
        published_at: new.published_at,
        message_id: new.message_id.as_str(),
        body: new.body.json(),
        urgent: new.urgent.is_some(),
    };
    let rows = db
        .prepare_cached(
            "INSERT INTO publication
                (channel, offset, kind, audience, author, published_at, checksum, message_id, body, urgent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (author, channel, message_id) DO NOTHING",
        )?
        .execute(params![
            channel.0,
            row::to_sql(offset),
            columns.kind as u8,
            columns.audience.bits(),
            author.0,
            columns.published_at.0,
            columns.checksum(),
            columns.message_id,
            columns.body,
            columns.urgent,
        ])?;
    if rows == 0 {
        return Ok(None);
    }
    // After the row, since one that is known already is answered as before, whatever has become of what it names.
    if !target::serves(db, channel, new)? {
        target::take_back(db, channel, offset)?;
        return Ok(Some(Placed::NoTarget));
    }
    names.ends(&new.channel, offset);
    hooks::note(db, offset, new)?;
    Ok(Some(Placed::New { offset, previous }))
}

/// What the log already holds under the publication's key. The time is no part of the comparison: a client that asks
/// again does so later. Nor is it that a deletion has taken the words since.
fn known(
    db: &Connection,
    channel: ChannelKey,
    author: AuthorKey,
    new: &NewPublication,
) -> Result<Option<Placed>, StoreError> {
    let found: Option<(i64, bool)> = db
        .prepare_cached(
            "SELECT offset, kind = ?4 AND audience = ?5 AND body IN (?6, ?8) AND urgent = ?7 FROM publication
             WHERE author = ?1 AND channel = ?2 AND message_id = ?3",
        )?
        .query_row(
            params![
                author.0,
                channel.0,
                new.message_id.as_str(),
                new.body.kind() as u8,
                new.audience.bits(),
                new.body.json(),
                new.urgent.is_some(),
                erased(new.body.json())
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    match found {
        None => Ok(None),
        Some((offset, true)) => row::offset_from(offset).map(|offset| Some(Placed::Known(offset))),
        Some((_, false)) => Ok(Some(Placed::KeyReused)),
    }
}
