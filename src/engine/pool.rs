//! What waits for the sockets of a set, counted in whole and by group, against the pool and each group's quota of it.
//!
//! A group that has used up its quota waits for its own sockets and for nobody else's. What a group stands for is the
//! caller's.

use super::Backlog;
use crate::base::limits::POOL_GROUPS;

/// Whose quota of the pool a slot uses, by a number of the caller's, below [`POOL_GROUPS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Group(pub u8);

/// Bytes of the pool, by group: what each may use, or does.
pub type Quotas = [usize; POOL_GROUPS];

/// What waits, and what may.
#[derive(Debug)]
pub(super) struct Pool {
    whole: Backlog,
    groups: [Backlog; POOL_GROUPS],
    /// What may wait before the feed has to.
    bytes: usize,
    quotas: Quotas,
    /// What may wait for each stalled socket before its feed has to.
    slow_bytes: usize,
}

impl Pool {
    /// Nothing waits, and anything may.
    pub(super) fn unbounded() -> Self {
        let groups = [Backlog::default(); POOL_GROUPS];
        let quotas = [usize::MAX; POOL_GROUPS];
        Self { whole: Backlog::default(), groups, bytes: usize::MAX, quotas, slow_bytes: usize::MAX }
    }

    /// Sets what may wait in whole.
    pub(super) fn set_bytes(&mut self, bytes: usize) {
        self.bytes = bytes;
    }

    /// Sets what may wait of each group.
    pub(super) fn set_quotas(&mut self, quotas: Quotas) {
        self.quotas = quotas;
    }

    /// Sets what may wait for each stalled socket.
    pub(super) fn set_slow_bytes(&mut self, bytes: usize) {
        self.slow_bytes = bytes;
    }

    /// What waits.
    pub(super) fn backlog(&self) -> Backlog {
        self.whole
    }

    /// What each group uses of the pool.
    pub(super) fn charged(&self) -> Quotas {
        self.groups.map(Backlog::charged_bytes)
    }

    /// Whether so many bytes more of a group may wait for a socket that is stalled, behind those that do.
    pub(super) fn has_room(&self, group: Group, bytes: usize, waiting: usize) -> bool {
        let fits = |backlog: Backlog, max: usize| backlog.charged_bytes().saturating_add(bytes) <= max;
        let place = place(group);
        let is_slow = waiting.saturating_add(bytes) > self.slow_bytes;
        !is_slow && fits(self.whole, self.bytes) && fits(self.groups[place], self.quotas[place])
    }

    /// A slot of the group holds `now` bytes where it held `before`.
    pub(super) fn holds(&mut self, group: Group, before: usize, now: usize) {
        for backlog in [&mut self.whole, &mut self.groups[place(group)]] {
            backlog.queued_bytes = backlog.queued_bytes - before + now;
        }
    }

    /// A socket of the group takes no more.
    pub(super) fn stalls(&mut self, group: Group) {
        for backlog in [&mut self.whole, &mut self.groups[place(group)]] {
            backlog.stalled_sockets += 1;
        }
    }

    /// A socket of the group takes bytes again, or is no more.
    pub(super) fn flows(&mut self, group: Group) {
        for backlog in [&mut self.whole, &mut self.groups[place(group)]] {
            backlog.stalled_sockets -= 1;
        }
    }
}

fn place(group: Group) -> usize {
    usize::from(group.0).min(POOL_GROUPS - 1)
}
