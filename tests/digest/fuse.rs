//! A fuse: after so many of the press's looks at the world around it the process "dies", by a panic that the world catches.
//!
//! The press looks at its clocks, the calendar, the order of turns, the broker and the letters, so that a fuse can blow
//! between any two things that it does, and before or after a publication is queued.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jiff::civil::Date;
use preau::base::{
    AccountId, Channel, Clock, Epoch, MachineTime, MessageId, NewPublication, Replacement, SchoolTime,
};
use preau::broker::{
    Accepted, Answer, Broker, Busy, Cancelled, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Sink, Trimmed,
};
use preau::digest::{Letters, Trouble};
use preau::ledger::LedgerError;

/// How many looks are left; negative: it never blows.
#[derive(Debug, Clone)]
pub(crate) struct Fuse(Arc<AtomicI64>);

/// What the panic says.
pub(crate) const BLOWN: &str = "the fuse has blown";

impl Fuse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(-1)))
    }

    /// Blows at the look after so many more.
    pub(crate) fn set(&self, looks: i64) {
        self.0.store(looks, Ordering::SeqCst);
    }

    /// One look.
    pub(crate) fn burn(&self) {
        let left = self.0.load(Ordering::SeqCst);
        if left >= 0 {
            self.0.store(left - 1, Ordering::SeqCst);
        }
        assert!(left != 0, "{BLOWN}");
    }
}

/// A clock with a fuse.
pub(crate) struct FusedClock(pub(crate) Arc<dyn Clock>, pub(crate) Fuse);

impl Clock for FusedClock {
    fn machine(&self) -> MachineTime {
        self.1.burn();
        self.0.machine()
    }

    fn school(&self) -> SchoolTime {
        self.0.school()
    }
}

/// A broker with a fuse before and after each publication, and before each look at the past.
pub(crate) struct FusedBroker(pub(crate) Arc<dyn Broker>, pub(crate) Fuse);

impl Broker for FusedBroker {
    fn epoch(&self) -> Epoch {
        self.0.epoch()
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.0.attach(sink);
    }

    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy> {
        self.1.burn();
        self.0.publish(new, answer)?;
        self.1.burn();
        Ok(())
    }

    fn replace(
        &self,
        replacements: Vec<Replacement>,
        answer: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        self.0.replace(replacements, answer)
    }

    fn cancel(
        &self,
        key: (Channel, AccountId, MessageId),
        answer: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        self.0.cancel(key, answer)
    }

    fn scheduled(
        &self,
        schedule: Schedule,
        answer: Answer<Result<SchedulePage, ReadError>>,
    ) -> Result<(), Busy> {
        self.0.scheduled(schedule, answer)
    }

    fn release(&self, now: SchoolTime, answer: Answer<Result<Released, PublishError>>) -> Result<(), Busy> {
        self.0.release(now, answer)
    }

    fn read(&self, read: Read, answer: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy> {
        self.0.read(read, answer)
    }

    fn history(&self, history: History, answer: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        self.1.burn();
        self.0.history(history, answer)
    }

    fn erase(&self, account: AccountId, answer: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy> {
        self.0.erase(account, answer)
    }

    fn trim(&self, cut: Cut, answer: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy> {
        self.0.trim(cut, answer)
    }

    fn health(&self) -> Health {
        self.0.health()
    }

    fn shut_down(&self) {
        self.0.shut_down();
    }
}

/// A letter box with a fuse, which can also be shut.
#[derive(Clone)]
pub(crate) struct LetterBox {
    pub(crate) fuse: Fuse,
    pub(crate) is_shut: Arc<AtomicBool>,
    pub(crate) written: flume::Sender<(AccountId, Date)>,
}

impl Letters for LetterBox {
    fn are_due(&self, guardians: &[AccountId], date: Date) -> Result<(), Trouble> {
        self.fuse.burn();
        if self.is_shut.load(Ordering::SeqCst) {
            return Err(LedgerError::StorageFull.into());
        }
        for guardian in guardians {
            self.written.send((guardian.clone(), date)).unwrap();
        }
        self.fuse.burn();
        Ok(())
    }
}
