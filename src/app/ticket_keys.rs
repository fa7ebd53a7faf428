//! Draws another key for the waiting room's tickets now and then. Tickets of the key before are still taken, and each poll
//! is answered with one of the present key: nobody loses a place.

use std::sync::Arc;
use std::time::Duration;

use super::rounds::Round;
use crate::admission::Gate;
use crate::base::limits;
use crate::config::entropy;

/// Changes the gate's keys.
pub(super) struct TicketKeys {
    gate: Arc<Gate>,
    /// The first round comes at once, and the key that the gate began with is as good as new.
    is_new: bool,
}

impl TicketKeys {
    pub(super) fn of(gate: &Arc<Gate>) -> Self {
        Self { gate: Arc::clone(gate), is_new: true }
    }
}

impl Round for TicketKeys {
    const WORK: &'static str = "the change of tickets' keys";
    const INTERVAL: Duration = limits::TICKET_KEY_INTERVAL;

    fn look(&mut self) {
        if std::mem::take(&mut self.is_new) {
            return;
        }
        match entropy::bytes() {
            Ok(secret) => self.gate.rotate(&secret),
            Err(error) => tracing::error!(%error, "the tickets' key stays as it is"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::{Capacity, Decision, FlowSettings, Request, Secrets, Settings, Window};
    use crate::base::{AccountId, MachineTime, Role, SchoolTime, SessionId};

    #[test]
    fn a_ticket_outlives_one_change_of_keys_and_not_two() {
        let now = MachineTime(1_000_000);
        let secrets = Secrets { tickets: [1; 32], order: [2; 32] };
        // Nobody of the class comes in, so whoever asks waits.
        let flow = FlowSettings { start: 1, min: 1, max: 1, ..FlowSettings::default() };
        let settings = Settings { flow, ..Settings::default() };
        let gate = Arc::new(Gate::new(settings, Capacity::given(0), &secrets, now));
        let account = AccountId::parse("s1").unwrap();
        let request = Request {
            account: &account,
            role: Role::Student,
            is_live: false,
            window: Window::Open,
            session: SessionId(1),
            resume: None,
            ticket: None,
        };
        let Decision::Wait(waiting) = gate.ask(&request, now, SchoolTime(0)) else { panic!("it waits") };
        let is_taken = || gate.early(&waiting.ticket, &account, now).is_some();
        let mut keys = TicketKeys::of(&gate);
        keys.look();
        assert!(is_taken(), "the first key is new");
        keys.look();
        assert!(is_taken(), "of the key before");
        keys.look();
        assert!(!is_taken(), "two keys ago");
    }
}
