//! How a client comes in by the door: it asks, waits as it is told, and asks again with what it was given.

use std::cmp::Reverse;

use super::{Client, Stage};
use crate::door::{Standing, Word};
use crate::moment;
use crate::scene::{Ring, Scene};

const MS_NS: u64 = 1_000_000;

/// What a client knows of the door. Kept from one attempt to the next, until it is in.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// The place in the waiting room.
    pub(crate) ticket: Option<Box<str>>,
    /// From the last `welcome`: what shows that it was here before.
    pub(crate) resume: Option<Box<str>>,
    /// Whether it wants in and has asked.
    pub(crate) is_asking: bool,
    /// Whether it was told to wait since then, or refused.
    is_waiting: bool,
    /// Whether an instant was promised to it.
    is_promised: bool,
    /// How often it was sent away.
    evictions: u8,
}

impl Client {
    /// It asks at the door.
    pub(super) fn asks(&mut self, scene: &mut Scene) {
        if !std::mem::replace(&mut self.entry.is_asking, true) {
            scene.entries(self.standing).asked += 1;
        }
    }

    /// It is in.
    pub(super) fn came_in(&mut self, scene: &mut Scene) {
        if !std::mem::take(&mut self.entry.is_asking) {
            return;
        }
        let ns = self.live_since_ns.saturating_sub(self.intended_ns);
        let has_waited = std::mem::take(&mut self.entry.is_waiting);
        let entries = scene.entries(self.standing);
        if has_waited {
            entries.waited += 1;
            self.waits_no_more(scene);
        } else {
            entries.first_try += 1;
        }
        scene.record_entry(self.standing, has_waited, ns);
        self.entry.ticket = None;
        self.entry.is_promised = false;
    }

    /// The door has answered.
    pub(crate) fn told(&mut self, id: u32, scene: &mut Scene, word: Word) {
        if self.stage != Stage::Asking {
            return;
        }
        let now_ns = moment::now_ns();
        match word {
            Word::Seat(seat) => {
                self.count_overtaking(scene);
                self.seated(id, scene, seat);
            }
            Word::Wait { ticket, retry_ms } => {
                scene.entries(self.standing).told_to_wait += 1;
                self.entry.ticket = Some(ticket);
                self.stay_outside(id, scene, Some(now_ns + retry_ms * MS_NS));
            }
            Word::Suspended { opens_at, school_time } => {
                scene.clock.hear(school_time, now_ns);
                self.suspended(id, scene, opens_at);
            }
            Word::Later(code, retry_ms) => {
                scene.entries(self.standing).refuse(&code);
                // Somewhat later, so that those who were refused together do not come together.
                let jitter_ms = scene.random.u64(0..=retry_ms / 4);
                self.stay_outside(id, scene, Some(now_ns + (retry_ms + jitter_ms) * MS_NS));
            }
        }
    }

    /// Its connection has ended with its window, or is about to be what it was refused for: it comes at the promised instant.
    pub(super) fn suspended(&mut self, id: u32, scene: &mut Scene, opens_at: Option<i64>) {
        let entries = scene.entries(self.standing);
        entries.refuse("suspended");
        if std::mem::replace(&mut self.entry.is_promised, opens_at.is_some()) && self.entry.is_asking {
            entries.promises_broken += 1;
        }
        let at_ns = opens_at.and_then(|at| scene.clock.machine_ns(at));
        self.stay_outside(id, scene, at_ns);
        if let Some(at_ns) = at_ns {
            // What was promised is what its patience counts from.
            self.intended_ns = at_ns;
        }
    }

    /// Counts that it was sent away.
    pub(super) fn evicted(&mut self, scene: &mut Scene) {
        let entries = scene.entries(self.standing);
        entries.evicted += 1;
        entries.evicted_again += u64::from(self.entry.evictions > 0);
        self.entry.evictions = self.entry.evictions.saturating_add(1);
    }

    /// It stays away for good.
    pub(super) fn gives_up(&mut self, scene: &mut Scene) {
        if std::mem::take(&mut self.entry.is_waiting) {
            self.waits_no_more(scene);
        }
    }

    /// It wants in, and is not.
    pub(crate) fn is_outside(&self) -> bool {
        self.entry.is_asking
    }

    fn stay_outside(&mut self, id: u32, scene: &mut Scene, at_ns: Option<u64>) {
        if !std::mem::replace(&mut self.entry.is_waiting, true) && self.standing == Standing::Teacher {
            scene.teachers_waiting += 1;
        }
        self.attempt += 1;
        self.enter(Stage::Outside, scene);
        if let Some(at_ns) = at_ns.map(|at_ns| scene.apart.breath().held(at_ns)) {
            scene.timers.push(Reverse((at_ns, id, self.attempt, Ring::Return)));
        }
    }

    fn waits_no_more(&mut self, scene: &mut Scene) {
        if self.standing == Standing::Teacher {
            scene.teachers_waiting = scene.teachers_waiting.saturating_sub(1);
        }
    }

    /// A seat is kept for who comes back: no newcomer, who could overtake anybody.
    fn count_overtaking(&self, scene: &mut Scene) {
        if self.standing > Standing::Teacher && self.entry.resume.is_none() && scene.teachers_waiting > 0 {
            scene.entries(self.standing).overtook += 1;
        }
    }
}
