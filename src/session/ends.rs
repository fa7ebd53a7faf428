//! How connections end: what they are told, what is written down, and what becomes of their seats.

use super::Sessions;
use super::machine::Session;
use crate::admission::{Leaving, Window};
use crate::base::{MachineTime, limits};
use crate::hub::{Cause, Ending, Hub, Slot, SocketSet};
use crate::protocol::{CloseCode, close};

/// A drain that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draining {
    /// When the last has gone.
    gone_at: MachineTime,
    /// When clients may come back, in milliseconds from then.
    window_ms: (u32, u32),
}

impl Draining {
    /// When whoever is closed now may come back.
    fn window_ms(self, now: MachineTime) -> (u32, u32) {
        let still_ms = u32::try_from(self.gone_at.since(now).as_millis()).unwrap_or(u32::MAX);
        let (from, to) = self.window_ms;
        (from.saturating_add(still_ms), to.saturating_add(still_ms))
    }
}

impl Sessions {
    /// Closes an event stream that has lost its channel: it has nothing to say any more.
    pub(super) fn end_stream<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, code: CloseCode) {
        if self.places.get_mut(slot).is_some_and(|session| session.is_stream()) {
            self.close(hub, slot, code);
        }
    }

    /// Sees to it that everybody leaves in time, each at an instant of its own. Whoever waits for a commit is told of it first.
    pub(super) fn begin_to_drain<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, ending: Ending) {
        let now = hub.now();
        self.draining = Some(Draining { gone_at: now.after(ending.over), window_ms: ending.window_ms });
        for slot in self.open_where(|_| true) {
            let Some(share) = self.places.get_mut(slot).map(|session| session.share()) else { continue };
            self.end_seat(hub, slot, now.after(ending.over.mul_f32(share)), CloseCode::Draining);
        }
    }

    /// Begins to close a connection, once.
    pub(super) fn close<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot, code: CloseCode) {
        let now = hub.now();
        if self.places.get_mut(slot).is_some_and(|session| session.close(code, now)) {
            self.watch(slot, now);
            let reason = self.reason(hub, slot, code);
            hub.close(slot, code, &reason);
        }
    }

    /// A seat is over: its connection ends, unless it was to end with a window that is open again.
    pub(super) fn end_of_seat<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>, slot: Slot) {
        let now = hub.now();
        let reception = &self.shared.reception;
        let Some(session) = self.places.get_mut(slot) else { return };
        let is_closed =
            || matches!(reception.window(&session.identity, hub.school_time()), Window::Closed { .. });
        if session.seat_end().1 == CloseCode::Suspended && !is_closed() {
            session.keep_seat(now);
        }
        if session.is_seat_over(now) {
            let code = session.seat_end().1;
            self.close(hub, slot, code);
        } else {
            self.watch(slot, now);
        }
    }

    /// What a close frame says besides its number.
    fn reason<S: SocketSet>(&mut self, hub: &Hub<S, Self>, slot: Slot, code: CloseCode) -> String {
        let now = hub.now();
        match code {
            CloseCode::Evicted => {
                let reception = self.shared.reception.as_ref();
                let ticket = self.places.get_mut(slot).and_then(|session| {
                    reception.ticket_for_evicted(session.id(), &session.identity.account, now)
                });
                close::evicted_reason(limits::EVICTED_WINDOW_MS, ticket.as_deref())
            }
            CloseCode::LeaseEnded => code.reason(self.shared.reception.return_window_ms(now)),
            CloseCode::Draining => {
                let window_ms = self.draining.map(|draining| draining.window_ms(now));
                code.reason(window_ms.unwrap_or(limits::RETRY_WINDOW_MS))
            }
            CloseCode::Suspended => {
                let who = self.places.get_mut(slot).map(|session| &session.identity);
                match who.map(|who| self.shared.reception.window(who, hub.school_time())) {
                    Some(Window::Closed { opens_at }) => close::suspended_reason(opens_at),
                    Some(Window::Open | Window::Opened { .. }) | None => close::suspended_reason(None),
                }
            }
            _ => code.reason(limits::RETRY_WINDOW_MS),
        }
    }
}

/// The code with this number; every number that the engine sends by itself has one.
pub(super) fn close_code(number: u16) -> CloseCode {
    CloseCode::ALL.into_iter().find(|code| code.number() == number).unwrap_or(CloseCode::ProtocolError)
}

/// The word for a connection's end in the log and in metrics.
pub(super) fn cause_word(cause: Cause, session: &Session) -> &'static str {
    match (cause, session.closing()) {
        (_, Some(code)) => code.as_str(),
        (Cause::Violation(number) | Cause::Ours(number), None) => close_code(number).as_str(),
        (Cause::Peer(_), None) => "peer",
        (Cause::Lost, None) => "lost",
    }
}

/// What becomes of a seat: it rests for whoever did not want to go, and comes back.
pub(super) fn leaving(cause: Cause, closing: Option<CloseCode>) -> Leaving {
    match (closing, cause) {
        (
            Some(
                CloseCode::Idle
                | CloseCode::SlowConsumer
                | CloseCode::TokenExpired
                | CloseCode::Internal
                | CloseCode::Draining
                | CloseCode::Overloaded,
            ),
            _,
        )
        | (None, Cause::Lost) => Leaving::Lost,
        // Going away and an empty close frame are what a page says that is closed.
        (None, Cause::Peer(code)) if !matches!(code, None | Some(1000 | 1001)) => Leaving::Lost,
        _ => Leaving::ForGood,
    }
}
