//! Random lives of the school: whatever people do, whatever the clock shows and wherever the process dies, each thing reaches
//! each guardian once, each student is reminded once of what is left to do, and whoever follows has the log.

use std::collections::HashSet;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use preau::base::{Body, Kind, SchoolTime};
use preau::digest::Settings;
use preau::ledger::Frequency;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::asking::ask;
use crate::draft::Draft;
use crate::followers::FOLLOWERS;
use crate::oracle::{Oracle, Sent, paris};
use crate::school::{CLASSES, GUARDIANS, LINKS, PLACES, STUDENTS};
use crate::world::World;

/// Cases unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 24;
/// The Mondays before the Sundays on which clocks change.
const MONDAYS: [Date; 2] = [date(2026, 3, 23), date(2026, 10, 19)];
const MINUTE_MS: i64 = 60_000;
/// In how many days work is due, and at what time: at first, and after edits. To be due earlier goes out at once, all else is
/// held for a while.
const DUES: [(i64, &str); 3] = [(9, ""), (4, ""), (11, "T08:30")];
/// The same for one student.
const OWN_DUES: [(i64, &str); 3] = [(2, "T13:00"), (5, ""), (14, "")];
/// Days without trouble at the end: as long as a weekly digest may take to come.
const QUIET_DAYS: i64 = 9;

