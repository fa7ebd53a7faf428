//! Windows and the evening's spread, eviction, live classes, capacity and settings.

use super::*;
use crate::base::{ClassId, OrgId, limits};

const OPENING: SchoolTime = SchoolTime(1_700_000_600_000);

fn guardian(number: usize, window: Window) -> Who {
    Who { window, ..nth(Role::Guardian, number) }
}

fn promised(desk: &Desk, number: usize) -> SchoolTime {
    match desk.ask(&guardian(number, Window::Closed { opens_at: Some(OPENING) })) {
        Decision::Suspended { opens_at: Some(at) } => at,
        other => panic!("{other:?}"),
    }
}

#[test]
fn guardians_are_promised_instants_that_are_spread_evenly_and_kept() {
    let mut desk = Desk::new(10_000);
    let instants: Vec<SchoolTime> = (0..2_000).map(|number| promised(&desk, number)).collect();
    let spread_ms = i64::from(Settings::default().evening_seconds) * 1_000;
    let mut tenths = [0; 10];
    for at in &instants {
        let part = (at.0 - OPENING.0) * 10 / spread_ms;
        tenths[usize::try_from(part).unwrap()] += 1;
    }
    assert!(tenths.iter().all(|count| (140..260).contains(count)), "{tenths:?}");
    desk.gate.change(Settings { evening_seconds: 60, ..Settings::default() }, desk.now);
    assert_eq!(promised(&desk, 7), instants[7], "a promise is not moved by other settings");
    // The window opens; each still waits for its own instant.
    let open = Window::Opened { at: OPENING };
    desk.now = MachineTime(u64::try_from(instants[7].0 - 1).unwrap());
    assert_eq!(desk.ask(&guardian(7, open)), Decision::Suspended { opens_at: Some(instants[7]) });
    desk.pass(Duration::from_millis(1));
    assert!(matches!(desk.ask(&guardian(7, open)), Decision::Enter { .. }));
}

#[test]
fn others_come_back_when_the_window_opens() {
    let desk = Desk::new(100);
    let staff = Who { window: Window::Closed { opens_at: Some(OPENING) }, ..who(Role::Staff, "f") };
    assert_eq!(desk.ask(&staff), Decision::Suspended { opens_at: Some(OPENING) });
    assert!(matches!(
        desk.ask(&Who { window: Window::Opened { at: OPENING }, ..staff }),
        Decision::Enter { .. }
    ));
    let unknown = guardian(1, Window::Closed { opens_at: None });
    assert_eq!(desk.ask(&unknown), Decision::Suspended { opens_at: None });
}

#[test]
fn promises_are_bounded_and_the_oldest_opening_goes_first() {
    let desk = Desk::new(100);
    for day in 0..i64::try_from(limits::EVENINGS_MAX).unwrap() * 2 {
        let opens_at = Some(SchoolTime(OPENING.0 + day * 86_400_000));
        desk.ask(&guardian(1, Window::Closed { opens_at }));
    }
    let evenings = desk.gate.evenings.lock().unwrap();
    assert_eq!(evenings.openings(), limits::EVENINGS_MAX);
}

#[test]
fn a_class_is_live_from_its_lessons_beginning_to_its_end() {
    let desk = Desk::new(100);
    let class = ClassId::parse("3b").unwrap();
    assert!(!desk.gate.is_live(&class));
    desk.gate.lesson_begins(&class);
    assert!(desk.gate.is_live(&class));
    assert_eq!(desk.gate.snapshot(desk.now).live_classes, 1);
    for _ in 0..2 {
        desk.gate.lesson_ends(&class);
        assert!(!desk.gate.is_live(&class));
    }
    assert_eq!(desk.gate.snapshot(desk.now).live_classes, 0);
}

fn candidate(seat: &Occupied) -> Candidate {
    let session = seat.permit.session();
    Candidate { session, is_live: false, is_hidden: false, is_idle: false, queued_bytes: 0 }
}

