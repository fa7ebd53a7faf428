//! What the clients of a worker share: the server's address, the judge, the counts, and who is on the way.
//!
//! Clients change it and never each other; the worker's loop looks at it between their turns.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use mio::{Registry, Token};

use crate::apart::Apart;
use crate::author::Item;
use crate::breath::Breath;
use crate::clock::SchoolClock;
use crate::counts::Counts;
use crate::dialect::Dialect;
use crate::door::{Entries, Standing};
use crate::dues::Dues;
use crate::flows::{Flow, Flows};
use crate::http::Upgrader;
use crate::limits;
use crate::link::Link;
use crate::oracle::Oracle;
use crate::orders::{Lines, StreamEnd};
use crate::recorder::{Line, RecordError, Recorder};
use crate::school::Part;

/// How the server is spoken to.
#[derive(Clone)]
pub(crate) enum Speech {
    /// préau's own protocol, with the tokens of all clients in their order.
    Preau(Rc<[Box<str>]>),
    /// A peer's.
    Peer(Rc<dyn Dialect>),
}

/// Under which word a client's latencies are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Its part's.
    Student,
    /// Its part's.
    Teacher,
    /// Its part's.
    Guardian,
    /// Its part's.
    Operator,
    /// It stopped reading: what it received late must not hide what the others received.
    Slow,
    /// It was away, and received what it had missed.
    Returned,
}

impl Label {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Student, "student"),
        (Self::Teacher, "teacher"),
        (Self::Guardian, "guardian"),
        (Self::Operator, "operator"),
        (Self::Slow, "slow"),
        (Self::Returned, "returned"),
    ];

    /// The one of a part that nothing has happened to.
    pub(crate) const fn of(part: Part) -> Self {
        match part {
            Part::Student => Self::Student,
            Part::Teacher => Self::Teacher,
            Part::Guardian => Self::Guardian,
            Part::Operator => Self::Operator,
        }
    }
}

/// What rings for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ring {
    /// It is time to come back.
    Return,
    /// The attempt has taken too long.
    Deadline,
}

/// A ringing: when, for whom, in which attempt, what.
pub(crate) type Timer = (u64, u32, u32, Ring);

/// See the module.
pub(crate) struct Scene {
    /// The loop's set.
    pub(crate) registry: Registry,
    /// The server.
    pub(crate) address: SocketAddr,
    /// Source addresses, in turns.
    pub(crate) sources: Vec<Ipv4Addr>,
    /// How upgrades look.
    pub(crate) upgrader: Upgrader,
    /// How it is spoken to.
    pub(crate) speech: Speech,
    /// All flows.
    pub(crate) flows: Rc<Flows>,
    /// The names of the classes' channels.
    pub(crate) class_channels: Vec<Box<str>>,
    /// The judge.
    pub(crate) oracle: Oracle,
    /// The latencies.
    pub(crate) recorder: Recorder,
    /// What was counted.
    pub(crate) counts: Counts,
    /// Errors by code, since the phase began.
    pub(crate) errors: BTreeMap<String, u64>,
    /// What clients are owed.
    pub(crate) dues: Dues,
    /// Our own streams.
    pub(crate) ends: BTreeMap<u32, StreamEnd>,
    /// Epochs that were seen.
    pub(crate) epochs: Vec<Box<str>>,
    /// What rings when.
    pub(crate) timers: BinaryHeap<Reverse<Timer>>,
    /// Clients whose turn to connect has come.
    pub(crate) waiting: VecDeque<u32>,
    /// Clients who ask for a seat.
    pub(crate) seatless: VecDeque<u32>,
    /// Whether who is given a seat keeps it for the arrivals.
    pub(crate) holds_seats: bool,
    /// On what connections seats are asked for.
    pub(crate) desk_lines: Lines,
    /// Teachers who were told to wait.
    pub(crate) teachers_waiting: usize,
    /// Clients on their way, without those who hold a seat and wait.
    pub(crate) under_way: usize,
    /// Those.
    pub(crate) seated: usize,
    /// Clients connected and subscribed.
    pub(crate) live: usize,
    /// What is random.
    pub(crate) random: fastrand::Rng,
    /// Part of every message id, so that no two runs share one.
    pub(crate) seed: u64,
    /// The phase; 0 for the arrivals.
    pub(crate) phase: usize,
    /// When the bytes at hand were read.
    pub(crate) now_ns: u64,
    /// First and last delivery of the phase.
    pub(crate) heard_ns: Option<(u64, u64)>,
    /// Bytes that are being written.
    pub(crate) out: Vec<u8>,
    /// What happened at the door since the phase began, by standing.
    pub(crate) entered: [Entries; Standing::ALL.len()],
    /// The school's clock.
    pub(crate) clock: SchoolClock,
    next_source: usize,
    entry_lines: [[Line; 2]; Standing::ALL.len()],
    delivery_lines: Vec<[Line; 6]>,
    connect_lines: [Line; 6],
    seat_lines: [Line; 6],
    publish_lines: [Line; 6],
    deed_lines: [Line; 6],
    late_line: Line,
    /// What is counted a second time.
    pub(crate) apart: Apart,
}

