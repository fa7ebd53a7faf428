//! A post with everything around it that is not under test: families, digests, choices, a clock that is moved by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use preau::base::body::{Announcement, ChildSection, Digest, DigestEntry};
use preau::base::clock::ManualClock;
use preau::base::drain::{self, Drain};
use preau::base::metrics::{CodeLabel, Metrics};
use preau::base::{AccountId, Channel, Clock, Epoch, ItemId, Kind, Language, Role, SchoolTime};
use preau::ledger::{
    About, Answer, Busy, Ledger, LedgerError, Letter, LetterEnd, LetterState, Local, NewLetter,
};
use preau::outreach::{Alert, Choice, Choices, Given, Post, PostParts, Relay, Seals, Settings, Sources, Tls};
use preau::roster::{
    Directory, LinkKind, LinkTerms, NewAccount, NewLink, NewOrg, OrgKind, Roster, RosterBuilder,
};
use preau::store::{self, Store};
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const EVENING: Date = jiff::civil::date(2026, 11, 30);
/// 18:00 in Paris on that evening.
const AT: u64 = 1_796_058_000_000;

/// What the post is told by the rest of the hub.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) withdrawn: Mutex<BTreeSet<ItemId>>,
    /// Who has stopped digests by mail, and who what is urgent.
    pub(crate) stopped: Mutex<BTreeSet<AccountId>>,
    pub(crate) stopped_urgent: Mutex<BTreeSet<AccountId>>,
    pub(crate) urgent: Mutex<BTreeMap<ItemId, Announcement>>,
    pub(crate) is_quiet: Mutex<bool>,
}

impl Sources for World {
    fn digest(&self, guardian: &AccountId, date: Date, given: Given<Option<Digest>>) {
        given(Ok((date == EVENING).then(|| digest(guardian))));
    }

    fn urgent(&self, item: &ItemId, given: Given<Option<Alert>>) {
        let places = vec![Channel::parse("school:lycee").unwrap()];
        given(Ok(self.urgent.lock().unwrap().get(item).cloned().map(|says| Alert { says, places })));
    }

    fn withdrawn(&self, items: Vec<ItemId>, given: Given<BTreeSet<ItemId>>) {
        let withdrawn = self.withdrawn.lock().unwrap();
        given(Ok(items.into_iter().filter(|item| withdrawn.contains(item)).collect()));
    }

    fn is_quiet(&self, _: &AccountId, _: SchoolTime) -> bool {
        *self.is_quiet.lock().unwrap()
    }
}

impl Choices for World {
    fn choice(&self, of: &AccountId, given: Given<Choice>) {
        let wants_digests = !self.stopped.lock().unwrap().contains(of);
        let wants_urgent = !self.stopped_urgent.lock().unwrap().contains(of);
        given(Ok(Choice { wants_digests, wants_urgent, language: Language::french() }));
    }

    fn stop(&self, of: &AccountId, given: Given<()>) {
        self.stopped.lock().unwrap().insert(of.clone());
        given(Ok(()));
    }
}

pub(crate) fn guardian(number: usize) -> AccountId {
    AccountId::parse(&format!("g-{number}")).unwrap()
}

/// Every third guardian shares the address of the one before.
pub(crate) fn address(number: usize) -> String {
    format!("g{}@maison.test", if number % 3 == 2 { number - 1 } else { number })
}

fn digest(guardian: &AccountId) -> Digest {
    let child = AccountId::parse(&guardian.as_str().replace("g-", "s-")).unwrap();
    let entry = DigestEntry {
        item: Some(ItemId::parse(&format!("i-{child}")).unwrap()),
        channel: Channel::parse("school:lycee").unwrap(),
        kind: Kind::Announcement,
        author: AccountId::parse("head").unwrap(),
        published_at: SchoolTime(0),
        title: "Réunion".to_owned(),
        text: format!("À 18 h.\n.\n..\nPour {child}"),
        due: None,
        subject: None,
        links: vec!["https://lycee.test/reunion?a=1&b=2".to_owned()],
        receipt: None,
    };
    let children = vec![ChildSection { child, entries: vec![entry] }];
    Digest { date: EVENING, language: Language::french(), children, school: Vec::new(), left_out: 0 }
}