#[test]
fn eviction_goes_in_its_order_and_spares_teachers_in_class() {
    let mut desk = Desk::unhurried(1_000);
    let two = who(Role::Student, "two");
    let (older, newer) = (desk.sit(&two), desk.sit(&two));
    let hidden = who(Role::Student, "hidden");
    let (hidden_older, hidden_newer) = (desk.sit(&hidden), desk.sit(&hidden));
    let guardian = desk.sit(&nth(Role::Guardian, 1));
    let (slow, slower) = (desk.sit(&nth(Role::Student, 2)), desk.sit(&nth(Role::Student, 3)));
    let idle = desk.sit(&nth(Role::Student, 4));
    let (busy, teacher) = (desk.sit(&nth(Role::Student, 5)), desk.sit(&nth(Role::Teacher, 1)));
    let candidates = [
        Candidate {
            is_live: true,
            queued_bytes: 1 << 20,
            is_hidden: true,
            is_idle: true,
            ..candidate(&teacher)
        },
        candidate(&busy),
        Candidate { is_idle: true, is_hidden: true, ..candidate(&idle) },
        Candidate { queued_bytes: 5_000, ..candidate(&slow) },
        Candidate { queued_bytes: 200_000, ..candidate(&slower) },
        candidate(&guardian),
        candidate(&newer),
        candidate(&older),
        candidate(&hidden_newer),
        Candidate { is_hidden: true, ..candidate(&hidden_older) },
    ];
    desk.load(Level::Critical);
    assert_eq!(desk.gate.evict(50, &candidates, desk.now), [], "nobody who has just come in");
    desk.load(Level::Normal);
    desk.now = desk.now.after(limits::EVICTION_REST);
    assert_eq!(desk.gate.evict(50, &candidates, desk.now), [], "not before the highest level");
    desk.load(Level::Critical);
    let expected =
        [&hidden_older, &older, &guardian, &slower, &slow, &idle].map(|seat| seat.permit.session());
    assert_eq!(desk.gate.evict(50, &candidates, desk.now), expected);
    assert_eq!(desk.gate.evict(2, &candidates, desk.now), expected[..2]);
    desk.sample(Indicators { queued_part: 0.89, ..Indicators::default() }, 3);
    assert_eq!(desk.gate.level(), Level::Severe);
    assert_eq!(desk.gate.evict(1, &candidates, desk.now), expected[..1], "it goes on");
    desk.sample(Indicators { queued_part: 0.87, ..Indicators::default() }, 3);
    assert_eq!(desk.gate.evict(1, &candidates, desk.now), []);
    let evicted = desk.gate.snapshot(desk.now).evicted;
    assert_eq!(evicted.iter().map(|(_, count)| count).sum::<u64>(), 9);
}

#[test]
fn lent_seats_and_evictions_are_told_by_group_of_schools() {
    let mut desk = Desk::unhurried(100);
    let mut seats: Vec<Occupied> = (0..40).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    let schools = ["lycee", "college"].map(|school| OrgId::parse(school).unwrap());
    for (number, seat) in seats.iter().enumerate().take(32) {
        desk.gate.belong(seat.permit.session(), schools.get(usize::from(number >= 20)));
    }
    let told = |desk: &Desk| {
        let group = |school: Option<&OrgId>| match school.map(OrgId::as_str) {
            Some("lycee") => "lycee",
            Some("college") => "college",
            _ => "other",
        };
        let groups = desk.gate.groups(group, &[]);
        let sent_away = |group: &GroupSnapshot| group.evicted.iter().map(|(_, count)| count).sum::<u64>();
        let told: Vec<_> =
            groups.iter().map(|of| (of.group.clone(), of.taken, of.lent, sent_away(of))).collect();
        told
    };
    let row = |group: &str, taken, lent, evicted| (group.to_owned(), taken, lent, evicted);
    // Students have 30 seats of their own and 10 of others.
    assert_eq!(told(&desk), [row("college", 12, 3, 0), row("lycee", 20, 5, 0), row("other", 8, 2, 0)]);
    desk.pass(limits::EVICTION_REST);
    desk.load(Level::Critical);
    let slow = Candidate { queued_bytes: 5_000, ..candidate(&seats[0]) };
    assert_eq!(desk.gate.evict(50, &[slow], desk.now), [seats[0].permit.session()]);
    seats.remove(0).permit.leave(Leaving::ForGood, desk.now);
    assert_eq!(told(&desk)[1], row("lycee", 19, 4, 1), "9 are lent to 39, and 19 of those are here");
    assert_eq!(told(&desk)[0].3 + told(&desk)[2].3, 0);
    seats.clear();
    assert_eq!(told(&desk).iter().map(|of| of.1 + of.2).sum::<u32>(), 0);
}