/// What a scene is made of.
pub(crate) struct Setting {
    /// The loop's set.
    pub(crate) registry: Registry,
    /// The server.
    pub(crate) address: SocketAddr,
    /// Source addresses.
    pub(crate) sources: Vec<Ipv4Addr>,
    /// How it is spoken to.
    pub(crate) speech: Speech,
    /// All flows.
    pub(crate) flows: Rc<Flows>,
    /// The names of the classes' channels.
    pub(crate) class_channels: Vec<Box<str>>,
    /// The run's seed.
    pub(crate) seed: u64,
    /// This worker's own.
    pub(crate) random: fastrand::Rng,
    /// School seconds per second.
    pub(crate) school_speed: u32,
    /// CPUs of which it is witnessed whether they ran.
    pub(crate) witnessed: Vec<usize>,
}

impl Scene {
    /// A scene before its first client.
    pub(crate) fn new(setting: Setting) -> Result<Self, RecordError> {
        let Setting {
            registry,
            address,
            sources,
            speech,
            flows,
            class_channels,
            seed,
            random,
            school_speed,
            witnessed,
        } = setting;
        let mut recorder = Recorder::default();
        let delivery_lines = flows
            .all
            .iter()
            .map(|flow| lines(&mut recorder, &flow.publish.kind))
            .collect::<Result<_, _>>()?;
        let apart = Apart::new(&mut recorder, &flows, &witnessed)?;
        let [connect_lines, seat_lines, publish_lines, deed_lines] = [
            lines(&mut recorder, "connect")?,
            lines(&mut recorder, "seat")?,
            lines(&mut recorder, "publish")?,
            lines(&mut recorder, "deed")?,
        ];
        let (entry_lines, late_line) = (entry_lines(&mut recorder)?, recorder.line("late", "publish")?);
        Ok(Self {
            upgrader: Upgrader::new(address),
            dues: Dues::new(class_channels.len()),
            oracle: Oracle::default(),
            counts: Counts::default(),
            errors: BTreeMap::new(),
            ends: BTreeMap::new(),
            epochs: Vec::new(),
            timers: BinaryHeap::new(),
            waiting: VecDeque::new(),
            seatless: VecDeque::new(),
            holds_seats: false,
            desk_lines: Lines::Kept,
            teachers_waiting: 0,
            entered: Default::default(),
            clock: SchoolClock::new(school_speed),
            entry_lines,
            under_way: 0,
            seated: 0,
            live: 0,
            phase: 0,
            now_ns: 0,
            heard_ns: None,
            out: Vec::new(),
            next_source: 0,
            registry,
            address,
            sources,
            speech,
            flows,
            class_channels,
            recorder,
            random,
            seed,
            delivery_lines,
            connect_lines,
            seat_lines,
            publish_lines,
            deed_lines,
            late_line,
            apart,
        })
    }

    /// Opens a connection from the next source address.
    pub(crate) fn connect(&mut self, token: Token) -> io::Result<Link> {
        self.connect_to(token, self.address)
    }

    /// The same to another place.
    pub(crate) fn connect_to(&mut self, token: Token, address: SocketAddr) -> io::Result<Link> {
        let source = self.sources.get(self.next_source % self.sources.len().max(1)).copied();
        self.next_source += 1;
        Link::open(&self.registry, token, address, source)
    }

