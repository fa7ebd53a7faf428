//! The life of a seat: reserved, taken, resting, taken over, recalled.

use proptest::prelude::*;

use super::*;
use crate::base::limits;

#[test]
fn a_reservation_expires_and_is_one_for_each_account() {
    let mut desk = Desk::new(100);
    let teacher = who(Role::Teacher, "t");
    let Decision::Enter { session, .. } = desk.ask(&teacher) else { panic!() };
    desk.pass(seconds(20));
    assert_eq!(desk.ask(&teacher), Decision::Enter { session, load: Level::Normal }, "the same seat again");
    assert_eq!(desk.taken(), 1);
    desk.pass(limits::SEAT_TTL.saturating_sub(seconds(20)));
    // Asking again has made it last no longer.
    assert_eq!(desk.gate.occupy(session, &teacher.account, desk.now), Err(NotReserved));
    assert_eq!(desk.taken(), 0);
}

#[test]
fn a_seat_is_for_its_account_and_taken_once() {
    let desk = Desk::new(100);
    let (teacher, other) = (who(Role::Teacher, "t"), who(Role::Teacher, "o"));
    let Decision::Enter { session, .. } = desk.ask(&teacher) else { panic!() };
    assert_eq!(desk.gate.occupy(session, &other.account, desk.now), Err(NotReserved));
    let seat = desk.gate.occupy(session, &teacher.account, desk.now).unwrap();
    assert_eq!(desk.gate.occupy(session, &teacher.account, desk.now), Err(NotReserved));
    assert_eq!(desk.taken(), 1);
    drop(seat);
    assert_eq!(desk.taken(), 0);
}

#[test]
fn a_lost_line_rests_and_its_account_comes_back_to_the_seat() {
    let mut desk = Desk::new(100);
    let teacher = who(Role::Teacher, "t");
    let first = desk.sit(&teacher).permit;
    let session = first.session();
    first.leave(Leaving::Lost, desk.now);
    assert_eq!(desk.taken(), 1);
    desk.pass(seconds(29));
    let decision = desk.ask_with(&teacher, None, Some(session));
    let Decision::Enter { session: next, .. } = decision else { panic!("{decision:?}") };
    assert_eq!(desk.taken(), 1);
    let occupied = desk.gate.occupy(next, &teacher.account, desk.now).unwrap();
    assert_eq!(occupied.replaces, None, "nobody sat there");
    occupied.permit.leave(Leaving::Lost, desk.now);
    desk.pass(seconds(30));
    assert!(matches!(desk.ask(&who(Role::Teacher, "o")), Decision::Enter { .. }));
    assert_eq!(desk.taken(), 1, "the rest is over");
}

#[test]
fn a_resume_replaces_a_line_that_was_not_known_to_be_lost_and_is_no_newcomer() {
    let desk = Desk::new(100);
    let teacher = who(Role::Teacher, "t");
    let mut seats = vec![desk.sit(&teacher)];
    for _ in 0..5 {
        let old = seats.last().unwrap().permit.session();
        let decision = desk.ask_with(&teacher, None, Some(old));
        let Decision::Enter { session, .. } = decision else { panic!("{decision:?}") };
        assert_eq!(desk.taken(), 1, "the seat is taken over, not a second one");
        let next = desk.gate.occupy(session, &teacher.account, desk.now).unwrap();
        assert_eq!(next.replaces, Some(old));
        seats.push(next);
    }
    seats.truncate(5);
    drop(seats);
    assert_eq!(desk.taken(), 0, "the last one was dropped first, and the others had none");
}