fn roster(families: usize) -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "Lycée", kind: OrgKind::School }).unwrap();
    for number in 0..families {
        let (student, guardian) = (format!("s-{number}"), guardian(number));
        let email = address(number);
        let child = NewAccount {
            id: &student,
            role: Role::Student,
            given_name: "Ada",
            family_name: "",
            email: "",
            orgs: &["lycee"],
            grades: &[],
        };
        builder.account(child).unwrap();
        let adult = NewAccount {
            id: guardian.as_str(),
            role: Role::Guardian,
            given_name: "Parent",
            family_name: &format!("Nom{number}"),
            email: &email,
            orgs: &[],
            grades: &[],
        };
        builder.account(adult).unwrap();
        let terms = LinkTerms::by_default(LinkKind::Parent);
        builder.link(NewLink { guardian: guardian.as_str(), student: &student, terms }).unwrap();
    }
    builder.build()
}

/// A ledger on disk, families, and a post that may run.
pub(crate) struct Bureau {
    _folder: tempfile::TempDir,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) metrics: Metrics,
    directory: Arc<Directory>,
    settings: Settings,
    running: Option<(Drain, JoinHandle<()>)>,
}

impl Bureau {
    /// So many families, whose letters go to a port of loopback.
    pub(crate) fn new(families: usize, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store_settings = store::Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(&folder.path().join("store"), store_settings).unwrap();
        let settings = Settings {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            from: "ecole@preau.test".to_owned(),
            name: "École".to_owned(),
            public_url: "https://preau.test".to_owned(),
            per_second: 1_000,
            ..Settings::default()
        };
        assert_eq!(settings.mistakes(), []);
        Self {
            _folder: folder,
            ledger: Arc::new(Local::start(&store).unwrap()),
            world: Arc::default(),
            clock: Arc::new(ManualClock::at(AT)),
            metrics: Metrics::default(),
            directory: Arc::new(Directory::new(roster(families))),
            settings,
            running: None,
        }
    }

    /// Starts the post.
    pub(crate) fn run(&mut self) {
        let parts = PostParts {
            ledger: Arc::clone(&self.ledger),
            sources: Arc::clone(&self.world) as Arc<dyn Sources>,
            choices: Arc::clone(&self.world) as Arc<dyn Choices>,
            directory: Arc::clone(&self.directory),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            zone: TimeZone::get("Europe/Paris").unwrap(),
            seals: Arc::new(Seals::new(&[7; 32])),
            relay: Relay::new(&self.settings, "").unwrap(),
            settings: self.settings.clone(),
            metrics: self.metrics.clone(),
        };
        let (drain, signal) = drain::drain();
        let post = Post::new(parts).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the bureau is the owner, and awaits it in `stop`")]
        let task = tokio::spawn(post.run(signal));
        self.running = Some((drain, task));
    }

    /// Ends the post as a drain does.
    pub(crate) async fn stop(&mut self) {
        let (drain, task) = self.running.take().expect("it runs");
        drain.raise();
        tokio::time::timeout(PATIENCE, task).await.expect("it ends").unwrap();
    }

    /// Asks for the evening's letters.
    pub(crate) async fn write(&self, families: std::ops::Range<usize>) {
        let letters =
            families.map(|number| NewLetter { to: guardian(number), about: About::Digest(EVENING) });
        self.put(letters.collect()).await;
    }

    pub(crate) async fn put(&self, letters: Vec<NewLetter>) {
        let now = self.clock.machine();
        for letters in letters.chunks(1_000) {
            let letters = letters.to_vec();
            self.ask(|answer| self.ledger.put_letters(letters, now, answer)).await.unwrap();
        }
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Answer<T>) -> Result<(), Busy>,
    ) -> Result<T, LedgerError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        ask(Box::new(move |outcome| drop(answer.send(outcome)))).unwrap();
        tokio::time::timeout(PATIENCE, answered).await.expect("it answers").unwrap()
    }

    /// The first letter to a guardian.
    pub(crate) async fn letter(&self, number: usize) -> Letter {
        self.ask(|answer| self.ledger.letters_of(guardian(number), answer)).await.unwrap().remove(0)
    }

    /// Waits until a letter is as it should be.
    pub(crate) async fn until(&self, number: usize, is_so: impl Fn(&Letter) -> bool) -> Letter {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let found = async {
            loop {
                ticks.tick().await;
                let letter = self.letter(number).await;
                if is_so(&letter) {
                    return letter;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        if let Ok(letter) = found {
            return letter;
        }
        panic!("{:?}", self.letter(number).await);
    }

    /// Waits until a letter has ended so.
    pub(crate) async fn until_ended(&self, number: usize, end: LetterEnd) -> Letter {
        self.until(number, |letter| letter.state == LetterState::Ended(end)).await
    }

    /// How many letters ended so.
    pub(crate) fn ended(&self, end: LetterEnd) -> u64 {
        self.metrics.letters.get_or_create(&CodeLabel { code: end.as_str() }).get()
    }
}
