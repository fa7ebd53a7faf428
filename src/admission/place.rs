//! A place in the waiting room: class, minute, and an order within the minute.
//!
//! The order is the second of arrival, then a key that is the account's alone: within a second nobody gains by being
//! quick or by asking often, and an account that asks again in another second has a later place.

use super::Class;
use crate::base::MachineTime;

/// Seconds of a minute, as orders count them.
pub(super) const SECONDS: usize = 60;
const KEY_BITS: u32 = 32;
const MINUTE_MS: u64 = 60_000;

/// Where somebody stands within a minute: the second in the upper half, the key in the lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Order(pub(super) u64);

impl Order {
    /// The order of a second and a key.
    pub(super) fn new(second: usize, key: u32) -> Self {
        Self((second as u64) << KEY_BITS | u64::from(key))
    }

    /// The second.
    pub(super) fn second(self) -> usize {
        usize::try_from(self.0 >> KEY_BITS).unwrap_or(SECONDS).min(SECONDS)
    }

    /// The key.
    pub(super) fn key(self) -> u32 {
        u32::try_from(self.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
    }

    /// A number from 0 to below 1 that is the account's, and has nothing to do with its place.
    pub(super) fn jitter(self) -> f64 {
        f64::from(self.key() & 0xFFFF) / 65_536.0
    }

    /// The key, from 0 to below 1.
    pub(super) fn fraction(self) -> f64 {
        f64::from(self.key()) / (f64::from(u32::MAX) + 1.0)
    }
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The class that it was given to.
    pub(super) class: Class,
    /// Minutes since 1970 when it was given.
    pub(super) minute: u64,
    /// Where in that minute.
    pub(super) order: Order,
}

impl Place {
    /// The place of a key that comes now.
    pub(super) fn new(class: Class, key: u32, now: MachineTime) -> Self {
        let second = usize::try_from(now.0 % MINUTE_MS / 1_000).unwrap_or_default();
        Self { class, minute: minute_of(now), order: Order::new(second, key) }
    }

    /// Seconds since 1970 when it was given.
    pub(super) fn given_seconds(&self) -> u64 {
        self.minute * SECONDS as u64 + self.order.second() as u64
    }
}

/// Minutes since 1970.
pub(super) fn minute_of(now: MachineTime) -> u64 {
    now.0 / MINUTE_MS
}
