//! What a publication names by its place in the same channel: a deletion takes the words there, and what is pinned or
//! reported still has them. Judged in the transaction that appends it, so no deletion comes between.

use rusqlite::{Connection, params};

use crate::base::body::{self, Event, LessonEvent, erased};
use crate::base::{Kind, NewPublication, Offset, Position};

use super::row::{self, COLUMNS, ChannelKey};
use super::{StoreError, deletion, schema};

/// What can be pinned or reported.
const HEARD: [Kind; 2] = [Kind::Post, Kind::Question];

/// Whether what a publication names is there; a deletion has its words taken by that. Most name nothing.
///
/// # Errors
/// As SQLite fails, or [`StoreError::Damaged`].
pub(super) fn serves(db: &Connection, channel: ChannelKey, new: &NewPublication) -> Result<bool, StoreError> {
    match new.body.kind() {
        Kind::Deletion => deletion::take_words(db, channel, new),
        Kind::Lesson => match body::read(new.body.json()) {
            Ok(LessonEvent { event: Event::Pinned { at } | Event::Reported { at } }) => {
                is_heard(db, channel, at)
            }
            _ => Ok(true),
        },
        _ => Ok(true),
    }
}

/// Takes back a publication whose target is missing; its place is the next one's.
///
/// # Errors
/// As SQLite fails.
pub(super) fn take_back(db: &Connection, channel: ChannelKey, at: Offset) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM publication WHERE channel = ?1 AND offset = ?2")?
        .execute(params![channel.0, row::to_sql(at)])?;
    Ok(())
}

/// Whether a post or question stands there that has its words, in this life of the store.
fn is_heard(db: &Connection, channel: ChannelKey, at: Position) -> Result<bool, StoreError> {
    if at.epoch != schema::epoch(db)? {
        return Ok(false);
    }
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM publication p JOIN author ON author.id = p.author
         WHERE p.channel = ?1 AND p.offset = ?2"
    ))?;
    let mut rows = statement.query([channel.0, row::to_sql(at.offset)])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let found = row::columns(row, channel)?;
    Ok(HEARD.contains(&found.kind) && erased(found.body) != found.body)
}
