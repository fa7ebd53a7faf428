//! A broker in memory whose answers come when the test says so. It keeps the contract: commit, answer, echo, in order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::base::{
    AccountId, Channel, Epoch, MessageId, NewPublication, Offset, Position, Publication, Replacement,
    ReplayFrom, ResetWhy, SchoolTime, limits,
};
use crate::broker::{
    Accepted, Answer, Broker, Busy, Cancelled, Committed, Cut, Erasure, Health, History, HistoryPage, Page,
    PublishError, Read, ReadError, Released, Replaced, Schedule, SchedulePage, Scheduled, Sink, Start,
    Trimmed,
};

const EPOCH: Epoch = Epoch(0xabcd_0001);

type PageAnswer = Answer<Result<Arc<Page>, ReadError>>;

/// See the module's text.
#[derive(Default)]
pub(super) struct ScriptedBroker(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    logs: HashMap<Channel, Vec<Arc<Publication>>>,
    publishes: VecDeque<(NewPublication, Answer<Result<Accepted, PublishError>>)>,
    reads: VecDeque<(Read, PageAnswer)>,
    sinks: Vec<Arc<dyn Sink>>,
    /// Committed and answered, not yet echoed.
    unechoed: VecDeque<Arc<Publication>>,
    /// Refuse whatever is asked.
    pub(super) busy: bool,
    /// Answer every read with this.
    pub(super) read_error: Option<ReadError>,
    /// Answer every publish with this.
    pub(super) publish_error: Option<PublishError>,
    /// Reads answered.
    pub(super) pages: usize,
}

impl ScriptedBroker {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Commits, answers and echoes the oldest publish, after what has not been echoed yet. Whether there was one.
    pub(super) fn commit_one(&self) -> bool {
        let any = self.commit_unechoed();
        while self.echo_one() {}
        any
    }

    /// Echoes the oldest publication that has not been echoed. Whether there was one.
    pub(super) fn echo_one(&self) -> bool {
        let mut state = self.state();
        let Some(publication) = state.unechoed.pop_front() else {
            return false;
        };
        let sinks = state.sinks.clone();
        drop(state);
        for sink in sinks {
            sink.committed(&publication);
        }
        true
    }

    /// Commits and answers the oldest publish; its echo comes later. Whether there was one.
    pub(super) fn commit_unechoed(&self) -> bool {
        let mut state = self.state();
        let Some((new, answer)) = state.publishes.pop_front() else {
            return false;
        };
        if let Some(error) = state.publish_error {
            drop(state);
            answer(Err(error));
            return true;
        }
        if let Some(deliver_at) = new.deliver_at {
            drop(state);
            answer(Ok(Accepted::Scheduled(Scheduled { deliver_at, duplicate: false })));
            return true;
        }
        let log = state.logs.entry(new.channel.clone()).or_default();
        // Holes on purpose: nobody may count on dense offsets.
        let offset = Offset(log.last().map_or(0, |last| last.position.offset.0) + 3);
        let position = Position { epoch: EPOCH, offset };
        let publication = Arc::new(Publication::at(new, position));
        log.push(Arc::clone(&publication));
        state.unechoed.push_back(Arc::clone(&publication));
        let sinks = state.sinks.clone();
        drop(state);
        for sink in &sinks {
            sink.noted(&publication);
        }
        answer(Ok(Accepted::Committed(Committed { position, duplicate: false })));
        true
    }

    /// Answers the oldest read. Whether there was one.
    pub(super) fn read_one(&self) -> bool {
        let mut state = self.state();
        let Some((read, answer)) = state.reads.pop_front() else {
            return false;
        };
        state.pages += 1;
        let page = match state.read_error {
            Some(error) => Err(error),
            None => Ok(Arc::new(page(state.logs.get(&read.channel).map_or(&[][..], Vec::as_slice), &read))),
        };
        drop(state);
        answer(page);
        true
    }

    /// Answers what waits. Whether anything did.
    pub(super) fn answer_all(&self) -> bool {
        let mut any = false;
        while self.echo_one() || self.commit_one() || self.read_one() {
            any = true;
        }
        any
    }
}

fn page(log: &[Arc<Publication>], read: &Read) -> Page {
    let at = |offset| Position { epoch: EPOCH, offset };
    let last = log.last().map_or(Offset::START, |publication| publication.position.offset);
    let visible = |after: Offset| {
        let fits = move |p: &&Arc<Publication>| p.position.offset > after && p.audience.includes(read.role);
        log.iter().filter(fits).cloned()
    };
    let tail = |count: usize| {
        let mut all: Vec<_> = visible(Offset::START).collect();
        all.drain(..all.len().saturating_sub(count));
        all
    };
    let (start, before, publications) = match read.from {
        ReplayFrom::Now => (Start::Fresh, last, Vec::new()),
        ReplayFrom::Last(count) => (Start::Fresh, Offset::START, tail(count)),
        ReplayFrom::Position(position) if position.epoch != EPOCH => {
            (Start::Reset(ResetWhy::Epoch), Offset::START, tail(limits::LAST_MAX))
        }
        ReplayFrom::Position(position) if position.offset > last => {
            (Start::Reset(ResetWhy::Ahead), Offset::START, tail(limits::LAST_MAX))
        }
        ReplayFrom::Position(position) | ReplayFrom::Next(position) => {
            (Start::Resumed, position.offset, visible(position.offset).take(read.limit).collect())
        }
    };
    let is_whole = visible(before).count() <= publications.len() || !matches!(start, Start::Resumed);
    let through = match publications.last() {
        Some(publication) if !is_whole => publication.position.offset,
        _ => last,
    };
    Page { start, before: at(before), publications, through: at(through), last: at(last) }
}

impl Broker for ScriptedBroker {
    fn epoch(&self) -> Epoch {
        EPOCH
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.state().sinks.push(sink);
    }

    fn publish(
        &self,
        new: NewPublication,
        answer: Answer<Result<Accepted, PublishError>>,
    ) -> Result<(), Busy> {
        let mut state = self.state();
        if state.busy {
            return Err(Busy);
        }
        state.publishes.push_back((new, answer));
        Ok(())
    }

    fn read(&self, read: Read, answer: PageAnswer) -> Result<(), Busy> {
        let mut state = self.state();
        if state.busy {
            return Err(Busy);
        }
        state.reads.push_back((read, answer));
        Ok(())
    }

    fn history(&self, _: History, _: Answer<Result<HistoryPage, ReadError>>) -> Result<(), Busy> {
        Err(Busy)
    }

    fn replace(
        &self,
        _: Vec<Replacement>,
        _: Answer<Result<Vec<Replaced>, PublishError>>,
    ) -> Result<(), Busy> {
        Err(Busy)
    }

    fn cancel(
        &self,
        _: (Channel, AccountId, MessageId),
        _: Answer<Result<Cancelled, PublishError>>,
    ) -> Result<(), Busy> {
        Err(Busy)
    }

    fn scheduled(&self, _: Schedule, _: Answer<Result<SchedulePage, ReadError>>) -> Result<(), Busy> {
        Err(Busy)
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
        Health::Ready
    }

    fn shut_down(&self) {}
}
