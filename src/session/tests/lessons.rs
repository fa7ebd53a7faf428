//! A class is live while one of its teachers follows it, whatever happens to their connections.

use std::time::Duration;

use proptest::prelude::*;

use super::super::News;
use super::{Peer, World, roster};
use crate::base::{AccountId, ClassId, SessionId, limits};

const CONNECTIONS: usize = 4;

#[derive(Debug, Clone)]
enum Happening {
    Join(usize),
    Subscribe(usize),
    Unsubscribe(usize),
    Lose(usize),
    Close(usize),
    /// What no client may send.
    Break(usize),
    /// A read of the log fails or is answered.
    Answer,
    Pass(u64),
    Kick,
    Replace(u64),
    /// The teacher leaves the roster, or is in it again.
    Reload(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    let one = 0..CONNECTIONS;
    prop_oneof![
        4 => one.clone().prop_map(Happening::Join),
        6 => one.clone().prop_map(Happening::Subscribe),
        3 => one.clone().prop_map(Happening::Unsubscribe),
        1 => one.clone().prop_map(Happening::Lose),
        1 => one.clone().prop_map(Happening::Close),
        1 => one.prop_map(Happening::Break),
        6 => Just(Happening::Answer),
        2 => (1..60_000_u64).prop_map(Happening::Pass),
        1 => Just(Happening::Kick),
        1 => (1..20_u64).prop_map(Happening::Replace),
        1 => any::<bool>().prop_map(Happening::Reload),
    ]
}

/// A teacher's connection, and what it has been told.
struct Teacher {
    peer: Peer,
    follows: bool,
}

impl Teacher {
    fn listen(&mut self) {
        for frame in self.peer.take() {
            match frame["type"].as_str() {
                Some("fresh") => self.follows = true,
                Some("unsubscribed") => self.follows = false,
                _ => {}
            }
        }
    }

    fn is_gone(&self) -> bool {
        self.peer.closed.is_some() || self.peer.socket.is_over()
    }
}

fn live(world: &World) -> usize {
    let class = ClassId::parse("2a").unwrap();
    world.gatehouse.lessons.lock().unwrap().get(&class).copied().unwrap_or_default()
}

fn act(world: &mut World, teachers: &mut [Option<Teacher>], happening: &Happening) {
    let send = |teacher: Option<&Teacher>, text: &str| {
        if let Some(teacher) = teacher {
            teacher.peer.socket.send_text(text);
        }
    };
    match *happening {
        Happening::Join(n) if teachers[n].is_none() && world.directory.current().account("t").is_some() => {
            teachers[n] = Some(Teacher { peer: world.join("t"), follows: false });
        }
        Happening::Join(_) => {}
        Happening::Subscribe(n) => {
            send(teachers[n].as_ref(), r#"{"type":"subscribe","id":1,"channel":"class:2a","from":"now"}"#);
        }
        Happening::Unsubscribe(n) => {
            send(teachers[n].as_ref(), r#"{"type":"unsubscribe","id":2,"channel":"class:2a"}"#);
        }
        Happening::Lose(n) => teachers[n] = None,
        Happening::Close(n) => {
            if let Some(teacher) = &teachers[n] {
                teacher.peer.socket.close(Some(1000));
            }
        }
        Happening::Break(n) => {
            if let Some(teacher) = &teachers[n] {
                teacher.peer.socket.send_bytes(&crate::engine::memory::client_frame(0x82, b"binary"));
            }
        }
        Happening::Answer => world.settle(),
        Happening::Pass(ms) => world.advance(Duration::from_millis(ms)),
        Happening::Kick => world.tell(News::Kick { account: AccountId::parse("t").unwrap() }),
        Happening::Replace(session) => world.tell(News::Replaced { session: SessionId(session) }),
        Happening::Reload(with) => world.reload(roster(1, if with { &[] } else { &["t"] })),
    }
    world.turn();
}

proptest! {
    #[test]
    fn what_begins_ends_once_on_every_way_out(happenings in prop::collection::vec(happening(), 1..60)) {
        let mut world = World::new(1);
        let mut teachers: Vec<Option<Teacher>> = (0..CONNECTIONS).map(|_| None).collect();
        for happening in happenings {
            act(&mut world, &mut teachers, &happening);
            world.settle();
            for place in &mut teachers {
                if let Some(teacher) = place {
                    teacher.listen();
                }
                if place.as_ref().is_some_and(Teacher::is_gone) {
                    *place = None;
                }
            }
            world.settle();
            let following = teachers.iter().flatten().filter(|teacher| teacher.follows).count();
            prop_assert_eq!(live(&world), following);
        }
        teachers.clear();
        world.advance(limits::IDLE_DEADLINE);
        world.settle();
        prop_assert_eq!(world.gatehouse.lessons.lock().unwrap().len(), 0);
    }
}

#[test]
fn a_pupil_makes_no_class_live() {
    let mut world = World::new(1);
    let (pupil, teacher) = (world.join("s0"), world.join("t"));
    pupil.subscribe("class:2a", r#""now""#);
    world.settle();
    assert_eq!(live(&world), 0);
    teacher.subscribe("class:2a", r#""now""#);
    world.settle();
    assert_eq!(live(&world), 1);
}
