//! Tokens that were verified before, by their hash: a token that returns costs one hash instead of one signature.
//!
//! Bounded by [`limits::TOKENS_REMEMBERED_MAX`]: those of one age are forgotten together, the older age first, so that no
//! order has to be kept beside them. The token itself is not kept, so nothing here can be presented to anybody.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;

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

// Each connected account has one.
const _: () = assert!(size_of::<(TokenHash, Claims)>() <= 72);

/// The claims of tokens that one generation of keys has verified.
#[derive(Debug)]
pub(super) struct VerifiedTokens {
    ages: Mutex<Ages>,
    max: usize,
}

#[derive(Debug, Default)]
struct Ages {
    keys_generation: u64,
    young: HashMap<TokenHash, Claims>,
    /// When the first of the young, and so about all of the old, are of no more use.
    young_until: Option<MachineTime>,
    old: HashMap<TokenHash, Claims>,
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self::bounded(limits::TOKENS_REMEMBERED_MAX)
    }

    pub(super) fn bounded(max: usize) -> Self {
        Self { ages: Mutex::default(), max }
    }

    /// The claims of a token that the keys of this generation have verified.
    pub(super) fn get(&self, hash: &TokenHash, keys_generation: u64) -> Option<Claims> {
        let ages = self.ages();
        let claims = ages.young.get(hash).or_else(|| ages.old.get(hash))?;
        (ages.keys_generation == keys_generation).then(|| claims.clone())
    }

    /// Remembers a token until `until`, and forgets the old age if the young one has no room or begins to be of no use. What
    /// was verified with keys that are no longer in force is not remembered.
    pub(super) fn insert(
        &self,
        hash: TokenHash,
        keys_generation: u64,
        claims: Claims,
        now: MachineTime,
        until: MachineTime,
    ) {
        let mut ages = self.ages();
        if keys_generation < ages.keys_generation {
            return;
        }
        if keys_generation > ages.keys_generation {
            *ages = Ages { keys_generation, ..Ages::default() };
        }
        if ages.young.len() >= self.max / 2 || ages.young_until.is_some_and(|until| until <= now) {
            ages.old = mem::take(&mut ages.young);
            ages.young_until = None;
        }
        ages.young_until.get_or_insert(until);
        ages.young.insert(hash, claims);
    }

    fn ages(&self) -> MutexGuard<'_, Ages> {
        self.ages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let ages = self.ages();
        ages.young.len() + ages.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::AccountId;

    fn insert(cache: &VerifiedTokens, token: &str, keys_generation: u64, now: u64, until: u64) {
        let claims = Claims {
            account: AccountId::parse("u1").unwrap(),
            not_before: MachineTime(0),
            expires_at: MachineTime(until),
            login: None,
        };
        cache.insert(TokenHash::of(token), keys_generation, claims, MachineTime(now), MachineTime(until));
    }

    fn held(cache: &VerifiedTokens, keys_generation: u64) -> String {
        ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .filter(|token| cache.get(&TokenHash::of(token), keys_generation).is_some())
            .collect()
    }

    #[test]
    fn when_full_the_older_half_is_forgotten() {
        let cache = VerifiedTokens::bounded(4);
        for token in ["a", "b", "c", "d"] {
            insert(&cache, token, 1, 0, 100);
        }
        assert_eq!(held(&cache, 1), "abcd");
        insert(&cache, "e", 1, 0, 100);
        assert_eq!((held(&cache, 1).as_str(), cache.len()), ("cde", 3));
    }

    #[test]
    fn what_has_expired_leaves_with_its_age() {
        let cache = VerifiedTokens::bounded(8);
        insert(&cache, "a", 1, 0, 10);
        insert(&cache, "b", 1, 10, 20);
        assert_eq!(held(&cache, 1), "ab");
        insert(&cache, "c", 1, 20, 30);
        assert_eq!((held(&cache, 1).as_str(), cache.len()), ("bc", 2));
    }

    #[test]
    fn other_keys_do_not_vouch() {
        let cache = VerifiedTokens::bounded(8);
        insert(&cache, "a", 1, 0, 100);
        assert_eq!((held(&cache, 1).as_str(), held(&cache, 2).as_str()), ("a", ""));
        insert(&cache, "b", 2, 0, 100);
        assert_eq!((held(&cache, 2).as_str(), cache.len()), ("b", 1));
        // It was checked while the keys were replaced.
        insert(&cache, "c", 1, 0, 100);
        assert_eq!((held(&cache, 2).as_str(), cache.len()), ("b", 1));
    }
}
