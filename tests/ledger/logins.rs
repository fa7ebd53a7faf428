//! The contract of log-ins, test by test.

use preau::base::{AccountId, LoginHash, MachineTime, limits};
use preau::ledger::{Ledger, Login, Logins, LoginsCut, NewLogin, PutLogin};

use crate::asking::{Stage, ask};

/// Makes a test of each part for one stage.
macro_rules! suite {
    ($name:ident, $stage:ty) => {
        mod $name {
            $crate::logins::suite!(@ $stage:
                a_log_in_is_known_by_its_hash_until_it_ends a_browsers_old_log_in_ends_with_its_new_one
                an_account_has_so_many_and_the_longest_unseen_ends log_ins_end_by_whoever_names_them
                what_is_over_is_forgotten_and_the_rest_survives_a_new_life);
        }
    };
    (@ $stage:ty: $($test:ident)+) => {
        $(#[test] fn $test() { $crate::logins::$test::<$stage>(); })+
    };
}
pub(crate) use suite;

fn hash(n: u8) -> LoginHash {
    LoginHash([n; 32])
}

fn begin(ledger: &dyn Ledger, n: u8, account: &str, had: Option<u8>, now: u64) -> Vec<LoginHash> {
    let new = NewLogin {
        hash: hash(n),
        account: AccountId::parse(account).unwrap(),
        subject: format!("subject of {account}"),
        provider_session: n.is_multiple_of(2).then(|| format!("session {n}")),
    };
    let put = ask(|answer| ledger.put_login(new, had.map(hash), MachineTime(now), answer)).unwrap();
    let PutLogin::Begun(ended) = put else { panic!("there is room") };
    ended.into_iter().map(|login| login.hash).collect()
}

fn find(ledger: &dyn Ledger, n: u8) -> Option<Login> {
    ask(|answer| ledger.login(hash(n), answer)).unwrap()
}

fn is_open(ledger: &dyn Ledger, n: u8) -> bool {
    find(ledger, n).is_some_and(|login| login.ended_at.is_none())
}

fn end(ledger: &dyn Ledger, which: Logins, now: u64) -> Vec<LoginHash> {
    let ended = ask(|answer| ledger.end_logins(which, MachineTime(now), answer)).unwrap();
    assert!(ended.iter().all(|login| login.ended_at == Some(MachineTime(now))));
    ended.into_iter().map(|login| login.hash).collect()
}

pub(crate) fn a_log_in_is_known_by_its_hash_until_it_ends<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(begin(&*ledger, 1, "u1", None, 10), []);
    let login = find(&*ledger, 1).unwrap();
    assert_eq!(
        (login.account.as_str(), login.began_at, login.seen_at),
        ("u1", MachineTime(10), MachineTime(10))
    );
    assert_eq!((login.ended_at, find(&*ledger, 2)), (None, None));
    ask(|answer| ledger.see_login(hash(1), MachineTime(20), answer)).unwrap();
    assert_eq!(find(&*ledger, 1).unwrap().seen_at, MachineTime(20));
    assert_eq!(end(&*ledger, Logins::One(hash(1)), 30), [hash(1)]);
    assert_eq!(end(&*ledger, Logins::One(hash(1)), 31), [], "once");
    ask(|answer| ledger.see_login(hash(1), MachineTime(40), answer)).unwrap();
    let login = find(&*ledger, 1).unwrap();
    assert_eq!((login.seen_at, login.ended_at), (MachineTime(20), Some(MachineTime(30))), "it stays ended");
}

pub(crate) fn a_browsers_old_log_in_ends_with_its_new_one<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    begin(&*ledger, 1, "u1", None, 1);
    assert_eq!(begin(&*ledger, 2, "u2", Some(1), 2), [hash(1)]);
    assert_eq!(begin(&*ledger, 3, "u2", Some(9), 3), [], "what nobody knows ends nothing");
    assert_eq!([1, 2, 3].map(|n| is_open(&*ledger, n)), [false, true, true]);
}

pub(crate) fn an_account_has_so_many_and_the_longest_unseen_ends<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    let max = u8::try_from(limits::LOGINS_PER_ACCOUNT_MAX).unwrap();
    for n in 0..max {
        assert_eq!(begin(&*ledger, n, "u1", None, u64::from(n)), []);
    }
    ask(|answer| ledger.see_login(hash(0), MachineTime(1_000), answer)).unwrap();
    assert_eq!(begin(&*ledger, max, "u1", None, 2_000), [hash(1)]);
    assert_eq!(begin(&*ledger, max + 1, "u2", None, 2_000), []);
}

pub(crate) fn log_ins_end_by_whoever_names_them<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for n in 1..=4 {
        begin(&*ledger, n, "u1", None, u64::from(n));
    }
    begin(&*ledger, 6, "u2", None, 6);
    assert_eq!(end(&*ledger, Logins::ProviderSession("session 2".into()), 10), [hash(2)]);
    assert_eq!(end(&*ledger, Logins::ProviderSession(String::new()), 10), [], "no name is nobody's");
    assert_eq!(end(&*ledger, Logins::AllWith(hash(2)), 11), [], "an ended one speaks for nobody");
    assert_eq!(end(&*ledger, Logins::AllWith(hash(1)), 12), [hash(1), hash(3), hash(4)]);
    assert_eq!(end(&*ledger, Logins::Subject("subject of u2".into()), 13), [hash(6)]);
    let ended = ask(|answer| ledger.ended_logins(MachineTime(11), answer)).unwrap();
    assert_eq!(ended.len(), 4);
}

pub(crate) fn what_is_over_is_forgotten_and_the_rest_survives_a_new_life<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    for n in 1..=5 {
        begin(&*ledger, n, "u1", None, u64::from(n) * 100);
    }
    end(&*ledger, Logins::One(hash(4)), 450);
    ask(|answer| ledger.see_login(hash(1), MachineTime(460), answer)).unwrap();
    let trim = |ended, began, seen| {
        let [ended, began, seen] = [ended, began, seen].map(MachineTime);
        ask(|answer| ledger.trim_logins(LoginsCut { ended, began, seen }, answer)).unwrap()
    };
    assert_eq!(trim(450, 100, 0), 0);
    assert_eq!(trim(451, 200, 300), 3, "one ended, one began and one was seen too long ago");
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!([1, 2, 3, 4, 5].map(|n| is_open(&*ledger, n)), [false, false, true, false, true]);
    let gone = ask(|answer| ledger.forget(AccountId::parse("u1").unwrap(), answer)).unwrap();
    assert!(gone.contains(&("logins", 2)), "{gone:?}");
    assert_eq!(find(&*ledger, 5), None);
}
