//! The evening's spread: when a window opens for guardians, each comes back at an instant of its own.
//!
//! The instant is the opening and a fraction of the spread that is the account's for that opening: HMAC over both. The
//! refusal during the day promises it, so the spread of an opening is frozen when the first promise is made.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

use crate::base::{AccountId, SchoolTime, limits};

/// The spreads that were promised.
pub(super) struct Evenings {
    key: hmac::Key,
    /// Milliseconds over which guardians come back, by the instant of the opening.
    spreads_ms: BTreeMap<SchoolTime, u32>,
    /// The spread of openings that nobody was promised anything for yet.
    next_ms: u32,
}

impl Evenings {
    /// No promise yet.
    pub(super) fn new(secret: &[u8; 32], spread_seconds: u32) -> Self {
        let mut evenings =
            Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), spreads_ms: BTreeMap::new(), next_ms: 0 };
        evenings.spread(spread_seconds);
        evenings
    }

    /// Over how many seconds guardians come back from openings that nobody was promised anything for yet.
    pub(super) fn spread(&mut self, seconds: u32) {
        self.next_ms = seconds.saturating_mul(1_000);
    }

    /// When an account may come in whose window opens, or opened, at `opening`.
    pub(super) fn instant(&mut self, account: &AccountId, opening: SchoolTime) -> SchoolTime {
        let spread_ms = *self.spreads_ms.entry(opening).or_insert(self.next_ms);
        if self.spreads_ms.len() > limits::EVENINGS_MAX {
            // The oldest opening; its accounts are long back.
            self.spreads_ms.pop_first();
        }
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&opening.0.to_be_bytes());
        context.update(account.as_str().as_bytes());
        let tag = context.sign();
        let drawn = tag.as_ref().first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
        let offset_ms = (u64::from(drawn) * u64::from(spread_ms)) >> u32::BITS;
        SchoolTime(opening.0.saturating_add_unsigned(offset_ms))
    }

    /// How many openings have promises.
    #[cfg(test)]
    pub(super) fn openings(&self) -> usize {
        self.spreads_ms.len()
    }
}
