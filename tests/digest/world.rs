//! A hub without its edges: store, broker, ledger, publisher, press, reminders and a shard, which can be killed and opened
//! again. What people send goes the way that it goes in a hub, so that it waits where it is quiet and edits of work are held.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flume::Receiver;
use jiff::civil::Date;
use preau::base::clock::ManualClock;
use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Body, Clock, Epoch, ItemId, MessageId, NewPublication, Publication, Reason,
    SchoolTime,
};
use preau::broker::{self, Broker, Schedule, Sink};
use preau::calendar::{Calendar, SchoolRef};
use preau::digest::{Press, Progress, Settings, Sources, Trouble};
use preau::items::reminders::{self, Reminders};
use preau::items::{self, Change, Ground, Publisher};
use preau::ledger::{self, Frequency, Ledger, Preference, Rendering};
use preau::roster::{Directory, Shrink};
use preau::store::{self, Store};

use crate::asking::{ask, publish, release, scheduled};
use crate::draft::{AUTHORS, Draft};
use crate::followers::{Followers, Yard};
use crate::fuse::{BLOWN, Fuse, FusedBroker, FusedClock, LetterBox};
use crate::oracle::{Log, Oracle};
use crate::school;

/// Letters of one life at most, ten times what the longest writes.
const LETTERS_MAX: usize = 16_384;
/// Of a page of the schedule.
const SCHEDULED_MAX: usize = 50;

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
    /// All that was committed, in its order.
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) followers: Mutex<Followers>,
    pub(crate) hub: Option<Hub>,
}

/// What a kill takes away.
pub(crate) struct Hub {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) metrics: Metrics,
    publisher: Publisher,
    reminders: Mutex<Reminders>,
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
            log: Arc::default(),
            followers: Mutex::new(Followers::new()),
            hub: None,
        };
        world.open();
        world.settle(&Oracle::default());
        world
    }

    fn open(&mut self) {
        let settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(self.folder.path(), settings).unwrap();
        let metrics = Metrics::default();
        let ledger: Arc<dyn Ledger> = Arc::new(ledger::Local::start(&store).unwrap());
        let broker: Arc<dyn Broker> = Arc::new(broker::Local::start(&store, metrics.clone()).unwrap());
        broker.attach(Arc::new(Watch(Arc::clone(&self.log))) as Arc<dyn Sink>);
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
        let (calendar, fuse) = (Arc::clone(&self.calendar), self.fuse.clone());
        let ground = reminders::Ground {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&ledger),
            broker: Arc::new(FusedBroker(Arc::clone(&broker), self.fuse.clone())),
            calendar: Box::new(move || {
                fuse.burn();
                Arc::clone(&calendar)
            }),
            rendering: self.rendering.clone(),
        };
        let reminders = Mutex::new(Reminders::new(ground, reminders::Rules::default()));
        self.followers().plug(Yard {
            broker: Arc::clone(&broker),
            directory: Arc::clone(&self.directory),
            calendar: Arc::clone(&self.calendar),
            clock: Arc::clone(&self.clock),
            metrics: metrics.clone(),
        });
        self.hub = Some(Hub { broker, ledger, metrics, publisher, reminders });
    }

    /// The process ends, wherever it is, and begins again.
    pub(crate) fn restart(&mut self) {
        self.followers().unplug();
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

    /// Time passes; what is due in the schedule is released at its time.
    pub(crate) fn pass(&self, ms: i64) {
        let end = SchoolTime(self.now().0 + ms);
        let next = || {
            let waiting = AUTHORS.into_iter().flat_map(|author| self.scheduled(author));
            waiting.filter_map(|new| new.deliver_at).filter(|at| *at < end).min()
        };
        while let Some(at) = next() {
            self.release_at(at);
        }
        self.release_at(end);
    }

    fn release_at(&self, at: SchoolTime) {
        self.clock.advance(Duration::from_millis((at.0 - self.now().0).max(0).unsigned_abs()));
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
        self.outlive(&worked)
    }

    /// Reminds of all that the clock brings; false if the fuse blew.
    pub(crate) fn remind(&mut self) -> bool {
        let hub = self.hub();
        let reminded = catch_unwind(AssertUnwindSafe(|| {
            let mut reminders = hub.reminders.lock().unwrap();
            let finished = |ledger: &dyn Ledger| ask(|answer| ledger.reminded(answer));
            loop {
                let before = finished(&*hub.ledger);
                let count = reminders.look().unwrap();
                if count == 0 && reminders.is_idle() && finished(&*hub.ledger) == before {
                    return;
                }
            }
        }));
        self.outlive(&reminded)
    }

    /// Begins again if the fuse blew; whether it did not.
    fn outlive(&mut self, worked: &std::thread::Result<()>) -> bool {
        self.fuse.set(-1);
        if let Err(panic) = worked {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or(panic.downcast_ref::<&str>().copied());
            assert_eq!(said, Some(BLOWN));
            self.restart();
        }
        worked.is_ok()
    }

    /// Who follows.
    pub(crate) fn followers(&self) -> MutexGuard<'_, Followers> {
        self.followers.lock().unwrap()
    }

    /// Lets everybody who follows have what is there for them.
    pub(crate) fn settle(&self, oracle: &Oracle) {
        self.followers().settle(&self.log.lock().unwrap(), oracle);
    }

    /// What somebody's schedule holds.
    pub(crate) fn scheduled(&self, author: &str) -> Vec<NewPublication> {
        let mut schedule = Schedule { author: account(author), after: None, limit: SCHEDULED_MAX };
        let mut waiting = Vec::new();
        loop {
            let page = scheduled(&*self.hub().broker, schedule.clone());
            waiting.extend(page.waiting);
            match page.next {
                Some(next) => schedule.after = Some(next),
                None => return waiting,
            }
        }
    }

    /// A student says that something is done, or that it is not.
    pub(crate) fn done(&self, item: &str, student: &str, is_done: bool) {
        let (item, at) = (ItemId::parse(item).unwrap(), is_done.then(|| self.now()));
        ask(|answer| self.hub().ledger.put_done(item, account(student), at, answer));
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
        let changes = self.directory.replace(school::roster(links), Shrink::Allowed).unwrap();
        self.followers().reload(changes);
        self.rendering.wait_out();
    }

    /// Sends a version of an item as its author does; false if it was refused, as somebody who has had too much that is
    /// urgent lately is.
    pub(crate) fn send(&self, draft: &Draft, version: u32) -> bool {
        let (id, content) = (ItemId::parse(&draft.id).unwrap(), draft.content(version));
        let publisher = &self.hub().publisher;
        let outcome = if version > 1 {
            publisher.edit(&draft.author(), Change { id, version: version - 1, content })
        } else {
            let new = items::Draft {
                id,
                places: draft.places.iter().map(|place| school::channel(place)).collect(),
                audience: Some(draft.audience()),
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

/// Writes down what is committed, before whoever asked for it is answered: a press that has worked has been seen to.
struct Watch(Arc<Mutex<Log>>);

impl Sink for Watch {
    fn noted(&self, publication: &Publication) {
        self.0.lock().unwrap().push(publication.clone());
    }

    fn committed(&self, _: &Arc<Publication>) {}
}
