//! What the gate's lock guards, and the rules by which it decides.
//!
//! A decision goes through the rules in their order, and the first that stands in the way is its reason: the load, the
//! seats, those who wait (see `outlook`), the flow. Nothing is taken before all have let somebody pass.

use std::time::Duration;

use super::accounts::AccountKey;
use super::flow::{Controller, Flow, LANES};
use super::lane::Lane;
use super::load::Load;
use super::outlook::Outlook;
use super::place::Place;
use super::recent::Recent;
use super::room::{Free, Room, Round};
use super::seating::{Heritage, Seating};
use super::stock::Stock;
use super::{Capacity, Class, Level, PerClass, Reason, Settings, lease};
use crate::base::{MachineTime, SessionId, limits};

/// After what part of the time that somebody is estimated to wait the next poll comes.
const POLLED_AFTER: f64 = 0.7;
/// In how many seconds somebody is taken to be called again at most who was called already and lacks a seat.
const NEXT_SECONDS: f64 = 8.0;
/// In how many seconds somebody's turn is taken to come at most whom the flow could let in so soon.
const SOON_SECONDS: f64 = 10.0;
/// In how many seconds at most somebody comes in who resumes: well before its seat has rested for long enough.
const RESUME_SECONDS_MAX: f64 = 20.0;
/// In how many milliseconds teachers and operators ask again who resume and found the flow used up: they are few, and the open
/// lane is theirs next.
const RESUME_FIRST_MS: u32 = 1_000;
/// How fast those are forgotten, in seconds, who wanted to resume and do not ask again.
const RESUME_FORGOTTEN: f64 = 30.0;

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
    /// Whether the ticket says that it was called and found the flow used up.
    pub(super) is_owed: bool,
    /// When the ticket told it to ask, if it says that it is in the line of those who found no seat.
    pub(super) asks_at: Option<MachineTime>,
}

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Enter(SessionId),
    Wait { place: Place, ahead: u32, retry_ms: u32, is_owed: bool, is_seatless: bool },
    CoolDown { retry_ms: u32 },
    Closed { retry_ms: u32 },
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
    /// About how many were told to wait who resume.
    resuming: f64,
    /// When an owner of seats last found none, by class.
    wanted_at: PerClass<Option<MachineTime>>,
    round_at: MachineTime,
    /// When the gate closed at the highest load, and when it was last seen closed.
    closed: Option<(MachineTime, MachineTime)>,
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
            resuming: 0.0,
            wanted_at: PerClass::default(),
            round_at: now,
            closed: None,
        }
    }

    /// Since when the gate is closed at the highest load, or was until it had been open for as long as a ticket lives:
    /// whoever had a place then could not have it renewed.
    pub(super) fn closed_from(&mut self, now: MachineTime) -> Option<MachineTime> {
        self.closed = self.closed.filter(|(_, last)| now < last.after(limits::TICKET_TTL));
        if self.load.level() == Level::Critical {
            let from = self.closed.map_or(now, |(from, _)| from);
            self.closed = Some((from, now));
        }
        self.closed.map(|(from, _)| from)
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
                free: self.free(),
                seconds: elapsed.as_secs_f64(),
            };
            self.room.round(&round, now);
            self.resuming *= (-elapsed.as_secs_f64() / RESUME_FORGOTTEN).exp();
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
        let class = newcomer.class;
        let hindrance = match self.outlook(newcomer, now) {
            Outlook::Reserved(session) => return (Verdict::Enter(session), Reason::Unspent),
            Outlook::Resting(old) => return self.resume(newcomer, old, key, now),
            Outlook::Closed => return (Verdict::Closed { retry_ms: self.closed_ms(class) }, Reason::Closed),
            Outlook::CoolDown { retry_ms } => return (Verdict::CoolDown { retry_ms }, Reason::CoolDown),
            Outlook::Barred(reason) => Err(reason),
            Outlook::Next { replaced } => Ok(replaced),
        };
        if newcomer.place.is_none() {
            self.recent.now(now)[class.index()].newcomers += 1;
        }
        if hindrance == Err(Reason::Seats) {
            self.wanted_at[class.index()] = Some(now);
        }
        let admitted = hindrance.and_then(|replaced| self.admit(newcomer, now).map(|()| replaced));
        if let (Some(place), Some(asks_at)) = (newcomer.place, newcomer.asks_at) {
            self.room.leave_line(place, asks_at);
        }
        match admitted {
            Ok(replaced) => (self.enter(newcomer, replaced, now), Reason::Entered),
            Err(reason) => {
                let place = newcomer.place.unwrap_or_else(|| Place::new(class, key(), now));
                self.room.see(place, now);
                // Whoever finds the flow used up at last still wants its seat.
                let is_seatless = class.is_first() && (reason != Reason::Flow || newcomer.asks_at.is_some());
                (self.wait(place, reason, is_seatless, now), reason)
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
            if newcomer.place.is_some() && !class.is_first() {
                self.resuming = (self.resuming - 1.0).max(0.0);
            }
            return (Verdict::Enter(session), Reason::Resumed);
        }
        self.seating.rest_on(old, now);
        if class.is_first() {
            let place = newcomer.place.unwrap_or_else(|| Place::new(class, key(), now));
            let retry_ms = jittered_ms(RESUME_FIRST_MS.into(), place);
            let verdict = Verdict::Wait { place, ahead: 0, retry_ms, is_owed: false, is_seatless: false };
            return (verdict, Reason::Flow);
        }
        if newcomer.place.is_none() {
            self.resuming += 1.0;
        }
        let rate = self.flow.rate() * f64::from(self.settings.flow.resume_part) / 1_000.0;
        let seconds = (self.resuming / rate).min(RESUME_SECONDS_MAX);
        let place = newcomer.place.unwrap_or_else(|| Place::new(class, key(), now));
        let ahead = super::whole(self.resuming - 1.0);
        let retry_ms = retry_ms(seconds, place);
        (Verdict::Wait { place, ahead, retry_ms, is_owed: false, is_seatless: false }, Reason::Flow)
    }

    /// Takes an admission from the flow for somebody in whose way nothing else stands.
    fn admit(&mut self, newcomer: &Newcomer, now: MachineTime) -> Result<(), Reason> {
        let since = Self::waits_since(newcomer, now);
        let kept = self.room.kept_from(since, newcomer.is_owed);
        let lane = LANES[newcomer.class.index()];
        let has_passed =
            self.flow.take(lane, kept) || (newcomer.place.is_some() && self.flow.take(Lane::Called, kept));
        if has_passed {
            // Whoever was not turned away before must not use up what is kept for those who were.
            if newcomer.is_owed {
                self.room.let_in(since);
            }
            return Ok(());
        }
        self.room.turn_away(since, newcomer.is_owed);
        Err(Reason::Flow)
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

    fn wait(&mut self, place: Place, reason: Reason, is_seatless: bool, now: MachineTime) -> Verdict {
        let ahead = self.room.ahead(place);
        let mut seconds = ahead / self.pace(place.class, now);
        if self.room.has_called(place) || is_seatless {
            // A seat is kept for these, or will be: it must not stay empty for long.
            seconds = seconds.min(NEXT_SECONDS);
        }
        // Seats come free by the hundred when lessons end: then it is as fast as the flow allows.
        seconds = seconds.min(self.flow.soonest(ahead).max(SOON_SECONDS));
        let (ahead, retry_ms) = (super::whole(ahead), retry_ms(seconds, place));
        if is_seatless {
            self.room.join_line(place, now.after(Duration::from_millis(retry_ms.into())));
        }
        Verdict::Wait { place, ahead, retry_ms, is_owed: reason == Reason::Flow, is_seatless }
    }

    /// When somebody should ask again at the highest load. Nobody can be let in, so a crowd must not make it last by asking;
    /// teachers are no crowd.
    fn closed_ms(&self, class: Class) -> u32 {
        if class.is_first() {
            return limits::CLOSED_RETRY_FIRST_MS;
        }
        let spread_ms = self.room.waiting_all() * 1_000.0 / f64::from(self.settings.flow.max);
        super::whole(spread_ms).clamp(limits::CLOSED_RETRY_MS, limits::CLOSED_RETRY_MAX_MS)
    }

    /// How many come in each second of those who wait with this class: the flow, or what came in lately if there are no
    /// seats.
    fn pace(&mut self, class: Class, now: MachineTime) -> f64 {
        if self.free().all[class.index()] > 0 {
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
    pub(super) fn free(&self) -> Free {
        let is_lending = self.load.level() == Level::Normal;
        let stock = &self.seating.stock;
        let first = self.room.waiting(Class::Operator) + self.room.waiting(Class::Teacher);
        let first = first.max(self.room.seatless());
        let mut free = Free { all: PerClass::default(), own: PerClass::default() };
        for class in Class::ALL.into_iter().filter(|class| self.is_admitted(*class)) {
            let room = stock.room(class, is_lending);
            let own = room.min(stock.share(class).reserve.saturating_sub(stock.used(class)));
            // What teachers wait for is theirs, whoever polls first; but for a class's own reserve.
            let waited_for = if class.is_first() { 0 } else { super::whole(first.ceil()) };
            free.own[class.index()] = own;
            free.all[class.index()] = own.max(room.saturating_sub(waited_for));
        }
        free
    }

    /// Whether a class comes in at all at this load.
    pub(super) fn is_admitted(&self, class: Class) -> bool {
        match self.load.level() {
            Level::Normal | Level::Tight => true,
            Level::High => class < Class::Guardian,
            Level::Severe => class <= Class::Live,
            Level::Critical => class <= Class::Teacher,
        }
    }
}

/// Seats that capacity and settings allow.
pub(super) fn allowed(settings: &Settings, capacity: Capacity) -> u32 {
    if settings.seats_max == 0 { capacity.seats } else { capacity.seats.min(settings.seats_max) }
}

/// When somebody should ask again who will be called in so many seconds: somewhat earlier, since that is an estimate and
/// a poll is cheap.
fn retry_ms(seconds: f64, place: Place) -> u32 {
    let early = seconds * POLLED_AFTER;
    let bounded = early.clamp(limits::POLL_MIN.as_secs_f64(), limits::POLL_MAX.as_secs_f64());
    jittered_ms(bounded * 1_000.0, place)
}

/// So long, and up to a fifth more: each a little differently.
fn jittered_ms(ms: f64, place: Place) -> u32 {
    super::whole(ms * (1.0 + 0.2 * place.order.jitter()))
}
