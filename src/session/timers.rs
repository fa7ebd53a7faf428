//! What happens to a session because nothing happened: heartbeats, idle and stalled connections, ended tokens.

use super::Sessions;
use super::machine::Session;
use crate::base::{MachineTime, limits};
use crate::hub::{Hub, Slot, SocketSet};
use crate::protocol::CloseCode;

/// What is due on one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Ping,
    Close(CloseCode),
    Abort,
}

impl Sessions {
    /// Looks at every session once.
    pub(super) fn run_timers<S: SocketSet>(&mut self, hub: &mut Hub<S, Self>) {
        let now = hub.now();
        let due: Vec<(Slot, Due)> = self
            .by_slot
            .iter()
            .flatten()
            .filter_map(|(slot, session)| due(session, now).map(|due| (*slot, due)))
            .collect();
        for (slot, due) in due {
            match due {
                Due::Ping => {
                    if let Some(session) = self.get_mut(slot) {
                        session.pinged = true;
                    }
                    hub.ping(slot);
                }
                Due::Close(code) => self.close(hub, slot, code),
                Due::Abort => hub.abort(slot),
            }
        }
    }
}

fn due(session: &Session, now: MachineTime) -> Option<Due> {
    if let Some((_, since)) = session.closing {
        return (now.since(since) >= limits::CLOSE_DEADLINE).then_some(Due::Abort);
    }
    if now >= session.token_expires_at {
        return Some(Due::Close(CloseCode::TokenExpired));
    }
    if let Some(since) = session.stalled_since {
        // A socket that takes nothing is not read from either, so silence says nothing about it.
        return (now.since(since) >= limits::STALL_DEADLINE).then_some(Due::Close(CloseCode::SlowConsumer));
    }
    let silence = now.since(session.heard_at);
    if silence >= limits::IDLE_DEADLINE {
        return Some(Due::Close(CloseCode::Idle));
    }
    (silence >= limits::HEARTBEAT_INTERVAL && !session.pinged).then_some(Due::Ping)
}
