//! What every set must do, and the worlds it is tested in: loopback sockets on either engine, and streams in memory. A
//! test's name ends with its suite's function; the module before it says on which engine it ran.

mod closing;
mod conformance;
mod outboxes;
mod partial;
mod pool;
mod rfc6455;
mod streams;
mod tcp;

use std::io::{ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;

use super::memory::{Arrival, client_frame, take_arrivals};
use super::{
    Cause, Event, Events, Framing, MemoryPeer, MemorySet, MemorySocket, Quotas, ReadinessSet, Reasons, Slot,
    SocketSet, TaskSet,
};

/// Runs each of these functions in every world.
macro_rules! suite {
    ($($name:ident,)+) => {
        mod in_memory {
            $(#[test] fn $name() { super::$name::<crate::engine::tests::InMemory>(); })+
        }
        mod on_readiness {
            $(#[test] fn $name() { super::$name::<crate::engine::tests::OverTcp<crate::engine::ReadinessSet>>(); })+
        }
        mod on_tasks {
            $(#[test] fn $name() { super::$name::<crate::engine::tests::OverTcp<crate::engine::TaskSet>>(); })+
        }
    };
}
use suite;

/// A poll that finds nothing lasts this long, and a condition is given up after so many of them.
const POLL: Duration = Duration::from_millis(5);
const POLLS_MAX: usize = 2_000;

/// A set with a way to connect clients to it.
trait World {
    type Set: SocketSet;
    type Peer: Peer;
    fn set() -> Self::Set;
    /// A set with this pool for what waits.
    fn set_with_pool(bytes: usize) -> Self::Set;
    /// The same with quotas of it.
    fn set_with_quotas(bytes: usize, quotas: Quotas) -> Self::Set;
    fn socket(&mut self) -> (<Self::Set as SocketSet>::Socket, Self::Peer);
    fn new() -> Self;
    /// How many connections hold memory beyond their record.
    fn boxes(set: &Self::Set) -> usize;
    /// Bytes kept of messages that have not come whole.
    fn partial_bytes(set: &Self::Set) -> usize;
}

/// A client.
trait Peer {
    fn send(&mut self, bytes: &[u8]);
    /// Takes what has come since the last call.
    fn arrived(&mut self) -> Vec<Arrival>;
    /// Whether the server's half is over, once everything before that has been taken.
    fn is_over(&mut self) -> bool;
    fn stop_reading(&mut self);
    /// Reads about so many bytes more, and then stops again.
    fn read_some(&mut self, bytes: usize);
    fn resume_reading(&mut self);

    fn send_text(&mut self, text: &str) {
        self.send(&client_frame(0x81, text.as_bytes()));
    }

    fn close(&mut self, code: u16) {
        self.send(&client_frame(0x88, &code.to_be_bytes()));
    }
}

/// News with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum News {
    Text(Slot, String),
    Control(Slot),
    Stalled(Slot),
    Progress(Slot),
    Failing(Slot, u16),
    Drained(Slot),
    Closed(Slot, Cause),
}

/// A set that is being driven, and all news so far.
struct Driver<W: World> {
    world: W,
    set: W::Set,
    events: Events,
    news: Vec<News>,
}

impl<W: World> Driver<W> {
    fn new() -> Self {
        Self { world: W::new(), set: W::set(), events: Events::default(), news: Vec::new() }
    }

    fn connect(&mut self) -> (Slot, W::Peer) {
        self.connect_with(&[])
    }

    fn connect_with(&mut self, leftover: &[u8]) -> (Slot, W::Peer) {
        self.connect_as(Framing::WebSocket, leftover)
    }

    fn connect_as(&mut self, framing: Framing, leftover: &[u8]) -> (Slot, W::Peer) {
        let (socket, peer) = self.world.socket();
        let slot = self.set.add(socket, Bytes::copy_from_slice(leftover), framing).unwrap();
        (slot, peer)
    }

    fn poll(&mut self) {
        self.set.poll(&mut self.events, Some(POLL)).unwrap();
        for event in self.events.iter() {
            self.news.push(match event {
                Event::Text(slot, span) => News::Text(slot, self.events.text(span).to_owned()),
                Event::Control(slot) => News::Control(slot),
                Event::Stalled(slot) => News::Stalled(slot),
                Event::Progress(slot) => News::Progress(slot),
                Event::Failing(slot, code) => News::Failing(slot, code),
                Event::Drained(slot) => News::Drained(slot),
                Event::Closed(slot, cause) => News::Closed(slot, cause),
            });
        }
    }

    /// Polls until the condition holds.
    #[track_caller]
    fn until(&mut self, mut condition: impl FnMut(&mut Self) -> bool) {
        for _ in 0..POLLS_MAX {
            if condition(self) {
                return;
            }
            self.poll();
        }
        panic!("not within {POLLS_MAX} polls; news: {:?}", self.news);
    }

    /// Polls until this news has come.
    #[track_caller]
    fn until_news(&mut self, news: &News) {
        self.until(|driver| driver.news.contains(news));
    }

    /// Polls until the peer holds so many frames, and gives them.
    #[track_caller]
    fn arrivals(&mut self, peer: &mut W::Peer, count: usize) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        self.until(|_| {
            arrivals.extend(peer.arrived());
            arrivals.len() >= count
        });
        arrivals
    }

    /// The news of what was said and how it ended. How often a stalled socket moves on is the kernel's to decide.
    fn news_but_progress(&self) -> Vec<News> {
        self.news.iter().filter(|news| !matches!(news, News::Progress(_))).cloned().collect()
    }

    fn texts(&self, of: Slot) -> Vec<&str> {
        self.news
            .iter()
            .filter_map(|news| match news {
                News::Text(slot, text) if *slot == of => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

fn text(slot: Slot, text: &str) -> News {
    News::Text(slot, text.to_owned())
}

fn arrived(text: &str) -> Arrival {
    Arrival::Text(text.to_owned())
}

/// Streams in memory.
struct InMemory;

impl World for InMemory {
    type Set = MemorySet;
    type Peer = MemoryPeer;

    fn set() -> MemorySet {
        MemorySet::new(|_| "")
    }

    fn set_with_pool(bytes: usize) -> MemorySet {
        Self::set().with_pool(bytes)
    }

    fn set_with_quotas(bytes: usize, quotas: Quotas) -> MemorySet {
        Self::set_with_pool(bytes).with_quotas(quotas)
    }

    fn socket(&mut self) -> (MemorySocket, MemoryPeer) {
        MemorySocket::pair()
    }

    fn new() -> Self {
        Self
    }

    fn boxes(set: &MemorySet) -> usize {
        set.boxes()
    }

    fn partial_bytes(set: &MemorySet) -> usize {
        set.partial_bytes()
    }
}

impl Peer for MemoryPeer {
    fn send(&mut self, bytes: &[u8]) {
        self.send_bytes(bytes);
    }

    fn arrived(&mut self) -> Vec<Arrival> {
        Self::arrived(self)
    }

    fn is_over(&mut self) -> bool {
        Self::is_over(self)
    }

    fn stop_reading(&mut self) {
        Self::stop_reading(self, 10_000);
    }

    fn read_some(&mut self, bytes: usize) {
        Self::read_some(self, bytes);
    }

    fn resume_reading(&mut self) {
        Self::resume_reading(self);
    }
}

/// A set of TCP sockets.
trait TcpSet: SocketSet<Socket = TcpStream> + Send + Sized {
    fn empty(reasons: Reasons) -> Self;
    fn with_pool(self, bytes: usize) -> Self;
    fn with_quotas(self, quotas: Quotas) -> Self;
    fn boxes(&self) -> usize;
    fn partial_bytes(&self) -> usize;
}

/// Gives the engines' own functions the trait's names.
macro_rules! tcp_set {
    ($($set:ty),+) => {
        $(impl TcpSet for $set {
            fn empty(reasons: Reasons) -> Self {
                Self::new(reasons).unwrap()
            }

            fn with_pool(self, bytes: usize) -> Self {
                Self::with_pool(self, bytes)
            }

            fn with_quotas(self, quotas: Quotas) -> Self {
                Self::with_quotas(self, quotas)
            }

            fn boxes(&self) -> usize {
                Self::boxes(self)
            }

            fn partial_bytes(&self) -> usize {
                Self::partial_bytes(self)
            }
        })+
    };
}
tcp_set!(ReadinessSet, TaskSet);

/// Loopback sockets.
struct OverTcp<S> {
    listener: TcpListener,
    set: PhantomData<S>,
}

impl<S: TcpSet> World for OverTcp<S> {
    type Set = S;
    type Peer = TcpPeer;

    fn set() -> S {
        S::empty(|_| "")
    }

    fn set_with_pool(bytes: usize) -> S {
        Self::set().with_pool(bytes)
    }

    fn set_with_quotas(bytes: usize, quotas: Quotas) -> S {
        Self::set_with_pool(bytes).with_quotas(quotas)
    }

    fn socket(&mut self) -> (TcpStream, TcpPeer) {
        let stream = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
        let (socket, _) = self.listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let peer = TcpPeer { stream, unsent: Vec::new(), came: Vec::new(), reads: true, over: false };
        (socket, peer)
    }

    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), set: PhantomData }
    }

    fn boxes(set: &S) -> usize {
        set.boxes()
    }

    fn partial_bytes(set: &S) -> usize {
        set.partial_bytes()
    }
}

/// A client that writes and reads whenever it is asked something, without blocking.
struct TcpPeer {
    stream: TcpStream,
    unsent: Vec<u8>,
    came: Vec<u8>,
    reads: bool,
    over: bool,
}

impl TcpPeer {
    fn pump(&mut self) {
        if let Ok(written) = self.stream.write(&self.unsent) {
            self.unsent.drain(..written);
        }
        let mut piece = [0; 16 * 1024];
        while self.reads && !self.over {
            match self.stream.read(&mut piece) {
                Ok(0) => self.over = true,
                Ok(count) => self.came.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.over = true,
            }
        }
    }
}

impl Peer for TcpPeer {
    fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
        self.pump();
    }

    fn arrived(&mut self) -> Vec<Arrival> {
        self.pump();
        take_arrivals(&mut self.came)
    }

    fn is_over(&mut self) -> bool {
        self.pump();
        self.over
    }

    fn stop_reading(&mut self) {
        self.reads = false;
    }

    fn read_some(&mut self, bytes: usize) {
        let mut piece = vec![0; bytes];
        if let Ok(count) = self.stream.read(&mut piece) {
            self.came.extend_from_slice(&piece[..count]);
        }
    }

    fn resume_reading(&mut self) {
        self.reads = true;
    }
}
