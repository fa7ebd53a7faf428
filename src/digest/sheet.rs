//! One digest as it is published: the chosen keys, rendered with the words that hold now, made to fit a message. Pure.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::choice::{Placed, sections};
use super::entry::{self, Shown};
use super::family::Family;
use super::part::What;
use super::parts::PartsOf;
use crate::base::body::{BodyError, ChildSection, Digest, DigestEntry};
use crate::base::{AccountId, Body, ItemId, Language, SchoolTime, limits};
use crate::ledger::{DigestRow, Item};

/// Students' own due dates.
pub(super) type DuesOf = HashMap<(ItemId, AccountId), String>;

/// What a digest is rendered from.
pub(super) struct Print<'a> {
    pub(super) parts: &'a PartsOf,
    pub(super) registry: &'a HashMap<ItemId, Item>,
    pub(super) dues: &'a DuesOf,
    pub(super) now: SchoolTime,
}

/// How much of each entry is shown: less and less until the digest fits.
#[derive(Clone, Copy)]
struct Measure {
    text_chars: usize,
    title_chars: usize,
    has_links: bool,
}

const MEASURES: [Measure; 6] = [
    Measure {
        text_chars: limits::DIGEST_TEXT_CHARS_MAX,
        title_chars: limits::TITLE_CHARS_MAX,
        has_links: true,
    },
    Measure { text_chars: 400, title_chars: limits::TITLE_CHARS_MAX, has_links: true },
    Measure { text_chars: 120, title_chars: limits::TITLE_CHARS_MAX, has_links: true },
    Measure { text_chars: 120, title_chars: limits::TITLE_CHARS_MAX, has_links: false },
    Measure { text_chars: 0, title_chars: limits::TITLE_CHARS_MAX, has_links: false },
    Measure { text_chars: 0, title_chars: 40, has_links: false },
];

impl Print<'_> {
    /// The digest of a row for a family as it is now; none if nothing is left to say.
    pub(super) fn digest(&self, family: &Family, row: &DigestRow, language: &Language) -> Option<Digest> {
        let keys: HashSet<u64> = row.items.iter().copied().collect();
        let sections = sections(family, self.parts, |entry| keys.contains(&entry.key));
        let shown = |placed: &Placed<'_>| self.shown(placed, language);
        let children = family.children.iter().zip(&sections.children).filter_map(|(child, section)| {
            let own = |entry: DigestEntry| {
                let pair = entry.item.clone().map(|item| (item, child.account.clone()));
                let due = pair.and_then(|pair| self.dues.get(&pair)).cloned();
                DigestEntry { due: due.or(entry.due), ..entry }
            };
            let entries: Vec<_> = section.iter().filter_map(shown).map(own).collect();
            (!entries.is_empty()).then(|| ChildSection { child: child.account.clone(), entries })
        });
        let digest = Digest {
            date: row.date,
            language: language.clone(),
            children: children.collect(),
            school: sections.shared.iter().filter_map(shown).collect(),
            left_out: row.left_out,
        };
        let is_empty = digest.entries().next().is_none();
        (!is_empty).then_some(digest)
    }

    fn shown(&self, placed: &Placed<'_>, language: &Language) -> Option<DigestEntry> {
        let shown: Shown = match &placed.entry.what {
            What::Item(id) => {
                let item = self.registry.get(id)?;
                entry::of_item(item, placed.channel, placed.entry.published_at, language)?
            }
            What::Alone(publication) => entry::of_publication(publication, language)?,
        };
        (shown.expires_at.is_none_or(|at| at > self.now)).then_some(shown.entry)
    }
}

/// The body of a digest: shortened where it is longer than a message may be, since an edit may have made it so.
pub(super) fn body(mut digest: Digest) -> Result<Body, BodyError> {
    for measure in MEASURES {
        if measure.text_chars < limits::DIGEST_TEXT_CHARS_MAX {
            shorten(&mut digest, measure);
        }
        match Body::of(&digest) {
            Err(BodyError::Bytes) => {}
            outcome => return outcome,
        }
    }
    // Only a guardian of very many children comes here. What is taken away can't come again.
    while let Some(section) = digest.children.pop() {
        let entries = u32::try_from(section.entries.len()).unwrap_or(u32::MAX);
        digest.left_out = digest.left_out.saturating_add(entries);
        match Body::of(&digest) {
            Err(BodyError::Bytes) => {}
            outcome => return outcome,
        }
    }
    Err(BodyError::Bytes)
}

fn shorten(digest: &mut Digest, measure: Measure) {
    let entries = digest.children.iter_mut().flat_map(|section| &mut section.entries);
    for entry in entries.chain(&mut digest.school) {
        entry.text = entry::cut(&entry.text, measure.text_chars);
        entry.title = entry::cut(&entry.title, measure.title_chars);
        entry.subject = entry.subject.take().map(|subject| entry::cut(&subject, measure.title_chars));
        if !measure.has_links {
            entry.links.clear();
        }
    }
}

/// The name of a digest's publication in its guardian's channel.
pub(super) fn message_id(date: Date) -> String {
    format!("digest.{date}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::base::{Channel, Kind};

    fn entry(title: &str, text: &str, links: usize) -> DigestEntry {
        DigestEntry {
            item: None,
            channel: Channel::Region,
            kind: Kind::Assignment,
            author: AccountId::parse("t").unwrap(),
            published_at: SchoolTime(0),
            title: title.to_owned(),
            text: text.to_owned(),
            due: Some("2026-11-30".to_owned()),
            subject: Some(title.to_owned()),
            links: vec![format!("https://example.org/{}", "x".repeat(1_500)); links],
            receipt: None,
        }
    }

    fn digest(entry: &DigestEntry, children: usize, each: usize) -> Digest {
        let section = |number| {
            let child = AccountId::parse(&format!("s{number}")).unwrap();
            ChildSection { child, entries: vec![entry.clone(); each] }
        };
        Digest {
            date: date(2026, 11, 24),
            language: Language::french(),
            children: (0..children).map(section).collect(),
            school: Vec::new(),
            left_out: 0,
        }
    }

    #[test]
    fn what_is_too_long_is_shown_shorter_and_nothing_is_lost() {
        let entries = limits::DIGEST_ENTRIES_MAX;
        let worst = entry(&"\u{1F600}".repeat(200), &"\"".repeat(1_000), 10);
        for (entry, children) in [(entry("t", "short", 0), 1), (worst, 3)] {
            let body = body(digest(&entry, children, entries / children)).unwrap();
            let read: Digest = crate::base::body::read(body.json()).unwrap();
            assert_eq!((read.entries().count(), read.left_out), (entries, 0));
            assert!(body.json().len() <= limits::MESSAGE_BYTES_MAX);
        }
    }

    #[test]
    fn what_fits_is_shown_whole() {
        let entry = entry("t", &"x".repeat(1_000), 2);
        let read: Digest = crate::base::body::read(body(digest(&entry, 2, 5)).unwrap().json()).unwrap();
        assert!(read.entries().all(|shown| *shown == entry));
    }
}
