//! What the gate's lock guards, and the rules by which it decides.
//!
//! A decision goes through the rules in their order, and the first that stands in the way is its reason: the load, the
//! seats, those who wait, the flow. Nothing is taken before all have let somebody pass.

use super::accounts::AccountKey;
use super::flow::{Controller, Flow, LANES};
use super::lane::Lane;
use super::load::Load;
use super::place::Place;
use super::recent::Recent;
use super::room::{Room, Round};
use super::seating::{Heritage, Seating};
use super::stock::Stock;
use super::{Capacity, Class, Level, PerClass, Reason, Settings, lease};
use crate::base::{MachineTime, SessionId, limits};

/// After what part of the time that somebody is estimated to wait the next poll comes.
const POLLED_AFTER: f64 = 0.7;

/// Somebody at the gate, inside the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) account: AccountKey,
    pub(super) class: Class,
    pub(super) is_live: bool,
    pub(super) session: SessionId,
    pub(super) resume: Option<SessionId>,
    /// The place that a ticket proves.
    pub(super) place: Option<Place>,
}

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Enter(SessionId),
    Wait { place: Place, ahead: u32, retry_ms: u32 },
    CoolDown { retry_ms: u32 },
    Closed,
}

/// All that changes.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) capacity: Capacity,
    /// Classes that are outside their window: they own no seats.
    pub(super) is_out: PerClass<bool>,
    pub(super) seating: Seating,
    pub(super) flow: Flow,
    pub(super) load: Load,
    pub(super) room: Room,
    pub(super) recent: Recent,
    /// When an owner of seats last found none, by class.
    wanted_at: PerClass<Option<MachineTime>>,
    round_at: MachineTime,
}

impl State {
    pub(super) fn new(
        settings: Settings,
        capacity: Capacity,
        controller: Box<dyn Controller>,
        now: MachineTime,
    ) -> Self {
        let stock = Stock::new(allowed(&settings, capacity), &settings, now);
        Self {
            flow: Flow::new(controller, &settings.flow, now),
            settings,
            capacity,
            is_out: PerClass::default(),
            seating: Seating::new(stock),
            load: Load::default(),
            room: Room::default(),
            recent: Recent::new(now),
            wanted_at: PerClass::default(),
            round_at: now,
        }
    }

    /// Lets time pass: what has ended is taken back, what has grown is there, and who may come soon is called.
    pub(super) fn pass(&mut self, now: MachineTime) {
        self.seating.expire(now);
        self.flow.refill(&self.settings.flow, now);
        if self.seating.stock.rise(now) {
            self.share_out(now);
        }
        let elapsed = now.since(self.round_at);
        if elapsed >= limits::LOAD_SAMPLE_INTERVAL {
            self.round_at = now;
            let round = Round {
                rate: self.flow.rate(),
                unused: self.flow.overflow(),
                room: self.enterable(),
                seconds: elapsed.as_secs_f64(),
            };
            self.room.round(&round, now);
            if self.room.is_empty() {
                self.flow.forget_called();
            }
        }
    }

    /// Shares the seats out again, after something has changed that they depend on.
    pub(super) fn share_out(&mut self, now: MachineTime) {
        let target = allowed(&self.settings, self.capacity);
        self.seating.stock.set(target, &self.settings, self.is_out, now);
    }

    /// Decides about somebody.
    pub(super) fn decide(
        &mut self,
        newcomer: &Newcomer,
        key: impl Fn() -> u32,
        now: MachineTime,
    ) -> (Verdict, Reason) {
        self.pass(now);
        let Newcomer { account, class, .. } = *newcomer;
        if let Some(session) = self.seating.unspent(account, now) {
            return (Verdict::Enter(session), Reason::Unspent);
        }
        if let Some(old) = self.seating.returning(account, newcomer.resume) {
            return self.resume(newcomer, old, key, now);
        }
        if self.load.level() == Level::Critical && !is_kept_open(class, newcomer.is_live) {
            return (Verdict::Closed, Reason::Closed);
        }
        let replaced = self.seating.replaced(account, self.settings.sessions.of(class));
        if replaced.is_some()
            && let Some(retry_ms) = self.seating.cool_down_ms(account, now)
        {
            return (Verdict::CoolDown { retry_ms }, Reason::CoolDown);
        }
        if newcomer.place.is_none() {
            self.recent.now(now)[class.index()].newcomers += 1;
        }
        match self.hindrance(newcomer, replaced.is_some(), now) {
            None => (self.enter(newcomer, replaced, now), Reason::Entered),
            Some(reason) => {
                let place = newcomer.place.unwrap_or_else(|| Place::new(class, key(), now));
                self.room.see(place, now);
                (self.wait(place, now), reason)
            }
        }
    }

    /// Somebody comes back to a seat that is kept. If too many do at once, it is kept a little longer.
    fn resume(
        &mut self,
        newcomer: &Newcomer,
        old: SessionId,
        key: impl Fn() -> u32,
        now: MachineTime,
    ) -> (Verdict, Reason) {
        let Newcomer { account, class, session, .. } = *newcomer;
        let heritage = Heritage { session: old, class, is_resume: true };
        if self.flow.take(Lane::Resume, 0.0) || (class.is_first() && self.flow.take(Lane::First, 0.0)) {
            self.seating.inherit(account, session, heritage, now);
            return (Verdict::Enter(session), Reason::Resumed);
        }
        self.seating.rest_on(old, now);
        let place = newcomer.place.unwrap_or_else(|| Place::new(class, key(), now));
        (Verdict::Wait { place, ahead: 0, retry_ms: retry_ms(0.0, place) }, Reason::Flow)
    }

