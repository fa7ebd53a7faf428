//! Asks a broker and waits for the answer, with a deadline that turns a missing answer into a failure.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use flume::Receiver;
use preau::base::ReplayFrom;
use preau::base::{
    AccountId, Audience, Body, Channel, Kind, MessageId, NewPublication, Offset, Position, Publication, Role,
    SchoolTime,
};
use preau::broker::{
    Accepted, Broker, Cancelled, Committed, Cut, Erasure, History, HistoryPage, Page, PublishError, Read,
    ReadError, Schedule, SchedulePage, Sink, Trimmed,
};

/// Longer than any answer takes on a machine that still works.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) type Ack = Result<Committed, PublishError>;
pub(crate) type Reply = Result<Accepted, PublishError>;

/// The answer to what was not meant to wait.
pub(crate) fn committed(reply: Reply) -> Ack {
    reply.map(|accepted| match accepted {
        Accepted::Committed(committed) => committed,
        Accepted::Scheduled(scheduled) => panic!("it waits: {scheduled:?}"),
    })
}

pub(crate) fn class(name: &str) -> Channel {
    Channel::parse(&format!("class:{name}")).unwrap()
}

/// A post by one teacher to everyone; the text is also its message id.
pub(crate) fn post(channel: &Channel, text: &str) -> NewPublication {
    NewPublication {
        channel: channel.clone(),
        author: AccountId::parse("teacher-1").unwrap(),
        message_id: MessageId::parse(text).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::post(text).unwrap(),
        published_at: SchoolTime(1_000),
        deliver_at: None,
        urgent: None,
    }
}

pub(crate) fn announcement(channel: &Channel, text: &str) -> NewPublication {
    let json = format!(r#"{{"title":"t","text":"{text}"}}"#);
    NewPublication { body: Body::parse(Kind::Announcement, &json).unwrap(), ..post(channel, text) }
}

pub(crate) fn for_roles(new: NewPublication, roles: &[Role]) -> NewPublication {
    NewPublication { audience: Audience::of(roles).unwrap(), ..new }
}

/// Retention that removes what was published before an instant, whatever its kind.
pub(crate) fn cut_all(before: i64) -> Cut {
    let before = SchoolTime(before);
    Cut { before: [before; Kind::COUNT] }
}

pub(crate) fn posts_before(before: i64) -> Cut {
    let mut cut = cut_all(i64::MIN);
    cut.before[Kind::Post as usize] = SchoolTime(before);
    cut
}

pub(crate) fn read(channel: &Channel, from: ReplayFrom, limit: usize) -> Read {
    Read { channel: channel.clone(), from, role: Role::Student, limit }
}

pub(crate) fn history(channel: &Channel) -> History {
    History {
        channel: channel.clone(),
        after: None,
        before: None,
        kind: None,
        role: Role::Student,
        limit: 200,
    }
}

pub(crate) fn offsets(publications: &[Arc<Publication>]) -> Vec<u64> {
    publications.iter().map(|publication| publication.position.offset.0).collect()
}

pub(crate) fn wait<T>(answer: &Receiver<T>) -> T {
    answer.recv_timeout(DEADLINE).expect("every queued request is answered")
}

/// Waits until something holds that nobody announces.
#[track_caller]
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    const LOOK: Duration = Duration::from_millis(10);
    let (_silent, never) = flume::bounded::<()>(1);
    let holds = (0..DEADLINE.as_millis() / LOOK.as_millis()).any(|_| {
        // Nothing comes: it is a pause.
        let _ = never.recv_timeout(LOOK);
        condition()
    });
    assert!(holds, "it does not hold after {DEADLINE:?}");
}

/// The blocking face of a broker.
pub(crate) trait Ask {
    fn offer(&self, new: NewPublication) -> Option<Receiver<Ack>>;
    fn publish_wait(&self, new: NewPublication) -> Ack;
    /// Publishes now or later.
    fn accept_wait(&self, new: NewPublication) -> Reply;
    /// Releases what is due; how much that was.
    fn release_wait(&self, now: i64) -> Result<u64, PublishError>;
    /// Takes something of the teacher's back.
    fn cancel_wait(&self, channel: &Channel, message_id: &str) -> Cancelled;
    /// What an author has in the schedule.
    fn scheduled_wait(&self, schedule: Schedule) -> SchedulePage;
    /// Publishes what must be committed as new.
    fn put(&self, new: NewPublication) -> Position;
    fn read_wait(&self, read: Read) -> Result<Arc<Page>, ReadError>;
    fn page(&self, read: Read) -> Arc<Page>;
    fn history_wait(&self, history: History) -> Result<HistoryPage, ReadError>;
    fn past(&self, history: History) -> HistoryPage;
    fn trim_wait(&self, cut: Cut) -> Result<Trimmed, PublishError>;
    fn erase_wait(&self, account: &str) -> Result<Erasure, PublishError>;
    fn at(&self, offset: u64) -> Position;
}

impl Ask for dyn Broker {
    fn offer(&self, new: NewPublication) -> Option<Receiver<Ack>> {
        let (answer, answered) = flume::bounded(2);
        let offered = self.publish(new, Box::new(move |reply| answer.send(committed(reply)).unwrap()));
        offered.is_ok().then_some(answered)
    }

