//! One phase in one worker, from its intended beginning until what was under way has arrived.

use std::collections::BTreeMap;

use crate::arrivals::{self, Timetable};
use crate::author::Item;
use crate::breath::Breath;
use crate::client::{Client, Stage};
use crate::counts::Counts;
use crate::door::{Entries, Standing};
use crate::flows::REGION;
use crate::limits;
use crate::moment::{self, SECOND_NS, nanoseconds, seconds_ns};
use crate::orders::{LessonTally, News, Tally, Tick};
use crate::scenario::What;
use crate::scene::{Label, Speech};
use crate::school;

use super::deeds::Deedtable;
use super::happening::Happenings;
use super::{Worker, WorkerError};

/// How often it is looked whether the last deliveries have come.
const LOOK_NS: u64 = SECOND_NS / 100;

/// See the module.
pub(super) struct Phase {
    number: usize,
    begin_ns: u64,
    over_ns: u64,
    /// In what order clients come, and how many have.
    arrivals: Vec<u32>,
    arrived: usize,
    /// From when on, and how many per second.
    arrive_ns: u64,
    arrive_per_second: f64,
    /// In the arrivals: until when those are waited for who are not in.
    patience_ns: Option<u64>,
    timetable: Timetable,
    happenings: Happenings,
    deeds: Deedtable,
    /// What lessons came to, once all was quiet and some began to read their class again.
    lessons: Option<LessonTally>,
    counts: Counts,
    second: Counts,
    tick_ns: u64,
    look_ns: u64,
    quiet_since_ns: u64,
    quiet_deliveries: u64,
    cpu_ns: u64,
}

/// Who comes in a phase.
#[derive(Default)]
struct Coming {
    who: Vec<u32>,
    from_ns: u64,
    per_second: f64,
}

/// What a worker's clients should have received, and what they lack of it.
#[derive(Default)]
struct Owed {
    expected: u64,
    missing: u64,
}

impl Phase {
    pub(super) fn begin(worker: &mut Worker, number: usize, begin_ns: u64) -> Result<Self, WorkerError> {
        let seconds = match number {
            0 => 0.0,
            number => {
                let phase = worker.scenario.phases.get(number - 1);
                phase.ok_or(WorkerError::OutOfTurn("the scenario has no such phase"))?.seconds
            }
        };
        let who = (worker.index, worker.of);
        let coming = worker.coming(number, begin_ns);
        worker.scene.phase = number;
        let breath_s = number.checked_sub(1).map_or(0.0, |n| worker.scenario.phases[n].breath_s);
        worker.scene.breathe(Breath::new(begin_ns, breath_s))?;
        worker.owe_the_region(number);
        worker.turn_the_page();
        let over_ns = begin_ns + seconds_ns(seconds);
        let deeds = number.checked_sub(1).map_or_else(Vec::new, |n| worker.scenario.phases[n].deeds.clone());
        worker.rule(&deeds);
        let events = number.checked_sub(1).map_or(&[][..], |n| &worker.scenario.phases[n].events);
        Ok(Self {
            number,
            begin_ns,
            over_ns,
            arrivals: coming.who,
            arrived: 0,
            arrive_ns: coming.from_ns,
            arrive_per_second: coming.per_second,
            patience_ns: worker.patience_ns(begin_ns),
            timetable: Timetable::new(worker.scene.flows.clone(), number, begin_ns, who),
            happenings: Happenings::new(events, begin_ns, over_ns),
            deeds: Deedtable::new(&deeds, begin_ns, over_ns),
            lessons: None,
            counts: worker.scene.counts,
            second: worker.scene.counts,
            tick_ns: begin_ns + SECOND_NS,
            look_ns: over_ns,
            quiet_since_ns: over_ns,
            quiet_deliveries: 0,
            cpu_ns: moment::cpu_ns(),
        })
    }

    /// Does what is due by now.
    pub(super) fn advance(&mut self, worker: &mut Worker, now_ns: u64) {
        if self.number == 0
            && now_ns >= self.begin_ns
            && let Some(publisher) = &mut worker.publisher
        {
            publisher.connect(&mut worker.scene);
        }
        while let Some(id) = self.arrivals.get(self.arrived).copied() {
            let at_ns = self.arrival_ns(worker);
            if at_ns > now_ns {
                break;
            }
            self.arrived += 1;
            worker.clients[id as usize].intended_ns = at_ns;
            worker.scene.waiting.push_back(id);
        }
        while let Some(due) = self.timetable.take(now_ns) {
            worker.publish(Item::from(due), due.turn.author);
        }
        worker.speak();
        self.happenings.happen(worker, now_ns);
        self.deeds.happen(worker, now_ns);
        worker.serve_clients(now_ns);
    }