#[test]
fn who_resumes_in_a_crowd_is_told_to_come_when_its_turn_may_be() {
    let mut desk = Desk::unhurried(1_000);
    let students: Vec<Who> = (0..300).map(|number| nth(Role::Student, number)).collect();
    let lost: Vec<SessionId> = students
        .iter()
        .map(|student| desk.sit(student).permit)
        .map(|permit| {
            let session = permit.session();
            permit.leave(Leaving::Lost, desk.now);
            session
        })
        .collect();
    let flow = FlowSettings { start: 10, min: 10, max: 10, ..FlowSettings::default() };
    desk.gate.change(Settings { flow, ..Settings::default() }, desk.now);
    desk.pass(Duration::from_millis(250));
    let decisions =
        students.iter().zip(&lost).map(|(student, lost)| desk.ask_with(student, None, Some(*lost)));
    let told: Vec<(u32, u32)> = decisions
        .filter_map(|decision| match decision {
            Decision::Wait(waiting) => Some((waiting.ahead, waiting.retry_after_ms)),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 298, "two are the quarter of a second's");
    // At ten a second: the hundredth in ten seconds, asked for somewhat sooner; nobody so late that its seat is gone.
    assert!(told[0] == (0, told[0].1) && (2_000..=2_400).contains(&told[0].1), "{:?}", told[0]);
    assert!(told[99].0 == 99 && (7_000..=8_400).contains(&told[99].1), "{:?}", told[99]);
    assert!(told[200..].iter().all(|(_, retry_ms)| (14_000..=16_800).contains(retry_ms)), "{:?}", told[297]);
    assert_eq!(desk.taken(), 300, "all seats are kept meanwhile");
}

#[test]
fn a_teacher_who_resumes_in_a_crowd_does_not_wait_behind_it() {
    let mut desk = Desk::unhurried(1_000);
    let everybody = (0..300).map(|number| nth(Role::Student, number));
    let everybody: Vec<Who> = everybody.chain((0..9).map(|number| nth(Role::Teacher, number))).collect();
    let leave = |desk: &Desk, who: &Who| {
        let permit = desk.sit(who).permit;
        let session = permit.session();
        permit.leave(Leaving::Lost, desk.now);
        session
    };
    let lost: Vec<SessionId> = everybody.iter().map(|who| leave(&desk, who)).collect();
    let flow = FlowSettings { start: 10, min: 10, max: 10, ..FlowSettings::default() };
    desk.gate.change(Settings { flow, ..Settings::default() }, desk.now);
    desk.pass(Duration::from_millis(250));
    let ask = |desk: &Desk| -> Vec<(u32, u32)> {
        let decisions =
            everybody.iter().zip(&lost).map(|(who, lost)| (who, desk.ask_with(who, None, Some(*lost))));
        let waits = decisions.filter_map(|(who, decision)| match decision {
            Decision::Wait(waiting) if who.role == Role::Teacher => {
                Some((waiting.ahead, waiting.retry_after_ms))
            }
            _ => None,
        });
        waits.collect()
    };
    let told = ask(&desk);
    assert_eq!(told.len(), 6, "the quarter of a second's are used up");
    assert!(told.iter().all(|(ahead, ms)| *ahead == 0 && (1_000..=1_200).contains(ms)), "{told:?}");
    desk.pass(Duration::from_millis(1_200));
    let still = ask(&desk).len();
    assert!(still < told.len(), "the open lane was theirs, however many students ask: {still}");
}

#[test]
fn another_account_does_not_come_in_by_a_resume() {
    let desk = Desk::new(1_000);
    let seat = desk.sit(&who(Role::Student, "a"));
    let decision = desk.ask_with(&who(Role::Student, "b"), None, Some(seat.permit.session()));
    assert!(matches!(decision, Decision::Enter { .. }));
    assert_eq!(desk.taken(), 2, "it takes a seat like any newcomer");
}

#[test]
fn a_seat_whose_holder_leaves_goes_to_the_one_who_takes_it_over() {
    for how in [Leaving::ForGood, Leaving::Lost] {
        let mut desk = Desk::new(100);
        let teacher = who(Role::Teacher, "t");
        let old = desk.sit(&teacher).permit;
        let Decision::Enter { session, .. } = desk.ask_with(&teacher, None, Some(old.session())) else {
            panic!()
        };
        old.leave(how, desk.now);
        assert_eq!(desk.taken(), 1);
        let seat = desk.gate.occupy(session, &teacher.account, desk.now).unwrap();
        assert_eq!((desk.taken(), seat.replaces), (1, None));
        drop(seat);
        desk.pass(limits::SEAT_TTL);
        desk.gate.sample(Indicators::default(), desk.now);
        assert_eq!(desk.taken(), 0);
    }
}

#[test]
fn the_newest_session_wins_and_the_next_cools_down() {
    let mut desk = Desk::new(1_000);
    let student = who(Role::Student, "s");
    let seats: Vec<Occupied> = (0..3).map(|_| desk.sit(&student)).collect();
    let fourth = desk.sit(&student);
    assert_eq!(fourth.replaces, Some(seats[0].permit.session()), "the oldest is replaced");
    assert_eq!(desk.taken(), 3);
    desk.pass(seconds(10));
    assert_eq!(desk.ask(&student), Decision::CoolDown { retry_after_ms: 20_000 });
    let resumed = desk.ask_with(&student, None, Some(fourth.permit.session()));
    assert!(matches!(resumed, Decision::Enter { .. }), "a resume is no newcomer: {resumed:?}");
    desk.pass(seconds(40));
    let fifth = desk.sit(&student);
    assert_eq!(fifth.replaces, Some(seats[1].permit.session()));
}

#[test]
fn borrowers_leases_end_only_while_owners_wait_and_only_as_many() {
    let mut desk = Desk::unhurried(100);
    let seats: Vec<Occupied> = (0..60).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    let kept = |renewal| matches!(renewal, Renewal::Kept { .. });
    assert!(seats.iter().all(|seat| kept(seat.permit.renew(desk.now))), "nobody waits");
    let mut lessons: Vec<Occupied> = Vec::new();
    for number in 60..200 {
        let live = Who { is_live: true, ..nth(Role::Student, number) };
        match desk.ask(&live) {
            Decision::Enter { session, .. } => {
                lessons.push(desk.gate.occupy(session, &live.account, desk.now).unwrap());
            }
            Decision::Wait(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!((20..40).contains(&lessons.len()), "the reserve: {}", lessons.len());
    let ended = seats.iter().filter(|seat| !kept(seat.permit.renew(desk.now))).count();
    assert_eq!(ended, 1, "one waits");
    assert!(lessons.iter().all(|seat| kept(seat.permit.renew(desk.now))), "owners stay");
    desk.pass(limits::DEMAND_TTL);
    let again = seats.iter().filter(|seat| !kept(seat.permit.renew(desk.now))).count();
    assert_eq!(again, 1, "the same one: nobody asked lately");
}

#[test]
fn a_borrower_whose_class_goes_live_borrows_no_longer() {
    let desk = Desk::unhurried(100);
    let seats: Vec<Occupied> = (0..60).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    assert_eq!(desk.gate.snapshot(desk.now).classes[3].borrowed, 30);
    for seat in &seats[..30] {
        seat.permit.turn(true);
    }
    assert_eq!((desk.gate.taken(Class::Live), desk.gate.taken(Class::Student)), (30, 30));
    assert_eq!(desk.gate.snapshot(desk.now).classes[3].borrowed, 0);
    drop(seats);
    assert_eq!(desk.taken(), 0);
}

#[test]
fn leases_end_at_different_times_within_their_bounds() {
    let desk = Desk::unhurried(1_000);
    let seats: Vec<Occupied> = (0..100).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    let mut ends: Vec<u64> = seats.iter().map(|seat| seat.lease_until.since(desk.now).as_secs()).collect();
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() > 50, "{ends:?}");
    assert!(ends.iter().all(|end| (25 * 60..=30 * 60).contains(end)), "{ends:?}");
}

/// What can happen to seats.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask { account: usize, resumes: bool },
    Sit,
    Leave { seat: usize, how: Leaving },
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..12usize, any::<bool>()).prop_map(|(account, resumes)| Step::Ask { account, resumes }),
        6 => Just(Step::Sit),
        3 => (0..50usize, any::<bool>()).prop_map(|(seat, lost)| {
            Step::Leave { seat, how: if lost { Leaving::Lost } else { Leaving::ForGood } }
        }),
        2 => (0..40_000u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn every_seat_is_counted_once_and_comes_back(steps in proptest::collection::vec(step(), 1..200)) {
        let mut desk = Desk::unhurried(20);
        let mut given: Vec<(SessionId, Who)> = Vec::new();
        let mut seats: Vec<(Occupied, Who)> = Vec::new();
        for step in steps {
            match step {
                Step::Ask { account, resumes } => {
                    let who = nth(Role::ALL[account % 5], account);
                    let resume = seats.iter().find(|(_, own)| own.account == who.account);
                    let resume = resume.filter(|_| resumes).map(|(seat, _)| seat.permit.session());
                    if let Decision::Enter { session, .. } = desk.ask_with(&who, None, resume) {
                        given.push((session, who));
                    }
                }
                Step::Sit => {
                    let Some((session, who)) = given.pop() else { continue };
                    let Ok(seat) = desk.gate.occupy(session, &who.account, desk.now) else { continue };
                    if let Some(old) = seat.replaces {
                        let at = seats.iter().position(|(other, _)| other.permit.session() == old);
                        // One that was resting has no permit any more.
                        at.map(|at| seats.remove(at));
                    }
                    seats.push((seat, who));
                }
                Step::Leave { seat, how } if !seats.is_empty() => {
                    let (seat, _) = seats.remove(seat % seats.len());
                    seat.permit.leave(how, desk.now);
                }
                Step::Leave { .. } => {}
                Step::Pass(ms) => desk.pass(Duration::from_millis(ms)),
            }
            let snapshot = desk.gate.snapshot(desk.now);
            prop_assert!(desk.taken() <= 20);
            prop_assert!(desk.taken() >= seats.len(), "who sits is counted");
            prop_assert_eq!(snapshot.free as usize, 20 - desk.taken());
        }
        drop(seats);
        desk.pass(seconds(60));
        desk.gate.sample(Indicators::default(), desk.now);
        prop_assert_eq!(desk.taken(), 0, "nothing is lost");
    }
}
