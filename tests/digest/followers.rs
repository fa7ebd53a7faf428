//! People at their screens: they follow what they may over a real shard, with sockets in memory, go offline, and come back
//! from the place that they kept.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use preau::access::Identity;
use preau::admission::{Permit, Window};
use preau::base::clock::ManualClock;
use preau::base::metrics::Metrics;
use preau::base::{Channel, Clock, MachineTime, Publication, Role, SchoolTime, SessionId};
use preau::broker::Broker;
use preau::calendar::{Calendar, SchoolRef};
use preau::engine::memory::Arrival;
use preau::engine::{Events, MemoryPeer, MemorySet, MemorySocket};
use preau::hub::{Front, Shard};
use preau::lesson::Lessons;
use preau::protocol::close;
use preau::roster::{Changes, Directory};
use preau::session::{NeverQuiet, News, Rates, Sessions, Shared, Visitor};
use serde_json::{Value, json};

use crate::door::{Door, NoTokens};
use crate::oracle::{Log, Oracle};
use crate::school;
use crate::world::account;

/// Who follows, and what besides the own channel: a guardian of one child, of two, one of separated parents, and a student.
const PEOPLE: [(&str, &[&str]); 4] = [
    ("g1", BULLETINS),
    ("g2", BULLETINS),
    ("g4", BULLETINS),
    ("s1", &["class:2a", "class:maths", "level:lycee/2nde", "school:lycee", "region", "bulletin:lycee"]),
];
const BULLETINS: &[&str] = &["bulletin:lycee", "bulletin:region"];
/// How many they are.
pub(crate) const FOLLOWERS: usize = PEOPLE.len();
/// The longest wait for something to come, and how often: a minute in all.
const TURN: Duration = Duration::from_millis(10);
const TURNS_MAX: usize = 6_000;

/// What the shard of one process stands on.
pub(crate) struct Yard {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) metrics: Metrics,
}

/// All of them, and the shard that they follow over; none while the process is down.
pub(crate) struct Followers {
    line: Option<Line>,
    people: Vec<Person>,
}

struct Line {
    yard: Yard,
    shard: Shard<MemorySet, Sessions>,
    front: Front<MemorySocket, Sessions>,
    events: Events,
    sessions: u64,
}

struct Person {
    name: &'static str,
    is_away: bool,
    peer: Option<MemoryPeer>,
    readers: Vec<Reader>,
}

struct Reader {
    channel: Channel,
    /// The place that was kept, and its offset.
    kept: Option<(Value, u64)>,
    /// Whether all of the past has come since the last connect.
    is_live: bool,
    received: Vec<Received>,
}

/// Something that came: where it stood, and whether it was live.
struct Received {
    offset: u64,
    is_live: bool,
}

impl Followers {
    pub(crate) fn new() -> Self {
        let person = |(name, more): (&'static str, &[&str])| {
            let channels = std::iter::once(Channel::Account(account(name)));
            let channels = channels.chain(more.iter().map(|place| school::channel(place)));
            let reader = |channel| Reader { channel, kept: None, is_live: false, received: Vec::new() };
            Person { name, is_away: false, peer: None, readers: channels.map(reader).collect() }
        };
        Self { line: None, people: PEOPLE.into_iter().map(person).collect() }
    }

    /// A process has begun.
    pub(crate) fn plug(&mut self, yard: Yard) {
        let calendar = Arc::clone(&yard.calendar);
        let all = Shared {
            directory: Arc::clone(&yard.directory),
            tokens: Arc::new(NoTokens),
            stops: Arc::default(),
            reception: Arc::new(Door(move |who: &Identity, at| window(&calendar, who.role, at))),
            rates: Rates { messages_per_second: 1_000, publishes_per_second: 1_000 },
            quiet: Arc::new(NeverQuiet),
            lessons: Arc::new(Lessons::new(1, MachineTime::default())),
            links: Arc::default(),
        };
        let (shard, mailbox) = Shard::new(
            MemorySet::new(close::fixed_reason),
            Sessions::new(all, 0),
            Arc::clone(&yard.broker),
            Arc::clone(&yard.clock) as Arc<dyn Clock>,
            yard.metrics.clone(),
        );
        let front = Front::new(vec![mailbox]);
        for sink in front.sinks() {
            yard.broker.attach(sink);
        }
        self.line = Some(Line { yard, shard, front, events: Events::default(), sessions: 0 });
    }

