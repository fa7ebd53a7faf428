//! Which pupils have tried to get in today, told apart without knowing who they are.
//!
//! One entry of sixteen bytes for each pupil of the roster at most: nobody else is asked about. A hash can't be turned back
//! without the day's secret, which is forgotten with the day.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use crate::base::{AccountId, MachineTime, limits};

/// How far a pupil has come, in eight bytes: since when it waits, or 0. Files hold the words of [`Try`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Try", into = "Try")]
struct Packed(u64);

impl From<Try> for Packed {
    fn from(tried: Try) -> Self {
        match tried {
            Try::Since(since) => Self(since.max(1)),
            Try::Settled => Self(0),
        }
    }
}

impl From<Packed> for Try {
    fn from(Packed(since): Packed) -> Self {
        if since == 0 { Self::Settled } else { Self::Since(since) }
    }
}

/// How far a pupil has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Try {
    /// It waits since then, in milliseconds of machine time.
    Since(u64),
    /// It is known how its first try ended.
    Settled,
}

/// What an answer adds to the counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Added {
    /// The pupil tried for the first time today.
    pub(super) tried: bool,
    /// Its first try has succeeded.
    pub(super) succeeded: bool,
}

/// How a pupil's request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Entered,
    Waits,
    Refused,
}

/// The pupils of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tries {
    secret: [u8; 32],
    by_hash: HashMap<u64, Packed>,
}

impl Tries {
    pub(super) fn new(secret: [u8; 32]) -> Self {
        Self { secret, by_hash: HashMap::new() }
    }

    /// Takes down how a pupil was answered.
    pub(super) fn take(&mut self, account: &AccountId, answered: Answered, now: MachineTime) -> Added {
        let hash = self.hash(account);
        let known = self.by_hash.get(&hash).copied().map(Try::from);
        let tried = known.is_none();
        let succeeded = match known {
            Some(Try::Settled) => return Added::default(),
            Some(Try::Since(since)) => {
                answered == Answered::Entered && now.since(MachineTime(since)) <= limits::FIRST_TRY_MAX
            }
            None => answered == Answered::Entered,
        };
        let next = match (answered, known) {
            (Answered::Waits, Some(waiting)) => waiting,
            (Answered::Waits, None) => Try::Since(now.0),
            (Answered::Entered | Answered::Refused, _) => Try::Settled,
        };
        if tried && self.by_hash.len() >= limits::ROSTER_ACCOUNTS_MAX {
            return Added::default();
        }
        self.by_hash.insert(hash, next.into());
        Added { tried, succeeded }
    }

    fn hash(&self, account: &AccountId) -> u64 {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let tag = hmac::sign(&key, account.as_str().as_bytes());
        tag.as_ref().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: MachineTime = MachineTime(1_000_000);

    fn added(tried: bool, succeeded: bool) -> Added {
        Added { tried, succeeded }
    }

    #[test]
    fn a_pupil_counts_once_and_succeeds_within_the_time() {
        let mut tries = Tries::new([1; 32]);
        let [quick, slow, refused] = ["a", "b", "c"].map(|id| AccountId::parse(id).unwrap());
        let late = START.after(limits::FIRST_TRY_MAX + Duration::from_millis(1));
        assert_eq!(tries.take(&quick, Answered::Waits, START), added(true, false));
        assert_eq!(tries.take(&quick, Answered::Waits, START), added(false, false));
        assert_eq!(
            tries.take(&quick, Answered::Entered, START.after(limits::FIRST_TRY_MAX)),
            added(false, true)
        );
        assert_eq!(tries.take(&quick, Answered::Entered, late), added(false, false));
        assert_eq!(tries.take(&slow, Answered::Waits, START), added(true, false));
        assert_eq!(tries.take(&slow, Answered::Entered, late), added(false, false));
        assert_eq!(tries.take(&refused, Answered::Refused, START), added(true, false));
        assert_eq!(tries.take(&refused, Answered::Entered, START), added(false, false));
    }

    #[test]
    fn what_is_kept_says_nothing_about_who_it_was() {
        let account = AccountId::parse("jeanne.dupont").unwrap();
        let mut tries = Tries::new([1; 32]);
        tries.take(&account, Answered::Entered, START);
        assert!(!serde_json::to_string(&tries).unwrap().contains("jeanne"));
        assert_ne!(tries.hash(&account), Tries::new([2; 32]).hash(&account));
    }
}
