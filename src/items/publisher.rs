//! The publisher: what carries items through the registry to the channels' logs.
//!
//! 1. The registry takes the item, unsettled, if the version is the next.
//! 2. Every copy is published or scheduled, and letters asked for, under keys of their own: doing it again finds it done.
//! 3. The item is settled, and whoever sent it is answered.
//!
//! A crash in between leaves an item unsettled: [`Publisher::recover`] goes on with it. A withdrawal is the same with
//! tombstones; it is answered once nobody renders anything any more from what the registry said before. Everything here
//! waits for the disk: it runs on threads that may.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::copies::{self, QuietUntil};
use super::rights::{audience, may_oversee, may_publish};
use super::{Content, ItemError, Reach, asking, hold, letters, reach};
use crate::access::{Identity, NotAllowed};
use crate::base::{
    Audience, Body, Channel, Clock, ItemId, Kind, Reason, ReceiptBy, Replacement, SchoolTime, limits,
};
use crate::broker::{Accepted, Broker, Replaced};
use crate::ledger::{Act, Deed, Item, ItemMark, Json, Ledger, NewEntry, PutItem, Rendering, Scope, wait};
use crate::roster::Directory;

/// What the publisher stands on.
pub struct Ground {
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// The roster in force.
    pub directory: Arc<Directory>,
    /// The registry.
    pub ledger: Arc<dyn Ledger>,
    /// The logs and the schedule.
    pub broker: Arc<dyn Broker>,
    /// The schools' quiet hours.
    pub quiet: QuietUntil,
    /// What withdrawals wait for.
    pub rendering: Rendering,
    /// Whether there is a relay for letters.
    pub has_relay: bool,
}

/// Something new to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub id: ItemId,
    /// Where to.
    pub places: Vec<Channel>,
    /// To which roles; to all if absent.
    pub audience: Option<Audience>,
    /// What it says.
    pub content: Content,
    /// When, if not now.
    pub publish_at: Option<SchoolTime>,
    /// Why it is urgent, if it is.
    pub urgent: Option<Reason>,
}

/// Another wording of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which item.
    pub id: ItemId,
    /// The version that it takes the place of.
    pub version: u32,
    /// What it says from now on.
    pub content: Content,
}

/// Where a copy is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// In which channel.
    pub channel: Channel,
    /// In its log or its schedule.
    pub accepted: Accepted,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The item as it stands.
    pub item: Item,
    /// Where the copies are, in the order of the places. Of a request that was carried out before: none.
    pub copies: Vec<Copied>,
    /// Whether an earlier request had done it.
    pub is_duplicate: bool,
}

/// Carries items through the registry to the logs.
pub struct Publisher {
    ground: Ground,
    locks: [Mutex<()>; limits::ITEM_LOCKS],
}

