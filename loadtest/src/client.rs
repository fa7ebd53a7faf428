//! One virtual client: how it comes, stays, falls and comes back. What it says is `pupil`'s or `follower`'s.
//!
//! Compact, since tens of thousands rest in memory. It never waits: what it waits for is an event or a ringing.

mod entry;
mod fall;
mod line;

pub(crate) use entry::Entry;
pub(crate) use fall::Break;
pub(crate) use line::Readiness;

use std::cmp::Reverse;

use mio::Token;

use crate::author::Author;
use crate::door::Standing;
use crate::flows::Flows;
use crate::lesson::Lesson;
use crate::limits;
use crate::link::Link;
use crate::moment::{self, nanoseconds};
use crate::oracle::{Listener, Mark, Record};
use crate::scene::{Label, Ring, Scene, Speech};
use crate::school::Person;

/// How far a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not there, and not on the way.
    Away,
    /// It asks for a seat.
    Asking,
    /// It was told to ask again later.
    Outside,
    /// It has a seat, and waits for its arrival.
    Seated,
    /// Its line is being opened.
    Connecting,
    /// It has asked for the upgrade.
    Upgrading,
    /// It waits for `welcome`.
    Greeting,
    /// It waits for the answers to so many subscriptions.
    Subscribing(u8),
    /// It follows its channels.
    Live,
    /// It has said that it leaves.
    Leaving,
    /// It will not come back.
    Gone,
}

/// What a channel is that somebody follows. Classes and the region have streams, the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A channel of a flow, by its place.
    Stream(u32),
    /// Their own account's.
    Account,
    /// The region's bulletin.
    Bulletin,
}

/// A channel that a client follows, and how far it has read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follow {
    /// Which.
    pub(crate) place: Place,
    /// The kept position: its epoch's number and its offset.
    pub(crate) kept: Option<(u32, u64)>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Client {
    /// Who it is.
    pub(crate) person: Person,
    /// As what it stands at the door.
    pub(crate) standing: Standing,
    /// What it knows of the door.
    pub(crate) entry: Entry,
    /// How far it is.
    pub(crate) stage: Stage,
    /// What its latencies are counted under.
    pub(crate) label: Label,
    /// Whether it reads its socket.
    pub(crate) is_reading: bool,
    /// Whether there was something to read while it did not.
    is_missed: bool,
    /// Consecutive attempts that failed.
    failures: u8,
    /// Whether it has ever followed its channels.
    pub(crate) is_member: bool,
    /// Its attempt's number, so that a ringing for an earlier one is nothing.
    pub(crate) attempt: u32,
    /// When it was intended to come.
    pub(crate) intended_ns: u64,
    /// Since when it follows its channels.
    pub(crate) live_since_ns: u64,
    link: Option<Link>,
    seat: Option<Box<str>>,
    /// A message whose end has not come.
    #[expect(
        clippy::box_collection,
        reason = "it is almost always none: 8 bytes of each client instead of 24"
    )]
    fragments: Option<Box<Vec<u8>>>,
    /// What it follows.
    pub(crate) follows: [Option<Follow>; 2],
    /// What it publishes.
    pub(crate) author: Option<Box<Author>>,
    /// Its part in its class's lesson.
    pub(crate) lesson: Option<Box<Lesson>>,
    record: Record,
    /// Deliveries that it should have received once, and did.
    pub(crate) received: u64,
    /// What was owed to such as it when it first subscribed.
    pub(crate) base: u64,
    /// Of `received`, what came before the phase.
    pub(crate) received_before: u64,
}

impl Client {
    /// Somebody who is not there yet.
    pub(crate) fn new(person: Person, standing: Standing, places: [Option<Place>; 2]) -> Self {
        Self {
            person,
            standing,
            entry: Entry::default(),
            label: Label::of(person.part),
            stage: Stage::Away,
            is_reading: true,
            is_missed: false,
            failures: 0,
            is_member: false,
            attempt: 0,
            intended_ns: 0,
            live_since_ns: 0,
            link: None,
            seat: None,
            fragments: None,
            follows: places.map(|place| place.map(|place| Follow { place, kept: None })),
            author: None,
            lesson: None,
            record: Record::default(),
            received: 0,
            base: 0,
            received_before: 0,
        }
    }

    /// Begins an attempt.
    pub(crate) fn begin(&mut self, id: u32, scene: &mut Scene) {
        self.attempt += 1;
        let deadline_ns = moment::now_ns() + nanoseconds(limits::ATTEMPT_DEADLINE);
        scene.timers.push(Reverse((deadline_ns, id, self.attempt, Ring::Deadline)));
        if matches!(scene.speech, Speech::Preau(_)) && self.seat.is_none() {
            self.enter(Stage::Asking, scene);
            self.asks(scene);
            scene.seatless.push_back(id);
            return;
        }
        self.enter(Stage::Connecting, scene);
        match scene.connect(Token(id as usize)) {
            Ok(link) => self.link = Some(link),
            Err(error) => self.end(id, scene, &error.into()),
        }
    }

