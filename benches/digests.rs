//! The evening of the whole region (target P14): 62,100 digests ready within 60 s of one core's time, memory flat.
//!
//! `cargo bench --bench digests [-- SCHOOLS]` generates the region's roster, sends a week of announcements and assignments
//! through the registry and the broker, and runs two evenings: one that looks back over the week, and the next day's, as it
//! is on any day. Each is made and published through the embedded store, the second by a hub that is started again on the
//! way; both are looked through for what is missing or there twice. Then come the region's reminders and an alarm for all.
//! CPU is that of the whole process, its threads for the log and the ledger included.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]
#![expect(clippy::print_stdout, reason = "its result is printed")]

#[path = "cases/alarm.rs"]
mod alarm;
#[path = "cases/reminding.rs"]
mod reminding;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use preau::base::body::{Announcement, Assignment};
use preau::base::clock::ManualClock;
use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Body, Channel, ClassId, Clock, Epoch, ItemId, Kind, MessageId, NewPublication,
    OrgId, Role, SchoolTime, limits,
};
use preau::broker::{self, Broker, History};
use preau::calendar::{Calendar, CalendarConfig, begins};
use preau::digest::{Press, Progress, Settings, Sources};
use preau::ledger::{self, DigestRow, DigestState, Item, Json, Ledger, Rendering};
use preau::roster::{ClassKind, Directory, OrgKind, Roster, Spec, generate, read};
use preau::store::{self, Store};

/// A Monday.
const FIRST: Date = date(2026, 11, 16);
/// School days whose traffic is sent before the first evening.
const DAYS: usize = 5;
/// Assignments of a class's subjects in a day: 15 a week.
const ASSIGNMENTS: usize = 3;
const ZONE: &str = "Europe/Paris";
/// After so many steps a hub is started again that is to be.
const STEPS_UNTIL_CUT: usize = 100;
/// Of so many accounts one is asked what stands in its channel.
const SAMPLE: usize = 100;
/// What waits for an answer while the week is sent.
const IN_FLIGHT: usize = 512;
const TEXT: &str = "Lire le chapitre quatre jusqu'à la page 112, puis répondre par écrit aux questions 3 à 7 de la page 114. \
     Le travail est à rendre sur feuille, au début du cours ; la réponse à la question 6 fait au moins dix lignes.";

struct World {
    folder: PathBuf,
    roster: Arc<Directory>,
    broker: Arc<dyn Broker>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
    calendar: Arc<Calendar>,
    metrics: Metrics,
}

fn main() {
    let schools = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(308);
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(schools, folder.path());
    let counts = world.roster.current().counts();
    println!(
        "{} accounts, {} guardians, {} classes",
        counts.accounts_total(),
        counts.of(Role::Guardian),
        counts.classes
    );
    let sent: usize = (0..DAYS).map(|day| world.send_day(day)).sum();
    println!("{sent} announcements and assignments in {DAYS} days");
    let world = world.evening(DAYS - 1, "the week's digests", false);
    // A Monday: the day after the weekend.
    let sent = world.send_day(DAYS);
    println!("{sent} announcements and assignments in one more day");
    let world = world.evening(DAYS, "a day's digests, by a hub that is started again on the way", true);
    world.check();
    reminding::remind(&world, day(DAYS + 8));
    alarm::sound(&world);
    world.broker.shut_down();
    world.ledger.shut_down();
}

/// The school day of a number, weekends left out.
fn day(number: usize) -> Date {
    let days = i64::try_from(number / 5 * 7 + number % 5).unwrap();
    FIRST.saturating_add(days.days())
}

