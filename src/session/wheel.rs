//! When to look at which session: a wheel of coarse buckets, each a list of the places whose time comes then.
//!
//! A place stands in one bucket at most, and its list runs through a table of links: eight bytes for each place and
//! nothing else, whatever happens. What is not due costs nothing. Times are lower bounds: whoever looks at a session
//! whose deadline has moved on puts its place in again, so a sign of life changes nothing here. A deadline that moves
//! *earlier* must be set again. Pure; it must not know what a deadline is for.

use std::time::Duration;

use super::places::PLACES_PER_PAGE;
use crate::base::MachineTime;
use crate::base::limits::{WHEEL_BUCKET, WHEEL_BUCKETS};

/// The longest time ahead that the wheel can hold. What is later comes up then, too early.
pub(super) const HORIZON: Duration = Duration::from_millis(BUCKET_MS * (WHEEL_BUCKETS as u64 - 1));

const BUCKET_MS: u64 = WHEEL_BUCKET.subsec_millis() as u64;
const _: () = assert!(WHEEL_BUCKET.as_secs() == 0 && BUCKET_MS > 0);
/// No place, and no bucket.
const NONE: u32 = u32::MAX;
/// What stands before the first place of a list: its bucket, with this bit.
const IS_BUCKET: u32 = 1 << 31;

/// Places by the time at which to look at them.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The first place of each bucket's list. A bucket holds the times of one number modulo [`WHEEL_BUCKETS`].
    heads: Box<[u32]>,
    links: Vec<Link>,
    /// The first bucket, counted from the beginning of time, that has not come up yet.
    next: u64,
}

/// A place's neighbours in its list.
#[derive(Debug, Clone, Copy)]
struct Link {
    /// The place before, or the bucket if it is the first; `NONE` if the place stands in no list.
    before: u32,
    after: u32,
}

impl Wheel {
    /// Nothing to look at.
    pub(super) fn new() -> Self {
        Self { heads: vec![NONE; WHEEL_BUCKETS].into_boxed_slice(), links: Vec::new(), next: 0 }
    }

    /// Puts a place where it comes up at the first [`Wheel::due`] from `at` on, and takes it out where it stood before.
    pub(super) fn set(&mut self, place: u32, at: MachineTime) {
        self.unset(place);
        let index = place as usize;
        if self.links.len() <= index {
            // By the page: a table that doubled would hold twice what it needs.
            let pages = (index + 1).div_ceil(PLACES_PER_PAGE) * PLACES_PER_PAGE;
            self.links.reserve_exact(pages - self.links.len());
            self.links.resize(index + 1, Link { before: NONE, after: NONE });
        }
        let turn = at.0.div_ceil(BUCKET_MS).clamp(self.next, self.next + WHEEL_BUCKETS as u64 - 1);
        let bucket = bucket_of(turn);
        let after = std::mem::replace(&mut self.heads[bucket as usize], place);
        self.links[index] = Link { before: bucket | IS_BUCKET, after };
        if let Some(link) = self.links.get_mut(after as usize) {
            link.before = place;
        }
    }

    /// Takes a place out, if it stands in.
    pub(super) fn unset(&mut self, place: u32) {
        let Some(link) = self.links.get_mut(place as usize) else { return };
        let Link { before, after } = std::mem::replace(link, Link { before: NONE, after: NONE });
        if before == NONE {
            return;
        }
        if before & IS_BUCKET != 0 {
            self.heads[(before & !IS_BUCKET) as usize] = after;
        } else if let Some(link) = self.links.get_mut(before as usize) {
            link.after = after;
        }
        if let Some(link) = self.links.get_mut(after as usize) {
            link.before = before;
        }
    }

    /// Takes out every place whose time has come. The caller puts those in again that have another.
    pub(super) fn due(&mut self, now: MachineTime) -> Vec<u32> {
        let mut places = Vec::new();
        let end = now.0 / BUCKET_MS + 1;
        // After a long sleep each bucket comes up once.
        let turns = end.saturating_sub(self.next).min(WHEEL_BUCKETS as u64);
        for turn in end - turns..end {
            let mut place = std::mem::replace(&mut self.heads[bucket_of(turn) as usize], NONE);
            while let Some(link) = self.links.get_mut(place as usize) {
                places.push(place);
                let after = link.after;
                *link = Link { before: NONE, after: NONE };
                place = after;
            }
        }
        self.next = self.next.max(end);
        places
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are few buckets")]
fn bucket_of(turn: u64) -> u32 {
    (turn % WHEEL_BUCKETS as u64) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const HORIZON_MS: u64 = BUCKET_MS * (WHEEL_BUCKETS as u64 - 1);

    #[test]
    fn a_place_costs_eight_bytes_and_comes_up_once() {
        assert_eq!(size_of::<Link>(), 8);
        let mut wheel = Wheel::new();
        let from = |ms: u64| MachineTime(1_000 * BUCKET_MS + ms);
        wheel.due(from(0));
        wheel.set(3, from(BUCKET_MS - 1));
        wheel.set(3, from(2 * BUCKET_MS - 1));
        wheel.set(5, MachineTime(0));
        assert_eq!(wheel.due(from(BUCKET_MS - 1)), [] as [u32; 0]);
        assert_eq!(wheel.due(from(2 * BUCKET_MS - 1)), [5], "what is overdue comes up with the next bucket");
        assert_eq!(wheel.due(from(2 * BUCKET_MS)), [3]);
        assert_eq!(wheel.due(MachineTime(u64::MAX / 2)), [] as [u32; 0]);
        assert_eq!(wheel.links.len(), 6);
    }

    #[derive(Debug, Clone)]
    enum Happening {
        Set(u32, u64),
        Unset(u32),
        Pass(u64),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            6 => (0..12_u32, 0..HORIZON_MS * 2).prop_map(|(place, ahead)| Happening::Set(place, ahead)),
            1 => (0..14_u32).prop_map(Happening::Unset),
            4 => prop_oneof![0..BUCKET_MS * 3, 0..HORIZON_MS * 2].prop_map(Happening::Pass),
        ]
    }

    proptest! {
        /// The model: a map from place to time, looked through whole each time.
        #[test]
        fn what_comes_up_is_what_a_sweep_would_find(happenings in prop::collection::vec(happening(), 1..200)) {
            let (mut wheel, mut model, mut now) = (Wheel::new(), BTreeMap::new(), 1_700_000_000_000_u64);
            wheel.due(MachineTime(now));
            for happening in happenings {
                match happening {
                    Happening::Set(place, ahead) => {
                        wheel.set(place, MachineTime(now + ahead));
                        // What has come up has a bucket of its own no more: the next one takes it.
                        let earliest = (now / BUCKET_MS + 1) * BUCKET_MS;
                        let latest = (now / BUCKET_MS) * BUCKET_MS + HORIZON_MS + BUCKET_MS;
                        model.insert(place, (now + ahead).clamp(earliest, latest));
                    }
                    Happening::Unset(place) => {
                        wheel.unset(place);
                        model.remove(&place);
                    }
                    Happening::Pass(by) => {
                        now += by;
                        let mut came = wheel.due(MachineTime(now));
                        came.sort_unstable();
                        let whole = now / BUCKET_MS * BUCKET_MS;
                        let found: Vec<u32> =
                            model.iter().filter(|(_, at)| **at <= whole).map(|(place, _)| *place).collect();
                        model.retain(|_, at| *at > whole);
                        prop_assert_eq!(came, found);
                    }
                }
            }
        }
    }
}
