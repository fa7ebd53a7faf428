//! How long a connection has its seat, and what it is told when that is over.

use std::time::Duration;

use super::{RETURN_WINDOW_MS, World};
use crate::base::limits::TICK_INTERVAL as TICK;
use crate::base::{Clock, limits};

const LEASE: Duration = Duration::from_secs(80);

#[test]
fn a_lease_that_is_not_renewed_ends_the_connection_and_says_when_to_come_back() {
    let mut world = World::new(1);
    let until = world.clock.machine().after(LEASE);
    let mut pupil = world.join_until("s0", until);
    assert_eq!(pupil.welcome["lease_expires_at"], until.0);
    world.pass(LEASE.saturating_sub(TICK), &mut [&mut pupil]);
    assert_eq!(pupil.closed, None);
    world.pass(TICK, &mut [&mut pupil]);
    assert_eq!(pupil.closed, Some(4104));
    assert_eq!(pupil.reason["code"], "lease_ended");
    assert_eq!(pupil.reason["retry_ms"], serde_json::json!([RETURN_WINDOW_MS.0, RETURN_WINDOW_MS.1]));
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
