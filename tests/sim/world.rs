//! A world: one day of one seed, with the real gate and the real calendar. Whatever happens is an event of its queue.
//!
//! The hub's part (what edge, shards and application do with the gate) is in `edge`; here is how time passes, what is
//! read of the gate, and what this day is about.

use std::collections::HashMap;
use std::sync::Arc;

use preau::admission::{
    Capacity, Class, Controller, FlowSettings, Gate, Level, Permit, Secrets, Settings, Signal, Window,
};
use preau::base::{MachineTime, Role, SchoolTime, SessionId};

use crate::burden::Burden;
use crate::chance::{Chance, whole};
use crate::checkers::{Checkers, Violation};
use crate::clock::VirtualClock;
use crate::controllers::{self, Maker};
use crate::day::{Day, Kind, Turn};
use crate::lesson::Lesson;
use crate::queue::{Event, Queue};
use crate::record::Record;
use crate::region::{Region, Scale};
use crate::sight::{Change, Sample, Seen, Sight, Stock};
use crate::trace::Trace;
use crate::traffic;
use crate::visit::{State, Visit};
use crate::windows::Windows;

const SECRETS: Secrets = Secrets { tickets: [1; 32], order: [2; 32] };
/// How often the indicators are read, while anything moves, and while nothing does.
const SAMPLE_MS: u64 = 250;
const SAMPLE_AT_REST_MS: u64 = 15_000;
/// For how many samples everything must stand still before they become rare.
const SAMPLES_TO_REST: u32 = 40;
const MINUTE_MS: u64 = 60_000;

/// A controller for a hub of a scale: rates are the region's.
struct Scaled {
    controller: Box<dyn Controller>,
    scale: f64,
}

impl Controller for Scaled {
    fn next(&mut self, rate: f64, signal: Signal, used: f64) -> f64 {
        self.controller.next(rate * self.scale, signal, used) / self.scale
    }

    fn growth(&self, rate: f64) -> f64 {
        self.controller.growth(rate * self.scale) / self.scale
    }
}

/// One day.
pub(crate) struct World {
    pub(crate) day: Day,
    pub(crate) region: Region,
    pub(crate) clock: VirtualClock,
    pub(crate) queue: Queue,
    pub(crate) chance: Chance,
    pub(crate) gate: Arc<Gate>,
    controller: Maker,
    pub(crate) windows: Windows,
    pub(crate) visits: Vec<Visit>,
    pub(crate) burden: Burden,
    /// Who is in, by session.
    pub(crate) seated: HashMap<SessionId, usize>,
    /// Sessions whose line is lost, which the hub has not noticed.
    pub(crate) unnoticed: HashMap<SessionId, (usize, Permit)>,
    /// Of each account: its sessions, and until when the hub keeps them.
    pub(crate) sessions: HashMap<usize, Vec<(SessionId, MachineTime)>>,
    /// The lessons that go on, by their classes' numbers.
    pub(crate) lessons: HashMap<usize, Lesson>,
    pub(crate) next_session: u64,
    /// The last ticket that anybody was given, and whose it is.
    pub(crate) last_ticket: Option<(usize, String)>,
    /// How many are at the gate.
    pub(crate) asking: usize,
    pub(crate) stock: Stock,
    is_out: bool,
    limit: f64,
    capacity: f64,
    sampled_at: MachineTime,
    sample_turn: u32,
    still: u32,
    /// How many were sent away since the pool began to fill, and how many there were.
    pub(crate) relief: (u32, usize),
    checkers: Checkers,
    trace: Trace,
    record: Record,
    violation: Option<Violation>,
}

impl World {
    /// The world of a seed.
    pub(crate) fn new(kind: Kind, seed: u64, scale: Scale) -> Self {
        Self::under(kind, seed, scale, controllers::own)
    }

    /// The same with another controller of the flow.
    pub(crate) fn under(kind: Kind, seed: u64, scale: Scale, controller: Maker) -> Self {
        let mut chance = Chance::new(seed);
        let day = Day::of(kind, &mut chance);
        let region = Region::new(scale);
        let visits = traffic::visits(&day, &region, &mut chance);
        let clock = VirtualClock::at(day.begins);
        let mut world = Self {
            gate: gate(scale, controller, clock.machine()),
            controller,
            windows: Windows::of(kind, &region),
            checkers: Checkers::of(&day, scale),
            burden: Burden::new(scale),
            sampled_at: clock.machine(),
            day,
            region,
            clock,
            queue: Queue::default(),
            chance,
            visits,
            seated: HashMap::new(),
            unnoticed: HashMap::new(),
            sessions: HashMap::new(),
            lessons: HashMap::new(),
            next_session: 1,
            last_ticket: None,
            asking: 0,
            stock: Stock::default(),
            is_out: false,
            limit: 1.0,
            capacity: 1.0,
            sample_turn: 0,
            still: 0,
            relief: (0, 0),
            trace: Trace::default(),
            record: Record::default(),
            violation: None,
        };
        world.plan();
        world
    }

