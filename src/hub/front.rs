//! The way in to the shards for every other thread: joins, publications from the broker, news, drain.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::handler::Handler;
use super::mailbox::Mailbox;
use super::shard::Letter;
use crate::base::Publication;
use crate::broker::Sink;

/// All shards' mailboxes.
pub struct Front<K: Send + 'static, H: Handler> {
    shards: Arc<[Mailbox<Letter<K, H>>]>,
    next: Arc<AtomicUsize>,
}

/// No shard has room for another letter, or all have ended. Holds the socket, so that its client can be told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hub takes no more connections at the moment")]
pub struct Overloaded<K>(pub K);

/// A shard as the broker sees it.
struct ShardSink<K: Send + 'static, H: Handler>(Mailbox<Letter<K, H>>);

impl<K: Send + 'static, H: Handler> Clone for Front<K, H> {
    fn clone(&self) -> Self {
        Self { shards: Arc::clone(&self.shards), next: Arc::clone(&self.next) }
    }
}

impl<K: Send + 'static, H: Handler> Front<K, H> {
    /// The front of these shards.
    pub fn new(shards: Vec<Mailbox<Letter<K, H>>>) -> Self {
        Self { shards: shards.into(), next: Arc::new(AtomicUsize::new(0)) }
    }

    /// Gives an upgraded socket, and what was read past its handshake, to one of the shards, each in its turn. A shard
    /// without room is passed over.
    ///
    /// # Errors
    /// [`Overloaded`] with the socket.
    pub fn join(&self, socket: K, leftover: Bytes, visitor: H::Visitor) -> Result<(), Overloaded<K>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.shards.len().max(1);
        let (before, from_turn) = self.shards.split_at(turn.min(self.shards.len()));
        let mut join = Letter::Join { socket, leftover, visitor };
        for shard in from_turn.iter().chain(before) {
            match shard.try_post(join) {
                Ok(()) => return Ok(()),
                Err(returned) => join = returned,
            }
        }
        // What comes back is what was sent.
        let Letter::Join { socket, .. } = join else { return Ok(()) };
        Err(Overloaded(socket))
    }

    /// Gives news to every shard, waiting for room in their inboxes.
    pub fn tell(&self, news: &Arc<H::News>) {
        for shard in self.shards.iter() {
            // A shard that has ended has nobody left to tell.
            let _ = shard.post(Letter::News(Arc::clone(news)));
        }
    }

    /// Asks every shard to close its connections and end; clients are told to come back within the window.
    pub fn drain(&self, window_ms: (u32, u32)) {
        for shard in self.shards.iter() {
            let _ = shard.post(Letter::Drain { window_ms });
        }
    }

    /// One sink per shard, for the broker's echoes.
    pub fn sinks(&self) -> Vec<Arc<dyn Sink>> {
        let sink = |shard: &Mailbox<_>| Arc::new(ShardSink::<K, H>(shard.clone())) as Arc<dyn Sink>;
        self.shards.iter().map(sink).collect()
    }
}

impl<K: Send + 'static, H: Handler> Sink for ShardSink<K, H> {
    fn committed(&self, publication: &Arc<Publication>) {
        // A shard that has ended has nobody left to tell.
        let _ = self.0.post(Letter::Committed(Arc::clone(publication)));
    }
}
