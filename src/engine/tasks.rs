//! The set of plain tokio tasks: TCP sockets with a task each, on a runtime of the set's own that runs only within a poll.
//!
//! A task waits until tokio tells of its socket, then reads, parses, answers and writes for it, and leaves the news
//! where the poll finds it: no queue stands between them, so nothing needs a bound but what the connections have.
//! What was offered is written by the flush itself, since waking a task for it would cost more than the write.
//! What a connection is stands in `connections`, as for the other sets: the engines differ in who waits for a
//! socket. One thread drives it, so the lock is never waited for; it is there because tasks must be able to move.
//! `docs/decisions/0010-engine-of-tasks.md` says what it costs and when to choose it.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, yield_now};

use super::connections::{Connections, Readiness, Wire};
use super::{
    Backlog, CloseFrame, Events, Frame, Framing, Group, Lane, Offer, Quotas, Reasons, Slot, SocketSet, Wake,
    tcp,
};
use crate::base::limits::POLL_SOCKETS_MAX;

/// Tasks that run between two looks at the sockets, and at most in a poll that has news.
#[expect(clippy::cast_possible_truncation, reason = "the bound is small")]
const TASKS_PER_LOOK: u32 = POLL_SOCKETS_MAX as u32;

/// The TCP sockets of one shard, a task each.
#[derive(Debug)]
pub struct TaskSet {
    /// There until the set is dropped.
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
}

/// What the tasks share with their set.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Ends a poll's wait: rung by tasks that have news, and by whoever wakes the set.
    bell: Notify,
}

#[derive(Debug)]
struct State {
    connections: Connections<Served>,
    /// News since the last poll came back.
    events: Events,
}

/// A socket and the task that serves it.
#[derive(Debug)]
struct Served {
    stream: Arc<TcpStream>,
    task: AbortHandle,
}

impl TaskSet {
    /// An empty set that gives these reasons when it fails a connection.
    ///
    /// # Errors
    /// The operating system's, when the runtime can't be made.
    pub fn new(reasons: Reasons) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        builder.enable_io().enable_time().event_interval(TASKS_PER_LOOK);
        let state = State { connections: Connections::new(reasons), events: Events::default() };
        let shared = Shared { state: Mutex::new(state), bell: Notify::new() };
        Ok(Self { runtime: Some(builder.build()?), shared: Arc::new(shared) })
    }

    /// The same set with these quotas of it for its groups.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        self.shared.lock().connections.set_quotas(quotas);
        self
    }

    /// The same set with this share of the pool for what waits.
    #[must_use]
    pub fn with_pool(self, bytes: usize) -> Self {
        self.shared.lock().connections.set_pool(bytes);
        self
    }

    fn runtime(&self) -> io::Result<&Runtime> {
        self.runtime.as_ref().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Bytes kept of messages that have not come whole.
    #[cfg(test)]
    pub(super) fn partial_bytes(&self) -> usize {
        self.shared.lock().connections.partial_bytes()
    }

    /// How many connections hold memory beyond their record and their task.
    #[cfg(test)]
    pub(super) fn boxes(&self) -> usize {
        self.shared.lock().connections.boxes()
    }
}

impl Drop for TaskSet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // All tasks end here. Dropped otherwise, a runtime refuses to die within another one's task.
            runtime.shutdown_background();
        }
    }
}

impl SocketSet for TaskSet {
    type Socket = std::net::TcpStream;

    fn add(&mut self, socket: std::net::TcpStream, leftover: Bytes, framing: Framing) -> io::Result<Slot> {
        tcp::prepare(&socket)?;
        let runtime = self.runtime()?;
        let mut state = self.shared.lock();
        let index = state.connections.next_index().ok_or(ErrorKind::QuotaExceeded)?;
        let entered = runtime.enter();
        let stream = Arc::new(TcpStream::from_std(socket)?);
        drop(entered);
        let task = runtime.spawn(serve(Arc::clone(&stream), index, Arc::clone(&self.shared)));
        let served = Served { stream, task: task.abort_handle() };
        Ok(state.connections.insert(index, served, leftover, framing))
    }

    fn assign(&mut self, slot: Slot, group: Group) {
        self.shared.lock().connections.assign(slot, group);
    }

    fn group(&mut self, slot: Slot) -> Group {
        self.shared.lock().connections.group(slot)
    }

    fn hold_slow(&mut self, bytes: Option<usize>) {
        self.shared.lock().connections.hold_slow(bytes);
    }

