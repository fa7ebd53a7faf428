//! What other threads tell the sessions of a shard, and what follows for them.
//!
//! News about a channel goes to the shards on which somebody follows it. Other news goes to every shard, and each finds whom
//! it concerns: a look at all its sessions, some hundred microseconds. News that may come often is therefore gathered, and
//! looked for once a tick.

use std::collections::HashMap;
use std::time::Duration;

use super::machine::Session;
use super::{Rates, Sessions};
use crate::admission::{Class, Level, Window};
use crate::base::{AccountId, Channel, MachineTime, Role, SessionId, limits};
use crate::hub::{Group, Hub, Slot, SocketSet, Topic};
use crate::protocol::server::OwnMark;
use crate::protocol::{CloseCode, ServerMessage};
use crate::roster::Changes;

/// What short-lived messages are about.
const LOAD: Topic = Topic(0);
/// The topic of an account's channel.
const MARKED: u32 = 0;

/// News for every session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The roster changed: rights are judged again.
    Roster(Changes),
    /// Other rates hold from now on.
    Rates(Rates),
    /// The hub is loaded otherwise: everybody is told.
    Load(Level),
    /// Whether the hub sends away, so as not to fail.
    Evict(bool),
    /// A newer session of the same account has this one's seat.
    Replaced {
        /// The older one.
        session: SessionId,
    },
    /// An operator ends an account's connections.
    Kick {
        /// Whose.
        account: AccountId,
    },
    /// A log-in of an account has ended: its connections end, and come back with another token if they have one.
    LoggedOut {
        /// Whose.
        account: AccountId,
    },
    /// A student has said that an assignment is done, or that it is not: the student's other sessions show it.
    Marked {
        /// Whose mark it is.
        account: AccountId,
        /// How it stands now.
        mark: OwnMark,
    },
    /// Somewhere the window of a role has closed: whom it concerns leaves, each at an instant of its own.
    Suspend {
        /// Whose window.
        role: Role,
        /// By when the last has gone.
        over: Duration,
    },
}

/// Sessions whose seats newer ones have, as far as they have not been found.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    /// With the time at which it was told. One that is not here may be another shard's, or still on its way.
    awaited: HashMap<SessionId, MachineTime>,
    /// Whether any has not been looked for.
    is_news: bool,
}

/// How loaded the hub is, and who has been told.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) level: Level,
    /// Whoever rests from here on has not been told yet.
    untold_from: Option<u32>,
}

