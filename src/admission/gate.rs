//! The gate: the one lock around admission. What needs no lock is decided before it is taken.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;

use super::accounts::AccountKey;
use super::evening::Evenings;
use super::evict;
use super::live::LiveClasses;
use super::place::{Place, minute_of};
use super::state::{Newcomer, State, Verdict};
use super::tally::Tally;
use super::ticket::{Ticket, Tickets};
use super::{
    Aimd, Candidate, Capacity, Class, Controller, Decision, Indicators, Leaving, Level, Permit, Reason,
    Renewal, Request, Secrets, Settings, Waiting, Window, lease, whole,
};
use crate::base::{AccountId, ClassId, MachineTime, OrgId, Role, SchoolTime, SessionId, limits};

/// The seat is not reserved for that session: its time is over, or it was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no seat is reserved for this session")]
pub struct NotReserved;

/// A seat that has just been taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Occupied {
    /// To be given back.
    pub permit: Permit,
    /// Its first lease.
    pub lease_until: MachineTime,
    /// The session of the same account that this one replaces; it is to be closed with `replaced`.
    pub replaces: Option<SessionId>,
}

/// Who may come in. Shared by the edge, the shards and the operator's surface.
pub struct Gate {
    state: Mutex<State>,
    pub(super) evenings: Mutex<Evenings>,
    level: AtomicU8,
    pub(super) tickets: Tickets,
    order: hmac::Key,
    pub(super) live: LiveClasses,
    pub(super) tally: Tally,
}

impl Gate {
    /// A gate before so many seats.
    pub fn new(settings: Settings, capacity: Capacity, secrets: &Secrets, now: MachineTime) -> Self {
        Self::with(Box::new(Aimd::default()), settings, capacity, secrets, now)
    }

    /// A gate whose flow another controller moves.
    pub fn with(
        controller: Box<dyn Controller>,
        settings: Settings,
        capacity: Capacity,
        secrets: &Secrets,
        now: MachineTime,
    ) -> Self {
        Self {
            evenings: Mutex::new(Evenings::new(&secrets.order, settings.evening_seconds)),
            state: Mutex::new(State::new(settings, capacity, controller, now)),
            level: AtomicU8::new(0),
            tickets: Tickets::new(&secrets.tickets),
            order: hmac::Key::new(hmac::HMAC_SHA256, &secrets.order),
            live: LiveClasses::default(),
            tally: Tally::default(),
        }
    }