    fn publish_wait(&self, new: NewPublication) -> Ack {
        wait(&self.offer(new).expect("the queue has room"))
    }

    fn accept_wait(&self, new: NewPublication) -> Reply {
        let (answer, answered) = flume::bounded(2);
        self.publish(new, Box::new(move |reply| answer.send(reply).unwrap())).unwrap();
        wait(&answered)
    }

    fn release_wait(&self, now: i64) -> Result<u64, PublishError> {
        let (answer, answered) = flume::bounded(2);
        let now = SchoolTime(now);
        self.release(now, Box::new(move |released| answer.send(released).unwrap())).unwrap();
        wait(&answered).map(|released| released.released)
    }

    fn cancel_wait(&self, channel: &Channel, message_id: &str) -> Cancelled {
        let (answer, answered) = flume::bounded(2);
        let new = post(channel, message_id);
        let key = (new.channel, new.author, new.message_id);
        self.cancel(key, Box::new(move |cancelled| answer.send(cancelled).unwrap())).unwrap();
        wait(&answered).unwrap()
    }

    fn scheduled_wait(&self, schedule: Schedule) -> SchedulePage {
        let (answer, answered) = flume::bounded(2);
        self.scheduled(schedule, Box::new(move |page| answer.send(page).unwrap())).unwrap();
        wait(&answered).unwrap()
    }

    fn put(&self, new: NewPublication) -> Position {
        let committed = self.publish_wait(new).unwrap();
        assert!(!committed.duplicate);
        committed.position
    }

    fn read_wait(&self, read: Read) -> Result<Arc<Page>, ReadError> {
        let (answer, answered) = flume::bounded(2);
        self.read(read, Box::new(move |page| answer.send(page).unwrap())).unwrap();
        wait(&answered)
    }

    fn page(&self, read: Read) -> Arc<Page> {
        self.read_wait(read).unwrap()
    }

    fn history_wait(&self, history: History) -> Result<HistoryPage, ReadError> {
        let (answer, answered) = flume::bounded(2);
        self.history(history, Box::new(move |page| answer.send(page).unwrap())).unwrap();
        wait(&answered)
    }

    fn past(&self, history: History) -> HistoryPage {
        self.history_wait(history).unwrap()
    }

    fn trim_wait(&self, cut: Cut) -> Result<Trimmed, PublishError> {
        let (answer, answered) = flume::bounded(2);
        self.trim(cut, Box::new(move |trimmed| answer.send(trimmed).unwrap())).unwrap();
        wait(&answered)
    }

    fn erase_wait(&self, account: &str) -> Result<Erasure, PublishError> {
        let (answer, answered) = flume::bounded(2);
        let account = AccountId::parse(account).unwrap();
        self.erase(account, Box::new(move |erased| answer.send(erased).unwrap())).unwrap();
        wait(&answered)
    }

    fn at(&self, offset: u64) -> Position {
        Position { epoch: self.epoch(), offset: Offset(offset) }
    }
}

/// Replays a channel page by page to its end: the offsets seen, each page's bounds checked on the way.
pub(crate) fn replay(broker: &dyn Broker, first: &Read) -> Vec<Arc<Publication>> {
    let mut seen = Vec::new();
    let mut page = broker.page(first.clone());
    loop {
        let inside = |p: &Arc<Publication>| {
            p.position.offset > page.before.offset && p.position.offset <= page.through.offset
        };
        assert!(page.publications.iter().all(inside), "a page lies between its bounds");
        seen.extend(page.publications.iter().cloned());
        if page.through == page.last {
            return seen;
        }
        let next = broker.page(Read { from: ReplayFrom::Next(page.through), ..first.clone() });
        assert_eq!(next.before, page.through);
        assert!(next.through.offset > page.through.offset, "each page moves on");
        page = next;
    }
}

/// A door that answers or sinks can be made to wait at.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<(bool, usize)>,
    changed: Condvar,
}

impl Gate {
    /// Waits until the gate is open.
    pub(crate) fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| !state.0).unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn open(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
        self.changed.notify_all();
    }

    /// Waits until so many have come to the gate.
    pub(crate) fn wait_for(&self, count: usize) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (_state, timeout) = self
            .changed
            .wait_timeout_while(state, DEADLINE, |state| state.1 < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "too few came to the gate");
    }
}

/// Opens its gate when the test ends, however it ends: threads that wait there could not be joined.
pub(crate) struct Opened(pub(crate) Arc<Gate>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// A sink that waits at a gate, which holds up the commits after the first.
pub(crate) struct GatedSink(pub(crate) Arc<Gate>);

impl Sink for GatedSink {
    fn committed(&self, _: &Arc<Publication>) {
        self.0.pass();
    }
}

/// A sink that passes everything on, up to its room.
pub(crate) struct Echo(flume::Sender<Arc<Publication>>);

impl Echo {
    pub(crate) fn attach(broker: &dyn Broker) -> Receiver<Arc<Publication>> {
        let (echo, echoed) = flume::bounded(100_000);
        broker.attach(Arc::new(Self(echo)));
        echoed
    }
}

impl Sink for Echo {
    fn committed(&self, publication: &Arc<Publication>) {
        self.0.try_send(Arc::clone(publication)).unwrap();
    }
}
