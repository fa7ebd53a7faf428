//! What must be true of the copies of items: each version once in each place, none after a withdrawal, none while it is quiet
//! unless it is urgent; and what the registry, the schedule and the logs say agrees.

use std::collections::HashMap;

use preau::base::body::{self, Announcement, Assignment};
use preau::base::{Channel, ItemId, Kind, Publication};

use crate::asking::ask;
use crate::draft::{AUTHORS, words};
use crate::oracle::{Oracle, is_delivered, paris};
use crate::school;
use crate::world::World;

/// The newest version of each item that stands in each log.
#[derive(Default)]
pub(crate) struct Copies(HashMap<(Channel, String), u32>);

impl Oracle {
    pub(crate) fn copy(&mut self, publication: &Publication) {
        let (id, version) = said(publication.kind, &publication.body);
        let (sent, at) = (&self.sent[&id], publication.published_at);
        assert!(!sent.is_withdrawn, "{id} was withdrawn: {publication:?}");
        assert!(version <= sent.version, "{publication:?}");
        assert_eq!(publication.urgent, sent.draft.is_urgent);
        assert!(sent.draft.is_urgent || is_delivered(at), "{id} at {}", paris(at));
        let before = self.copies.0.insert((publication.channel.clone(), id), version);
        assert!(before.is_none_or(|before| before < version), "{before:?} before {publication:?}");
    }

    /// After a crash, or at any time: the newest version of what is not withdrawn stands in the log or waits, in each of its
    /// places, and nothing else waits.
    pub(crate) fn agrees(&self, world: &World) {
        let mut waiting = HashMap::new();
        for new in AUTHORS.into_iter().flat_map(|author| world.scheduled(author)) {
            let (id, version) = said(new.body.kind(), new.body.json());
            let sent = &self.sent[&id];
            assert!(!sent.is_withdrawn && sent.version == version, "{id} {version} waits: {sent:?}");
            let place = new.channel.to_string();
            assert!(sent.draft.places.contains(&place.as_str()), "{id} waits in {place}");
            assert_eq!(waiting.insert((new.channel, id), version), None, "one copy in a place");
        }
        let ids: Vec<ItemId> = self.sent.keys().map(|id| ItemId::parse(id).unwrap()).collect();
        for ids in ids.chunks(ITEMS_ASKED) {
            let kept = ask(|answer| world.hub().ledger.items(ids.to_vec(), answer));
            assert_eq!(kept.len(), ids.len(), "the registry has all of them");
            for item in kept {
                let sent = &self.sent[item.id.as_str()];
                assert_eq!(
                    (item.version, item.is_withdrawn),
                    (sent.version, sent.is_withdrawn),
                    "{}",
                    item.id
                );
            }
        }
        for (id, sent) in self.sent.iter().filter(|(_, sent)| !sent.is_withdrawn) {
            for place in &sent.draft.places {
                let key = (school::channel(place), id.clone());
                let newest = waiting.get(&key).or_else(|| self.copies.0.get(&key));
                assert_eq!(newest, Some(&sent.version), "{id} in {place}");
            }
        }
    }
}

/// Items that are asked for at once.
const ITEMS_ASKED: usize = 50;

/// Of which item and version a body is.
fn said(kind: Kind, json: &str) -> (String, u32) {
    let (title, text) = if kind == Kind::Assignment {
        let said: Assignment = body::read(json).unwrap();
        (said.title, said.text)
    } else {
        let said: Announcement = body::read(json).unwrap();
        (said.title, said.text)
    };
    let version = text.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(text, words(&title, version));
    (title, version)
}
