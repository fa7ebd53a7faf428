//! Who follows what on one shard: channels, their subscribers, and where each subscriber stands.
//!
//! Owned by the shard's thread. Pure bookkeeping: nothing here sends, reads or decides. A subscription's key holds a
//! generation, so an answer that comes late can't be taken for another subscriber's.

use std::collections::HashMap;

use super::interest::Interest;
use crate::base::{Channel, Offset, ReplayFrom, Role};
use crate::engine::Slot;

/// One subscription. Stale once the subscription has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubscriptionKey {
    index: u32,
    generation: u32,
}

/// How a subscription is being fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// By fan-out, as publications are committed.
    Live,
    /// From the log: it stands in the line of replays.
    Waiting,
    /// From the log: a page has been asked for.
    Reading,
    /// Not at all until its socket drains; then from the log.
    Behind,
}

/// A subscriber that was not answered yet: its request and where it wants to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The client's request.
    pub request: u32,
    /// Where to begin.
    pub from: ReplayFrom,
    /// An unsubscribe that came before the first page, with its request, if the client asked.
    pub leaving: Option<Option<u32>>,
}

/// One subscriber of one channel. Tens of thousands of them rest in memory, and a fan-out touches each.
#[derive(Debug)]
pub struct Subscription {
    /// Its connection.
    pub slot: Slot,
    /// The role whose audience it belongs to.
    pub role: Role,
    /// How it is fed.
    pub feed: Feed,
    /// Everything up to here has been offered to its socket.
    pub offset: Offset,
    /// Whether its client was told that it is behind, and not yet that it has caught up.
    pub told_behind: bool,
    /// Until its first page arrives.
    pub opening: Option<Box<Opening>>,
    channel: u32,
    place: u32,
    /// The next subscription of its connection, or [`NONE`].
    next: u32,
}

/// No subscription.
const NONE: u32 = u32::MAX;

const _: () = assert!(size_of::<(u32, Option<Subscription>)>() <= 48);

/// One channel that somebody on this shard follows.
#[derive(Debug)]
pub struct Followed {
    /// Its name.
    pub channel: Channel,
    /// The last publication that was echoed here since somebody followed it.
    pub head: Offset,
    /// Whether publications of this channel wait in the wide lane.
    pub in_wide_lane: bool,
    subscribers: Vec<u32>,
}

/// Channels and subscriptions of one shard.
#[derive(Debug, Default)]
pub struct Table {
    names: HashMap<Channel, u32>,
    channels: Vec<Option<Followed>>,
    free_channels: Vec<u32>,
    subscriptions: Vec<(u32, Option<Subscription>)>,
    free_subscriptions: Vec<u32>,
    /// By slot index: the first subscription of the connection in that slot, or [`NONE`].
    connections: Vec<u32>,
    /// What the broker's thread sees: the names above.
    interest: Interest,
}

impl Table {
    /// An empty table that shows there which channels somebody follows.
    pub(super) fn showing(interest: Interest) -> Self {
        Self { interest, ..Self::default() }
    }

    /// Adds a subscription; it waits for its replay. The caller has checked that the connection does not follow the
    /// channel and has room.
    pub fn add(&mut self, slot: Slot, channel: &Channel, role: Role, opening: Opening) -> SubscriptionKey {
        let channel_index = self.channel_index(channel);
        let index = self.free_subscriptions.pop().unwrap_or_else(|| {
            self.subscriptions.push((0, None));
            index_of(self.subscriptions.len() - 1)
        });
        let mut place = 0;
        if let Some(followed) = self.followed_mut(channel_index) {
            place = index_of(followed.subscribers.len());
            followed.subscribers.push(index);
        }
        let entry = &mut self.subscriptions[index as usize];
        entry.1 = Some(Subscription {
            slot,
            role,
            feed: Feed::Waiting,
            offset: Offset::START,
            told_behind: false,
            opening: Some(Box::new(opening)),
            channel: channel_index,
            place,
            next: NONE,
        });
        let generation = entry.0;
        self.append(slot, index);
        SubscriptionKey { index, generation }
    }

