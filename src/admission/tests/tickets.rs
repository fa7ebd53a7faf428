//! Tickets: forged, stolen, old and early ones, and the change of keys.

use proptest::prelude::*;

use super::*;
use crate::base::limits;

/// A desk with no seat for students who are not in a live class, and one of them who waits.
fn full() -> (Desk, Who, Waiting) {
    let settings = Settings { shares: [5, 150, 400, 0, 45, 100], lendable: [0; 6], ..Settings::default() };
    let mut desk = Desk::with(settings, 1_000);
    desk.load(Level::Tight);
    let student = who(Role::Student, "s");
    let waiting = desk.wait(&student, None);
    (desk, student, waiting)
}

fn early(desk: &Desk, who: &Who, ticket: &str) -> bool {
    desk.wait(who, Some(ticket)).ticket == ticket
}

#[test]
fn an_early_poll_is_answered_with_the_same_ticket() {
    let (mut desk, student, waiting) = full();
    assert!((2_000..=6_000).contains(&waiting.retry_after_ms), "{waiting:?}");
    desk.pass(Duration::from_millis(500));
    let again = desk.wait(&student, Some(&waiting.ticket));
    assert_eq!(again.ticket, waiting.ticket);
    assert_eq!(again.retry_after_ms, waiting.retry_after_ms - 500);
    desk.pass(seconds(6));
    let next = desk.wait(&student, Some(&waiting.ticket));
    assert_ne!(next.ticket, waiting.ticket, "now it is renewed");
}

#[test]
fn a_ticket_is_worth_nothing_to_another_account() {
    let (desk, student, waiting) = full();
    assert!(early(&desk, &student, &waiting.ticket));
    assert!(!early(&desk, &who(Role::Student, "thief"), &waiting.ticket));
}

#[test]
fn a_ticket_expires_five_minutes_after_its_poll_was_due() {
    let (mut desk, student, waiting) = full();
    let place = |desk: &Desk, ticket: &str| desk.gate.tickets.read(ticket, &student.account, desk.now);
    desk.pass(limits::TICKET_TTL);
    assert!(place(&desk, &waiting.ticket).is_some());
    desk.pass(Duration::from_millis(waiting.retry_after_ms.into()));
    assert_eq!(place(&desk, &waiting.ticket), None);
}

#[test]
fn a_ticket_that_nobody_could_renew_is_kept_until_the_gate_has_been_open_for_as_long() {
    let (mut desk, student, waiting) = full();
    let place = |desk: &Desk| desk.gate.tickets.read(&waiting.ticket, &student.account, desk.now);
    let given = place(&desk).unwrap().place;
    desk.pass(limits::TICKET_TTL);
    desk.load(Level::Critical);
    for _ in 0..6 {
        desk.pass(seconds(100));
        desk.load(Level::Critical);
    }
    assert_eq!(place(&desk).map(|ticket| ticket.place), Some(given), "closed for ten minutes");
    desk.load(Level::Normal);
    desk.pass(limits::TICKET_TTL.saturating_sub(seconds(10)));
    desk.load(Level::Normal);
    assert_eq!(place(&desk).map(|ticket| ticket.place), Some(given));
    desk.pass(seconds(10));
    desk.load(Level::Normal);
    assert_eq!(place(&desk), None, "it could have asked meanwhile");
}

#[test]
fn a_ticket_that_had_expired_when_the_gate_closed_is_none() {
    let (mut desk, student, waiting) = full();
    desk.pass(limits::TICKET_TTL.saturating_add(Duration::from_millis(waiting.retry_after_ms.into())));
    desk.load(Level::Critical);
    assert_eq!(desk.gate.tickets.read(&waiting.ticket, &student.account, desk.now), None);
}

#[test]
fn tickets_outlive_one_change_of_keys() {
    let (desk, student, waiting) = full();
    desk.gate.rotate(&[5; 32]);
    assert!(early(&desk, &student, &waiting.ticket));
    let fresh = desk.wait(&who(Role::Student, "t"), None);
    desk.gate.rotate(&[6; 32]);
    assert!(!early(&desk, &student, &waiting.ticket));
    assert!(early(&desk, &who(Role::Student, "t"), &fresh.ticket));
}

#[test]
fn an_account_has_one_place_a_second_however_often_it_asks() {
    let (desk, _, _) = full();
    let student = who(Role::Student, "again");
    let place =
        |waiting: Waiting| desk.gate.tickets.read(&waiting.ticket, &student.account, desk.now).unwrap().place;
    let first = place(desk.wait(&student, None));
    for _ in 0..100 {
        assert_eq!(place(desk.wait(&student, None)), first);
    }
    let waiting = desk.gate.snapshot(desk.now).classes[Class::Student.index()].waiting;
    assert!(waiting <= 3, "asking often makes no crowd: {waiting}");
}

#[test]
fn a_ticket_fits_a_close_reason_and_an_evicted_one_keeps_its_age() {
    let mut desk = Desk::new(1_000);
    let student = who(Role::Student, "s");
    let seat = desk.sit(&student);
    let sat_down = desk.now;
    desk.pass(seconds(120));
    let waiting = desk.gate.ticket_for_evicted(seat.permit.session(), &student.account, desk.now).unwrap();
    assert!(waiting.ticket.len() <= 60, "{}", waiting.ticket.len());
    let ticket = desk.gate.tickets.read(&waiting.ticket, &student.account, desk.now).unwrap();
    assert_eq!(ticket.place.given_seconds(), sat_down.unix_seconds());
    assert_eq!(ticket.not_before, desk.now.after(seconds(30)));
    drop(seat);
    desk.pass(seconds(30));
    assert!(
        matches!(desk.ask_with(&student, Some(&waiting.ticket), None), Decision::Wait(_)),
        "it is called first"
    );
    desk.sample(Indicators::default(), 1);
    desk.pass(seconds(2));
    assert!(matches!(desk.ask_with(&student, Some(&waiting.ticket), None), Decision::Enter { .. }));
}

proptest! {
    #[test]
    fn no_altered_ticket_is_taken(bit in 0usize..10_000) {
        let (desk, student, waiting) = full();
        let mut bytes = waiting.ticket.clone().into_bytes();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(altered) = String::from_utf8(bytes) {
            prop_assert_eq!(desk.gate.tickets.read(&altered, &student.account, desk.now), None);
        }
    }

    #[test]
    fn no_text_is_a_ticket(text in ".{0,100}") {
        let (desk, student, _) = full();
        prop_assert_eq!(desk.gate.tickets.read(&text, &student.account, desk.now), None);
    }
}
