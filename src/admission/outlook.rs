//! The rules by which the gate decides, in their order, without a decision: nothing is taken and nobody is counted.
//!
//! Whoever asks is decided about by these, and whoever is explained to an operator too, so that the two can't differ. Time
//! has passed before they are gone by ([`State::pass`]).

use super::flow::LANES;
use super::lane::Lane;
use super::place::minute_of;
use super::room::Room;
use super::state::{Newcomer, State};
use super::{Class, Level, Reason};
use crate::base::{MachineTime, SessionId};

/// Where somebody stands by the rules, before the flow is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// A seat is reserved for it.
    Reserved(SessionId),
    /// Its seat rests until it comes back.
    Resting(SessionId),
    /// It is not answered at this load.
    Closed,
    /// One of its sessions replaced another a moment ago.
    CoolDown {
        /// For how long it still may not.
        retry_ms: u32,
    },
    /// A rule stands in its way: it waits.
    Barred(Reason),
    /// An admission is all that it still needs. Its further session takes the seat of this one.
    Next {
        /// The session that gives way.
        replaced: Option<SessionId>,
    },
}

impl State {
    /// Goes by the rules: the first that stands in somebody's way is its outlook.
    pub(super) fn outlook(&self, newcomer: &Newcomer, now: MachineTime) -> Outlook {
        let Newcomer { account, class, .. } = *newcomer;
        if let Some(session) = self.seating.unspent(account) {
            return Outlook::Reserved(session);
        }
        if let Some(old) = self.seating.returning(account, newcomer.resume) {
            return Outlook::Resting(old);
        }
        if self.load.level() == Level::Critical && !is_kept_open(class, newcomer.is_live) {
            return Outlook::Closed;
        }
        let replaced = self.seating.replaced(account, self.settings.sessions.of(class));
        if replaced.is_some()
            && let Some(retry_ms) = self.seating.cool_down_ms(account, now)
        {
            return Outlook::CoolDown { retry_ms };
        }
        match self.bar(newcomer, replaced.is_some(), now) {
            Some(reason) => Outlook::Barred(reason),
            None => Outlook::Next { replaced },
        }
    }

    /// What keeps somebody waiting, before the flow is asked.
    fn bar(&self, newcomer: &Newcomer, has_seat: bool, now: MachineTime) -> Option<Reason> {
        let class = newcomer.class;
        if !self.is_admitted(class) {
            return Some(Reason::Load);
        }
        let free = self.free();
        if !has_seat && free.all[class.index()] == 0 {
            return Some(Reason::Seats);
        }
        let comes_later = match newcomer.place {
            // Teachers are not called: they are few and ask often. They leave a seat to whoever of them came minutes before and
            // has asked a moment ago, and wait for nobody who has gone.
            Some(place) if class.is_first() => !has_seat && !self.room.leaves_seat(place, &free),
            Some(place) if !self.room.has_called(place) => true,
            Some(place) => !has_seat && !self.room.has_seat(place, &free, now),
            None => self.room.is_waited_in(class, &free.all, now),
        };
        comes_later.then_some(Reason::Queue)
    }

    /// With which class somebody waits for an admission, and since which minute.
    pub(super) fn waits_since(newcomer: &Newcomer, now: MachineTime) -> (Class, u64) {
        newcomer.place.map_or((newcomer.class, minute_of(now)), |place| Room::waits_since(place, now))
    }

    /// What somebody without a ticket would be told: the rule that decides about it, the flow included.
    pub(super) fn prospect(&self, newcomer: &Newcomer, now: MachineTime) -> Reason {
        let is_first = newcomer.class.is_first();
        let has = |lane, kept| self.flow.has(lane, kept);
        match self.outlook(newcomer, now) {
            Outlook::Reserved(_) => Reason::Unspent,
            Outlook::Resting(_) if has(Lane::Resume, 0.0) || is_first && has(Lane::First, 0.0) => {
                Reason::Resumed
            }
            Outlook::Closed => Reason::Closed,
            Outlook::CoolDown { .. } => Reason::CoolDown,
            Outlook::Barred(reason) => reason,
            Outlook::Next { .. } => {
                let kept = self.room.kept_from(Self::waits_since(newcomer, now), newcomer.is_owed);
                let lane = LANES[newcomer.class.index()];
                if has(lane, kept) { Reason::Entered } else { Reason::Flow }
            }
            Outlook::Resting(_) => Reason::Flow,
        }
    }
}

/// Whether somebody is answered at the highest load.
fn is_kept_open(class: Class, is_live: bool) -> bool {
    class == Class::Operator || (class == Class::Teacher && is_live)
}
