//! A small school, a store on disk, and a publisher over both, which may be cut short and opened again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::access::Identity;
use crate::base::body::{Announcement, Assignment};
use crate::base::clock::ManualClock;
use crate::base::metrics::Metrics;
use crate::base::{AccountId, Audience, Channel, Clock, Epoch, ItemId, Kind, Reason, Role, SchoolTime};
use crate::broker::{self, Broker};
use crate::items::{Change, Content, Draft, Ground, ItemError, Outcome, Publisher};
use crate::ledger::{self, Ledger, PreferenceChange, Rendering};
use crate::roster::{
    ClassKind, Directory, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind,
    Roster, RosterBuilder,
};
use crate::store::{DATABASE, Settings, Store};

pub(super) const NOW: u64 = 1_800_000_000_000;
/// Pupils of the level who have a guardian each: more than one commit of copies.
pub(super) const CROWD: usize = 70;

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) clock: Arc<ManualClock>,
    pub(super) broker: Arc<dyn Broker>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) rendering: Rendering,
    pub(super) publisher: Publisher,
}

/// `teacher` has class 2a with `p1` and `p2`; `p1` has `g1` and `g3`, who is not written to, `p2` has `g1` and `g2`. `p3` is
/// in 2b. A crowd of pupils with a guardian each is in no class. `head` is staff.
pub(super) fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    for (id, kind) in [("lp", OrgKind::School), ("other", OrgKind::School), ("region-ara", OrgKind::State)] {
        builder.org(NewOrg { id, name: id, kind }).unwrap();
    }
    let mut accounts: Vec<(String, Role, &str, &[&str])> = [
        ("teacher", Role::Teacher, "lp", &[][..]),
        ("colleague", Role::Teacher, "lp", &[]),
        ("p1", Role::Student, "lp", &["2nde"]),
        ("p2", Role::Student, "lp", &["2nde"]),
        ("p3", Role::Student, "lp", &["2nde"]),
        ("stranger", Role::Student, "other", &["2nde"]),
        ("g1", Role::Guardian, "lp", &[]),
        ("g2", Role::Guardian, "lp", &[]),
        ("g3", Role::Guardian, "lp", &[]),
        ("head", Role::Staff, "lp", &[]),
        ("neighbour", Role::Staff, "other", &[]),
        ("operator", Role::Operator, "region-ara", &[]),
    ]
    .map(|(id, role, org, grades)| (id.to_owned(), role, org, grades))
    .into();
    for n in 0..CROWD {
        accounts.push((format!("crowd-{n}"), Role::Student, "lp", &["1re"]));
        accounts.push((format!("guardian-{n}"), Role::Guardian, "lp", &[]));
    }
    for (id, role, org, grades) in &accounts {
        let (given_name, family_name, email) = ("Ada", "Petit", "ada@lp.test");
        let new = NewAccount { id, role: *role, given_name, family_name, email, orgs: &[org], grades };
        builder.account(new).unwrap();
    }
    for id in ["2a", "2b"] {
        let (title, subject, kind) = (id, "", ClassKind::Homeroom);
        builder.class(NewClass { id, title, subject, kind, school: "lp", grades: &["2nde"] }).unwrap();
    }
    for (class, account, role) in [
        ("2a", "teacher", EnrolmentRole::Teacher),
        ("2b", "teacher", EnrolmentRole::Teacher),
        ("2a", "p1", EnrolmentRole::Student),
        ("2a", "p2", EnrolmentRole::Student),
        ("2b", "p3", EnrolmentRole::Student),
    ] {
        builder.enrol(class, account, role).unwrap();
    }
    let link = |builder: &mut RosterBuilder, guardian: &str, student: &str, kind| {
        builder.link(NewLink { guardian, student, terms: LinkTerms::by_default(kind) }).unwrap();
    };
    for (guardian, student) in [("g1", "p1"), ("g1", "p2"), ("g2", "p2")] {
        link(&mut builder, guardian, student, LinkKind::Parent);
    }
    link(&mut builder, "g3", "p1", LinkKind::Relative);
    for n in 0..CROWD {
        link(&mut builder, &format!("guardian-{n}"), &format!("crowd-{n}"), LinkKind::Parent);
    }
    builder.build()
}

/// Everything is quiet for an hour from six hours after the beginning.
pub(super) fn night() -> (SchoolTime, SchoolTime) {
    let at = |hours: u64| SchoolTime(i64::try_from(NOW + hours * 3_600_000).unwrap());
    (at(6), at(7))
}

