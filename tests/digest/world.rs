//! A hub without its edges: store, broker, ledger, publisher and press, which can be killed and opened again. What people
//! send goes the way that it goes in a hub, so that it waits where it is quiet and edits of work are held.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flume::Receiver;
use jiff::civil::Date;
use preau::access::Identity;
use preau::base::body::{Announcement, Assignment};
use preau::base::clock::ManualClock;
use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Body, Clock, Epoch, ItemId, Kind, MessageId, NewPublication, Publication, Reason,
    Role, SchoolTime,
};
use preau::broker::{self, Broker, Sink};
use preau::calendar::{Calendar, SchoolRef};
use preau::digest::{Press, Progress, Settings, Sources, Trouble};
use preau::items::{self, Change, Content, Ground, Publisher};
use preau::ledger::{self, Frequency, Ledger, Preference, Rendering};
use preau::roster::{Directory, Shrink};
use preau::store::{self, Store};

use crate::asking::{ask, publish, release};
use crate::fuse::{BLOWN, Fuse, FusedBroker, FusedClock, LetterBox};
use crate::oracle::Arrivals;
use crate::school;

/// Letters of one life at most, ten times what the longest writes.
const LETTERS_MAX: usize = 16_384;

/// What somebody sends.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) places: Vec<&'static str>,
    pub(crate) is_for_guardians: bool,
    pub(crate) is_urgent: bool,
    /// Of an assignment.
    pub(crate) due: &'static str,
}

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) settings: Settings,
    pub(crate) fuse: Fuse,
    pub(crate) rendering: Rendering,
    pub(crate) letters: Receiver<(AccountId, Date)>,
    letter_box: LetterBox,
    /// Digests and withdrawals in the order in which they were committed.
    pub(crate) arrivals: Arc<Mutex<Arrivals>>,
    pub(crate) hub: Option<Hub>,
}

/// What a kill takes away.
pub(crate) struct Hub {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) metrics: Metrics,
    publisher: Publisher,
}

impl World {
    pub(crate) fn new(now: SchoolTime, settings: Settings) -> Self {
        let (written, letters) = flume::bounded(LETTERS_MAX);
        let (fuse, is_shut) = (Fuse::new(), Arc::new(AtomicBool::new(false)));
        let mut world = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::at(now.0.unsigned_abs())),
            calendar: Arc::new(school::calendar()),
            directory: Arc::new(Directory::new(school::roster(&[]))),
            settings,
            rendering: Rendering::default(),
            letters,
            letter_box: LetterBox { fuse: fuse.clone(), is_shut, written },
            fuse,
            arrivals: Arc::default(),
            hub: None,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        let settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(self.folder.path(), settings).unwrap();
        let metrics = Metrics::default();
        let ledger: Arc<dyn Ledger> = Arc::new(ledger::Local::start(&store).unwrap());
        let broker: Arc<dyn Broker> = Arc::new(broker::Local::start(&store, metrics.clone()).unwrap());
        broker.attach(Arc::new(Watch(Arc::clone(&self.arrivals))) as Arc<dyn Sink>);
        let calendar = Arc::clone(&self.calendar);
        let publisher = Publisher::new(Ground {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&ledger),
            broker: Arc::clone(&broker),
            quiet: Box::new(move |_, at| quiet_until(&calendar, at)),
            rendering: self.rendering.clone(),
            has_relay: false,
        });
        self.hub = Some(Hub { broker, ledger, metrics, publisher });
    }

    /// The process ends, wherever it is, and begins again.
    pub(crate) fn restart(&mut self) {
        let hub = self.hub.take().unwrap();
        hub.broker.shut_down();
        hub.ledger.shut_down();
        drop(hub);
        self.open();
    }

    pub(crate) fn hub(&self) -> &Hub {
        self.hub.as_ref().unwrap()
    }

    pub(crate) fn now(&self) -> SchoolTime {
        self.clock.school()
    }

    /// Time passes; what is due in the schedule is released.
    pub(crate) fn pass(&self, ms: i64) {
        self.clock.advance(Duration::from_millis(ms.unsigned_abs()));
        release(&*self.hub().broker, self.now());
    }

    pub(crate) fn pass_until(&self, at: SchoolTime) {
        self.pass((at.0 - self.now().0).max(0));
    }

    pub(crate) fn shut_letter_box(&self, is_shut: bool) {
        self.letter_box.is_shut.store(is_shut, Ordering::SeqCst);
    }

    pub(crate) fn press(&self) -> Result<Press, Trouble> {
        let (calendar, fuse) = (Arc::clone(&self.calendar), self.fuse.clone());
        let order = self.fuse.clone();
        let sources = Sources {
            broker: Arc::new(FusedBroker(Arc::clone(&self.hub().broker), self.fuse.clone())),
            ledger: Arc::clone(&self.hub().ledger),
            directory: Arc::clone(&self.directory),
            calendar: Box::new(move || {
                fuse.burn();
                Arc::clone(&calendar)
            }),
            turn: Box::new(move |guardian, opening| {
                order.burn();
                turn(guardian, opening)
            }),
            letters: Box::new(self.letter_box.clone()),
            rendering: self.rendering.clone(),
            clock: Arc::new(FusedClock(Arc::clone(&self.clock) as Arc<dyn Clock>, self.fuse.clone())),
            metrics: self.hub().metrics.clone(),
        };
        Press::open(sources, self.settings.clone())
    }

    /// Lets so many presses work by turns until none has anything to do; false if the fuse blew, and the process is another.
    pub(crate) fn work(&mut self, presses: usize) -> bool {
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let mut presses: Vec<Press> = (0..presses).filter_map(|_| self.press().ok()).collect();
            // A press whose step failed rests; it goes on when time has passed.
            while presses.iter_mut().any(|press| press.step() == Ok(Progress::Worked)) {}
        }));
        self.fuse.set(-1);
        if let Err(panic) = &worked {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or(panic.downcast_ref::<&str>().copied());
            assert_eq!(said, Some(BLOWN));
            self.restart();
        }
        worked.is_ok()
    }

    pub(crate) fn choose(&self, guardian: &str, digest: Frequency) {
        let preference = Preference { digest, ..Preference::of(account(guardian)) };
        ask(|answer| {
            self.hub().ledger.change_preference(preference.guardian.clone(), preference.into(), answer)
        });
    }

    pub(crate) fn extend(&self, item: &str, student: &str, due: &str) {
        let (item, due) = (ItemId::parse(item).unwrap(), Some(due.to_owned()));
        ask(|answer| self.hub().ledger.put_extension(item, account(student), due, answer));
    }

    pub(crate) fn cut(&self, links: &[usize]) {
        self.directory.replace(school::roster(links), Shrink::Allowed).unwrap();
        self.rendering.wait_out();
    }

    /// Sends a version of an item as its author does; false if it was refused, as somebody who has had too much that is
    /// urgent lately is.
    pub(crate) fn send(&self, draft: &Draft, version: u32) -> bool {
        let (id, content) = (ItemId::parse(&draft.id).unwrap(), content(draft, version));
        let publisher = &self.hub().publisher;
        let outcome = if version > 1 {
            publisher.edit(&draft.author(), Change { id, version: version - 1, content })
        } else {
            let new = items::Draft {
                id,
                places: draft.places.iter().map(|place| school::channel(place)).collect(),
                audience: Some(audience(draft)),
                content,
                publish_at: None,
                urgent: draft.is_urgent.then(|| Reason::parse("a pipe has burst").unwrap()),
            };
            publisher.compose(&draft.author(), new)
        };
        assert!(outcome.is_ok() || draft.is_urgent, "{outcome:?}");
        outcome.is_ok_and(|outcome| outcome.item.version == version)
    }

    /// Takes an item back: when this returns nobody may see it any more.
    pub(crate) fn withdraw(&self, draft: &Draft) {
        let id = ItemId::parse(&draft.id).unwrap();
        self.hub().publisher.withdraw(&draft.author(), (&id, draft.kind), None).unwrap();
    }

    /// Publishes something that belongs to no item.
    pub(crate) fn post(&self, place: &'static str, name: &str, body: Body) {
        let new = NewPublication {
            channel: school::channel(place),
            author: account("teacher"),
            message_id: MessageId::parse(name).unwrap(),
            audience: Audience::EVERYONE,
            body,
            published_at: self.now(),
            deliver_at: None,
            urgent: None,
        };
        publish(&*self.hub().broker, new).unwrap();
    }
}

