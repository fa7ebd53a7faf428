//! Rounds of retention over a store on disk, with days that pass by hand.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::metrics::Metrics;
use crate::base::{Audience, Body, Channel, Epoch, ItemId, MessageId, NewPublication, Role};
use crate::broker::Broker;
use crate::config::Config;
use crate::ledger::{
    About, DigestRow, DigestState, Ledger, LetterEnd, NewLetter, Preference, PreferenceChange, Receipt,
};
use crate::roster::{Directory, NewAccount, NewOrg, OrgKind, Roster, RosterBuilder, Shrink};
use crate::store::{Settings, Store};

const DAY: Duration = Duration::from_hours(24);
const NOW_DAYS: u64 = 20_000;

struct World {
    _folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    broker: Arc<dyn Broker>,
    ledger: Arc<dyn Ledger>,
    directory: Arc<Directory>,
    retention: Retention,
}

fn roster(guardians: &[&str]) -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "Lycée", kind: OrgKind::School }).unwrap();
    for id in guardians {
        let (role, given_name, family_name, email) = (Role::Guardian, "Ada", "Petit", "");
        let orgs = &["lycee"];
        builder.account(NewAccount { id, role, given_name, family_name, email, orgs, grades: &[] }).unwrap();
    }
    builder.build()
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

