//! Many at the gate at once: the waiting room at work, from the first poll to the last seat.

use super::*;
use crate::admission::lane::Lane;

/// Somebody who does what the gate says.
struct Pupil {
    who: Who,
    ticket: Option<String>,
    next_poll: MachineTime,
    entered: Option<MachineTime>,
    polls: u32,
}

fn pupils(role: Role, count: usize) -> Vec<Pupil> {
    let pupil =
        |number| Pupil { who: nth(role, number), ticket: None, next_poll: START, entered: None, polls: 0 };
    (0..count).map(pupil).collect()
}

/// Lets everybody poll when told to, for so long at most; the permits of who came in.
fn play(desk: &mut Desk, pupils: &mut [Pupil], time: Duration) -> Vec<Permit> {
    let mut seats = Vec::new();
    let end = desk.now.after(time);
    while desk.now < end && pupils.iter().any(|pupil| pupil.entered.is_none()) {
        for pupil in pupils.iter_mut().filter(|pupil| pupil.entered.is_none() && pupil.next_poll <= desk.now)
        {
            pupil.polls += 1;
            match desk.ask_with(&pupil.who, pupil.ticket.as_deref(), None) {
                Decision::Enter { session, .. } => {
                    seats.push(desk.gate.occupy(session, &pupil.who.account, desk.now).unwrap().permit);
                    pupil.entered = Some(desk.now);
                }
                Decision::Wait(waiting) => {
                    pupil.next_poll = desk.now.after(Duration::from_millis(waiting.retry_after_ms.into()));
                    pupil.ticket = Some(waiting.ticket);
                }
                other => panic!("{other:?}"),
            }
        }
        desk.sample(Indicators::default(), 1);
    }
    seats
}

#[test]
fn a_crowd_comes_in_at_the_rate_with_few_polls() {
    let settings =
        Settings { flow: FlowSettings { max: 200, ..FlowSettings::default() }, ..Settings::default() };
    let mut desk = Desk::with(settings, 20_000);
    let mut crowd = pupils(Role::Student, 4_000);
    let _seats = play(&mut desk, &mut crowd, seconds(120));
    let last =
        crowd.iter().map(|pupil| pupil.entered.expect("everybody comes in").since(START).as_secs()).max();
    // At 200 a second it takes 20 seconds.
    assert!(last.unwrap() <= 32, "{last:?}");
    let polls: u32 = crowd.iter().map(|pupil| pupil.polls).sum();
    assert!(polls <= 4_000 * 5, "{polls}");
}

#[test]
fn teachers_pass_a_crowd() {
    let settings =
        Settings { flow: FlowSettings { max: 200, ..FlowSettings::default() }, ..Settings::default() };
    let mut desk = Desk::with(settings, 20_000);
    let mut crowd = pupils(Role::Student, 3_000);
    let mut seats = play(&mut desk, &mut crowd, seconds(3));
    let mut teachers = pupils(Role::Teacher, 100);
    for teacher in &mut teachers {
        teacher.next_poll = desk.now;
    }
    let begun = desk.now;
    let mut everybody: Vec<Pupil> = crowd.into_iter().chain(teachers).collect();
    seats.extend(play(&mut desk, &mut everybody, seconds(60)));
    let waits = everybody.iter().filter(|pupil| pupil.who.role == Role::Teacher);
    let slowest = waits.map(|pupil| pupil.entered.unwrap().since(begun).as_secs_f64()).fold(0.0, f64::max);
    assert!(slowest <= 4.0, "{slowest}");
}

#[test]
fn those_who_find_no_seat_come_in_as_seats_come_free_in_their_order() {
    let mut desk = Desk::unhurried(100);
    let mut first = pupils(Role::Student, 68);
    let mut seats = play(&mut desk, &mut first, seconds(5));
    assert_eq!(seats.len(), 68, "their own and what is lent");
    let mut waiting: Vec<Pupil> = pupils(Role::Student, 140).into_iter().skip(80).collect();
    for (number, pupil) in waiting.iter_mut().enumerate() {
        pupil.next_poll = desk.now.after(seconds(number as u64));
    }
    seats.extend(play(&mut desk, &mut waiting, seconds(90)));
    assert_eq!(seats.len(), 68, "the hub is full");
    seats.drain(..20);
    seats.extend(play(&mut desk, &mut waiting, seconds(90)));
    assert_eq!(seats.len(), 68);
    let entered: Vec<usize> = waiting
        .iter()
        .enumerate()
        .filter(|(_, pupil)| pupil.entered.is_some())
        .map(|(number, _)| number)
        .collect();
    let among_first = entered.iter().filter(|number| **number < 20).count();
    assert!(entered.len() == 20 && among_first >= 15, "who came first: {entered:?}");
}

