//! A broker that answers as a test tells it.

use std::sync::{Arc, Mutex};

use crate::base::{
    AccountId, Channel, Epoch, MessageId, NewPublication, Offset, Position, Publication, Replacement,
    SchoolTime,
};
use crate::broker::{
    Accepted, Answer, Broker, Busy, Cancelled, Committed, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Scheduled, Sink, Trimmed,
    Turn,
};

/// What the broker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Works,
    Full,
    Fails(PublishError),
    ReadsFail(ReadError),
    Silent,
}

/// A broker that keeps publications in a list and fails as told.
pub(super) struct Scripted {
    mood: Mutex<Mood>,
    log: Mutex<Vec<Arc<Publication>>>,
    asked: Mutex<Option<History>>,
    sinks: Mutex<Vec<Arc<dyn Sink>>>,
    /// What waits for its time.
    later: Mutex<Vec<NewPublication>>,
    silent: Mutex<Vec<Answer<Result<Accepted, PublishError>>>>,
}

impl Scripted {
    pub(super) fn new() -> Self {
        Self {
            mood: Mutex::new(Mood::Works),
            log: Mutex::default(),
            asked: Mutex::default(),
            sinks: Mutex::default(),
            later: Mutex::default(),
            silent: Mutex::default(),
        }
    }

    pub(super) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(super) fn asked(&self) -> Option<History> {
        self.asked.lock().unwrap().take()
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    fn commit(&self, new: NewPublication) -> Result<Accepted, PublishError> {
        let mut log = self.log.lock().unwrap();
        let same = log.iter().find(|old| old.author == new.author && old.message_id == new.message_id);
        if let Some(old) = same {
            return if *old.body == *new.body.json() {
                Ok(Accepted::Committed(Committed { position: old.position, duplicate: true }))
            } else {
                Err(PublishError::KeyReused)
            };
        }
        if let Some(deliver_at) = new.deliver_at {
            self.later.lock().unwrap().push(new);
            return Ok(Accepted::Scheduled(Scheduled { deliver_at, duplicate: false }));
        }
        let position = position(log.len() as u64 + 1);
        let publication = Arc::new(Publication::at(new, position));
        log.push(Arc::clone(&publication));
        for sink in self.sinks.lock().unwrap().iter() {
            sink.committed(&publication);
        }
        Ok(Accepted::Committed(Committed { position, duplicate: false }))
    }
}

pub(super) fn position(offset: u64) -> Position {
    Position { epoch: Epoch(7), offset: Offset(offset) }
}

impl Broker for Scripted {
    fn epoch(&self) -> Epoch {
        Epoch(7)
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.sinks.lock().unwrap().push(sink);
    }

    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy> {
        match self.mood() {
            Mood::Full => return Err(Busy),
            Mood::Silent => self.silent.lock().unwrap().push(answer),
            Mood::Fails(error) => answer(Err(error)),
            Mood::Works | Mood::ReadsFail(_) => answer(self.commit(new)),
        }
        Ok(())
    }

    fn read(&self, _: Read, _: Answer<Result<Arc<Page>, ReadError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn history(&self, history: History, answer: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        *self.asked.lock().unwrap() = Some(history);
        match self.mood() {
            Mood::Full => return Err(Busy),
            Mood::ReadsFail(error) => answer(Err(error)),
            _ => {
                let publications = self.log.lock().unwrap().clone();
                let last = position(publications.len() as u64);
                answer(Ok(HistoryPage {
                    publications,
                    more: true,
                    through: last,
                    last,
                    trimmed: position(0),
                }));
            }
        }
        Ok(())
    }

    fn replace(
        &self,
        replacements: Vec<Replacement>,
        answer: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        match self.mood() {
            Mood::Full => return Err(Busy),
            Mood::Fails(error) => answer(Err(error)),
            _ => {
                let news = replacements.into_iter().map(|replacement| replacement.new);
                answer(news.map(|new| self.commit(new).map(Replaced::Accepted)).collect());
            }
        }
        Ok(())
    }

    fn cancel(
        &self,
        (channel, author, message_id): (Channel, AccountId, MessageId),
        answer: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        if let Mood::Fails(error) = self.mood() {
            answer(Err(error));
            return Ok(());
        }
        let mut later = self.later.lock().unwrap();
        let before = later.len();
        later.retain(|new| (&new.channel, &new.author, &new.message_id) != (&channel, &author, &message_id));
        let is_published = self.log.lock().unwrap().iter().any(|new| new.message_id == message_id);
        answer(Ok(match (later.len() < before, is_published) {
            (true, _) => Cancelled::Cancelled,
            (false, true) => Cancelled::Published,
            (false, false) => Cancelled::Unknown,
        }));
        Ok(())
    }

    fn scheduled(
        &self,
        schedule: Schedule,
        answer: Answer<Result<SchedulePage, ReadError>>,
    ) -> Result<(), Busy> {
        let Schedule { author, after, limit } = schedule;
        let later = self.later.lock().unwrap();
        let own = later.iter().zip(1..).filter(|(new, _)| new.author == author);
        let turn =
            |(new, number): &(&NewPublication, i64)| Turn { at: new.deliver_at.unwrap(), number: *number };
        let rest: Vec<_> = own.filter(|one| after.is_none_or(|after| turn(one) > after)).collect();
        let next = rest.get(limit - 1).filter(|_| rest.len() > limit).map(turn);
        let waiting = rest.into_iter().take(limit).map(|(new, _)| new.clone()).collect();
        answer(Ok(SchedulePage { waiting, next }));
        Ok(())
    }

    fn release(&self, _: SchoolTime, _: Answer<Result<Released, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn trim(&self, _: Cut, _: Answer<Result<Trimmed, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn erase(&self, _: AccountId, _: Answer<Result<Erasure, PublishError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn health(&self) -> Health {
        match self.mood() {
            Mood::Fails(error) => Health::Failing(error),
            _ => Health::Ready,
        }
    }

    fn shut_down(&self) {}
}
