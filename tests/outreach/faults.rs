//! A relay that refuses, puts off, hangs up or is not there.

use std::time::Duration;

use preau::base::Clock;
use preau::base::metrics::CodeLabel;
use preau::ledger::{LetterEnd, LetterState};

use crate::bureau::{Bureau, PATIENCE, address};
use crate::relay::{Mood, Relay};

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_refused_for_good_is_given_up_at_once_and_noted() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(7, relay.port());
    relay.set_mood(&address(0), Mood::AtRecipient(550), 1);
    relay.set_mood(&address(3), Mood::AtEnd(554), 1);
    bureau.write(0..7).await;
    bureau.run();
    relay.wait_for(5, PATIENCE).await;
    for number in [0, 3] {
        assert_eq!(bureau.until_ended(number, LetterEnd::Refused).await.attempts, 0);
    }
    bureau.until_ended(6, LetterEnd::Sent).await;
    bureau.stop().await;
    assert_eq!((bureau.ended(LetterEnd::Refused), relay.kept().len()), (2, 5), "the others got theirs");
    let log = bureau.ask(|answer| bureau.ledger.audit_page(None, 10, answer)).await.unwrap();
    let mut notes: Vec<String> = log
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry.entry.what.as_str(),
                entry.entry.act.scope.as_str(),
                entry.entry.act.why.as_str()
            )
        })
        .collect();
    notes.sort();
    let expected = ["letter refused g-0 the relay answered 550", "letter refused g-3 the relay answered 554"];
    assert_eq!(notes, expected, "codes and accounts, nothing that the relay said");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_put_off_comes_later_and_later() {
    let relay = Relay::start();
    let mut bureau = Bureau::new(1, relay.port());
    relay.set_mood(&address(0), Mood::AtRecipient(451), 8);
    bureau.write(0..1).await;
    bureau.run();
    let mut waits = Vec::new();
    for attempts in 1..=8 {
        let letter = bureau.until(0, |letter| letter.attempts == attempts).await;
        assert_eq!(letter.state, LetterState::Waiting);
        let wait = letter.next_at.since(bureau.clock.machine());
        waits.push(wait.as_secs() / 60);
        bureau.clock.advance(wait);
        if attempts == 7 {
            // 20:03 is not its hour, 07:03 is.
            bureau.clock.advance(Duration::from_hours(11));
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    bureau.stop().await;
    assert_eq!(relay.kept().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_can_not_be_sent_in_a_day_is_given_up_and_told_once() {
    let mut relay = Relay::start();
    relay.go_down().await;
    let mut bureau = Bureau::new(20, relay.port());
    bureau.write(0..20).await;
    bureau.run();
    bureau.until(0, |_| bureau.metrics.letter_failures.get_or_create(&label("relay")).get() > 0).await;
    bureau.clock.advance(Duration::from_hours(24) + Duration::from_secs(1));
    bureau.until_ended(19, LetterEnd::GivenUp).await;
    bureau.stop().await;
    assert_eq!(bureau.ended(LetterEnd::GivenUp), 20);
    let log = bureau.ask(|answer| bureau.ledger.audit_page(None, 10, answer)).await.unwrap();
    assert_eq!((log.len(), log[0].entry.what.as_str()), (1, "letters given_up"));
    assert_eq!(log[0].entry.after.as_ref().unwrap().read::<u32>(), Ok(20));
}

fn label(code: &'static str) -> CodeLabel {
    CodeLabel { code }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_down_for_a_while_costs_the_letters_nothing() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(30, relay.port());
    relay.go_down().await;
    bureau.write(0..30).await;
    bureau.run();
    let failures = || bureau.metrics.letter_failures.get_or_create(&label("relay")).get();
    bureau.until(0, |_| failures() > 0).await;
    relay.go_up();
    bureau.clock.advance(Duration::from_secs(2));
    relay.wait_for(30, PATIENCE).await;
    let letter = bureau.until_ended(29, LetterEnd::Sent).await;
    assert_eq!(letter.attempts, 0, "it was never begun while nobody was there");
    bureau.stop().await;
    assert!(relay.kept().values().all(|letter| letter.copies == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_wants_nothing_from_us_refuses_no_letter() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(5, relay.port());
    relay.set_mood("*", Mood::AtSender(550), 4);
    bureau.write(0..5).await;
    bureau.run();
    let failures = || bureau.metrics.letter_failures.get_or_create(&label("relay")).get();
    bureau.until(0, |_| failures() > 0).await;
    // Each of the four fails one line, with a rest after it.
    let came = async {
        while tokio::time::timeout(Duration::from_millis(200), relay.wait_for(5, PATIENCE)).await.is_err() {
            bureau.clock.advance(Duration::from_mins(1));
        }
    };
    tokio::time::timeout(PATIENCE, came).await.expect("they come once it takes our mail");
    bureau.until_ended(4, LetterEnd::Sent).await;
    bureau.stop().await;
    assert_eq!((relay.kept().len(), bureau.ended(LetterEnd::Refused)), (5, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_is_tried_again_and_the_mailbox_shows_one() {
    let mut relay = Relay::start();
    let mut bureau = Bureau::new(4, relay.port());
    relay.set_mood(&address(0), Mood::HangsUpInWords, 1);
    relay.set_mood(&address(3), Mood::HangsUpAfterwards, 1);
    bureau.write(0..4).await;
    bureau.run();
    for number in [0, 3] {
        let letter = bureau.until(number, |letter| letter.attempts == 1).await;
        assert_eq!(letter.state, LetterState::Waiting);
        // The relay rests after a broken line.
        bureau.clock.advance(Duration::from_secs(5));
    }
    bureau.clock.advance(Duration::from_mins(1));
    for number in 0..4 {
        bureau.until_ended(number, LetterEnd::Sent).await;
    }
    relay.wait_for(4, PATIENCE).await;
    bureau.stop().await;
    let copies: Vec<usize> = relay.kept().values().map(|letter| letter.copies).collect();
    assert_eq!((copies.len(), copies.iter().sum::<usize>()), (4, 5), "one came twice, under one name");
    assert!(bureau.metrics.letters_ambiguous.get() >= 1);
}