    /// A process has ended, and all lines with it.
    pub(crate) fn unplug(&mut self) {
        self.people.iter_mut().for_each(|person| person.peer = None);
        self.line = None;
    }

    /// The roster changed.
    pub(crate) fn reload(&self, changes: Changes) {
        self.line.as_ref().unwrap().front.tell(&Arc::new(News::Roster(changes)));
    }

    /// Somebody goes offline without a word, or is back.
    pub(crate) fn set_away(&mut self, number: usize, is_away: bool) {
        let person = &mut self.people[number];
        person.is_away = is_away;
        person.peer = person.peer.take().filter(|_| !is_away);
    }

    /// Everybody is at the screen from now on.
    pub(crate) fn all_back(&mut self) {
        (0..FOLLOWERS).for_each(|number| self.set_away(number, false));
    }

    /// Lets everybody who is here have all that is in the log for them.
    pub(crate) fn settle(&mut self, log: &Log, oracle: &Oracle) {
        let line = self.line.as_mut().unwrap();
        // Whoever's time was over when the clock moved goes first.
        line.turn(Duration::ZERO);
        line.turn(Duration::ZERO);
        for _ in 0..TURNS_MAX {
            for person in &mut self.people {
                person.take(line.yard.clock.school(), oracle);
                if person.peer.is_none() && line.may_be_here(person) {
                    line.join(person, oracle);
                }
            }
            if self.people.iter().all(|person| person.is_settled(line.may_be_here(person), log, oracle)) {
                return;
            }
            line.turn(TURN);
        }
        panic!("somebody never gets what stands in the log");
    }

    /// Once everybody is back: each has all of the log that is for them, and nothing twice.
    pub(crate) fn have_all(&self, log: &Log, oracle: &Oracle) {
        for person in &self.people {
            for reader in &person.readers {
                let all = reader.of(log).filter(|publication| person.is_for(publication));
                let (mut owed, mut may) = (Vec::new(), Vec::new());
                for publication in all {
                    let offset = publication.position.offset.0;
                    may.push(offset);
                    let is_owed =
                        oracle.is_readable(publication) && oracle.may_follow(person.name, &reader.channel);
                    owed.extend(is_owed.then_some(offset));
                }
                let has: Vec<u64> = reader.received.iter().map(|one| one.offset).collect();
                let told = || format!("{} in {}", person.name, reader.channel);
                assert!(has.is_sorted_by(|one, next| one < next), "{}: {has:?}", told());
                assert!(has.iter().all(|offset| may.contains(offset)), "{}: {has:?} of {may:?}", told());
                assert!(owed.iter().all(|offset| has.contains(offset)), "{}: {has:?} of {owed:?}", told());
            }
        }
    }

    /// Of each publication that came in somebody's own channel, whether it was live.
    pub(crate) fn own(&self, number: usize) -> Vec<bool> {
        self.people[number].readers[0].received.iter().map(|one| one.is_live).collect()
    }
}

impl Line {
    fn turn(&mut self, timeout: Duration) {
        self.shard.turn(&mut self.events, timeout).unwrap();
    }

    fn may_be_here(&self, person: &Person) -> bool {
        let now = self.yard.clock.school();
        !person.is_away && window(&self.yard.calendar, person.identity(self).role, now) == Window::Open
    }

