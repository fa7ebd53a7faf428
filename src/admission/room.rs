//! The waiting room: who is called next, and about how long it takes.
//!
//! Its memory is one [`Bucket`] for each class and minute. A round, four times a second, calls as many as may come in
//! soon: by class, then by the minute in which they came. Ten minutes of waiting lift a bucket one class, never to
//! teachers. A class that can't come in now, for want of seats or because of the load, is passed over.
//!
//! Nobody of the present second is called, so whoever asks first is always beyond the cursor.

use std::collections::BTreeMap;
use std::ops::RangeTo;

use super::bucket::Bucket;
use super::line::Line;
use super::place::{Order, Place, SECONDS, minute_of};
use super::{Class, PerClass};
use crate::base::{MachineTime, limits};

/// For how many seconds of the rate people are called ahead: they come when their ticket told them to ask, not at once.
const CALLED_SECONDS: f64 = 2.5;
/// For how many seconds of the rate people may come back who found it used up, before nobody more is called.
const TURNED_AWAY_SECONDS: f64 = 2.0;
/// For how many seconds those are counted at least, and for twice as many at most: whoever comes next asks again within the
/// time of one poll, and must find what was kept for it whole.
const TURNED_AWAY_KEPT: f64 = 3.0;
/// For how many seconds of the rate people are called at most, when many who were called do not come.
const CALLED_SECONDS_MAX: f64 = 5.0;
/// Minutes that lift a bucket one class.
const LIFT_MINUTES: u64 = 10;
/// What part of those who were seen in a minute its line counts at most: the first is an estimate, a fifth too low at worst.
const LINE_PART_MAX: f64 = 1.25;
/// Fewer than this is nobody: estimates are not whole.
const NOBODY: f64 = 0.5;

/// Seats that are free for each class. What is not a class's own is the same for all, so one seat is many times in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Free {
    /// How many of the class may come in.
    pub(super) all: PerClass<u32>,
    /// How many of these are its own, whoever else comes.
    pub(super) own: PerClass<u32>,
}

/// Free seats as they are called for, in the order of those who wait.
struct Open {
    own: PerClass<f64>,
    beyond: PerClass<f64>,
}

impl Open {
    fn of(free: &Free) -> Self {
        let beyond = Class::ALL.map(|class| f64::from(free.all[class.index()] - free.own[class.index()]));
        Self { own: free.own.map(f64::from), beyond }
    }

    /// How many are left for a class.
    fn left(&self, class: Class) -> f64 {
        self.own[class.index()] + self.beyond[class.index()].max(0.0)
    }

    /// So many of a class were called for theirs.
    fn call(&mut self, class: Class, count: f64) {
        let own = &mut self.own[class.index()];
        let from_own = count.min(*own);
        *own -= from_own;
        // What teachers wait for was taken off before.
        for other in Class::ALL.into_iter().filter(|other| *other == class || !class.is_first()) {
            self.beyond[other.index()] -= count - from_own;
        }
    }
}

/// What a round may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// Admissions per second.
    pub(super) rate: f64,
    /// Admissions since the last round that nobody took.
    pub(super) unused: f64,
    /// Seats that are free.
    pub(super) free: Free,
    /// Seconds since the last round.
    pub(super) seconds: f64,
}

/// The room.
#[derive(Default)]
pub(super) struct Room {
    buckets: PerClass<BTreeMap<u64, Bucket>>,
    /// How many found the flow used up a moment ago and will ask again in one, by the class that they wait with and the
    /// minute in which they came.
    turned_away: BTreeMap<(Class, u64), TurnedAway>,
    /// Seconds since the older of those were forgotten.
    turned_away_for: f64,
    /// Teachers and operators who found no seat.
    line: Line,
    /// About how many waited at the last round.
    waiting: f64,
}

/// Those who found the flow used up: in the present span of [`TURNED_AWAY_KEPT`], and in the one before.
#[derive(Debug, Clone, Copy, Default)]
struct TurnedAway {
    now: u32,
    before: u32,
}

impl TurnedAway {
    fn count(self) -> f64 {
        f64::from(self.now) + f64::from(self.before)
    }
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

    /// Whether a seat is left for somebody who was called when all have theirs who were called and came in an earlier
    /// minute: seats come free one by one, and whoever asks more often must not be the one who finds them.
    pub(super) fn has_seat(&self, place: Place, free: &Free, now: MachineTime) -> bool {
        let place = self.kept(place);
        let own_rank = rank(place.class, place.minute, now);
        let mut open = Open::of(free);
        for ((_, _, class), bucket) in self.ranked(now).filter(|(rank, _)| *rank < own_rank) {
            if free.all[class.index()] > 0 {
                open.call(class, bucket.called());
            }
        }
        open.left(place.class) >= NOBODY
    }

    /// Whether a seat is left for a teacher or operator when all of its class have theirs who found none a moment ago and came
    /// in an earlier minute: whoever asks first after a seat came free must not be the one who finds it.
    pub(super) fn leaves_seat(&self, place: Place, free: &Free) -> bool {
        let place = self.kept(place);
        f64::from(free.all[place.class.index()]) - self.in_line(place.class, ..place.minute) >= NOBODY
    }

    /// A teacher or operator found no seat, and will ask again then.
    pub(super) fn join_line(&mut self, place: Place, asks_at: MachineTime) {
        let place = self.kept(place);
        self.line.join((place.class, place.minute), asks_at);
    }