    /// Counts an error.
    pub(crate) fn error(&mut self, code: &str) {
        self.counts.errors += 1;
        if self.errors.len() >= limits::ERROR_CODES_MAX && !self.errors.contains_key(code) {
            *self.errors.entry("other".to_owned()).or_default() += 1;
            return;
        }
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts a delivery's latency, and what of it is counted apart.
    pub(crate) fn record_delivery(&mut self, flow: u32, label: Label, at_ns: u64) {
        let ns = self.now_ns.saturating_sub(at_ns);
        if let Some(lines) = self.delivery_lines.get(flow as usize) {
            self.recorder.record(lines[label as usize], ns);
        }
        self.apart.record(&mut self.recorder, flow, label, (at_ns, self.now_ns));
    }

    /// A phase begins, with these turns or without any.
    pub(crate) fn breathe(&mut self, breath: Breath) -> Result<(), RecordError> {
        self.apart.breathe(&mut self.recorder, &self.flows, breath)
    }

    /// Counts how long somebody took to be connected.
    pub(crate) fn record_connect(&mut self, label: Label, ns: u64) {
        self.recorder.record(self.connect_lines[label as usize], ns);
    }

    /// Counts a seat, and how long somebody took to get it.
    pub(crate) fn record_seat(&mut self, label: Label, ns: u64) {
        self.counts.seats += 1;
        self.recorder.record(self.seat_lines[label as usize], ns);
    }

    /// What happened at the door to those of a standing.
    pub(crate) fn entries(&mut self, standing: Standing) -> &mut Entries {
        &mut self.entered[standing as usize]
    }

    /// Counts how long somebody took to come in, and apart from the others who had to wait.
    pub(crate) fn record_entry(&mut self, standing: Standing, has_waited: bool, ns: u64) {
        let [all, waited] = self.entry_lines[standing as usize];
        self.recorder.record(all, ns);
        if has_waited {
            self.recorder.record(waited, ns);
        }
    }

    /// Counts how late this tool itself sent a publication.
    pub(crate) fn record_late(&mut self, ns: u64) {
        self.recorder.record(self.late_line, ns);
    }

    /// Counts a deed that was done, and how long the answer took.
    pub(crate) fn done(&mut self, label: Label, at_ns: u64) {
        self.counts.deeds += 1;
        self.counts.undone = self.counts.undone.saturating_sub(1);
        self.recorder.record(self.deed_lines[label as usize], self.now_ns.saturating_sub(at_ns));
    }

    /// A publication's answer: it was taken.
    pub(crate) fn acknowledged(&mut self, item: &Item, label: Label, now_ns: u64) {
        self.recorder.record(self.publish_lines[label as usize], now_ns.saturating_sub(item.at_ns));
        self.counts.acknowledged += 1;
        self.counts.unanswered = self.counts.unanswered.saturating_sub(1);
        let (flow, place) = (&self.flows.all[item.flow as usize], item.place as usize);
        let end = self.ends.entry(flow.stream(place)).or_default();
        end.last = end.last.max(item.sequence);
        let has_audiences = matches!(self.speech, Speech::Preau(_));
        self.dues.add(flow.channels[place], has_audiences && flow.publish.teachers_only, 1);
    }

    /// A publication's answer: it was not taken, or nobody will ever know.
    pub(crate) fn refused(&mut self, item: &Item, code: &str) {
        self.counts.refused += 1;
        self.counts.unanswered = self.counts.unanswered.saturating_sub(1);
        let stream = self.flow_of(item).stream(item.place as usize);
        self.ends.entry(stream).or_default().refused.push(item.sequence);
        self.error(&format!("publish/{code}"));
    }

    /// The flow of a publication.
    pub(crate) fn flow_of(&self, item: &Item) -> &Flow {
        &self.flows.all[item.flow as usize]
    }

    /// An epoch as a number; a channel's epoch hardly ever changes, so that `likely` is looked at first.
    pub(crate) fn epoch(&mut self, epoch: &str, likely: u32) -> u32 {
        let is = |place: u32| self.epochs.get(place as usize).is_some_and(|known| **known == *epoch);
        if is(likely) {
            return likely;
        }
        let known = self.epochs.iter().position(|known| **known == *epoch);
        let place = known.unwrap_or_else(|| {
            self.epochs.push(epoch.into());
            self.epochs.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Masks need not be secret here: no proxy stands between that could be fooled (RFC 6455 §10.3).
    pub(crate) fn mask(&mut self) -> [u8; 4] {
        self.random.u32(..).to_ne_bytes()
    }
}

/// By label: the series of a kind.
pub(crate) fn lines(recorder: &mut Recorder, kind: &str) -> Result<[Line; 6], RecordError> {
    let mut lines = [recorder.line(kind, Label::ALL[0].1)?; 6];
    for (label, role) in Label::ALL {
        lines[label as usize] = recorder.line(kind, role)?;
    }
    Ok(lines)
}

/// By standing: the series of all who came in, and of those who had to wait.
fn entry_lines(recorder: &mut Recorder) -> Result<[[Line; 2]; Standing::ALL.len()], RecordError> {
    let first = recorder.line("entry", Standing::ALL[0].word())?;
    let mut lines = [[first; 2]; Standing::ALL.len()];
    for standing in Standing::ALL {
        lines[standing as usize] =
            [recorder.line("entry", standing.word())?, recorder.line("waited", standing.word())?];
    }
    Ok(lines)
}
