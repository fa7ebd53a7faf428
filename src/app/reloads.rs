//! The reloads that signals ask for: one runs, one more may wait.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::rosters::RosterFiles;
use crate::http::operations::Office;

/// What is read again; any number of signals wait for one turn. Dropping it lets the one that runs end by itself.
pub(super) struct SignalledReloads {
    work: Arc<dyn Fn() + Send + Sync>,
    running: JoinSet<()>,
    again: bool,
}

impl SignalledReloads {
    /// The calendar, which is read in a moment, and then the roster.
    pub(super) fn of(office: Arc<Office>, rosters: Arc<RosterFiles>) -> Self {
        Self::new(move || {
            office.reload_calendar_on_signal();
            rosters.reload_on_signal();
        })
    }

    /// No signal came yet. The work may wait for the disk.
    fn new(work: impl Fn() + Send + Sync + 'static) -> Self {
        Self { work: Arc::new(work), running: JoinSet::new(), again: false }
    }

    /// Begins a reload, or remembers to do so when the one that runs has ended: it may have read the old files.
    pub(super) fn ask(&mut self) {
        tracing::info!("a signal asks for the files to be read again");
        if !self.running.is_empty() {
            self.again = true;
            return;
        }
        let work = Arc::clone(&self.work);
        self.running.spawn_blocking(move || work());
    }

    /// Returns when a reload has ended and the next, if one was asked for, has begun. Never while none runs.
    pub(super) async fn ended(&mut self) {
        match self.running.join_next().await {
            None => std::future::pending().await,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::error!(%error, "reading the files again failed"),
        }
        if std::mem::take(&mut self.again) {
            self.ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn any_number_of_signals_during_a_reload_make_one_more() {
        let (files, done) = (Arc::new(Mutex::new(())), Arc::new(AtomicUsize::new(0)));
        let (lying, count) = (Arc::clone(&files), Arc::clone(&done));
        let mut reloads = SignalledReloads::new(move || {
            let _alone = lying.lock().unwrap();
            count.fetch_add(1, Ordering::SeqCst);
        });
        let operators = files.lock().unwrap();
        for _ in 0..3 {
            reloads.ask();
        }
        drop(operators);
        reloads.ended().await;
        assert_eq!(reloads.running.len(), 1, "the second");
        reloads.ended().await;
        assert!(reloads.running.is_empty());
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }
}
