//! The wide lane of a shard: which channels with many subscribers have something to deliver, and how far each has come.
//!
//! A channel goes through its subscribers in *sweeps*. Whoever is visited is offered everything of the channel that
//! waits here, so that it leaves in one write. What comes during a sweep joins for the subscribers still ahead; another
//! sweep brings it to those behind. Channels take turns. Owned by the shard's thread; it must not know sockets.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{MachineTime, Publication};
use crate::engine::Frame;

/// A committed publication with the frame that all its readers share.
pub(super) struct Outgoing {
    pub(super) publication: Arc<Publication>,
    pub(super) frame: Frame,
    pub(super) committed_at: MachineTime,
}

/// One channel's way through its subscribers.
pub(super) struct Sweep {
    pub(super) place: u32,
    /// What waits, in the order of the log. Never empty.
    pub(super) waiting: Vec<Outgoing>,
    /// Subscribers below this number have not been visited; `None` before the first visit.
    pub(super) remaining: Option<usize>,
    /// How many of `waiting` every subscriber of this sweep is offered.
    whole: usize,
}

impl Sweep {
    /// Notes how far the sweep has come.
    pub(super) fn reach(&mut self, remaining: usize) {
        if self.remaining.is_none() {
            self.whole = self.waiting.len();
        }
        self.remaining = Some(remaining);
    }
}

/// The channels that wait, in the order of their turns, and the sum of what they hold.
#[derive(Default)]
pub(super) struct WideLane {
    sweeps: VecDeque<Sweep>,
    publications: usize,
}

impl WideLane {
    /// How many publications wait.
    pub(super) fn publications(&self) -> usize {
        self.publications
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sweeps.is_empty()
    }

    /// Adds a publication of the channel at a place, behind those of that channel which wait.
    pub(super) fn push(&mut self, place: u32, outgoing: Outgoing) {
        self.publications += 1;
        // There are never more channels than publications, and those are few.
        if let Some(sweep) = self.sweeps.iter_mut().find(|sweep| sweep.place == place) {
            sweep.waiting.push(outgoing);
        } else {
            self.sweeps.push_back(Sweep { place, waiting: vec![outgoing], remaining: None, whole: 0 });
        }
    }

    /// Takes the channel whose turn it is; [`WideLane::put_back`] comes next.
    pub(super) fn next_turn(&mut self) -> Option<Sweep> {
        self.sweeps.pop_front()
    }

    /// Puts a channel behind the others after its turn. A sweep that is over lets go what everybody was offered.
    /// Whether the channel has nothing more to deliver.
    #[must_use]
    pub(super) fn put_back(&mut self, mut sweep: Sweep) -> bool {
        if sweep.remaining == Some(0) {
            sweep.waiting.drain(..sweep.whole);
            self.publications -= sweep.whole;
            sweep.remaining = None;
        }
        let is_done = sweep.waiting.is_empty();
        if !is_done {
            self.sweeps.push_back(sweep);
        }
        is_done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AccountId, Audience, Channel, Epoch, Kind, MessageId, Offset, Position, SchoolTime};

    fn outgoing(offset: u64) -> Outgoing {
        let publication = Publication {
            channel: Channel::Region,
            position: Position { epoch: Epoch(1), offset: Offset(offset) },
            kind: Kind::Post,
            author: AccountId::parse("t").unwrap(),
            message_id: MessageId::parse("m").unwrap(),
            audience: Audience::EVERYONE,
            body: "{}".into(),
            published_at: SchoolTime(0),
            urgent: false,
        };
        Outgoing {
            frame: Frame::text("{}"),
            publication: Arc::new(publication),
            committed_at: MachineTime(0),
        }
    }

    fn offsets(sweep: &Sweep) -> Vec<u64> {
        sweep.waiting.iter().map(|outgoing| outgoing.publication.position.offset.0).collect()
    }

    #[test]
    fn what_comes_during_a_sweep_joins_it_and_has_another() {
        let mut lane = WideLane::default();
        lane.push(0, outgoing(1));
        lane.push(0, outgoing(2));
        let mut sweep = lane.next_turn().unwrap();
        sweep.reach(10);
        assert!(!lane.put_back(sweep));
        lane.push(0, outgoing(3));
        let mut sweep = lane.next_turn().unwrap();
        assert_eq!((offsets(&sweep), sweep.remaining), (vec![1, 2, 3], Some(10)));
        sweep.reach(0);
        assert!(!lane.put_back(sweep));
        let mut sweep = lane.next_turn().unwrap();
        assert_eq!((offsets(&sweep), sweep.remaining), (vec![3], None));
        sweep.reach(0);
        assert!(lane.put_back(sweep));
        assert_eq!((lane.publications(), lane.is_empty()), (0, true));
    }

    #[test]
    fn channels_take_turns() {
        let mut lane = WideLane::default();
        for place in [4, 7, 4] {
            lane.push(place, outgoing(1));
        }
        assert_eq!(lane.publications(), 3);
        let turns: Vec<u32> = (0..4)
            .filter_map(|_| {
                let mut sweep = lane.next_turn()?;
                let place = sweep.place;
                sweep.reach(5);
                assert!(!lane.put_back(sweep));
                Some(place)
            })
            .collect();
        assert_eq!(turns, [4, 7, 4, 7]);
    }
}
