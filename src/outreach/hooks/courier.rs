//! The courier of one endpoint: tells it one event after the other, and goes on only once the ledger has that written down.
//!
//! What breaks between an endpoint's answer and the ledger's is told again under the same id. While an endpoint fails, everything
//! after waits: so it reads events in their order, whatever failed.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::MissedTickBehavior;

use super::line::{Line, Signed};
use super::settings::EndpointSettings;
use super::signature::Secrets;
use super::standing::{self, Outcome, Pace, Trouble};
use super::{Called, CourierParts, payload};
use crate::base::drain::DrainSignal;
use crate::base::metrics::EndpointLabel;
use crate::base::{Channel, MachineTime, limits};
use crate::ledger::{AskError, Endpoint, EndpointState, HookEvent, HookEventId, HookPage, answered};
use crate::roster::Roster;

/// Tells one endpoint.
pub(super) struct Courier {
    parts: Arc<CourierParts>,
    settings: EndpointSettings,
    secrets: Secrets,
    line: Line,
    endpoint: Endpoint,
    trouble: Option<Trouble>,
    label: EndpointLabel,
}

/// The school that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose<'a> {
    Region,
    School(&'a str),
    /// A class that is not in the roster any more.
    Unknown,
}

impl Courier {
    pub(super) fn new(parts: Arc<CourierParts>, called: Called, line: Line) -> Self {
        let Called { endpoint, settings, secrets } = called;
        let label = EndpointLabel { endpoint: endpoint.name.clone() };
        parts.board.say(&endpoint, None, 0);
        Self { parts, settings, secrets, line, endpoint, trouble: None, label }
    }