impl World {
    fn new(schools: usize, folder: &Path) -> Self {
        let full = Spec::default();
        let part = |total: usize| total * schools / full.schools;
        let spec = Spec {
            schools,
            students: part(full.students),
            teachers: part(full.teachers),
            guardians: part(full.guardians),
            staff: part(full.staff),
            ..full
        };
        let files = folder.join("roster");
        generate(spec, &files, &mut |_| ()).unwrap();
        let roster = read(&files, FIRST, &mut |_| ()).map_err(|report| report.errors).unwrap().roster;
        let metrics = Metrics::default();
        let (broker, ledger) = open(folder, &metrics);
        let calendar = Calendar::new(&CalendarConfig::default(), ZONE, &BTreeMap::new());
        Self {
            folder: folder.to_owned(),
            roster: Arc::new(Directory::new(roster)),
            broker,
            ledger,
            clock: Arc::new(ManualClock::at(instant(FIRST, 0).0.unsigned_abs())),
            calendar: Arc::new(calendar),
            metrics,
        }
    }

    /// The same over the same store, in a hub that was started again.
    fn restarted(self) -> Self {
        let Self { folder, broker, ledger, metrics, .. } = self;
        broker.shut_down();
        ledger.shut_down();
        drop((broker, ledger));
        let (broker, ledger) = open(&folder, &metrics);
        Self { folder, broker, ledger, metrics, ..self }
    }