    fn offer(&mut self, slot: Slot, frame: &Frame, lane: Lane) -> Offer {
        self.shared.lock().connections.offer(slot, frame, lane)
    }

    fn flush(&mut self) {
        self.shared.lock().connections.flush();
    }

    fn close(&mut self, slot: Slot, close: &CloseFrame) {
        self.shared.lock().connections.close(slot, close);
    }

    fn abort(&mut self, slot: Slot) {
        self.shared.lock().connections.abort(slot);
    }

    fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.clear();
        let timeout = self.shared.lock().connections.before_wait(timeout);
        self.runtime()?.block_on(self.shared.wait(timeout));
        if self.shared.state.is_poisoned() {
            return Err(io::Error::other("a connection's task panicked"));
        }
        let mut state = self.shared.lock();
        let State { connections, events: news } = &mut *state;
        connections.turn(news);
        std::mem::swap(news, events);
        Ok(())
    }

    fn wake(&self) -> Wake {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || shared.bell.notify_one())
    }

    fn waiting_bytes(&mut self, slot: Slot) -> usize {
        self.shared.lock().connections.waiting_bytes(slot)
    }

    fn backlog(&self) -> Backlog {
        self.shared.lock().connections.backlog()
    }

    fn charged(&self) -> Quotas {
        self.shared.lock().connections.charged()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the tasks run until one of them has news, the set is woken, or the time has passed.
    async fn wait(&self, timeout: Option<Duration>) {
        let mut rung = pin!(self.bell.notified());
        if rung.as_mut().enable() || timeout == Some(Duration::ZERO) {
            // The tasks and the sockets have a turn all the same: a set that is always woken must not be deaf.
            yield_now().await;
            return;
        }
        match timeout {
            None => rung.await,
            // That the time is over is no error.
            Some(timeout) => drop(tokio::time::timeout(timeout, rung).await),
        }
    }

    /// Takes in what changed about a socket: a task's work between two waits.
    fn take(&self, index: u32, readiness: Readiness) {
        let mut state = self.lock();
        let State { connections, events } = &mut *state;
        connections.ready(index, readiness);
        // What the poll's budget leaves in line is read with the next one.
        connections.turn(events);
        if !events.is_empty() || !connections.is_idle() {
            self.bell.notify_one();
        }
    }
}

/// One task: waits for its socket and serves it, until the connection's end drops it.
async fn serve(stream: Arc<TcpStream>, index: u32, shared: Arc<Shared>) {
    let mut heeded = Some(Interest::READABLE | Interest::WRITABLE);
    while let Some(interest) = heeded {
        // It fails only when the runtime ends.
        let Ok(ready) = stream.ready(interest).await else { return };
        forget(&stream);
        shared.take(index, readiness(ready));
        // tokio goes on telling that a half is over; it is enough to hear it once.
        if ready.is_read_closed() {
            heeded = heeded.and_then(|interest| interest.remove(Interest::READABLE));
        }
        if ready.is_write_closed() {
            heeded = heeded.and_then(|interest| interest.remove(Interest::WRITABLE));
        }
    }
}

/// Makes tokio forget what it has told, so that each change is told once, as [`Connections::ready`] wants it. No change
/// is lost: one that comes later is told later, by the same thread. tokio forgets one direction at a time.
fn forget(stream: &TcpStream) {
    for half in [Interest::READABLE, Interest::WRITABLE] {
        // The error is ours, and the way to say so.
        let _ = stream.try_io(half, || Err::<(), _>(ErrorKind::WouldBlock.into()));
    }
}

fn readiness(ready: Ready) -> Readiness {
    Readiness {
        readable: ready.is_readable() || ready.is_error(),
        hung_up: ready.is_read_closed(),
        writable: ready.is_writable() || ready.is_error(),
    }
}

// The socket itself is asked, not tokio: until its first look tokio would say that a new socket takes nothing.
impl Read for Served {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(&*self.stream)).read(into)
    }
}

impl Write for Served {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SockRef::from(&*self.stream).send(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        SockRef::from(&*self.stream).send_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for Served {
    fn end_output(&mut self) {
        // It fails only if the connection is gone, which the next read will tell.
        let _ = SockRef::from(&*self.stream).shutdown(Shutdown::Write);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The task holds the socket too: it is closed when the task is dropped, within the next poll.
        self.task.abort();
    }
}
