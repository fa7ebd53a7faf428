//! The post: looks for letters that are due, and has its workers send them, a page at a time.
//!
//! Urgent letters go before all others and at any hour; the others keep to their hours. What an earlier process began and
//! did not finish is sent again first, under the same names. A letter that is too old is given up, and told once to the audit
//! log, with how many others there were.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::hours::Hours;
use super::message::Sender;
use super::relay::{Relay, RelayError};
use super::rest::Rest;
use super::seals::Seals;
use super::settings::Settings;
use super::sources::{Choices, Sources, Unknown};
use super::worker::Worker;
use crate::base::drain::DrainSignal;
use crate::base::metrics::{CodeLabel, Metrics};
use crate::base::{AccountId, Clock, MachineTime, Reason, limits};
use crate::ledger::{Act, Ledger, Letter, LetterEnd, Scope, answered};
use crate::roster::Directory;

/// What the post works with.
pub struct PostParts {
    /// Where letters are written down.
    pub ledger: Arc<dyn Ledger>,
    /// What they are made of.
    pub sources: Arc<dyn Sources>,
    /// Who wants them.
    pub choices: Arc<dyn Choices>,
    /// Whose they are.
    pub directory: Arc<Directory>,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// The schools' zone, by whose clock the hours are read.
    pub zone: TimeZone,
    /// Makes names and keys.
    pub seals: Arc<Seals>,
    /// Who takes them.
    pub relay: Relay,
    /// Checked settings.
    pub settings: Settings,
    /// The counters.
    pub metrics: Metrics,
}

/// What the workers share.
pub(super) struct Office {
    pub(super) parts: PostParts,
    pub(super) sender: Sender,
    pub(super) rest: Rest,
    hours: Hours,
}

/// Sends letters until drained.
pub struct Post {
    office: Arc<Office>,
    workers: Vec<Worker>,
    /// Whether what an earlier process began waits again.
    is_reopened: bool,
    swept_at: Option<MachineTime>,
}

impl Post {
    /// A post that has sent nothing yet.
    ///
    /// # Errors
    /// [`RelayError::From`] if the settings were not checked.
    pub fn new(parts: PostParts) -> Result<Self, RelayError> {
        let sender = Sender::of(&parts.settings).ok_or(RelayError::From)?;
        let hours = Hours::of(&parts.settings, parts.zone.clone());
        let office = Arc::new(Office { parts, sender, rest: Rest::default(), hours });
        Ok(Self { office, workers: Vec::new(), is_reopened: false, swept_at: None })
    }

    /// Sends letters until drained. Those that are being sent then are finished.
    pub async fn run(mut self, mut drain: DrainSignal) {
        let mut ticks = tokio::time::interval(limits::LETTERS_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = drain.raised() => break,
                _ = ticks.tick() => {}
            }
            // What can't be known now is asked for again at the next tick.
            let _ = self.round(&drain).await;
        }
        for worker in self.workers {
            worker.end().await;
        }
    }

    /// One round: sends all that is due and may be sent.
    async fn round(&mut self, drain: &DrainSignal) -> Result<(), Unknown> {
        self.reopen().await?;
        loop {
            self.sweep().await?;
            let waiting = answered(|answer| self.office.parts.ledger.waiting_letters(answer)).await?;
            self.office.parts.metrics.letters_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
            let page = if waiting == 0 { Vec::new() } else { self.page(drain).await? };
            if page.is_empty() {
                break;
            }
            self.send(page, drain).await;
        }
        let now = self.office.parts.clock.machine();
        for worker in &mut self.workers {
            worker.hang_up_if_idle(now).await;
        }
        Ok(())
    }

    /// The next letters, if any may be sent now.
    async fn page(&self, drain: &DrainSignal) -> Result<Vec<Letter>, Unknown> {
        let Office { parts, rest, hours, .. } = &*self.office;
        let now = parts.clock.machine();
        if drain.is_raised() || !rest.is_over(now) {
            return Ok(Vec::new());
        }
        let due = async |is_urgent| {
            answered(|answer| parts.ledger.due_letters(is_urgent, now, limits::LETTERS_ROUND_MAX, answer))
                .await
        };
        let urgent = due(true).await?;
        if !urgent.is_empty() || !hours.are_open(parts.clock.school()) {
            return Ok(urgent);
        }
        Ok(due(false).await?)
    }

    async fn send(&mut self, page: Vec<Letter>, drain: &DrainSignal) {
        let settings = &self.office.parts.settings;
        self.workers.resize_with(settings.connections, || Worker::new(settings));
        let (letters, queue) = flume::bounded(page.len());
        for letter in page {
            // There is room for all of them.
            let _ = letters.try_send(letter);
        }
        let mut tasks = JoinSet::new();
        for worker in self.workers.drain(..) {
            tasks.spawn(worker.work(Arc::clone(&self.office), queue.clone(), drain.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(worker) => self.workers.push(worker),
                Err(error) => {
                    tracing::error!(%error, "a worker of the post ended; its letter waits for a restart");
                }
            }
        }
    }

    /// Lets letters wait again that an earlier process began and did not finish.
    async fn reopen(&mut self) -> Result<(), Unknown> {
        if self.is_reopened {
            return Ok(());
        }
        let Office { parts, .. } = &*self.office;
        let count = answered(|answer| parts.ledger.reopen_letters(answer)).await?;
        self.is_reopened = true;
        if count > 0 {
            parts.metrics.letters_ambiguous.inc_by(count as u64);
            tracing::warn!(
                count,
                "letters were being sent when the hub ended; they are sent again under the same Message-ID"
            );
        }
        Ok(())
    }

    /// Gives up what is too old, once a minute.
    async fn sweep(&mut self) -> Result<(), Unknown> {
        let Office { parts, .. } = &*self.office;
        let now = parts.clock.machine();
        if self.swept_at.is_some_and(|at| now.since(at) < limits::LETTERS_SWEEP_INTERVAL) {
            return Ok(());
        }
        let before = |age: std::time::Duration| {
            MachineTime(now.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
        };
        let hours = limits::LETTER_TRIED_FOR.as_secs() / 3_600;
        let why = format!("not sent within {hours} hours");
        if let Some(act) = self.office.act("hub", &why) {
            let late = before(limits::LETTER_TRIED_FOR);
            let count = answered(|answer| parts.ledger.give_up_letters(late, act, answer)).await?;
            if count > 0 {
                self.office.count(LetterEnd::GivenUp, count);
                tracing::error!(count, "letters were given up: the relay did not take them in time");
            }
        }
        self.swept_at = Some(now);
        Ok(())
    }
}

impl Office {
    /// An act of the hub's own, for the audit log.
    pub(super) fn act(&self, scope: &str, why: &str) -> Option<Act> {
        Some(Act {
            school_at: self.parts.clock.school(),
            machine_at: self.parts.clock.machine(),
            who: AccountId::hub(),
            scope: Scope::parse(scope).ok()?,
            why: Reason::parse(why).ok()?,
        })
    }

    pub(super) fn count(&self, end: LetterEnd, count: usize) {
        let ended = self.parts.metrics.letters.get_or_create(&CodeLabel { code: end.as_str() });
        ended.inc_by(count as u64);
    }
}
