//! A crash at every step of every request: after the restart the registry, the schedule and the logs agree, and the same
//! request again finds itself done or does it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::world::{CROWD, World, draft, later, notice, publisher, roster, urgent, work};
use crate::base::{AccountId, Channel, Epoch, MessageId, NewPublication, Replacement, SchoolTime};
use crate::broker::{
    Accepted, Answer, Broker, Busy, Cancelled, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Sink, Trimmed,
};
use crate::items::{ItemError, Outcome, Publisher, guardians_of};
use crate::ledger::{Item, Ledger};

/// When the hub dies, as its requests to the broker are counted.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// Before this one arrives.
    Before(usize),
    /// After it is committed and answered.
    After(usize),
}

/// A broker that the hub loses: what is asked of it and of the ledger from then on is never done.
struct Dying {
    broker: Arc<dyn Broker>,
    ledger: Arc<dyn Ledger>,
    death: Death,
    asked: AtomicUsize,
}

impl Broker for Dying {
    fn epoch(&self) -> Epoch {
        self.broker.epoch()
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.broker.attach(sink);
    }

    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy> {
        self.broker.publish(new, answer)
    }

    fn replace(
        &self,
        replacements: Vec<Replacement>,
        answer: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        match self.death {
            Death::Before(dies) if number >= dies => Err(Busy),
            Death::After(dies) if number == dies => {
                let ledger = Arc::clone(&self.ledger);
                let answer: Answer<Result<Vec<Replaced>, PublishError>> = Box::new(move |outcome| {
                    ledger.shut_down();
                    answer(outcome);
                });
                self.broker.replace(replacements, answer)
            }
            Death::After(dies) if number > dies => Err(Busy),
            Death::Before(_) | Death::After(_) => self.broker.replace(replacements, answer),
        }
    }

    fn release(&self, now: SchoolTime, answer: Answer<Result<Released, PublishError>>) -> Result<(), Busy> {
        self.broker.release(now, answer)
    }

    fn cancel(
        &self,
        key: (Channel, AccountId, MessageId),
        answer: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        self.broker.cancel(key, answer)
    }

    fn scheduled(
        &self,
        schedule: Schedule,
        answer: Answer<Result<SchedulePage, ReadError>>,
    ) -> Result<(), Busy> {
        self.broker.scheduled(schedule, answer)
    }

