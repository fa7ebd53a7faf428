//! Sessions on a real shard over in-memory sockets, a broker that answers when told, and a clock moved by hand.

mod broker;
mod deadlines;
mod flow;
mod later;
mod leases;
mod lessons;
mod machine;
mod news;
mod random;
mod timers;
mod wide;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::{News, Quiet, Rates, Reception, Sessions, Shared, TokenCheck, TokenOf, Visitor};
use crate::access::Identity;
use crate::admission::{Candidate, Permit, Window};
use crate::base::clock::ManualClock;
use crate::base::limits::TICK_INTERVAL;
use crate::base::metrics::Metrics;
use crate::base::{
    AccountId, Channel, ClassId, Clock, MachineTime, Publication, Role, SchoolTime, SessionId,
};
use crate::broker::Sink;
use crate::engine::Events;
use crate::engine::memory::{Arrival, MemoryPeer, MemorySet, MemorySocket};
use crate::hub::{Bounds, Front, Shard};
use crate::lesson::Lessons;
use crate::protocol::ErrorCode;
use crate::roster::{
    ClassKind, Directory, EnrolmentRole, NewAccount, NewClass, NewOrg, OrgKind, Roster, RosterBuilder, Shrink,
};
use broker::ScriptedBroker;

const START_MS: u64 = 1_700_000_000_000;
const TOKEN_ENDS: MachineTime = MachineTime(START_MS + 10 * 60 * 1_000);

/// When whoever is sent away may come back.
const RETURN_WINDOW_MS: (u32, u32) = (3_000, 70_000);

/// One shard and everything around it.
struct World {
    shard: Shard<MemorySet, Sessions>,
    front: Front<MemorySocket, Sessions>,
    broker: Arc<ScriptedBroker>,
    clock: Arc<ManualClock>,
    directory: Arc<Directory>,
    gatehouse: Arc<Gatehouse>,
    metrics: Metrics,
    events: Events,
    sessions: u64,
}

/// One client: what it has been sent, as JSON.
struct Peer {
    socket: MemoryPeer,
    welcome: Value,
    /// The code of the close frame; 1005 if it held none (RFC 6455 §7.1.5).
    closed: Option<u16>,
    /// Its reason, if it held one.
    reason: Value,
    pings: usize,
}

/// Quiet from nine minutes after the tests begin, for an hour.
struct AfterDark;

/// From when until when it is quiet.
const DARK_MS: [u64; 2] = [START_MS + 9 * 60_000, START_MS + 69 * 60_000];

impl Quiet for AfterDark {
    fn quiet(&self, _: &Channel, at: SchoolTime) -> Option<SchoolTime> {
        let [from, to] = DARK_MS.map(|ms| i64::try_from(ms).unwrap());
        (from..to).contains(&at.0).then_some(SchoolTime(to))
    }
}

/// Tokens of the form `account:milliseconds`.
struct PlainTokens;

impl TokenCheck for PlainTokens {
    fn check(&self, token: &str, now: MachineTime) -> Result<TokenOf, ErrorCode> {
        assert_ne!(token, "broken", "a defect that one client's message uncovers");
        let (account, ends) = token.split_once(':').ok_or(ErrorCode::TokenInvalid)?;
        let expires_at = MachineTime(ends.parse().map_err(|_| ErrorCode::TokenInvalid)?);
        let account = AccountId::parse(account).map_err(|_| ErrorCode::TokenInvalid)?;
        if expires_at <= now { Err(ErrorCode::TokenExpired) } else { Ok(TokenOf { account, expires_at }) }
    }
}

/// What admission answers.
struct Gatehouse {
    /// Whose window is closed, and until when.
    closed: Mutex<Option<(Role, Option<SchoolTime>)>>,
    /// A class is live while it has a lesson.
    lessons: Arc<Lessons>,
    /// Who has come, and how long those stayed who have left.
    visits: Mutex<(Vec<AccountId>, Vec<Duration>)>,
}

impl Default for Gatehouse {
    fn default() -> Self {
        Self {
            closed: Mutex::default(),
            lessons: Arc::new(Lessons::new(1, MachineTime::default())),
            visits: Mutex::default(),
        }
    }
}

/// Folds what is committed, as the hub does.
struct Fold(Arc<Lessons>, Arc<ManualClock>);

impl Sink for Fold {
    fn noted(&self, publication: &Publication) {
        let _ = self.0.committed(publication, self.1.machine());
    }

    fn committed(&self, _: &Arc<Publication>) {}
}

impl Reception for Gatehouse {
    fn return_window_ms(&self, _: MachineTime) -> (u32, u32) {
        RETURN_WINDOW_MS
    }

    fn resume(&self, account: &AccountId, session: SessionId, until: MachineTime) -> String {
        format!("{account}:{session}:{}", until.0)
    }

