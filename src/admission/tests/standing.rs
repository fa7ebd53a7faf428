//! What an operator is told of somebody is what that somebody would be answered: over worlds that chance makes.

use super::*;

const ROLES: [Role; 5] = [Role::Operator, Role::Teacher, Role::Student, Role::Staff, Role::Guardian];

/// A small hub at a slow pace, so that each rule has its turn.
fn desk(chance: &mut fastrand::Rng) -> Desk {
    let rate = chance.u32(1..40);
    let flow = FlowSettings { min: 1, start: rate, max: rate, ..FlowSettings::default() };
    Desk::with(Settings { flow, ..Settings::default() }, chance.u32(1..30))
}

fn somebody(chance: &mut fastrand::Rng, now: MachineTime) -> Who {
    let role = ROLES[chance.usize(..ROLES.len())];
    let window = match chance.u32(..10) {
        0 => Window::Closed { opens_at: chance.bool().then(|| school(now)) },
        1 => Window::Opened { at: SchoolTime(school(now).0 - chance.i64(..1_500_000)) },
        _ => Window::Open,
    };
    Who { is_live: chance.bool(), window, ..nth(role, chance.usize(..4)) }
}

/// Asks both ways, and says by which rule.
fn judged(desk: &Desk, who: &Who) -> Reason {
    let request = Request {
        account: &who.account,
        role: who.role,
        is_live: who.is_live,
        window: who.window,
        session: SessionId(desk.sessions.fetch_add(1, Ordering::Relaxed)),
        resume: None,
        ticket: None,
    };
    let standing = desk.gate.standing(&request, desk.now, school(desk.now));
    let again = desk.gate.standing(&request, desk.now, school(desk.now));
    assert_eq!(standing, again, "nothing is taken");
    let class = Class::of(who.role, who.is_live);
    let (decision, reason) = desk.gate.decide(class, &request, desk.now, school(desk.now));
    assert_eq!(standing.reason, reason, "{who:?}: {standing:?}, but {decision:?}");
    reason
}

#[test]
fn an_operator_is_told_what_the_gate_would_answer() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut desk = desk(&mut chance);
        let mut seated: Vec<Permit> = Vec::new();
        for _ in 0..300 {
            let who = somebody(&mut chance, desk.now);
            let reason = judged(&desk, &who);
            seen.insert(reason.as_str());
            if chance.u32(..3) > 0
                && let Decision::Enter { session, .. } = desk.ask(&who)
                && let Ok(occupied) = desk.gate.occupy(session, &who.account, desk.now)
            {
                seated.push(occupied.permit);
            }
            if chance.u32(..4) == 0 && !seated.is_empty() {
                let permit = seated.swap_remove(chance.usize(..seated.len()));
                permit.leave(if chance.bool() { Leaving::Lost } else { Leaving::ForGood }, desk.now);
            }
            if chance.u32(..20) == 0 {
                let queued_part = chance.f32();
                desk.sample(Indicators { queued_part, ..Indicators::default() }, 4);
            } else {
                desk.pass(Duration::from_millis(chance.u64(..400)));
            }
        }
    }
    // A ticket alone can come too early.
    let expected = Reason::ALL.map(Reason::as_str).into_iter().filter(|reason| *reason != "early");
    assert_eq!(seen, expected.collect(), "each rule had its turn");
}
