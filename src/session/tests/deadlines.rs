//! Deadlines in random worlds: whatever order signs of life, stalls, refreshes, ends and times come in, a sweep over all
//! sessions after each tick finds nothing that the wheel has missed. The shard itself compares, in builds with debug
//! assertions; here it is given reasons to fail.

use std::time::Duration;

use proptest::prelude::*;

use super::{Peer, TOKEN_ENDS, World};
use crate::base::{Clock, limits};

/// What may happen next. The first number chooses a pupil.
#[derive(Debug, Clone)]
enum Happening {
    Pass(u64),
    Speak(usize),
    Answer(usize),
    /// The token ends so many milliseconds from now.
    Refresh(usize, u64),
    Stop(usize),
    Go(usize),
    Break(usize),
    Leave(usize),
    Join(usize),
}

const PUPILS: usize = 6;

fn happening() -> impl Strategy<Value = Happening> {
    let pupil = 0..PUPILS;
    prop_oneof![
        8 => prop_oneof![1..2_000_u64, 1..40_000_u64, Just(90_000)].prop_map(Happening::Pass),
        2 => pupil.clone().prop_map(Happening::Speak),
        4 => pupil.clone().prop_map(Happening::Answer),
        2 => (pupil.clone(), 1..100_000_u64).prop_map(|(pupil, ms)| Happening::Refresh(pupil, ms)),
        2 => pupil.clone().prop_map(Happening::Stop),
        2 => pupil.clone().prop_map(Happening::Go),
        1 => pupil.clone().prop_map(Happening::Break),
        1 => pupil.clone().prop_map(Happening::Leave),
        3 => pupil.prop_map(Happening::Join),
    ]
}

proptest! {
    #[test]
    fn no_deadline_is_missed(happenings in prop::collection::vec(happening(), 1..120)) {
        let mut world = World::new(PUPILS);
        let mut peers: Vec<Option<Peer>> = (0..PUPILS).map(|_| None).collect();
        for happening in happenings {
            let now = world.clock.machine().0;
            match happening {
                Happening::Pass(ms) => world.advance(Duration::from_millis(ms)),
                // Who comes with a token that has ended is overdue from the beginning, and looked at with the next bucket.
                Happening::Join(n) if peers[n].is_none() && world.clock.machine() < TOKEN_ENDS => {
                    peers[n] = Some(world.join(&format!("s{n}")));
                }
                Happening::Leave(n) => peers[n] = None,
                Happening::Speak(n) => send(peers[n].as_ref(), r#"{"type":"ping","id":1}"#),
                Happening::Refresh(n, ms) => {
                    send(peers[n].as_ref(), &format!(r#"{{"type":"refresh","id":1,"token":"s{n}:{}"}}"#, now + ms));
                }
                Happening::Answer(n) => each(peers[n].as_ref(), |peer| peer.socket.pong()),
                Happening::Stop(n) => each(peers[n].as_ref(), |peer| peer.socket.stop_reading(0)),
                Happening::Go(n) => each(peers[n].as_ref(), |peer| peer.socket.resume_reading()),
                Happening::Break(n) => {
                    let binary = crate::engine::memory::client_frame(0x82, b"binary");
                    each(peers[n].as_ref(), |peer| peer.socket.send_bytes(&binary));
                }
                Happening::Join(_) => {}
            }
            world.turn();
        }
        // The news of the last stall.
        world.turn();
        // Nobody says anything any more: all are closed as idle, stalled or with their token, and then cut off.
        for step in [limits::IDLE_DEADLINE, limits::CLOSE_DEADLINE + limits::TICK_INTERVAL] {
            world.advance(step);
            world.turn();
        }
        prop_assert!(peers.iter().flatten().all(|peer| peer.socket.is_over()));
    }
}

fn each(peer: Option<&Peer>, act: impl FnOnce(&Peer)) {
    if let Some(peer) = peer {
        act(peer);
    }
}

fn send(peer: Option<&Peer>, text: &str) {
    each(peer, |peer| peer.socket.send_text(text));
}
