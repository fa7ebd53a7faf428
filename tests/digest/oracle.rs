//! What must be true of everything that arrives, digests above all, told from nothing but what people did and what came in.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use preau::base::body::{self, ChildSection, Digest, DigestEntry};
use preau::base::{AccountId, Audience, Channel, Kind, Publication, Role, SchoolTime};

use crate::copies::Copies;
use crate::draft::{Draft, words};
use crate::reminded::Reminded;
use crate::school::{GUARDIANS, LINKS, concerns, is_shared};
use crate::world::{account, turn};

/// All publications in the order of their commits.
pub(crate) type Log = Vec<Publication>;

/// Something that was sent, as it is now.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) draft: Draft,
    pub(crate) version: u32,
    pub(crate) is_withdrawn: bool,
}

#[derive(Default)]
pub(crate) struct Oracle {
    /// By title, which is the item's name.
    pub(crate) sent: BTreeMap<String, Sent>,
    /// By item and student.
    pub(crate) dues: HashMap<(String, String), String>,
    /// What students said is done.
    pub(crate) done: HashSet<(String, &'static str)>,
    /// Links by their place.
    pub(crate) cut: Vec<usize>,
    /// In which evening's digest a guardian had something.
    shown: HashMap<(String, String), Date>,
    digests: HashMap<(AccountId, Date), Vec<String>>,
    pub(crate) copies: Copies,
    pub(crate) reminded: Reminded,
    looked_at: usize,
}

/// Days of the tests' weeks on which there are no classes though they are none of a weekend.
pub(crate) const HOLIDAYS: [Date; 1] = [date(2026, 4, 6)];

impl Oracle {
    /// Looks at what has arrived since the last look: after each act, so that what was done before it was known.
    pub(crate) fn look(&mut self, log: &Log) {
        for publication in log.iter().skip(self.looked_at) {
            match publication.kind {
                Kind::Digest => self.one(publication),
                Kind::Reminder => self.reminder(publication),
                Kind::Announcement | Kind::Assignment => self.copy(publication),
                _ => {}
            }
        }
        self.looked_at = log.len();
    }

    /// Whether something of a publication is left for its channel's owner: of a digest what no cut link takes away.
    pub(crate) fn is_readable(&self, publication: &Publication) -> bool {
        let (Kind::Digest, Channel::Account(guardian)) = (publication.kind, &publication.channel) else {
            return true;
        };
        let digest: Digest = body::read(&publication.body).unwrap();
        let is_child = |child: &AccountId| self.links(guardian.as_str()).any(|own| own == child.as_str());
        let is_reached =
            |entry: &DigestEntry| entry.channel == Channel::Region || self.has_a_child(guardian.as_str());
        digest.school.iter().any(is_reached) || digest.children.iter().any(|section| is_child(&section.child))
    }

    /// Whether somebody may still follow a channel: a school's bulletin only a guardian who has a child there.
    pub(crate) fn may_follow(&self, name: &str, channel: &Channel) -> bool {
        !matches!(channel, Channel::Bulletin(_)) || !GUARDIANS.contains(&name) || self.has_a_child(name)
    }

    /// Whether a guardian has a child at all, written to or not.
    fn has_a_child(&self, guardian: &str) -> bool {
        let mut links = LINKS.iter().enumerate();
        links.any(|(number, (of, ..))| *of == guardian && !self.cut.contains(&number))
    }

    /// What comes to a guardian's screen, and when.
    pub(crate) fn reaches_a_guardian(&self, guardian: &str, frame: &serde_json::Value, now: SchoolTime) {
        let local = paris(now);
        let is_suspended = is_school_day(local.date()) && (8..18).contains(&local.hour());
        assert!(!is_suspended, "{guardian} is here at {local}: {frame}");
        if frame["kind"] == "digest" {
            for section in frame["body"]["children"].as_array().unwrap() {
                let child = section["child"].as_str().unwrap();
                assert!(self.links(guardian).any(|own| own == child), "{guardian} is told about {child}");
            }
        }
    }

    fn one(&mut self, publication: &Publication) {
        let Channel::Account(guardian) = &publication.channel else { panic!("{publication:?}") };
        let digest: Digest = body::read(&publication.body).unwrap();
        assert!(publication.author.is_hub());
        assert_eq!(publication.audience, Audience::of(&[Role::Guardian]).unwrap());
        assert_eq!(publication.message_id.as_str(), format!("digest.{}", digest.date));
        assert_eq!(digest.left_out, 0);
        in_its_hours(digest.date, publication.published_at, guardian);
        let children: Vec<&str> = digest.children.iter().map(|section| section.child.as_str()).collect();
        assert_eq!(children.iter().collect::<HashSet<_>>().len(), children.len(), "a section for each child");
        for section in &digest.children {
            self.section(guardian.as_str(), section);
        }
        let mut whole = HashSet::new();
        for entry in &digest.school {
            assert!(whole.insert(&entry.title), "{} twice", entry.title);
            self.entry(entry, None);
            assert!(is_shared(&entry.channel.to_string()), "{entry:?}");
        }
        for (child, entry) in entries(&digest) {
            assert!(
                child.is_none() || !whole.contains(&entry.title),
                "{} is for the whole school",
                entry.title
            );
            let before = self.shown.insert((guardian.to_string(), entry.title.clone()), digest.date);
            assert!(before.is_none_or(|date| date == digest.date), "{guardian} had {} before", entry.title);
        }
        let titles = entries(&digest).map(|(_, entry)| entry.title.clone()).collect();
        let before = self.digests.insert((guardian.clone(), digest.date), titles);
        assert_eq!(before, None, "{guardian} has one digest on {}", digest.date);
    }

