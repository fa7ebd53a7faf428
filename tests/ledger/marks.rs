//! The contract of `preau::ledger::Marks`, test by test.

use std::collections::BTreeMap;

use preau::base::{AccountId, ItemId, Role, SchoolTime, limits};
use preau::ledger::{DoneMark, Extended, Ledger, Marked, PutExtension, Receipt};

use crate::asking::{Stage, ask};

/// Makes a test of each part of the contract for one stage.
macro_rules! suite {
    ($name:ident, $stage:ty) => {
        mod $name {
            $crate::marks::suite!(@ $stage:
                a_subject_has_one_receipt_and_the_first_stands receipts_are_read_by_pages_that_new_ones_do_not_move
                a_done_mark_is_set_once_and_taken_back an_extension_counts_its_changes_and_never_gives_a_number_twice
                extensions_are_found_by_their_dates marks_of_many_are_asked_for_at_once
                a_random_history_reads_as_a_map_would forgetting_an_item_leaves_the_others
                erasing_an_account_leaves_nothing_of_it everything_survives_a_restart);
        }
    };
    (@ $stage:ty: $($test:ident)+) => {
        $(#[test] fn $test() { $crate::marks::$test::<$stage>(); })+
    };
}
pub(crate) use suite;

fn item(name: &str) -> ItemId {
    ItemId::parse(name).unwrap()
}

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn receipt(name: &str, subject: &str, by: &str, at: i64) -> Receipt {
    let role = if subject.starts_with('t') { Role::Teacher } else { Role::Student };
    Receipt { item: item(name), subject: account(subject), role, by: account(by), at: SchoolTime(at) }
}

fn put_receipts(ledger: &dyn Ledger, receipts: &[Receipt]) -> usize {
    ask(|answer| ledger.put_receipts(receipts.to_vec(), answer)).unwrap()
}

fn receipts(ledger: &dyn Ledger, name: &str, after: Option<&str>, limit: usize) -> Vec<Receipt> {
    ask(|answer| ledger.receipts(item(name), after.map(account), limit, answer)).unwrap()
}

fn put_done(ledger: &dyn Ledger, name: &str, student: &str, at: Option<i64>) -> Option<i64> {
    let at = at.map(SchoolTime);
    ask(|answer| ledger.put_done(item(name), account(student), at, answer)).unwrap().map(|at| at.0)
}

fn extend(ledger: &dyn Ledger, name: &str, student: &str, due: Option<&str>) -> PutExtension {
    let due = due.map(str::to_owned);
    ask(|answer| ledger.put_extension(item(name), account(student), due, answer)).unwrap()
}

fn due_between(ledger: &dyn Ledger, from: &str, until: &str, skipped: usize) -> Vec<String> {
    let found = ask(|answer| ledger.extensions_due((from.to_owned(), until.to_owned()), skipped, answer));
    found.unwrap().into_iter().map(|one| one.due).collect()
}

fn marked(ledger: &dyn Ledger, pairs: &[(&str, &str)]) -> Vec<(Option<i64>, Option<String>)> {
    let pairs = pairs.iter().map(|(name, student)| (item(name), account(student))).collect();
    let found: Vec<Marked> = ask(|answer| ledger.marked(pairs, answer)).unwrap();
    found.into_iter().map(|one| (one.done_at.map(|at| at.0), one.due)).collect()
}

pub(crate) fn a_subject_has_one_receipt_and_the_first_stands<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(receipts(&*ledger, "a", None, 10), []);
    let first = receipt("a", "pupil", "mother", 5);
    assert_eq!(put_receipts(&*ledger, std::slice::from_ref(&first)), 1);
    assert_eq!(put_receipts(&*ledger, &[receipt("a", "pupil", "father", 6)]), 0);
    assert_eq!(receipts(&*ledger, "a", None, 10), [first]);
    let both = [receipt("a", "pupil", "father", 7), receipt("a", "teacher", "teacher", 7)];
    assert_eq!(put_receipts(&*ledger, &both), 1);
    put_receipts(&*ledger, &[receipt("b", "pupil", "father", 7)]);
    let counts = ask(|answer| ledger.receipt_counts(item("a"), answer)).unwrap();
    assert_eq!(counts, [(Role::Teacher, 1), (Role::Student, 1)]);
    assert_eq!(ask(|answer| ledger.receipt_counts(item("z"), answer)).unwrap(), []);
    let of = |name| ask(|answer| ledger.marks_of(account(name), answer)).unwrap().receipts;
    assert_eq!(of("father").iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(of("pupil").iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["b", "a"]);
}

pub(crate) fn receipts_are_read_by_pages_that_new_ones_do_not_move<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let names: Vec<String> = (0..25).rev().map(|number| format!("pupil-{number}")).collect();
    let all: Vec<Receipt> = names.iter().map(|name| receipt("a", name, name, 1)).collect();
    assert_eq!(put_receipts(&*ledger, &all), 25);
    let page = receipts(&*ledger, "a", None, 10);
    assert_eq!(page, all[..10]);
    put_receipts(&*ledger, &[receipt("a", "aaa", "aaa", 2)]);
    let rest = receipts(&*ledger, "a", Some("pupil-15"), limits::MARKS_PAGE_MAX);
    assert_eq!(rest[..15], all[10..]);
    assert_eq!((rest.len(), rest[15].subject.as_str()), (16, "aaa"));
    assert_eq!(receipts(&*ledger, "a", None, 0).len(), 1, "a page holds something");
}

