//! Load levels and the flow: what moves them, what does not, and what each level keeps out.

use super::*;
use crate::admission::flow::Flow;
use crate::admission::lane::{Lane, Lanes};
use crate::base::limits;

fn queued(part: f32) -> Indicators {
    Indicators { queued_part: part, ..Indicators::default() }
}

#[test]
fn one_sample_alone_moves_nothing() {
    let mut desk = Desk::new(100);
    desk.sample(queued(1.0), 2);
    desk.sample(queued(0.0), 1);
    assert_eq!(desk.gate.level(), Level::Normal);
    desk.sample(queued(1.0), 3);
    assert_eq!(desk.gate.level(), Level::Critical);
    desk.sample(queued(0.0), 2);
    assert_eq!(desk.gate.level(), Level::Critical);
    desk.sample(queued(0.0), 1);
    assert_eq!(desk.gate.level(), Level::Normal);
}

#[test]
fn a_level_is_left_below_where_it_was_entered() {
    let mut desk = Desk::new(100);
    for (pressure, level) in [
        (0.69, Level::Normal),
        (0.70, Level::Tight),
        (0.66, Level::Tight),
        (0.64, Level::Normal),
        (0.91, Level::Severe),
        (0.86, Level::Severe),
        (0.84, Level::High),
        (0.96, Level::Critical),
        (0.0, Level::Normal),
    ] {
        desk.sample(queued(pressure), 3);
        assert_eq!(desk.gate.level(), level, "{pressure}");
    }
}

#[test]
fn the_highest_pressure_counts_and_what_is_no_number_does_not() {
    let mut desk = Desk::new(100);
    let indicators = Indicators { shard_lag_ms: f32::NAN, psi_part: 0.83, memory_part: 0.6, ..queued(0.1) };
    desk.sample(indicators, 3);
    assert_eq!(desk.gate.level(), Level::Severe);
    let pressures = desk.gate.snapshot(desk.now).pressures;
    assert_eq!((pressures.shard_lag, pressures.memory), (0.0, 0.0));
}

