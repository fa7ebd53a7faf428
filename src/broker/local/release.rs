//! Releases: what is due leaves the schedule for its channel's log, one slice between two commits.
//!
//! The time is the request's, so the clock may step as it likes: what left the schedule is no longer there to be released
//! again, and what is not due yet stays. Nobody waits for an answer: the author has had one when it was scheduled.

use std::sync::atomic::Ordering;

use crate::base::{SchoolTime, limits};
use crate::store::{Release, StoreError};

use super::super::{Answer, Health, PublishError, Released};
use super::commit::{Committer, ends};

/// A release under way.
pub(super) struct Releasing {
    now: SchoolTime,
    released: Released,
    answer: Answer<Result<Released, PublishError>>,
}

impl Releasing {
    pub(super) fn begin(now: SchoolTime, answer: Answer<Result<Released, PublishError>>) -> Self {
        Self { now, released: Released::default(), answer }
    }
}

impl Committer {
    /// Releases one slice for the oldest request, and answers it once nothing is due any more.
    pub(super) fn release_slice(&mut self) {
        let Some(mut releasing) = self.releases.pop_front() else {
            return;
        };
        if self.shared.closing.load(Ordering::Acquire) {
            return self.end_release(releasing, Some(PublishError::ShuttingDown));
        }
        match self.release(releasing.now) {
            Ok(count) => {
                releasing.released.released += count as u64;
                // Whoever asked looks whether the hub can bear more.
                if count == 0 || releasing.released.released >= limits::RELEASE_MAX as u64 {
                    return self.end_release(releasing, None);
                }
                self.releases.push_front(releasing);
                self.checkpoint();
            }
            Err(error) => {
                self.shared.tails.withdraw();
                let error = self.failed(&error);
                self.settle();
                self.end_release(releasing, Some(error));
            }
        }
    }

    /// Answers all releases that wait, since there will be no more commits.
    pub(super) fn end_releases(&mut self) {
        while let Some(releasing) = self.releases.pop_front() {
            self.end_release(releasing, Some(PublishError::ShuttingDown));
        }
    }

    /// Commits and echoes one slice. How many publications it held.
    fn release(&mut self, now: SchoolTime) -> Result<usize, StoreError> {
        let Some(Release { news, batch, damaged }) = self.writer.release(now)? else {
            return Ok(0);
        };
        if damaged > 0 {
            tracing::error!(rows = damaged, "scheduled publications are damaged and stay where they are");
        }
        self.shared.tails.prepare(ends(&news, batch.placed()));
        let placed = batch.commit()?;
        self.shared.set_health(Health::Ready);
        self.shared.note_schedule(&self.writer);
        let count = news.len();
        self.shared.metrics.released.inc_by(count as u64);
        let (_, committed) = self.outcomes(news, &placed);
        self.note(&committed);
        self.echo(&committed);
        self.settle();
        Ok(count)
    }

    fn end_release(&self, releasing: Releasing, error: Option<PublishError>) {
        self.shared.releases_waiting.fetch_sub(1, Ordering::AcqRel);
        (releasing.answer)(error.map_or(Ok(releasing.released), Err));
    }
}