#[test]
fn capacity_is_what_memory_and_open_files_allow() {
    const MIB: u64 = 1 << 20;
    let measured = Measured {
        budget_bytes: 512 * MIB,
        base_bytes: 20 * MIB,
        queue_pool_bytes: 64 * MIB,
        reserve_bytes: 64 * MIB,
        seat_bytes: 5_500,
        files_max: 1_000_000,
        files_kept: 5_000,
    };
    let capacity = Capacity::of(&measured);
    assert_eq!((capacity.seats, capacity.bound), (69_396, Bound::Memory));
    let files = Capacity::of(&Measured { files_max: 20_000, ..measured });
    assert_eq!((files.seats, files.bound), (15_000, Bound::Files));
    assert_eq!(Capacity::of(&Measured { budget_bytes: 100 * MIB, ..measured }).seats, 0);
    assert_eq!(Capacity::of(&Measured { seat_bytes: 0, files_max: u64::MAX, ..measured }).seats, 381_681_664);
}

#[test]
fn mistakes_in_settings_are_named() {
    assert_eq!(Settings::default().mistakes(), [""; 0]);
    let wrong = Settings {
        shares: [500, 501, 0, 0, 0, 0],
        lendable: [1_001, 0, 0, 0, 0, 0],
        sessions: SessionsMax { student: 0, ..SessionsMax::default() },
        flow: FlowSettings { min: 300, ..FlowSettings::default() },
        evening_seconds: 100_000,
        ..Settings::default()
    };
    let mistakes = wrong.mistakes();
    let named = ["`shares`", "`lendable`", "`sessions.student`", "`flow.min`", "`evening_seconds`"];
    assert_eq!(mistakes.len(), named.len(), "{mistakes:?}");
    assert!(mistakes.iter().zip(named).all(|(mistake, name)| mistake.starts_with(name)), "{mistakes:?}");
    let text = serde_json::to_string(&Settings::default()).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), Settings::default());
}

#[test]
fn a_trial_says_who_would_have_been_refused_and_changes_nothing() {
    let desk = Desk::unhurried(1_000);
    let seats: Vec<Occupied> = (0..500).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    let before = desk.gate.snapshot(desk.now);
    let trial = desk.gate.trial(&Settings { seats_max: 400, ..Settings::default() }, desk.now);
    assert_eq!(trial.seats, 400);
    let students = trial.classes[Class::Student.index()];
    assert_eq!((students.held, students.nominal), (500, 120));
    // 400 seats less the reserves of the other classes: 2 + 30 + 80 + 9 + 12.
    assert_eq!(students.held_refused, 500 - (400 - 133));
    assert_eq!(students.asked_refused, students.held_refused, "all came within the last minute");
    assert_eq!(desk.gate.snapshot(desk.now), before);
    let same = desk.gate.trial(&Settings { flow: fast(), ..Settings::default() }, desk.now);
    assert!(same.classes.iter().all(|class| class.held_refused + class.asked_refused == 0));
    drop(seats);
}

#[test]
fn the_return_window_follows_who_is_here_and_how_fast_they_come() {
    let desk = Desk::unhurried(5_000);
    assert_eq!(desk.gate.return_window(desk.now), (500, limits::RETURN_WINDOW_MIN_MS));
    let slow = Settings { flow: FlowSettings { max: 200, ..FlowSettings::default() }, ..Settings::default() };
    let _seats: Vec<Occupied> = (0..1_000).map(|number| desk.sit(&nth(Role::Student, number))).collect();
    desk.gate.change(slow, desk.now);
    assert_eq!(desk.gate.return_window(desk.now), (500, 6_500), "1.3 times 1,000 at 200 a second");
}
