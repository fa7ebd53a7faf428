//! Which sessions each account has, and when one of them last replaced another.
//!
//! Accounts are known by a hash: an entry lives as long as its account has a session, and must be small.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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

#[derive(Debug)]
struct Sessions {
    /// Oldest first.
    all: Vec<SessionId>,
    replaced_at: Option<MachineTime>,
}

/// The accounts that have sessions; at most as many as seats.
#[derive(Debug, Default)]
pub(super) struct Accounts(HashMap<AccountKey, Sessions>);

impl Accounts {
    /// The sessions of an account, oldest first.
    pub(super) fn sessions(&self, account: AccountKey) -> &[SessionId] {
        self.0.get(&account).map_or(&[], |own| &own.all)
    }

    /// The session that a further one replaces, if the account has all it may have.
    pub(super) fn replaced(&self, account: AccountKey, sessions_max: usize) -> Option<SessionId> {
        let own = self.sessions(account);
        own.first().copied().filter(|_| own.len() >= sessions_max)
    }

    /// How long a further session must wait because one was replaced a moment ago, in milliseconds.
    pub(super) fn cool_down_ms(&self, account: AccountKey, now: MachineTime) -> Option<u32> {
        let replaced_at = self.0.get(&account)?.replaced_at?;
        let left = limits::REPLACED_COOL_DOWN.checked_sub(now.since(replaced_at))?;
        u32::try_from(left.as_millis()).ok().filter(|left| *left > 0)
    }

    /// A session more.
    pub(super) fn add(&mut self, account: AccountKey, session: SessionId) {
        let own = self.0.entry(account);
        let own = own.or_insert_with(|| Sessions { all: Vec::with_capacity(1), replaced_at: None });
        own.all.push(session);
    }

    /// A session was replaced by another of its account.
    pub(super) fn note_replaced(&mut self, account: AccountKey, now: MachineTime) {
        if let Some(own) = self.0.get_mut(&account) {
            own.replaced_at = Some(now);
        }
    }

    /// A session less.
    pub(super) fn remove(&mut self, account: AccountKey, session: SessionId) {
        if let Some(own) = self.0.get_mut(&account) {
            own.all.retain(|other| *other != session);
            if own.all.is_empty() {
                self.0.remove(&account);
            }
        }
    }
}