#[test]
fn each_level_keeps_out_whom_it_must() {
    let live = |role: Role| Who { is_live: true, ..who(role, &format!("live-{}", role.as_str())) };
    let everybody = [
        who(Role::Operator, "o"),
        live(Role::Teacher),
        who(Role::Teacher, "t"),
        live(Role::Student),
        who(Role::Student, "s"),
        who(Role::Staff, "f"),
        who(Role::Guardian, "g"),
    ];
    let expected = [
        (Level::Normal, "EEEEEEE"),
        (Level::Tight, "EEEEEEE"),
        (Level::High, "EEEEEEW"),
        (Level::Severe, "EEEEWWW"),
        (Level::Critical, "EECCCCC"),
    ];
    for (level, answers) in expected {
        let mut desk = Desk::new(1_000);
        desk.load(level);
        let answered: String = everybody
            .iter()
            .map(|who| match desk.ask(who) {
                Decision::Enter { .. } => 'E',
                Decision::Wait(_) => 'W',
                Decision::Closed { .. } => 'C',
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(answered, answers, "{level:?}");
    }
}

#[test]
fn a_closed_gate_is_asked_more_seldom_the_more_wait_and_teachers_may_ask_soon() {
    let settings = Settings {
        flow: FlowSettings { start: 20, min: 20, max: 20, ..FlowSettings::default() },
        ..Settings::default()
    };
    let mut desk = Desk::with(settings, 1_000);
    let retry = |desk: &Desk, who: &Who| match desk.ask(who) {
        Decision::Closed { retry_after_ms } => retry_after_ms,
        other => panic!("{other:?}"),
    };
    desk.load(Level::Critical);
    let (student, teacher) = (nth(Role::Student, 9_999), who(Role::Teacher, "t"));
    assert_eq!(retry(&desk, &student), limits::CLOSED_RETRY_MS);
    desk.load(Level::Normal);
    for number in 0..800 {
        desk.ask(&nth(Role::Student, number));
    }
    desk.pass(seconds(1));
    desk.load(Level::Critical);
    let crowded = retry(&desk, &student);
    // Forty seconds, but that those of one second are counted with an error of a fifth.
    assert!((25_000..=58_000).contains(&crowded), "so that about twenty ask in a second: {crowded}");
    assert_eq!(retry(&desk, &teacher), limits::CLOSED_RETRY_FIRST_MS);
}

#[test]
fn seats_are_lent_at_the_lowest_level_only() {
    let mut desk = Desk::unhurried(100);
    let mut seats: Vec<Occupied> = (0..40).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    desk.load(Level::Tight);
    let student = nth(Role::Student, 40);
    let waiting = desk.wait(&student, None);
    seats.truncate(29);
    assert!(matches!(desk.ask(&nth(Role::Student, 41)), Decision::Wait(_)), "another came before");
    desk.load(Level::Tight);
    desk.pass(seconds(6));
    desk.gate.sample(Indicators { queued_part: 0.72, ..Indicators::default() }, desk.now);
    let decision = desk.ask_with(&student, Some(&waiting.ticket), None);
    assert!(matches!(decision, Decision::Enter { .. }), "of its own: {decision:?}");
}

#[test]
fn a_returning_session_comes_in_at_any_level() {
    let mut desk = Desk::new(100);
    let student = who(Role::Student, "s");
    let permit = desk.sit(&student).permit;
    let session = permit.session();
    desk.load(Level::Critical);
    permit.leave(Leaving::Lost, desk.now);
    assert!(matches!(desk.ask_with(&student, None, Some(session)), Decision::Enter { .. }));
}

#[test]
fn the_flow_grows_while_it_is_used_and_is_cut_when_something_is_red() {
    let mut desk = Desk::new(100_000);
    let rate = |desk: &Desk| desk.gate.snapshot(desk.now).rate;
    desk.sample(queued(0.0), 40);
    assert!((rate(&desk) - 200.0).abs() < 1e-9, "nobody came");
    let mut number = 0;
    for _ in 0..40 {
        for _ in 0..35 {
            number += 1;
            desk.ask(&nth(Role::Student, number));
        }
        desk.sample(queued(0.0), 1);
    }
    let grown = rate(&desk);
    assert!((240.0..=260.0).contains(&grown), "five more each second: {grown}");
    desk.sample(queued(0.75), 8);
    let cut = rate(&desk);
    assert!((grown * 0.69..grown * 0.71).contains(&cut), "once in two seconds: {cut}");
    desk.sample(queued(0.75), 400);
    assert!((rate(&desk) - 20.0).abs() < 1e-9, "never below the least");
}

#[test]
fn a_crowd_comes_in_no_sooner_than_the_rate_can_grow() {
    let settings = FlowSettings { start: 50, min: 20, ..FlowSettings::default() };
    let flow = Flow::new(Box::new(Aimd::default()), &settings, START);
    assert!((flow.soonest(0.0)).abs() < 1e-9);
    for count in [10.0, 500.0, 5_000.0] {
        let seconds = flow.soonest(count);
        let let_in = 50.0 * seconds + 5.0 * seconds * seconds / 2.0;
        assert!((let_in - count).abs() < 1e-6, "{count}: {seconds} s");
        assert!(seconds < count / 50.0);
    }
}

#[test]
fn two_parts_of_an_admission_are_one_for_whoever_was_called() {
    let settings = FlowSettings { teacher_part: 0, ..FlowSettings::default() };
    let mut lanes = Lanes::new(4.0, &settings);
    assert!(lanes.take(Lane::Open, 0.0));
    lanes.refill(4.0, 0.325, &settings);
    assert!(lanes.take(Lane::Open, 0.0), "all that the open lane holds");
    lanes.refill(4.0, 0.2, &settings);
    assert!(
        !lanes.take(Lane::Open, 0.0),
        "four fifths are there, and three tenths for those who were called"
    );
    assert!(!lanes.take(Lane::Called, 0.2), "kept for who comes first");
    assert!(lanes.take(Lane::Called, 0.0));
    assert!(!lanes.take(Lane::Called, 0.0));
}

#[test]
fn no_more_come_in_than_the_flow_lets() {
    let mut desk = Desk::new(100_000);
    let mut entered = 0;
    for number in 0..4_000 {
        entered += usize::from(matches!(desk.ask(&nth(Role::Student, number)), Decision::Enter { .. }));
        if number % 4 == 0 {
            desk.pass(Duration::from_millis(1));
        }
    }
    // A second of 200, less the teachers' part, and what the lane held at first.
    assert!((1..=160 + 50 + 1).contains(&entered), "{entered}");
}

#[test]
fn teachers_have_a_part_of_the_flow_for_themselves() {
    let desk = Desk::new(100_000);
    let enters = |role, numbers: std::ops::Range<usize>| {
        numbers.filter(|number| matches!(desk.ask(&nth(role, *number)), Decision::Enter { .. })).count()
    };
    assert!(enters(Role::Student, 0..500) <= 50);
    assert!(enters(Role::Teacher, 0..20) >= 10, "a quarter of a second of a fifth of 200");
}

#[test]
fn publishing_goes_by_the_same_window_and_sheds_chat_first() {
    let mut desk = Desk::new(100);
    let may = |desk: &Desk, role, is_live| desk.gate.may_publish(role, is_live, Window::Open).is_ok();
    desk.load(Level::Severe);
    assert!(may(&desk, Role::Student, true) && !may(&desk, Role::Student, false));
    desk.load(Level::Critical);
    assert!(!may(&desk, Role::Student, true));
    assert!([Role::Teacher, Role::Staff, Role::Operator].into_iter().all(|role| may(&desk, role, false)));
    let closed = Window::Closed { opens_at: Some(SchoolTime(5)) };
    let suspended = Decision::Suspended { opens_at: Some(SchoolTime(5)) };
    assert_eq!(desk.gate.may_publish(Role::Staff, false, closed), Err(suspended));
}

#[test]
fn the_gate_rests_while_nobody_comes_or_waits_and_there_is_little_to_do() {
    let mut desk = Desk::unhurried(4);
    desk.sample(queued(0.0), 4);
    assert!(desk.gate.is_at_rest());
    // One high sample is enough to look closely, though the level does not move yet.
    desk.sample(queued(0.9), 1);
    assert!(!desk.gate.is_at_rest() && desk.gate.level() == Level::Normal);
    desk.sample(queued(0.9), 2);
    desk.sample(queued(0.0), 2);
    assert!(!desk.gate.is_at_rest(), "the level is to fall as soon as it may");
    desk.sample(queued(0.0), 1);
    assert!(desk.gate.is_at_rest());
    let Decision::Enter { .. } = desk.ask(&nth(Role::Student, 0)) else { panic!("there are seats") };
    assert!(!desk.gate.is_at_rest());
    desk.sample(queued(0.0), 4);
    assert!(!desk.gate.is_at_rest(), "somebody came a second ago");
    desk.sample(queued(0.0), 4);
    assert!(desk.gate.is_at_rest());
    let waits = (1..6).any(|number| matches!(desk.ask(&nth(Role::Student, number)), Decision::Wait(_)));
    assert!(waits && !desk.gate.is_at_rest());
}
