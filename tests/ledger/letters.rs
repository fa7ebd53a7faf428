//! The contract of letters, test by test.

use jiff::civil::Date;
use preau::base::{AccountId, ItemId, MachineTime, limits};
use preau::ledger::{
    About, Ledger, LedgerError, Letter, LetterEnd, LetterId, LetterState, NewEntry, NewLetter,
};

use crate::asking::{Stage, act, ask, entry, page, reasons};

const EVENING: Date = jiff::civil::date(2026, 11, 30);

fn digest(to: &str) -> NewLetter {
    NewLetter { to: AccountId::parse(to).unwrap(), about: About::Digest(EVENING) }
}

fn urgent(to: &str) -> NewLetter {
    NewLetter { to: AccountId::parse(to).unwrap(), about: About::Urgent(ItemId::parse("fire").unwrap()) }
}

fn put(ledger: &dyn Ledger, letters: Vec<NewLetter>, now: u64) -> usize {
    ask(|answer| ledger.put_letters(letters, MachineTime(now), answer)).unwrap()
}

fn due(ledger: &dyn Ledger, is_urgent: bool, now: u64) -> Vec<Letter> {
    ask(|answer| ledger.due_letters(is_urgent, MachineTime(now), 10_000, answer)).unwrap()
}

fn names(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

fn waiting(ledger: &dyn Ledger) -> usize {
    ask(|answer| ledger.waiting_letters(answer)).unwrap()
}

fn begin(ledger: &dyn Ledger, id: LetterId) -> bool {
    ask(|answer| ledger.begin_letter(id, answer)).unwrap()
}

fn end(ledger: &dyn Ledger, id: LetterId, end: LetterEnd, note: Option<NewEntry>) {
    ask(|answer| ledger.end_letter(id, end, note, answer)).unwrap();
}

fn states(ledger: &dyn Ledger, to: &str) -> Vec<LetterState> {
    let to = AccountId::parse(to).unwrap();
    let letters = ask(|answer| ledger.letters_of(to, answer)).unwrap();
    letters.iter().map(|letter| letter.state).collect()
}

pub(crate) fn a_letter_is_written_once<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    assert_eq!(put(&*ledger, vec![digest("g1"), digest("g2"), digest("g1")], 5), 2);
    assert_eq!(put(&*ledger, vec![digest("g2"), urgent("g2")], 6), 1);
    let letters = due(&*ledger, false, 6);
    assert_eq!(names(&letters), ["g1", "g2"]);
    let first = &letters[0];
    assert_eq!((&first.about, first.state, first.attempts), (&digest("g1").about, LetterState::Waiting, 0));
    assert_eq!((first.written_at, first.next_at), (MachineTime(5), MachineTime(5)));
    assert_eq!(names(&due(&*ledger, true, 6)), ["g2"]);
    assert_eq!(waiting(&*ledger), 3);
    end(&*ledger, first.id, LetterEnd::Sent, None);
    assert_eq!(put(&*ledger, vec![digest("g1")], 7), 0, "sent is not asked for again");
    assert_eq!(waiting(&*ledger), 2);
    let many = vec![digest("g"); limits::LETTERS_PAGE_MAX + 1];
    let refused = ask(|answer| ledger.put_letters(many, MachineTime(8), answer));
    assert_eq!(refused, Err(LedgerError::LettersTooMany));
}

pub(crate) fn a_letter_comes_when_it_is_due_and_the_longest_waiting_first<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put(&*ledger, vec![digest("late")], 20);
    put(&*ledger, vec![digest("early"), digest("mid")], 10);
    assert_eq!(names(&due(&*ledger, false, 9)), [""; 0]);
    assert_eq!(names(&due(&*ledger, false, 19)), ["early", "mid"]);
    let early = due(&*ledger, false, 19).remove(0);
    ask(|answer| ledger.delay_letter(early.id, 3, MachineTime(30), answer)).unwrap();
    assert_eq!(names(&due(&*ledger, false, 29)), ["mid", "late"]);
    let again = due(&*ledger, false, 30).pop().unwrap();
    assert_eq!((again.id, again.attempts, again.next_at), (early.id, 3, MachineTime(30)));
    let one = ask(|answer| ledger.due_letters(false, MachineTime(30), 0, answer)).unwrap();
    assert_eq!(names(&one), ["mid"], "a page holds something");
}