    fn is_live(&self, class: &ClassId) -> bool {
        self.lessons.is_live(class)
    }

    /// The first that nobody looks at.
    fn evict(&self, max: usize, candidates: &[Candidate], _: MachineTime) -> Vec<SessionId> {
        let goes = |candidate: &&Candidate| candidate.is_hidden && !candidate.is_live;
        candidates.iter().filter(goes).take(max).map(|candidate| candidate.session).collect()
    }

    fn ticket_for_evicted(&self, session: SessionId, account: &AccountId, _: MachineTime) -> Option<String> {
        Some(format!("{account}-{session}"))
    }

    fn joined(&self, _: SessionId, who: &Identity) {
        self.visits.lock().unwrap().0.push(who.account.clone());
    }

    fn left(&self, _: SessionId, lived: Duration) {
        self.visits.lock().unwrap().1.push(lived);
    }

    fn window(&self, who: &Identity, _: SchoolTime) -> Window {
        match *self.closed.lock().unwrap() {
            Some((role, opens_at)) if role == who.role => Window::Closed { opens_at },
            _ => Window::Open,
        }
    }
}

/// A school with `staff` and one class of a teacher `t` and the students `s0`…; `without` names accounts to leave out.
/// Classes that the teacher has beside 2a.
const OTHER_CLASSES: usize = 60;

fn roster(students: usize, without: &[&str]) -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "", kind: OrgKind::School }).unwrap();
    let kind = ClassKind::Homeroom;
    builder.class(NewClass { id: "2a", title: "", subject: "", kind, school: "lycee", grades: &[] }).unwrap();
    // What the teacher teaches besides: more classes than a shard tells of in one go.
    let others: Vec<String> = (0..OTHER_CLASSES).map(|number| format!("c{number}")).collect();
    for id in &others {
        builder.class(NewClass { id, title: "", subject: "", kind, school: "lycee", grades: &[] }).unwrap();
    }
    let students = (0..students).map(|number| (format!("s{number}"), Role::Student));
    let grown = [("t".to_owned(), Role::Teacher), ("staff".to_owned(), Role::Staff)];
    for (id, role) in students.chain(grown) {
        if without.contains(&id.as_str()) {
            continue;
        }
        let orgs = &["lycee"];
        let new = NewAccount { id: &id, role, given_name: "", family_name: "", email: "", orgs, grades: &[] };
        builder.account(new).unwrap();
        let enrolled = match role {
            Role::Teacher => EnrolmentRole::Teacher,
            Role::Student => EnrolmentRole::Student,
            _ => continue,
        };
        builder.enrol("2a", &id, enrolled).unwrap();
        for other in others.iter().filter(|_| role == Role::Teacher) {
            builder.enrol(other, &id, enrolled).unwrap();
        }
    }
    builder.build()
}

impl World {
    fn new(students: usize) -> Self {
        Self::with_bounds(students, Bounds::default())
    }

    fn with_bounds(students: usize, bounds: Bounds) -> Self {
        let clock = Arc::new(ManualClock::at(START_MS));
        let directory = Arc::new(Directory::new(roster(students, &[])));
        let broker = Arc::new(ScriptedBroker::default());
        let metrics = Metrics::default();
        let gatehouse = Arc::new(Gatehouse::default());
        let ground = Shared {
            directory: Arc::clone(&directory),
            tokens: Arc::new(PlainTokens),
            stops: Arc::default(),
            reception: Arc::clone(&gatehouse) as Arc<dyn Reception>,
            rates: Rates { messages_per_second: 1_000, publishes_per_second: 1_000 },
            quiet: Arc::new(AfterDark),
            lessons: Arc::clone(&gatehouse.lessons),
            links: Arc::default(),
        };
        let sessions = Sessions::new(ground, 0);
        let (shard, mailbox) = Shard::new(
            MemorySet::stepped(crate::protocol::close::fixed_reason).with_pool(bounds.pool_bytes),
            sessions,
            Arc::clone(&broker) as Arc<dyn crate::broker::Broker>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            metrics.clone(),
        );
        let shard = shard.with_bounds(bounds);
        let front = Front::new(vec![mailbox]);
        let fold = Fold(Arc::clone(&gatehouse.lessons), Arc::clone(&clock));
        crate::broker::Broker::attach(broker.as_ref(), Arc::new(fold));
        for sink in front.sinks() {
            crate::broker::Broker::attach(broker.as_ref(), sink);
        }
        let events = Events::default();
        Self { shard, front, broker, clock, directory, gatehouse, metrics, events, sessions: 0 }
    }

    fn join(&mut self, account: &str) -> Peer {
        self.join_until(account, MachineTime(u64::MAX))
    }

