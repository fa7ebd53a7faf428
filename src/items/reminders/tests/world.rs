//! A school with a store of its own, whose clock stands where a test puts it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::sync_channel;

use crate::base::body::{self, Reminder, ReminderEntry};
use crate::base::metrics::Metrics;
use crate::base::{
    AccountId, Audience, Channel, Clock, Epoch, ItemId, Kind, MachineTime, Publication, Role, SchoolTime,
};
use crate::broker::{self, Broker, History};
use crate::calendar::{Calendar, CalendarConfig, Preset};
use crate::items::reminders::slot::Slot;
use crate::items::reminders::{Ground, RemindError, Reminders, Rules, clock, zones};
use crate::ledger::{self, Item, Items as _, Json, Ledger, LedgerError, Marks as _, PutItem, Rendering};
use crate::roster::{
    ClassKind, Directory, EnrolmentRole, NewAccount, NewClass, NewOrg, OrgKind, Roster, RosterBuilder,
};
use crate::store::{Settings, Store};

/// Both times stand where they were put.
pub(super) struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn machine(&self) -> MachineTime {
        MachineTime(0)
    }

    fn school(&self) -> SchoolTime {
        SchoolTime(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) clock: Arc<SetClock>,
    calendar: Arc<Calendar>,
    directory: Arc<Directory>,
    pub(super) rendering: Rendering,
    pub(super) rules: Rules,
    pub(super) open: Open,
}

/// What a restart opens anew.
pub(super) struct Open {
    pub(super) ledger: Arc<ledger::Local>,
    pub(super) broker: Arc<broker::Local>,
    pub(super) reminders: Reminders,
}

pub(super) const STUDENTS: [&str; 4] = ["ada", "bob", "eve", "max"];

/// Ada, Bob and Eve are in 2a, and Ada in a group; Max goes to school on Réunion, and Ina to both schools.
fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    for id in ["lycee", "reunion"] {
        builder.org(NewOrg { id, name: id, kind: OrgKind::School }).unwrap();
    }
    let one = ["ada", "bob", "eve"].map(|id| (id, &["lycee"][..]));
    for (id, orgs) in one.into_iter().chain([("ina", &["lycee", "reunion"][..]), ("max", &["reunion"][..])]) {
        let (given_name, family_name, email, role) = ("", "", "", Role::Student);
        builder.account(NewAccount { id, role, given_name, family_name, email, orgs, grades: &[] }).unwrap();
    }
    for (id, school) in [("2a", "lycee"), ("group", "lycee"), ("2r", "reunion")] {
        let (title, subject, kind) = ("", "", ClassKind::Homeroom);
        builder.class(NewClass { id, title, subject, kind, school, grades: &[] }).unwrap();
    }
    let classes =
        [("2a", &["ada", "bob", "eve", "ina"][..]), ("group", &["ada"][..]), ("2r", &["max", "ina"][..])];
    for (class, students) in classes {
        for student in students {
            builder.enrol(class, student, EnrolmentRole::Student).unwrap();
        }
    }
    builder.build()
}

pub(super) fn instant(text: &str) -> SchoolTime {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    super::super::times::instant(text.parse().unwrap(), &zone).unwrap()
}

