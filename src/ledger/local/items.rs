//! The registry of items over the embedded store's rows.

use std::borrow::Cow;

use jiff::civil::Date;

use super::{Local, append, failed};
use crate::base::body::{self, Announcement, Assignment};
use crate::base::{AccountId, Audience, Channel, ItemId, Kind, Reason, SchoolTime, limits};
use crate::ledger::items::{Held, Item, ItemMark, Items, PutItem};
use crate::ledger::{Answer, Busy, Json, LedgerError, NewEntry};
use crate::store::{ItemRow, LedgerBatch};

impl Items for Local {
    fn put_item(&self, item: Item, expected: Option<u32>, answer: Answer<PutItem>) -> Result<(), Busy> {
        self.write(answer, move |batch| put(batch, &item, expected))
    }

    fn withdraw_item(
        &self,
        id: ItemId,
        at: SchoolTime,
        entry: Option<NewEntry>,
        answer: Answer<PutItem>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let Some(found) = batch.item(id.as_str()).map_err(failed)? else {
                return Ok(PutItem::Unknown);
            };
            if found.is_withdrawn {
                return item(found).map(|found| PutItem::Same(Box::new(found)));
            }
            let ends_at = found.ends_at.max(at.0);
            let gone = ItemRow {
                is_withdrawn: true,
                is_settled: false,
                changed_at: at.0,
                held: None,
                ends_at,
                ..found
            };
            batch.put_item(&gone).map_err(failed)?;
            if let Some(entry) = entry {
                append(batch, &entry)?;
            }
            Ok(PutItem::Stored)
        })
    }

    fn settle_item(
        &self,
        id: ItemId,
        version: u32,
        is_withdrawn: bool,
        answer: Answer<()>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let found = batch.item(id.as_str()).map_err(failed)?;
            match found.filter(|row| row.version == version && row.is_withdrawn == is_withdrawn) {
                Some(row) if !row.is_settled => {
                    batch.put_item(&ItemRow { is_settled: true, ..row }).map_err(failed)
                }
                Some(_) | None => Ok(()),
            }
        })
    }

    fn undo_item(
        &self,
        id: ItemId,
        version: u32,
        before: Option<Item>,
        answer: Answer<()>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            let found = batch.item(id.as_str()).map_err(failed)?;
            let undone = found.filter(|row| row.version == version && !row.is_settled && !row.is_withdrawn);
            match (undone, before) {
                (None, _) => Ok(()),
                (Some(_), None) => batch.remove_item(id.as_str()).map_err(failed),
                (Some(undone), Some(before)) => {
                    let digests = undone.digests.rsplit_once(' ').map_or("", |(earlier, _)| earlier);
                    batch.put_item(&row(&before, digests.to_owned())).map_err(failed)
                }
            }
        })
    }

    fn items(&self, ids: Vec<ItemId>, answer: Answer<Vec<Item>>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let asked = ids.iter().take(limits::ITEMS_PAGE_MAX);
            let found = asked.filter_map(|id| rows.item(id.as_str()).transpose());
            found.map(|row| row.map_err(failed).and_then(item)).collect()
        })
    }

    fn items_of(
        &self,
        author: AccountId,
        before: Option<ItemMark>,
        limit: usize,
        answer: Answer<Vec<Item>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let before = before.as_ref().map(|mark| (mark.created_at.0, mark.id.as_str()));
            items(rows.items_of(author.as_str(), before, page(limit)).map_err(failed)?)
        })
    }

    fn unsettled_items(&self, answer: Answer<Vec<Item>>) -> Result<(), Busy> {
        self.read(answer, |rows| items(rows.unsettled_items(limits::ITEMS_PAGE_MAX).map_err(failed)?))
    }

    fn due_items(
        &self,
        (from, to): (Date, Date),
        after: Option<ItemId>,
        limit: usize,
        answer: Answer<Vec<Item>>,
    ) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let after = after.as_ref().map_or("", ItemId::as_str);
            let days = (from.to_string(), to.to_string());
            items(rows.due_items((&days.0, &days.1), after, page(limit)).map_err(failed)?)
        })
    }

    fn trim_items(&self, kind: Kind, before: SchoolTime, answer: Answer<usize>) -> Result<(), Busy> {
        self.write(answer, move |batch| batch.trim_items(kind as u8, before.0).map_err(failed))
    }
}

fn page(limit: usize) -> usize {
    limit.clamp(1, limits::ITEMS_PAGE_MAX)
}