    /// When it has something to do next.
    pub(super) fn next_ns(&self, worker: &Worker) -> u64 {
        let arrival = (self.arrived < self.arrivals.len()).then(|| self.arrival_ns(worker));
        let due = [
            arrival,
            self.timetable.next_ns(),
            self.happenings.next_ns(),
            self.deeds.next_ns(),
            Some(self.tick_ns),
        ];
        due.into_iter().flatten().chain([self.look_ns]).min().unwrap_or(self.tick_ns)
    }

    /// When the next one comes.
    fn arrival_ns(&self, worker: &Worker) -> u64 {
        let who = (worker.index, worker.of);
        let after_ns = arrivals::arrival_ns(self.arrived, self.arrive_per_second, who);
        worker.scene.apart.breath().after(self.arrive_ns, after_ns)
    }

    /// What is told once a second.
    pub(super) fn tick(&mut self, worker: &mut Worker, now_ns: u64) -> Result<Option<News>, WorkerError> {
        if now_ns < self.tick_ns {
            return Ok(None);
        }
        // Seconds that were slept through are told as one.
        self.tick_ns += SECOND_NS * (1 + (now_ns - self.tick_ns) / SECOND_NS);
        let scene = &mut worker.scene;
        let before = std::mem::replace(&mut self.second, scene.counts);
        Ok(Some(News::Tick(Tick {
            at_ns: now_ns,
            connected: scene.live as u64,
            on_their_way: (scene.under_way + scene.seated) as u64,
            deliveries: scene.counts.deliveries - before.deliveries,
            acknowledged: scene.counts.acknowledged - before.acknowledged,
            errors: scene.counts.errors - before.errors,
            entered: scene.counts.connected - before.connected,
            suspended: scene.counts.suspended - before.suspended,
            latencies: scene.recorder.take_second()?,
        })))
    }

    /// Whether its time has passed, and all that can come has come.
    pub(super) fn is_over(&mut self, worker: &mut Worker, now_ns: u64) -> bool {
        if now_ns < self.look_ns {
            return false;
        }
        self.look_ns = now_ns + LOOK_NS;
        if self.number == 0 {
            let has_come = |stage| matches!(stage, Stage::Live | Stage::Gone);
            if self.patience_ns.is_some_and(|until_ns| now_ns >= until_ns) {
                return true;
            }
            let publisher = worker.publisher.as_ref().is_none_or(super::Publisher::is_settled);
            return publisher && self.arrivals.iter().all(|id| has_come(worker.clients[*id as usize].stage));
        }
        let late_ns = now_ns.saturating_sub(self.over_ns);
        if worker.scene.counts.unanswered > 0 {
            if late_ns < nanoseconds(limits::ANSWERS_DEADLINE) {
                self.quiet_since_ns = now_ns;
                return false;
            }
            worker.abandon();
        }
        let counts = worker.scene.counts;
        if std::mem::replace(&mut self.quiet_deliveries, counts.deliveries) != counts.deliveries {
            self.quiet_since_ns = now_ns;
        }
        let is_done = worker.scene.counts.undone == 0 && worker.stale() == 0;
        let has_all = is_done && worker.owed().missing == 0 && !worker.are_returning();
        let is_late = now_ns.saturating_sub(self.quiet_since_ns) > nanoseconds(limits::QUIET_DEADLINE);
        if self.lessons.is_some() {
            return worker.scene.counts.looking == 0 || is_late;
        }
        if has_all {
            let deeds = worker.scenario.phases[self.number - 1].deeds.clone();
            self.lessons = Some(worker.lessons(self.counts));
            return !worker.look_again(&deeds);
        }
        is_late
    }