    fn join(&mut self, person: &mut Person, oracle: &Oracle) {
        let identity = person.identity(self);
        let now = self.yard.clock.school();
        let answer = self.yard.calendar.admission(identity.role, SchoolRef::id("lycee"), now);
        let end = answer.changes_at.map_or(u64::MAX, |at| at.0.unsigned_abs());
        self.sessions += 1;
        let visitor = Visitor {
            permit: Permit::unbound(SessionId(self.sessions)),
            identity,
            token_expires_at: MachineTime(u64::MAX),
            lease_until: MachineTime(end),
            home: None,
            following: None,
        };
        let (socket, peer) = MemorySocket::pair();
        assert!(self.front.join(socket, Bytes::new(), None, visitor).is_ok());
        let followed = |reader: &&mut Reader| oracle.may_follow(person.name, &reader.channel);
        for (id, reader) in person.readers.iter_mut().filter(followed).enumerate() {
            let from =
                reader.kept.as_ref().map_or(json!("now"), |(position, _)| json!({ "position": position }));
            let subscribe = json!({ "type": "subscribe", "id": id, "channel": reader.channel, "from": from });
            peer.send_text(&subscribe.to_string());
            reader.is_live = false;
        }
        person.peer = Some(peer);
    }
}

impl Person {
    fn identity(&self, line: &Line) -> Identity {
        Identity::of(&line.yard.directory.current(), &account(self.name)).unwrap()
    }

    fn is_for(&self, publication: &Publication) -> bool {
        let role = if self.name.starts_with('g') { Role::Guardian } else { Role::Student };
        publication.audience.includes(role)
    }

    /// Whether whoever may be here has everything, and whoever may not is gone.
    fn is_settled(&self, may_be_here: bool, log: &Log, oracle: &Oracle) -> bool {
        let has_all = |reader: &Reader| {
            let owed = |one: &&Publication| self.is_for(one) && oracle.is_readable(one);
            let last = reader.of(log).filter(owed).last().map_or(0, |last| last.position.offset.0);
            let is_up_to_date =
                reader.is_live && reader.kept.as_ref().is_some_and(|(_, offset)| *offset >= last);
            is_up_to_date || !oracle.may_follow(self.name, &reader.channel)
        };
        self.peer.is_some() == may_be_here && (!may_be_here || self.readers.iter().all(has_all))
    }

    /// Takes in what has come.
    fn take(&mut self, now: SchoolTime, oracle: &Oracle) {
        let Some(peer) = &self.peer else { return };
        let mut has_ended = peer.is_over();
        for arrival in peer.arrived() {
            match arrival {
                Arrival::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let reader =
                        self.readers.iter_mut().find(|reader| frame["channel"] == json!(reader.channel));
                    match reader {
                        Some(reader) => reader.take(&frame, (self.name, now), oracle),
                        None => assert!(frame["type"] == "welcome", "{frame}"),
                    }
                }
                Arrival::Ping => peer.pong(),
                Arrival::Close(_) => has_ended = true,
                Arrival::Pong(_) | Arrival::Other(..) => {}
            }
        }
        if has_ended {
            self.peer = None;
        }
    }
}

impl Reader {
    fn of<'a>(&self, log: &'a Log) -> impl DoubleEndedIterator<Item = &'a Publication> {
        log.iter().filter(move |publication| publication.channel == self.channel)
    }

    fn take(&mut self, frame: &Value, (name, now): (&'static str, SchoolTime), oracle: &Oracle) {
        let kind = frame["type"].as_str().unwrap();
        match kind {
            "fresh" => assert!(self.kept.is_none(), "{name} begins anew: {frame}"),
            "resumed" | "caught_up" => {}
            "behind" | "marked" | "lesson" => return,
            "unsubscribed" => return assert!(!oracle.may_follow(name, &self.channel), "{name}: {frame}"),
            "publication" => {
                if name.starts_with('g') {
                    oracle.reaches_a_guardian(name, frame, now);
                }
            }
            _ => panic!("{name}: {frame}"),
        }
        let offset = frame["position"]["offset"].as_u64().unwrap();
        let before = self.kept.as_ref().map_or(0, |(_, offset)| *offset);
        assert!(offset >= before, "{name} is led back: {frame}");
        if kind == "publication" {
            assert!(offset > before, "{name} has it: {frame}");
            self.received.push(Received { offset, is_live: self.is_live });
        }
        self.is_live |= kind == "caught_up";
        self.kept = Some((frame["position"].clone(), offset));
    }
}

fn window(calendar: &Calendar, role: Role, at: SchoolTime) -> Window {
    let answer = calendar.admission(role, SchoolRef::id("lycee"), at);
    if answer.open { Window::Open } else { Window::Closed { opens_at: answer.changes_at } }
}