    /// Decides about somebody, and reserves a seat for whoever enters.
    pub fn ask(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Decision {
        let class = Class::of(request.role, request.is_live);
        let (decision, reason) = self.decide(class, request, now, school);
        self.tally.decided(class, reason);
        decision
    }

    /// The answer to a poll that came too early, by its ticket alone; `None` if it is to be decided about.
    pub fn early(&self, ticket: &str, account: &AccountId, now: MachineTime) -> Option<Waiting> {
        let read = self.tickets.read(ticket, account, now)?;
        if now >= read.not_before || self.level() >= Level::Critical {
            return None;
        }
        self.tally.decided(read.place.class, Reason::Early);
        Some(self.same_place(ticket, &read, now))
    }

    /// Decides, and says by which rule.
    pub(super) fn decide(
        &self,
        class: Class,
        request: &Request<'_>,
        now: MachineTime,
        school: SchoolTime,
    ) -> (Decision, Reason) {
        if let Err(opens_at) = self.inside(request.account, request.role, request.window, school) {
            return (Decision::Suspended { opens_at }, Reason::Suspended);
        }
        let ticket = request.ticket.and_then(|text| self.tickets.read(text, request.account, now));
        if let (Some(ticket), Some(text), None) = (ticket, request.ticket, request.resume)
            && now < ticket.not_before
            && self.level() < Level::Critical
        {
            return (Decision::Wait(self.same_place(text, &ticket, now)), Reason::Early);
        }
        let newcomer = Newcomer {
            account: AccountKey::of(request.account),
            class,
            is_live: request.is_live,
            session: request.session,
            resume: request.resume,
            // Whoever has become of another class since keeps the age.
            place: ticket.map(|ticket| Place { class, ..ticket.place }),
            is_owed: ticket.is_some_and(|ticket| ticket.is_owed),
            asks_at: ticket.filter(|ticket| ticket.is_seatless).map(|ticket| ticket.not_before),
        };
        let key = || self.key(request.account, now);
        let (verdict, reason) = self.state().decide(&newcomer, key, now);
        (self.answer(verdict, request.account, now), reason)
    }

    /// Whether somebody is inside the window; if not, when it may come back. Nothing is taken: who reads without a seat is
    /// asked this too.
    ///
    /// # Errors
    /// When it may come back, if the calendar knows.
    pub fn inside(
        &self,
        account: &AccountId,
        role: Role,
        window: Window,
        school: SchoolTime,
    ) -> Result<(), Option<SchoolTime>> {
        let opening = match window {
            Window::Open => return Ok(()),
            Window::Opened { at } => at,
            Window::Closed { opens_at } => opens_at.ok_or(None)?,
        };
        let is_closed = matches!(window, Window::Closed { .. });
        if role != Role::Guardian {
            return if is_closed { Err(Some(opening)) } else { Ok(()) };
        }
        let mut evenings = self.evenings.lock().unwrap_or_else(PoisonError::into_inner);
        let instant = evenings.instant(account, opening);
        if is_closed || school < instant { Err(Some(instant)) } else { Ok(()) }
    }

    /// The answer to a poll that came too early: the same ticket, and nothing is looked up.
    fn same_place(&self, text: &str, ticket: &Ticket, now: MachineTime) -> Waiting {
        let left = ticket.not_before.since(now).as_millis();
        Waiting {
            ticket: text.to_owned(),
            ahead: ticket.ahead,
            retry_after_ms: u32::try_from(left).unwrap_or(u32::MAX),
            load: self.level(),
        }
    }

    fn answer(&self, verdict: Verdict, account: &AccountId, now: MachineTime) -> Decision {
        match verdict {
            Verdict::Enter(session) => Decision::Enter { session, load: self.level() },
            Verdict::Wait { place, ahead, retry_ms, is_owed, is_seatless } => {
                let not_before = MachineTime(now.0.saturating_add(u64::from(retry_ms)));
                let ticket = Ticket { place, not_before, ahead, is_owed, is_seatless };
                Decision::Wait(self.waiting(&ticket, account, retry_ms))
            }
            Verdict::CoolDown { retry_ms } => Decision::CoolDown { retry_after_ms: retry_ms },
            Verdict::Closed { retry_ms } => Decision::Closed { retry_after_ms: retry_ms },
        }
    }

    fn waiting(&self, ticket: &Ticket, account: &AccountId, retry_ms: u32) -> Waiting {
        let (text, load) = (self.tickets.sign(ticket, account), self.level());
        Waiting { ticket: text, ahead: ticket.ahead, retry_after_ms: retry_ms, load }
    }

    /// An account's key in this minute: the same however often it asks, and nothing that it can choose.
    fn key(&self, account: &AccountId, now: MachineTime) -> u32 {
        let mut context = hmac::Context::with_key(&self.order);
        context.update(b"place");
        context.update(&minute_of(now).to_be_bytes());
        context.update(account.as_str().as_bytes());
        context.sign().as_ref().first_chunk().map_or(0, |first| u32::from_be_bytes(*first))
    }

    /// Takes a reserved seat: the handshake has succeeded.
    ///
    /// # Errors
    /// [`NotReserved`].
    pub fn occupy(
        self: &Arc<Self>,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Result<Occupied, NotReserved> {
        let mut state = self.state();
        state.pass(now);
        let sessions = state.settings.sessions;
        let seated = state.seating.sit(AccountKey::of(account), session, |class| sessions.of(class), now);
        let seated = seated.ok_or(NotReserved)?;
        let class = state.seating.held(session).map_or(Class::Guardian, |held| held.class);
        drop(state);
        let lease_until = lease::until(session, class, self.level(), now);
        let permit = Permit::new(session, Arc::clone(self));
        Ok(Occupied { permit, lease_until, replaces: seated.replaces })
    }

    /// Says of which school somebody is who has taken a seat, for [`Gate::groups`].
    pub fn belong(&self, session: SessionId, school: Option<&OrgId>) {
        self.state().seating.belong(session, school);
    }

    /// Takes a sample of the indicators, each 250 ms, or each second at rest; moves the level, the flow and the waiting room.
    pub fn sample(&self, indicators: Indicators, now: MachineTime) {
        let mut state = self.state();
        let state = &mut *state;
        state.load.sample(&indicators, &state.settings.watermarks);
        let signal = state.load.signal(&state.settings.flow);
        state.flow.step(signal, &state.settings.flow, now);
        state.pass(now);
        self.tickets.keep_from(state.closed_from(now));
        self.level.store(state.load.level().into(), Ordering::Relaxed);
    }

    /// Whether nothing moves: the load is low, nobody waits, and for a second or two nobody was let in.
    pub fn is_at_rest(&self) -> bool {
        let state = self.state();
        state.load.is_low() && state.room.is_empty() && state.flow.is_unused()
    }

    /// How loaded the hub is. Cheap on any thread.
    pub fn level(&self) -> Level {
        Level::try_from(self.level.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// A class's lesson has begun: it is live.
    pub fn lesson_begins(&self, class: &ClassId) {
        self.live.begin(class);
    }

    /// A class's lesson has ended.
    pub fn lesson_ends(&self, class: &ClassId) {
        self.live.end(class);
    }

    /// Whether a class has a lesson now.
    pub fn is_live(&self, class: &ClassId) -> bool {
        self.live.contains(class)
    }

    /// Whether somebody without a socket may publish now: by the same windows, and by the load. Announcements and
    /// assignments are not shed, so those who write them are never refused for the load.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn may_publish(&self, role: Role, is_live: bool, window: Window) -> Result<(), Decision> {
        if let Window::Closed { opens_at } = window {
            return Err(Decision::Suspended { opens_at });
        }
        let is_shed = match Class::of(role, is_live) {
            Class::Operator | Class::Teacher | Class::Staff => false,
            Class::Live => self.level() >= Level::Critical,
            Class::Student | Class::Guardian => self.level() >= Level::Severe,
        };
        if is_shed { Err(Decision::Closed { retry_after_ms: limits::CLOSED_RETRY_MS }) } else { Ok(()) }
    }

    /// Between when and when those should come back who are all sent away now, in milliseconds: so long that the flow
    /// takes them, and a third longer.
    pub fn return_window(&self, now: MachineTime) -> (u32, u32) {
        let mut state = self.state();
        state.pass(now);
        let seconds = 1.3 * state.seating.live() as f64 / state.flow.rate();
        let (soonest, _) = limits::RETRY_WINDOW_MS;
        (soonest, whole(seconds * 1_000.0).clamp(limits::RETURN_WINDOW_MIN_MS, limits::RETURN_WINDOW_MAX_MS))
    }

    /// Over how many milliseconds the connections end of those whose window has closed.
    pub fn suspension_ms(&self) -> u32 {
        self.state().settings.suspension_seconds.saturating_mul(1_000)
    }

    /// When a guardian's account may come in whose window opens at `opening`: a promise.
    pub fn opens_at(&self, account: &AccountId, opening: SchoolTime) -> SchoolTime {
        self.evenings.lock().unwrap_or_else(PoisonError::into_inner).instant(account, opening)
    }

    /// Which of these connections are to be sent away now, at most `max` and [`limits::EVICTIONS_MAX`]; none unless the
    /// hub is at its limit, or was a moment ago.
    pub fn evict(&self, max: usize, candidates: &[Candidate], now: MachineTime) -> Vec<SessionId> {
        let mut state = self.state();
        if !state.load.is_evicting() {
            return Vec::new();
        }
        let known = |session| {
            let held = state.seating.held(session)?;
            // Whoever was let in a moment ago stays: nobody is sent away in a loop.
            if now < held.since.after(limits::EVICTION_REST) {
                return None;
            }
            let newest = state.seating.sessions(held.account).last();
            Some((held.class, newest != Some(&session)))
        };
        let chosen = evict::choose(max.min(limits::EVICTIONS_MAX), candidates, known);
        for (step, session) in &chosen {
            self.tally.evicted(*step);
            let school = state.seating.held(*session).map(|held| held.school);
            state.seating.schools.evict(school.unwrap_or_default(), *step);
        }
        drop(state);
        chosen.into_iter().map(|(_, session)| session).collect()
    }

    /// A place for a session that is sent away, which keeps its age; to be asked for while it still has its seat. It is
    /// shown when the client comes back, thirty seconds from now at the earliest.
    pub fn ticket_for_evicted(
        &self,
        session: SessionId,
        account: &AccountId,
        now: MachineTime,
    ) -> Option<Waiting> {
        let held = *self.state().seating.held(session)?;
        let oldest = MachineTime(now.0.saturating_sub(millis(limits::EVICTED_AGE_MAX)));
        let since = held.since.max(oldest);
        let place = Place::new(held.class, self.key(account, since), since);
        let (retry_ms, _) = limits::EVICTED_WINDOW_MS;
        let not_before = MachineTime(now.0.saturating_add(u64::from(retry_ms)));
        let ticket = Ticket { place, not_before, ahead: 0, is_owed: false, is_seatless: false };
        Some(self.waiting(&ticket, account, retry_ms))
    }

    /// How many seats are taken, resting or reserved, by class.
    pub fn taken(&self, class: Class) -> usize {
        self.state().seating.stock.used(class) as usize
    }

    pub(super) fn renew(&self, session: SessionId, now: MachineTime) -> Renewal {
        match self.state().renew(session, now) {
            Some(until) => Renewal::Kept { until },
            None => Renewal::Ended,
        }
    }

    pub(super) fn turn(&self, session: SessionId, is_live: bool) {
        let mut state = self.state();
        let class = match state.seating.held(session).map(|held| held.class) {
            Some(Class::Student | Class::Live) if is_live => Class::Live,
            Some(Class::Student | Class::Live) => Class::Student,
            _ => return,
        };
        state.seating.turn(session, class);
    }

    pub(super) fn give_back(&self, session: SessionId, how: Leaving, now: MachineTime) {
        self.state().seating.leave(session, how, now);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
