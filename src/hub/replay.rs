//! Feeding from the log: what a resuming or slow reader missed, page by page, until it stands where the others stand.
//!
//! A reader's place is one number. While it is fed from the log, fan-out leaves it alone; when its page ends at the end
//! of the log, and nothing newer has been echoed here, it is live. At most `REPLAYS_IN_FLIGHT_MAX` pages
//! are asked for at a time; the others wait in line.

use std::sync::Arc;

use super::handler::{How, Opened};
use super::table::Feed;
use super::{Handler, Hub, Letter, SubscriptionKey, fanout};
use crate::base::{Channel, Offset, Position, ReplayFrom, limits};
use crate::broker::{Page, Read, ReadError, Start};
use crate::engine::{Offer, Slot, SocketSet};

/// What became of a page.
pub(super) enum Turn {
    /// The subscription has ended meanwhile.
    Gone,
    /// The log could not be read; the subscription has been removed.
    Failed { slot: Slot, request: Option<u32>, channel: Channel, error: ReadError },
    /// The subscription has been answered, and was to end before that: it has been removed.
    Left { slot: Slot, opened: Opened, request: Option<u32> },
    /// The page is to be fed, once the client knows how its subscription began.
    Ready { slot: Slot, opened: Option<Opened>, fed: Fed },
}

/// A page on its way into an outbox.
pub(super) struct Fed {
    key: SubscriptionKey,
    page: Arc<Page>,
}

/// Where a reader stands after a page.
pub(super) enum Pace {
    /// There is more in the log; the subscription waits in line.
    More,
    /// The outbox is full; the subscription goes on when it drains.
    Behind,
    /// The reader is live.
    CaughtUp(Position),
}

impl<S: SocketSet, H: Handler> Hub<S, H> {
    /// Asks the broker for the pages that wait in line, as many as may be in flight.
    pub(super) fn pump_replays(&mut self) {
        while let Some(key) = self.next_replay() {
            let Some(read) = self.read_for(key) else { continue };
            let mailbox = self.mailbox.clone();
            let asked = self.broker.read(
                read,
                Box::new(move |page| {
                    // A shard that has ended has nobody left to tell.
                    let _ = mailbox.post(Letter::Page { key, page });
                }),
            );
            if asked.is_err() {
                // The broker is busy: the line stands still until the next turn of the loop.
                self.replays.push_front(key);
                return;
            }
            self.replays_in_flight += 1;
            if let Some(subscription) = self.table.get_mut(key) {
                subscription.feed = Feed::Reading;
            }
        }
    }

    /// Whose page is asked for next, if more may be in flight.
    fn next_replay(&mut self) -> Option<SubscriptionKey> {
        while self.replays_in_flight < self.pages_in_flight_max() {
            let Some(key) = self.replays.pop_front() else { break };
            if !self.is_deferred(key) {
                return Some(key);
            }
            self.deferred.push_back(key);
        }
        if self.replays_in_flight < self.deferred_in_flight_max() { self.deferred.pop_front() } else { None }
    }

    fn is_deferred(&mut self, key: SubscriptionKey) -> bool {
        let slot = self.table.get(key).map(|subscription| subscription.slot);
        self.deferred_from.zip(slot).is_some_and(|(from, slot)| self.sockets.group(slot) >= from)
    }

    /// Whether pages wait to be asked for.
    pub(super) fn has_replays(&self) -> bool {
        let (max, deferred_max) = (self.pages_in_flight_max(), self.deferred_in_flight_max());
        (!self.replays.is_empty() && self.replays_in_flight < max)
            || (!self.deferred.is_empty() && self.replays_in_flight < deferred_max)
    }

    fn deferred_in_flight_max(&self) -> usize {
        let max = self.pages_in_flight_max();
        if self.deferred_from.is_some() { max.min(limits::REPLAYS_IN_FLIGHT_MIN) } else { max }
    }

    /// As many pages as the pool has room for, since what they hold will wait for sockets; a few at least, since that
    /// room comes from connections that catch up, and newcomers are answered with a page.
    fn pages_in_flight_max(&self) -> usize {
        let room = self.bounds.pool_bytes.saturating_sub(self.sockets.backlog().charged_bytes());
        (room / limits::READ_PAGE_BYTES_MAX).clamp(
            limits::REPLAYS_IN_FLIGHT_MIN.min(self.bounds.replays_in_flight),
            self.bounds.replays_in_flight,
        )
    }

