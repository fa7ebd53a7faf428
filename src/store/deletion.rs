//! Deletions: what one names loses its words in the transaction that appends it, so no crash leaves the one without the
//! other. Its place, its author and its key stay: no position changes, and whoever sends it again is told that it is there.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::base::body::{self, Deletion, Proposal, erased};
use crate::base::{Kind, MessageId, NewPublication, Position};

use super::row::{self, COLUMNS, ChannelKey, Columns};
use super::{StoreError, schema};

/// What deletions take words from.
const WORDS: [Kind; 3] = [Kind::Post, Kind::Question, Kind::Proposal];

/// Takes the words of what a deletion names, if it is of this channel and of this life of the store; whether there is such a
/// thing. What was proposed before it was published loses them too.
///
/// # Errors
/// As SQLite fails, or [`StoreError::Damaged`].
pub(super) fn take_words(
    db: &Connection,
    channel: ChannelKey,
    deletion: &NewPublication,
) -> Result<bool, StoreError> {
    let Ok(Deletion { at: Position { epoch, offset } }) = body::read(deletion.body.json()) else {
        return Ok(false);
    };
    if epoch != schema::epoch(db)? {
        return Ok(false);
    }
    let Some((author, message_id)) = blank(db, channel, row::to_sql(offset))? else { return Ok(false) };
    let Ok(proposed) = MessageId::parse(&message_id).and_then(|name| Proposal::name(&name)) else {
        return Ok(true);
    };
    let proposal: Option<i64> = db
        .prepare_cached(
            "SELECT offset FROM publication
             WHERE author = ?1 AND channel = ?2 AND message_id = ?3 AND kind = ?4",
        )?
        .query_row(params![author, channel.0, proposed.as_str(), Kind::Proposal as u8], |row| row.get(0))
        .optional()?;
    if let Some(offset) = proposal {
        blank(db, channel, offset)?;
    }
    Ok(true)
}

/// Takes the words of one publication. Its author's number and its name, if there is one that has words to lose.
fn blank(db: &Connection, channel: ChannelKey, offset: i64) -> Result<Option<(i64, String)>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM publication p JOIN author ON author.id = p.author
         WHERE p.channel = ?1 AND p.offset = ?2"
    ))?;
    let mut rows = statement.query([channel.0, offset])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let found = row::columns(row, channel)?;
    if !WORDS.contains(&found.kind) {
        return Ok(None);
    }
    let name = (found.author.0, found.message_id.to_owned());
    let body = erased(found.body);
    let checksum = Columns { body: &body, ..found }.checksum();
    db.prepare_cached("UPDATE publication SET checksum = ?3, body = ?4 WHERE channel = ?1 AND offset = ?2")?
        .execute(params![channel.0, offset, checksum, body])?;
    Ok(Some(name))
}