pub(crate) fn a_done_mark_is_set_once_and_taken_back<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(put_done(&*ledger, "a", "ada", None), None);
    assert_eq!(put_done(&*ledger, "a", "ada", Some(5)), Some(5));
    assert_eq!(put_done(&*ledger, "a", "ada", Some(9)), Some(5), "the first time stands");
    assert_eq!(put_done(&*ledger, "a", "bob", Some(7)), Some(7));
    let count = || ask(|answer| ledger.done_count(item("a"), answer)).unwrap();
    assert_eq!(count(), 2);
    let page = ask(|answer| ledger.done(item("a"), Some(account("ada")), 10, answer)).unwrap();
    assert_eq!(page, [DoneMark { item: item("a"), student: account("bob"), at: SchoolTime(7) }]);
    assert_eq!(put_done(&*ledger, "a", "ada", None), None);
    assert_eq!((count(), put_done(&*ledger, "a", "ada", Some(9))), (1, Some(9)));
}

pub(crate) fn an_extension_counts_its_changes_and_never_gives_a_number_twice<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let put = |version, is_new| PutExtension { version, is_new };
    assert_eq!(extend(&*ledger, "a", "ada", None), put(0, false), "nothing to take back");
    assert_eq!(extend(&*ledger, "a", "ada", Some("2026-12-01")), put(1, true));
    assert_eq!(extend(&*ledger, "a", "ada", Some("2026-12-01")), put(1, false));
    assert_eq!(extend(&*ledger, "a", "ada", None), put(2, true));
    assert_eq!(ask(|answer| ledger.extensions(item("a"), answer)).unwrap(), []);
    assert_eq!(extend(&*ledger, "a", "ada", Some("2026-12-01")), put(3, true));
    assert_eq!(extend(&*ledger, "a", "bob", Some("2026-12-02T10:00")), put(1, true));
    let found = ask(|answer| ledger.extensions(item("a"), answer)).unwrap();
    let expected = Extended { item: item("a"), student: account("ada"), due: "2026-12-01".into() };
    assert_eq!((found.len(), &found[0]), (2, &expected));
}

pub(crate) fn extensions_are_found_by_their_dates<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for (student, due) in [("ada", "2026-12-01"), ("bob", "2026-12-01T23:59"), ("eve", "2026-12-02")] {
        extend(&*ledger, "a", student, Some(due));
    }
    extend(&*ledger, "a", "max", Some("2026-12-01"));
    extend(&*ledger, "a", "max", None);
    let days = ("2026-12-01", "2026-12-02");
    assert_eq!(due_between(&*ledger, days.0, days.1, 0), ["2026-12-01", "2026-12-01T23:59"]);
    assert_eq!(due_between(&*ledger, days.0, days.1, 1), ["2026-12-01T23:59"]);
    assert_eq!(due_between(&*ledger, "2026-12-02", "2026-12-09", 0), ["2026-12-02"]);
}

pub(crate) fn marks_of_many_are_asked_for_at_once<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put_done(&*ledger, "a", "ada", Some(5));
    extend(&*ledger, "a", "bob", Some("2026-12-01"));
    let asked = [("a", "bob"), ("z", "ada"), ("a", "ada"), ("a", "nobody")];
    let expected = [(None, Some("2026-12-01".to_owned())), (None, None), (Some(5), None), (None, None)];
    assert_eq!(marked(&*ledger, &asked), expected);
    let many = vec![("a", "ada"); limits::MARKS_ASKED_MAX + 1];
    assert_eq!(marked(&*ledger, &many).len(), limits::MARKS_ASKED_MAX);
}

/// Since when an assignment is done, its extension, and that one's version.
type Known = (Option<i64>, Option<String>, u32);