pub(super) fn asked<T: Send + 'static>(
    ask: impl FnOnce(ledger::Answer<T>) -> Result<(), ledger::Busy>,
) -> Result<T, LedgerError> {
    let (answer, answered) = sync_channel(1);
    ask(Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv().unwrap()
}

pub(super) fn item(id: &str) -> ItemId {
    ItemId::parse(id).unwrap()
}

pub(super) fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// Version 1 of an assignment.
pub(super) fn assignment(id: &str, classes: &[&str], due: &str) -> Item {
    let body =
        serde_json::json!({ "title": format!("about {id}"), "text": "", "due": due, "subject": "maths" });
    Item {
        id: item(id),
        kind: Kind::Assignment,
        author: account("teacher"),
        version: 1,
        is_withdrawn: false,
        places: classes.iter().map(|class| Channel::parse(&format!("class:{class}")).unwrap()).collect(),
        audience: Audience::EVERYONE,
        body: Json::of(&body).unwrap(),
        created_at: SchoolTime(0),
        changed_at: SchoolTime(0),
        publish_at: None,
        urgent: false,
        why: None,
        held: None,
        is_settled: true,
    }
}

impl World {
    /// A school whose reminders begin now: by the clock of Paris.
    pub(super) fn at(now: &str, presets: Vec<Preset>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let school = serde_json::from_str(r#"{"id":"reunion","zone":"Indian/Reunion"}"#).unwrap();
        let config = CalendarConfig { presets, schools: vec![school], ..CalendarConfig::default() };
        let calendar = Arc::new(Calendar::new(&config, "Europe/Paris", &BTreeMap::new()));
        let clock = Arc::new(SetClock(AtomicI64::new(instant(now).0)));
        let directory = Arc::new(Directory::new(roster()));
        let (rendering, rules) = (Rendering::default(), Rules::default());
        let open = open(folder.path(), (&clock, &calendar, &directory, &rendering), rules);
        let mut world = Self { folder, clock, calendar, directory, rendering, rules, open };
        world.settle();
        world
    }

    /// The process ends and begins again, without any goodbye of the reminders'.
    pub(super) fn restart(&mut self) {
        self.open.broker.shut_down();
        self.open.ledger.shut_down();
        let ground = (&self.clock, &self.calendar, &self.directory, &self.rendering);
        self.open = open(self.folder.path(), ground, self.rules);
    }

    /// Sets the clock, and reminds of all that this brings.
    pub(super) fn go_to(&mut self, now: &str) {
        self.set(instant(now));
        self.settle();
    }

    pub(super) fn set(&self, now: SchoolTime) {
        self.clock.0.store(now.0, Ordering::SeqCst);
    }

    /// Looks until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for _ in 0..1_000 {
            self.look().unwrap();
            if self.is_settled() {
                return;
            }
        }
        panic!("reminders never come to an end");
    }

    /// Whether all slots that have begun are finished; in the night they wait.
    pub(super) fn is_settled(&self) -> bool {
        let now = self.clock.school();
        let finished = self.open.reminders.finished.as_ref();
        self.open.reminders.run.is_none()
            && zones(&self.calendar).iter().all(|zone| {
                let last = finished.and_then(|finished| finished.get(&zone.name)).copied();
                let is_time = super::super::is_time(&self.calendar, zone, now);
                last.is_some() && (!is_time || last >= Slot::begun(clock(now, &zone.rules)))
            })
    }

    pub(super) fn look(&mut self) -> Result<usize, RemindError> {
        self.open.reminders.look()
    }

    pub(super) fn put(&self, new: Item) {
        let expected = (new.version > 1).then(|| new.version - 1);
        let put = asked(|answer| self.open.ledger.put_item(new, expected, answer)).unwrap();
        assert_eq!(put, PutItem::Stored);
    }

    pub(super) fn withdraw(&self, id: &str) {
        let at = self.clock.school();
        asked(|answer| self.open.ledger.withdraw_item(item(id), at, None, answer)).unwrap();
        self.rendering.wait_out();
    }

    pub(super) fn done(&self, id: &str, student: &str, is_done: bool) {
        let at = is_done.then(|| self.clock.school());
        asked(|answer| self.open.ledger.put_done(item(id), account(student), at, answer)).unwrap();
    }

    pub(super) fn extend(&self, id: &str, student: &str, due: Option<&str>) {
        let due = due.map(str::to_owned);
        asked(|answer| self.open.ledger.put_extension(item(id), account(student), due, answer)).unwrap();
    }

    /// The publications of a student's channel.
    pub(super) fn log(&self, student: &str) -> Vec<Arc<Publication>> {
        let history = History {
            channel: Channel::Account(account(student)),
            after: Some(crate::base::Offset(0)),
            before: None,
            kind: None,
            role: Role::Student,
            limit: 200,
        };
        let (answer, answered) = sync_channel(1);
        self.open.broker.history(history, Box::new(move |page| answer.send(page).unwrap())).unwrap();
        answered.recv().unwrap().unwrap().publications
    }

    /// A student's reminders: key, and of each entry item, due date and reason.
    pub(super) fn reminders(&self, student: &str) -> Vec<String> {
        let entry = |entry: &ReminderEntry| format!("{} {} {:?}", entry.item, entry.due, entry.when);
        let line = |publication: &Arc<Publication>| {
            let reminder: Reminder = body::read(&publication.body).unwrap();
            let entries: Vec<String> = reminder.entries.iter().map(entry).collect();
            format!("{}: {}", publication.message_id, entries.join(", "))
        };
        self.log(student).iter().map(line).collect()
    }
}

fn open(
    folder: &std::path::Path,
    (clock, calendar, directory, rendering): (&Arc<SetClock>, &Arc<Calendar>, &Arc<Directory>, &Rendering),
    rules: Rules,
) -> Open {
    let store = Store::open(folder, Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
    let ledger = Arc::new(ledger::Local::start(&store).unwrap());
    let broker = Arc::new(broker::Local::start(&store, Metrics::default()).unwrap());
    let calendar = Arc::clone(calendar);
    let ground = Ground {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        directory: Arc::clone(directory),
        ledger: Arc::clone(&ledger) as Arc<dyn Ledger>,
        broker: Arc::clone(&broker) as Arc<dyn Broker>,
        calendar: Box::new(move || Arc::clone(&calendar)),
        rendering: rendering.clone(),
    };
    Open { ledger, broker, reminders: Reminders::new(ground, rules) }
}