    /// What stands in somebody's way. If nothing does, an admission was taken from the flow.
    fn hindrance(&mut self, newcomer: &Newcomer, has_seat: bool, now: MachineTime) -> Option<Reason> {
        let class = newcomer.class;
        if !self.is_admitted(class) {
            return Some(Reason::Load);
        }
        let room = self.enterable();
        if !has_seat && room[class.index()] == 0 {
            self.wanted_at[class.index()] = Some(now);
            return Some(Reason::Seats);
        }
        let waits_with = match newcomer.place {
            Some(place) if !self.room.has_called(place) => return Some(Reason::Queue),
            Some(place) => Room::waits_with(place, now),
            None if self.room.is_waited_in(class, &room, now) => return Some(Reason::Queue),
            None => class,
        };
        let kept = self.room.kept_above(waits_with);
        let lane = LANES[class.index()];
        let has_passed =
            self.flow.take(lane, kept) || (newcomer.place.is_some() && self.flow.take(Lane::Called, kept));
        if has_passed {
            self.room.let_in(waits_with);
            return None;
        }
        self.room.turn_away(waits_with);
        Some(Reason::Flow)
    }

    fn enter(&mut self, newcomer: &Newcomer, replaced: Option<SessionId>, now: MachineTime) -> Verdict {
        let Newcomer { account, class, session, place, .. } = *newcomer;
        if let Some(place) = place {
            self.room.enter(place);
        }
        self.recent.now(now)[class.index()].entered += 1;
        match replaced {
            Some(old) => {
                let heritage = Heritage { session: old, class, is_resume: false };
                self.seating.inherit(account, session, heritage, now);
            }
            None => self.seating.reserve(account, session, class, now),
        }
        Verdict::Enter(session)
    }

    fn wait(&mut self, place: Place, now: MachineTime) -> Verdict {
        let ahead = self.room.ahead(place);
        let seconds = ahead / self.pace(place.class, now);
        Verdict::Wait { place, ahead: super::whole(ahead), retry_ms: retry_ms(seconds, place) }
    }

    /// How many come in each second of those who wait with this class: the flow, or what came in lately if there are no
    /// seats.
    fn pace(&mut self, class: Class, now: MachineTime) -> f64 {
        if self.enterable()[class.index()] > 0 {
            return self.flow.rate();
        }
        let entered: u32 = self.recent.sum(now).iter().map(|asked| asked.entered).sum();
        (f64::from(entered) / 60.0).clamp(0.2, self.flow.rate())
    }

    /// Answers a lease that wants to be renewed.
    pub(super) fn renew(&mut self, session: SessionId, now: MachineTime) -> Option<MachineTime> {
        self.pass(now);
        let held = *self.seating.held(session)?;
        let is_asked_back = !held.class.is_first()
            && !held.is_recalled
            && self.seating.stock.borrowed(held.class) > 0
            && self.owed(now) > self.seating.recalled();
        if is_asked_back {
            self.seating.recall(session);
        }
        let held = self.seating.held(session)?;
        (!held.is_recalled).then(|| lease::until(session, held.class, self.load.level(), now))
    }

    /// How many seats borrowers owe: what is missing to the reserves, and what owners wait for.
    fn owed(&self, now: MachineTime) -> u32 {
        let stock = &self.seating.stock;
        let is_lending = self.load.level() == Level::Normal;
        let wants = |class: &Class| {
            let wanted_at = self.wanted_at[class.index()];
            wanted_at.is_some_and(|at| now.since(at) < limits::DEMAND_TTL)
                && stock.room(*class, is_lending) == 0
        };
        let waited_for = Class::ALL.into_iter().filter(wants).map(|class| {
            let own = stock.share(class).nominal.saturating_sub(stock.used(class));
            own.min(super::whole(self.room.waiting(class)).max(1))
        });
        stock.short().saturating_add(waited_for.sum())
    }

    /// How many of each class may come in now, by load and seats.
    fn enterable(&self) -> PerClass<u32> {
        let is_lending = self.load.level() == Level::Normal;
        let stock = &self.seating.stock;
        let first = self.room.waiting(Class::Operator) + self.room.waiting(Class::Teacher);
        Class::ALL.map(|class| {
            if !self.is_admitted(class) {
                return 0;
            }
            let room = stock.room(class, is_lending);
            if class.is_first() {
                return room;
            }
            // What teachers wait for is theirs, whoever polls first; but for a class's own reserve.
            let own = stock.share(class).reserve.saturating_sub(stock.used(class));
            room.min(own.max(room.saturating_sub(super::whole(first.ceil()))))
        })
    }

    /// Whether a class comes in at all at this load.
    fn is_admitted(&self, class: Class) -> bool {
        match self.load.level() {
            Level::Normal | Level::Tight => true,
            Level::High => class < Class::Guardian,
            Level::Severe => class <= Class::Live,
            Level::Critical => class <= Class::Teacher,
        }
    }
}

/// Whether somebody is answered at the highest load.
fn is_kept_open(class: Class, is_live: bool) -> bool {
    class == Class::Operator || (class == Class::Teacher && is_live)
}

/// Seats that capacity and settings allow.
pub(super) fn allowed(settings: &Settings, capacity: Capacity) -> u32 {
    if settings.seats_max == 0 { capacity.seats } else { capacity.seats.min(settings.seats_max) }
}

/// When somebody should ask again who will be called in so many seconds: somewhat earlier, since that is an estimate and
/// a poll is cheap. Each a little differently.
fn retry_ms(seconds: f64, place: Place) -> u32 {
    let early = seconds * POLLED_AFTER;
    let bounded = early.clamp(limits::POLL_MIN.as_secs_f64(), limits::POLL_MAX.as_secs_f64());
    super::whole(bounded * (1.0 + 0.2 * place.order.jitter()) * 1_000.0)
}
