//! What becomes of connections when something is told to all shards.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{News, Rates};
use super::{Peer, World};
use crate::admission::Level;
use crate::base::limits::TICK_INTERVAL as TICK;
use crate::base::{AccountId, Channel, Clock, ItemId, Role, SchoolTime, SessionId, limits};
use crate::protocol::server::OwnMark;

const OPENS_AT: SchoolTime = SchoolTime(1_774_630_680_000);
const OVER: Duration = Duration::from_mins(1);

fn close_students(world: &World) {
    *world.gatehouse.closed.lock().unwrap() = Some((Role::Student, Some(OPENS_AT)));
}

fn pupils(world: &mut World, count: usize) -> Vec<Peer> {
    (0..count).map(|number| world.join(&format!("s{number}"))).collect()
}

fn closed(peers: &[Peer]) -> usize {
    peers.iter().filter(|peer| peer.closed.is_some()).count()
}

#[test]
fn those_whose_window_closes_leave_one_by_one_and_know_when_to_come_back() {
    const PUPILS: usize = 60;
    let mut world = World::new(PUPILS);
    let mut peers = pupils(&mut world, PUPILS);
    let mut teacher = world.join("t");
    close_students(&world);
    world.tell(News::Suspend { role: Role::Student, over: OVER });
    let (mut most, mut gone) = (0, 0);
    let end = world.clock.machine().after(OVER + TICK);
    while world.clock.machine() < end {
        // Told again: nobody's instant moves.
        world.tell(News::Suspend { role: Role::Student, over: OVER });
        let mut all: Vec<&mut Peer> = peers.iter_mut().chain([&mut teacher]).collect();
        world.pass(TICK, &mut all);
        let now = closed(&peers);
        (most, gone) = (most.max(now - gone), now);
    }
    assert_eq!(gone, PUPILS, "the last leaves in time");
    assert!(most <= 4, "{most} of {PUPILS} within one tick of {OVER:?}");
    for peer in &peers {
        assert_eq!(peer.closed, Some(4004));
        assert_eq!(peer.reason, json!({"code": "suspended", "opens_at": OPENS_AT.0}));
    }
    assert_eq!(teacher.closed, None);
}

#[test]
fn a_window_that_opens_again_keeps_who_has_not_left() {
    const PUPILS: usize = 20;
    let mut world = World::new(PUPILS);
    let mut peers = pupils(&mut world, PUPILS);
    close_students(&world);
    world.tell(News::Suspend { role: Role::Student, over: OVER });
    world.pass(OVER / 2, &mut peers.iter_mut().collect::<Vec<_>>());
    let gone = closed(&peers);
    assert!(gone > 0 && gone < PUPILS, "{gone}");
    *world.gatehouse.closed.lock().unwrap() = None;
    world.pass(OVER, &mut peers.iter_mut().collect::<Vec<_>>());
    assert_eq!(closed(&peers), gone);
}