#[derive(Debug, Clone)]
enum Act {
    Send { kind: Kind, places: Vec<usize>, is_for_guardians: bool, is_urgent: bool },
    Edit { item: usize, due: (i64, &'static str) },
    Withdraw(usize),
    Extend { item: usize, student: usize, due: (i64, &'static str) },
    Done { item: usize, student: usize, is_done: bool },
    Post(usize),
    Cut(usize),
    Choose(usize, Frequency),
    Pass { minutes: i64 },
    PassUntil { hour: i8, minute: i8 },
    Work { presses: usize, fuse: Option<i64> },
    Remind { fuse: Option<i64> },
    Away { follower: usize, is_away: bool },
    Restart,
    Mail { is_shut: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let to = |places: usize| prop::sample::subsequence((0..places).collect::<Vec<_>>(), 1..=3);
    let notice = (Just(Kind::Announcement), to(PLACES.len()), prop::bool::weighted(0.1));
    let work = (Just(Kind::Assignment), to(CLASSES), Just(false));
    let send = (prop_oneof![notice, work], prop::bool::weighted(0.85)).prop_map(
        |((kind, places, is_urgent), is_for_guardians)| Act::Send {
            kind,
            places,
            is_for_guardians,
            is_urgent,
        },
    );
    let edit =
        (any::<usize>(), prop::sample::select(&DUES[..])).prop_map(|(item, due)| Act::Edit { item, due });
    let extend = (any::<usize>(), 0..STUDENTS.len(), prop::sample::select(&OWN_DUES[..]))
        .prop_map(|(item, student, due)| Act::Extend { item, student, due });
    let done = (any::<usize>(), 0..STUDENTS.len(), prop::bool::weighted(0.8))
        .prop_map(|(item, student, is_done)| Act::Done { item, student, is_done });
    let away = (0..FOLLOWERS, any::<bool>()).prop_map(|(follower, is_away)| Act::Away { follower, is_away });
    let fuse = || prop::option::of(0..80_i64);
    let frequency = prop_oneof![Just(Frequency::Off), Just(Frequency::Daily), Just(Frequency::Weekly)];
    let hours = prop_oneof![
        Just((17, 30)),
        Just((18, 0)),
        Just((18, 7)),
        Just((18, 21)),
        Just((19, 59)),
        Just((20, 30)),
        Just((7, 30)),
    ];
    prop_oneof![
        6 => send,
        4 => edit,
        2 => any::<usize>().prop_map(Act::Withdraw),
        1 => extend,
        3 => done,
        1 => (0..PLACES.len()).prop_map(Act::Post),
        1 => (0..LINKS.len()).prop_map(Act::Cut),
        1 => (0..GUARDIANS.len(), frequency).prop_map(|(guardian, often)| Act::Choose(guardian, often)),
        4 => prop_oneof![1..=12_i64, 1..=400_i64].prop_map(|minutes| Act::Pass { minutes }),
        8 => hours.prop_map(|(hour, minute)| Act::PassUntil { hour, minute }),
        8 => (1..=2_usize, fuse()).prop_map(|(presses, fuse)| Act::Work { presses, fuse }),
        4 => fuse().prop_map(|fuse| Act::Remind { fuse }),
        3 => away,
        1 => Just(Act::Restart),
        1 => any::<bool>().prop_map(|is_shut| Act::Mail { is_shut }),
    ]
}

struct Life {
    world: World,
    oracle: Oracle,
    zone: TimeZone,
    /// Guardians who chose something on the way.
    changed: HashSet<&'static str>,
}

impl Life {
    fn begin(monday: Date, settings: Settings) -> Self {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let morning = monday.at(8, 0, 0, 0).to_zoned(zone.clone()).unwrap();
        let world = World::new(SchoolTime(morning.timestamp().as_millisecond()), settings);
        world.choose("g3", Frequency::Weekly);
        Self { world, oracle: Oracle::default(), zone, changed: HashSet::new() }
    }

    fn act(&mut self, act: &Act) {
        let mut is_alive = true;
        match act {
            Act::Send { kind, places, is_for_guardians, is_urgent } => {
                let places = places.iter().map(|place| PLACES[*place]).collect();
                self.send(*kind, places, *is_for_guardians, *is_urgent);
            }
            Act::Edit { item, due } => self.edit(*item, *due),
            Act::Withdraw(item) => self.withdraw(*item),
            Act::Extend { item, student, due } => self.extend(*item, STUDENTS[*student].0, *due),
            Act::Done { item, student, is_done } => self.done(*item, STUDENTS[*student].0, *is_done),
            Act::Post(place) => {
                let name = format!("p{}", self.world.now().0);
                self.world.post(PLACES[*place], &name, Body::post("nobody's business").unwrap());
            }
            Act::Cut(link) => {
                self.oracle.cut.push(*link);
                self.world.cut(&self.oracle.cut);
            }
            Act::Choose(guardian, often) => {
                self.changed.insert(GUARDIANS[*guardian]);
                self.world.choose(GUARDIANS[*guardian], *often);
            }
            Act::Pass { minutes } => self.world.pass(minutes * MINUTE_MS),
            Act::PassUntil { hour, minute } => self.pass_until(Time::constant(*hour, *minute, 0, 0)),
            Act::Work { presses, fuse } => {
                fuse.inspect(|looks| self.world.fuse.set(*looks));
                is_alive = self.world.work(*presses);
            }
            Act::Remind { fuse } => {
                fuse.inspect(|looks| self.world.fuse.set(*looks));
                is_alive = self.world.remind();
            }
            Act::Away { follower, is_away } => self.world.followers().set_away(*follower, *is_away),
            Act::Restart => {
                self.world.restart();
                is_alive = false;
            }
            Act::Mail { is_shut } => self.world.shut_letter_box(*is_shut),
        }
        self.oracle.look(&self.world.log.lock().unwrap());
        self.world.settle(&self.oracle);
        if !is_alive {
            self.oracle.agrees(&self.world);
        }
    }

    fn send(&mut self, kind: Kind, places: Vec<&'static str>, is_for_guardians: bool, is_urgent: bool) {
        let id = format!("i{}", self.oracle.sent.len());
        let due = self.in_days(DUES[0]);
        let draft = Draft { id: id.clone(), kind, places, is_for_guardians, is_urgent, due };
        if self.world.send(&draft, 1) {
            self.oracle.sent.insert(id, Sent { draft, version: 1, is_withdrawn: false });
        }
    }

    /// One of the items that are not withdrawn, if there is any.
    fn live(&mut self, number: usize) -> Option<&mut Sent> {
        let mut live: Vec<_> = self.oracle.sent.values_mut().filter(|sent| !sent.is_withdrawn).collect();
        let count = live.len().max(1);
        (!live.is_empty()).then(|| live.swap_remove(number % count))
    }

    fn edit(&mut self, number: usize, due: (i64, &str)) {
        let due = self.in_days(due);
        let Some(sent) = self.live(number) else { return };
        let (draft, version) = (Draft { due, ..sent.draft.clone() }, sent.version + 1);
        if self.world.send(&draft, version) {
            self.oracle.sent.insert(draft.id.clone(), Sent { draft, version, is_withdrawn: false });
        }
    }

    fn withdraw(&mut self, number: usize) {
        let Some(sent) = self.live(number) else { return };
        sent.is_withdrawn = true;
        let draft = sent.draft.clone();
        self.world.withdraw(&draft);
    }

    fn extend(&mut self, number: usize, student: &str, due: (i64, &str)) {
        let due = self.in_days(due);
        let Some(sent) = self.live(number) else { return };
        let id = sent.draft.id.clone();
        if sent.draft.kind == Kind::Assignment {
            self.world.extend(&id, student, &due);
            self.oracle.dues.insert((id, student.to_owned()), due);
        }
    }

    fn done(&mut self, number: usize, student: &'static str, is_done: bool) {
        let Some(sent) = self.live(number) else { return };
        let id = sent.draft.id.clone();
        if sent.draft.kind == Kind::Assignment {
            self.world.done(&id, student, is_done);
            let key = (id, student);
            if is_done {
                self.oracle.done.insert(key)
            } else {
                self.oracle.done.remove(&key)
            };
        }
    }

    fn today(&self) -> Date {
        paris(self.world.now()).date()
    }

    /// So many days from now, at a time.
    fn in_days(&self, (days, time): (i64, &str)) -> String {
        format!("{}{time}", self.today().saturating_add(days.days()))
    }

    /// Until the wall clock shows a time, today or tomorrow.
    fn pass_until(&self, time: Time) {
        let now = paris(self.world.now());
        let on = |date: Date| date.to_datetime(time).to_zoned(self.zone.clone()).unwrap();
        let today = on(now.date());
        let then = if today > now { today } else { on(now.date().tomorrow().unwrap()) };
        self.world.pass_until(SchoolTime(then.timestamp().as_millisecond()));
    }

    /// A day without any trouble, from its morning on.
    fn quiet_day(&mut self) {
        for (hour, minute) in [(7, 30), (17, 30), (18, 0), (18, 10), (18, 30)] {
            self.pass_until(Time::constant(hour, minute, 0, 0));
            self.act(&Act::Work { presses: 1, fuse: None });
            self.act(&Act::Remind { fuse: None });
        }
    }

    /// Days without trouble; then all is as it should be. How many reminders that took.
    fn end(mut self) -> usize {
        self.act(&Act::Mail { is_shut: false });
        let first = self.today().tomorrow().unwrap();
        for _ in 0..QUIET_DAYS {
            self.quiet_day();
        }
        self.world.followers().all_back();
        self.world.settle(&self.oracle);
        self.world.followers().have_all(&self.world.log.lock().unwrap(), &self.oracle);
        self.oracle.agrees(&self.world);
        let reminders = self.oracle.all_are_reminded(first, self.today());
        let faithful: Vec<&str> =
            GUARDIANS.into_iter().filter(|guardian| !self.changed.contains(guardian)).collect();
        self.oracle.is_complete(&faithful);
        self.oracle.letters_fit(&self.world.letters.drain().collect(), &self.changed);
        let hub = self.world.hub();
        assert_eq!(hub.metrics.scheduled.get(), 0, "nothing waits");
        assert_eq!(ask(|answer| hub.ledger.unsettled_items(answer)), []);
        let evenings = ask(|answer| hub.ledger.evenings("Europe/Paris".into(), answer));
        assert!(evenings.iter().all(|evening| evening.is_over), "{evenings:?}");
        reminders
    }
}

fn live(monday: Date, staged: bool, acts: &[Act]) {
    let staged = if staged { vec![Kind::Assignment] } else { Vec::new() };
    let mut life = Life::begin(monday, Settings { staged, ..Settings::default() });
    // There were digests before.
    life.quiet_day();
    for act in acts {
        life.act(act);
    }
    life.end();
}

#[test]
fn whatever_happens_each_thing_reaches_each_guardian_once() {
    let cases = std::env::vars().find(|(name, _)| name == "PROPTEST_CASES").map(|(_, value)| value);
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let lives = (prop::sample::select(&MONDAYS[..]), any::<bool>(), prop::collection::vec(act(), 20..60));
    let outcome = TestRunner::new(config).run(&lives, |(monday, staged, acts)| {
        live(monday, staged, &acts);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The days around both nights in which clocks change: six by the wall clock, on days with classes alone.
#[test]
fn digests_come_at_six_by_the_wall_clock_around_the_nights_of_a_change() {
    for monday in MONDAYS {
        let mut life = Life::begin(monday, Settings::default());
        for day in 0..8_i64 {
            let date = monday.saturating_add(day.days());
            life.pass_until(Time::constant(9, 0, 0, 0));
            if day > 0 {
                life.send(Kind::Announcement, vec!["class:2a"], true, false);
            }
            life.pass_until(Time::constant(17, 59, 0, 0));
            life.act(&Act::Work { presses: 1, fuse: None });
            let before = life.oracle.count();
            life.pass_until(Time::constant(18, 30, 0, 0));
            life.act(&Act::Work { presses: 1, fuse: None });
            let has_classes = (1..5).contains(&day) || day == 7;
            // All that follow 2a but the weekly one, who comes in on the Friday.
            let expected = match (has_classes, day) {
                (false, _) => 0,
                (true, 4) => 4,
                (true, _) => 3,
            };
            assert_eq!(life.oracle.count() - before, expected, "{date}");
        }
    }
}

/// One guardian at the screen, one offline: of two children of one class.
#[test]
fn who_is_here_has_the_evening_live_and_who_was_offline_once_back() {
    let mut life = Life::begin(MONDAYS[0], Settings::default());
    life.quiet_day();
    let [here, offline] = [0, 1];
    life.act(&Act::Away { follower: offline, is_away: true });
    life.act(&Act::PassUntil { hour: 9, minute: 0 });
    life.send(Kind::Announcement, vec!["class:2a"], true, false);
    for (hour, minute) in [(17, 30), (18, 30)] {
        life.act(&Act::PassUntil { hour, minute });
        life.act(&Act::Work { presses: 1, fuse: None });
    }
    let own = |life: &Life, follower| life.world.followers().own(follower);
    assert_eq!((own(&life, here), own(&life, offline)), (vec![true], vec![]));
    life.act(&Act::Away { follower: offline, is_away: false });
    assert_eq!((own(&life, here), own(&life, offline)), (vec![true], vec![false]));
    life.end();
}

#[test]
fn who_is_not_done_is_reminded_twice_and_who_is_not_at_all() {
    let mut life = Life::begin(MONDAYS[0], Settings::default());
    life.quiet_day();
    life.act(&Act::PassUntil { hour: 9, minute: 0 });
    life.send(Kind::Assignment, vec!["class:2a"], true, false);
    life.act(&Act::Done { item: 0, student: 0, is_done: true });
    // Of the other one of the class: two days before and on the eve. Due on a Thursday.
    let reminders = life.end();
    assert_eq!(reminders, 2);
}

/// Of work that is given on a Friday night, changed before it is out on Monday and shown to families a day later, only the
/// second version is in the log. The next digest comes when it was given longer ago than the log is read back.
#[test]
fn what_was_changed_before_anybody_saw_it_is_not_taken_for_old() {
    let clock = |hour, minute| Act::PassUntil { hour, minute };
    let (kind, places) = (Kind::Assignment, vec![2]);
    let mut acts = vec![clock(20, 30); 4];
    acts.push(Act::Send { kind, places, is_for_guardians: true, is_urgent: false });
    acts.extend([clock(18, 20), clock(18, 20), Act::Edit { item: 0, due: DUES[1] }]);
    acts.extend([clock(18, 20), Act::Work { presses: 1, fuse: None }]);
    acts.extend(vec![clock(17, 20); 4]);
    live(MONDAYS[1], true, &acts);
}
