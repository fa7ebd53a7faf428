//! Delivery of what was committed. A frame is encoded once; each subscriber's outbox shares its bytes.
//!
//! A channel with many subscribers takes the *wide lane*: its fan-out goes on in chunks between which the shard looks
//! at everything else, so that a class does not wait for a region-wide announcement. Once something of a channel waits
//! in the wide lane, all its publications take that lane until nothing does: they stay in order.
//! `docs/decisions/0007-joining-frames.md` says what joins and what does not.

use std::sync::Arc;

use super::table::Feed;
use super::wide::Outgoing;
use super::{Handler, Hub, SubscriptionKey};
use crate::base::{Kind, MachineTime, Publication};
use crate::engine::{Frame, Lane, Offer, Slot, SocketSet};

/// Visits of one chunk for each subscriber that it may serve: going past those who have everything is cheap, not free.
const VISITS_PER_SERVED: usize = 16;

/// What a stretch of fan-out came to.
#[derive(Default)]
struct Delivered {
    /// Frames that outboxes took.
    frames: usize,
    /// Their bytes.
    bytes: usize,
    /// Subscriptions that fell behind.
    behind: Vec<SubscriptionKey>,
}

impl<S: SocketSet, H: Handler> Hub<S, H> {
    /// Delivers a committed publication to those who follow its channel here, or gives it to the wide lane.
    /// Returns the subscriptions that fell behind.
    pub(super) fn fan_out(
        &mut self,
        publication: &Arc<Publication>,
        committed_at: MachineTime,
    ) -> Vec<SubscriptionKey> {
        if publication.kind == Kind::Deletion {
            self.encoded.forget(&publication.channel);
        }
        let Some(place) = self.table.place(&publication.channel) else {
            return Vec::new();
        };
        let count = self.table.subscribers(place);
        let Some(followed) = self.table.followed_mut(place) else {
            return Vec::new();
        };
        followed.head = followed.head.max(publication.position.offset);
        let wide = count > self.bounds.wide_subscribers || followed.in_wide_lane;
        if wide && self.wide.publications() >= self.bounds.wide_lane {
            return self.leave_to_the_log(place, count);
        }
        followed.in_wide_lane = wide;
        self.delivers_from(committed_at);
        let frame = self.encoded.frame(publication);
        let outgoing = Outgoing { publication: Arc::clone(publication), frame, committed_at };
        if wide {
            self.wide.push(place, outgoing);
            return Vec::new();
        }
        let mut delivered = Delivered::default();
        for number in (0..count).rev() {
            self.deliver(place, number, std::slice::from_ref(&outgoing), &mut delivered);
        }
        self.count(delivered)
    }

    /// Does one chunk of the channel whose turn it is in the wide lane. Returns the subscriptions that fell behind.
    pub(super) fn wide_chunk(&mut self) -> Vec<SubscriptionKey> {
        let Some(mut sweep) = self.wide.next_turn() else {
            return Vec::new();
        };
        let place = sweep.place;
        if let Some(oldest) = sweep.waiting.first() {
            self.delivers_from(oldest.committed_at);
        }
        // Whoever left meanwhile made room for somebody from the end, who was visited before what came since: this
        // sweep or the next one meets him again.
        let everybody = self.table.subscribers(place);
        let end = sweep.remaining.map_or(everybody, |remaining| remaining.min(everybody));
        let farthest = end.saturating_sub(self.bounds.fanout_chunk * VISITS_PER_SERVED);
        let (mut number, mut served) = (end, 0);
        let mut delivered = Delivered::default();
        while number > farthest
            && served < self.bounds.fanout_chunk
            && delivered.bytes < self.bounds.fanout_chunk_bytes
        {
            number -= 1;
            let before = delivered.frames;
            self.deliver(place, number, &sweep.waiting, &mut delivered);
            served += usize::from(delivered.frames > before);
        }
        sweep.reach(number);
        if self.wide.put_back(sweep) {
            if let Some(followed) = self.table.followed_mut(place) {
                followed.in_wide_lane = false;
            }
            self.table.forget_if_idle(place);
        }
        self.count(delivered)
    }

    /// Whether publications wait in the wide lane.
    pub(super) fn has_wide_work(&self) -> bool {
        !self.wide.is_empty()
    }

    /// Offers one subscriber what it does not have yet.
    fn deliver(&mut self, place: u32, number: usize, outgoing: &[Outgoing], delivered: &mut Delivered) {
        let Some((key, subscription)) = self.table.subscriber_mut(place, number) else {
            return;
        };
        if subscription.feed != Feed::Live {
            return;
        }
        for Outgoing { publication, frame, .. } in outgoing {
            let offset = publication.position.offset;
            if subscription.offset >= offset {
                continue;
            }
            if publication.audience.includes(subscription.role) {
                match offer(&mut self.sockets, subscription.slot, frame) {
                    Offer::Queued => {
                        delivered.frames += 1;
                        delivered.bytes += frame.bytes().len();
                    }
                    Offer::Full => {
                        subscription.feed = Feed::Behind;
                        delivered.behind.push(key);
                        return;
                    }
                    Offer::Gone => return,
                }
            }
            subscription.offset = offset;
        }
    }

    fn count(&self, delivered: Delivered) -> Vec<SubscriptionKey> {
        self.metrics.deliveries.inc_by(delivered.frames as u64);
        delivered.behind
    }

    /// The wide lane is full: everybody who is live on this channel reads the publication from the log instead.
    fn leave_to_the_log(&mut self, place: u32, count: usize) -> Vec<SubscriptionKey> {
        let mut waiting = Vec::new();
        for number in 0..count {
            let Some((key, subscription)) = self.table.subscriber_mut(place, number) else {
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
