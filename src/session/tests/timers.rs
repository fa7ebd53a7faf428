//! What happens when nothing happens, and how a drain ends.

use std::time::Duration;

use super::{Peer, TOKEN_ENDS, World};
use crate::base::limits::TICK_INTERVAL as TICK;
use crate::base::{Clock, limits};
use crate::hub::Ending;

fn closed(world: &mut World, peer: &mut Peer) -> Option<u16> {
    world.turn();
    peer.take();
    peer.closed
}

#[test]
fn a_silent_client_is_pinged_then_closed_and_a_pong_keeps_it() {
    let mut world = World::new(2);
    let (mut silent, mut alive) = (world.join("s0"), world.join("s1"));
    world.advance(limits::HEARTBEAT_INTERVAL);
    silent.take();
    alive.take();
    assert_eq!((silent.pings, alive.pings), (1, 1));
    alive.socket.pong();
    world.turn();
    world.advance(limits::IDLE_DEADLINE.saturating_sub(limits::HEARTBEAT_INTERVAL));
    assert_eq!(closed(&mut world, &mut silent), Some(4200));
    assert_eq!(closed(&mut world, &mut alive), None);
    assert_eq!(alive.pings, 2);
}

#[test]
fn those_who_came_together_are_not_pinged_together() {
    const PUPILS: usize = 64;
    let mut world = World::new(PUPILS);
    let mut peers: Vec<Peer> = (0..PUPILS).map(|number| world.join(&format!("s{number}"))).collect();
    let (mut most, mut pinged) = (0, 0);
    let end = world.clock.machine().after(limits::HEARTBEAT_INTERVAL);
    while world.clock.machine() < end {
        world.advance(TICK);
        let mut total = 0;
        for peer in &mut peers {
            peer.take();
            total += peer.pings;
        }
        (most, pinged) = (most.max(total - pinged), total);
    }
    assert_eq!(pinged, PUPILS, "everybody is pinged once in the first interval");
    assert!(most <= PUPILS / 8, "{most} of {PUPILS} within one tick");
}

