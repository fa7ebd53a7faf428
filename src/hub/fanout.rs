//! Delivery of what was committed. A frame is encoded once; each subscriber's outbox shares its bytes.
//!
//! A channel with many subscribers takes the *wide lane*: its fan-out goes on in chunks between which the shard looks
//! at everything else, so that a class does not wait for a region-wide announcement. Once a channel has a job in the
//! wide lane, all its publications take that lane until it is empty: they stay in order.

use std::sync::Arc;

use super::table::Feed;
use super::{Handler, Hub, SubscriptionKey};
use crate::base::Publication;
use crate::engine::{Frame, Lane, Offer, Slot, SocketSet};

/// One publication on its way to many subscribers.
pub struct WideJob {
    place: u32,
    publication: Arc<Publication>,
    frame: Frame,
    /// Subscribers below this number have not been visited.
    remaining: usize,
}

impl<S: SocketSet, H: Handler> Hub<S, H> {
    /// Delivers a committed publication to those who follow its channel here, or gives it to the wide lane.
    /// Returns the subscriptions that fell behind.
    pub(super) fn fan_out(&mut self, publication: &Arc<Publication>) -> Vec<SubscriptionKey> {
        let Some(place) = self.table.place(&publication.channel) else {
            return Vec::new();
        };
        let count = self.table.subscribers(place);
        let Some(followed) = self.table.followed_mut(place) else {
            return Vec::new();
        };
        followed.head = followed.head.max(publication.position.offset);
        let wide = count > self.bounds.wide_subscribers || followed.wide_jobs > 0;
        if wide && self.wide.len() >= self.bounds.wide_lane {
            return self.leave_to_the_log(place, count);
        }
        let frame = self.encoded.frame(publication);
        if wide {
            followed.wide_jobs += 1;
            let publication = Arc::clone(publication);
            self.wide.push_back(WideJob { place, publication, frame, remaining: count });
            return Vec::new();
        }
        self.deliver(place, publication, &frame, 0..count)
    }

    /// Does one chunk of the oldest wide job. Returns the subscriptions that fell behind.
    pub(super) fn wide_chunk(&mut self) -> Vec<SubscriptionKey> {
        let Some(mut job) = self.wide.pop_front() else {
            return Vec::new();
        };
        // Whoever left meanwhile made room for somebody from the end, who has been visited.
        let end = job.remaining.min(self.table.subscribers(job.place));
        job.remaining = end.saturating_sub(self.bounds.fanout_chunk);
        let behind = self.deliver(job.place, &job.publication, &job.frame, job.remaining..end);
        if job.remaining > 0 {
            self.wide.push_front(job);
        } else if let Some(followed) = self.table.followed_mut(job.place) {
            followed.wide_jobs = followed.wide_jobs.saturating_sub(1);
            self.table.forget_if_idle(job.place);
        }
        behind
    }

    /// Whether wide jobs wait.
    pub(super) fn has_wide_jobs(&self) -> bool {
        !self.wide.is_empty()
    }

    fn deliver(
        &mut self,
        place: u32,
        publication: &Publication,
        frame: &Frame,
        numbers: std::ops::Range<usize>,
    ) -> Vec<SubscriptionKey> {
        let offset = publication.position.offset;
        let mut behind = Vec::new();
        let mut deliveries = 0;
        for number in numbers.rev() {
            let Some(key) = self.table.subscriber(place, number) else {
                continue;
            };
            let Some(subscription) = self.table.get_mut(key) else {
                continue;
            };
            if subscription.feed != Feed::Live || subscription.offset >= offset {
                continue;
            }
            if !publication.audience.includes(subscription.role) {
                subscription.offset = offset;
                continue;
            }
            match offer(&mut self.sockets, subscription.slot, frame) {
                Offer::Queued => {
                    subscription.offset = offset;
                    deliveries += 1;
                }
                Offer::Full => {
                    subscription.feed = Feed::Behind;
                    behind.push(key);
                }
                Offer::Gone => {}
            }
        }
        self.metrics.deliveries.inc_by(deliveries);
        behind
    }

    /// The wide lane is full: everybody who is live on this channel reads the publication from the log instead.
    fn leave_to_the_log(&mut self, place: u32, count: usize) -> Vec<SubscriptionKey> {
        let mut waiting = Vec::new();
        for number in 0..count {
            let Some(key) = self.table.subscriber(place, number) else {
                continue;
            };
            let Some(subscription) = self.table.get_mut(key) else {
                continue;
            };
            if subscription.feed == Feed::Live {
                subscription.feed = Feed::Waiting;
                waiting.push(key);
            }
        }
        self.replays.extend(waiting.iter().copied());
        waiting
    }
}

/// Offers a publication; an outbox that is full of what has not been tried yet is written first.
pub(super) fn offer<S: SocketSet>(sockets: &mut S, slot: Slot, frame: &Frame) -> Offer {
    let offered = sockets.offer(slot, frame, Lane::Feed);
    if offered != Offer::Full {
        return offered;
    }
    sockets.flush();
    sockets.offer(slot, frame, Lane::Feed)
}
