//! What happens to a session because nothing happened: heartbeats, idle and stalled connections, ended tokens
//! and leases.
//!
//! A session is looked at when something may be due on it, and at no other time. Signs of life only move deadlines later,
//! and are found when it is looked at; closing and a token that ends earlier are told to the wheel at once.

use std::time::Duration;

use super::Sessions;
use super::machine::{Pulse, Session, Standing};
use super::wheel::HORIZON;
use crate::base::{MachineTime, limits};
use crate::hub::{Hub, Slot, SocketSet};
use crate::protocol::CloseCode;

const _: () = assert!(limits::HEARTBEAT_INTERVAL.as_millis() <= HORIZON.as_millis());

/// What a look at one session finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Ping,
    Close(CloseCode),
    /// Its seat is over.
    Leave,
    Abort,
    /// Nothing is due before this time, whatever the session does but close or refresh its token.
    Again(MachineTime),
}

impl Sessions {
    /// Looks at each session on which something may be due.
    pub(super) fn run_timers<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) {
        let now = hub.now();
        for place in self.wheel.due(now) {
            let Some((slot, look)) = self.places.at(place).map(|(slot, session)| (*slot, look(session, now)))
            else {
                continue;
            };
            match look {
                Look::Ping => {
                    if let Some(session) = self.places.get_mut(slot) {
                        pinged(session, now);
                    }
                    hub.ping(slot);
                    self.watch(slot, now);
                }
                Look::Close(code) => self.close(hub, slot, code),
                Look::Leave => self.end_of_seat(hub, slot),
                // Its end is the next news of it.
                Look::Abort => hub.abort(slot),
                Look::Again(at) => self.wheel.set(place, at),
            }
        }
        debug_assert!(self.is_all_seen_to(now), "the wheel has lost a session whose time has come");
    }

    /// Sees to it that a session is looked at in time. To be called when one begins, and when a deadline may have moved
    /// to an earlier time.
    pub(super) fn watch(&mut self, slot: Slot, now: MachineTime) {
        let Some(session) = self.places.get_mut(slot) else { return };
        let at = match look(session, now) {
            Look::Again(at) => at,
            Look::Ping | Look::Close(_) | Look::Leave | Look::Abort => now,
        };
        self.wheel.set(slot.index, at);
    }

    /// What the wheel saves: a sweep over all sessions. It finds nothing, except those that were aborted just now.
    fn is_all_seen_to(&self, now: MachineTime) -> bool {
        // The wheel counts whole buckets.
        let bucket_ms = u64::from(limits::WHEEL_BUCKET.subsec_millis());
        let swept_at = MachineTime(now.0 / bucket_ms * bucket_ms);
        let mut looks = self.places.iter().map(|(_, session)| look(session, swept_at));
        looks.all(|look| matches!(look, Look::Abort | Look::Again(_)))
    }
}

fn look(session: &Session, now: MachineTime) -> Look {
    let since = session.standing_since;
    if let Standing::Closing(_) = session.standing {
        return at_or(since.after(limits::CLOSE_DEADLINE), now, Look::Abort);
    }
    if now >= session.token_expires_at {
        return Look::Close(CloseCode::TokenExpired);
    }
    if session.is_seat_over(now) {
        return Look::Leave;
    }
    let interval = interval(session);
    let next = if session.standing == Standing::Stalled {
        // A socket that takes nothing is not read from either, so silence says nothing about it.
        at_or(since.after(limits::STALL_DEADLINE), now, Look::Close(CloseCode::SlowConsumer))
    } else if now >= session.heard_at.after(limits::IDLE_DEADLINE) {
        Look::Close(CloseCode::Idle)
    } else if session.pulse == Pulse::Awaited {
        Look::Again(session.heard_at.after(limits::IDLE_DEADLINE))
    } else {
        at_or(session.heard_at.after(interval), now, Look::Ping)
    };
    match next {
        // Whatever it does next begins a new interval now at the earliest.
        Look::Again(at) => {
            let at = at.min(now.after(interval)).min(session.token_expires_at);
            // Past it, whoever still waits for a commit is closed when that has come.
            let (seat_ends_at, _) = session.seat_end();
            Look::Again(if seat_ends_at > now { at.min(seat_ends_at) } else { at })
        }
        due => due,
    }
}

/// Notes that a session was pinged.
fn pinged(session: &mut Session, now: MachineTime) {
    if session.is_stream() {
        session.heard_at = now;
    } else {
        session.pulse = Pulse::Awaited;
    }
}

fn at_or(deadline: MachineTime, now: MachineTime, due: Look) -> Look {
    if now >= deadline { due } else { Look::Again(deadline) }
}

/// The silence after which a session is pinged. The first ping comes early by a share of the session's own: those who came
/// together, as a class does at the hour, are not pinged together for the rest of the day.
fn interval(session: &Session) -> Duration {
    match session.pulse {
        Pulse::First | Pulse::Silent => limits::HEARTBEAT_INTERVAL.mul_f32(1.0 - session.share() / 2.0),
        Pulse::Heard | Pulse::Awaited => limits::HEARTBEAT_INTERVAL,
    }
}
