//! The classes that have a lesson, as far as connections of this shard follow them: who is there is told to the lesson, and
//! what the lesson says to those who follow.
//!
//! A message about a lesson is the whole of its subject, and a newer one displaces it while it waits. What changes often is
//! told at most once an interval, and at once if nothing was told for so long. A room is forgotten when its lesson is over or
//! nobody is left in it.

use std::collections::HashMap;
use std::time::Duration;

use super::Sessions;
use crate::access::Identity;
use crate::admission::Level;
use crate::base::{AccountId, Channel, ClassId, MachineTime, Role, limits};
use crate::hub::{CHANNEL_TOPICS, Hub, Slot, SocketSet};
use crate::lesson::{Changed, Reacted, Whose};
use crate::protocol::ServerMessage;
use crate::protocol::lesson::Presence;

/// The topics of a class.
const STATE: u32 = 0;
const PULSE: u32 = 1;
const PRESENCE: u32 = 2;
const MINE: u32 = 3;
const _: () = assert!(MINE < CHANNEL_TOPICS);

/// All rooms of a shard.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    by_class: HashMap<ClassId, Room>,
}

impl Rooms {
    /// Whether there is a lesson to look after.
    pub(super) fn is_any(&self) -> bool {
        !self.by_class.is_empty()
    }
}

/// A class with a lesson, and what of it is to be told.
#[derive(Debug, Default)]
struct Room {
    /// Who followed it at the last look.
    followers: Vec<(Slot, Role)>,
    looked_at: MachineTime,
    state: Subject,
    pulse: Subject,
    mine: Subject,
    /// Whose own standing is to be told.
    whose: Whose,
    /// The reactions that were told.
    reacted: Reacted,
    /// Who is there, as far as it was told to those teachers who were there before.
    presence: Option<u64>,
}

/// Something that is told again and again.
#[derive(Debug, Default)]
struct Subject {
    told_at: MachineTime,
    is_due: bool,
}

impl Subject {
    /// Whether it is to be told now; it has been then.
    fn take(&mut self, now: MachineTime, interval: Duration) -> bool {
        let is_now = self.is_due && now >= self.told_at.after(interval);
        if is_now {
            *self = Self { told_at: now, is_due: false };
        }
        is_now
    }
}

impl Room {
    fn note(&mut self, changed: Changed) {
        if changed.began {
            (self.looked_at, self.followers) = (MachineTime::default(), Vec::new());
            (self.presence, self.reacted) = (None, Reacted::default());
        }
        self.state.is_due |= changed.state || changed.began;
        self.pulse.is_due |= changed.pulse || changed.presence;
        self.mine.is_due |= changed.mine != Whose::Nobody;
        self.whose = match (std::mem::take(&mut self.whose), changed.mine) {
            (Whose::Nobody, whose) | (whose, Whose::Nobody) => whose,
            (Whose::These(mut some), Whose::These(others)) => {
                some.extend(others);
                Whose::These(some)
            }
            (Whose::Everybody, _) | (_, Whose::Everybody) => Whose::Everybody,
        };
    }

    /// Who follows it by a role.
    fn with(&self, role: Role) -> Vec<Slot> {
        self.followers.iter().filter(|(_, of)| *of == role).map(|(slot, _)| *slot).collect()
    }
}

impl Sessions {
    /// Looks after the lessons: who is there, and what is to be told. When to look again.
    pub(super) fn look_after_lessons<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Duration {
        for changed in self.shared.lessons.changed(self.shard) {
            let channel = Channel::Class(changed.class.clone());
            let (began, class) = (changed.began, changed.class.clone());
            // Whoever follows later is told then.
            if hub.follows(&channel) {
                self.rooms.by_class.entry(class).or_default().note(changed);
                if began {
                    self.classify_all(hub, &channel);
                }
            }
        }
        let rooms = self.rooms.by_class.iter();
        let mut classes: Vec<_> = rooms.map(|(class, room)| (room.pulse.told_at, class.clone())).collect();
        classes.sort_unstable();
        let mut pulses_left = limits::PULSES_PER_GO;
        for (_, class) in classes {
            let Some(mut room) = self.rooms.by_class.remove(&class) else { continue };
            if self.look_after(hub, &class, &mut room, &mut pulses_left) {
                self.rooms.by_class.insert(class, room);
            }
        }
        match pulses_left {
            0 => limits::PULSES_REST,
            _ if self.rooms.is_any() => limits::CHORE_INTERVAL,
            _ => limits::TICK_INTERVAL,
        }
    }