    fn section(&self, guardian: &str, section: &ChildSection) {
        let child = section.child.as_str();
        assert!(self.links(guardian).any(|student| student == child), "{guardian} is not told about {child}");
        let mut own = HashSet::new();
        for entry in &section.entries {
            assert!(own.insert(&entry.title), "{} twice for {child}", entry.title);
            assert!(concerns(child, &entry.channel.to_string()), "{entry:?}");
            self.entry(entry, Some(child));
        }
    }

    fn entry(&self, entry: &DigestEntry, child: Option<&str>) {
        let id = &entry.title;
        let sent = self.sent.get(id).expect("what is shown was sent");
        assert!(!sent.is_withdrawn, "{id} was withdrawn");
        assert!(sent.draft.is_for_guardians && !sent.draft.is_urgent, "{id} is for no digest");
        assert!(sent.draft.places.contains(&entry.channel.to_string().as_str()), "{id} was not sent there");
        assert_eq!(entry.text, words(id, sent.version), "the words that hold");
        if entry.kind == Kind::Assignment {
            let pair = child.map(|child| (id.clone(), child.to_owned()));
            let own = pair.and_then(|pair| self.dues.get(&pair)).map(String::as_str);
            assert_eq!(entry.due.as_deref(), Some(own.unwrap_or(&sent.draft.due)), "{id} for {child:?}");
        }
    }

    /// The children whom a guardian is written to about.
    fn links<'a>(&'a self, guardian: &'a str) -> impl Iterator<Item = &'static str> + 'a {
        let all = LINKS.into_iter().enumerate();
        all.filter(move |(number, (of, _, receives))| {
            *of == guardian && *receives && !self.cut.contains(number)
        })
        .map(|(_, (_, student, _))| student)
    }

    /// Once everything had its time: what is not withdrawn has reached each of these guardians.
    pub(crate) fn is_complete(&self, guardians: &[&str]) {
        for guardian in guardians {
            for (id, sent) in self.sent.iter().filter(|(_, sent)| !sent.is_withdrawn) {
                let is_theirs = sent.draft.places.iter().any(|place| {
                    let mut children = self.links(guardian);
                    children.any(|child| is_shared(place) || concerns(child, place))
                });
                let is_due = is_theirs && sent.draft.is_for_guardians && !sent.draft.is_urgent;
                let is_shown = self.shown.contains_key(&((*guardian).to_owned(), id.clone()));
                assert!(is_shown || !is_due, "{guardian} never had {id}: {sent:?}");
            }
        }
    }

    /// Letters are written about digests that arrived and about no other, and about all but those of which a crash and a
    /// withdrawal, a cut or another choice left nothing.
    pub(crate) fn letters_fit(&self, letters: &HashSet<(AccountId, Date)>, changed: &HashSet<&str>) {
        for letter in letters {
            assert!(self.digests.contains_key(letter), "a letter about nothing: {letter:?}");
        }
        for ((guardian, date), titles) in &self.digests {
            let is_gone = titles.iter().all(|title| self.sent[title].is_withdrawn);
            let is_cut = LINKS
                .iter()
                .enumerate()
                .any(|(number, (of, ..))| *of == guardian.as_str() && self.cut.contains(&number));
            let is_excused = is_gone || is_cut || changed.contains(guardian.as_str());
            assert!(
                is_excused || letters.contains(&(guardian.clone(), *date)),
                "no letter for {guardian} on {date}"
            );
        }
    }

    /// How many digests came.
    pub(crate) fn count(&self) -> usize {
        self.digests.len()
    }
}

fn entries(digest: &Digest) -> impl Iterator<Item = (Option<&AccountId>, &DigestEntry)> {
    let own = digest
        .children
        .iter()
        .flat_map(|section| section.entries.iter().map(move |entry| (Some(&section.child), entry)));
    own.chain(digest.school.iter().map(|entry| (None, entry)))
}

/// What a wall clock in Paris shows.
pub(crate) fn paris(at: SchoolTime) -> Zoned {
    Timestamp::from_millisecond(at.0).unwrap().to_zoned(TimeZone::get("Europe/Paris").unwrap())
}

/// Whether there are classes on a day.
pub(crate) fn is_school_day(date: Date) -> bool {
    date.weekday().to_monday_one_offset() <= 5 && !HOLIDAYS.contains(&date)
}

/// By the wall clock of Paris: an evening of a day with classes, from six on and at the guardian's turn, never by night nor
/// at a weekend.
fn in_its_hours(date: Date, at: SchoolTime, guardian: &AccountId) {
    let local = paris(at);
    let six = date.at(18, 0, 0, 0).to_zoned(local.time_zone().clone()).unwrap();
    assert!(is_school_day(date), "no digest of {date}");
    assert!(local >= six, "{date}'s digest at {local}");
    assert!(at >= turn(&account(guardian.as_str()), SchoolTime(six.timestamp().as_millisecond())));
    assert!(is_delivered(at), "quiet at {local}");
}

/// Whether it is neither night nor a weekend.
pub(crate) fn is_delivered(at: SchoolTime) -> bool {
    let local = paris(at);
    let hours = Time::constant(7, 0, 0, 0)..Time::constant(20, 0, 0, 0);
    hours.contains(&local.time()) && local.weekday().to_monday_one_offset() <= 5
}
