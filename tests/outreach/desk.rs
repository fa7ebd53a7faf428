//! Couriers with everything around them that is not under test: a real log and ledger, a school, a clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use preau::base::body::{Announcement, Event, LessonEvent, Post, Said, Withdrawal};
use preau::base::clock::ManualClock;
use preau::base::drain::{self, Drain};
use preau::base::metrics::{EndpointLabel, Metrics};
use preau::base::{
    AccountId, Audience, Body, Channel, Clock, Epoch, ItemId, Kind, MessageId, NewPublication, SchoolTime,
};
use preau::broker::{self, Broker};
use preau::ledger::{Answer, Busy, Endpoint, EndpointState, Item, Json, Ledger, LedgerError, Local};
use preau::outreach::hooks::{Board, Called, CourierParts, Couriers, EndpointSettings, Secrets, Settings};
use preau::roster::{ClassKind, Directory, NewClass, NewOrg, OrgKind, RosterBuilder};
use preau::store::{self, DATABASE, Store};
use tokio::task::JoinHandle;

use crate::bureau::PATIENCE;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const EPOCH: Epoch = Epoch(0xab);
/// 18:00 in Paris on an evening.
const AT: u64 = 1_796_058_000_000;

/// A hub without doors: what is published in it is told.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    broker: broker::local::Local,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) metrics: Metrics,
    pub(crate) board: Arc<Board>,
    directory: Arc<Directory>,
    running: Option<(Drain, JoinHandle<()>)>,
}

/// An endpoint that wants everything.
pub(crate) fn endpoint(name: &str, url: &str) -> EndpointSettings {
    EndpointSettings {
        name: name.to_owned(),
        url: url.to_owned(),
        secret_file: "elsewhere".into(),
        kinds: Vec::new(),
        schools: Vec::new(),
        private: false,
    }
}

