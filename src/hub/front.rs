//! The way in to the shards for every other thread: joins, publications from the broker, news, drain.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::handler::{Ending, Handler};
use super::lags::Lag;
use super::mailbox::Mailbox;
use super::shard::Letter;
use crate::base::{Channel, Publication, limits};
use crate::broker::Sink;
use crate::engine::Frame;

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

    /// Gives an upgraded socket, what was read past its handshake and what its client has yet to be told, to one of the
    /// shards: to that of its class, unless it holds too many connections more than another, else to the one that holds
    /// the fewest. A shard without room is passed over.
    ///
    /// # Errors
    /// [`Overloaded`] with the socket.
    pub fn join(
        &self,
        socket: K,
        leftover: Bytes,
        answer: Option<Frame>,
        visitor: H::Visitor,
    ) -> Result<(), Overloaded<K>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let held: Vec<usize> = self.shards.iter().map(Mailbox::connections).collect();
        let order = order(&held, H::home(&visitor), turn);
        let mut join = Letter::Join { socket, leftover, answer, visitor };
        for shard in order.into_iter().filter_map(|number| self.shards.get(number)) {
            shard.connection_comes();
            match shard.try_post(join) {
                Ok(()) => return Ok(()),
                Err(returned) => join = returned,
            }
            shard.connection_goes();
        }
        // What comes back is what was sent.
        let Letter::Join { socket, .. } = join else { return Ok(()) };
        Err(Overloaded(socket))
    }

    /// How many connections each shard holds.
    pub fn connections(&self) -> Vec<usize> {
        self.shards.iter().map(Mailbox::connections).collect()
    }

    /// How far behind each shard is, or was since this was last asked. For one thread to ask.
    pub fn lags(&self) -> Vec<Lag> {
        self.shards.iter().map(|shard| shard.lags().read()).collect()
    }

    /// Gives news to every shard, waiting for room in their inboxes.
    pub fn tell(&self, news: &Arc<H::News>) {
        for shard in self.shards.iter() {
            // A shard that has ended has nobody left to tell.
            let _ = shard.post(Letter::News(Arc::clone(news)));
        }
    }

    /// Gives news about a channel to the shards on which somebody follows it. A shard whose inbox is full is passed over:
    /// nobody waits here.
    pub fn tell_about(&self, channel: &Channel, news: &Arc<H::News>) {
        for shard in self.shards.iter().filter(|shard| shard.interest().includes(channel)) {
            drop(shard.try_post(Letter::News(Arc::clone(news))));
        }
    }

    /// Asks every shard to close its connections in time and end.
    pub fn drain(&self, ending: Ending) {
        for shard in self.shards.iter() {
            let _ = shard.post(Letter::Drain(ending));
        }
    }

    /// One sink per shard, for the broker's echoes. Each lets go what nobody on its shard follows.
    pub fn sinks(&self) -> Vec<Arc<dyn Sink>> {
        let sink = |shard: &Mailbox<_>| Arc::new(ShardSink::<K, H>(shard.clone())) as Arc<dyn Sink>;
        self.shards.iter().map(sink).collect()
    }
}

/// The shards in the order in which a connection tries them, by how many connections each holds.
fn order(held: &[usize], home: Option<u64>, turn: usize) -> Vec<usize> {
    let count = held.len();
    let mut order: Vec<usize> = (0..count).collect();
    // Equals take turns.
    order.sort_by_key(|number| (held.get(*number).copied(), (number + turn) % count));
    let fewest = held.iter().min().copied().unwrap_or_default();
    let most = fewest + (fewest / limits::SHARD_LEAD_PART).max(limits::SHARD_LEAD_MIN);
    let home = home.and_then(|home| usize::try_from(home % (count as u64).max(1)).ok());
    let home = home.filter(|home| held.get(*home).is_some_and(|held| *held < most));
    if let Some(place) = home.and_then(|home| order.iter().position(|number| *number == home)) {
        order[..=place].rotate_right(1);
    }
    order
}

impl<K: Send + 'static, H: Handler> Sink for ShardSink<K, H> {
    fn committed(&self, publication: &Arc<Publication>) {
        let echo = || Letter::Committed { publication: Arc::clone(publication), at: self.0.lags().now() };
        // A shard that has ended has nobody left to tell.
        let _ = self.0.slip_about(&publication.channel, echo);
    }

    fn settled(&self) {
        self.0.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many connections each of four shards holds after these have come, and where each went.
    fn placed(homes: impl Iterator<Item = Option<u64>>) -> (Vec<usize>, Vec<usize>) {
        let mut held = vec![0; 4];
        let places = homes.enumerate().map(|(turn, home)| {
            let place = order(&held, home, turn)[0];
            held[place] += 1;
            place
        });
        let places = places.collect();
        (held, places)
    }

    #[test]
    fn a_class_lies_on_one_shard() {
        let classes: Vec<u64> = (0..40).map(|class| class * 7).collect();
        let (_, places) = placed((0..40 * 35).map(|pupil| Some(classes[pupil % 40])));
        for (pupil, place) in places.iter().enumerate() {
            assert_eq!(*place, places[pupil % 40], "pupil {pupil}");
        }
    }

    #[test]
    fn who_has_no_class_goes_where_the_fewest_are() {
        let (held, places) = placed(std::iter::repeat_n(None, 4_000));
        assert_eq!(held, [1_000; 4]);
        let mut first: Vec<usize> = places[..4].to_vec();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3]);
        assert_eq!(order(&[9, 3, 5, 3], None, 0)[..2].iter().max(), Some(&3), "the fuller ones come last");
    }

    #[test]
    fn one_large_class_does_not_outweigh_the_others() {
        let (held, _) = placed(std::iter::repeat_n(Some(2), 8_000));
        let (fewest, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
        assert!(
            *most <= fewest + (fewest / limits::SHARD_LEAD_PART).max(limits::SHARD_LEAD_MIN) + 1,
            "{held:?}"
        );
    }

    #[test]
    fn no_shard_is_no_place() {
        assert_eq!(order(&[], Some(3), 5), [0; 0]);
    }
}