impl World {
    fn new(guardians: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(1), pages_max: None }).unwrap();
        let broker: Arc<dyn Broker> =
            Arc::new(crate::broker::Local::start(&store, Metrics::default()).unwrap());
        let ledger: Arc<dyn Ledger> = Arc::new(crate::ledger::Local::start(&store).unwrap());
        let (directory, clock) =
            (Arc::new(Directory::new(roster(guardians))), Arc::new(ManualClock::at(NOW_DAYS * 86_400_000)));
        let accounts = Accounts {
            broker: Arc::clone(&broker),
            ledger: Arc::clone(&ledger),
            directory: Arc::clone(&directory),
            dossier: Mutex::new(store.dossier().unwrap()),
        };
        let retention = Retention {
            kept: Config::default().retention,
            ages: Config::default().login.ages(),
            accounts: Arc::new(accounts),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            swept: LastSweep::default(),
        };
        Self { _folder: folder, clock, broker, ledger, directory, retention }
    }

    /// One round, and what it removed.
    fn sweep(&self) -> BTreeMap<&'static str, u64> {
        assert!(self.retention.sweep(self.clock.school()));
        let swept = self.retention.swept.load_full().unwrap();
        assert_eq!(swept.failed, [""; 0]);
        swept.removed.clone()
    }

    fn publish(&self, author: &str) {
        let (answer, answered) = sync_channel(1);
        let new = NewPublication {
            channel: Channel::parse("school:lycee").unwrap(),
            author: account(author),
            message_id: MessageId::parse("m").unwrap(),
            audience: Audience::EVERYONE,
            body: Body::parse(Kind::Announcement, r#"{"title":"t","text":"x"}"#).unwrap(),
            published_at: self.clock.school(),
            deliver_at: None,
            urgent: None,
        };
        self.broker.publish(new, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
        answered.recv().unwrap().unwrap();
    }

    fn weekly(&self, guardian: &str) -> bool {
        let found = wait(|answer| self.ledger.preferences(vec![account(guardian)], answer)).unwrap();
        found[0] != Preference::of(account(guardian))
    }
}

#[test]
fn each_kind_has_its_own_time() {
    let cut = cut(Config::default().retention, SchoolTime(1_800_000_000_000));
    let days = |kind| (1_800_000_000_000 - cut.of(kind).0) / 86_400_000;
    assert_eq!(Kind::ALL.map(days), [1, 365, 365, 365, 365, 7, 30, 1, 1, 1, 1]);
}

#[test]
fn who_has_left_is_erased_ninety_days_after_the_first_round_without_them() {
    let world = World::new(&["stays", "leaves", "returns"]);
    for id in ["stays", "leaves", "returns"] {
        let change = PreferenceChange::of_mail(true);
        wait(|answer| world.ledger.change_preference(account(id), change, answer)).unwrap();
        world.publish(id);
    }
    let none = BTreeMap::new();
    assert_eq!(world.sweep(), none);
    world.directory.replace(roster(&["stays"]), Shrink::Allowed).unwrap();
    world.clock.advance(DAY);
    assert_eq!(world.sweep(), none, "they are noted");
    world.clock.advance(DAY * 30);
    world.directory.replace(roster(&["stays", "returns"]), Shrink::Allowed).unwrap();
    assert_eq!(world.sweep(), none);
    world.clock.advance(DAY * 60);
    assert_eq!(world.sweep(), none, "90 days to the minute");
    assert!(world.weekly("leaves"));
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(world.sweep(), BTreeMap::from([("leavers", 1)]));
    assert_eq!(["stays", "leaves", "returns"].map(|id| world.weekly(id)), [true, false, true]);
    let told = world.retention.accounts.export(&account("leaves")).unwrap().to_string();
    assert!(!told.contains("\"x\"") && !told.contains("Ada"), "{told}");
    assert!(world.retention.accounts.export(&account("stays")).unwrap().to_string().contains("Ada"));
    let log = wait(|answer| world.ledger.audit_page(None, 10, answer)).unwrap();
    let said: Vec<(&str, &str)> =
        log.iter().map(|one| (one.entry.what.as_str(), one.entry.act.scope.as_str())).collect();
    assert_eq!(said, [("erase", "account")], "that somebody was, and not who");
    assert_eq!(world.sweep(), none);
}

#[test]
fn a_round_counts_the_marks_digests_letters_and_windows_that_it_removes() {
    let world = World::new(&["g"]);
    let (ledger, now) = (&world.ledger, world.clock.school());
    let item = ItemId::parse("forgotten").unwrap();
    let receipt = Receipt { item, subject: account("g"), role: Role::Guardian, by: account("g"), at: now };
    wait(|answer| ledger.put_receipts(vec![receipt], answer)).unwrap();
    let row = |date| DigestRow {
        guardian: account("g"),
        date,
        items: vec![1],
        left_out: 0,
        state: DigestState::Published,
    };
    let today = jiff::Timestamp::from_millisecond(now.0).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
    let old = today.saturating_sub((limits::DIGEST_KEPT_DAYS + 2).days());
    wait(|answer| ledger.add_digests(vec![row(old), row(today)], answer)).unwrap();
    for about in [old, today].map(About::Digest) {
        let letter = NewLetter { to: account("g"), about };
        wait(|answer| ledger.put_letters(vec![letter], MachineTime(0), answer)).unwrap();
    }
    let letters = wait(|answer| ledger.letters_of(account("g"), answer)).unwrap();
    wait(|answer| ledger.end_letter(letters[0].id, LetterEnd::Sent, None, answer)).unwrap();
    for (number, until) in [(1, now.0), (2, now.0 + 1), (10, now.0 - 1), (11, now.0 - 1)] {
        let scope = json!({ "role": "guardian", "school": null });
        let window =
            json!({ "scope": scope, "from": 0, "until": until, "verdict": "open", "who": "op", "why": "w" });
        let (key, act) = (format!("window.{number}"), act("hub", "w", (world.clock.machine(), now)).unwrap());
        let (key, value) = (Key::parse(&key).unwrap(), Json::of(&window).unwrap());
        let what = Deed::parse("window").unwrap();
        wait(|answer| ledger.put_setting(key, Some(value), what, act, answer)).unwrap();
    }
    let expected = [("digests", 1), ("letters", 1), ("marks", 1), ("windows", 2)];
    assert_eq!(world.sweep(), BTreeMap::from(expected));
    assert_eq!(world.sweep(), BTreeMap::new());
    let left = wait(|answer| ledger.settings(answer)).unwrap();
    let left: Vec<&str> = left.iter().map(|setting| setting.key.as_str()).collect();
    assert_eq!(left, ["window.11", "window.2"], "the last one stays, for its number");
    assert_eq!(wait(|answer| ledger.waiting_letters(answer)).unwrap(), 1, "what waits is not forgotten");
    let entries = wait(|answer| ledger.audit_page(None, 10, answer)).unwrap();
    assert_eq!(entries[0].entry.what.as_str(), "over window.10");
}
