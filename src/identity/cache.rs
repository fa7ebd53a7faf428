//! Tokens that were verified before, by their hash: a token that returns costs one hash instead of one signature.
//!
//! Bounded by [`limits::TOKENS_REMEMBERED_MAX`]: the expired leave first, then the oldest. The token itself is not kept,
//! so nothing here can be presented to anybody.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use dashmap::DashMap;

use super::token::Claims;
use crate::base::{MachineTime, limits};

/// A token's SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        let digest = digest::digest(&digest::SHA256, token.as_bytes());
        hash.copy_from_slice(digest.as_ref());
        Self(hash)
    }
}

/// The claims of verified tokens, each with the generation of keys that verified it.
#[derive(Debug)]
pub(super) struct VerifiedTokens {
    entries: DashMap<TokenHash, (u64, Claims)>,
    /// Hashes in the order in which they came, with the time when they are of no more use.
    order: Mutex<VecDeque<(MachineTime, TokenHash)>>,
    max: usize,
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self::bounded(limits::TOKENS_REMEMBERED_MAX)
    }

    pub(super) fn bounded(max: usize) -> Self {
        Self { entries: DashMap::new(), order: Mutex::new(VecDeque::new()), max }
    }

    /// The claims of a token that the keys of this generation have verified.
    pub(super) fn get(&self, hash: &TokenHash, generation: u64) -> Option<Claims> {
        let entry = self.entries.get(hash)?;
        (entry.0 == generation).then(|| entry.1.clone())
    }

    /// Remembers a token until `until`, and forgets what no longer has room.
    pub(super) fn insert(
        &self,
        hash: TokenHash,
        generation: u64,
        claims: Claims,
        now: MachineTime,
        until: MachineTime,
    ) {
        let mut forgotten = Vec::new();
        {
            let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(&(ends, oldest)) = order.front() {
                if order.len() < self.max && ends > now {
                    break;
                }
                order.pop_front();
                forgotten.push(oldest);
            }
            order.push_back((until, hash));
        }
        // Outside the lock: no lock is held across the map. A hash that is forgotten and inserted at once is verified again.
        for oldest in forgotten {
            self.entries.remove(&oldest);
        }
        self.entries.insert(hash, (generation, claims));
    }

    /// Forgets everything: the keys have changed.
    pub(super) fn clear(&self) {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.entries.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::AccountId;

    fn insert(cache: &VerifiedTokens, token: &str, now: u64, until: u64) {
        let claims = Claims {
            account: AccountId::parse("u1").unwrap(),
            not_before: MachineTime(0),
            expires_at: MachineTime(until),
            login: None,
        };
        cache.insert(TokenHash::of(token), 1, claims, MachineTime(now), MachineTime(until));
    }

    fn holds(cache: &VerifiedTokens, token: &str) -> bool {
        cache.get(&TokenHash::of(token), 1).is_some()
    }

    #[test]
    fn when_full_the_oldest_is_forgotten() {
        let cache = VerifiedTokens::bounded(2);
        for token in ["a", "b", "c"] {
            insert(&cache, token, 0, 100);
        }
        assert_eq!((cache.len(), holds(&cache, "a"), holds(&cache, "c")), (2, false, true));
    }

    #[test]
    fn the_expired_leave_first_and_other_keys_do_not_vouch() {
        let cache = VerifiedTokens::bounded(8);
        insert(&cache, "a", 0, 10);
        insert(&cache, "b", 10, 100);
        assert_eq!((cache.len(), holds(&cache, "a")), (1, false));
        assert!(cache.get(&TokenHash::of("b"), 2).is_none());
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
