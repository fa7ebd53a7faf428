//! What students do in lessons: evenly spaced, classes in turns, and in each class its students. And whether everybody has
//! heard how their class stands.

use crate::client::Stage;
use crate::counts::Counts;
use crate::lesson::Standing;
use crate::moment::{SECOND_NS, seconds_ns};
use crate::orders::LessonTally;
use crate::scenario::{Deeds, Does};
use crate::school::Part;

use super::Worker;

/// How long a rule has to be known before students go by it.
const RULE_NS: u64 = SECOND_NS;

/// The deeds of a phase that are still to come.
pub(super) struct Deedtable {
    flows: Vec<(Deeds, u64)>,
    begin_ns: u64,
    over_ns: u64,
}

impl Deedtable {
    pub(super) fn new(deeds: &[Deeds], begin_ns: u64, over_ns: u64) -> Self {
        let flows = deeds.iter().map(|deeds| (deeds.clone(), 0)).collect();
        Self { flows, begin_ns, over_ns }
    }

    /// When the next is due, be it ours or not.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.flows.iter().filter_map(|flow| self.due_ns(flow)).min()
    }

    /// Lets those do something whose turn it is.
    pub(super) fn happen(&mut self, worker: &mut Worker, now_ns: u64) {
        for index in 0..self.flows.len() {
            while let Some(at_ns) = self.due_ns(&self.flows[index]).filter(|at_ns| *at_ns <= now_ns) {
                let (deeds, n) = &mut self.flows[index];
                worker.deed(deeds, *n, at_ns);
                *n += 1;
            }
        }
    }

    fn due_ns(&self, (deeds, n): &(Deeds, u64)) -> Option<u64> {
        // Teachers who read first say so when the phase begins.
        let wait_ns = if deeds.what == Does::Propose { RULE_NS } else { 0 };
        let at_ns = self.begin_ns + wait_ns + seconds_ns(*n as f64 / deeds.per_second);
        (deeds.per_second > 0.0 && at_ns < self.over_ns).then_some(at_ns)
    }
}

impl Worker {
    /// The n-th deed of a kind, if it is of one of ours.
    fn deed(&mut self, deeds: &Deeds, n: u64, at_ns: u64) {
        let school = &self.scenario.school;
        let classes = u64::from(school.classes.max(1));
        let students = u64::from(school.students_per_class.max(1));
        let (class, number) = (u32::try_from(n % classes), u32::try_from(n / classes % students));
        let (Ok(class), Ok(number)) = (class, number) else { return };
        // A peer has no lessons.
        if self.publisher.is_some() || !self.scene.flows.are_of(class, (self.index, self.of)) {
            return;
        }
        let Some(id) = self.roll.student(class, number) else { return };
        let client = &mut self.clients[id as usize];
        if let Err(why) = client.does(&mut self.scene, deeds.what, at_ns) {
            client.end(id, &mut self.scene, &why);
        }
    }

    /// Lets teachers read first, or no more, as a phase wants it.
    pub(super) fn rule(&mut self, deeds: &[Deeds]) {
        let is_moderated = deeds.iter().any(|deeds| deeds.what == Does::Propose);
        for (id, client) in (0..).zip(&mut self.clients) {
            if client.person.part == Part::Teacher
                && let Err(why) = client.moderates(&mut self.scene, is_moderated)
            {
                client.end(id, &mut self.scene, &why);
            }
        }
    }

    /// Lets some of each class read it again, if something was said that is not to be read any more. Whether any do.
    pub(super) fn look_again(&mut self, deeds: &[Deeds]) -> bool {
        let is_wanted = |deeds: &Deeds| matches!(deeds.what, Does::Delete | Does::Propose);
        if deeds.iter().any(is_wanted) {
            for client in &mut self.clients {
                self.scene.counts.looking += u64::from(client.looks_again(&mut self.scene));
            }
        }
        self.scene.counts.looking > 0
    }

    /// Who has not heard how the class stands.
    pub(super) fn stale(&self) -> u64 {
        let mut classes = vec![Standing::default(); self.scenario.school.classes as usize];
        for client in &self.clients {
            if let (Some(lesson), Some(class)) =
                (&client.lesson, classes.get_mut(client.person.class as usize))
            {
                let own = lesson.own();
                class.hands += own.hands;
                class.voters += own.voters;
                class.upvotes += own.upvotes;
            }
        }
        let here = self.clients.iter().filter(|client| client.stage == Stage::Live);
        let has_not_heard = here.filter(|client| {
            let heard = client.lesson.as_ref().map(|lesson| lesson.heard());
            heard.is_some_and(|heard| classes.get(client.person.class as usize) != Some(&heard))
        });
        has_not_heard.count() as u64
    }

    /// What lessons came to in the phase.
    pub(super) fn lessons(&mut self, before: Counts) -> LessonTally {
        let now = self.scene.counts;
        let school = &self.scenario.school;
        let listeners = u64::from(school.students_per_class) + u64::from(school.teachers);
        let lessons = self.clients.iter_mut().filter_map(|client| client.lesson.as_mut());
        LessonTally {
            pulses_max: lessons.map(|lesson| lesson.take_pulses()).max().unwrap_or(0),
            stale: self.stale(),
            deeds: now.deeds - before.deeds,
            refused: now.deeds_refused - before.deeds_refused,
            taken_back: now.taken_back - before.taken_back,
            proposed: now.proposed - before.proposed,
            read_again: 0,
            pulses: now.pulses - before.pulses,
            reactions_told: now.reactions_told - before.reactions_told,
            reactions_owed: (now.reactions - before.reactions) * listeners,
        }
    }
}
