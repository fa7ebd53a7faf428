//! How long a connection has its seat, and what it is told when that is over.

use std::sync::Arc;
use std::time::Duration;

use super::super::ends::leaving;
use super::{RETURN_WINDOW_MS, START_MS, World};
use crate::admission::{
    Capacity, Class, Decision, Gate, Leaving, Permit, Request, Secrets, Settings, Window,
};
use crate::base::limits::TICK_INTERVAL as TICK;
use crate::base::{AccountId, Clock, MachineTime, Role, SchoolTime, SessionId, limits};
use crate::hub::Cause;
use crate::protocol::CloseCode;

const LEASE: Duration = Duration::from_secs(80);

#[test]
fn a_lease_that_is_not_renewed_ends_the_connection_and_says_when_to_come_back() {
    let mut world = World::new(1);
    let until = world.clock.machine().after(LEASE);
    let mut pupil = world.join_until("s0", until);
    assert_eq!(pupil.welcome["lease_expires_at"], until.0);
    assert_eq!(pupil.welcome["resume"], format!("s0:1:{}", super::TOKEN_ENDS.0));
    world.pass(LEASE.saturating_sub(TICK), &mut [&mut pupil]);
    assert_eq!(pupil.closed, None);
    world.pass(TICK, &mut [&mut pupil]);
    assert_eq!(pupil.closed, Some(4104));
    assert_eq!(pupil.reason["code"], "lease_ended");
    assert_eq!(pupil.reason["retry_ms"], serde_json::json!([RETURN_WINDOW_MS.0, RETURN_WINDOW_MS.1]));
}

#[test]
fn each_visit_is_told_of_once_when_it_begins_and_once_when_it_ends() {
    let mut world = World::new(2);
    let until = world.clock.machine().after(LEASE);
    let (mut short, mut long) = (world.join_until("s0", until), world.join("s1"));
    world.pass(LEASE + TICK, &mut [&mut short, &mut long]);
    assert_eq!(short.closed, Some(4104));
    world.pass(limits::CLOSE_DEADLINE + TICK, &mut [&mut long]);
    let (came, left) = &*world.gatehouse.visits.lock().unwrap();
    assert_eq!(came.iter().map(AccountId::as_str).collect::<Vec<_>>(), ["s0", "s1"]);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0] >= LEASE, "{left:?}");
}

#[test]
fn a_refresh_renews_the_lease_in_place() {
    let mut world = World::new(1);
    let until = world.clock.machine().after(LEASE);
    let mut pupil = world.join_until("s0", until);
    let token_ends = super::TOKEN_ENDS.0;
    pupil.socket.send_text(&format!(r#"{{"type":"refresh","id":1,"token":"s0:{token_ends}"}}"#));
    world.turn();
    let refreshed = &pupil.take()[0];
    assert_eq!(refreshed["type"], "refreshed");
    assert_eq!(refreshed["resume"], format!("s0:1:{token_ends}"));
    assert!(refreshed["lease_expires_at"].as_u64() > Some(until.0), "{refreshed}");
    world.pass(LEASE * 2, &mut [&mut pupil]);
    assert_eq!(pupil.closed, None);
}

#[test]
fn a_token_that_is_refused_renews_nothing() {
    let mut world = World::new(1);
    let mut pupil = world.join_until("s0", world.clock.machine().after(LEASE));
    pupil.socket.send_text(r#"{"type":"refresh","id":1,"token":"s1:9999999999999"}"#);
    world.pass(LEASE, &mut [&mut pupil]);
    assert_eq!(pupil.closed, Some(4104));
}

#[test]
fn who_waits_for_a_commit_is_told_of_it_before_the_lease_ends_the_connection() {
    let mut world = World::new(1);
    let mut pupil = world.join_until("s0", world.clock.machine().after(LEASE));
    world.pass(LEASE.saturating_sub(TICK), &mut [&mut pupil]);
    pupil.post(1);
    world.pass(TICK * 4, &mut [&mut pupil]);
    assert_eq!(pupil.closed, None);
    world.settle();
    assert_eq!(pupil.types(), ["published"]);
    assert_eq!(pupil.closed, Some(4104));
}

#[test]
fn a_lease_that_was_over_before_its_session_began_ends_at_once() {
    let mut world = World::new(1);
    let now = world.clock.machine();
    let mut late = world.join_until("s0", now);
    assert!(late.welcome["lease_expires_at"].as_u64() > Some(now.0));
    world.pass(limits::TICK_INTERVAL + limits::WHEEL_BUCKET, &mut [&mut late]);
    assert_eq!(late.closed, Some(4104));
}

#[test]
fn a_seat_rests_for_whoever_did_not_want_to_go() {
    let rests = |cause, closing| leaving(cause, closing) == Leaving::Lost;
    assert!(rests(Cause::Lost, None));
    assert!(rests(Cause::Peer(Some(4900)), None), "a page that gave a dead line up");
    for code in [None, Some(1000), Some(1001)] {
        assert!(!rests(Cause::Peer(code), None), "{code:?}");
    }
    assert!(!rests(Cause::Violation(1002), None));
    let comes_back = CloseCode::ALL.into_iter().filter(|code| rests(Cause::Ours(code.number()), Some(*code)));
    let comes_back: Vec<&str> = comes_back.map(CloseCode::as_str).collect();
    let expected = ["internal", "token_expired", "draining", "overloaded", "idle", "slow_consumer"];
    assert_eq!(comes_back, expected);
}

/// A gate with these seats taken by one session, and the permit.
fn seated() -> (Arc<Gate>, Permit) {
    let secrets = Secrets { tickets: [1; 32], order: [2; 32] };
    let gate = Gate::new(Settings::default(), Capacity::given(10), &secrets, MachineTime(START_MS));
    let gate = Arc::new(gate);
    let account = AccountId::parse("s0").unwrap();
    let request = Request {
        account: &account,
        role: Role::Student,
        is_live: false,
        window: Window::Open,
        session: SessionId(1),
        resume: None,
        ticket: None,
    };
    let now = MachineTime(START_MS);
    let decision = gate.ask(&request, now, SchoolTime(0));
    assert!(matches!(decision, Decision::Enter { .. }), "{decision:?}");
    let permit = gate.occupy(SessionId(1), &account, now).unwrap().permit;
    (gate, permit)
}

#[test]
fn a_seat_is_given_back_when_its_connection_has_ended() {
    let (gate, permit) = seated();
    let mut world = World::new(1);
    let pupil = world.join_on(permit, "s0", MachineTime(u64::MAX));
    assert_eq!(gate.taken(Class::Student), 1);
    pupil.socket.close(Some(1000));
    world.turn();
    world.turn();
    assert_eq!(gate.taken(Class::Student), 0);
}

#[test]
fn a_seat_whose_line_was_lost_rests() {
    let (gate, permit) = seated();
    let mut world = World::new(1);
    let pupil = world.join_on(permit, "s0", MachineTime(u64::MAX));
    pupil.socket.lose();
    world.turn();
    world.turn();
    assert!(pupil.socket.is_over());
    assert_eq!(gate.taken(Class::Student), 1, "a resume finds it");
}