#[test]
fn who_slips_in_after_the_window_has_closed_leaves_like_the_others_and_no_refresh_helps() {
    let mut world = World::new(1);
    close_students(&world);
    let mut late = world.join("s0");
    let token_ends = super::TOKEN_ENDS.0;
    late.socket.send_text(&format!(r#"{{"type":"refresh","id":1,"token":"s0:{token_ends}"}}"#));
    world.turn();
    assert_eq!(late.types(), ["refreshed"]);
    world.pass(limits::SUSPENSION_SPREAD + TICK, &mut [&mut late]);
    assert_eq!(late.closed, Some(4004));
}

#[test]
fn a_replaced_session_is_closed_for_good_and_no_other() {
    let mut world = World::new(2);
    let (mut older, mut newer, mut other) = (world.join("s0"), world.join("s0"), world.join("s1"));
    world.tell(News::Replaced { session: SessionId(1) });
    world.pass(TICK, &mut [&mut older, &mut newer, &mut other]);
    assert_eq!((older.closed, newer.closed, other.closed), (Some(4003), None, None));
    assert_eq!(older.reason, json!({"code": "replaced"}));
}

#[test]
fn a_session_that_is_replaced_before_it_has_joined_is_closed_when_it_does() {
    let mut world = World::new(1);
    world.tell(News::Replaced { session: SessionId(1) });
    world.advance(TICK);
    let mut late = world.join("s0");
    late.take();
    assert_eq!(late.closed, Some(4003));
    // What never came is forgotten.
    world.tell(News::Replaced { session: SessionId(2) });
    world.advance(limits::HANDSHAKE_DEADLINE);
    let mut stays = world.join("s0");
    stays.take();
    assert_eq!(stays.closed, None);
}

#[test]
fn all_connections_of_an_account_are_kicked() {
    let mut world = World::new(2);
    let mut peers = [world.join("s0"), world.join("s1"), world.join("s0")];
    world.tell(News::Kick { account: AccountId::parse("s0").unwrap() });
    for peer in &mut peers {
        peer.take();
    }
    assert_eq!(peers.map(|peer| peer.closed), [Some(4005), None, Some(4005)]);
}

#[test]
fn other_rates_hold_at_once_and_for_who_comes() {
    let mut world = World::new(2);
    let mut peer = world.join("s0");
    world.tell(News::Rates(Rates { messages_per_second: 1, publishes_per_second: 1 }));
    for id in 0..3 {
        peer.socket.send_text(&format!(r#"{{"type":"ping","id":{id}}}"#));
    }
    world.turn();
    assert_eq!(peer.types(), ["pong", "pong", "error"]);
    assert_eq!(world.join("s1").welcome["limits"]["messages_per_second"], 1);
}

#[test]
fn everybody_is_told_how_loaded_the_hub_is_and_of_several_levels_the_newest_alone() {
    let mut world = World::new(3);
    let (mut peer, mut slow) = (world.join("s0"), world.join("s1"));
    assert_eq!(peer.welcome["load"], 0);
    slow.socket.stop_reading(0);
    for level in [Level::Tight, Level::High, Level::Severe] {
        world.tell(News::Load(level));
        world.pass(TICK, &mut [&mut peer]);
    }
    slow.socket.resume_reading();
    world.turn();
    world.turn();
    assert_eq!(slow.take(), [json!({"type": "load", "level": 3})]);
    assert_eq!(world.join("s2").welcome["load"], 3);
}

#[test]
fn a_crowd_is_told_piece_by_piece() {
    let crowd = limits::LOAD_TOLD_PER_CHORE as usize + 10;
    let mut world = World::new(crowd);
    let mut peers = pupils(&mut world, crowd);
    world.tell(News::Load(Level::High));
    let told = |peers: &mut [Peer]| -> usize {
        peers.iter_mut().map(|peer| usize::from(peer.types() == ["load"])).sum()
    };
    let mut pieces = Vec::new();
    for step in [TICK, limits::CHORE_INTERVAL, limits::CHORE_INTERVAL] {
        world.advance(step);
        pieces.push(told(&mut peers));
    }
    assert_eq!(pieces, [limits::LOAD_TOLD_PER_CHORE as usize, 10, 0]);
}

#[test]
fn a_hub_that_is_about_to_fail_sends_away_some_at_a_time_and_tells_the_gate_what_it_sees() {
    const PUPILS: usize = 80;
    let mut world = World::new(PUPILS + 1);
    let mut hidden = pupils(&mut world, PUPILS);
    for peer in &hidden {
        peer.socket.send_text(r#"{"type":"visibility","hidden":true}"#);
    }
    let mut seen = world.join("s80");
    world.settle();
    world.tell(News::Evict(true));
    world.advance(TICK);
    let took = |peers: &mut [Peer]| {
        for peer in peers.iter_mut() {
            peer.take();
        }
        closed(peers)
    };
    assert_eq!(took(&mut hidden), limits::EVICTIONS_MAX);
    assert_eq!(hidden[0].closed, Some(4103));
    assert_eq!(hidden[0].reason, json!({"code": "evicted", "retry_ms": [30_000, 120_000], "ticket": "s0-1"}));
    world.tell(News::Evict(false));
    world.advance(TICK);
    assert_eq!(took(&mut hidden), limits::EVICTIONS_MAX, "it stops when it may");
    world.tell(News::Evict(true));
    for _ in 0..10 {
        world.advance(limits::CHORE_INTERVAL);
    }
    assert_eq!(took(&mut hidden), PUPILS);
    let (mut teacher, mut pupil) = (world.join("t"), world.join("s0"));
    teacher.subscribe("class:2a", r#""now""#);
    teacher.socket.send_text(
        r#"{"type":"lesson","id":2,"channel":"class:2a","message_id":"m","do":"start","title":""}"#,
    );
    world.settle();
    for peer in [&teacher, &pupil] {
        peer.socket.send_text(r#"{"type":"visibility","hidden":true}"#);
    }
    world.pass(TICK * 2, &mut [&mut teacher, &mut pupil]);
    for stays in [&mut seen, &mut teacher, &mut pupil] {
        stays.take();
        assert_eq!(stays.closed, None, "seen, or of a live class");
    }
}

#[test]
fn a_mark_is_told_where_its_account_is_followed_and_whoever_missed_one_is_told_to_ask() {
    let mut world = World::new(2);
    let (mut tab, mut slow) = (world.join("s0"), world.join("s0"));
    let (mut elsewhere, mut other) = (world.join("s0"), world.join("s1"));
    for (peer, channel) in [(&tab, "account:s0"), (&slow, "account:s0"), (&other, "account:s1")] {
        peer.subscribe(channel, r#""now""#);
    }
    world.settle();
    for peer in [&mut tab, &mut slow, &mut elsewhere, &mut other] {
        peer.take();
    }
    let mark = |world: &mut World, item: &str, done_at: Option<i64>| {
        let account = AccountId::parse("s0").unwrap();
        let mark = OwnMark { item: ItemId::parse(item).unwrap(), done_at: done_at.map(SchoolTime) };
        let channel = Channel::Account(account.clone());
        world.front.tell_about(&channel, &Arc::new(News::Marked { account, mark }));
        world.turn();
    };
    let told = |mark: Value| json!({"type": "marked", "channel": "account:s0", "mark": mark});
    slow.socket.stop_reading(0);
    mark(&mut world, "essay", Some(5));
    mark(&mut world, "sums", None);
    let expected =
        [told(json!({"item": "essay", "done_at": 5})), told(json!({"item": "sums", "done_at": null}))];
    assert_eq!(tab.take(), expected);
    assert_eq!((elsewhere.take(), other.take()), (vec![], vec![]));
    slow.socket.resume_reading();
    world.turn();
    world.turn();
    assert_eq!(slow.take(), [told(Value::Null)]);
    mark(&mut world, "essay", None);
    assert_eq!(slow.take(), [told(json!({"item": "essay", "done_at": null}))]);
}