    /// Ends a subscription. Whether it was there.
    pub fn remove(&mut self, key: SubscriptionKey) -> bool {
        let Some(slot) = self.get(key).map(|subscription| subscription.slot) else {
            return false;
        };
        let next = self.next(key.index);
        let before = self.indexes(slot).find(|index| self.next(*index) == key.index);
        match before.and_then(|before| self.subscriptions[before as usize].1.as_mut()) {
            Some(before) => before.next = next,
            None => self.connections[slot.index as usize] = next,
        }
        self.release(key.index);
        true
    }

    /// Ends all subscriptions of a connection.
    pub fn remove_connection(&mut self, slot: Slot) {
        let first = self.connections.get_mut(slot.index as usize).map(|first| std::mem::replace(first, NONE));
        let mut index = first.unwrap_or(NONE);
        while index != NONE {
            let next = self.next(index);
            self.release(index);
            index = next;
        }
    }

    /// A subscription, if it has not ended.
    pub fn get(&self, key: SubscriptionKey) -> Option<&Subscription> {
        let (generation, subscription) = self.subscriptions.get(key.index as usize)?;
        subscription.as_ref().filter(|_| *generation == key.generation)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: SubscriptionKey) -> Option<&mut Subscription> {
        let (generation, subscription) = self.subscriptions.get_mut(key.index as usize)?;
        subscription.as_mut().filter(|_| *generation == key.generation)
    }

    /// The channel of a subscription.
    pub fn channel_of(&self, key: SubscriptionKey) -> Option<&Followed> {
        let index = self.get(key)?.channel;
        self.channels.get(index as usize)?.as_ref()
    }

    /// The subscription by which a connection follows a channel.
    pub fn find(&self, slot: Slot, channel: &Channel) -> Option<SubscriptionKey> {
        let channel = *self.names.get(channel)?;
        self.of(slot).find(|key| self.get(*key).is_some_and(|subscription| subscription.channel == channel))
    }

