//! What was decided about families, for any ledger.

use preau::base::{AccountId, Reason, SchoolTime, limits};
use preau::ledger::{Cut, Ledger, PutCut};

use crate::asking::{Stage, ask, entry, page, reasons};

/// Makes a test of each part for one stage.
macro_rules! suite {
    ($name:ident, $stage:ty) => {
        mod $name {
            $crate::families::suite!(@ $stage:
                a_cut_and_its_entry_are_one_commit_and_survive_a_new_life cuts_are_bounded
                a_stop_keeps_its_first_time_and_ends who_left_is_noted_once_and_forgotten);
        }
    };
    (@ $stage:ty: $($test:ident)+) => {
        $(#[test] fn $test() { $crate::families::$test::<$stage>(); })+
    };
}
pub(crate) use suite;

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn cut(guardian: &str, child: &str) -> Cut {
    Cut {
        guardian: account(guardian),
        child: account(child),
        at: SchoolTime(7),
        by: account("ada@local"),
        why: Reason::parse("a judge's order").unwrap(),
    }
}

fn put(ledger: &dyn Ledger, cut: Cut) -> PutCut {
    ask(|answer| ledger.put_cut(cut, entry(1, "cut"), answer)).unwrap()
}

fn cuts(ledger: &dyn Ledger) -> Vec<Cut> {
    let mut cuts = ask(|answer| ledger.cuts(answer)).unwrap();
    cuts.sort_by(|a, b| (&a.guardian, &a.child).cmp(&(&b.guardian, &b.child)));
    cuts
}

pub(crate) fn a_cut_and_its_entry_are_one_commit_and_survive_a_new_life<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for (guardian, child) in [("g1", "p1"), ("g1", "p2"), ("g1", "p1")] {
        assert!(matches!(put(&*ledger, cut(guardian, child)), PutCut::Stored(_)));
    }
    assert_eq!(cuts(&*ledger), [cut("g1", "p1"), cut("g1", "p2")]);
    let link = (account("g1"), account("p2"));
    ask(|answer| ledger.remove_cut(link, entry(2, "restored"), answer)).unwrap();
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(cuts(&*ledger), [cut("g1", "p1")]);
    assert_eq!(reasons(&page(&*ledger, None, 10)), ["restored", "cut", "cut", "cut"]);
}

pub(crate) fn cuts_are_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let (answer, answered) = flume::bounded(limits::LINK_CUTS_MAX + 1);
    for number in 0..limits::LINK_CUTS_MAX {
        let answer = answer.clone();
        let answer = Box::new(move |outcome| answer.send(outcome).unwrap());
        ledger.put_cut(cut(&format!("g{number}"), "p"), entry(1, "cut"), answer).unwrap();
        // No more of them wait at once than there is room for.
        if number >= limits::LEDGER_QUEUE_MAX / 2 {
            answered.recv().unwrap().unwrap();
        }
    }
    assert_eq!(put(&*ledger, cut("one-more", "p")), PutCut::Full);
    assert_eq!(cuts(&*ledger).len(), limits::LINK_CUTS_MAX);
}

pub(crate) fn a_stop_keeps_its_first_time_and_ends<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let put = |id: &str, since: Option<i64>| {
        ask(|answer| ledger.put_stop(account(id), since.map(SchoolTime), answer)).unwrap();
    };
    put("p1", Some(5));
    put("p2", Some(6));
    put("p1", Some(9));
    put("p2", None);
    assert_eq!(ask(|answer| ledger.stops(answer)).unwrap(), [account("p1")]);
}

pub(crate) fn who_left_is_noted_once_and_forgotten<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let note = |gone: &'static [&'static str], at: i64| {
        let is_here = Box::new(move |id: &str| !gone.contains(&id));
        ask(|answer| ledger.note_leavers(is_here, SchoolTime(at), answer)).unwrap();
    };
    let leavers = |before: i64| ask(|answer| ledger.leavers(SchoolTime(before), answer)).unwrap();
    for id in ["p1", "p2", "p3"] {
        ask(|answer| ledger.put_stop(account(id), Some(SchoolTime(1)), answer)).unwrap();
    }
    put(&*ledger, cut("g1", "p1"));
    note(&["p1", "nobody"], 10);
    note(&["p1", "p2"], 20);
    assert_eq!(leavers(20), [account("p1")], "who left first keeps that time");
    assert_eq!(leavers(21), [account("p1"), account("p2")], "and nothing is kept about the other");
    note(&["p1"], 30);
    assert_eq!(leavers(99), [account("p1")], "p2 is back");
    let gone = ask(|answer| ledger.forget(account("p1"), answer)).unwrap();
    let rows = |name: &str| gone.iter().find(|(part, _)| *part == name).map(|(_, rows)| *rows);
    assert_eq!((rows("family_stopped"), rows("left"), rows("items")), (Some(1), Some(1), Some(0)));
    note(&["p1"], 40);
    assert_eq!((leavers(99), cuts(&*ledger).len()), (vec![], 1), "a cut protects the other one and stays");
    let again = ask(|answer| ledger.forget(account("p1"), answer)).unwrap();
    assert!(again.iter().all(|(_, rows)| *rows == 0));
}