    /// Tells somebody whose subscription has been answered how the class's lesson stands.
    pub(super) fn greet<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, channel: &Channel) {
        let Channel::Class(class) = channel else { return };
        let Some(role) = self.places.get_mut(slot).map(|session| session.identity.role) else { return };
        let state = self.shared.lessons.state(class, role);
        let is_live = state.lesson.is_some();
        tell(hub, &[slot], channel, STATE, &ServerMessage::Lesson(state));
        if !is_live {
            return;
        }
        // The others have their share of what is new first: from then on all hold the same.
        let mut room = self.rooms.by_class.remove(class).unwrap_or_default();
        self.look_around(hub, class, &mut room);
        self.tell_presence(hub, class, &mut room, Some(slot));
        self.rooms.by_class.insert(class.clone(), room);
        if let Some(pulse) = self.shared.lessons.pulse(class, role, self.students_of(class), &[]) {
            tell(hub, &[slot], channel, PULSE, &ServerMessage::Pulse(pulse));
        }
        match role {
            Role::Teacher => {
                if let Some(presence) = self.shared.lessons.presence(class, None) {
                    tell(hub, &[slot], channel, PRESENCE, &ServerMessage::Presence(presence));
                }
            }
            Role::Student => self.tell_mine(hub, slot, class),
            Role::Guardian | Role::Staff | Role::Operator => {}
        }
    }

    /// Answers who is there. What the others have not been told yet is told them first: what they are told next is then
    /// about what the asker holds too.
    pub(super) fn answer_presence<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        (slot, id): (Slot, u32),
        class: &ClassId,
        presence: Presence,
    ) {
        if let Some(mut room) = self.rooms.by_class.remove(class) {
            self.tell_presence(hub, class, &mut room, Some(slot));
            self.rooms.by_class.insert(class.clone(), room);
        }
        let now = self.shared.lessons.presence(class, None).unwrap_or(presence);
        hub.send(slot, &ServerMessage::Presence(now));
        hub.send(slot, &ServerMessage::Done { id });
    }

    /// Tells somebody how it stands itself.
    pub(super) fn tell_mine<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, class: &ClassId) {
        let Some(account) = self.places.get_mut(slot).map(|session| session.identity.account.clone()) else {
            return;
        };
        let channel = Channel::Class(class.clone());
        let mine = self.shared.lessons.mine(class, &account);
        tell(hub, &[slot], &channel, MINE, &ServerMessage::Mine { channel: channel.clone(), mine });
    }

    /// Somebody does not want to follow a channel any more.
    pub(super) fn stops_following(&mut self, slot: Slot, channel: &Channel) {
        if let (Channel::Class(class), Some(session)) = (channel, self.places.get_mut(slot)) {
            self.shared.lessons.goes(class, &session.identity.account);
        }
    }

    /// Somebody goes who wanted to: in its classes nobody waits for it.
    pub(super) fn say_goodbye(&self, who: &Identity) {
        let roster = self.shared.directory.current();
        let Some(account) = roster.account(who.account.as_str()).filter(|_| who.role == Role::Student) else {
            return;
        };
        for class in account.classes().filter_map(|enrolment| ClassId::parse(enrolment.class.id()).ok()) {
            self.shared.lessons.goes(&class, &who.account);
        }
    }

    /// Tells what is due in a room. Whether it is still one.
    fn look_after<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        class: &ClassId,
        room: &mut Room,
        pulses_left: &mut usize,
    ) -> bool {
        let now = hub.now();
        let is_live = self.shared.lessons.is_live(class);
        if !is_live || now >= room.looked_at.after(limits::PULSE_INTERVAL) {
            self.look_around(hub, class, room);
            self.shared.lessons.sink(class, now);
        }
        let is_over = !is_live || room.followers.is_empty();
        if room.state.take(now, limits::PULSE_INTERVAL) || !is_live {
            self.tell_state(hub, class, room);
        }
        if is_over {
            if !is_live {
                self.classify_all(hub, &Channel::Class(class.clone()));
            }
            return false;
        }
        if room.mine.take(now, limits::PULSE_INTERVAL) {
            self.tell_whose(hub, class, room);
        }
        let is_loaded = self.load.level >= Level::High;
        let interval = if is_loaded { limits::PULSE_INTERVAL_LOADED } else { limits::PULSE_INTERVAL };
        if *pulses_left > 0 && room.pulse.take(now, interval) {
            *pulses_left -= 1;
            self.tell_pulse(hub, class, room);
            self.tell_presence(hub, class, room, None);
        }
        true
    }

    /// Tells the lesson who is there, if others are than at the last look.
    fn look_around<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, class: &ClassId, room: &mut Room) {
        room.looked_at = hub.now();
        let followers = hub.followers(&Channel::Class(class.clone()));
        if followers == room.followers {
            return;
        }
        room.followers = followers;
        let accounts = |slot| self.places.get_mut(slot).map(|session| session.identity.account.clone());
        let students: Vec<AccountId> = room.with(Role::Student).into_iter().filter_map(accounts).collect();
        let teachers = u32::try_from(room.with(Role::Teacher).len()).unwrap_or(u32::MAX);
        self.shared.lessons.present(class, self.shard, &students, teachers, hub.now());
    }

    fn tell_state<S: SocketSet>(&self, hub: &mut Hub<S, Self>, class: &ClassId, room: &Room) {
        let channel = Channel::Class(class.clone());
        for role in [Role::Teacher, Role::Student] {
            let state = self.shared.lessons.state(class, role);
            tell(hub, &room.with(role), &channel, STATE, &ServerMessage::Lesson(state));
        }
    }

    fn tell_pulse<S: SocketSet>(&self, hub: &mut Hub<S, Self>, class: &ClassId, room: &mut Room) {
        let channel = Channel::Class(class.clone());
        let of = self.students_of(class);
        let reactions = self.shared.lessons.reacted(class, &mut room.reacted);
        for role in [Role::Teacher, Role::Student] {
            if let Some(pulse) = self.shared.lessons.pulse(class, role, of, &reactions) {
                tell(hub, &room.with(role), &channel, PULSE, &ServerMessage::Pulse(pulse));
            }
        }
    }

    /// Tells teachers who came and went since they were told last, but for one who is told the whole.
    fn tell_presence<S: SocketSet>(
        &self,
        hub: &mut Hub<S, Self>,
        class: &ClassId,
        room: &mut Room,
        except: Option<Slot>,
    ) {
        let mut teachers = room.with(Role::Teacher);
        if teachers.is_empty() {
            return;
        }
        teachers.retain(|slot| Some(*slot) != except);
        if let Some(presence) = self.shared.lessons.presence(class, room.presence) {
            room.presence = Some(presence.version);
            let channel = Channel::Class(class.clone());
            tell(hub, &teachers, &channel, PRESENCE, &ServerMessage::Presence(presence));
        }
    }

    /// Tells those students how they stand for whom that has changed.
    fn tell_whose<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, class: &ClassId, room: &mut Room) {
        let whose = std::mem::take(&mut room.whose);
        for slot in room.with(Role::Student) {
            let account = self.places.get_mut(slot).map(|session| &session.identity.account);
            let is_meant = match &whose {
                Whose::Nobody => false,
                Whose::These(some) => account.is_some_and(|account| some.contains(account)),
                Whose::Everybody => true,
            };
            if is_meant {
                self.tell_mine(hub, slot, class);
            }
        }
    }

    /// Counts the seats of those who follow a class where they belong, now that it has a lesson, or has none.
    fn classify_all<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, channel: &Channel) {
        for (slot, _) in hub.followers(channel) {
            self.classify(hub, slot);
        }
    }

    /// How many students a class has.
    fn students_of(&self, class: &ClassId) -> u32 {
        let roster = self.shared.directory.current();
        let students = roster.class(class.as_str()).map_or(0, |class| class.students().count());
        u32::try_from(students).unwrap_or(u32::MAX)
    }
}

fn tell<S: SocketSet>(
    hub: &mut Hub<S, Sessions>,
    slots: &[Slot],
    channel: &Channel,
    number: u32,
    message: &ServerMessage,
) {
    if let Some(topic) = hub.topic(channel, number).filter(|_| !slots.is_empty()) {
        hub.tell(slots, message, topic);
    }
}