    /// Somebody with this first lease.
    fn join_until(&mut self, account: &str, lease_until: MachineTime) -> Peer {
        let permit = Permit::unbound(SessionId(self.sessions + 1));
        self.join_on(permit, account, lease_until)
    }

    /// Somebody on this seat.
    fn join_on(&mut self, permit: Permit, account: &str, lease_until: MachineTime) -> Peer {
        let account = AccountId::parse(account).unwrap();
        let identity = Identity::of(&self.directory.current(), &account).unwrap();
        let (socket, peer) = MemorySocket::pair();
        self.sessions += 1;
        let visitor = Visitor {
            permit,
            lease_until,
            identity,
            token_expires_at: TOKEN_ENDS,
            home: None,
            following: None,
        };
        self.front.join(socket, bytes::Bytes::new(), None, visitor).unwrap();
        self.turn();
        let mut peer =
            Peer { socket: peer, welcome: Value::Null, closed: None, reason: Value::Null, pings: 0 };
        let frames = peer.take();
        assert!(frames.is_empty() || frames[0]["type"] == "welcome", "{frames:?}");
        peer.welcome = frames.first().cloned().unwrap_or_default();
        peer
    }

    /// One turn of the shard.
    fn turn(&mut self) {
        self.shard.turn(&mut self.events, Duration::ZERO).unwrap();
    }

    /// Turns until the broker has answered everything and nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            self.turn();
            if !self.broker.answer_all() {
                self.turn();
                self.turn();
                return;
            }
        }
        panic!("the shard does not come to rest");
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.turn();
    }

    fn reload(&mut self, roster: Roster) {
        let changes = self.directory.replace(roster, Shrink::Allowed).unwrap();
        self.tell(News::Roster(changes));
        self.turn();
    }

    fn tell(&mut self, news: News) {
        self.front.tell(&Arc::new(news));
        self.turn();
    }

    /// Lets time pass tick by tick, in which the peers stay alive.
    fn pass(&mut self, time: Duration, peers: &mut [&mut Peer]) {
        let end = self.clock.machine().after(time);
        while self.clock.machine() < end {
            let step = end.since(self.clock.machine()).min(TICK_INTERVAL);
            for peer in peers.iter_mut() {
                peer.socket.pong();
            }
            self.advance(step);
            self.turn();
        }
        for peer in peers.iter_mut() {
            peer.take();
        }
    }
}

impl Peer {
    /// The frames that came since the last look, but for those that say that there is no lesson.
    fn take(&mut self) -> Vec<Value> {
        let mut frames = self.take_all();
        frames.retain(|frame| frame["type"] != "lesson" || !frame["lesson"].is_null());
        frames
    }

    /// All frames that came since the last look.
    fn take_all(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        for arrival in self.socket.arrived() {
            match arrival {
                Arrival::Text(text) => frames.push(serde_json::from_str(&text).unwrap()),
                Arrival::Close(code) => {
                    self.closed = Some(code.unwrap_or(1005));
                    let reason = self.socket.close_reason().unwrap_or_default();
                    self.reason = serde_json::from_str(reason).unwrap_or_default();
                }
                Arrival::Ping => self.pings += 1,
                Arrival::Pong(_) | Arrival::Other(..) => {}
            }
        }
        frames
    }

    /// The types of the frames that came since the last look.
    fn types(&mut self) -> Vec<String> {
        self.take().iter().map(|frame| frame["type"].as_str().unwrap().to_owned()).collect()
    }

    fn subscribe(&self, channel: &str, from: &str) {
        self.socket
            .send_text(&format!(r#"{{"type":"subscribe","id":1,"channel":"{channel}","from":{from}}}"#));
    }

    fn announce(&self, number: usize) {
        self.socket.send_text(&format!(
            r#"{{"type":"publish","id":{number},"channel":"school:lycee","kind":"announcement","message_id":"m{number}","body":{{"title":"t","text":"{number}"}}}}"#
        ));
    }

    fn post(&self, number: usize) {
        self.socket.send_text(&format!(
            r#"{{"type":"publish","id":{number},"channel":"class:2a","kind":"post","message_id":"m{number}","body":{{"text":"{number}"}}}}"#
        ));
    }
}

/// The texts of the publications among some frames, as numbers.
fn numbers(frames: &[Value]) -> Vec<usize> {
    numbers_where(frames, |_| true)
}

/// The same for one channel.
fn numbers_of(frames: &[Value], channel: &str) -> Vec<usize> {
    numbers_where(frames, |frame| frame["channel"] == channel)
}

fn numbers_where(frames: &[Value], fits: impl Fn(&Value) -> bool) -> Vec<usize> {
    frames
        .iter()
        .filter(|frame| frame["type"] == "publication" && fits(frame))
        .map(|frame| frame["body"]["text"].as_str().unwrap().parse().unwrap())
        .collect()
}
