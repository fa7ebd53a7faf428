//! The copies of an item: one publication in each of its channels, whose key follows from the item's name and version.
//!
//! What is urgent and for guardians reaches them at once: in the bulletin where it is for a whole school or the region, else
//! in their own channels, one copy for each guardian.

use std::collections::BTreeSet;

use crate::base::body::Withdrawal;
use crate::base::{
    AccountId, Audience, Body, Channel, Clock, ItemId, MessageId, NewPublication, Replacement, Role,
    SchoolTime, Unseen, Urgent,
};
use crate::ledger::Item;
use crate::roster::{Account, Roster};

use super::{Content, ItemError};

/// Until when what is sent to a channel at an instant is kept, if it is.
pub type QuietUntil = Box<dyn Fn(&Channel, SchoolTime) -> Option<SchoolTime> + Send + Sync>;

/// The places with the bulletins in which urgent items reach guardians.
pub(super) fn with_bulletins(mut places: Vec<Channel>, audience: Audience, is_urgent: bool) -> Vec<Channel> {
    if is_urgent && audience.includes(Role::Guardian) {
        let bulletin = |place: &Channel| match place {
            Channel::School(school) => Some(Channel::Bulletin(school.clone())),
            Channel::Region => Some(Channel::RegionBulletin),
            _ => None,
        };
        let bulletins: Vec<Channel> = places.iter().filter_map(bulletin).collect();
        for bulletin in bulletins {
            if !places.contains(&bulletin) {
                places.push(bulletin);
            }
        }
    }
    places
}

/// All copies of an item as it stands: its own channels first, then those of guardians.
///
/// # Errors
/// [`ItemError::Body`] if it can't be read.
pub(super) fn of(
    item: &Item,
    roster: &Roster,
    quiet: &QuietUntil,
    clock: &dyn Clock,
) -> Result<Vec<Replacement>, ItemError> {
    let now = clock.school();
    let last = if item.is_withdrawn { item.version + 1 } else { item.version };
    let earlier = (1..last).map(|version| message_id(&item.id, version)).collect::<Result<Vec<_>, _>>()?;
    let (name, body, unseen) = if item.is_withdrawn {
        let body = Body::of(&Withdrawal { item: item.id.clone() })?;
        (withdrawal_id(&item.id)?, body, Unseen::StaysSilent)
    } else {
        let body = Content::of(item)?.body()?;
        (message_id(&item.id, item.version)?, body, Unseen::KeepsTime)
    };
    let why = item.why.as_ref().filter(|_| item.urgent && !item.is_withdrawn);
    let urgent = why.map(|why| Urgent { reason: why.clone(), at: clock.machine() });
    let copy = |channel: Channel| {
        let deliver_at = deliver_at(item, &channel, quiet, now);
        let new = NewPublication {
            channel,
            author: item.author.clone(),
            message_id: name.clone(),
            audience: item.audience,
            body: body.clone(),
            published_at: now,
            deliver_at,
            urgent: urgent.clone(),
        };
        Replacement { earlier: earlier.clone(), new, unseen }
    };
    let own = guardians_of(roster, item).into_iter().map(Channel::Account);
    Ok(item.places.iter().cloned().chain(own).map(copy).collect())
}

/// Whether nobody can have seen anything of an item yet.
pub(super) fn is_unseen(item: &Item, quiet: &QuietUntil, now: SchoolTime) -> bool {
    let from = item.publish_at.unwrap_or(item.created_at);
    let waits = |place: &Channel| later(place, from, quiet) > now;
    !item.urgent && item.places.iter().all(waits)
}

/// The guardians who get an urgent item in their own channels: those who are written to about a pupil whom it reaches in a
/// class or level.
pub fn guardians_of(roster: &Roster, item: &Item) -> BTreeSet<AccountId> {
    let mut found = BTreeSet::new();
    if !item.urgent || !item.audience.includes(Role::Guardian) {
        return found;
    }
    for place in &item.places {
        match place {
            Channel::Class(class) => {
                let students = roster.class(class.as_str()).into_iter().flat_map(|class| class.students());
                students.for_each(|student| add_guardians(student, &mut found));
            }
            Channel::Level(school, grade) => roster
                .accounts()
                .filter(|account| account.role() == Role::Student)
                .filter(|student| student.has_level(school.as_str(), grade.as_str()))
                .for_each(|student| add_guardians(student, &mut found)),
            // There the bulletin does it.
            _ => {}
        }
    }
    found
}

/// Adds the guardians who are written to about a student.
pub(super) fn add_guardians(student: Account<'_>, found: &mut BTreeSet<AccountId>) {
    let receiving = student.guardians().filter(|link| link.terms.receives);
    found.extend(receiving.filter_map(|link| AccountId::parse(link.account.id()).ok()));
}

/// When a copy is to be published, if not now.
fn deliver_at(item: &Item, channel: &Channel, quiet: &QuietUntil, now: SchoolTime) -> Option<SchoolTime> {
    if item.urgent || item.is_withdrawn {
        return None;
    }
    let asked = item.held.as_ref().map(|held| held.until).or(item.publish_at);
    let at = later(channel, asked.unwrap_or(now).max(now), quiet);
    (at > now).then_some(at)
}

/// The first instant from one on that is not quiet.
fn later(channel: &Channel, from: SchoolTime, quiet: &QuietUntil) -> SchoolTime {
    quiet(channel, from).map_or(from, |over| over.max(from))
}

fn message_id(item: &ItemId, version: u32) -> Result<MessageId, ItemError> {
    named(&format!("{item}.{version}"))
}

fn withdrawal_id(item: &ItemId) -> Result<MessageId, ItemError> {
    named(&format!("{item}.x"))
}

/// An item's name is short enough to leave room for what is added, and has no other characters than a message id.
fn named(text: &str) -> Result<MessageId, ItemError> {
    MessageId::parse(text).map_err(|_| ItemError::Unknown)
}
