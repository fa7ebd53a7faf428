//! What goes out, to whom, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use preau::base::body::Announcement;
use preau::base::{AccountId, Clock as _, ItemId};
use preau::ledger::{About, LetterEnd, LetterState, NewLetter};

use crate::bureau::{Bureau, PATIENCE, address, guardian};
use crate::relay::Relay;

const HOUR: Duration = Duration::from_hours(1);

fn item(id: &str) -> ItemId {
    ItemId::parse(id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_guardian_gets_one_letter_whoever_shares_the_address() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(60, relay.port());
    bureau.write(0..60).await;
    bureau.write(0..60).await;
    bureau.run();
    relay.wait_for(60, PATIENCE).await;
    bureau.until_ended(59, LetterEnd::Sent).await;
    bureau.stop().await;
    bureau.run();
    bureau.stop().await;
    let kept = relay.kept();
    assert!(kept.values().all(|letter| letter.copies == 1), "once, also after a restart");
    assert!(relay.lines_max() <= 4, "{} lines", relay.lines_max());
    let mut by_address: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in kept.values() {
        *by_address.entry(&letter.to).or_default() += 1;
    }
    assert_eq!((by_address[address(0).as_str()], by_address[address(1).as_str()]), (1, 2));
    for (id, letter) in &kept {
        assert!(id.starts_with("<digest.2026-11-30.") && id.ends_with("@preau.test>"), "{id}");
        assert!(!letter.bytes.contains("Nom") && !id.contains("g-"), "no adult is named: {}", letter.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_unwanted_or_has_no_reader_is_not_sent() {
    let relay = Relay::start();
    let mut bureau = Bureau::new(7, relay.port());
    bureau.world.withdrawn.lock().unwrap().insert(item("i-s-0"));
    bureau.world.stopped.lock().unwrap().insert(guardian(1));
    bureau.write(0..3).await;
    let gone = AccountId::parse("g-gone").unwrap();
    let student = AccountId::parse("s-1").unwrap();
    let about = |to: &AccountId, about| NewLetter { to: to.clone(), about };
    let other_day = About::Digest(jiff::civil::date(2026, 11, 27));
    bureau.put(vec![about(&gone, About::Urgent(item("fire"))), about(&student, other_day.clone())]).await;
    bureau.put(vec![about(&guardian(3), other_day)]).await;
    // Of what is urgent: to somebody who has stopped meanwhile, and about what holds no more.
    let over = Announcement { expires_at: Some(bureau.clock.school()), ..Announcement::new("t", "x") };
    let urgent = [(item("fire"), Announcement::new("t", "x")), (item("over"), over)];
    bureau.world.urgent.lock().unwrap().extend(urgent);
    bureau.world.stopped_urgent.lock().unwrap().insert(guardian(4));
    for (number, name) in [(4, "fire"), (5, "over"), (6, "withdrawn")] {
        bureau.put(vec![about(&guardian(number), About::Urgent(item(name)))]).await;
    }
    bureau.run();
    bureau.until_ended(2, LetterEnd::Sent).await;
    bureau.until_ended(0, LetterEnd::Empty).await;
    bureau.until_ended(1, LetterEnd::Unwanted).await;
    for number in [3, 5, 6] {
        bureau.until_ended(number, LetterEnd::Empty).await;
    }
    bureau.until_ended(4, LetterEnd::Unwanted).await;
    for to in [gone, student] {
        let letters = bureau.ask(|answer| bureau.ledger.letters_of(to, answer)).await.unwrap();
        assert_eq!(letters[0].state, LetterState::Ended(LetterEnd::Unaddressed));
    }
    assert_eq!(relay.kept().len(), 1);
    bureau.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_stopped_one_sort_of_letters_goes_on_getting_the_other() {
    let relay = Relay::start();
    let mut bureau = Bureau::new(2, relay.port());
    bureau.world.urgent.lock().unwrap().insert(item("fire"), Announcement::new("Fuite de gaz", "Venez."));
    bureau.world.stopped_urgent.lock().unwrap().insert(guardian(0));
    bureau.world.stopped.lock().unwrap().insert(guardian(1));
    bureau.write(0..1).await;
    bureau.put(vec![NewLetter { to: guardian(1), about: About::Urgent(item("fire")) }]).await;
    bureau.run();
    for number in 0..2 {
        bureau.until_ended(number, LetterEnd::Sent).await;
    }
    bureau.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_their_hours_letters_wait_and_urgent_ones_do_not() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(3, relay.port());
    // 21:00.
    bureau.clock.advance(HOUR * 3);
    bureau.world.urgent.lock().unwrap().insert(item("fire"), Announcement::new("Fuite de gaz", "Venez."));
    bureau.write(0..2).await;
    bureau.put(vec![NewLetter { to: guardian(2), about: About::Urgent(item("fire")) }]).await;
    bureau.run();
    bureau.until_ended(2, LetterEnd::Sent).await;
    assert_eq!(relay.kept().len(), 1, "the urgent one alone");
    // 07:00, on a morning that the calendar keeps quiet.
    *bureau.world.is_quiet.lock().unwrap() = true;
    bureau.clock.advance(HOUR * 10);
    let kept_back = bureau.until(0, |letter| letter.next_at > letter.written_at).await;
    assert_eq!((kept_back.state, kept_back.attempts), (LetterState::Waiting, 0));
    *bureau.world.is_quiet.lock().unwrap() = false;
    bureau.clock.advance(Duration::from_mins(11));
    relay.wait_for(3, PATIENCE).await;
    let to: BTreeSet<String> = relay.kept().into_values().map(|letter| letter.to).collect();
    assert_eq!(to, [0, 1].map(address).into_iter().collect(), "two of them share an address");
    bureau.stop().await;
}
