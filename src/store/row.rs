//! One publication as a row: how its columns are summed, written and read back.
//!
//! SQLite does not check its pages. A checksum over every column turns a byte that the medium changed into an error
//! instead of a pupil's words that nobody wrote.

use rusqlite::Row;

use crate::base::{
    AccountId, Audience, Channel, Epoch, Kind, MessageId, Offset, Position, Publication, SchoolTime,
};

use super::StoreError;

/// A channel's number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChannelKey(pub(super) i64);

/// An author's number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AuthorKey(pub(super) i64);

/// The columns that [`columns`] reads, in its order.
pub(super) const COLUMNS: &str =
    "p.offset, p.kind, p.audience, p.author, p.published_at, p.checksum, p.message_id, p.body, author.name,
     p.urgent";

/// What [`last`] reads: two columns of a channel's row.
pub(super) const LAST: &str =
    "last, ifnull((SELECT max(offset) FROM publication WHERE publication.channel = channel.id), 0)";

/// Everything that a row's checksum covers.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    pub(super) channel: ChannelKey,
    pub(super) offset: Offset,
    pub(super) kind: Kind,
    pub(super) audience: Audience,
    pub(super) author: AuthorKey,
    pub(super) author_name: &'a str,
    pub(super) published_at: SchoolTime,
    pub(super) message_id: &'a str,
    pub(super) body: &'a str,
    pub(super) urgent: bool,
}

impl Columns<'_> {
    /// The sum of all columns.
    pub(super) fn checksum(&self) -> u32 {
        let numbers = [
            self.channel.0,
            to_sql(self.offset),
            i64::from(self.kind as u8),
            i64::from(self.audience.bits()),
            self.author.0,
            self.published_at.0,
        ];
        // Rows of before there was anything urgent have sums without a mark.
        let mark: &[&str] = if self.urgent { &["urgent"] } else { &[] };
        checksum(&numbers, &[&[self.author_name, self.message_id, self.body], mark].concat())
    }
}

/// CRC-32 over the columns of any row. The texts' lengths go first, so that no byte can move from one to the next.
pub(super) fn checksum(numbers: &[i64], texts: &[&str]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for number in numbers {
        sum.update(&number.to_le_bytes());
    }
    for text in texts {
        sum.update(&text.len().to_le_bytes());
        sum.update(text.as_bytes());
    }
    sum.finalize()
}

/// An offset as SQLite keeps it. Offsets that were given are below 2^53; one that a client made up is clamped.
pub(super) fn to_sql(offset: Offset) -> i64 {
    i64::try_from(offset.0).unwrap_or(i64::MAX)
}

/// A count as SQLite takes it.
pub(super) fn count_to_sql(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An offset as SQLite kept it.
pub(super) fn offset_from(number: i64) -> Result<Offset, StoreError> {
    u64::try_from(number).map(Offset).map_err(|_| StoreError::Damaged)
}

/// The end of a channel's log, from the columns of [`LAST`] that begin there: where its rows end, or where retention and
/// earlier versions of the tables have put it.
pub(super) fn last(row: &Row<'_>, index: usize) -> Result<Offset, StoreError> {
    let kept = offset_from(row.get(index)?)?;
    Ok(kept.max(offset_from(row.get(index + 1)?)?))
}

/// A row of [`COLUMNS`], verified. A read looks at each row by this, also at those that it leaves out: a changed audience
/// could hide one.
pub(super) fn columns<'a>(row: &'a Row<'_>, channel: ChannelKey) -> Result<Columns<'a>, StoreError> {
    let text = |index| row.get_ref(index).map(|value| value.as_str().map_err(|_| StoreError::Damaged));
    let columns = Columns {
        channel,
        offset: offset_from(row.get(0)?)?,
        kind: Kind::from_number(row.get(1)?).ok_or(StoreError::Damaged)?,
        audience: Audience::from_bits(row.get(2)?).ok_or(StoreError::Damaged)?,
        author: AuthorKey(row.get(3)?),
        published_at: SchoolTime(row.get(4)?),
        message_id: text(6)??,
        body: text(7)??,
        author_name: text(8)??,
        urgent: row.get(9)?,
    };
    if columns.checksum() == row.get::<_, u32>(5)? { Ok(columns) } else { Err(StoreError::Damaged) }
}

/// The publication in a verified row.
pub(super) fn publication(
    columns: &Columns<'_>,
    channel: &Channel,
    epoch: Epoch,
) -> Result<Publication, StoreError> {
    Ok(Publication {
        channel: channel.clone(),
        position: Position { epoch, offset: columns.offset },
        kind: columns.kind,
        author: AccountId::parse(columns.author_name).map_err(|_| StoreError::Damaged)?,
        message_id: MessageId::parse(columns.message_id).map_err(|_| StoreError::Damaged)?,
        audience: columns.audience,
        body: columns.body.into(),
        published_at: columns.published_at,
        urgent: columns.urgent,
    })
}