/// Until when it is quiet at an instant, if it is.
fn quiet_until(calendar: &Calendar, at: SchoolTime) -> Option<SchoolTime> {
    let quiet = calendar.quiet(SchoolRef::id("lycee"), at);
    quiet.changes_at.filter(|_| !quiet.open)
}

/// A guardian's own instant, within twenty minutes.
pub(crate) fn turn(guardian: &AccountId, opening: SchoolTime) -> SchoolTime {
    let number: i64 = guardian.as_str().bytes().map(i64::from).sum();
    SchoolTime(opening.0 + (number * 7_919) % 1_200_000)
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn audience(draft: &Draft) -> Audience {
    let audience = Audience::of(&[Role::Student, Role::Teacher]).unwrap();
    if draft.is_for_guardians { audience.with(Role::Guardian) } else { audience }
}

/// What a version of an item says: its name and the version.
pub(crate) fn words(id: &str, version: u32) -> String {
    format!("{id} says {version}")
}

/// When an assignment is due: at first, and after edits. To be due earlier goes out at once, all else is held for a while.
pub(crate) const DUES: [&str; 3] = ["2026-12-18", "2026-12-11", "2026-12-21T08:00"];

impl Draft {
    /// Work is given by the teacher of the classes, everything else by an operator, who may announce anywhere.
    fn author(&self) -> Identity {
        let (name, role) = match self.kind {
            Kind::Assignment => ("teacher", Role::Teacher),
            _ => ("operator", Role::Operator),
        };
        Identity { account: account(name), role }
    }
}

fn content(draft: &Draft, version: u32) -> Content {
    let text = words(&draft.id, version);
    match draft.kind {
        Kind::Assignment => Content::Assignment(Box::new(Assignment {
            title: draft.id.clone(),
            text,
            due: draft.due.to_owned(),
            subject: String::new(),
            links: Vec::new(),
            item: None,
            version: 1,
            earlier: false,
        })),
        _ => Content::Announcement(Box::new(Announcement::new(&draft.id, &text))),
    }
}

/// Writes down what is committed, before whoever asked for it is answered: a press that has worked has been seen to.
struct Watch(Arc<Mutex<Arrivals>>);

impl Sink for Watch {
    fn noted(&self, publication: &Publication) {
        if matches!(publication.kind, Kind::Digest | Kind::Withdrawal) {
            self.0.lock().unwrap().push(publication.clone());
        }
    }

    fn committed(&self, _: &Arc<Publication>) {}
}