#[test]
fn a_token_that_is_replaced_by_a_shorter_one_ends_the_connection_sooner() {
    let mut world = World::new(1);
    let mut peer = world.join("s0");
    let soon = world.clock.machine().after(Duration::from_secs(2));
    peer.socket.send_text(&format!(r#"{{"type":"refresh","id":1,"token":"s0:{}"}}"#, soon.0));
    world.turn();
    world.advance(Duration::from_secs(2).saturating_sub(TICK));
    assert_eq!(closed(&mut world, &mut peer), None);
    world.advance(TICK);
    assert_eq!(closed(&mut world, &mut peer), Some(4001));
}

#[test]
fn a_connection_ends_with_its_token_unless_it_was_refreshed() {
    let mut world = World::new(2);
    let (mut ends, mut stays) = (world.join("s0"), world.join("s1"));
    let later = TOKEN_ENDS.after(Duration::from_mins(10)).0;
    stays.socket.send_text(&format!(r#"{{"type":"refresh","id":1,"token":"s1:{later}"}}"#));
    world.turn();
    assert_eq!(stays.take()[0]["token_expires_at"], later);
    while world.clock.machine() < TOKEN_ENDS {
        for peer in [&mut ends, &mut stays] {
            peer.socket.pong();
        }
        world.advance(Duration::from_secs(20));
    }
    world.advance(TICK);
    assert_eq!(closed(&mut world, &mut ends), Some(4001));
    assert_eq!(closed(&mut world, &mut stays), None);
    for (token, code) in
        [("s0:9999999999999", "other_account"), ("nonsense", "token_invalid"), ("s1:5", "token_expired")]
    {
        stays.socket.send_text(&format!(r#"{{"type":"refresh","id":2,"token":"{token}"}}"#));
        world.turn();
        assert_eq!(stays.take()[0]["code"], code);
    }
}

#[test]
fn a_socket_that_takes_nothing_for_too_long_is_closed() {
    let mut world = World::new(1);
    let stuck = world.join("s0");
    stuck.socket.stop_reading(0);
    stuck.socket.send_text(r#"{"type":"ping","id":1}"#);
    world.turn();
    world.turn();
    world.advance(limits::STALL_DEADLINE.saturating_sub(TICK));
    assert_eq!(stuck.pings, 0, "no ping is sent to a socket that takes nothing");
    world.advance(TICK);
    world.advance(limits::CLOSE_DEADLINE);
    world.turn();
    assert!(stuck.socket.is_over());
    let closes =
        world.metrics.closes.get_or_create(&crate::base::metrics::CodeLabel { code: "slow_consumer" }).get();
    assert_eq!(closes, 1);
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_cut_off() {
    let mut world = World::new(1);
    let mut mute = world.join("s0");
    world.advance(limits::IDLE_DEADLINE);
    assert_eq!(closed(&mut world, &mut mute), Some(4200));
    assert!(!mute.socket.is_over());
    world.advance(limits::CLOSE_DEADLINE + TICK);
    world.turn();
    assert!(mute.socket.is_over());
}

#[test]
fn a_drain_answers_what_is_on_its_way_and_closes_everybody() {
    let mut world = World::new(2);
    let (mut idle, mut busy) = (world.join("s0"), world.join("s1"));
    busy.post(1);
    world.turn();
    world.front.drain(Ending { over: Duration::ZERO, window_ms: (1_000, 5_000) });
    world.turn();
    assert_eq!(closed(&mut world, &mut idle), Some(4100));
    busy.post(2);
    world.turn();
    assert_eq!(busy.take()[0]["code"], "draining");
    assert_eq!(busy.closed, None);
    world.settle();
    assert_eq!(busy.take()[0]["type"], "published");
    assert_eq!(busy.closed, Some(4100));
    assert!(!world.shard.has_ended());
    for peer in [&idle, &busy] {
        peer.socket.close(Some(4100));
    }
    world.turn();
    world.turn();
    assert!(world.shard.has_ended());
}

#[test]
fn a_drain_takes_its_time_and_everybody_is_told_when_the_next_hub_has_room() {
    const PUPILS: usize = 60;
    const OVER: Duration = Duration::from_secs(30);
    let mut world = World::new(PUPILS);
    let mut peers: Vec<Peer> = (0..PUPILS).map(|number| world.join(&format!("s{number}"))).collect();
    world.front.drain(Ending { over: OVER, window_ms: (1_000, 5_000) });
    world.turn();
    peers[0].post(1);
    world.settle();
    assert_eq!(peers[0].types(), ["published"], "until it goes it may speak");
    let began = world.clock.machine();
    let (mut most, mut gone) = (0, 0);
    while gone < PUPILS {
        let before = gone;
        world.pass(TICK, &mut peers.iter_mut().filter(|peer| peer.closed.is_none()).collect::<Vec<_>>());
        let passed = world.clock.machine().since(began);
        for peer in peers.iter_mut().filter(|peer| peer.reason.is_null()) {
            peer.take();
        }
        gone = peers.iter().filter(|peer| peer.closed == Some(4100)).count();
        most = most.max(gone - before);
        assert!(passed <= OVER + TICK * 2, "{gone} of {PUPILS} after {passed:?}");
    }
    assert!(most <= PUPILS / 8, "{most} of {PUPILS} within one tick");
    let froms: Vec<u64> = peers.iter().map(|peer| peer.reason["retry_ms"][0].as_u64().unwrap()).collect();
    assert!(froms.iter().all(|from| (1_000..=31_000).contains(from)), "{froms:?}");
    assert!(froms.iter().any(|from| *from > 20_000), "the first wait until the last have gone: {froms:?}");
    for peer in &peers {
        peer.socket.close(Some(4100));
    }
    world.turn();
    world.turn();
    assert!(world.shard.has_ended());
}

#[test]
fn answers_that_nobody_reads_end_the_connection() {
    let mut world = World::new(1);
    let mut deaf = world.join("s0");
    deaf.socket.stop_reading(0);
    for id in 0..2 * (limits::OUTBOX_REPLY_FRAMES_MAX + limits::OUTBOX_FRAMES_MAX) {
        deaf.socket.send_text(&format!(r#"{{"type":"ping","id":{id}}}"#));
    }
    for _ in 0..20 {
        world.turn();
    }
    deaf.socket.resume_reading();
    for _ in 0..20 {
        world.turn();
    }
    let pongs = deaf.types().iter().filter(|kind| *kind == "pong").count();
    assert_eq!(pongs, limits::OUTBOX_REPLY_FRAMES_MAX + limits::OUTBOX_FRAMES_MAX);
    assert_eq!(deaf.closed, Some(4201));
}

#[test]
fn a_socket_that_drains_after_a_long_stall_is_not_idle() {
    let mut world = World::new(1);
    let mut held_up = world.join("s0");
    world.advance(Duration::from_secs(29));
    held_up.socket.stop_reading(0);
    held_up.socket.send_text(r#"{"type":"ping","id":1}"#);
    world.turn();
    world.turn();
    world.advance(Duration::from_secs(50));
    held_up.socket.resume_reading();
    world.turn();
    world.turn();
    assert_eq!(closed(&mut world, &mut held_up), None);
    held_up.pings = 0;
    world.advance(limits::HEARTBEAT_INTERVAL);
    held_up.take();
    assert_eq!(held_up.pings, 1);
}

#[test]
fn a_reader_that_takes_a_little_all_the_time_is_slow_and_stays() {
    let mut world = World::new(1);
    let teacher = world.join("t");
    let mut slow = world.join("s0");
    slow.subscribe("class:2a", r#""now""#);
    world.settle();
    slow.socket.stop_reading(0);
    let count = 60;
    for number in 1..=count {
        teacher.post(number);
        world.settle();
    }
    slow.take();
    let mut received = Vec::new();
    for _ in 0..count * 3 {
        slow.socket.read_some(150);
        slow.socket.pong();
        teacher.socket.pong();
        world.advance(Duration::from_secs(1));
        received.extend(super::numbers(&slow.take()));
    }
    assert_eq!((received, slow.closed), ((1..=count).collect(), None));
}

#[test]
fn who_breaks_the_protocol_and_then_says_nothing_is_cut_off_soon_and_named_rightly() {
    let mut world = World::new(1);
    let mut clumsy = world.join("s0");
    clumsy.socket.send_bytes(&crate::engine::memory::client_frame(0x82, b"binary"));
    world.turn();
    assert_eq!(closed(&mut world, &mut clumsy), Some(1003));
    world.advance(limits::CLOSE_DEADLINE);
    world.turn();
    assert!(clumsy.socket.is_over());
    let closes =
        world.metrics.closes.get_or_create(&crate::base::metrics::CodeLabel { code: "not_text" }).get();
    assert_eq!(closes, 1);
}
