//! The contract of digests: each row once, each turn once, choices kept.

use jiff::civil::{Date, date};
use preau::base::{AccountId, Language, limits};
use preau::ledger::{DigestRow, DigestState, Evening, Frequency, Ledger, Preference, PreferenceChange};

use crate::asking::{Stage, ask};

const MONDAY: Date = date(2026, 11, 23);
const TUESDAY: Date = date(2026, 11, 24);

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn ready(guardian: &str, date: Date, items: &[u64]) -> DigestRow {
    DigestRow {
        guardian: account(guardian),
        date,
        items: items.to_vec(),
        left_out: 0,
        state: DigestState::Ready,
    }
}

fn add(ledger: &dyn Ledger, rows: &[DigestRow]) -> usize {
    ask(|answer| ledger.add_digests(rows.to_vec(), answer)).unwrap()
}

fn of(ledger: &dyn Ledger, guardians: &[&str], from: Date) -> Vec<DigestRow> {
    let guardians = guardians.iter().map(|name| account(name)).collect();
    ask(|answer| ledger.digests(guardians, from, answer)).unwrap()
}

fn turns(ledger: &dyn Ledger, date: Date, after: Option<&str>) -> Vec<String> {
    let page = ask(|answer| ledger.ready_digests(date, after.map(account), answer)).unwrap();
    page.iter().map(AccountId::to_string).collect()
}

fn publish(ledger: &dyn Ledger, date: Date, guardians: &[&str]) -> usize {
    let guardians = guardians.iter().map(|name| account(name)).collect();
    ask(|answer| ledger.digests_are_published(date, guardians, answer)).unwrap()
}

fn trim(ledger: &dyn Ledger, before: Date) -> usize {
    ask(|answer| ledger.trim_digests(before, answer)).unwrap()
}

pub(crate) fn who_chose_nothing_has_the_default<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let chosen = Preference {
        guardian: account("g2"),
        digest: Frequency::Weekly,
        mail: true,
        urgent_mail: false,
        language: Language::parse("pt-BR").unwrap(),
    };
    let change = |change| ask(|answer| ledger.change_preference(account("g2"), change, answer)).unwrap();
    let first = Preference { digest: Frequency::Off, ..chosen.clone() };
    assert_eq!(change(first.clone().into()), first);
    let weekly = PreferenceChange { digest: Some(Frequency::Weekly), ..PreferenceChange::default() };
    assert_eq!(change(weekly), chosen, "what a change leaves out stays");
    let stopped = change(PreferenceChange::of_mail(false));
    assert_eq!((stopped.mail, stopped.urgent_mail), (false, false));
    let urgent = PreferenceChange { urgent_mail: Some(true), ..PreferenceChange::default() };
    assert_eq!(
        (change(urgent.clone()).mail, change(urgent).urgent_mail),
        (false, true),
        "each is a switch of its own"
    );
    change(PreferenceChange { urgent_mail: Some(false), ..PreferenceChange::default() });
    assert_eq!(change(PreferenceChange::of_mail(true)), chosen);
    ledger.shut_down();
    let ledger = stage.open();
    let asked = vec![account("g1"), account("g2")];
    let found = ask(|answer| ledger.preferences(asked, answer)).unwrap();
    assert_eq!(found, [Preference::of(account("g1")), chosen]);
    assert_eq!((found[0].digest, found[0].mail, found[0].urgent_mail), (Frequency::Daily, false, true));
    let many = (0..=limits::DIGEST_PAGE_MAX).map(|n| account(&format!("g{n}"))).collect();
    assert_eq!(ask(|answer| ledger.preferences(many, answer)).unwrap().len(), limits::DIGEST_PAGE_MAX);
}

pub(crate) fn a_digest_of_a_day_is_written_once_and_has_one_turn<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(add(&*ledger, &[ready("g1", MONDAY, &[7, u64::MAX]), ready("g2", MONDAY, &[7])]), 2);
    let again = [ready("g1", MONDAY, &[8]), ready("g3", MONDAY, &[]), ready("g1", TUESDAY, &[9])];
    assert_eq!(add(&*ledger, &again), 2);
    assert_eq!(turns(&*ledger, MONDAY, None), ["g1", "g2", "g3"]);
    assert_eq!(turns(&*ledger, MONDAY, Some("g1")), ["g2", "g3"]);
    assert_eq!(publish(&*ledger, MONDAY, &["g1", "g3", "stranger"]), 2);
    assert_eq!(publish(&*ledger, MONDAY, &["g1"]), 0, "it was before");
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(turns(&*ledger, MONDAY, None), ["g2"]);
    assert_eq!(turns(&*ledger, TUESDAY, None), ["g1"]);
    let published = DigestRow { state: DigestState::Published, ..ready("g1", MONDAY, &[7, u64::MAX]) };
    let expected = [ready("g2", MONDAY, &[7]), published, ready("g1", TUESDAY, &[9])];
    assert_eq!(of(&*ledger, &["g2", "g1"], MONDAY), expected);
    assert_eq!(of(&*ledger, &["g2", "g1"], TUESDAY), expected[2..]);
}

pub(crate) fn digests_and_evenings_leave_by_age<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let evening = |date, is_over| {
        let zone = "Europe/Paris".into();
        Evening { date, zone, is_made: true, is_over, ready: 3, skipped: 2, published: 1 }
    };
    for (date, is_over) in [(MONDAY, false), (TUESDAY, false), (MONDAY, true)] {
        ask(|answer| ledger.put_evening(evening(date, is_over), answer)).unwrap();
    }
    let evenings = || ask(|answer| ledger.evenings("Europe/Paris".into(), answer)).unwrap();
    assert_eq!(evenings(), [evening(TUESDAY, false), evening(MONDAY, true)]);
    assert_eq!(ask(|answer| ledger.evenings("Indian/Reunion".into(), answer)).unwrap(), []);
    add(&*ledger, &[ready("g1", MONDAY, &[1]), ready("g1", TUESDAY, &[2]), ready("g2", MONDAY, &[1])]);
    assert_eq!((trim(&*ledger, TUESDAY), trim(&*ledger, TUESDAY)), (2, 0));
    assert_eq!(of(&*ledger, &["g1", "g2"], MONDAY), [ready("g1", TUESDAY, &[2])]);
    assert_eq!(evenings(), [evening(TUESDAY, false)]);
}