pub(crate) fn announcement(item: &str, version: u32) -> Announcement {
    let item = ItemId::parse(item).ok();
    Announcement { item, version, ..Announcement::new("Sortie de Zoé", "Rendez-vous à 8 h, Zoé !") }
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = store::Settings { fresh_epoch: EPOCH, pages_max: None };
        let store = Store::open(folder.path(), settings).unwrap();
        let mut builder = RosterBuilder::new();
        for (school, class) in [("lycee", "2a"), ("college", "6b")] {
            builder.org(NewOrg { id: school, name: "École", kind: OrgKind::School }).unwrap();
            let kind = ClassKind::Homeroom;
            let new = NewClass { id: class, title: "", subject: "", kind, school, grades: &[] };
            builder.class(new).unwrap();
        }
        Self {
            broker: broker::local::Local::start(&store, Metrics::default()).unwrap(),
            ledger: Arc::new(Local::start(&store).unwrap()),
            folder,
            clock: Arc::new(ManualClock::at(AT)),
            metrics: Metrics::default(),
            board: Arc::default(),
            directory: Arc::new(Directory::new(builder.build())),
            running: None,
        }
    }

    /// Starts the couriers of these endpoints, as a start of the hub does; how far each is.
    pub(crate) async fn run(&mut self, endpoints: Vec<EndpointSettings>) -> Vec<Endpoint> {
        let settings = Settings { retry_seconds: 5, endpoints };
        assert_eq!(settings.mistakes(), []);
        let registered = self.register(&settings.endpoints).await;
        let parts = CourierParts {
            ledger: Arc::clone(&self.ledger),
            directory: Arc::clone(&self.directory),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            epoch: EPOCH,
            chance: || 1.0,
            retry_first: settings.retry_first(),
            metrics: self.metrics.clone(),
            board: Arc::clone(&self.board),
        };
        let called = |settings: EndpointSettings| {
            let endpoint = registered.iter().find(|endpoint| endpoint.name == settings.name).unwrap().clone();
            Called { endpoint, settings, secrets: Secrets::parse(SECRET).unwrap() }
        };
        let couriers = Couriers::new(parts, settings.endpoints.into_iter().map(called).collect()).unwrap();
        let (drain, signal) = drain::drain();
        #[expect(clippy::disallowed_methods, reason = "the desk is the owner, and awaits it in `stop`")]
        let task = tokio::spawn(couriers.run(signal));
        self.running = Some((drain, task));
        registered
    }

    /// Ends the couriers as a drain does.
    pub(crate) async fn stop(&mut self) {
        let (drain, task) = self.running.take().expect("they run");
        drain.raise();
        tokio::time::timeout(PATIENCE, task).await.expect("they end").unwrap();
    }

    pub(crate) async fn register(&self, endpoints: &[EndpointSettings]) -> Vec<Endpoint> {
        let named = endpoints.iter().map(|one| (one.name.clone(), one.url.clone())).collect();
        self.ask(|answer| self.ledger.register_endpoints(named, answer)).await.unwrap()
    }

    /// Writes down that so many attempts at an endpoint's next event have failed.
    pub(crate) async fn has_failed(&self, endpoint: &EndpointSettings, failures: u32) {
        let found = self.register(std::slice::from_ref(endpoint)).await.remove(0);
        let failing = Endpoint { failures, ..found };
        self.ask(|answer| self.ledger.put_endpoint(failing, answer)).await.unwrap();
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Answer<T>) -> Result<(), Busy>,
    ) -> Result<T, LedgerError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        ask(Box::new(move |outcome| drop(answer.send(outcome)))).unwrap();
        tokio::time::timeout(PATIENCE, answered).await.expect("it answers").unwrap()
    }

    /// Publishes something, and waits for its commit.
    pub(crate) async fn publish(&self, channel: &str, said: &impl Said) {
        let new = NewPublication {
            channel: Channel::parse(channel).unwrap(),
            author: AccountId::parse("teacher").unwrap(),
            message_id: MessageId::parse(&format!("m{}", fastrand::u64(..))).unwrap(),
            audience: Audience::EVERYONE,
            body: Body::of(said).unwrap(),
            published_at: self.clock.school(),
            deliver_at: None,
            urgent: None,
        };
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.broker.publish(new, Box::new(move |outcome| answer.send(outcome.is_ok()).unwrap())).unwrap();
        assert!(tokio::time::timeout(PATIENCE, answered).await.expect("it is committed").unwrap());
    }

    /// Publishes so many announcements in a class, in the order of their items' names.
    pub(crate) async fn announce(&self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            self.publish("class:2a", &announcement(&format!("i{number:03}"), 1)).await;
        }
    }

    pub(crate) async fn post(&self) {
        self.publish("class:2a", &Post { text: "Zoé".to_owned(), links: Vec::new() }).await;
    }

    pub(crate) async fn lesson(&self, event: Event) {
        self.publish("class:2a", &LessonEvent { event }).await;
    }

    /// Withdraws an item as its sender does: first in the registry.
    pub(crate) async fn withdraw(&self, kind: Kind, name: &str) {
        let id = ItemId::parse(name).unwrap();
        let body = Json::of(&announcement(name, 3)).unwrap();
        let item = Item {
            id: id.clone(),
            kind,
            author: AccountId::parse("teacher").unwrap(),
            version: 3,
            is_withdrawn: true,
            places: vec![Channel::parse("class:2a").unwrap()],
            audience: Audience::EVERYONE,
            body,
            created_at: SchoolTime(1),
            changed_at: SchoolTime(1),
            publish_at: None,
            urgent: false,
            why: None,
            held: None,
            is_settled: true,
        };
        self.ask(|answer| self.ledger.put_item(item, None, answer)).await.unwrap();
        self.publish("class:2a", &Withdrawal { item: id }).await;
    }

    /// The numbers of what is written down for endpoints.
    pub(crate) async fn events(&self) -> Vec<u64> {
        let page = self.ask(|answer| self.ledger.hook_events(preau::ledger::HookEventId(0), answer)).await;
        page.unwrap().events.into_iter().map(|event| event.id.0).collect()
    }

    /// A connection to the database beside the hub's.
    pub(crate) fn vandal(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join(DATABASE)).unwrap()
    }

    pub(crate) fn is_stopped(&self, name: &str) -> bool {
        self.metrics.hooks_stopped.get_or_create(&label(name)).get() == 1
    }

    /// Waits until something holds, moving the clock on by as much each time.
    pub(crate) async fn until(&self, step: Duration, holds: impl Fn() -> bool) {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let reached = async {
            while !holds() {
                ticks.tick().await;
                self.clock.advance(step);
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("it comes to hold");
    }
}

pub(crate) fn label(name: &str) -> EndpointLabel {
    EndpointLabel { endpoint: name.to_owned() }
}

/// An endpoint's state as it is written down.
pub(crate) fn states(endpoints: &[Endpoint]) -> Vec<(&str, EndpointState)> {
    endpoints.iter().map(|endpoint| (endpoint.name.as_str(), endpoint.state)).collect()
}
