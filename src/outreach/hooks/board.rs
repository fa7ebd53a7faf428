//! What operators see of each endpoint, and their word that it is to be called again.
//!
//! A courier alone changes its endpoint. After each look at the ledger it says here how the endpoint stands; an operator's word
//! waits here until the courier takes it, at its next look, and is gone only once the ledger has it. There are as many entries
//! as couriers, so at most [`limits::HOOK_ENDPOINTS_MAX`](crate::base::limits::HOOK_ENDPOINTS_MAX).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::standing::Trouble;
use crate::base::MachineTime;
use crate::ledger::{Endpoint, EndpointState};

/// How an endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointStanding {
    /// The operator's name for it.
    pub name: String,
    /// Whether it is called.
    pub state: EndpointState,
    /// Attempts at its next event that failed.
    pub failures: u32,
    /// Since when it fails, is parked or gone; nothing if it is up, or if that began before the hub's start.
    pub since: Option<MachineTime>,
    /// Why its last attempt failed, as far as one was made since the hub's start.
    pub why: Option<String>,
    /// When it is called again, while it fails.
    pub next_at: Option<MachineTime>,
    /// Events that it has not been told, those among them that it does not want.
    pub waiting: u64,
}

/// Where couriers and operators meet.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    standing: EndpointStanding,
    is_to_resume: bool,
}

impl Board {
    /// How all endpoints stand, by name.
    pub fn standings(&self) -> Vec<EndpointStanding> {
        self.entries().values().map(|entry| entry.standing.clone()).collect()
    }

    /// Has an endpoint called again, whatever it has answered; whether there is one of this name.
    pub fn resume(&self, name: &str) -> bool {
        let mut entries = self.entries();
        let entry = entries.get_mut(name);
        entry.map(|entry| entry.is_to_resume = true).is_some()
    }

    /// Says how an endpoint stands.
    pub(super) fn say(&self, endpoint: &Endpoint, trouble: Option<Trouble>, waiting: u64) {
        let is_tried = endpoint.state == EndpointState::Active && endpoint.failures > 0;
        let standing = EndpointStanding {
            name: endpoint.name.clone(),
            state: endpoint.state,
            failures: endpoint.failures,
            since: trouble.and_then(|trouble| trouble.since),
            why: trouble.map(|trouble| trouble.why.to_string()),
            next_at: is_tried.then_some(endpoint.next_at),
            waiting,
        };
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(&endpoint.name) {
            entry.standing = standing;
        } else {
            entries.insert(endpoint.name.clone(), Entry { standing, is_to_resume: false });
        }
    }

    /// Whether an operator wants an endpoint called again.
    pub(super) fn is_to_resume(&self, name: &str) -> bool {
        self.entries().get(name).is_some_and(|entry| entry.is_to_resume)
    }

    /// It is called again.
    pub(super) fn resumed(&self, name: &str) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.is_to_resume = false;
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::standing::Failure;
    use super::*;
    use crate::ledger::HookEventId;

    fn endpoint(name: &str, state: EndpointState, failures: u32) -> Endpoint {
        Endpoint {
            name: name.to_owned(),
            url: "https://hooks.test/".to_owned(),
            through: HookEventId(4),
            state,
            failures,
            next_at: MachineTime(9_000),
        }
    }

    #[test]
    fn what_couriers_say_is_seen_by_name() {
        let board = Board::default();
        assert_eq!(board.standings(), []);
        let trouble = Trouble { since: Some(MachineTime(5_000)), why: Failure::Status(503) };
        board.say(&endpoint("workspace", EndpointState::Active, 0), None, 0);
        board.say(&endpoint("timetable", EndpointState::Active, 2), Some(trouble), 7);
        board.say(&endpoint("timetable", EndpointState::Parked, 104), Some(trouble), 8);
        board.say(&endpoint("audit", EndpointState::Active, 1), None, 1);
        let seen = board.standings();
        let names: Vec<&str> = seen.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["audit", "timetable", "workspace"]);
        assert_eq!((seen[0].since, &seen[0].why, seen[0].next_at), (None, &None, Some(MachineTime(9_000))));
        assert_eq!((seen[1].state, seen[1].failures, seen[1].waiting), (EndpointState::Parked, 104, 8));
        assert_eq!(
            (seen[1].since, seen[1].why.as_deref(), seen[1].next_at),
            (Some(MachineTime(5_000)), Some("status 503"), None)
        );
        assert_eq!((seen[2].failures, seen[2].next_at), (0, None));
    }

    #[test]
    fn an_operator_s_word_waits_until_the_courier_has_taken_it() {
        let board = Board::default();
        assert!(!board.resume("workspace"), "nobody is called that");
        board.say(&endpoint("workspace", EndpointState::Parked, 104), None, 1);
        assert!(!board.is_to_resume("workspace"));
        assert!(board.resume("workspace") && board.resume("workspace"));
        board.say(&endpoint("workspace", EndpointState::Parked, 104), None, 2);
        assert!(board.is_to_resume("workspace"), "what the courier says meanwhile takes nothing back");
        board.resumed("workspace");
        assert!(!board.is_to_resume("workspace"));
    }
}
