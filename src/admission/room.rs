//! The waiting room: who is called next, and about how long it takes.
//!
//! Its memory is one [`Bucket`] for each class and minute. A round, four times a second, calls as many as may come in
//! soon: by class, then by the minute in which they came. Ten minutes of waiting lift a bucket one class, never to
//! teachers. A class that can't come in now, for want of seats or because of the load, is passed over.
//!
//! Nobody of the present second is called, so whoever asks first is always beyond the cursor.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::place::{Order, Place, SECONDS, minute_of};
use super::{Class, PerClass};
use crate::base::{MachineTime, limits};

/// For how many seconds of the rate people are called ahead: they come when their ticket told them to ask, not at once.
const CALLED_SECONDS: f64 = 2.5;
/// For how many seconds of the rate people may come back who found it used up, before nobody more is called.
const TURNED_AWAY_SECONDS: f64 = 2.0;
/// How fast those are forgotten, in seconds: they ask again about as soon.
const TURNED_AWAY_FORGOTTEN: f64 = 3.0;
/// For how many seconds of the rate people are called at most, when many who were called do not come.
const CALLED_SECONDS_MAX: f64 = 60.0;
/// Minutes that lift a bucket one class.
const LIFT_MINUTES: u64 = 10;
/// Fewer than this is nobody: estimates are not whole.
const NOBODY: f64 = 0.5;

/// What a round may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// Admissions per second.
    pub(super) rate: f64,
    /// Admissions since the last round that nobody took.
    pub(super) unused: f64,
    /// How many of each class may come in.
    pub(super) room: PerClass<u32>,
    /// Seconds since the last round.
    pub(super) seconds: f64,
}

/// The room.
#[derive(Default)]
pub(super) struct Room {
    buckets: PerClass<BTreeMap<u64, Bucket>>,
    /// About how many found the flow used up a moment ago and will ask again in one, by the class that they wait with.
    turned_away: PerClass<f64>,
}

/// Where a bucket stands: the class that it waits with, its minute, its own class. The least comes first.
type Rank = (Class, u64, Class);

fn rank(class: Class, minute: u64, now: MachineTime) -> Rank {
    (class.lifted(minute_of(now).saturating_sub(minute) / LIFT_MINUTES), minute, class)
}

impl Room {
    /// Somebody with a place asks, and is told to wait.
    pub(super) fn see(&mut self, place: Place, now: MachineTime) {
        let place = self.kept(place);
        if !self.buckets[place.class.index()].contains_key(&place.minute) {
            let before = self.before(rank(place.class, place.minute, now), now);
            self.make_room(place.class);
            let bucket = Bucket::new(minute_of(now), before);
            self.buckets[place.class.index()].insert(place.minute, bucket);
        }
        if let Some(bucket) = self.buckets[place.class.index()].get_mut(&place.minute) {
            bucket.see(place.order, minute_of(now));
        }
    }

    /// Whether somebody was called.
    pub(super) fn has_called(&self, place: Place) -> bool {
        self.bucket(place).is_some_and(|(bucket, order)| bucket.has_called(order))
    }

    /// Somebody who was called comes in.
    pub(super) fn enter(&mut self, place: Place) {
        let place = self.kept(place);
        if let Some(bucket) = self.buckets[place.class.index()].get_mut(&place.minute) {
            bucket.enter();
        }
    }

    /// About how many come before somebody.
    pub(super) fn ahead(&self, place: Place) -> f64 {
        self.bucket(place).map_or(0.0, |(bucket, order)| bucket.before + bucket.ahead_of(order))
    }

    /// Whether anybody of this class or a higher one waits who could come in.
    pub(super) fn is_waited_in(&self, class: Class, room: &PerClass<u32>, now: MachineTime) -> bool {
        let waiting = self
            .ranked(now)
            .filter(|((waits_with, _, own), _)| *waits_with <= class && room[own.index()] > 0);
        waiting.map(|(_, bucket)| bucket.uncalled() + bucket.called()).sum::<f64>() >= NOBODY
    }

    /// Somebody whose turn it was found the flow used up.
    pub(super) fn turn_away(&mut self, waits_with: Class) {
        self.turned_away[waits_with.index()] += 1.0;
    }

    /// Somebody who waited with a class comes in.
    pub(super) fn let_in(&mut self, waits_with: Class) {
        let turned_away = &mut self.turned_away[waits_with.index()];
        *turned_away = (*turned_away - 1.0).max(0.0);
    }

    /// How many admissions are kept for those of higher classes who found none a moment ago.
    pub(super) fn kept_above(&self, waits_with: Class) -> f64 {
        self.turned_away[..waits_with.index()].iter().sum()
    }

