//! Sending people away from a hub at its limit: whom the gate chooses, and what that relieves.

use preau::admission::{Candidate, Leaving};
use preau::base::{MachineTime, SessionId};

use crate::sight::Sight;
use crate::visit::State;
use crate::world::World;

/// How many connections are sent away between two samples, at the region's size: 50 in 100 ms for each of two shards.
const EVICTED_PER_SAMPLE: u32 = 250;

impl World {
    /// Sends away whom the gate chooses, if it must.
    pub(crate) fn evict(&mut self) {
        let is_evicting = self.gate.snapshot(self.clock.machine()).is_evicting;
        if !is_evicting {
            return;
        }
        let mut sessions: Vec<(SessionId, usize)> = self.seated.iter().map(|(s, v)| (*s, *v)).collect();
        sessions.sort_unstable();
        let candidate = |(session, visit): &(SessionId, usize)| {
            let of = &self.visits[*visit];
            let queued_bytes = if of.is_slow { 60_000 } else { 100 };
            let is_live = self.who(*visit).is_live;
            Candidate {
                session: *session,
                is_live,
                is_hidden: of.is_hidden,
                is_idle: of.is_hidden,
                queued_bytes,
            }
        };
        let candidates: Vec<Candidate> = sessions.iter().map(candidate).collect();
        let max = usize::try_from(self.region.scale.of(EVICTED_PER_SAMPLE)).unwrap();
        for session in self.gate.evict(max, &candidates, self.clock.machine()) {
            let visit = self.seated[&session];
            let who = self.who(visit);
            let account = &self.region.people[who.person].account;
            let waiting = self.gate.ticket_for_evicted(session, account, self.clock.machine());
            self.see(Sight::Evicted { who, is_evicting });
            self.end(visit, State::Away, Leaving::ForGood);
            self.visits[visit].lost = None;
            self.visits[visit].not_before = MachineTime(self.clock.machine().0 + 30_000);
            self.visits[visit].ticket = waiting.map(|waiting| waiting.ticket);
            let ms = self.chance.between(30_000, 120_000);
            self.ask_later(visit, ms);
            self.relieve();
        }
    }

    /// Somebody is gone for whom much was waiting: three in a hundred make the pool half as full.
    fn relieve(&mut self) {
        self.relief.0 += 1;
        let (gone, of) = self.relief;
        let part = f64::from(gone) / (0.06 * of.max(1) as f64);
        #[expect(clippy::cast_possible_truncation, reason = "an indicator needs no more digits")]
        let left = (0.98 * (1.0 - part)).max(0.0) as f32;
        self.burden.queued_part = self.burden.queued_part.min(left);
    }
}