/// Whatever order things come in, one student's state of one assignment is what was said last, at the first time that it
/// was said since.
pub(crate) fn a_random_history_reads_as_a_map_would<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let mut seed = 0x9E37_79B9_u64;
    let mut draw = |below: u64| -> u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut model: BTreeMap<(String, String), Known> = BTreeMap::new();
    for step in 0..600 {
        let (name, student) = (format!("item-{}", draw(4)), format!("pupil-{}", draw(5)));
        let known = model.entry((name.clone(), student.clone())).or_default();
        match draw(3) {
            0 => {
                known.0 = known.0.or(Some(step));
                assert_eq!(put_done(&*ledger, &name, &student, Some(step)), known.0);
            }
            1 => {
                known.0 = None;
                assert_eq!(put_done(&*ledger, &name, &student, None), None);
            }
            _ => {
                let due = (draw(3) > 0).then(|| format!("2026-12-0{}", 1 + draw(3)));
                let is_new = known.1 != due;
                (known.1, known.2) = (due.clone(), known.2 + u32::from(is_new));
                let put = extend(&*ledger, &name, &student, due.as_deref());
                assert_eq!(put, PutExtension { version: known.2, is_new });
            }
        }
    }
    let asked: Vec<(&str, &str)> = model.keys().map(|(name, student)| (&**name, &**student)).collect();
    let expected: Vec<_> = model.values().map(|(at, due, _)| (*at, due.clone())).collect();
    assert_eq!(marked(&*ledger, &asked), expected);
    for number in 0..4 {
        let name = format!("item-{number}");
        let done = model.iter().filter(|((of, _), state)| *of == name && state.0.is_some()).count() as u64;
        assert_eq!(ask(|answer| ledger.done_count(item(&name), answer)).unwrap(), done);
    }
}

pub(crate) fn forgetting_an_item_leaves_the_others<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let many = limits::MARKS_TRIM_SLICE + 10;
    let all: Vec<Receipt> = (0..many).map(|n| receipt("a", &format!("p{n}"), &format!("p{n}"), 1)).collect();
    put_receipts(&*ledger, &all);
    put_receipts(&*ledger, &[receipt("b", "p1", "p1", 1)]);
    put_done(&*ledger, "a", "p1", Some(1));
    extend(&*ledger, "a", "p1", Some("2026-12-01"));
    let items = |after: Option<&str>| ask(|answer| ledger.marked_items(after.map(item), answer)).unwrap();
    assert_eq!(items(None), [item("a"), item("b")]);
    assert_eq!(items(Some("a")), [item("b")]);
    let forget = || ask(|answer| ledger.forget_marks(item("a"), answer)).unwrap();
    assert_eq!([forget(), forget(), forget(), forget()], [limits::MARKS_TRIM_SLICE + 2, 10, 0, 0]);
    assert_eq!(items(None), [item("b")]);
    assert_eq!(receipts(&*ledger, "b", None, 10).len(), 1);
    assert_eq!(put_done(&*ledger, "c", "p1", Some(1)), Some(1));
    assert_eq!(marked(&*ledger, &[("a", "p1"), ("c", "p1")]), [(None, None), (Some(1), None)]);
}

pub(crate) fn erasing_an_account_leaves_nothing_of_it<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put_receipts(&*ledger, &[receipt("a", "pupil", "mother", 1), receipt("a", "other", "other", 1)]);
    put_done(&*ledger, "a", "pupil", Some(1));
    extend(&*ledger, "a", "pupil", Some("2026-12-01"));
    let erase = |name| ask(|answer| ledger.erase_marks(account(name), answer)).unwrap();
    assert_eq!([erase("mother"), erase("pupil"), erase("pupil")], [1, 2, 0]);
    assert_eq!(receipts(&*ledger, "a", None, 10).len(), 1);
    assert_eq!(marked(&*ledger, &[("a", "pupil")]), [(None, None)]);
}

pub(crate) fn everything_survives_a_restart<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put_receipts(&*ledger, &[receipt("a", "pupil", "mother", 1)]);
    put_done(&*ledger, "b", "pupil", Some(1));
    extend(&*ledger, "b", "pupil", Some("2026-12-01"));
    for (zone, slot) in [("Europe/Paris", "1"), ("Indian/Reunion", "2"), ("Europe/Paris", "3")] {
        ask(|answer| ledger.put_reminded(zone.into(), slot.into(), answer)).unwrap();
    }
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(receipts(&*ledger, "a", None, 10), [receipt("a", "pupil", "mother", 1)]);
    assert_eq!(marked(&*ledger, &[("b", "pupil")]), [(Some(1), Some("2026-12-01".into()))]);
    let reminded = ask(|answer| ledger.reminded(answer)).unwrap();
    let expected = [("Europe/Paris", "3"), ("Indian/Reunion", "2")];
    assert_eq!(reminded, expected.map(|(zone, slot)| (zone.to_owned(), slot.to_owned())));
}