    /// The subscriptions of a connection.
    pub fn of(&self, slot: Slot) -> impl Iterator<Item = SubscriptionKey> + '_ {
        self.indexes(slot).map(|index| self.key(index))
    }

    /// How many channels a connection follows.
    pub fn count(&self, slot: Slot) -> usize {
        self.indexes(slot).count()
    }

    /// The place of a channel that somebody follows.
    pub fn place(&self, channel: &Channel) -> Option<u32> {
        self.names.get(channel).copied()
    }

    /// The channel at a place.
    pub fn followed(&self, place: u32) -> Option<&Followed> {
        self.channels.get(place as usize)?.as_ref()
    }

    /// The same, to change it.
    pub fn followed_mut(&mut self, place: u32) -> Option<&mut Followed> {
        self.channels.get_mut(place as usize)?.as_mut()
    }

    /// How many follow the channel at a place.
    pub fn subscribers(&self, place: u32) -> usize {
        self.followed(place).map_or(0, |followed| followed.subscribers.len())
    }

    /// The connections that follow a channel and have been answered, with the roles by which they read.
    pub fn followers(&self, channel: &Channel) -> impl Iterator<Item = (Slot, Role)> + '_ {
        let followed = self.place(channel).and_then(|place| self.followed(place));
        let subscriptions = followed.into_iter().flat_map(|followed| &followed.subscribers);
        let subscription = |index: &u32| self.subscriptions.get(*index as usize)?.1.as_ref();
        subscriptions
            .filter_map(subscription)
            .filter(|subscription| subscription.opening.is_none())
            .map(|subscription| (subscription.slot, subscription.role))
    }

    /// The n-th subscriber of the channel at a place. Whoever leaves is replaced by the last one: going through the
    /// numbers downwards meets everybody who stays, some perhaps twice.
    pub fn subscriber_mut(
        &mut self,
        place: u32,
        number: usize,
    ) -> Option<(SubscriptionKey, &mut Subscription)> {
        let index = *self.followed(place)?.subscribers.get(number)?;
        let (generation, subscription) = self.subscriptions.get_mut(index as usize)?;
        Some((SubscriptionKey { index, generation: *generation }, subscription.as_mut()?))
    }

    /// How many channels somebody follows, and how many subscriptions there are.
    #[cfg(test)]
    fn counts(&self) -> (usize, usize) {
        (self.names.len(), self.subscriptions.len() - self.free_subscriptions.len())
    }

    /// Forgets a channel that nobody follows and no fan-out needs.
    pub fn forget_if_idle(&mut self, place: u32) {
        let idle = self.followed(place).is_some_and(|f| f.subscribers.is_empty() && !f.in_wide_lane);
        if !idle {
            return;
        }
        if let Some(followed) = self.channels.get_mut(place as usize).and_then(Option::take) {
            self.names.remove(&followed.channel);
            self.interest.withdraw(&followed.channel);
            self.free_channels.push(place);
        }
    }

    /// Puts a subscription behind the others of its connection.
    fn append(&mut self, slot: Slot, index: u32) {
        let connection = slot.index as usize;
        if self.connections.len() <= connection {
            self.connections.resize(connection + 1, NONE);
        }
        let last = self.indexes(slot).last();
        match last.and_then(|last| self.subscriptions[last as usize].1.as_mut()) {
            Some(last) => last.next = index,
            None => self.connections[connection] = index,
        }
    }

    fn indexes(&self, slot: Slot) -> impl Iterator<Item = u32> + '_ {
        let first = self.connections.get(slot.index as usize).copied();
        let some = |index: u32| (index != NONE).then_some(index);
        std::iter::successors(first.and_then(some), move |index| some(self.next(*index)))
    }

    fn next(&self, index: u32) -> u32 {
        let entry = self.subscriptions.get(index as usize);
        entry
            .and_then(|(_, subscription)| subscription.as_ref())
            .map_or(NONE, |subscription| subscription.next)
    }

    fn key(&self, index: u32) -> SubscriptionKey {
        SubscriptionKey {
            index,
            generation: self.subscriptions.get(index as usize).map_or(0, |entry| entry.0),
        }
    }

    fn channel_index(&mut self, channel: &Channel) -> u32 {
        if let Some(index) = self.names.get(channel) {
            return *index;
        }
        let followed = Followed {
            channel: channel.clone(),
            head: Offset::START,
            in_wide_lane: false,
            subscribers: Vec::new(),
        };
        let index = if let Some(index) = self.free_channels.pop() {
            self.channels[index as usize] = Some(followed);
            index
        } else {
            self.channels.push(Some(followed));
            index_of(self.channels.len() - 1)
        };
        self.names.insert(channel.clone(), index);
        self.interest.enter(channel);
        index
    }

    fn release(&mut self, index: u32) {
        let entry = &mut self.subscriptions[index as usize];
        let Some(subscription) = entry.1.take() else {
            return;
        };
        entry.0 = entry.0.wrapping_add(1);
        self.free_subscriptions.push(index);
        let moved = self.followed_mut(subscription.channel).and_then(|followed| {
            followed.subscribers.swap_remove(subscription.place as usize);
            followed.subscribers.get(subscription.place as usize).copied()
        });
        if let Some(moved) = moved.and_then(|moved| self.subscriptions[moved as usize].1.as_mut()) {
            moved.place = subscription.place;
        }
        self.forget_if_idle(subscription.channel);
    }
}

/// Positions in these tables are bounded by open files times [`SUBSCRIPTIONS_MAX`](crate::base::limits::SUBSCRIPTIONS_MAX).
fn index_of(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
