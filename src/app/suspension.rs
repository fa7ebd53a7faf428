//! Ends the connections of those whose window closes, wherever it does: at 08:00, at an operator's word, or when the
//! school's clock is set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::rounds::Round;
use super::shards::HubFront;
use super::windows::CivilWindows;
use crate::admission::{Class, Gate};
use crate::base::{Clock, Role, limits};
use crate::session::News;

/// Watches the windows.
pub(super) struct Suspension {
    windows: Arc<CivilWindows>,
    gate: Arc<Gate>,
    front: HubFront,
    clock: Arc<dyn Clock>,
    /// Where each role was out at the last look.
    closed: BTreeMap<Role, BTreeSet<Option<String>>>,
}

impl Suspension {
    pub(super) fn new(
        windows: Arc<CivilWindows>,
        gate: Arc<Gate>,
        front: HubFront,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { windows, gate, front, clock, closed: BTreeMap::new() }
    }
}

impl Round for Suspension {
    const WORK: &'static str = "the closing of windows";
    const INTERVAL: Duration = limits::WINDOWS_CHECK_INTERVAL;

    fn look(&mut self) {
        let now = self.clock.school();
        for role in Role::ALL {
            let closed = self.windows.closed(role, now);
            let was = self.closed.entry(role).or_default();
            if role == Role::Guardian {
                // Whoever is out everywhere needs no seats.
                self.gate.set_outside(Class::Guardian, closed.contains(&None), self.clock.machine());
            }
            if closed.iter().any(|place| !was.contains(place)) {
                let over = Duration::from_millis(self.gate.suspension_ms().into());
                tracing::info!(role = role.as_str(), ?over, "a window closes");
                self.front.tell(&Arc::new(News::Suspend { role, over }));
            }
            *was = closed;
        }
    }
}