    /// The class that somebody waits with.
    pub(super) fn waits_with(place: Place, now: MachineTime) -> Class {
        rank(place.class, place.minute, now).0
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        Class::ALL.into_iter().map(|class| self.waiting(class)).sum::<f64>() < NOBODY
    }

    /// About how many of a class wait.
    pub(super) fn waiting(&self, class: Class) -> f64 {
        let buckets = self.buckets[class.index()].values();
        buckets.map(|bucket| bucket.uncalled() + bucket.called()).sum()
    }

    /// One round: forgets who has gone, and calls as many as may come in soon.
    pub(super) fn round(&mut self, round: &Round, now: MachineTime) {
        let minute = minute_of(now);
        for turned_away in &mut self.turned_away {
            *turned_away *= (-round.seconds / TURNED_AWAY_FORGOTTEN).exp();
        }
        for (buckets, room) in self.buckets.iter_mut().zip(round.room) {
            let called: f64 = buckets.values().map(Bucket::called).sum();
            let is_idle = round.unused > 0.0 && f64::from(room) > called;
            for bucket in buckets.values_mut() {
                bucket.count(minute, round.seconds, room > 0, is_idle);
            }
            buckets.retain(|of, bucket| *of >= minute || !bucket.is_dead());
        }
        let mut ranks: Vec<Rank> = self.ranked(now).map(|(rank, _)| rank).collect();
        ranks.sort_unstable();
        let mut room = round.room.map(f64::from);
        for class in Class::ALL {
            room[class.index()] -= self.buckets[class.index()].values().map(Bucket::called).sum::<f64>();
        }
        // Who was called of a lower rank does not count: nobody waits for those.
        let (mut before, mut pending, mut budget) = (0.0, 0.0, round.rate * round.seconds + round.unused);
        for (waits_with, of, class) in ranks {
            let is_held = self.turned_away[..=waits_with.index()].iter().sum::<f64>()
                > round.rate * TURNED_AWAY_SECONDS;
            let Some(bucket) = self.buckets[class.index()].get_mut(&of) else { continue };
            bucket.before = before;
            if round.room[class.index()] == 0 {
                continue;
            }
            pending += bucket.called();
            let soon = (round.rate * CALLED_SECONDS - pending).max(budget);
            let at_most = (round.rate * CALLED_SECONDS_MAX - pending).max(0.0);
            let count = if is_held { 0.0 } else { soon.min(at_most).min(room[class.index()]) };
            let called = bucket.call(count, end(of, now));
            budget = (budget - called).max(0.0);
            pending += called;
            room[class.index()] -= called;
            before += bucket.called() + bucket.uncalled();
        }
    }

    /// About how many wait in buckets before this rank.
    fn before(&self, rank: Rank, now: MachineTime) -> f64 {
        let before = self.ranked(now).filter(|(other, _)| *other < rank);
        before.map(|(_, bucket)| bucket.uncalled() + bucket.called()).sum()
    }

    fn ranked(&self, now: MachineTime) -> impl Iterator<Item = (Rank, &Bucket)> {
        Class::ALL.into_iter().flat_map(move |class| {
            let buckets = self.buckets[class.index()].iter();
            buckets.map(move |(minute, bucket)| (rank(class, *minute, now), bucket))
        })
    }

    fn bucket(&self, place: Place) -> Option<(&Bucket, Order)> {
        let place = self.kept(place);
        Some((self.buckets[place.class.index()].get(&place.minute)?, place.order))
    }

    /// The place, at the head of the oldest bucket if its own was folded into that.
    fn kept(&self, place: Place) -> Place {
        let buckets = &self.buckets[place.class.index()];
        match buckets.first_key_value() {
            Some((oldest, _)) if buckets.len() >= limits::WAITING_MINUTES_MAX && place.minute < *oldest => {
                Place { minute: *oldest, order: Order::new(0, place.order.key()), ..place }
            }
            _ => place,
        }
    }

    /// Folds the oldest bucket of a class into the next if there are too many: its places are looked for there.
    fn make_room(&mut self, class: Class) {
        let buckets = &mut self.buckets[class.index()];
        if buckets.len() >= limits::WAITING_MINUTES_MAX {
            buckets.pop_first();
        }
    }
}

/// Up to where a bucket may be called: whoever came in the present second is told to wait first.
fn end(minute: u64, now: MachineTime) -> Order {
    if minute < minute_of(now) {
        return Order::new(SECONDS, 0);
    }
    Place::new(Class::Guardian, 0, now).order
}
