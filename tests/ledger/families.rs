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
                a_stop_keeps_its_first_time_and_ends);
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
    for number in 0..limits::LINK_CUTS_MAX {
        let asked = ledger.put_cut(cut(&format!("g{number}"), "p"), entry(1, "cut"), Box::new(|_| ()));
        // A full queue is emptied by an answer.
        if asked.is_err() {
            cuts(&*ledger);
            put(&*ledger, cut(&format!("g{number}"), "p"));
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