    fn press(&self) -> Press {
        let calendar = Arc::clone(&self.calendar);
        let sources = Sources {
            broker: Arc::clone(&self.broker),
            ledger: Arc::clone(&self.ledger),
            directory: Arc::clone(&self.roster),
            calendar: Box::new(move || Arc::clone(&calendar)),
            turn: Box::new(turn),
            letters: Box::new(()),
            rendering: Rendering::default(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            metrics: self.metrics.clone(),
        };
        Press::open(sources, Settings::default()).unwrap()
    }

    /// Sends what a day brings: each class its work, each school five announcements. How much that was.
    fn send_day(&self, number: usize) -> usize {
        let (roster, date) = (self.roster.current(), day(number));
        let mut sent = 0;
        for school in roster.orgs().filter(|org| org.kind() == OrgKind::School) {
            let items = items_of(&roster, school.id(), number);
            sent += items.len();
            for (index, chunk) in items.chunks(IN_FLIGHT).enumerate() {
                let minute = u16::try_from((8 * 60 + index * 7) % (9 * 60) + 8 * 60).unwrap();
                self.send(chunk, (number, school.id()), instant(date, minute));
            }
        }
        sent
    }

    fn send(&self, items: &[(Channel, Kind)], (number, school): (usize, &str), at: SchoolTime) {
        let (registered, are_registered) = flume::bounded(items.len());
        let (published, are_published) = flume::bounded(items.len());
        for (index, (channel, kind)) in items.iter().enumerate() {
            let id = ItemId::parse(&format!("{school}-{number}-{index}")).unwrap();
            let body = body(*kind, &id);
            let registered = registered.clone();
            let item = item(id.clone(), *kind, channel.clone(), &body, at);
            let done = Box::new(move |outcome: Result<_, _>| registered.send(outcome.is_ok()).unwrap());
            self.ledger.put_item(item, None, done).unwrap();
            let new = NewPublication {
                channel: channel.clone(),
                author: AccountId::parse("t000001").unwrap(),
                message_id: MessageId::parse(&format!("{id}.1")).unwrap(),
                audience: Audience::EVERYONE,
                body,
                published_at: at,
                deliver_at: None,
                urgent: None,
            };
            let published = published.clone();
            let done = Box::new(move |outcome: Result<_, _>| published.send(outcome.is_ok()).unwrap());
            self.broker.publish(new, done).unwrap();
        }
        for _ in items {
            assert!(are_registered.recv().unwrap() && are_published.recv().unwrap());
        }
    }

    /// One evening, measured.
    fn evening(self, number: usize, name: &str, is_cut: bool) -> Self {
        let date = day(number);
        println!("{name}, {date}:");
        self.set(instant(date, 17 * 60 + 30));
        let (world, cpu) = self.work("ready", |metrics| metrics.digests_made.get(), is_cut);
        world.set(instant(date, 18 * 60 + 30));
        let (world, more) =
            world.work("rendered and published", |metrics| metrics.digests_published.get(), is_cut);
        println!("  P14  CPU until ready (≤ 60 s): {cpu:.1} s; with publishing: {:.1} s", cpu + more);
        let count = |world: &Self| (world.metrics.digests_made.get(), world.metrics.digests_published.get());
        let before = count(&world);
        let mut again = world.press();
        while again.step().unwrap() == Progress::Worked {}
        assert_eq!(count(&world), before, "a hub that is started again finds the evening done");
        drop(again);
        world
    }

    /// Lets a press work until it has nothing to do, started again once on the way if it is to be; the seconds of CPU that
    /// it took.
    fn work(mut self, what: &str, count: impl Fn(&Metrics) -> u64, is_cut: bool) -> (Self, f64) {
        let before = count(&self.metrics);
        let (cpu, memory) = (cpu_seconds(), memory_mib());
        let (mut press, mut seen) = (self.press(), Vec::new());
        while press.step().unwrap() == Progress::Worked {
            seen.push(memory_mib());
            if is_cut && seen.len() == STEPS_UNTIL_CUT {
                drop(press);
                self = self.restarted();
                press = self.press();
            }
        }
        drop(press);
        let cpu = cpu_seconds() - cpu;
        let at = |part: usize| seen.get(seen.len() * part / 100).copied().unwrap_or(memory) - memory;
        let most = seen.iter().fold(memory, |most, now| most.max(*now)) - memory;
        println!(
            "  {what}: {} in {cpu:.1} s of CPU and {} steps; memory grew by {:.0} MiB after a tenth, {:.0} after half, \
             {:.0} after nine tenths, {most:.0} at most",
            count(&self.metrics) - before,
            seen.len(),
            at(10),
            at(50),
            at(90)
        );
        (self, cpu)
    }

    /// What the rows and the guardians' channels hold: each digest that was made is out, once, and nothing stands in two.
    fn check(&self) {
        let roster = self.roster.current();
        let guardians = roster.accounts().filter(|account| account.role() == Role::Guardian);
        let guardians: Vec<AccountId> =
            guardians.map(|account| AccountId::parse(account.id()).unwrap()).collect();
        let (mut rows, mut entries) = (0, 0);
        for some in guardians.chunks(limits::DIGEST_PAGE_MAX) {
            let mut dates: BTreeMap<AccountId, BTreeSet<Date>> = BTreeMap::new();
            let mut seen = BTreeSet::new();
            for row in asked(|answer| self.ledger.digests(some.to_vec(), FIRST, answer)) {
                let DigestRow { guardian, date, items, state, .. } = row;
                assert_eq!(state, DigestState::Published, "{guardian}");
                assert!(items.iter().all(|item| seen.insert((guardian.clone(), *item))), "{guardian}");
                (rows, entries) = (rows + 1, entries + items.len());
                dates.entry(guardian).or_default().insert(date);
            }
            for guardian in some.iter().step_by(SAMPLE) {
                let expected: Vec<String> = dates.remove(guardian).into_iter().flatten().map(name).collect();
                assert_eq!(self.published(guardian, Kind::Digest), expected, "{guardian}");
            }
        }
        assert_eq!(u64::try_from(rows).unwrap(), self.metrics.digests_published.get());
        println!("{entries} entries in the {rows} digests of both evenings: all out, none twice");
    }

    /// The names of what stands in an account's channel.
    fn published(&self, account: &AccountId, kind: Kind) -> Vec<String> {
        let role = self.roster.current().account(account.as_str()).unwrap().role();
        let channel = Channel::Account(account.clone());
        let history = History { channel, after: None, before: None, kind: Some(kind), role, limit: 50 };
        let page = asked(|answer| self.broker.history(history, answer));
        page.publications.iter().map(|publication| publication.message_id.to_string()).collect()
    }

    fn set(&self, at: SchoolTime) {
        let ahead = (at.0 - self.clock.school().0).unsigned_abs();
        self.clock.advance(Duration::from_millis(ahead));
    }
}

/// The name of an evening's digest.
fn name(date: Date) -> String {
    format!("digest.{date}")
}

/// Opens the store, and what stands on it.
fn open(folder: &Path, metrics: &Metrics) -> (Arc<dyn Broker>, Arc<dyn Ledger>) {
    let settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
    let store = Store::open(&folder.join("store"), settings).unwrap();
    let ledger = Arc::new(ledger::Local::start(&store).unwrap());
    (Arc::new(broker::Local::start(&store, metrics.clone()).unwrap()), ledger)
}

/// Waits for an answer.
fn asked<T: Send + 'static, E: std::fmt::Debug + Send + 'static, B: std::fmt::Debug>(
    ask: impl FnOnce(Box<dyn FnOnce(Result<T, E>) + Send>) -> Result<(), B>,
) -> T {
    let (answer, answered) = flume::bounded(1);
    ask(Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
    answered.recv().unwrap().unwrap()
}

/// What the classes and the office of a school send in a day.
fn items_of(roster: &Roster, school: &str, number: usize) -> Vec<(Channel, Kind)> {
    let classes: Vec<ClassId> = roster
        .classes()
        .filter(|class| class.school().id() == school)
        .map(|class| ClassId::parse(class.id()).unwrap())
        .collect();
    let homerooms =
        roster.classes().filter(|class| class.school().id() == school && class.kind() == ClassKind::Homeroom);
    let count = homerooms.count();
    // The subjects of a class have their days by turns.
    let work = (0..count * ASSIGNMENTS).map(|index| {
        let class = &classes[(index + number * count * ASSIGNMENTS) % classes.len()];
        (Channel::Class(class.clone()), Kind::Assignment)
    });
    let org = OrgId::parse(school).unwrap();
    let grade = |grade: &str| Channel::Level(org.clone(), ClassId::parse(grade).unwrap());
    let level =
        roster.classes().find(|class| class.school().id() == school).and_then(|class| class.grades().next());
    let office = [
        Channel::School(org.clone()),
        Channel::School(org.clone()),
        level.map_or_else(|| Channel::School(org.clone()), grade),
        Channel::Class(classes[number % classes.len()].clone()),
        Channel::Class(classes[(number + 7) % classes.len()].clone()),
    ];
    work.chain(office.into_iter().map(|channel| (channel, Kind::Announcement))).collect()
}

fn body(kind: Kind, id: &ItemId) -> Body {
    let item = Some(id.clone());
    match kind {
        Kind::Assignment => Body::of(&Assignment {
            title: "Lecture et questions".to_owned(),
            text: TEXT.to_owned(),
            due: "2027-01-15".to_owned(),
            subject: "Français".to_owned(),
            links: vec!["https://ent.example/devoirs/lecture".to_owned()],
            item,
            version: 1,
            earlier: false,
        }),
        _ => Body::of(&Announcement { item, ..Announcement::new("Conseil de classe", TEXT) }),
    }
    .unwrap()
}

fn item(id: ItemId, kind: Kind, channel: Channel, body: &Body, at: SchoolTime) -> Item {
    Item {
        id,
        kind,
        author: AccountId::parse("t000001").unwrap(),
        version: 1,
        is_withdrawn: false,
        places: vec![channel],
        audience: Audience::EVERYONE,
        body: Json::of(&serde_json::from_str::<serde_json::Value>(body.json()).unwrap()).unwrap(),
        created_at: at,
        changed_at: at,
        publish_at: None,
        urgent: false,
        why: None,
        held: None,
        is_settled: false,
    }
}

/// A guardian's own instant, within twenty minutes: schools come mixed, as they do.
fn turn(guardian: &AccountId, opening: SchoolTime) -> SchoolTime {
    let number = guardian.as_str().bytes().fold(7_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_200_007);
    SchoolTime(opening.0 + number * 7_919 % 1_200_000)
}

fn instant(date: Date, minute: u16) -> SchoolTime {
    begins(date, minute, &jiff::tz::TimeZone::get(ZONE).unwrap())
}

/// What the process has taken of all CPUs: clock ticks of a hundredth of a second.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

fn memory_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}