impl Sessions {
    /// Does what follows from news.
    pub(super) fn hear<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, news: &News) {
        match news {
            News::Roster(changes) => {
                for slot in self.open_where(|session| changes.concerns(&session.identity.account)) {
                    self.judge_again(hub, slot);
                }
            }
            News::Rates(rates) => self.shared.rates = *rates,
            News::Load(level) => {
                self.load = Load { level: *level, untold_from: Some(0) };
                // From here on others come first: students outside a live class, staff, guardians.
                let from = (*level >= Level::High).then_some(Group(Class::Student as u8));
                hub.defer_replays(from);
                hub.hold_slow_readers(*level >= Level::Severe);
            }
            News::Evict(is_on) => self.is_evicting = *is_on,
            News::Replaced { session } => {
                self.replaced.awaited.insert(*session, hub.now());
                self.replaced.is_news = true;
            }
            News::Kick { account } => {
                for slot in self.open_where(|session| session.identity.account == *account) {
                    self.close(hub, slot, CloseCode::Kicked);
                }
            }
            News::LoggedOut { account } => {
                for slot in self.open_where(|session| session.identity.account == *account) {
                    self.close(hub, slot, CloseCode::TokenExpired);
                }
            }
            News::Marked { account, mark } => tell_mark(hub, account, mark),
            News::Suspend { role, over } => {
                for slot in self.open_where(|session| session.identity.role == *role) {
                    self.suspend(hub, slot, *over);
                }
            }
        }
    }

    /// Tells some of the sessions how loaded the hub is; a hub that is must not tell all of them in one go. Whether more
    /// are left.
    fn tell_load<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> bool {
        let Some(from) = self.load.untold_from.take() else { return false };
        let until = from.saturating_add(limits::LOAD_TOLD_PER_CHORE).min(self.places.len());
        let places = (from..until).filter_map(|index| self.places.at(index));
        let slots: Vec<Slot> = places.map(|(slot, _)| *slot).collect();
        hub.tell(&slots, &ServerMessage::Load { level: self.load.level.into() }, LOAD);
        self.load.untold_from = (until < self.places.len()).then_some(until);
        self.load.untold_from.is_some()
    }

    /// Does a piece of what is to be done for all sessions, if it is time. When to look again.
    pub(super) fn do_chores<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) -> Duration {
        let now = hub.now();
        if now >= self.chores_at {
            let has_chores = self.tell_load(hub) | self.evict(hub);
            let rest = if has_chores { limits::CHORE_INTERVAL } else { limits::TICK_INTERVAL };
            self.chores_at = now.after(rest);
        }
        self.chores_at.since(now)
    }

    /// Closes the sessions whose seats newer ones have.
    pub(super) fn close_replaced<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) {
        if std::mem::take(&mut self.replaced.is_news) {
            for slot in self.open_where(|session| self.replaced.awaited.contains_key(&session.id())) {
                self.close_if_replaced(hub, slot);
            }
        }
        let now = hub.now();
        // Whose handshake was longer ago than that has joined, or never will.
        self.replaced.awaited.retain(|_, told_at| now < told_at.after(limits::HANDSHAKE_DEADLINE));
    }

    /// Closes a session if a newer one has its seat.
    pub(super) fn close_if_replaced<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        let Some(id) = self.places.get_mut(slot).map(|session| session.id()) else { return };
        if self.replaced.awaited.remove(&id).is_some() {
            self.close(hub, slot, CloseCode::Replaced);
        }
    }

    /// Sees to it that somebody whose window is closed leaves within this time.
    pub(super) fn suspend<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, over: Duration) {
        let Some(session) = self.places.get_mut(slot) else { return };
        let window = self.shared.reception.window(&session.identity, hub.school_time());
        if matches!(window, Window::Closed { .. }) {
            let at = hub.now().after(over.mul_f32(session.share()));
            self.end_seat(hub, slot, at, CloseCode::Suspended);
        }
    }

    /// Sees to it that a seat ends no later than that, and with this code.
    pub(super) fn end_seat<S: SocketSet>(
        &mut self,
        hub: &mut Hub<S, Self>,
        slot: Slot,
        at: MachineTime,
        code: CloseCode,
    ) {
        let now = hub.now();
        let Some(session) = self.places.get_mut(slot) else { return };
        session.end_seat(at, code, now);
        if session.is_seat_over(now) {
            self.end_of_seat(hub, slot);
        } else {
            self.watch(slot, now);
        }
    }

    /// The connections that are not closing and of which something holds.
    pub(super) fn open_where(&self, holds: impl Fn(&Session) -> bool) -> Vec<Slot> {
        let open = self.places.iter().filter(|(_, session)| session.closing().is_none());
        open.filter(|(_, session)| holds(session)).map(|(slot, _)| *slot).collect()
    }
}

/// Tells the sessions of an account how a mark of its stands. Where something waits already, this may displace another mark:
/// that session is told to ask.
fn tell_mark<S: SocketSet>(hub: &mut Hub<S, Sessions>, account: &AccountId, mark: &OwnMark) {
    let channel = Channel::Account(account.clone());
    let Some(topic) = hub.topic(&channel, MARKED) else { return };
    let followers = hub.followers(&channel).into_iter().map(|(slot, _)| slot);
    let (reading, late): (Vec<Slot>, Vec<Slot>) = followers.partition(|slot| hub.waiting_bytes(*slot) == 0);
    for (slots, mark) in [(reading, Some(mark.clone())), (late, None)] {
        hub.tell(&slots, &ServerMessage::Marked { channel: channel.clone(), mark }, topic);
    }
}