    /// One who was to ask then has asked.
    pub(super) fn leave_line(&mut self, place: Place, asks_at: MachineTime) {
        let place = self.kept(place);
        self.line.leave((place.class, place.minute), asks_at);
    }

    /// How many teachers and operators found no seat a moment ago.
    pub(super) fn seatless(&self) -> f64 {
        [Class::Operator, Class::Teacher].map(|class| self.in_line(class, ..u64::MAX)).into_iter().sum()
    }

    /// How many of a class are in line who came before a minute.
    fn in_line(&self, class: Class, before: RangeTo<u64>) -> f64 {
        let counts = self.line.before((class, before.end)).map(|(minute, count)| {
            // Old tickets that are shown again stand for nobody who was not seen.
            let seen = self.buckets[class.index()].get(&minute).map_or(0.0, Bucket::seen);
            f64::from(count).min(seen * LINE_PART_MAX + NOBODY)
        });
        counts.sum()
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

    /// Somebody whose turn it was found the flow used up. Whoever is owed an admission already is counted anew, not twice.
    pub(super) fn turn_away(&mut self, since: (Class, u64), is_owed: bool) {
        if is_owed {
            self.let_in(since);
        }
        self.turned_away.entry(since).or_default().now += 1;
    }

    /// Somebody comes in who was owed an admission.
    pub(super) fn let_in(&mut self, since: (Class, u64)) {
        if let Some(turned_away) = self.turned_away.get_mut(&since) {
            let TurnedAway { now, before } = turned_away;
            let longest = if *before > 0 { before } else { now };
            *longest = longest.saturating_sub(1);
        }
    }

    /// How many admissions somebody must leave for those who found none a moment ago and come before it: in an earlier minute,
    /// or in its own unless it is one of them.
    pub(super) fn kept_from(&self, since: (Class, u64), is_owed: bool) -> f64 {
        let before: f64 = self.turned_away.range(..since).map(|(_, turned_away)| turned_away.count()).sum();
        let beside = self.turned_away.get(&since).filter(|_| !is_owed).map_or(0.0, |beside| beside.count());
        before + beside
    }

    /// The class that somebody waits with, and the minute in which it came.
    pub(super) fn waits_since(place: Place, now: MachineTime) -> (Class, u64) {
        let (class, minute, _) = rank(place.class, place.minute, now);
        (class, minute)
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

    /// About how many waited at the last round.
    pub(super) fn waiting_all(&self) -> f64 {
        self.waiting
    }

    /// One round: forgets who has gone, and calls as many as may come in soon.
    pub(super) fn round(&mut self, round: &Round, now: MachineTime) {
        let minute = minute_of(now);
        self.forget_turned_away(round.seconds);
        self.line.forget(now);
        for (class, room) in Class::ALL.into_iter().zip(round.free.all) {
            let buckets = &mut self.buckets[class.index()];
            let called: f64 = buckets.values().map(Bucket::called).sum();
            let is_idle = round.unused > 0.0 && f64::from(room) > called;
            for bucket in buckets.values_mut() {
                bucket.count(minute, round.seconds, room > 0, is_idle);
            }
            buckets.retain(|of, bucket| *of >= minute || !bucket.is_dead());
        }
        let mut ranks: Vec<Rank> = self.ranked(now).map(|(rank, _)| rank).collect();
        ranks.sort_unstable();
        let mut open = Open::of(&round.free);
        // Whoever can come in waits for those alone who can too; whoever can't, for all.
        let (mut before, mut before_all) = (0.0, 0.0);
        // Who was called of a lower rank does not count: nobody waits for those.
        let (mut pending, mut budget) = (0.0, round.rate * round.seconds + round.unused);
        for (waits_with, of, class) in ranks {
            let turned_away = self.turned_away.range(..=(waits_with, u64::MAX));
            let turned_away: f64 = turned_away.map(|(_, turned_away)| turned_away.count()).sum();
            let is_held = turned_away > round.rate * TURNED_AWAY_SECONDS;
            let Some(bucket) = self.buckets[class.index()].get_mut(&of) else { continue };
            if round.free.all[class.index()] == 0 {
                bucket.before = before_all;
                before_all += bucket.called() + bucket.uncalled();
                continue;
            }
            bucket.before = before;
            pending += bucket.called();
            open.call(class, bucket.called());
            let soon = (round.rate * CALLED_SECONDS - pending).max(budget);
            let at_most = (round.rate * CALLED_SECONDS_MAX - pending).max(0.0);
            let count = if is_held { 0.0 } else { soon.min(at_most).min(open.left(class)) };
            let called = bucket.call(count, end(of, now));
            budget = (budget - called).max(0.0);
            pending += called;
            open.call(class, called);
            before += bucket.called() + bucket.uncalled();
            before_all += bucket.called() + bucket.uncalled();
        }
        self.waiting = before_all;
    }

    /// Lets time pass over those who were turned away, and forgets the older ones when it has come.
    fn forget_turned_away(&mut self, seconds: f64) {
        self.turned_away_for += seconds;
        if self.turned_away_for < TURNED_AWAY_KEPT {
            return;
        }
        if self.turned_away_for >= 2.0 * TURNED_AWAY_KEPT {
            self.turned_away.clear();
        }
        self.turned_away_for = 0.0;
        self.turned_away.retain(|_, turned_away| {
            *turned_away = TurnedAway { now: 0, before: turned_away.now };
            turned_away.before > 0
        });
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
