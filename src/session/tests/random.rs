//! Random worlds: whatever order commits, pages, stalls, losses and returns come in, each reader sees the log.

use proptest::prelude::*;

use super::{Peer, World, numbers};

/// What may happen next. The numbers choose a pupil.
#[derive(Debug, Clone)]
enum Happening {
    Post,
    Commit,
    Page,
    Turn,
    Stop(usize),
    Go(usize),
    Leave(usize),
    Join(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => Just(Happening::Post),
        6 => Just(Happening::Commit),
        4 => Just(Happening::Page),
        8 => Just(Happening::Turn),
        2 => (0..PUPILS).prop_map(Happening::Stop),
        2 => (0..PUPILS).prop_map(Happening::Go),
        1 => (0..PUPILS).prop_map(Happening::Leave),
        2 => (0..PUPILS).prop_map(Happening::Join),
    ]
}

const PUPILS: usize = 3;

#[derive(Default)]
struct Pupil {
    peer: Option<Peer>,
    position: Option<String>,
    received: Vec<usize>,
}

impl Pupil {
    fn join(&mut self, world: &mut World, number: usize) {
        if self.peer.is_none() {
            let peer = world.join(&format!("s{number}"));
            let from = self
                .position
                .as_ref()
                .map_or(r#"{"last":1}"#.to_owned(), |at| format!(r#"{{"position":{at}}}"#));
            peer.subscribe("class:2a", &from);
            self.peer = Some(peer);
        }
    }

    fn take(&mut self) {
        let Some(peer) = &mut self.peer else { return };
        let frames = peer.take();
        for frame in &frames {
            assert_ne!(frame["type"], "reset", "{frame}");
            let moves = matches!(frame["type"].as_str(), Some("publication" | "fresh" | "resumed"));
            if moves && frame["position"].is_object() {
                self.position = Some(frame["position"].to_string());
            }
        }
        self.received.extend(numbers(&frames));
    }
}

proptest! {
    #[test]
    fn each_reader_sees_the_log_once_and_in_order(happenings in prop::collection::vec(happening(), 1..250)) {
        let mut world = World::new(PUPILS);
        let teacher = world.join("t");
        let mut pupils: Vec<Pupil> = (0..PUPILS).map(|_| Pupil::default()).collect();
        let mut posted = 0;
        for (number, pupil) in pupils.iter_mut().enumerate() {
            pupil.join(&mut world, number);
        }
        world.settle();
        for happening in happenings {
            match happening {
                Happening::Post => { posted += 1; teacher.post(posted); }
                Happening::Commit => { world.broker.commit_one(); }
                Happening::Page => { world.broker.read_one(); }
                Happening::Turn => world.turn(),
                Happening::Stop(n) => { if let Some(peer) = &pupils[n].peer { peer.socket.stop_reading(300); } }
                Happening::Go(n) => { if let Some(peer) = &pupils[n].peer { peer.socket.resume_reading(); } }
                Happening::Leave(n) => {
                    pupils[n].take();
                    pupils[n].peer = None;
                }
                Happening::Join(n) => pupils[n].join(&mut world, n),
            }
            for pupil in &mut pupils {
                pupil.take();
            }
        }
        for (number, pupil) in pupils.iter_mut().enumerate() {
            if let Some(peer) = &pupil.peer {
                peer.socket.resume_reading();
            }
            pupil.join(&mut world, number);
        }
        for _ in 0..20 {
            world.settle();
        }
        for pupil in &mut pupils {
            pupil.take();
            prop_assert_eq!(&pupil.received, &(1..=posted).collect::<Vec<_>>());
        }
    }
}