    fn read(&self, read: Read, answer: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy> {
        self.broker.read(read, answer)
    }

    fn history(&self, history: History, answer: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        self.broker.history(history, answer)
    }

    fn erase(&self, account: AccountId, answer: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy> {
        self.broker.erase(account, answer)
    }

    fn trim(&self, cut: Cut, answer: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy> {
        self.broker.trim(cut, answer)
    }

    fn health(&self) -> Health {
        self.broker.health()
    }

    fn shut_down(&self) {
        self.broker.shut_down();
    }
}

type Step = fn(&World) -> Result<Outcome, ItemError>;

/// Requests in an order in which each meets what it may meet: published, waiting, held, urgent with many guardians.
const STEPS: &[Step] = &[
    |world| world.compose("teacher", draft("a", &["class:2a", "class:2b"], work("1", "2027-02-01"))),
    |world| world.compose("teacher", later(draft("s", &["class:2a", "class:2b"], notice("1")), 60)),
    |world| world.edit("teacher", "s", 1, notice("2")),
    |world| world.edit("teacher", "a", 1, work("2", "2027-02-01")),
    |world| world.edit("teacher", "a", 2, work("3", "2027-02-02")),
    |world| world.edit("teacher", "a", 3, work("4", "2027-01-31")),
    |world| world.edit("teacher", "a", 4, work("5", "2027-01-31")),
    |world| world.withdraw("teacher", "a", None),
    |world| world.withdraw("teacher", "s", None),
    |world| world.compose("head", urgent(draft("u", &["level:lp/1re", "school:lp"], notice("1")))),
    |world| world.edit("head", "u", 1, notice("2")),
    |world| world.withdraw("operator", "u", Some("false alarm")),
];

#[test]
fn whatever_step_a_crash_hits_everything_agrees_after_the_restart() {
    for (index, step) in STEPS.iter().enumerate() {
        // What is for many guardians takes two commits.
        for number in 0..if index < 9 { 1 } else { 2 } {
            for death in [Death::Before(number), Death::After(number)] {
                crash(index, *step, death);
            }
        }
    }
}

fn crash(index: usize, step: Step, death: Death) {
    let mut world = World::new();
    for guardian in STOPPED {
        world.wants_urgent_mail(guardian, false);
    }
    for earlier in &STEPS[..index] {
        earlier(&world).unwrap();
        world.advance(1);
    }
    let (ledger, broker) = (Arc::clone(&world.ledger), Arc::clone(&world.broker));
    let dying = Arc::new(Dying { broker, ledger, death, asked: AtomicUsize::new(0) });
    let dying_too = Arc::clone(&dying) as Arc<dyn Broker>;
    let present = publisher(&world.clock, &world.ledger, &dying_too, &world.rendering);
    let lived: Publisher = std::mem::replace(&mut world.publisher, present);
    let outcome = step(&world);
    // A request that needs fewer commits than the fatal number is done before it.
    let (Death::Before(fatal) | Death::After(fatal)) = death;
    let is_over = dying.asked.load(Ordering::SeqCst) <= fatal;
    let context = format!("step {index}, {death:?}");
    assert_eq!(outcome.is_ok(), is_over, "{context}: {outcome:?}");
    drop((lived, dying, dying_too));

    let world = world.restarted();
    world.publisher.recover().unwrap();
    check(&world, &context);
    assert_eq!(world.publisher.recover(), Ok(0), "{context}: nothing is left to do");
    step(&world).unwrap();
    check(&world, &context);
    for later in &STEPS[index + 1..] {
        world.advance(1);
        later(&world).unwrap();
        check(&world, &context);
    }
    world.advance(24 * 60);
    world.release();
    check(&world, &context);
    assert_eq!(world.rows("SELECT message_id FROM scheduled"), [""; 0], "{context}");
}

/// Guardians who want no urgent mail. `g3` is not written to about anybody.
const STOPPED: [&str; 2] = ["g2", "guardian-0"];

/// Each copy of each item is where the registry wants it, and nothing else is anywhere.
fn check(world: &World, context: &str) {
    let mut expected: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in all_items(world) {
        assert!(item.is_settled, "{context}: {}", item.id);
        let own = guardians_of(&roster(), &item).into_iter().map(Channel::Account);
        let channels: Vec<Channel> = item.places.iter().cloned().chain(own).collect();
        for channel in channels {
            expected.entry(channel.to_string()).or_default().push(item.clone());
        }
    }
    let known: BTreeSet<String> = expected.keys().cloned().collect();
    assert!(world.channels().is_subset(&known), "{context}: {:?}", world.channels());
    let is_alarm_out = all_items(world).iter().any(|item| item.urgent);
    let mut expected_letters: Vec<String> = (1..CROWD).map(|n| format!("guardian-{n} urgent u")).collect();
    expected_letters.push("g1 urgent u".to_owned());
    expected_letters.sort();
    expected_letters.retain(|_| is_alarm_out);
    let mut letters = world.rows("SELECT account || ' ' || about FROM letter");
    letters.sort();
    assert_eq!(letters, expected_letters, "{context}");
    for (channel, items) in expected {
        let (log, waiting) = (world.log(&channel), world.waiting(&channel));
        let once: BTreeSet<&String> = log.iter().chain(&waiting).collect();
        assert_eq!(once.len(), log.len() + waiting.len(), "{context}: {channel} {log:?} {waiting:?}");
        for item in items {
            let mine = |ids: &[String]| -> Vec<String> {
                let stem = format!("{}.", item.id);
                ids.iter().filter(|id| id.starts_with(&stem)).cloned().collect()
            };
            let (log, waiting) = (mine(&log), mine(&waiting));
            let told = format!("{context}: {} in {channel}: {log:?} {waiting:?}", item.id);
            if item.is_withdrawn {
                assert!(waiting.is_empty(), "{told}");
                assert!(log.is_empty() || *log.last().unwrap() == format!("{}.x", item.id), "{told}");
            } else {
                let holds = format!("{}.{}", item.id, item.version);
                assert!(waiting.is_empty() || waiting == [holds.clone()], "{told}");
                assert!(!waiting.is_empty() || log.last() == Some(&holds), "{told}");
            }
        }
    }
}

fn all_items(world: &World) -> Vec<Item> {
    let ids = world.rows("SELECT id FROM item").iter().map(|name| super::world::id(name)).collect();
    let (answer, answered) = flume::bounded(1);
    let asked = world.ledger.items(ids, Box::new(move |items| answer.send(items.unwrap()).unwrap()));
    asked.unwrap();
    answered.recv().unwrap()
}
