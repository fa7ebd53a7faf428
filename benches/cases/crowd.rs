//! A shard with one class of any size, all of whose pupils follow it. Nothing but the sockets and the log are not real.

#[path = "../../tests/support/door.rs"]
mod door;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use preau::access::Identity;
use preau::admission::{Permit, Window};
use preau::base::clock::ManualClock;
use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Body, Channel, Epoch, MachineTime, MessageId, NewPublication, Offset, Position,
    Publication, Replacement, Role, SchoolTime, SessionId,
};
use preau::broker::{
    Accepted, Answer, Broker, Busy, Cancelled, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Sink, Start, Trimmed,
};
use preau::engine::{Events, MemoryPeer, MemorySet, MemorySocket};
use preau::hub::{Front, Shard};
use preau::lesson::Lessons;
use preau::protocol::close;
use preau::roster::{
    ClassKind, Directory, EnrolmentRole, NewAccount, NewClass, NewOrg, OrgKind, Roster, RosterBuilder,
};
use preau::session::{NeverQuiet, Rates, Sessions, Shared, Visitor};

use door::{Door, NoTokens};

const EPOCH: Epoch = Epoch(1);
const TEXT: &str =
    "Bring your books tomorrow: we read chapter four together, then you write half a page on it.";

/// The class, its shard, and what its pupils' sockets received.
pub(crate) struct Crowd {
    shard: Shard<MemorySet, Sessions>,
    sink: Arc<dyn Sink>,
    peers: Vec<MemoryPeer>,
    metrics: Metrics,
    events: Events,
    offset: u64,
}

impl Crowd {
    /// A class of so many pupils who have joined and follow it.
    pub(crate) fn of(pupils: usize) -> Self {
        let roster = roster(pupils);
        let identities: Vec<Identity> = (0..pupils).map(|number| identity(&roster, number)).collect();
        let all = Shared {
            directory: Arc::new(Directory::new(roster)),
            tokens: Arc::new(NoTokens),
            stops: Arc::default(),
            reception: Arc::new(Door(|_: &Identity, _: SchoolTime| Window::Open)),
            rates: Rates { messages_per_second: 1_000, publishes_per_second: 1_000 },
            quiet: Arc::new(NeverQuiet),
            lessons: Arc::new(Lessons::new(1, MachineTime::default())),
            links: Arc::default(),
        };
        let metrics = Metrics::default();
        let set = MemorySet::stepped(close::fixed_reason);
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let (shard, mailbox) =
            Shard::new(set, Sessions::new(all, 0), Arc::new(EmptyLog), clock, metrics.clone());
        let front = Front::new(vec![mailbox]);
        let sink = Arc::clone(&front.sinks()[0]);
        let mut crowd =
            Self { shard, sink, peers: Vec::new(), metrics, events: Events::default(), offset: 0 };
        for (number, identity) in identities.into_iter().enumerate() {
            let (socket, peer) = MemorySocket::pair();
            let session = SessionId(number as u64);
            let (token_expires_at, lease_until) = (MachineTime(u64::MAX), MachineTime(u64::MAX));
            let permit = Permit::unbound(session);
            let visitor =
                Visitor { permit, identity, token_expires_at, lease_until, home: None, following: None };
            assert!(front.join(socket, Bytes::new(), None, visitor).is_ok());
            peer.send_text(r#"{"type":"subscribe","id":1,"channel":"class:2a","from":"now"}"#);
            crowd.peers.push(peer);
            crowd.turn();
        }
        while !crowd.peers.iter().all(has_joined) {
            crowd.turn();
        }
        crowd
    }

    /// The next publications of the class.
    pub(crate) fn publications(&mut self, count: usize) -> Vec<Arc<Publication>> {
        (0..count)
            .map(|_| {
                self.offset += 1;
                let new = NewPublication {
                    channel: Channel::parse("class:2a").unwrap(),
                    author: AccountId::parse("s0").unwrap(),
                    message_id: MessageId::parse(&format!("message-{}", self.offset)).unwrap(),
                    audience: Audience::EVERYONE,
                    body: Body::post(TEXT).unwrap(),
                    published_at: SchoolTime(0),
                    deliver_at: None,
                    urgent: None,
                };
                Arc::new(Publication::at(new, Position { epoch: EPOCH, offset: Offset(self.offset) }))
            })
            .collect()
    }

    /// Tells the shard of commits and runs it until each pupil's socket has each of them.
    pub(crate) fn deliver(&mut self, publications: &[Arc<Publication>]) {
        let end = self.metrics.deliveries.get() + (publications.len() * self.peers.len()) as u64;
        for publication in publications {
            self.sink.committed(publication);
        }
        while self.metrics.deliveries.get() < end {
            self.turn();
        }
    }

    /// Empties the pupils' sockets: so many bytes had come.
    pub(crate) fn drain(&mut self) -> usize {
        self.peers.iter().map(|peer| peer.arrived_bytes().len()).sum()
    }

    fn turn(&mut self) {
        self.shard.turn(&mut self.events, Duration::ZERO).unwrap();
    }
}

fn has_joined(peer: &MemoryPeer) -> bool {
    // `welcome` and `fresh`; a third write may have told that the class was caught up with.
    peer.writes() >= 2
}

fn roster(pupils: usize) -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "", kind: OrgKind::School }).unwrap();
    let kind = ClassKind::Homeroom;
    builder.class(NewClass { id: "2a", title: "", subject: "", kind, school: "lycee", grades: &[] }).unwrap();
    for number in 0..pupils {
        let id = &*format!("s{number}");
        let (role, orgs) = (Role::Student, &["lycee"][..]);
        let new = NewAccount { id, role, given_name: "", family_name: "", email: "", orgs, grades: &[] };
        builder.account(new).unwrap();
        builder.enrol("2a", id, EnrolmentRole::Student).unwrap();
    }
    builder.build()
}

fn identity(roster: &Roster, number: usize) -> Identity {
    Identity::of(roster, &AccountId::parse(&format!("s{number}")).unwrap()).unwrap()
}

/// A log that has nothing yet, read at once: everybody is live from the beginning.
struct EmptyLog;

impl Broker for EmptyLog {
    fn epoch(&self) -> Epoch {
        EPOCH
    }

    fn attach(&self, _: Arc<dyn Sink>) {}

    fn publish(&self, _: NewPublication, _: Answer<Result<Accepted, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn read(&self, _: Read, answer: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy> {
        let start = Position { epoch: EPOCH, offset: Offset::START };
        let page =
            Page { start: Start::Fresh, before: start, publications: vec![], through: start, last: start };
        answer(Ok(Arc::new(page)));
        Ok(())
    }

    fn history(&self, _: History, _: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn replace(
        &self,
        _: Vec<Replacement>,
        _: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        Err(Busy)
    }

    fn cancel(
        &self,
        _: (Channel, AccountId, MessageId),
        _: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        Err(Busy)
    }

    fn scheduled(&self, _: Schedule, _: Answer<Result<SchedulePage, ReadError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn release(&self, _: SchoolTime, _: Answer<Result<Released, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn erase(&self, _: AccountId, _: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn trim(&self, _: Cut, _: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn health(&self) -> Health {
        Health::Ready
    }

    fn shut_down(&self) {}
}