    /// It was given a seat.
    pub(crate) fn seated(&mut self, id: u32, scene: &mut Scene, seat: Box<str>) {
        if self.stage != Stage::Asking {
            return;
        }
        self.seat = Some(seat);
        scene.record_seat(self.label, moment::now_ns().saturating_sub(self.intended_ns));
        if scene.holds_seats {
            self.attempt += 1;
            self.enter(Stage::Seated, scene);
        } else {
            self.begin(id, scene);
        }
    }

    /// Its socket has news.
    pub(crate) fn ready(&mut self, id: u32, scene: &mut Scene, readiness: Readiness, buffer: &mut [u8]) {
        if let Err(why) = self.advance(scene, readiness, buffer) {
            self.end(id, scene, &why);
        }
    }

    /// It reads again what it did not read for a while.
    pub(crate) fn read_again(&mut self, id: u32, scene: &mut Scene, buffer: &mut [u8]) {
        self.is_reading = true;
        if std::mem::take(&mut self.is_missed) {
            let readiness = Readiness { is_readable: true, is_writable: false, is_closed: true };
            self.ready(id, scene, readiness, buffer);
        }
    }

    /// A ringing.
    pub(crate) fn ring(&mut self, id: u32, scene: &mut Scene, attempt: u32, ring: Ring) {
        if attempt != self.attempt {
            return;
        }
        match (ring, self.stage) {
            (Ring::Return, Stage::Away | Stage::Outside) => scene.waiting.push_back(id),
            (Ring::Deadline, Stage::Leaving) => self.end(id, scene, &Break::Left),
            (Ring::Deadline, Stage::Away | Stage::Outside | Stage::Live | Stage::Gone | Stage::Seated)
            | (Ring::Return, _) => {}
            (Ring::Deadline, _) => self.end(id, scene, &Break::Lost("deadline".into())),
        }
    }

    /// A delivery has come over a channel.
    pub(crate) fn delivered(&mut self, scene: &mut Scene, channel: Option<u32>, text: &[u8]) {
        scene.counts.deliveries += 1;
        scene.counts.delivered_bytes += text.len() as u64;
        let now_ns = scene.now_ns;
        let (first_ns, _) = scene.heard_ns.unwrap_or((now_ns, now_ns));
        scene.heard_ns = Some((first_ns, now_ns));
        let Some(mark) = Mark::read(text) else {
            scene.error("foreign_text");
            return;
        };
        let listener = self.listener(&scene.flows, &scene.speech);
        if scene.oracle.judge(listener, &mut self.record, channel, mark) {
            self.received += 1;
        }
        if let Some((_, stream)) = scene.flows.stream(mark.stream) {
            scene.record_delivery(stream.flow, self.label, mark.at_ns);
        }
    }

    /// It follows its channels.
    pub(crate) fn arrived(&mut self, scene: &mut Scene) {
        self.enter(Stage::Live, scene);
        self.live_since_ns = moment::now_ns();
        scene.counts.connected += 1;
        scene.record_connect(self.label, self.live_since_ns.saturating_sub(self.intended_ns));
        self.came_in(scene);
        if !std::mem::replace(&mut self.is_member, true) {
            self.record.since_phase = u16::try_from(scene.phase).unwrap_or(u16::MAX);
            self.base = self.due(scene);
        }
    }

    /// What it is owed since the beginning of all.
    pub(crate) fn due(&self, scene: &Scene) -> u64 {
        let streams = self.streams().into_iter().flatten();
        streams.map(|channel| scene.dues.of(channel, self.person.part)).sum()
    }

    /// As the oracle sees it.
    pub(crate) fn listener<'a>(&self, flows: &'a Flows, speech: &Speech) -> Listener<'a> {
        let is_preau = matches!(speech, Speech::Preau(_));
        Listener {
            person: self.person,
            follows: self.streams(),
            flows,
            has_audiences: is_preau,
            has_authors: is_preau,
        }
    }

    /// What it has received.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Counts for how it stands.
    pub(crate) fn enter(&mut self, stage: Stage, scene: &mut Scene) {
        for (stage, sign) in [(self.stage, -1), (stage, 1)] {
            let count = match stage {
                Stage::Away | Stage::Outside | Stage::Gone | Stage::Leaving => continue,
                Stage::Seated => &mut scene.seated,
                Stage::Live => &mut scene.live,
                _ => &mut scene.under_way,
            };
            *count = count.saturating_add_signed(sign);
        }
        self.stage = stage;
    }

    fn streams(&self) -> [Option<u32>; 2] {
        self.follows.map(|follow| match follow?.place {
            Place::Stream(channel) => Some(channel),
            Place::Account | Place::Bulletin => None,
        })
    }
}
