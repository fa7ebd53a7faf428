//! Random worlds: whatever order commits, pages, stalls, losses, returns and reloads come in, each reader sees the log.
//!
//! The bounds are small, so that every way a publication can take is taken often.

use proptest::prelude::*;

use super::{Peer, World, numbers, roster};
use crate::hub::Bounds;

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
    Unsubscribe(usize),
    Reload,
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
        3 => (0..PUPILS).prop_map(Happening::Join),
        2 => (0..PUPILS).prop_map(Happening::Unsubscribe),
        1 => Just(Happening::Reload),
    ]
}

const PUPILS: usize = 5;
const BOUNDS: Bounds =
    Bounds { fanout_chunk: 1, wide_subscribers: 1, wide_lane: 3, replay_page: 3, replays_in_flight: 2 };

#[derive(Debug, Default, PartialEq, Eq)]
enum Following {
    #[default]
    No,
    Yes,
    /// An unsubscribe is on its way.
    Leaving,
}

#[derive(Default)]
struct Pupil {
    peer: Option<Peer>,
    position: Option<String>,
    received: Vec<usize>,
    following: Following,
}

impl Pupil {
    /// Comes back, if away, and follows, if it does not.
    fn join(&mut self, world: &mut World, number: usize) {
        if self.peer.is_none() {
            self.peer = Some(world.join(&format!("s{number}")));
            self.following = Following::No;
        }
        if let (Some(peer), Following::No) = (&self.peer, &self.following) {
            let from = self
                .position
                .as_ref()
                .map_or(r#"{"last":1}"#.to_owned(), |at| format!(r#"{{"position":{at}}}"#));
            peer.subscribe("class:2a", &from);
            self.following = Following::Yes;
        }
    }

    fn leave(&mut self) {
        self.take();
        self.peer = None;
    }

    fn unsubscribe(&mut self) {
        if let (Some(peer), Following::Yes) = (&self.peer, &self.following) {
            peer.socket.send_text(r#"{"type":"unsubscribe","id":9,"channel":"class:2a"}"#);
            self.following = Following::Leaving;
        }
    }

    fn stop(&self) {
        if let Some(peer) = &self.peer {
            peer.socket.stop_reading(300);
        }
    }

    fn go(&self) {
        if let Some(peer) = &self.peer {
            peer.socket.resume_reading();
        }
    }

    fn take(&mut self) {
        let Some(peer) = &mut self.peer else { return };
        let frames = peer.take();
        for frame in &frames {
            let kind = frame["type"].as_str().unwrap();
            assert!(!matches!(kind, "reset" | "error"), "{frame}");
            if kind == "unsubscribed" {
                self.following = Following::No;
            }
            if matches!(kind, "publication" | "fresh" | "resumed") {
                self.position = Some(frame["position"].to_string());
            }
        }
        self.received.extend(numbers(&frames));
    }
}

proptest! {
    #[test]
    fn each_reader_sees_the_log_once_and_in_order(happenings in prop::collection::vec(happening(), 1..250)) {
        let mut world = World::with_bounds(PUPILS, BOUNDS);
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
                Happening::Stop(n) => pupils[n].stop(),
                Happening::Go(n) => pupils[n].go(),
                Happening::Leave(n) => pupils[n].leave(),
                Happening::Join(n) => pupils[n].join(&mut world, n),
                Happening::Unsubscribe(n) => pupils[n].unsubscribe(),
                Happening::Reload => world.reload(roster(PUPILS, &[])),
            }
            pupils.iter_mut().for_each(Pupil::take);
        }
        pupils.iter().for_each(Pupil::go);
        for _ in 0..60 {
            world.settle();
            pupils.iter_mut().for_each(Pupil::take);
        }
        for (number, pupil) in pupils.iter_mut().enumerate() {
            pupil.join(&mut world, number);
        }
        for _ in 0..200 {
            world.settle();
        }
        for pupil in &mut pupils {
            pupil.take();
            prop_assert_eq!(&pupil.received, &(1..=posted).collect::<Vec<_>>());
        }
    }
}