    /// Tells events until drained.
    pub(super) async fn run(mut self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::HOOKS_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = drain.raised() => return,
                _ = ticks.tick() => {}
            }
            // What can't be known or written down now is asked for again at the next tick.
            let _ = self.round(&mut drain).await;
        }
    }

    /// Tells what there is, until there is nothing or the endpoint is to be left alone.
    async fn round(&mut self, drain: &mut DrainSignal) -> Result<(), AskError> {
        loop {
            self.resume().await?;
            let through = self.endpoint.through;
            let page = answered(|answer| self.parts.ledger.hook_events(through, answer)).await?;
            self.measure(&page);
            let is_due = self.parts.clock.machine() >= self.endpoint.next_at;
            let may_call = self.endpoint.state == EndpointState::Active && is_due && !drain.is_raised();
            if page.events.is_empty() || !may_call {
                return Ok(());
            }
            self.skip_missed(&page).await?;
            if !self.tell_all(page.events, drain).await? {
                return Ok(());
            }
        }
    }

    /// Has the endpoint called again if an operator says so. The word stands until the ledger has it.
    async fn resume(&mut self) -> Result<(), AskError> {
        let name = self.endpoint.name.clone();
        if !self.parts.board.is_to_resume(&name) {
            return Ok(());
        }
        let (state, next_at) = (EndpointState::Active, MachineTime(0));
        self.put(Endpoint { state, failures: 0, next_at, ..self.endpoint.clone() }).await?;
        self.trouble = None;
        self.parts.board.resumed(&name);
        tracing::info!(endpoint = name, "a webhook's endpoint is called again: an operator says so");
        Ok(())
    }

    /// Tells a page of events; whether all are done with.
    async fn tell_all(&mut self, events: Vec<HookEvent>, drain: &mut DrainSignal) -> Result<bool, AskError> {
        let Some(last) = events.last().map(|event| event.id) else { return Ok(true) };
        for event in events {
            let Some(body) = self.body(&event) else { continue };
            let Some(outcome) = self.tell(event.id, body, drain).await else { return Ok(false) };
            let pace = Pace {
                now: self.parts.clock.machine(),
                first: self.parts.retry_first,
                chance: (self.parts.chance)(),
            };
            self.count(outcome);
            self.put(standing::after(&self.endpoint, event.id, outcome, pace)).await?;
            self.trouble = Trouble::after(self.trouble, &self.endpoint, outcome, pace.now);
            self.log(outcome);
            if outcome != Outcome::Taken || drain.is_raised() {
                return Ok(false);
            }
        }
        // What it does not want is done with too.
        if self.endpoint.through < last {
            self.put(Endpoint { through: last, ..self.endpoint.clone() }).await?;
        }
        Ok(true)
    }

    /// The payload of an event, if the endpoint wants it.
    fn body(&self, event: &HookEvent) -> Option<String> {
        let EndpointSettings { kinds, schools, .. } = &self.settings;
        let roster = self.parts.directory.current();
        let whose = whose(&event.channel, &roster);
        let is_wanted = kinds.is_empty() || kinds.contains(&event.kind);
        let is_of_school = match whose {
            Whose::Region => true,
            Whose::School(school) => {
                schools.is_empty() || schools.iter().any(|wanted| wanted.as_str() == school)
            }
            Whose::Unknown => schools.is_empty(),
        };
        let school = if let Whose::School(school) = whose { Some(school) } else { None };
        // That it can't be written is not possible: it has nothing but texts and numbers.
        (is_wanted && is_of_school).then(|| payload::write(event, self.parts.epoch, school).ok()).flatten()
    }

    /// Posts an event; `None` if the hub ends before there is an answer.
    async fn tell(&self, event: HookEventId, body: String, drain: &mut DrainSignal) -> Option<Outcome> {
        let id = payload::message_id(self.parts.epoch, event);
        let seconds = self.parts.clock.machine().unix_seconds();
        let signature = self.secrets.sign(&id, seconds, &body);
        let mut post = pin!(self.line.post(Signed { id: &id, seconds, signature, body }));
        tokio::select! {
            outcome = &mut post => return Some(outcome),
            () = drain.raised() => {}
        }
        tokio::time::timeout(limits::HOOK_DRAIN, post).await.ok()
    }

    /// Goes on behind events that were forgotten before they were told.
    async fn skip_missed(&mut self, page: &HookPage) -> Result<(), AskError> {
        let Some(first) = page.events.first() else { return Ok(()) };
        let before = HookEventId(first.id.0.saturating_sub(1));
        let missed = before.0.saturating_sub(self.endpoint.through.0);
        if missed == 0 {
            return Ok(());
        }
        self.put(Endpoint { through: before, ..self.endpoint.clone() }).await?;
        self.parts.metrics.hooks_missed.get_or_create(&self.label).inc_by(missed);
        tracing::error!(
            endpoint = self.endpoint.name,
            missed,
            "webhooks were forgotten before they could be told"
        );
        Ok(())
    }

    async fn put(&mut self, endpoint: Endpoint) -> Result<(), AskError> {
        let written = endpoint.clone();
        answered(|answer| self.parts.ledger.put_endpoint(written, answer)).await?;
        self.endpoint = endpoint;
        Ok(())
    }

    fn measure(&self, page: &HookPage) {
        let metrics = &self.parts.metrics;
        let waiting = page.newest.0.saturating_sub(self.endpoint.through.0);
        self.parts.board.say(&self.endpoint, self.trouble, waiting);
        metrics.hooks_waiting.get_or_create(&self.label).set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let now = self.parts.clock.school();
        let lag_ms = page.events.first().map_or(0, |next| now.0.saturating_sub(next.published_at.0).max(0));
        metrics.hook_lag_seconds.get_or_create(&self.label).set(lag_ms / 1_000);
        let is_stopped = self.endpoint.state != EndpointState::Active;
        metrics.hooks_stopped.get_or_create(&self.label).set(i64::from(is_stopped));
    }

    fn count(&self, outcome: Outcome) {
        let metrics = &self.parts.metrics;
        let counter =
            if outcome == Outcome::Taken { &metrics.hooks_delivered } else { &metrics.hook_failures };
        counter.get_or_create(&self.label).inc();
    }

    /// Says what an operator should know: the first failure and the end of trying, not each attempt.
    fn log(&self, outcome: Outcome) {
        let Endpoint { name, state, failures, .. } = &self.endpoint;
        match (outcome, state) {
            (Outcome::Taken, _) => {}
            (Outcome::Gone, _) => {
                tracing::error!(
                    endpoint = name,
                    "a webhook's endpoint answers that it is gone (410): it is called no more"
                );
            }
            (Outcome::Failed { why, .. }, EndpointState::Parked) => {
                tracing::error!(endpoint = name, failures, %why, "a webhook's endpoint is parked: its events wait until it is resumed");
            }
            (Outcome::Failed { why, .. }, _) if *failures == 1 => {
                tracing::warn!(endpoint = name, %why, "a webhook's endpoint fails: its events wait");
            }
            (Outcome::Failed { why, .. }, _) => {
                tracing::debug!(endpoint = name, failures, %why, "a webhook's endpoint still fails");
            }
        }
    }
}

fn whose<'a>(channel: &'a Channel, roster: &'a Roster) -> Whose<'a> {
    match channel {
        Channel::Region | Channel::RegionBulletin => Whose::Region,
        Channel::School(school) | Channel::Level(school, _) | Channel::Bulletin(school) => {
            Whose::School(school.as_str())
        }
        Channel::Class(class) => {
            roster.class(class.as_str()).map_or(Whose::Unknown, |class| Whose::School(class.school().id()))
        }
        Channel::Account(_) => Whose::Unknown,
    }
}