#[test]
fn a_seat_that_comes_free_is_for_the_teachers_who_came_minutes_before() {
    let mut desk = Desk::unhurried(20);
    let mut first = pupils(Role::Teacher, 40);
    let mut seats = play(&mut desk, &mut first[..15], seconds(5));
    assert_eq!(seats.len(), 15, "all but the reserves of others");
    let mut waiting = first.split_off(15);
    for (number, teacher) in waiting.iter_mut().enumerate() {
        teacher.next_poll = desk.now.after(seconds(if number < 5 { 0 } else { 130 }));
    }
    seats.extend(play(&mut desk, &mut waiting, seconds(150)));
    assert_eq!(seats.len(), 15, "the hub is full");
    let is_in = |teacher: &&Pupil| teacher.entered.is_some();
    for _ in 0..4 {
        seats.remove(0);
        seats.extend(play(&mut desk, &mut waiting, seconds(8)));
    }
    assert_eq!(waiting[..5].iter().filter(is_in).count(), 4, "whoever asks first");
    assert_eq!(waiting[5..].iter().filter(is_in).count(), 0);
    // The fifth goes away, and a seat is kept for it until it should have asked.
    let gone = waiting[..5].iter().position(|teacher| teacher.entered.is_none()).unwrap();
    waiting.remove(gone);
    seats.remove(0);
    seats.extend(play(&mut desk, &mut waiting, seconds(18)));
    assert_eq!(waiting[4..].iter().filter(is_in).count(), 1);
}

#[test]
fn what_is_kept_for_one_who_found_the_flow_used_up_is_not_for_others_of_its_minute_or_later() {
    let flow = FlowSettings { start: 20, min: 20, max: 20, ..FlowSettings::default() };
    let mut desk = Desk::with(Settings { flow, ..Settings::default() }, 20_000);
    let use_up = |desk: &Desk| while desk.gate.state().flow.take(Lane::Called, 0.0) {};
    let [first, beside, later] = [0, 1, 2].map(|number| nth(Role::Student, number));
    use_up(&desk);
    let mut of_first = desk.wait(&first, None).ticket;
    let of_beside = desk.wait(&beside, None).ticket;
    // A minute later both are called, and the first finds the flow used up.
    desk.sample(Indicators::default(), 4 * 60);
    use_up(&desk);
    of_first = desk.wait(&first, Some(&of_first)).ticket;
    let of_later = desk.wait(&later, None).ticket;
    desk.sample(Indicators::default(), 10);
    use_up(&desk);
    // Of two admissions one is kept; whoever comes beside may have the other, and does not use up what is kept.
    desk.pass(Duration::from_millis(120));
    assert!(matches!(desk.ask_with(&beside, Some(&of_beside), None), Decision::Enter { .. }));
    let of_later = desk.wait(&later, Some(&of_later)).ticket;
    assert!(matches!(desk.ask_with(&first, Some(&of_first), None), Decision::Enter { .. }));
    desk.pass(seconds(3));
    assert!(matches!(desk.ask_with(&later, Some(&of_later), None), Decision::Enter { .. }));
}

#[test]
fn a_pupil_in_a_live_class_passes_those_who_are_not() {
    let settings = Settings {
        flow: FlowSettings { start: 20, min: 20, max: 20, ..FlowSettings::default() },
        ..Settings::default()
    };
    let mut desk = Desk::with(settings, 20_000);
    let mut crowd = pupils(Role::Student, 1_000);
    let mut seats = play(&mut desk, &mut crowd, seconds(5));
    let mut live = pupils(Role::Student, 1_050).split_off(1_000);
    for pupil in &mut live {
        pupil.who.is_live = true;
        pupil.next_poll = desk.now;
    }
    let begun = desk.now;
    let mut everybody: Vec<Pupil> = crowd.into_iter().chain(live).collect();
    seats.extend(play(&mut desk, &mut everybody, seconds(20)));
    let late: Vec<f64> = everybody[1_000..]
        .iter()
        .map(|pupil| pupil.entered.expect("a live class comes in first").since(begun).as_secs_f64())
        .collect();
    assert!(late.iter().copied().fold(0.0, f64::max) <= 15.0, "{late:?}");
}
