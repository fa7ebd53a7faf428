//! One entry of a digest: how an announcement or assignment is shown in it, in the guardian's language, with the text that
//! holds now.

use crate::base::body::{self, Announcement, Assignment, DigestEntry};
use crate::base::{AccountId, Channel, ItemId, Kind, Language, Publication, Role, SchoolTime, limits};
use crate::ledger::Item;

/// What a digest says of something, and until when it says anything.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) entry: DigestEntry,
    pub(super) expires_at: Option<SchoolTime>,
}

/// What stands around the words.
struct Frame<'a> {
    item: Option<&'a ItemId>,
    channel: &'a Channel,
    kind: Kind,
    author: &'a AccountId,
    published_at: SchoolTime,
}

/// An item as the registry has it, in a channel where it was first published at an instant; none if it is not for guardians
/// to read in a digest, or not any more.
pub(super) fn of_item(item: &Item, channel: &Channel, at: SchoolTime, language: &Language) -> Option<Shown> {
    let is_for_digests = !item.is_withdrawn
        && !item.urgent
        && item.audience.includes(Role::Guardian)
        && item.places.contains(channel);
    let frame =
        Frame { item: Some(&item.id), channel, kind: item.kind, author: &item.author, published_at: at };
    if is_for_digests { frame.shown(item.body.as_str(), language) } else { None }
}

/// A publication that belongs to no item.
pub(super) fn of_publication(publication: &Publication, language: &Language) -> Option<Shown> {
    let frame = Frame {
        item: None,
        channel: &publication.channel,
        kind: publication.kind,
        author: &publication.author,
        published_at: publication.published_at,
    };
    frame.shown(&publication.body, language)
}

/// The bytes that an entry takes in a digest.
pub(super) fn bytes(entry: &DigestEntry) -> usize {
    // An entry without JSON would be refused by the digest's own check, and counts as nothing until then.
    serde_json::to_string(entry).map_or(0, |json| json.len() + 1)
}

/// A text of at most so many characters, with an ellipsis where it was cut.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().nth(chars_max).is_none() {
        return text.to_owned();
    }
    let kept = text.chars().take(chars_max.saturating_sub(1));
    if chars_max == 0 { String::new() } else { kept.chain(['…']).collect() }
}

impl Frame<'_> {
    fn shown(&self, json: &str, language: &Language) -> Option<Shown> {
        match self.kind {
            Kind::Announcement => {
                let said: Announcement = body::read(json).ok()?;
                let (title, text) = said.wording(language);
                let entry = DigestEntry { receipt: said.receipt, ..self.entry(title, text) };
                Some(Shown { entry, expires_at: said.expires_at })
            }
            Kind::Assignment => {
                let said: Assignment = body::read(json).ok()?;
                let subject = (!said.subject.is_empty()).then_some(said.subject);
                let entry = self.entry(&said.title, &said.text);
                let entry = DigestEntry { due: Some(said.due), subject, links: said.links, ..entry };
                Some(Shown { entry, expires_at: None })
            }
            // The rest is no item.
            _ => None,
        }
    }

    fn entry(&self, title: &str, text: &str) -> DigestEntry {
        DigestEntry {
            item: self.item.cloned(),
            channel: self.channel.clone(),
            kind: self.kind,
            author: self.author.clone(),
            published_at: self.published_at,
            title: title.to_owned(),
            text: cut(text, limits::DIGEST_TEXT_CHARS_MAX),
            due: None,
            subject: None,
            links: Vec::new(),
            receipt: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_in_an_ellipsis_within_its_length() {
        assert_eq!(cut("été", 3), "été");
        assert_eq!(cut("étés", 3), "ét…");
        assert_eq!((cut("a", 0), cut("", 0)), (String::new(), String::new()));
    }
}
