//! The places of HTTP connections: how many there are, who has one, and the bell for whoever waits for one.
//!
//! A place is taken before its socket is accepted and given back when the socket leaves for the hub or is closed,
//! whichever thread drops it. It must not know what is done at a place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::engine::Wake;

/// All places.
#[derive(Clone)]
pub(super) struct Places(Arc<Count>);

/// One place. Dropping it gives it back.
pub(super) struct Place(Arc<Count>);

struct Count {
    max: usize,
    taken: AtomicUsize,
    /// Set when somebody found no place and waits to be woken.
    is_wanted: AtomicBool,
    wake: Wake,
}

impl Places {
    /// This many places; `wake` is for whoever found none.
    pub(super) fn new(max: usize, wake: Wake) -> Self {
        let (taken, is_wanted) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Count { max, taken, is_wanted, wake }))
    }

    /// How many there are.
    pub(super) fn max(&self) -> usize {
        self.0.max
    }

    /// A place; if there is none, the next one that is given back wakes.
    pub(super) fn take(&self) -> Option<Place> {
        self.try_take().or_else(|| {
            self.0.is_wanted.store(true, Ordering::SeqCst);
            // One that was given back in between has woken nobody.
            self.try_take()
        })
    }

    /// Whether more than three quarters are taken: then nobody keeps a place to rest.
    pub(super) fn are_scarce(&self) -> bool {
        self.0.max.saturating_sub(self.0.taken.load(Ordering::Relaxed)) < self.0.max / 4
    }

    fn try_take(&self) -> Option<Place> {
        let more = |taken| (taken < self.0.max).then_some(taken + 1);
        let taken = self.0.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        taken.is_ok().then(|| Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
        if self.0.is_wanted.load(Ordering::SeqCst) && self.0.is_wanted.swap(false, Ordering::SeqCst) {
            (self.0.wake)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_given_back_wakes_whoever_found_none_and_nobody_else() {
        let rings = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&rings);
        let places = Places::new(
            8,
            Arc::new(move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }),
        );
        let mut taken: Vec<Place> = (0..6).map(|_| places.take().unwrap()).collect();
        assert!(!places.are_scarce(), "six of eight");
        taken.push(places.take().unwrap());
        assert!(places.are_scarce(), "seven of eight");
        drop(taken.pop());
        assert_eq!(rings.load(Ordering::SeqCst), 0, "nobody waited");
        taken.extend(std::iter::from_fn(|| places.take()));
        assert_eq!(taken.len(), 8);
        taken.truncate(6);
        assert_eq!(rings.load(Ordering::SeqCst), 1, "once, however many come free");
        assert!(places.take().is_some());
    }
}
