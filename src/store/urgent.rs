//! Urgent publications: each is in the audit log by the commit that publishes it, and the audit log says how many there
//! were. So the rate holds across restarts, and one that is sent again counts once. An item counts once as well, to its
//! author and to each school, in however many channels it is published.

use rusqlite::{Connection, params};

use crate::base::body::{self, Announcement};
use crate::base::{Channel, ItemId, MachineTime, NewPublication, Urgent, limits};

use super::StoreError;
use super::ledger::{AuditRow, append_audit};

/// What an urgent publication is called in the audit log.
const URGENT: &str = "urgent";

/// How long the author has to wait, in milliseconds, if it or its school has sent as many as may be; else notes this one.
pub(super) fn admit(
    db: &Connection,
    new: &NewPublication,
    urgent: &Urgent,
) -> Result<Option<u32>, StoreError> {
    let scope = scope(&new.channel);
    let item = item(new);
    let is_noted =
        |scope| item.as_ref().map_or(Ok(false), |item| is_noted(db, (new, item), scope, urgent.at));
    let is_noted_of_author = is_noted(None)?;
    let is_of_account = matches!(new.channel, Channel::Account(_));
    // What goes to persons' own channels besides is no further alarm.
    if is_noted_of_author && (is_of_account || is_noted(Some(&scope))?) {
        return Ok(None);
    }
    let by = |column, value, max| wait_ms(db, (column, value), max, urgent.at);
    let of_author = if is_noted_of_author {
        None
    } else {
        by("who", new.author.as_str(), limits::URGENT_PER_ACCOUNT_MAX)?
    };
    let of_scope = by("scope", &scope, limits::URGENT_PER_SCHOOL_MAX)?;
    if let Some(wait_ms) = of_author.max(of_scope) {
        return Ok(Some(wait_ms));
    }
    let mut published = serde_json::json!({ "channel": new.channel, "message_id": new.message_id });
    if let Some(item) = &item {
        published["item"] = serde_json::json!(item);
    }
    append_audit(
        db,
        &AuditRow {
            school_at: new.published_at.0,
            machine_at: i64::try_from(urgent.at.0).unwrap_or(i64::MAX),
            who: new.author.as_str().to_owned(),
            what: URGENT.to_owned(),
            scope,
            why: urgent.reason.as_str().to_owned(),
            before: None,
            after: Some(published.to_string()),
        },
    )?;
    Ok(None)
}

/// The item that an announcement belongs to.
fn item(new: &NewPublication) -> Option<ItemId> {
    body::read::<Announcement>(new.body.json()).ok().and_then(|body| body.item)
}

/// Whether the item has been noted within the interval, anywhere or for one scope.
fn is_noted(
    db: &Connection,
    (new, item): (&NewPublication, &ItemId),
    scope: Option<&str>,
    now: MachineTime,
) -> Result<bool, StoreError> {
    let interval_ms = i64::try_from(limits::URGENT_INTERVAL.as_millis()).unwrap_or(i64::MAX);
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    let found: i64 = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM audit INDEXED BY audit_deed
             WHERE what = ?1 AND machine_at > ?2 AND machine_at <= ?3 AND who = ?4
                AND json_extract(after, '$.item') = ?5 AND scope = coalesce(?6, scope))",
        )?
        .query_row(
            params![URGENT, now.saturating_sub(interval_ms), now, new.author.as_str(), item.as_str(), scope],
            |row| row.get(0),
        )?;
    Ok(found != 0)
}

/// How long until one more is within the rate, if it is not now. Entries from a clock that was ahead do not count.
fn wait_ms(
    db: &Connection,
    (column, value): (&str, &str),
    max: usize,
    now: MachineTime,
) -> Result<Option<u32>, StoreError> {
    let interval_ms = i64::try_from(limits::URGENT_INTERVAL.as_millis()).unwrap_or(i64::MAX);
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    let (count, oldest): (i64, Option<i64>) = db
        .prepare_cached(&format!(
            "SELECT count(DISTINCT coalesce(json_extract(after, '$.item'), id)), min(machine_at) FROM audit INDEXED BY audit_deed
             WHERE what = ?1 AND machine_at > ?2 AND machine_at <= ?3 AND {column} = ?4"
        ))?
        .query_row(params![URGENT, now.saturating_sub(interval_ms), now, value], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let is_full = usize::try_from(count).is_ok_and(|count| count >= max);
    Ok(oldest.filter(|_| is_full).map(|oldest| u32::try_from(oldest + interval_ms - now).unwrap_or(u32::MAX)))
}

/// The school whose rate a channel counts to, or the region.
fn scope(channel: &Channel) -> String {
    match channel {
        Channel::School(school) | Channel::Level(school, _) | Channel::Bulletin(school) => {
            Channel::School(school.clone()).to_string()
        }
        Channel::Region | Channel::RegionBulletin => Channel::Region.to_string(),
        Channel::Class(_) | Channel::Account(_) => channel.to_string(),
    }
}
