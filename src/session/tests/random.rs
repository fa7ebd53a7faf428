//! Random worlds: whatever order commits, echoes, pages, stalls, losses, returns and reloads come in, each reader sees the log.
//!
//! The bounds are small, so that every way a publication can take is taken often.

use proptest::prelude::*;

use super::{Peer, World, numbers_of, roster};
use crate::base::limits::STALLED_SOCKET_BYTES;
use crate::hub::Bounds;

/// What may happen next. The numbers choose a pupil and a channel.
#[derive(Debug, Clone)]
enum Happening {
    Post(usize),
    Commit,
    Echo,
    Page,
    Turn,
    Stop(usize),
    Go(usize),
    Leave(usize),
    Join(usize),
    Unsubscribe(usize, usize),
    Reload,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..CHANNELS.len()).prop_map(Happening::Post),
        6 => Just(Happening::Commit),
        6 => Just(Happening::Echo),
        4 => Just(Happening::Page),
        8 => Just(Happening::Turn),
        2 => (0..PUPILS).prop_map(Happening::Stop),
        2 => (0..PUPILS).prop_map(Happening::Go),
        3 => (0..PUPILS).prop_map(Happening::Leave),
        3 => (0..PUPILS).prop_map(Happening::Join),
        2 => (0..PUPILS, 0..CHANNELS.len()).prop_map(|(pupil, channel)| Happening::Unsubscribe(pupil, channel)),
        1 => Just(Happening::Reload),
    ]
}

/// So few that now and then all are away, and a channel is let go and followed anew.
const PUPILS: usize = 3;
/// What every pupil follows. Both are wide, so they take turns in the lane.
const CHANNELS: [&str; 2] = ["class:2a", "school:lycee"];
const BOUNDS: Bounds = Bounds {
    fanout_chunk: 1,
    fanout_chunk_bytes: 500,
    wide_subscribers: 1,
    wide_lane: 3,
    replay_page: 3,
    replays_in_flight: 2,
    pool_bytes: STALLED_SOCKET_BYTES + 500,
};

#[derive(Debug, Default, PartialEq, Eq)]
enum Following {
    #[default]
    No,
    Yes,
    /// An unsubscribe is on its way.
    Leaving,
}

#[derive(Default)]
struct Reader {
    position: Option<String>,
    received: Vec<usize>,
    following: Following,
}

#[derive(Default)]
struct Pupil {
    peer: Option<Peer>,
    readers: [Reader; CHANNELS.len()],
}

impl Pupil {
    /// Comes back, if away, and follows what it does not.
    fn join(&mut self, world: &mut World, number: usize) {
        if self.peer.is_none() {
            self.peer = Some(world.join(&format!("s{number}")));
            self.readers.iter_mut().for_each(|reader| reader.following = Following::No);
        }
        for (reader, channel) in self.readers.iter_mut().zip(CHANNELS) {
            if let (Some(peer), Following::No) = (&self.peer, &reader.following) {
                let from = reader
                    .position
                    .as_ref()
                    .map_or(r#"{"last":1}"#.to_owned(), |at| format!(r#"{{"position":{at}}}"#));
                peer.subscribe(channel, &from);
                reader.following = Following::Yes;
            }
        }
    }

    fn leave(&mut self) {
        self.take();
        self.peer = None;
    }

    fn unsubscribe(&mut self, channel: usize) {
        let (reader, channel) = (&mut self.readers[channel], CHANNELS[channel]);
        if let (Some(peer), Following::Yes) = (&self.peer, &reader.following) {
            peer.socket.send_text(&format!(r#"{{"type":"unsubscribe","id":9,"channel":"{channel}"}}"#));
            reader.following = Following::Leaving;
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
            let Some(channel) = CHANNELS.iter().position(|channel| frame["channel"] == *channel) else {
                continue;
            };
            let reader = &mut self.readers[channel];
            if kind == "unsubscribed" {
                reader.following = Following::No;
            }
            if matches!(kind, "publication" | "fresh" | "resumed") {
                reader.position = Some(frame["position"].to_string());
            }
        }
        for (reader, channel) in self.readers.iter_mut().zip(CHANNELS) {
            reader.received.extend(numbers_of(&frames, channel));
        }
    }
}

proptest! {
    #[test]
    fn each_reader_sees_the_log_once_and_in_order(happenings in prop::collection::vec(happening(), 1..250)) {
        let mut world = World::with_bounds(PUPILS, BOUNDS);
        let (teacher, staff) = (world.join("t"), world.join("staff"));
        let mut pupils: Vec<Pupil> = (0..PUPILS).map(|_| Pupil::default()).collect();
        let mut posted = [0; CHANNELS.len()];
        for (number, pupil) in pupils.iter_mut().enumerate() {
            pupil.join(&mut world, number);
        }
        world.settle();
        for happening in happenings {
            match happening {
                Happening::Post(channel) => {
                    posted[channel] += 1;
                    if channel == 0 { teacher.post(posted[0]) } else { staff.announce(posted[1]) }
                }
                Happening::Commit => { world.broker.commit_unechoed(); }
                Happening::Echo => { world.broker.echo_one(); }
                Happening::Page => { world.broker.read_one(); }
                Happening::Turn => world.turn(),
                Happening::Stop(n) => pupils[n].stop(),
                Happening::Go(n) => pupils[n].go(),
                Happening::Leave(n) => pupils[n].leave(),
                Happening::Join(n) => pupils[n].join(&mut world, n),
                Happening::Unsubscribe(n, channel) => pupils[n].unsubscribe(channel),
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
            for (reader, posted) in pupil.readers.iter().zip(posted) {
                prop_assert_eq!(&reader.received, &(1..=posted).collect::<Vec<_>>());
            }
        }
    }
}
