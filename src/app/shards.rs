//! The shards' threads: started together, drained together, joined.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::base::limits::{POOL_GROUPS, QUEUE_POOL_SHARES};
use crate::base::metrics::Metrics;
use crate::base::{Clock, limits};
use crate::broker::Broker;
use crate::config::Engine;
use crate::engine::{Quotas, ReadinessSet, SocketSet, TaskSet};
use crate::hub::{Ending, Front, Shard};
use crate::protocol::close;
use crate::session::{Sessions, Shared};

/// What the edge hands over, whichever engine takes it.
type Socket = std::net::TcpStream;

/// The way in to the shards.
pub(super) type HubFront = Front<Socket, Sessions>;

/// The first milliseconds after a drain are left to the process that takes over.
const TAKEOVER_MS: u32 = 1_000;

/// What the shards are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// What owns their sockets.
    pub(super) engine: Engine,
    /// How many there are.
    pub(super) count: usize,
    /// What each may hold of what waits for its sockets, in bytes.
    pub(super) pool_share: usize,
}

/// Threads that own connections.
pub(super) struct Shards {
    front: HubFront,
    threads: Vec<JoinHandle<()>>,
    ended: mpsc::Receiver<()>,
}

/// What each class of admission may use of a pool.
fn quotas(pool_bytes: usize) -> Quotas {
    let mut quotas = [pool_bytes; POOL_GROUPS];
    for (quota, share) in quotas.iter_mut().zip(QUEUE_POOL_SHARES) {
        *quota = pool_bytes / 1_000 * usize::from(share);
    }
    quotas
}

/// Says that a shard's thread ends, also when it panics.
struct Farewell(mpsc::Sender<()>);

impl Drop for Farewell {
    fn drop(&mut self) {
        // There is room for one word of each shard.
        let _ = self.0.try_send(());
    }
}

impl Shards {
    /// Starts the threads and puts them behind the broker.
    ///
    /// # Errors
    /// The operating system's. Threads that were started are drained.
    pub(super) fn start(
        layout: Layout,
        session: &Shared,
        broker: &Arc<dyn Broker>,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> io::Result<Self> {
        match layout.engine {
            Engine::Readiness => {
                let sockets = |pool| {
                    Ok(ReadinessSet::new(close::fixed_reason)?.with_pool(pool).with_quotas(quotas(pool)))
                };
                Self::start_on(sockets, layout, session, broker, clock, metrics)
            }
            Engine::Tasks => {
                let sockets =
                    |pool| Ok(TaskSet::new(close::fixed_reason)?.with_pool(pool).with_quotas(quotas(pool)));
                Self::start_on(sockets, layout, session, broker, clock, metrics)
            }
        }
    }

    fn start_on<S: SocketSet<Socket = Socket> + Send + 'static>(
        sockets: fn(usize) -> io::Result<S>,
        layout: Layout,
        session: &Shared,
        broker: &Arc<dyn Broker>,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> io::Result<Self> {
        let Layout { count, pool_share, .. } = layout;
        metrics.queue_pool_bytes.set(i64::try_from(count * pool_share).unwrap_or(i64::MAX));
        let (farewell, ended) = mpsc::channel(count.max(1));
        let (mut mailboxes, mut loops) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (shard, mailbox) = Shard::new(
                sockets(pool_share)?,
                Sessions::new(session.clone(), number),
                Arc::clone(broker),
                Arc::clone(clock),
                metrics.clone(),
            );
            let shard = shard.with_pool(pool_share);
            mailboxes.push(mailbox);
            loops.push(shard);
        }
        let front = Front::new(mailboxes);
        let mut started = Self { front, threads: Vec::new(), ended };
        for (number, shard) in loops.into_iter().enumerate() {
            let farewell = Farewell(farewell.clone());
            let thread = Builder::new().name(format!("preau-shard-{number}")).spawn(move || {
                let _farewell = farewell;
                if let Err(error) = shard.run() {
                    tracing::error!(number, %error, "a shard can't watch its sockets any longer");
                }
            });
            match thread {
                Ok(thread) => started.threads.push(thread),
                Err(error) => {
                    started.drain(Duration::ZERO);
                    return Err(error);
                }
            }
        }
        for sink in started.front.sinks() {
            broker.attach(sink);
        }
        Ok(started)
    }

    /// They come back over as long a time as they left in, or a little longer.
    fn ask_to_drain(&self, over: Duration) {
        let spread_ms = u32::try_from(over.as_millis()).unwrap_or(u32::MAX).max(limits::DRAIN_WINDOW_MS);
        self.front.drain(Ending { over, window_ms: (TAKEOVER_MS, spread_ms) });
    }

    /// The way in.
    pub(super) fn front(&self) -> HubFront {
        self.front.clone()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Returns once a thread has ended without being asked.
    pub(super) async fn ended(&mut self) {
        // None would mean that all of them have.
        let _ = self.ended.recv().await;
    }

    /// Closes all connections by then, tells clients when to come back, and waits for the threads.
    pub(super) fn drain(self, over: Duration) {
        self.ask_to_drain(over);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a shard's thread had panicked");
            }
        }
    }
}
