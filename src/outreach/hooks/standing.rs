//! What an answer means for an endpoint: done with the event, tried again, parked, or called no more. Pure.

use std::fmt;
use std::time::Duration;

use super::backoff;
use crate::base::{MachineTime, limits};
use crate::ledger::{Endpoint, EndpointState, HookEventId};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The endpoint has taken the event.
    Taken,
    /// It wants no more (410).
    Gone,
    /// It has not, and says perhaps when to ask again.
    Failed {
        /// Why.
        why: Failure,
        /// For how long it asks to be left alone.
        wait: Option<Duration>,
    },
}

/// Why an attempt failed. Holds nothing of the answer, nor of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection, or it broke.
    Line,
    /// No answer in time.
    Timeout,
    /// An answer that is none of success. A redirect is not followed, and is one.
    Status(u16),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => f.write_str("no connection"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Status(code) => write!(f, "status {code}"),
        }
    }
}

/// What is wrong with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Since when it fails, is parked or gone; nothing if that began before the hub's start.
    pub(super) since: Option<MachineTime>,
    /// Why its last attempt failed.
    pub(super) why: Failure,
}

impl Trouble {
    /// What is wrong after an attempt that made an endpoint what it is now.
    pub(super) fn after(
        before: Option<Self>,
        endpoint: &Endpoint,
        outcome: Outcome,
        now: MachineTime,
    ) -> Option<Self> {
        let why = match outcome {
            Outcome::Taken => return None,
            Outcome::Gone => Failure::Status(410),
            Outcome::Failed { why, .. } => why,
        };
        let goes_on = endpoint.state == EndpointState::Active && endpoint.failures > 1;
        let since = if goes_on { before.and_then(|before| before.since) } else { Some(now) };
        Some(Self { since, why })
    }
}

/// When an endpoint that fails is tried again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Now.
    pub(super) now: MachineTime,
    /// From the first failure to the next attempt, at most.
    pub(super) first: Duration,
    /// Between 0 and 1.
    pub(super) chance: f64,
}

/// The endpoint after an attempt at an event.
pub(super) fn after(before: &Endpoint, event: HookEventId, outcome: Outcome, pace: Pace) -> Endpoint {
    let endpoint = before.clone();
    match outcome {
        Outcome::Taken => Endpoint { through: event, failures: 0, next_at: MachineTime(0), ..endpoint },
        Outcome::Gone => Endpoint { state: EndpointState::Gone, failures: 0, ..endpoint },
        Outcome::Failed { wait, .. } => {
            let failures = before.failures.saturating_add(1);
            let asked = wait.unwrap_or_default().min(limits::HOOK_RETRY_MAX);
            let wait = backoff::wait(failures, pace.first, pace.chance).max(asked);
            let is_over = failures >= limits::HOOK_ATTEMPTS_MAX;
            let state = if is_over { EndpointState::Parked } else { EndpointState::Active };
            Endpoint { state, failures, next_at: pace.now.after(wait), ..endpoint }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { now: MachineTime(1_000_000), first: Duration::from_secs(5), chance: 1.0 };
    const FAILED: Outcome = Outcome::Failed { why: Failure::Status(500), wait: None };

    fn endpoint(failures: u32) -> Endpoint {
        Endpoint {
            name: "workspace".to_owned(),
            url: "https://hooks.test/".to_owned(),
            through: HookEventId(4),
            state: EndpointState::Active,
            failures,
            next_at: MachineTime(7),
        }
    }

    #[test]
    fn an_event_that_was_taken_is_done_with() {
        let next = after(&endpoint(3), HookEventId(9), Outcome::Taken, PACE);
        assert_eq!((next.through, next.failures, next.next_at), (HookEventId(9), 0, MachineTime(0)));
    }

    #[test]
    fn an_event_that_was_not_is_tried_again_later_and_later_until_the_endpoint_is_parked() {
        let first = after(&endpoint(0), HookEventId(5), FAILED, PACE);
        assert_eq!((first.through, first.failures), (HookEventId(4), 1));
        assert_eq!(first.next_at.since(PACE.now), Duration::from_secs(5));
        let second = after(&first, HookEventId(5), FAILED, PACE);
        assert_eq!(second.next_at.since(PACE.now), Duration::from_secs(10));
        let last = after(&endpoint(limits::HOOK_ATTEMPTS_MAX - 1), HookEventId(5), FAILED, PACE);
        assert_eq!((last.state, last.through), (EndpointState::Parked, HookEventId(4)));
        let before = after(&endpoint(limits::HOOK_ATTEMPTS_MAX - 2), HookEventId(5), FAILED, PACE);
        assert_eq!(before.state, EndpointState::Active);
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_within_the_bound() {
        let asks =
            |seconds| Outcome::Failed { why: Failure::Status(429), wait: Some(Duration::from_secs(seconds)) };
        let waits =
            |outcome| after(&endpoint(0), HookEventId(5), outcome, PACE).next_at.since(PACE.now).as_secs();
        assert_eq!([waits(asks(1)), waits(asks(60)), waits(asks(999_999))], [5, 60, 900]);
    }

    #[test]
    fn trouble_is_told_since_it_began_and_why_it_goes_on() {
        let at = |seconds: u64| MachineTime(seconds * 1_000);
        let failing = |failures| Endpoint { failures, ..endpoint(0) };
        let first = Trouble::after(None, &failing(1), FAILED, at(1)).unwrap();
        assert_eq!(first, Trouble { since: Some(at(1)), why: Failure::Status(500) });
        let hangs = Outcome::Failed { why: Failure::Timeout, wait: None };
        let second = Trouble::after(Some(first), &failing(2), hangs, at(2)).unwrap();
        assert_eq!(second, Trouble { since: Some(at(1)), why: Failure::Timeout });
        let parked = Endpoint { state: EndpointState::Parked, ..failing(limits::HOOK_ATTEMPTS_MAX) };
        assert_eq!(Trouble::after(Some(second), &parked, FAILED, at(3)).unwrap().since, Some(at(3)));
        let gone = Endpoint { state: EndpointState::Gone, ..failing(0) };
        let gone = Trouble::after(Some(second), &gone, Outcome::Gone, at(4)).unwrap();
        assert_eq!(gone, Trouble { since: Some(at(4)), why: Failure::Status(410) });
        assert_eq!(Trouble::after(Some(gone), &failing(0), Outcome::Taken, at(5)), None);
        let earlier = Trouble::after(None, &failing(7), FAILED, at(6)).unwrap();
        assert_eq!(earlier.since, None, "it has failed since before the start, nobody knows when");
    }

    #[test]
    fn one_that_is_gone_is_called_no_more_and_forgets_nothing() {
        let next = after(&endpoint(3), HookEventId(5), Outcome::Gone, PACE);
        assert_eq!((next.state, next.through), (EndpointState::Gone, HookEventId(4)));
    }
}