impl World {
    pub(super) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(NOW)))
    }

    fn open(folder: tempfile::TempDir, clock: Arc<ManualClock>) -> Self {
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(7), pages_max: None }).unwrap();
        let ledger: Arc<dyn Ledger> = Arc::new(ledger::Local::start(&store).unwrap());
        let broker: Arc<dyn Broker> = Arc::new(broker::Local::start(&store, Metrics::default()).unwrap());
        let rendering = Rendering::default();
        let publisher = publisher(&clock, &ledger, &broker, &rendering);
        Self { folder, clock, broker, ledger, rendering, publisher }
    }

    /// The same school after a restart.
    pub(super) fn restarted(self) -> Self {
        let Self { folder, clock, broker, ledger, publisher, .. } = self;
        broker.shut_down();
        ledger.shut_down();
        drop((publisher, broker, ledger));
        Self::open(folder, clock)
    }

    /// A guardian wants no urgent mail, or wants it again.
    pub(super) fn wants_urgent_mail(&self, guardian: &str, wants: bool) {
        let (answer, answered) = flume::bounded(1);
        let (guardian, change) = (
            AccountId::parse(guardian).unwrap(),
            PreferenceChange { urgent_mail: Some(wants), ..PreferenceChange::default() },
        );
        let told = Box::new(move |done| answer.send(done).unwrap());
        self.ledger.change_preference(guardian, change, told).unwrap();
        answered.recv().unwrap().unwrap();
    }

    pub(super) fn advance(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }

    /// Releases what is due; how much that was.
    pub(super) fn release(&self) -> u64 {
        let (answer, answered) = flume::bounded(1);
        let released = self.broker.release(
            self.clock.school(),
            Box::new(move |released| answer.send(released.unwrap().released).unwrap()),
        );
        released.unwrap();
        answered.recv().unwrap()
    }

    /// Message ids in a channel's log, in order.
    pub(super) fn log(&self, channel: &str) -> Vec<String> {
        self.rows(&format!(
            "SELECT p.message_id FROM publication p JOIN channel c ON c.id = p.channel
             WHERE c.name = '{channel}' ORDER BY p.offset"
        ))
    }

    /// Message ids that wait for a channel.
    pub(super) fn waiting(&self, channel: &str) -> Vec<String> {
        self.rows(&format!(
            "SELECT s.message_id FROM scheduled s JOIN channel c ON c.id = s.channel
             WHERE c.name = '{channel}' ORDER BY s.message_id"
        ))
    }

    /// All channels in which there is or waits something.
    pub(super) fn channels(&self) -> BTreeSet<String> {
        let rows = self.rows(
            "SELECT name FROM channel WHERE id IN (SELECT channel FROM publication UNION SELECT channel FROM scheduled)",
        );
        rows.into_iter().collect()
    }

    /// What the last publication of a channel says.
    pub(super) fn last(&self, channel: &str) -> serde_json::Value {
        let rows = self.rows(&format!(
            "SELECT p.body FROM publication p JOIN channel c ON c.id = p.channel
             WHERE c.name = '{channel}' ORDER BY p.offset DESC LIMIT 1"
        ));
        serde_json::from_str(&rows[0]).unwrap()
    }

    /// Why entries of the audit log were made, the oldest first.
    pub(super) fn reasons(&self) -> Vec<String> {
        self.rows("SELECT what || ': ' || why FROM audit ORDER BY id")
    }

    pub(super) fn rows(&self, query: &str) -> Vec<String> {
        let db = Connection::open(self.folder.path().join(DATABASE)).unwrap();
        let mut statement = db.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    pub(super) fn compose(&self, who: &str, draft: Draft) -> Result<Outcome, ItemError> {
        self.publisher.compose(&identity(who), draft)
    }

    pub(super) fn edit(
        &self,
        who: &str,
        name: &str,
        version: u32,
        content: Content,
    ) -> Result<Outcome, ItemError> {
        self.publisher.edit(&identity(who), Change { id: id(name), version, content })
    }

    pub(super) fn withdraw(&self, who: &str, name: &str, why: Option<&str>) -> Result<Outcome, ItemError> {
        let why = why.map(|why| Reason::parse(why).unwrap());
        let kind = self.publisher.item(&identity("operator"), &id(name)).map(|item| item.kind);
        let kind = kind.unwrap_or(Kind::Announcement);
        self.publisher.withdraw(&identity(who), (&id(name), kind), why)
    }
}

pub(super) fn publisher(
    clock: &Arc<ManualClock>,
    ledger: &Arc<dyn Ledger>,
    broker: &Arc<dyn Broker>,
    rendering: &Rendering,
) -> Publisher {
    let (from, to) = night();
    Publisher::new(Ground {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        directory: Arc::new(Directory::new(roster())),
        ledger: Arc::clone(ledger),
        broker: Arc::clone(broker),
        quiet: Box::new(move |_, at| (from <= at && at < to).then_some(to)),
        rendering: rendering.clone(),
        has_relay: true,
    })
}

pub(super) fn identity(account: &str) -> Identity {
    Identity::of(&roster(), &AccountId::parse(account).unwrap()).unwrap()
}

pub(super) fn id(name: &str) -> ItemId {
    ItemId::parse(name).unwrap()
}

pub(super) fn places(names: &[&str]) -> Vec<Channel> {
    names.iter().map(|name| Channel::parse(name).unwrap()).collect()
}

pub(super) fn notice(text: &str) -> Content {
    Content::Announcement(Box::new(Announcement::new("t", text)))
}

pub(super) fn work(text: &str, due: &str) -> Content {
    let body = format!(r#"{{"title":"t","text":"{text}","due":"{due}"}}"#);
    Content::Assignment(Box::new(crate::base::body::read::<Assignment>(&body).unwrap()))
}

pub(super) fn draft(name: &str, to: &[&str], content: Content) -> Draft {
    let (audience, publish_at, urgent) = (None, None, None);
    Draft { id: id(name), places: places(to), audience, content, publish_at, urgent }
}

/// The same, in so many minutes from the beginning.
pub(super) fn later(draft: Draft, minutes: u64) -> Draft {
    let at = i64::try_from(NOW + minutes * 60_000).unwrap();
    Draft { publish_at: Some(SchoolTime(at)), ..draft }
}

pub(super) fn urgent(draft: Draft) -> Draft {
    Draft { urgent: Some(Reason::parse("a pipe has burst").unwrap()), ..draft }
}

pub(super) fn for_roles(draft: Draft, roles: &[Role]) -> Draft {
    Draft { audience: Some(Audience::of(roles).unwrap()), ..draft }
}