impl Publisher {
    /// A publisher on this ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground, locks: std::array::from_fn(|_| Mutex::default()) }
    }

    /// How many people something would reach that somebody wants to send.
    ///
    /// # Errors
    /// [`ItemError::NotAllowed`] if they may not send it there, [`ItemError::Places`].
    pub fn reach(
        &self,
        who: &Identity,
        places: &[Channel],
        (named, kind): (Option<Audience>, Kind),
        receipt: Option<ReceiptBy>,
    ) -> Result<Reach, ItemError> {
        check_places(places)?;
        let roster = self.ground.directory.current();
        let sample = match kind {
            Kind::Assignment => Body::parse(kind, r#"{"title":"?","text":"","due":"2000-01-01"}"#)?,
            _ => Body::parse(Kind::Announcement, r#"{"title":"?","text":"?"}"#)?,
        };
        may_publish(&roster, who, (places, &sample), None)?;
        Ok(reach(&roster, places, audience(who, named), receipt))
    }

    /// Sends something new. The same again is answered, not sent.
    ///
    /// # Errors
    /// See [`ItemError`].
    pub fn compose(&self, who: &Identity, draft: Draft) -> Result<Outcome, ItemError> {
        let item = self.drafted(who, draft)?;
        let _lock = self.lock(&item.id);
        match wait(|answer| self.ground.ledger.put_item(item.clone(), None, answer))? {
            PutItem::Stored => self.publish(item, None),
            PutItem::Same(found) => self.done_before(*found),
            PutItem::Conflict(found) => Err(conflict(&found, who.account == found.author)),
            PutItem::Unknown => Err(ItemError::Unknown),
        }
    }

    /// Says something in another way. The same again is answered, not sent.
    ///
    /// # Errors
    /// See [`ItemError`].
    pub fn edit(&self, who: &Identity, change: Change) -> Result<Outcome, ItemError> {
        let _lock = self.lock(&change.id);
        let found = self.found(&change.id, change.content.kind())?;
        if found.author != who.account {
            return Err(NotAllowed.into());
        }
        let (expected, before) = (change.version, found.clone());
        let item = self.edited(who, found, change)?;
        match wait(|answer| self.ground.ledger.put_item(item.clone(), Some(expected), answer))? {
            PutItem::Stored => self.publish(item, Some(before)),
            PutItem::Same(found) => self.done_before(*found),
            PutItem::Conflict(found) => Err(conflict(&found, true)),
            PutItem::Unknown => Err(ItemError::Unknown),
        }
    }

    /// Withdraws an item: its author does, or staff who may announce wherever it was sent, and then say why. Once it is
    /// answered no copy is published any more, and no digest shows it. The same again is answered.
    ///
    /// # Errors
    /// See [`ItemError`].
    pub fn withdraw(
        &self,
        who: &Identity,
        (id, kind): (&ItemId, Kind),
        why: Option<Reason>,
    ) -> Result<Outcome, ItemError> {
        let _lock = self.lock(id);
        let found = self.found(id, kind)?;
        may_oversee(&self.ground.directory.current(), who, &found)?;
        let entry = if who.account == found.author { None } else { Some(self.entry(who, &found, why)?) };
        let now = self.ground.clock.school();
        let put = wait(|answer| self.ground.ledger.withdraw_item(id.clone(), now, entry, answer))?;
        let is_duplicate = match put {
            PutItem::Same(found) => found.is_settled,
            PutItem::Stored | PutItem::Conflict(_) => false,
            PutItem::Unknown => return Err(ItemError::Unknown),
        };
        let item = self.found(id, kind)?;
        if !is_duplicate {
            self.copy(&item)?;
        }
        self.ground.rendering.wait_out();
        Ok(Outcome { item: Item { is_settled: true, ..item }, copies: Vec::new(), is_duplicate })
    }

    /// An item, for those who may oversee it.
    ///
    /// # Errors
    /// See [`ItemError`].
    pub fn item(&self, who: &Identity, id: &ItemId) -> Result<Item, ItemError> {
        let item = self.look_up(id)?.ok_or(ItemError::Unknown)?;
        may_oversee(&self.ground.directory.current(), who, &item)?;
        Ok(item)
    }

    /// A page of somebody's own items, the newest first.
    ///
    /// # Errors
    /// [`ItemError::Ledger`], [`ItemError::Busy`].
    pub fn items_of(
        &self,
        who: &Identity,
        before: Option<ItemMark>,
        limit: usize,
    ) -> Result<Vec<Item>, ItemError> {
        Ok(wait(|answer| self.ground.ledger.items_of(who.account.clone(), before, limit, answer))?)
    }

    /// Goes on with what is not settled; how many items that was. One that can't be published is left for the next time,
    /// and a new one that never can be is forgotten: its sender was never answered.
    ///
    /// # Errors
    /// [`ItemError::Ledger`], [`ItemError::Busy`] if the registry can't be read.
    pub fn recover(&self) -> Result<usize, ItemError> {
        let unsettled = wait(|answer| self.ground.ledger.unsettled_items(answer))?;
        let mut settled = 0;
        for item in unsettled {
            let _lock = self.lock(&item.id);
            // Somebody may have been at it until now.
            let Some(item) = self.look_up(&item.id)?.filter(|item| !item.is_settled) else { continue };
            match self.copy(&item) {
                Ok(_) => settled += 1,
                Err(error) => {
                    tracing::warn!(item = %item.id, version = item.version, %error, "an item's copies wait");
                    if error.is_final() && item.version == 1 && !item.is_withdrawn {
                        self.undo(&item, None)?;
                    }
                }
            }
        }
        Ok(settled)
    }

    /// The item that a draft makes.
    fn drafted(&self, who: &Identity, draft: Draft) -> Result<Item, ItemError> {
        let Draft { id, places, audience: named, content, publish_at, urgent } = draft;
        check_places(&places)?;
        let now = self.ground.clock.school();
        check_time(publish_at, urgent.is_some(), now)?;
        let audience = audience(who, named);
        let places = copies::with_bulletins(places, audience, urgent.is_some());
        check_places(&places)?;
        let content = content.stamped(&id, 1, false);
        let roster = self.ground.directory.current();
        may_publish(&roster, who, (&places, &content.body()?), urgent.as_ref())?;
        Ok(Item {
            id,
            kind: content.kind(),
            author: who.account.clone(),
            version: 1,
            is_withdrawn: false,
            places,
            audience,
            body: content.json()?,
            created_at: now,
            changed_at: now,
            publish_at,
            urgent: urgent.is_some(),
            why: urgent,
            held: None,
            is_settled: false,
        })
    }

    /// The next version of an item, once the present one is where it belongs.
    fn edited(&self, who: &Identity, found: Item, change: Change) -> Result<Item, ItemError> {
        if found.is_withdrawn {
            return Err(ItemError::Withdrawn);
        }
        if change.version >= limits::ITEM_VERSIONS_MAX {
            return Err(ItemError::Versions);
        }
        if !found.is_settled {
            self.copy(&found)?;
        }
        let now = self.ground.clock.school();
        let going = match (Content::of(&found)?.due(), change.content.due()) {
            (Some(old), Some(new)) if !copies::is_unseen(&found, &self.ground.quiet, now) => {
                hold::going(found.held.as_ref(), (old, new), now)
            }
            _ => hold::Going { held: None, is_earlier: false },
        };
        let version = change.version + 1;
        let content = change.content.stamped(&found.id, version, going.is_earlier);
        let roster = self.ground.directory.current();
        may_publish(&roster, who, (&found.places, &content.body()?), found.why.as_ref())?;
        let body = content.json()?;
        Ok(Item { version, body, changed_at: now, held: going.held, is_settled: false, ..found })
    }

    /// Publishes what the registry has just taken; takes it out again if that can never be.
    fn publish(&self, item: Item, before: Option<Item>) -> Result<Outcome, ItemError> {
        match self.copy(&item) {
            Ok(copies) => {
                Ok(Outcome { item: Item { is_settled: true, ..item }, copies, is_duplicate: false })
            }
            Err(error) => {
                if error.is_final() {
                    self.undo(&item, before)?;
                }
                Err(error)
            }
        }
    }

    /// Answers a request that was carried out before, or goes on with it if it was cut short.
    fn done_before(&self, found: Item) -> Result<Outcome, ItemError> {
        let copies = if found.is_settled { Vec::new() } else { self.copy(&found)? };
        Ok(Outcome { item: Item { is_settled: true, ..found }, copies, is_duplicate: true })
    }

    /// Publishes or schedules all copies of an item as it stands, asks for its letters, and settles it. Where those of its channels are.
    fn copy(&self, item: &Item) -> Result<Vec<Copied>, ItemError> {
        let Ground { clock, directory, broker, quiet, ledger, .. } = &self.ground;
        let roster = directory.current();
        let all = copies::of(item, &roster, quiet, &**clock)?;
        let mut copies = Vec::with_capacity(item.places.len());
        for some in all.chunks(limits::REPLACEMENTS_MAX) {
            let replaced = asking::replace(&**broker, some.to_vec())?;
            copies.extend(some.iter().zip(replaced).filter_map(copied));
        }
        copies.truncate(item.places.len());
        if self.ground.has_relay {
            letters::ask_for(item, &roster, &**ledger, &**clock)?;
        }
        let (id, version, is_withdrawn) = (item.id.clone(), item.version, item.is_withdrawn);
        wait(|answer| self.ground.ledger.settle_item(id, version, is_withdrawn, answer))?;
        Ok(copies)
    }

    fn undo(&self, item: &Item, before: Option<Item>) -> Result<(), ItemError> {
        let before = before.map(|before| Item { is_settled: true, ..before });
        Ok(wait(|answer| self.ground.ledger.undo_item(item.id.clone(), item.version, before, answer))?)
    }

    /// That somebody withdraws another's item, for the audit log.
    fn entry(&self, who: &Identity, item: &Item, why: Option<Reason>) -> Result<NewEntry, ItemError> {
        let why = why.ok_or(ItemError::NoReason)?;
        let place = item.places.first().map_or_else(String::new, Channel::to_string);
        // A level's name may be longer than a word of the ledger.
        let scope = Scope::parse(&place).or_else(|_| Scope::parse(item.id.as_str()));
        let act = Act {
            school_at: self.ground.clock.school(),
            machine_at: self.ground.clock.machine(),
            who: who.account.clone(),
            scope: scope.map_err(|_| ItemError::Unknown)?,
            why,
        };
        let before = serde_json::json!({ "item": item.id, "author": item.author, "version": item.version });
        let what = Deed::parse("withdraw").map_err(|_| ItemError::Unknown)?;
        Ok(NewEntry { act, what, before: Json::of(&before).ok(), after: None })
    }

    fn found(&self, id: &ItemId, kind: Kind) -> Result<Item, ItemError> {
        self.look_up(id)?.filter(|item| item.kind == kind).ok_or(ItemError::Unknown)
    }

    fn look_up(&self, id: &ItemId) -> Result<Option<Item>, ItemError> {
        Ok(wait(|answer| self.ground.ledger.items(vec![id.clone()], answer))?.pop())
    }

    /// One after the other at an item: a version is out before the next is taken.
    fn lock(&self, id: &ItemId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % limits::ITEM_LOCKS as u64).unwrap_or_default();
        self.locks[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copied((asked, replaced): (&Replacement, Replaced)) -> Option<Copied> {
    match replaced {
        Replaced::Accepted(accepted) => Some(Copied { channel: asked.new.channel.clone(), accepted }),
        Replaced::Silent => None,
    }
}

/// Why a write was not taken. Whoever may not know of another's item learns no more than that the name is taken.
fn conflict(found: &Item, is_own: bool) -> ItemError {
    match found {
        Item { is_withdrawn: true, .. } if is_own => ItemError::Withdrawn,
        _ if is_own => ItemError::Conflict { version: found.version },
        _ => NotAllowed.into(),
    }
}

fn check_places(places: &[Channel]) -> Result<(), ItemError> {
    let is_once = |(index, place): (usize, &Channel)| !places[..index].contains(place);
    let fits = (1..=limits::ITEM_PLACES_MAX).contains(&places.len());
    if fits && places.iter().enumerate().all(is_once) { Ok(()) } else { Err(ItemError::Places) }
}

fn check_time(publish_at: Option<SchoolTime>, is_urgent: bool, now: SchoolTime) -> Result<(), ItemError> {
    let ahead_ms = publish_at.map_or(0, |at| at.0.saturating_sub(now.0));
    let is_far = u128::try_from(ahead_ms).is_ok_and(|ahead| ahead > limits::SCHEDULE_AHEAD_MAX.as_millis());
    if is_far || (is_urgent && publish_at.is_some()) { Err(ItemError::Time) } else { Ok(()) }
}