pub(crate) fn a_letter_is_begun_once_and_ends_once<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put(&*ledger, vec![digest("g1")], 1);
    let id = due(&*ledger, false, 1)[0].id;
    assert!(begin(&*ledger, id) && !begin(&*ledger, id));
    assert_eq!(due(&*ledger, false, 1), []);
    assert_eq!(states(&*ledger, "g1"), [LetterState::Sending]);
    end(&*ledger, id, LetterEnd::Refused, Some(entry(7, "550")));
    end(&*ledger, id, LetterEnd::Sent, Some(entry(8, "later")));
    ask(|answer| ledger.delay_letter(id, 1, MachineTime(1), answer)).unwrap();
    assert_eq!(states(&*ledger, "g1"), [LetterState::Ended(LetterEnd::Refused)]);
    assert!(!begin(&*ledger, id) && !begin(&*ledger, LetterId(u64::MAX)));
    let log = page(&*ledger, None, 10);
    assert_eq!((reasons(&log), &log[0].entry), (vec!["550"], &entry(7, "550")));
}

pub(crate) fn what_a_crash_interrupts_waits_again<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put(&*ledger, vec![digest("g1"), digest("g2"), digest("g3")], 1);
    let ids: Vec<LetterId> = due(&*ledger, false, 1).iter().map(|letter| letter.id).collect();
    assert!(begin(&*ledger, ids[0]) && begin(&*ledger, ids[1]));
    end(&*ledger, ids[1], LetterEnd::Sent, None);
    ledger.shut_down();
    drop(ledger);
    stage.begin_new_life();
    let ledger = stage.open();
    assert_eq!(names(&due(&*ledger, false, 1)), ["g3"]);
    assert_eq!(ask(|answer| ledger.reopen_letters(answer)).unwrap(), 1);
    assert_eq!(names(&due(&*ledger, false, 1)), ["g1", "g3"]);
    assert_eq!(ask(|answer| ledger.reopen_letters(answer)).unwrap(), 0);
    assert_eq!(states(&*ledger, "g2"), [LetterState::Ended(LetterEnd::Sent)]);
}

pub(crate) fn late_letters_are_given_up_and_old_ones_forgotten<S: Stage>() {
    let mut stage = S::set_up();
    let ledger = stage.open();
    put(&*ledger, vec![digest("g1"), urgent("g1"), digest("g2")], 1);
    put(&*ledger, vec![digest("g3")], 10);
    let sent = due(&*ledger, false, 1).pop().unwrap();
    end(&*ledger, sent.id, LetterEnd::Sent, None);
    let give_up = |before| ask(|answer| ledger.give_up_letters(MachineTime(before), act(9, "24 h"), answer));
    assert_eq!((give_up(1), give_up(10), give_up(10)), (Ok(0), Ok(2), Ok(0)));
    assert_eq!(states(&*ledger, "g1"), [LetterState::Ended(LetterEnd::GivenUp); 2]);
    assert_eq!(states(&*ledger, "g2"), [LetterState::Ended(LetterEnd::Sent)]);
    let log = page(&*ledger, None, 10);
    let entry = &log[0].entry;
    assert_eq!((log.len(), entry.what.as_str(), &entry.act), (1, "letters given_up", &act(9, "24 h")));
    assert_eq!(entry.after.as_ref().unwrap().read::<u32>(), Ok(2));
    let trim = |before| ask(|answer| ledger.trim_letters(MachineTime(before), answer)).unwrap();
    assert_eq!((trim(1), trim(10), trim(u64::MAX)), (0, 3, 0), "one still waits");
    assert_eq!(names(&due(&*ledger, false, 10)), ["g3"]);
    let forget = || ask(|answer| ledger.forget_letters(AccountId::parse("g3").unwrap(), answer)).unwrap();
    assert_eq!((forget(), forget(), waiting(&*ledger)), (1, 0, 0));
}
