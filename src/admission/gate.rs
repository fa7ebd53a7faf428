//! The gate: the one lock around admission, and who holds what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Class, Decision, Leaving, Level, Permit, Renewal, Request, Settings, Window};
use crate::base::{AccountId, MachineTime, SchoolTime, SessionId, limits};

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
}

struct State {
    settings: Settings,
    seats: u32,
    held: HashMap<SessionId, Held>,
}

struct Held {
    account: AccountId,
    class: Class,
    /// Until when the seat is kept for a handshake; none once it was taken.
    reserved_until: Option<MachineTime>,
}

impl Gate {
    /// A gate before so many seats.
    pub fn new(settings: Settings, seats: u32) -> Self {
        Self { state: Mutex::new(State { settings, seats, held: HashMap::new() }) }
    }

    /// Decides about somebody, and reserves a seat for whoever enters.
    pub fn ask(&self, request: &Request<'_>, now: MachineTime, _school: SchoolTime) -> Decision {
        let mut state = self.state();
        state.expire(now);
        if let Window::Closed { opens_at } = request.window {
            return Decision::Suspended { opens_at };
        }
        if state.held.len() >= state.seats as usize {
            return Decision::Closed { retry_after_ms: limits::BUSY_RETRY_MS };
        }
        let held = Held {
            account: request.account.clone(),
            class: Class::of(request.role, request.is_live),
            reserved_until: Some(now.after(limits::SEAT_TTL)),
        };
        state.held.insert(request.session, held);
        Decision::Enter { session: request.session, load: Level::Normal }
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
        state.expire(now);
        let held = state.held.get_mut(&session).filter(|held| held.account == *account).ok_or(NotReserved)?;
        held.reserved_until.take().ok_or(NotReserved)?;
        drop(state);
        let permit = Permit::new(session, Arc::clone(self));
        Ok(Occupied { permit, lease_until: MachineTime(u64::MAX), replaces: None })
    }

    /// How many seats are taken or reserved, by class.
    pub fn taken(&self, class: Class) -> usize {
        self.state().held.values().filter(|held| held.class == class).count()
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    pub(super) fn renew(&self, session: SessionId, _now: MachineTime) -> Renewal {
        let is_held = self.state().held.contains_key(&session);
        if is_held { Renewal::Kept { until: MachineTime(u64::MAX) } } else { Renewal::Ended }
    }

    pub(super) fn give_back(&self, session: SessionId, _how: Leaving, _now: MachineTime) {
        self.state().held.remove(&session);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn expire(&mut self, now: MachineTime) {
        self.held.retain(|_, held| held.reserved_until.is_none_or(|until| now < until));
    }
}
