//! Which sessions each account has, and when one of them last replaced another.
//!
//! Accounts are known by a hash: an entry lives as long as its account has a session, and must be small.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use smallvec::SmallVec;

use crate::base::{AccountId, MachineTime, SessionId, limits};

/// An account, by a hash of its identifier. It comes from the school directory, so nobody can choose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct AccountKey(u64);

impl AccountKey {
    /// The key of an account.
    pub(super) fn of(account: &AccountId) -> Self {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The sessions of one account, oldest first. Nearly all have one, which takes no memory of its own.
type Sessions = SmallVec<[SessionId; 2]>;

/// The accounts that have sessions; at most as many as seats.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    sessions: HashMap<AccountKey, Sessions>,
    /// When a session of an account was last replaced, for the few of which that is so.
    replaced: HashMap<AccountKey, MachineTime>,
}

impl Accounts {
    /// The sessions of an account, oldest first.
    pub(super) fn sessions(&self, account: AccountKey) -> &[SessionId] {
        self.sessions.get(&account).map_or(&[], |own| own)
    }

    /// The session that a further one replaces, if the account has all it may have.
    pub(super) fn replaced(&self, account: AccountKey, sessions_max: usize) -> Option<SessionId> {
        let own = self.sessions(account);
        own.first().copied().filter(|_| own.len() >= sessions_max)
    }

    /// How long a further session must wait because one was replaced a moment ago, in milliseconds.
    pub(super) fn cool_down_ms(&self, account: AccountKey, now: MachineTime) -> Option<u32> {
        let replaced_at = *self.replaced.get(&account)?;
        let left = limits::REPLACED_COOL_DOWN.checked_sub(now.since(replaced_at))?;
        u32::try_from(left.as_millis()).ok().filter(|left| *left > 0)
    }

    /// A session more.
    pub(super) fn add(&mut self, account: AccountKey, session: SessionId) {
        self.sessions.entry(account).or_default().push(session);
    }

    /// A session was replaced by another of its account.
    pub(super) fn note_replaced(&mut self, account: AccountKey, now: MachineTime) {
        if self.sessions.contains_key(&account) {
            self.replaced.insert(account, now);
        }
    }

    /// A session less.
    pub(super) fn remove(&mut self, account: AccountKey, session: SessionId) {
        if let Some(own) = self.sessions.get_mut(&account) {
            own.retain(|other| *other != session);
            if own.is_empty() {
                self.sessions.remove(&account);
                self.replaced.remove(&account);
            }
        }
    }
}