    /// Puts the day into the queue.
    fn plan(&mut self) {
        for place in 0..self.visits.len() {
            let Visit { begins, ends, turn, .. } = self.visits[place];
            self.queue.push(begins, Event::Ask { visit: place, turn });
            self.queue.push(ends, Event::Leave { visit: place });
        }
        for (number, (at, _)) in self.day.turns.iter().enumerate() {
            self.queue.push(self.clock.machine_at(*at), Event::Turn { number });
        }
        let now = self.clock.machine();
        self.queue.push(now, Event::Minute);
        self.queue.push(now, Event::Sample { turn: 0 });
        let seats = self.allowed();
        self.see(Sight::Changed(Change::Allowed { seats }));
    }

    /// Lets the day pass; what it was like.
    ///
    /// # Errors
    /// What a checker found, and the last that was seen before.
    pub(crate) fn run(mut self) -> Result<(Day, Record), String> {
        let end = MachineTime(self.day.ends.0.unsigned_abs());
        while let Some((at, event)) = self.queue.pop().filter(|(at, _)| *at <= end) {
            self.clock.move_to(at);
            self.happen(event);
            if self.violation.is_some() {
                break;
            }
        }
        let found = self.violation.take().or_else(|| self.checkers.end().err());
        found.map_or(Ok((self.day, self.record)), |violation| Err(format!("{violation}\n{}", self.trace)))
    }

    fn happen(&mut self, event: Event) {
        let is_void = |visit: usize, turn| self.visits[visit].turn != turn;
        match event {
            Event::Ask { visit, turn }
            | Event::Handshake { visit, turn }
            | Event::Renew { visit, turn }
            | Event::LeaseEnds { visit, turn }
            | Event::Lose { visit, turn }
            | Event::Suspend { visit, turn }
                if is_void(visit, turn) => {}
            Event::Ask { visit, .. } => self.ask(visit),
            Event::Handshake { visit, .. } => self.handshake(visit),
            Event::Renew { visit, .. } => self.renew(visit),
            Event::LeaseEnds { visit, .. } => self.lease_ends(visit),
            Event::Lose { visit, .. } => self.lose(visit),
            Event::Suspend { visit, .. } => self.suspend(visit),
            Event::Leave { visit } => self.leave(visit),
            Event::LessonEnds { class, turn } => self.lesson_ends(class, turn),
            Event::Notice { session } => self.notice(SessionId(session)),
            Event::Sample { turn } if turn == self.sample_turn => self.sample(),
            Event::Sample { .. } => {}
            Event::Minute => self.minute(),
            Event::Turn { number } => self.turn(self.day.turns[number].1),
        }
    }

    /// Notes what was seen.
    #[expect(clippy::large_types_passed_by_value, reason = "it is kept as it comes")]
    pub(crate) fn see(&mut self, sight: Sight) {
        let seen = Seen { now: self.clock.machine(), school: self.clock.school(), sight };
        self.trace.see(&seen);
        self.record.see(&seen);
        if self.violation.is_none() {
            self.violation = self.checkers.see(&seen).err();
        }
    }

    /// Something happens at the gate: the indicators are read often again.
    pub(crate) fn wake(&mut self) {
        if self.still > SAMPLES_TO_REST {
            self.still = 0;
            self.sample_turn += 1;
            let at = self.clock.machine().after(std::time::Duration::from_millis(SAMPLE_MS));
            self.queue.push(at, Event::Sample { turn: self.sample_turn });
        }
        self.still = 0;
    }

    fn sample(&mut self) {
        let now = self.clock.machine();
        let seconds = now.since(self.sampled_at).as_secs_f64().max(0.25);
        self.sampled_at = now;
        let seats = self.region.scale.seats();
        let indicators = self.burden.sample(seconds, self.seated.len(), seats);
        self.gate.sample(indicators, now);
        self.evict();
        let (level, rate, unspent) = self.look();
        let rate = rate * f64::from(self.region.scale.0);
        let seated = self.seated.len() + self.unnoticed.len();
        self.see(Sight::Sampled(Sample { stock: self.stock, level, rate, seated, unspent }));
        let is_still = self.asking == 0 && self.burden.is_at_rest() && level == Level::Normal;
        self.still = if is_still { self.still + 1 } else { 0 };
        let next_ms = if self.still > SAMPLES_TO_REST { SAMPLE_AT_REST_MS } else { SAMPLE_MS };
        self.queue.push(MachineTime(now.0 + next_ms), Event::Sample { turn: self.sample_turn });
    }

