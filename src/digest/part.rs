//! A part: what one channel brings to the digests of all guardians whose children are in it.
//!
//! It is the channel's log since an instant, folded: an item is one entry however many versions of it stand there, and what
//! was withdrawn is none. Of items a part has the names alone; their words are the registry's to say when they are shown.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::entry::{self, Shown};
use super::settings::Settings;
use crate::base::body::{self, Announcement, Assignment, Withdrawal};
use crate::base::{Channel, ItemId, Kind, Language, Publication, SchoolTime};
use crate::ledger::Item;

/// What a channel brings.
#[derive(Debug)]
pub(super) struct Part {
    /// What was published before is not in it.
    pub(super) since: SchoolTime,
    pub(super) entries: Box<[Entry]>,
}

/// What one thing in the channel brings.
#[derive(Debug)]
pub(super) struct Entry {
    /// What it is called in the ledger's rows: the same in all its channels.
    pub(super) key: u64,
    pub(super) published_at: SchoolTime,
    /// Guardians get to read it from then on.
    pub(super) from: SchoolTime,
    pub(super) expires_at: Option<SchoolTime>,
    /// About so many bytes of a digest.
    pub(super) bytes: usize,
    pub(super) what: What,
}

/// What it is.
#[derive(Debug)]
pub(super) enum What {
    Item(ItemId),
    /// A publication that belongs to no item, and so never changes.
    Alone(Arc<Publication>),
}

/// A channel's log, folded but not yet held against the registry.
#[derive(Debug)]
pub(super) struct Fold {
    channel: Channel,
    since: SchoolTime,
    items: HashMap<ItemId, Seen>,
    alone: Vec<Arc<Publication>>,
}

/// What the log shows of an item.
#[derive(Debug, Clone, Copy)]
struct Seen {
    published_at: SchoolTime,
    version: u32,
    is_withdrawn: bool,
}

impl Fold {
    /// Folds publications of a channel, in any order.
    pub(super) fn of(channel: Channel, since: SchoolTime, publications: &[Arc<Publication>]) -> Self {
        let mut fold = Self { channel, since, items: HashMap::new(), alone: Vec::new() };
        for publication in publications.iter().filter(|publication| publication.published_at >= since) {
            fold.add(publication);
        }
        fold
    }

    fn add(&mut self, publication: &Arc<Publication>) {
        let json = &publication.body;
        let found = match publication.kind {
            Kind::Announcement => {
                body::read::<Announcement>(json).map(|said| said.item.map(|item| (item, said.version, false)))
            }
            Kind::Assignment => {
                body::read::<Assignment>(json).map(|said| said.item.map(|item| (item, said.version, false)))
            }
            Kind::Withdrawal => body::read::<Withdrawal>(json).map(|said| Some((said.item, u32::MAX, true))),
            _ => return,
        };
        let published_at = publication.published_at;
        match found {
            Ok(Some((item, version, is_withdrawn))) => {
                self.see(item, Seen { published_at, version, is_withdrawn });
            }
            Ok(None) => self.alone.push(Arc::clone(publication)),
            Err(error) => tracing::warn!(%error, channel = %self.channel, "a body is of no kind known"),
        }
    }

    fn see(&mut self, item: ItemId, now: Seen) {
        match self.items.entry(item) {
            Slot::Vacant(slot) => drop(slot.insert(now)),
            Slot::Occupied(mut slot) => {
                let seen = slot.get_mut();
                seen.published_at = seen.published_at.min(now.published_at);
                seen.version = seen.version.min(now.version);
                seen.is_withdrawn |= now.is_withdrawn;
            }
        }
    }

    /// The items that the registry is to be asked for.
    pub(super) fn items(&self) -> impl Iterator<Item = &ItemId> {
        self.items.iter().filter(|(_, seen)| !seen.is_withdrawn).map(|(item, _)| item)
    }

    /// The part, by what the registry says now; what began since `remembered` and was in a digest is in the ledger's rows.
    pub(super) fn part(
        self,
        registry: &HashMap<ItemId, Item>,
        settings: &Settings,
        remembered: SchoolTime,
    ) -> Part {
        let Self { channel, since, items, alone } = self;
        let french = Language::french();
        let items = items.into_iter().filter_map(|(id, seen)| {
            let item = registry.get(&id).filter(|_| !seen.is_withdrawn)?;
            // Whose first version is not in sight may be older than it looks, and read already. Of what began so lately the
            // rows know who has; it may also have waited, and been changed before anybody saw it.
            let begun_at = item.publish_at.unwrap_or(item.created_at).max(item.created_at);
            let is_new = seen.version == 1 || begun_at >= since.min(remembered);
            let shown = entry::of_item(item, &channel, seen.published_at, &french).filter(|_| is_new)?;
            let key = key(&["item", id.as_str()]);
            Some(Entry::of(key, seen.published_at, (item.kind, settings), &shown, What::Item(id)))
        });
        let alone = alone.into_iter().filter_map(|publication| {
            let shown = entry::of_publication(&publication, &french)?;
            let (author, message_id) = (publication.author.as_str(), publication.message_id.as_str());
            let key = key(&["alone", &publication.channel.to_string(), author, message_id]);
            let (at, kind) = (publication.published_at, publication.kind);
            Some(Entry::of(key, at, (kind, settings), &shown, What::Alone(publication)))
        });
        let entries = items.chain(alone).collect();
        Part { since, entries }
    }
}

impl Part {
    /// About the bytes that it takes in memory.
    pub(super) fn heap_bytes(&self) -> usize {
        let of = |entry: &Entry| match &entry.what {
            What::Item(item) => item.as_str().len(),
            What::Alone(publication) => publication.body.len() + size_of::<Publication>(),
        };
        size_of::<Self>() + self.entries.iter().map(|entry| size_of::<Entry>() + of(entry)).sum::<usize>()
    }
}

impl Entry {
    fn of(key: u64, at: SchoolTime, (kind, settings): (Kind, &Settings), shown: &Shown, what: What) -> Self {
        let delay_ms = i64::try_from(settings.delay(kind).as_millis()).unwrap_or(0);
        Self {
            key,
            published_at: at,
            from: SchoolTime(at.0 + delay_ms),
            expires_at: shown.expires_at,
            bytes: entry::bytes(&shown.entry),
            what,
        }
    }
}

/// The key of what these words name; the same in every process. No identifier holds a line break.
fn key(words: &[&str]) -> u64 {
    let hash = digest(&SHA256, words.join("\n").as_bytes());
    hash.as_ref().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_for_ever() {
        assert_eq!(key(&["item", "i1"]), key(&["item", "i1"]));
        assert_ne!(key(&["item", "i1"]), key(&["alone", "i1"]));
        assert_eq!(key(&["item", "i1"]), KEY_OF_I1, "rows of earlier programs hold it");
    }

    /// The first eight bytes of the SHA-256 of "item\ni1".
    const KEY_OF_I1: u64 = 0x6f8b_8a2e_805f_8d05;
}
