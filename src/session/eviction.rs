//! Who is sent away when the hub is about to fail, and in which order: whoever misses least goes first.
//!
//! Some at a time, so that what follows can be seen before more go. Nobody who teaches a class that is live goes, nor does an
//! operator.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Sessions;
use super::machine::Session;
use crate::base::{AccountId, Role, SessionId, limits};
use crate::hub::{Hub, Slot, SocketSet};
use crate::protocol::CloseCode;

/// What is known of somebody who might go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) role: Role,
    /// Whether its page can't be seen.
    pub(super) is_hidden: bool,
    /// Whether its account has a better connection.
    pub(super) is_spare: bool,
    /// Whether its account makes a class live.
    pub(super) teaches: bool,
    /// Bytes that wait for its socket.
    pub(super) waiting_bytes: usize,
    /// Whether nothing of it is under way.
    pub(super) is_idle: bool,
}

/// When somebody's turn comes: what is less goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// A further connection of an account, which nobody looks at.
    HiddenSpare,
    /// A further connection of an account.
    Spare,
    /// A guardian's.
    Guardian,
    /// A slow reader's, by the power of two of what waits for it: of those who hold about the same, none is singled out.
    Slow(Reverse<u32>),
    /// A student's which nobody looks at.
    HiddenStudent,
}

impl Candidate {
    /// Its turn; none if it stays whatever happens.
    pub(super) fn turn(self) -> Option<Turn> {
        match self.role {
            Role::Operator => None,
            _ if self.teaches => None,
            _ if self.is_spare => Some(if self.is_hidden { Turn::HiddenSpare } else { Turn::Spare }),
            Role::Guardian => Some(Turn::Guardian),
            _ if self.waiting_bytes >= limits::SLOW_READER_BYTES => {
                Some(Turn::Slow(Reverse(self.waiting_bytes.ilog2())))
            }
            Role::Student if self.is_hidden && self.is_idle => Some(Turn::HiddenStudent),
            Role::Student | Role::Teacher | Role::Staff => None,
        }
    }
}

/// Whether the hub sends away, and who comes next.
#[derive(Debug, Default)]
pub(super) struct Eviction {
    pub(super) is_on: bool,
    /// In the order in which they go, the first at the end.
    line: Vec<Slot>,
}

/// Yes or no for each place: a bit.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, place: u32, value: bool) {
        let (word, bit) = (place as usize / 64, 1 << (place % 64));
        if self.0.len() <= word && value {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    pub(super) fn has(&self, place: u32) -> bool {
        self.0.get(place as usize / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

impl Sessions {
    /// Sends some away. Whether others may follow soon.
    pub(super) fn evict<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> bool {
        if !self.eviction.is_on {
            self.eviction.line.clear();
            return false;
        }
        if self.eviction.line.is_empty() {
            self.eviction.line = self.line(hub);
        }
        for _ in 0..limits::EVICTED_PER_CHORE {
            let Some(slot) = self.eviction.line.pop() else { return false };
            // Who has begun to teach since the line was drawn up stays.
            if !self.lessons.has(slot) {
                self.close(hub, slot, CloseCode::Evicted);
            }
        }
        true
    }

    /// Those whose turn comes within the next moments; what they do meanwhile is seen when the next line is drawn up.
    fn line<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Vec<Slot> {
        let best = self.best_of_each_account();
        let teachers = self.teachers();
        let open = self.places.iter().filter(|(_, session)| session.closing().is_none());
        let mut turns: Vec<(Turn, Slot)> = open
            .filter_map(|(slot, session)| {
                let account = &session.identity.account;
                let candidate = Candidate {
                    role: session.identity.role,
                    is_hidden: self.hidden.has(slot.index),
                    is_spare: best.get(account).is_some_and(|(_, id)| *id != session.id()),
                    teaches: teachers.contains(&account),
                    waiting_bytes: hub.waiting_bytes(*slot),
                    is_idle: session.in_flight == 0,
                };
                Some((candidate.turn()?, *slot))
            })
            .collect();
        turns.sort_unstable();
        turns.truncate(limits::EVICTION_LINE_MAX);
        turns.into_iter().rev().map(|(_, slot)| slot).collect()
    }

    /// Of each account the connection that stays longest: one that can be seen, and of these the newest.
    fn best_of_each_account(&self) -> HashMap<AccountId, (bool, SessionId)> {
        let mut best: HashMap<AccountId, (bool, SessionId)> = HashMap::new();
        for (slot, session) in self.places.iter().filter(|(_, session)| session.closing().is_none()) {
            let this = (!self.hidden.has(slot.index), session.id());
            let held = best.entry(session.identity.account.clone()).or_insert(this);
            *held = (*held).max(this);
        }
        best
    }

    /// The accounts that make a class live here.
    fn teachers(&self) -> Vec<&AccountId> {
        let of = |slot: Slot| {
            self.places.at(slot.index).map(|(_, session): &(Slot, Session)| &session.identity.account)
        };
        self.lessons.connections().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Candidate = Candidate {
        role: Role::Student,
        is_hidden: false,
        is_spare: false,
        teaches: false,
        waiting_bytes: 0,
        is_idle: true,
    };

    #[test]
    fn whoever_misses_least_goes_first() {
        let hidden = Candidate { is_hidden: true, ..SEEN };
        let slow = |waiting_bytes| Candidate { waiting_bytes, ..SEEN };
        let order = [
            Candidate { is_spare: true, role: Role::Teacher, ..hidden },
            Candidate { is_spare: true, ..SEEN },
            Candidate { role: Role::Guardian, ..SEEN },
            slow(limits::SLOW_READER_BYTES * 8),
            slow(limits::SLOW_READER_BYTES * 2),
            hidden,
        ];
        let turns: Vec<Turn> = order.into_iter().filter_map(Candidate::turn).collect();
        assert_eq!(turns.len(), order.len());
        assert!(turns.is_sorted_by(|one, next| one < next), "{turns:?}");
        let same = slow(limits::SLOW_READER_BYTES * 2 + 100);
        assert_eq!(same.turn(), slow(limits::SLOW_READER_BYTES * 2).turn(), "of one bucket");
    }

    #[test]
    fn some_never_go() {
        let worst = Candidate { is_hidden: true, is_spare: true, waiting_bytes: usize::MAX, ..SEEN };
        let stays = |candidate: Candidate| candidate.turn().is_none();
        assert!(stays(Candidate { role: Role::Teacher, teaches: true, ..worst }));
        assert!(stays(Candidate { role: Role::Operator, ..worst }));
        assert!(stays(SEEN));
        assert!(stays(Candidate { is_hidden: true, is_idle: false, ..SEEN }));
        for role in [Role::Teacher, Role::Staff] {
            assert!(stays(Candidate { role, is_hidden: true, ..SEEN }), "{role:?}");
        }
    }

    #[test]
    fn bits_are_as_they_were_set() {
        let mut bits = Bits::default();
        bits.set(70, false);
        assert!(!bits.has(70));
        for place in [0, 63, 64, 200] {
            bits.set(place, true);
        }
        bits.set(64, false);
        let set: Vec<u32> = (0..300).filter(|place| bits.has(*place)).collect();
        assert_eq!(set, [0, 63, 200]);
    }
}