    fn read_for(&self, key: SubscriptionKey) -> Option<Read> {
        let subscription = self.table.get(key).filter(|subscription| subscription.feed == Feed::Waiting)?;
        let channel = self.table.channel_of(key)?.channel.clone();
        let resume = || ReplayFrom::Next(Position { epoch: self.epoch, offset: subscription.offset });
        let from = subscription.opening.as_ref().map_or_else(resume, |opening| opening.from);
        let limit = match from {
            ReplayFrom::Last(count) => count,
            ReplayFrom::Now | ReplayFrom::Position(_) | ReplayFrom::Next(_) => self.bounds.replay_page,
        };
        Some(Read { channel, from, role: subscription.role, limit })
    }

    /// Takes a page that was asked for.
    pub(super) fn page_arrived(&mut self, key: SubscriptionKey, page: Result<Arc<Page>, ReadError>) -> Turn {
        self.replays_in_flight = self.replays_in_flight.saturating_sub(1);
        let Some(channel) = self.table.channel_of(key).map(|followed| followed.channel.clone()) else {
            return Turn::Gone;
        };
        let Some(subscription) = self.table.get_mut(key) else {
            return Turn::Gone;
        };
        let slot = subscription.slot;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                let request = subscription.opening.as_ref().map(|opening| opening.request);
                self.table.remove(key);
                return Turn::Failed { slot, request, channel, error };
            }
        };
        let opening = subscription.opening.take();
        let leaving = opening.as_ref().and_then(|opening| opening.leaving);
        let opened = opening.map(|opening| {
            subscription.offset = page.before.offset;
            let how = match page.start {
                Start::Resumed => How::Resumed,
                Start::Reset(why) => How::Reset(why),
                Start::Fresh => How::Fresh,
            };
            Opened { request: opening.request, channel, position: page.before, how }
        });
        match (leaving, opened) {
            (Some(request), Some(opened)) => {
                self.table.remove(key);
                Turn::Left { slot, opened, request }
            }
            (_, opened) => Turn::Ready { slot, opened, fed: Fed { key, page } },
        }
    }

    /// Puts a page into the outbox, after the client has been told how its subscription began.
    pub(super) fn feed(&mut self, fed: &Fed) -> Pace {
        let Fed { key, page } = fed;
        let mut deliveries = 0;
        for publication in &page.publications {
            let Some(subscription) = self.table.get_mut(*key) else {
                return Pace::More;
            };
            let offset = publication.position.offset;
            if offset <= subscription.offset {
                continue;
            }
            let frame = self.encoded.frame(publication);
            match fanout::offer(&mut self.sockets, subscription.slot, &frame) {
                Offer::Queued => {
                    subscription.offset = offset;
                    deliveries += 1;
                }
                Offer::Full => {
                    subscription.feed = Feed::Behind;
                    self.metrics.deliveries.inc_by(deliveries);
                    return Pace::Behind;
                }
                Offer::Gone => return Pace::More,
            }
        }
        self.metrics.deliveries.inc_by(deliveries);
        self.advance(*key, page.through.offset, page.last.offset)
    }

    fn advance(&mut self, key: SubscriptionKey, through: Offset, last: Offset) -> Pace {
        let head = self.table.channel_of(key).map_or(Offset::START, |followed| followed.head);
        let epoch = self.epoch;
        let Some(subscription) = self.table.get_mut(key) else {
            return Pace::More;
        };
        subscription.offset = subscription.offset.max(through);
        if subscription.offset >= last && subscription.offset >= head {
            subscription.feed = Feed::Live;
            subscription.told_behind = false;
            return Pace::CaughtUp(Position { epoch, offset: subscription.offset });
        }
        subscription.feed = Feed::Waiting;
        self.replays.push_back(key);
        Pace::More
    }

    /// A socket has drained: whatever fell behind on it goes on from the log.
    pub(super) fn drained(&mut self, slot: Slot) {
        let keys: Vec<SubscriptionKey> = self.table.of(slot).collect();
        for key in keys {
            if let Some(subscription) = self.table.get_mut(key).filter(|s| s.feed == Feed::Behind) {
                subscription.feed = Feed::Waiting;
                self.replays.push_back(key);
            }
        }
    }

    /// Marks that the client knows it is behind. Whether it did not know before.
    pub(super) fn is_news_that_behind(&mut self, key: SubscriptionKey) -> bool {
        self.table
            .get_mut(key)
            .is_some_and(|subscription| !std::mem::replace(&mut subscription.told_behind, true))
    }

    /// The channel and connection of a subscription, for telling its client something.
    pub(super) fn addressee(&self, key: SubscriptionKey) -> Option<(Slot, Channel)> {
        Some((self.table.get(key)?.slot, self.table.channel_of(key)?.channel.clone()))
    }
}
