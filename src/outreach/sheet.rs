//! A letter's content before it is text or HTML: what stands where, in the reader's words.
//!
//! It names the reader's children by their given names and staff by theirs, as the roster has them now, and nobody else.

use super::words::{Words, fill};
use crate::base::body::{Announcement, Digest, DigestEntry};
use crate::base::{AccountId, Channel, Language, Role};
use crate::roster::Roster;

/// A letter's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
    /// What stands below: why this comes, and what else there is to know.
    pub(super) closing: Vec<String>,
    /// Where the pages are, with the words for it.
    pub(super) open: Link,
    /// Where such letters are stopped, if they can be.
    pub(super) stop: Option<Link>,
}

/// An address with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) words: String,
    pub(super) url: String,
}

/// What concerns one child, or everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Nothing in a letter about one thing.
    pub(super) heading: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) title: String,
    /// Who said it, and where.
    pub(super) byline: String,
    pub(super) due: Option<String>,
    pub(super) text: String,
    pub(super) links: Vec<String>,
    /// That the school asks for a receipt.
    pub(super) receipt: Option<String>,
}

/// What a sheet is laid out with.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) words: &'a Words,
    pub(super) roster: &'a Roster,
    /// Where readers reach the hub.
    pub(super) public_url: &'a str,
}

impl Layout<'_> {
    /// A digest's content, with the key that stops its like.
    pub(super) fn digest(&self, digest: &Digest, stop_key: &str) -> Sheet {
        let words = self.words;
        let day = words.day(digest.date);
        let mut sections: Vec<Section> = digest
            .children
            .iter()
            .map(|child| self.section(self.child(&child.child), &child.entries))
            .collect();
        if !digest.school.is_empty() {
            sections.push(self.section(words.for_school.clone(), &digest.school));
        }
        let mut closing = Vec::new();
        match digest.left_out {
            0 => {}
            1 => closing.push(words.left_out_one.clone()),
            count => closing.push(fill(&words.left_out_many, &[("count", &count.to_string())])),
        }
        closing.extend([words.why.clone(), words.urgent_goes_on.clone()]);
        let url = self.stop_url(stop_key);
        Sheet {
            subject: fill(&words.subject, &[("date", &day)]),
            title: fill(&words.title, &[("date", &day)]),
            sections,
            closing,
            open: self.open(),
            stop: Some(Link { words: words.stop.clone(), url }),
        }
    }

    /// An urgent item's content.
    pub(super) fn urgent(&self, item: &Announcement, language: &Language) -> Sheet {
        let (title, text) = item.wording(language);
        let entry = Entry {
            title: title.to_owned(),
            byline: String::new(),
            due: None,
            text: text.to_owned(),
            links: Vec::new(),
            receipt: item.receipt.map(|_| self.words.receipt.clone()),
        };
        let subject = fill(&self.words.urgent_subject, &[("title", &one_line(title))]);
        Sheet {
            title: subject.clone(),
            subject,
            sections: vec![Section { heading: None, entries: vec![entry] }],
            closing: vec![self.words.urgent_why.clone()],
            open: self.open(),
            stop: None,
        }
    }

    /// Where digests by mail are stopped.
    pub(super) fn stop_url(&self, stop_key: &str) -> String {
        format!("{}/v1/unsubscribe?key={stop_key}&language={}", self.public_url, self.words.language)
    }

    fn open(&self) -> Link {
        Link { words: self.words.open.clone(), url: format!("{}/", self.public_url) }
    }

    fn section(&self, heading: String, entries: &[DigestEntry]) -> Section {
        Section { heading: Some(heading), entries: entries.iter().map(|entry| self.entry(entry)).collect() }
    }

    fn entry(&self, entry: &DigestEntry) -> Entry {
        Entry {
            title: entry.title.clone(),
            byline: self.byline(entry),
            due: entry.due.as_deref().map(|due| fill(&self.words.due, &[("due", &self.words.due(due))])),
            text: entry.text.clone(),
            links: entry.links.clone(),
            receipt: entry.receipt.map(|_| self.words.receipt.clone()),
        }
    }

    fn child(&self, child: &AccountId) -> String {
        let name = self.roster.account(child.as_str()).map(|child| child.given_name()).unwrap_or_default();
        if name.is_empty() {
            return self.words.one_child.clone();
        }
        fill(&self.words.for_child, &[("child", name)])
    }

    /// Who said it and where, as far as both have names.
    fn byline(&self, entry: &DigestEntry) -> String {
        let author = self.author(&entry.author);
        let place = match &entry.subject {
            Some(subject) if !subject.is_empty() => subject.clone(),
            _ => self.place(&entry.channel),
        };
        match (author.is_empty(), place.is_empty()) {
            (false, false) => fill(&self.words.byline, &[("author", &author), ("place", &place)]),
            _ => author + &place,
        }
    }

    /// Staff by their names; whoever else speaks stays unnamed.
    fn author(&self, author: &AccountId) -> String {
        let account = self.roster.account(author.as_str());
        let staff = account.filter(|account| matches!(account.role(), Role::Teacher | Role::Staff));
        staff
            .map(|account| format!("{} {}", account.given_name(), account.family_name()).trim().to_owned())
            .unwrap_or_default()
    }

    fn place(&self, channel: &Channel) -> String {
        let school =
            |id: &str| self.roster.org(id).map(|school| school.name()).unwrap_or_default().to_owned();
        match channel {
            Channel::Class(class) => {
                self.roster.class(class.as_str()).map(|class| class.title()).unwrap_or_default().to_owned()
            }
            Channel::School(id) | Channel::Bulletin(id) | Channel::Level(id, _) => school(id.as_str()),
            Channel::Region | Channel::RegionBulletin | Channel::Account(_) => String::new(),
        }
    }
}

/// A title without line breaks: a header has one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