fn put(batch: &LedgerBatch<'_>, new: &Item, expected: Option<u32>) -> Result<PutItem, LedgerError> {
    let found = batch.item(new.id.as_str()).map_err(failed)?;
    let said = digest(new);
    let Some(found) = found else {
        if expected.is_some() {
            return Ok(PutItem::Unknown);
        }
        return write(batch, new, said).map(|()| PutItem::Stored);
    };
    let digests = found.digests.clone();
    let found = item(found)?;
    let before = new.version.checked_sub(1).and_then(|index| digests.split(' ').nth(index as usize));
    if !found.is_withdrawn && before == Some(said.as_str()) {
        return Ok(PutItem::Same(Box::new(found)));
    }
    if found.is_withdrawn || expected != Some(found.version) || new.version != found.version + 1 {
        return Ok(PutItem::Conflict(Box::new(found)));
    }
    write(batch, new, format!("{digests} {said}")).map(|()| PutItem::Stored)
}

fn write(batch: &LedgerBatch<'_>, new: &Item, digests: String) -> Result<(), LedgerError> {
    let row = ItemRow { is_settled: false, ..row(new, digests) };
    batch.put_item(&row).map_err(failed)
}

/// A number for what an item says and to whom, so that what was sent before is known again.
fn digest(item: &Item) -> String {
    let places: Vec<String> = item.places.iter().map(Channel::to_string).collect();
    let head = (item.kind, &item.author, places, item.audience, item.publish_at, item.urgent);
    let mut sum = crc32fast::Hasher::new();
    sum.update(serde_json::json!(head).to_string().as_bytes());
    sum.update(wording(item).as_bytes());
    format!("{:08x}", sum.finalize())
}

/// What an item says by itself: that it is due earlier than before follows from what stood there when it was sent first.
fn wording(item: &Item) -> Cow<'_, str> {
    let plain = |said: Assignment| serde_json::to_string(&Assignment { earlier: false, ..said }).ok();
    let said = match item.kind {
        Kind::Assignment => body::read::<Assignment>(item.body.as_str()).ok().and_then(plain),
        _ => None,
    };
    said.map_or(Cow::Borrowed(item.body.as_str()), Cow::Owned)
}

fn row(item: &Item, digests: String) -> ItemRow {
    let places: Vec<String> = item.places.iter().map(Channel::to_string).collect();
    let expires_at = match item.kind {
        Kind::Announcement => {
            body::read::<Announcement>(item.body.as_str()).ok().and_then(|body| body.expires_at)
        }
        _ => None,
    };
    let due = match item.kind {
        Kind::Assignment => body::read::<Assignment>(item.body.as_str()).ok().map(|body| body.due),
        _ => None,
    };
    let ends = [Some(item.changed_at), item.publish_at, expires_at];
    ItemRow {
        id: item.id.as_str().to_owned(),
        kind: item.kind as u8,
        author: item.author.as_str().to_owned(),
        version: item.version,
        is_withdrawn: item.is_withdrawn,
        places: serde_json::json!(places).to_string(),
        audience: item.audience.bits(),
        body: item.body.as_str().to_owned(),
        created_at: item.created_at.0,
        changed_at: item.changed_at.0,
        publish_at: item.publish_at.map(|at| at.0),
        // An item that is urgent has a reason, so the one says the other.
        why: item.why.as_ref().filter(|_| item.urgent).map(|why| why.as_str().to_owned()),
        held: item.held.as_ref().map(|held| (held.since.0, held.until.0, held.due.clone())),
        digests,
        is_settled: item.is_settled,
        // A due date begins with its day: `YYYY-MM-DD`.
        due: due.map(|due| due.chars().take(10).collect()),
        ends_at: ends.into_iter().flatten().max().map_or(i64::MAX, |at| at.0),
    }
}

fn items(rows: Vec<ItemRow>) -> Result<Vec<Item>, LedgerError> {
    rows.into_iter().map(item).collect()
}

fn item(row: ItemRow) -> Result<Item, LedgerError> {
    let damaged = LedgerError::StorageFailed;
    let places: Vec<Channel> = serde_json::from_str(&row.places).map_err(|_| damaged)?;
    let why = row.why.as_deref().map(Reason::parse).transpose().map_err(|_| damaged)?;
    Ok(Item {
        id: ItemId::parse(&row.id).map_err(|_| damaged)?,
        kind: Kind::from_number(row.kind).ok_or(damaged)?,
        author: AccountId::parse(&row.author).map_err(|_| damaged)?,
        version: row.version,
        is_withdrawn: row.is_withdrawn,
        places,
        audience: Audience::from_bits(row.audience).ok_or(damaged)?,
        body: Json(row.body.into()),
        created_at: SchoolTime(row.created_at),
        changed_at: SchoolTime(row.changed_at),
        publish_at: row.publish_at.map(SchoolTime),
        urgent: why.is_some(),
        why,
        held: row.held.map(|(since, until, due)| Held {
            since: SchoolTime(since),
            until: SchoolTime(until),
            due,
        }),
        is_settled: row.is_settled,
    })
}
