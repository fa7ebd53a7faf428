//! The contract of `preau::ledger`, test by test.

use preau::base::{MachineTime, Reason, limits};
use preau::ledger::{Busy, EntryId, Json, JsonError, LedgerError};

use crate::asking::{Stage, act, append, ask, deed, entry, key, page, put, reasons, settings};

/// Makes a test of each part of the contract for one stage.
macro_rules! suite {
    ($name:ident, $stage:ty) => {
        mod $name {
            $crate::contract::suite!(@ $stage, contract:
                the_audit_log_is_read_by_pages_newest_first entries_leave_by_age_and_their_numbers_are_not_reused
                a_setting_changes_with_its_entry settings_are_bounded
                everything_survives_a_restart_and_a_new_life texts_are_bounded a_full_queue_is_busy shutting_down_answers_everything);
            $crate::contract::suite!(@ $stage, items:
                an_item_is_written_once_and_then_version_by_version what_is_not_settled_is_found
                a_withdrawn_item_stays_so_and_the_entry_is_its_own what_was_refused_is_taken_back
                an_author_reads_its_own_by_pages_newest_first live_assignments_are_found_by_their_day
                old_items_leave_when_nothing_of_them_is_to_come);
            $crate::contract::suite!(@ $stage, digests:
                who_chose_nothing_has_the_default a_digest_of_a_day_is_written_once_and_has_one_turn
                digests_and_evenings_leave_by_age);
            $crate::contract::suite!(@ $stage, letters:
                a_letter_is_written_once
                a_letter_comes_when_it_is_due_and_the_longest_waiting_first a_letter_is_begun_once_and_ends_once
                what_a_crash_interrupts_waits_again late_letters_are_given_up_and_old_ones_forgotten);
        }
    };
    (@ $stage:ty, $part:ident: $($test:ident)+) => {
        $(#[test] fn $test() { $crate::$part::$test::<$stage>(); })+
    };
}
pub(crate) use suite;

pub(crate) fn the_audit_log_is_read_by_pages_newest_first<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(page(&*ledger, None, 10), []);
    let ids: Vec<EntryId> = (0..25).map(|n| append(&*ledger, entry(n, &format!("{n}")))).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
    let newest = page(&*ledger, None, 10);
    assert_eq!(reasons(&newest), (15..25).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!((newest[0].id, &newest[0].entry), (ids[24], &entry(24, "24")));
    let rest = page(&*ledger, Some(newest[9].id), 1_000);
    assert_eq!(reasons(&rest), (0..15).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(page(&*ledger, Some(ids[0]), 10), []);
    assert_eq!(page(&*ledger, None, 0).len(), 1, "a page holds something");
}

pub(crate) fn entries_leave_by_age_and_their_numbers_are_not_reused<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let ids: Vec<EntryId> = (0..10).map(|n| append(&*ledger, entry(n, "x"))).collect();
    let trim = |before| ask(|answer| ledger.audit_trim(MachineTime(before), answer)).unwrap();
    assert_eq!((trim(4), trim(4)), (4, 0));
    assert_eq!(page(&*ledger, None, 100).len(), 6);
    assert_eq!(trim(u64::MAX), 6);
    assert!(append(&*ledger, entry(3, "later")) > ids[9]);
}

pub(crate) fn a_setting_changes_with_its_entry<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put(&*ledger, "window", Some("a")).unwrap();
    put(&*ledger, "limits", Some("b")).unwrap();
    put(&*ledger, "window", Some("c")).unwrap();
    let expected = [("limits", "b"), ("window", "c")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(settings(&*ledger), expected);
    put(&*ledger, "window", None).unwrap();
    assert_eq!(settings(&*ledger), expected[..1]);
    let said: Vec<_> = page(&*ledger, None, 10)
        .into_iter()
        .map(|entry| {
            assert_eq!(entry.entry.act, act(1, "because"));
            let json = |json: Option<Json>| json.map(|json| json.read::<String>().unwrap());
            (entry.entry.what.as_str().to_owned(), json(entry.entry.before), json(entry.entry.after))
        })
        .collect();
    let change = |what: &str, before: Option<&str>, after: Option<&str>| {
        (what.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
    };
    let expected = [
        change("change window", Some("c"), None),
        change("change window", Some("a"), Some("c")),
        change("change limits", None, Some("b")),
        change("change window", None, Some("a")),
    ];
    assert_eq!(said, expected);
}

pub(crate) fn settings_are_bounded<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for n in 0..limits::SETTINGS_MAX {
        put(&*ledger, &format!("key-{n}"), Some("a")).unwrap();
    }
    assert_eq!(put(&*ledger, "more", Some("a")), Err(LedgerError::SettingsFull));
    put(&*ledger, "key-7", Some("b")).unwrap();
    put(&*ledger, "key-8", None).unwrap();
    put(&*ledger, "more", Some("a")).unwrap();
}

pub(crate) fn everything_survives_a_restart_and_a_new_life<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let id = append(&*ledger, entry(1, "first"));
    put(&*ledger, "limits", Some("a")).unwrap();
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(page(&*ledger, None, 10).last().unwrap().id, id);
    assert_eq!(settings(&*ledger), [("limits".to_owned(), "a".to_owned())]);
}

pub(crate) fn texts_are_bounded<S: Stage>() {
    for wrong in ["", "  ", "a\nb", &"é".repeat(limits::REASON_CHARS_MAX + 1)] {
        let error = Reason::parse(wrong).unwrap_err().to_string();
        assert!(error.starts_with("a reason has 1 to 500 characters"), "{error}");
    }
    assert!(Reason::parse(&"é".repeat(limits::REASON_CHARS_MAX)).is_ok());
    let long = "x".repeat(limits::LEDGER_JSON_BYTES_MAX);
    assert_eq!(Json::of(&long), Err(JsonError::TooLong));
    assert_eq!(Json::of(&7).unwrap().read::<String>(), Err(JsonError::Shape));
}

pub(crate) fn a_full_queue_is_busy<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let (open, gate) = flume::bounded::<()>(0);
    let (arrive, arrived) = flume::bounded::<()>(1);
    let hold = Box::new(move |_| {
        arrive.send(()).unwrap();
        gate.recv().unwrap();
    });
    ledger.settings(hold).unwrap();
    arrived.recv().unwrap();
    for n in 0..limits::LEDGER_QUEUE_MAX as u64 {
        ledger.audit_append(entry(n, "x"), Box::new(|_| ())).unwrap();
    }
    assert_eq!(ledger.audit_append(entry(0, "x"), Box::new(|_| panic!("never called"))), Err(Busy));
    open.send(()).unwrap();
    ledger.shut_down();
    drop(ledger);
    assert_eq!(reasons(&page(&*stage.open(), None, 1)), ["x"]);
}

pub(crate) fn shutting_down_answers_everything<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let (answer, answered) = flume::bounded(3_000);
    let mut queued = 0;
    loop {
        let answer = answer.clone();
        let entry = entry(queued, "x");
        if ledger.audit_append(entry, Box::new(move |outcome| answer.send(outcome.is_ok()).unwrap())).is_err()
        {
            break;
        }
        queued += 1;
        if queued == 3_000 {
            break;
        }
    }
    ledger.shut_down();
    assert_eq!(answered.drain().filter(|is_written| *is_written).count() as u64, queued);
    let refused =
        ledger.put_setting(key("a"), None, deed(), act(1, "x"), Box::new(|_| panic!("never called")));
    assert_eq!(refused, Err(Busy));
}
