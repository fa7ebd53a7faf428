//! What happens to clients: they publish, stop reading, are cut, leave and return; and everybody whose turn has come.

use crate::author::Item;
use crate::client::{Client, Stage};
use crate::flows::REGION;
use crate::moment::seconds_ns;
use crate::scenario::{Author, Event, What, Who};
use crate::scene::Label;
use crate::school::{self, Part};

use super::Worker;

/// A prime that is larger than any class: leaving in steps of it spreads over all classes before it comes to one again.
const CHURN_STRIDE: u64 = 7_919;

/// The events of a phase that are still to come.
pub(super) struct Happenings {
    events: Vec<(u64, Event)>,
    /// Who leaves: since when, how many a second, how many have.
    churns: Vec<(u64, Event, u64)>,
    over_ns: u64,
}

impl Happenings {
    pub(super) fn new(events: &[Event], begin_ns: u64, over_ns: u64) -> Self {
        let timed = events.iter().map(|event| (begin_ns + seconds_ns(event.at_s), event.clone()));
        let (churns, mut events): (Vec<_>, Vec<_>) = timed.partition(|(_, event)| event.what == What::Churn);
        events.sort_by_key(|(at_ns, _)| std::cmp::Reverse(*at_ns));
        Self { events, churns: churns.into_iter().map(|(at_ns, event)| (at_ns, event, 0)).collect(), over_ns }
    }

    pub(super) fn next_ns(&self) -> Option<u64> {
        let event = self.events.last().map(|(at_ns, _)| *at_ns);
        let churns = self.churns.iter().map(churn_ns).filter(|at_ns| *at_ns < self.over_ns);
        event.into_iter().chain(churns).min()
    }

    pub(super) fn happen(&mut self, worker: &mut Worker, now_ns: u64) {
        while let Some((_, event)) = self.events.pop_if(|(at_ns, _)| *at_ns <= now_ns) {
            worker.happen(&event, now_ns);
        }
        for churn in &mut self.churns {
            loop {
                let at_ns = churn_ns(churn);
                if at_ns > now_ns || at_ns >= self.over_ns {
                    break;
                }
                worker.churn(&churn.1, churn.2, at_ns);
                churn.2 += 1;
            }
        }
    }
}

fn churn_ns((from_ns, event, count): &(u64, Event, u64)) -> u64 {
    if event.rate > 0.0 { from_ns + seconds_ns(*count as f64 / event.rate) } else { u64::MAX }
}

impl Worker {
    /// Puts a publication where its author says it.
    pub(super) fn publish(&mut self, item: Item, author: u32) {
        self.scene.counts.unanswered += 1;
        if let Some(publisher) = &mut self.publisher {
            publisher.push(item);
            return;
        }
        let flow = self.scene.flow_of(&item);
        let channel = flow.channels[item.place as usize];
        let id = match flow.publish.by {
            Author::Teacher if channel != REGION => self.roll.teachers[channel as usize],
            Author::Student if channel != REGION => self.roll.student(channel, author),
            Author::Operator => self.roll.operators.get(author as usize).copied(),
            Author::Teacher | Author::Student => None,
        };
        let Some(id) = id else {
            self.scene.refused(&item, "no_author");
            return;
        };
        let client = &mut self.clients[id as usize];
        client.author.get_or_insert_default().push(item);
        if self.speakers.last() != Some(&id) {
            self.speakers.push(id);
        }
    }

    /// Lets those speak who have something to say: what is due at once leaves in one write.
    pub(super) fn speak(&mut self) {
        if let Some(publisher) = &mut self.publisher {
            publisher.publish(&mut self.scene);
        }
        for id in std::mem::take(&mut self.speakers) {
            let client = &mut self.clients[id as usize];
            if let Err(why) = client.publish(&mut self.scene) {
                client.end(id, &mut self.scene, &why);
            }
        }
    }

    /// Rings what is due, and lets those begin who wait, as far as they may be on their way at once.
    pub(super) fn serve_clients(&mut self, now_ns: u64) {
        let Self { clients, scene, desk, .. } = self;
        while scene.timers.peek().is_some_and(|timer| timer.0.0 <= now_ns) {
            if let Some(std::cmp::Reverse((_, id, attempt, ring))) = scene.timers.pop() {
                clients[id as usize].ring(id, scene, attempt, ring);
            }
        }
        let in_flight_max = (self.scenario.arrivals.in_flight_max / self.of).max(1) as usize;
        while scene.under_way < in_flight_max
            && let Some(id) = scene.waiting.pop_front()
        {
            clients[id as usize].begin(id, scene);
        }
        desk.serve(scene, clients);
    }

    /// Gives up publications that nobody answers.
    pub(super) fn abandon(&mut self) {
        let mut items: Vec<Item> = self.publisher.iter_mut().flat_map(super::Publisher::abandon).collect();
        let authors = self.clients.iter_mut().filter_map(|client| client.author.as_mut());
        items.extend(authors.flat_map(|author| author.abandon()));
        for item in &items {
            self.scene.refused(item, "unanswered");
        }
        self.scene.counts.unanswered = 0;
    }

    /// Everybody reads.
    pub(super) fn read_again_all(&mut self) {
        let Self { clients, scene, buffer, .. } = self;
        for (id, client) in (0..).zip(clients.iter_mut()).filter(|(_, client)| !client.is_reading) {
            client.read_again(id, scene, buffer);
        }
    }

    fn happen(&mut self, event: &Event, now_ns: u64) {
        let Self { clients, scene, buffer, scenario, .. } = self;
        let size = u64::from(scenario.school.students_per_class);
        let is_meant = |client: &Client| {
            let index = u64::from(client.person.class) * size + u64::from(client.person.number);
            match client.person.part {
                Part::Student => event.who != Who::Teachers && school::is_chosen(index, event.share),
                Part::Teacher => {
                    event.who != Who::Students
                        && school::is_chosen(u64::from(client.person.class), event.share)
                }
                Part::Guardian | Part::Operator => {
                    event.who == Who::Everybody
                        && school::is_chosen(u64::from(client.person.number), event.share)
                }
            }
        };
        for (id, client) in (0..).zip(clients.iter_mut()).filter(|(_, client)| is_meant(client)) {
            match event.what {
                // Who has no line has nothing to leave unread.
                What::StopReading if client.stage != Stage::Live => {}
                What::StopReading => {
                    client.is_reading = false;
                    client.label = Label::Slow;
                }
                What::ReadAgain => client.read_again(id, scene, buffer),
                What::Cut => {
                    let wait_ns = scene.random.u64(0..=seconds_ns(event.rate));
                    client.cut(id, scene, now_ns + wait_ns);
                }
                What::Churn | What::Arrive => {}
            }
        }
    }

    /// The n-th who leaves politely, if it is one of ours.
    fn churn(&mut self, event: &Event, n: u64, at_ns: u64) {
        let school = &self.scenario.school;
        let size = u64::from(school.students_per_class.max(1));
        let students = u64::from(school.classes) * size;
        let index = n.wrapping_mul(CHURN_STRIDE) % students.max(1);
        if !school::is_chosen(index, event.share) {
            return;
        }
        let (class, number) = (u32::try_from(index / size), u32::try_from(index % size));
        if let (Ok(class), Ok(number)) = (class, number)
            && let Some(id) = self.roll.student(class, number)
        {
            self.clients[id as usize].leave(id, &mut self.scene, at_ns);
        }
    }
}
