//! One worker of the post: a line to the relay, and the pace at which letters go over it.
//!
//! The order is what makes a letter come once: the sender is announced first, so that what is wrong with the relay is known;
//! then the ledger writes down that the letter is being sent; then its words go out; then the ledger writes down what the relay
//! said. Only a letter between the last two is ambiguous when something breaks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use super::compose::Composed;
use super::message::Written;
use super::post::Office;
use super::relay::{Line, LineError, Verdict};
use super::settings::Settings;
use super::sources::Unknown;
use crate::base::drain::DrainSignal;
use crate::base::metrics::CodeLabel;
use crate::base::{MachineTime, limits};
use crate::ledger::{Answer, Busy, Deed, Letter, LetterEnd, NewEntry, answered};

/// The reply with which a relay closes the line (RFC 5321 §3.8).
const CLOSING: u16 = 421;

/// Sends letters, one after the other.
pub(super) struct Worker {
    line: Option<Line>,
    used_at: MachineTime,
    pace: Interval,
}

impl Worker {
    /// A worker without a line. All together keep the settings' pace.
    pub(super) fn new(settings: &Settings) -> Self {
        let workers = u32::try_from(settings.connections).unwrap_or(u32::MAX);
        let mut pace = tokio::time::interval(Duration::from_secs(1) * workers / settings.per_second.max(1));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { line: None, used_at: MachineTime(0), pace }
    }

    /// Sends what is queued, as long as the relay works and nobody drains.
    pub(super) async fn work(
        mut self,
        office: Arc<Office>,
        queue: flume::Receiver<Letter>,
        drain: DrainSignal,
    ) -> Self {
        while !drain.is_raised() && office.rest.is_over(office.parts.clock.machine()) {
            let Ok(letter) = queue.try_recv() else { break };
            match office.compose(&letter).await {
                Ok(Composed::Ready(written)) => {
                    self.pace.tick().await;
                    self.send(&office, &letter, &written).await;
                }
                Ok(Composed::Ended(end)) => office.end(&letter, end, None).await,
                Ok(Composed::KeptBack) | Err(Unknown) => {
                    office.delay(&letter, letter.attempts, limits::LETTER_KEPT_BACK).await;
                }
            }
        }
        self
    }

    /// Ends a line that nobody has needed for a while.
    pub(super) async fn hang_up_if_idle(&mut self, now: MachineTime) {
        if now.since(self.used_at) > limits::RELAY_IDLE
            && let Some(line) = self.line.take()
        {
            line.end().await;
        }
    }

    /// Ends the line.
    pub(super) async fn end(self) {
        if let Some(line) = self.line {
            line.end().await;
        }
    }

    async fn send(&mut self, office: &Office, letter: &Letter, written: &Written) {
        let mut line = match self.line(office, written).await {
            Ok(line) => line,
            Err(error) => return office.tell_broken(error),
        };
        let begun = answered(|answer| office.parts.ledger.begin_letter(letter.id, answer)).await;
        if begun != Ok(true) {
            // Ended meanwhile, or not to be written down now: then it waits.
            self.line = line.reset().await.then_some(line);
            return;
        }
        let verdict = line.hand_over(&written.to, &written.bytes).await;
        self.used_at = office.parts.clock.machine();
        self.line = match verdict {
            Verdict::Taken => Some(line),
            Verdict::Broken | Verdict::Ambiguous | Verdict::Later(CLOSING) => None,
            Verdict::Refused(_) | Verdict::Later(_) => line.reset().await.then_some(line),
        };
        office.note(letter, verdict).await;
    }

    /// The line, on which the sender is announced: the one before if it still holds, or a new one.
    async fn line(&mut self, office: &Office, written: &Written) -> Result<Line, LineError> {
        if let Some(mut line) = self.line.take()
            && line.announce(&office.parts.relay, &written.to).await.is_ok()
        {
            return Ok(line);
        }
        office.parts.relay.open(&written.to).await
    }
}

impl Office {
    /// Writes down what the relay said of a letter.
    async fn note(&self, letter: &Letter, verdict: Verdict) {
        match verdict {
            Verdict::Taken => {
                self.rest.end();
                self.end(letter, LetterEnd::Sent, None).await;
            }
            Verdict::Refused(code) => {
                tracing::warn!(letter = letter.id.0, code, "the relay has refused a letter for good");
                self.end(letter, LetterEnd::Refused, self.refusal(letter, code)).await;
            }
            Verdict::Later(code) => {
                tracing::debug!(letter = letter.id.0, code, "the relay takes a letter later");
                self.failed("later");
                self.retry(letter).await;
            }
            Verdict::Broken | Verdict::Ambiguous => {
                if verdict == Verdict::Ambiguous {
                    self.parts.metrics.letters_ambiguous.inc();
                }
                self.tell_broken(LineError::Broken);
                self.retry(letter).await;
            }
        }
    }

    /// Ends a letter, with a note if there is one.
    pub(super) async fn end(&self, letter: &Letter, end: LetterEnd, note: Option<NewEntry>) {
        self.write(letter, |answer| self.parts.ledger.end_letter(letter.id, end, note.clone(), answer)).await;
        self.count(end, 1);
    }

    async fn retry(&self, letter: &Letter) {
        let after = self.parts.settings.retry_after(letter.attempts);
        self.delay(letter, letter.attempts.saturating_add(1), after).await;
    }

    async fn delay(&self, letter: &Letter, attempts: u32, after: Duration) {
        let next_at = self.parts.clock.machine().after(after);
        self.write(letter, |answer| self.parts.ledger.delay_letter(letter.id, attempts, next_at, answer))
            .await;
    }

    /// Writes until it is written: what the relay has taken must not look as if it had not.
    async fn write(&self, letter: &Letter, mut ask: impl FnMut(Answer<()>) -> Result<(), Busy>) {
        let mut ticks = tokio::time::interval(limits::LETTER_WRITE_INTERVAL);
        for _ in 0..limits::LETTER_WRITES_MAX {
            ticks.tick().await;
            if answered(&mut ask).await.is_ok() {
                return;
            }
        }
        tracing::error!(letter = letter.id.0, "what became of a letter could not be written down");
    }

    /// What the audit log is told of a refusal: the account and the code, nothing of what the relay said.
    fn refusal(&self, letter: &Letter, code: u16) -> Option<NewEntry> {
        let act = self.act(letter.to.as_str(), &format!("the relay answered {code}"))?;
        Some(NewEntry { act, what: Deed::parse("letter refused").ok()?, before: None, after: None })
    }

    fn tell_broken(&self, error: LineError) {
        self.failed("relay");
        if let Some(rest) = self.rest.begin(self.parts.clock.machine()) {
            tracing::warn!(%error, ?rest, "letters wait: the relay is left alone for a while");
        }
    }

    fn failed(&self, code: &'static str) {
        self.parts.metrics.letter_failures.get_or_create(&CodeLabel { code }).inc();
    }
}
