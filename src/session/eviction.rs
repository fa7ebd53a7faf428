//! Sending some away when the hub is about to fail: the gate says whom, the shard what it knows of them.
//!
//! Some at a time, so that what follows can be seen before more go.

use std::collections::HashSet;

use super::Sessions;
use super::classes::is_in_live_class;
use crate::admission::Candidate;
use crate::base::{Role, SessionId, limits};
use crate::hub::{Hub, SocketSet};
use crate::protocol::CloseCode;

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
        if !self.is_evicting {
            return false;
        }
        let candidates = self.candidates(hub);
        let chosen = self.shared.reception.evict(limits::EVICTIONS_MAX, &candidates, hub.now());
        let chosen: HashSet<SessionId> = chosen.into_iter().collect();
        if !chosen.is_empty() {
            for slot in self.open_where(|session| chosen.contains(&session.id())) {
                self.close(hub, slot, CloseCode::Evicted);
            }
        }
        !chosen.is_empty()
    }

    /// What the gate has to know of everybody here.
    fn candidates<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Vec<Candidate> {
        let roster = self.shared.directory.current();
        let open = self.places.iter().filter(|(_, session)| session.closing().is_none());
        let candidates = open.map(|(slot, session)| {
            let is_hidden = self.hidden.has(slot.index);
            // Of all others it is not asked.
            let matters = session.identity.role == Role::Teacher || is_hidden;
            Candidate {
                session: session.id(),
                is_live: matters
                    && is_in_live_class(&roster, &session.identity, self.shared.reception.as_ref()),
                is_hidden,
                is_idle: session.in_flight == 0,
                queued_bytes: hub.waiting_bytes(*slot),
            }
        });
        candidates.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