    /// What it came to.
    pub(super) fn end(&mut self, worker: &mut Worker) -> Result<News, WorkerError> {
        let Owed { expected, missing } = worker.owed();
        let mut lessons = self.lessons.take().unwrap_or_else(|| worker.lessons(self.counts));
        let scene = &mut worker.scene;
        let (now, before) = (scene.counts, self.counts);
        lessons.read_again = now.read_again - before.read_again;
        let heard_ns = scene.heard_ns;
        let tally = Tally {
            connected: now.connected - before.connected,
            failed: now.failed - before.failed,
            seats: now.seats - before.seats,
            lost: now.lost - before.lost,
            published: now.published - before.published,
            acknowledged: now.acknowledged - before.acknowledged,
            refused: now.refused - before.refused,
            deliveries: now.deliveries - before.deliveries,
            delivered_bytes: now.delivered_bytes - before.delivered_bytes,
            expected,
            missing,
            worker_cpu_ns: moment::cpu_ns().saturating_sub(self.cpu_ns),
            first_delivery_ns: heard_ns.map(|(first_ns, _)| first_ns),
            last_delivery_ns: heard_ns.map(|(_, last_ns)| last_ns),
            latencies: scene.recorder.take_phase()?,
            errors: std::mem::take(&mut scene.errors),
            streams: scene.ends.clone(),
            door: worker.entries(),
            lessons,
        };
        Ok(News::Ended { phase: self.number, tally: Box::new(tally) })
    }
}

impl Worker {
    /// Who comes in a phase: the first with the arrivals, the others with an event.
    fn coming(&mut self, number: usize, begin_ns: u64) -> Coming {
        let events = number.checked_sub(1).map_or(&[][..], |n| &self.scenario.phases[n].events);
        let event = events.iter().find(|event| event.what == What::Arrive);
        let (from_ns, per_second) = match event {
            Some(event) => (begin_ns + seconds_ns(event.at_s), event.rate),
            None if number == 0 => (begin_ns, self.scenario.arrivals.per_second),
            None => return Coming::default(),
        };
        let scenario = &self.scenario;
        let comes = |client: &Client| school::comes_first(scenario, client.person) == (number == 0);
        let coming = (0..).zip(&self.clients).filter(|(_, client)| comes(client));
        let mut who: Vec<u32> = coming.map(|(id, _)| id).collect();
        self.scene.random.shuffle(&mut who);
        Coming { who, from_ns, per_second }
    }

    /// Until when the arrivals wait.
    fn patience_ns(&self, begin_ns: u64) -> Option<u64> {
        let arrivals = &self.scenario.arrivals;
        let patience_s = arrivals.patience_s?;
        let last_s = f64::from(self.scenario.population()) * arrivals.share / arrivals.per_second;
        Some(begin_ns + seconds_ns(last_s + patience_s))
    }

    /// What happened at the door in the phase, and who stands before it.
    fn entries(&mut self) -> BTreeMap<String, Entries> {
        for client in self.clients.iter().filter(|client| client.is_outside()) {
            self.scene.entries(client.standing).outside += 1;
        }
        let entered = std::mem::take(&mut self.scene.entered);
        let told =
            Standing::ALL.into_iter().zip(entered).filter(|(_, entries)| *entries != Entries::default());
        told.map(|(standing, entries)| (standing.word().to_owned(), entries)).collect()
    }

    /// What this worker's clients should have received in the phase: all that was acknowledged, and what was left over
    /// from before. Whoever does not read now is owed no more than it took.
    fn owed(&self) -> Owed {
        let mut owed = Owed::default();
        for client in self.clients.iter().filter(|client| client.is_member) {
            let received = client.received - client.received_before;
            let expected = match client.stage {
                Stage::Gone => received,
                _ if !client.is_reading => received,
                _ => (client.due(&self.scene) - client.base).saturating_sub(client.received_before),
            };
            owed.expected += expected;
            owed.missing += expected.saturating_sub(received);
        }
        owed
    }

    /// Whether somebody who was there is on the way back.
    fn are_returning(&self) -> bool {
        self.clients
            .iter()
            .any(|client| client.is_member && !matches!(client.stage, Stage::Live | Stage::Gone))
    }

    /// The region's publications come from another worker: they are owed as they are intended.
    fn owe_the_region(&mut self, phase: usize) {
        if self.index == 0 {
            return;
        }
        let flows = self.scene.flows.clone();
        let has_audiences = matches!(self.scene.speech, Speech::Preau(_));
        for flow in flows.all.iter().filter(|flow| flow.phase == phase && flow.channels == [REGION]) {
            self.scene.dues.add(REGION, has_audiences && flow.publish.teachers_only, flow.count);
        }
    }

    /// A phase begins: what came before is behind, and who was disturbed and has all is like the others again.
    fn turn_the_page(&mut self) {
        self.scene.heard_ns = None;
        self.scene.errors = BTreeMap::new();
        for client in &mut self.clients {
            client.received_before = client.received;
            if client.stage == Stage::Live && client.is_reading {
                client.label = Label::of(client.person.part);
            }
        }
    }
}