    /// Reads the gate: its level, its rate, and how many seats are reserved.
    pub(crate) fn look(&mut self) -> (Level, f64, usize) {
        let snapshot = self.gate.snapshot(self.clock.machine());
        let mut stock = Stock { seats: snapshot.seats, allowed: self.allowed(), ..Stock::default() };
        let mut unspent = 0;
        for (index, class) in snapshot.classes.iter().enumerate() {
            stock.taken[index] = class.taken;
            stock.nominal[index] = class.nominal;
            stock.reserve[index] = class.reserve;
            stock.waiting[index] = class.waiting;
            stock.entered[index] = class.admitted;
            let seatless = class.decisions.iter().find(|(word, _)| *word == "seats");
            stock.seatless[index] = seatless.map_or(0, |(_, count)| *count);
            unspent += class.unspent;
        }
        self.stock = stock;
        (snapshot.level, snapshot.rate, unspent)
    }

    /// Seats that the operator and memory allow.
    fn allowed(&self) -> u32 {
        let seats = f64::from(self.region.scale.seats());
        u32::try_from(whole(seats * self.limit.min(self.capacity))).unwrap()
    }

    fn minute(&mut self) {
        let at = self.clock.school();
        let schools = self.region.schools.len();
        let is_closed: Vec<bool> = (0..schools)
            .map(|school| matches!(self.windows.window(Role::Guardian, school, at), Window::Closed { .. }))
            .collect();
        let is_out = is_closed.iter().all(|closed| *closed);
        if is_out != self.is_out {
            self.is_out = is_out;
            self.gate.set_outside(Class::Guardian, is_out, self.clock.machine());
            self.see(Sight::Changed(Change::Window { class: Class::Guardian, is_out }));
        }
        self.suspend_all(&is_closed);
        self.queue.push(MachineTime(self.clock.machine().0 + MINUTE_MS), Event::Minute);
    }

    /// What this day is about.
    fn turn(&mut self, turn: Turn) {
        self.wake();
        let now = self.clock.machine();
        let change = match turn {
            Turn::Crash => {
                self.gate = gate(self.region.scale, self.controller, now);
                self.gate.set_outside(Class::Guardian, self.is_out, now);
                Change::Crash
            }
            Turn::SetClock(by_ms) => {
                self.clock.step_school(by_ms);
                Change::Clock { by_ms }
            }
            Turn::Limit(part) => {
                self.limit = part;
                let seats_max = if part < 1.0 { self.allowed() } else { 0 };
                let settings = Settings { seats_max, ..settings(self.region.scale) };
                assert_eq!(self.gate.trial(&settings, now).seats, self.allowed(), "a dry run says the same");
                self.gate.change(settings, now);
                Change::Allowed { seats: self.allowed() }
            }
            Turn::Capacity(part) => {
                self.capacity = part;
                self.gate.set_capacity(Capacity::given(self.allowed()), now);
                Change::Allowed { seats: self.allowed() }
            }
            Turn::Queued(part) => {
                self.burden.queued_part = part;
                self.relief = (0, self.seated.len());
                Change::Queued { part }
            }
            Turn::Urgent => Change::Urgent,
        };
        self.see(Sight::Changed(change));
        if change == Change::Crash {
            self.crash();
        }
    }

    /// Plans something for later.
    pub(crate) fn later(&mut self, ms: u64, event: Event) {
        self.queue.push(MachineTime(self.clock.machine().0 + ms), event);
    }

    /// When the school's clock shows an instant, and a little later.
    pub(crate) fn soon_after(&mut self, at: SchoolTime) -> MachineTime {
        let at = self.clock.machine_at(at).max(self.clock.machine());
        MachineTime(at.0 + self.chance.between(50, 3_000))
    }

    /// Puts a visit in another state, and counts those at the gate.
    pub(crate) fn turn_to(&mut self, visit: usize, state: State) -> State {
        let old = self.visits[visit].turn_to(state);
        self.asking -= usize::from(matches!(old, State::Asking { .. }));
        self.asking += usize::from(matches!(self.visits[visit].state, State::Asking { .. }));
        old
    }
}

fn settings(scale: Scale) -> Settings {
    let FlowSettings { start, min, max, .. } = FlowSettings::default();
    let (start, min, max) = (scale.of(start), scale.of(min), scale.of(max));
    Settings { flow: FlowSettings { start, min, max, ..FlowSettings::default() }, ..Settings::default() }
}

fn gate(scale: Scale, controller: Maker, now: MachineTime) -> Arc<Gate> {
    let controller = Box::new(Scaled { controller: controller(), scale: scale.0.into() });
    Arc::new(Gate::with(controller, settings(scale), Capacity::given(scale.seats()), &SECRETS, now))
}
