//! The ends of the logs in memory: they serve replays without the disk, and say what has been answered.
//!
//! Only the commit thread writes here, in three steps: `prepare` before a batch can be seen on disk, then the answers,
//! then `announce`. Until then a reader that found the batch on disk waits in `wait_until_announced`, so that nobody
//! reads a publication before its author was answered; and a reader that starts after the answer does not miss it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::base::{Channel, Epoch, Kind, Offset, Position, Publication, Role, limits};
use crate::store::End;

use super::super::{Page, Read};
use super::replay::{self, Place};
use crate::base::ReplayFrom;

/// Bytes that a publication costs in memory beside its body.
const OVERHEAD_BYTES: usize = 256;

/// All tails, behind one lock that is held for moments only.
#[derive(Debug, Default)]
pub(super) struct Tails {
    state: Mutex<State>,
    announced: Condvar,
}

#[derive(Debug, Default)]
struct State {
    tails: HashMap<Channel, Tail>,
    /// The channels by when they were written last, oldest first.
    by_age: BTreeMap<u64, Channel>,
    writes: u64,
    bytes: usize,
    /// The channels of the batch that is being committed, with their ends before it.
    pending: HashMap<Channel, Offset>,
}

/// Everything in a channel's log after `since`.
#[derive(Debug)]
struct Tail {
    since: Offset,
    last: Offset,
    publications: VecDeque<Arc<Publication>>,
    written: u64,
    bytes: usize,
}

impl Tails {
    /// Notes the channels of a batch that is about to be committed. Of several ends of a channel the first counts.
    pub(super) fn prepare<'a>(&self, ends: impl Iterator<Item = (&'a Channel, Offset)>) {
        let mut state = self.lock();
        for (channel, end) in ends {
            state.pending.entry(channel.clone()).or_insert(end);
        }
    }

    /// Takes back what was prepared: the batch was not committed.
    pub(super) fn withdraw(&self) {
        self.lock().pending.clear();
        self.announced.notify_all();
    }

    /// Adds a committed batch whose authors have been answered, each with the end of its channel before it.
    pub(super) fn announce(&self, committed: &[(Arc<Publication>, Offset)]) {
        let mut state = self.lock();
        for (publication, previous) in committed {
            if publication.kind == Kind::Deletion {
                // What it names has lost its words on disk: nobody is to find them here.
                state.remove(&publication.channel);
            }
            state.push(publication, *previous);
        }
        state.shrink();
        state.pending.clear();
        drop(state);
        self.announced.notify_all();
    }

    /// Forgets channels from which something was removed.
    pub(super) fn forget(&self, channels: &HashSet<Channel>) {
        let mut state = self.lock();
        for channel in channels {
            state.remove(channel);
        }
    }

    /// The page, if memory holds all of it.
    pub(super) fn page(&self, read: &Read, epoch: Epoch) -> Option<Page> {
        let state = self.lock();
        if state.pending.contains_key(&read.channel) {
            return None;
        }
        state.tails.get(&read.channel)?.page(read, epoch)
    }

    /// Waits until everything up to an offset that was found on disk has been answered.
    pub(super) fn wait_until_announced(&self, channel: &Channel, found: Offset) {
        let unanswered = |state: &mut State| state.pending.get(channel).is_some_and(|before| found > *before);
        drop(self.announced.wait_while(self.lock(), unanswered).unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, publication: &Arc<Publication>, previous: Offset) {
        self.writes += 1;
        let written = self.writes;
        let channel = &publication.channel;
        let tail = self.tails.entry(channel.clone()).or_insert_with(|| Tail {
            since: previous,
            last: previous,
            publications: VecDeque::new(),
            written,
            bytes: 0,
        });
        self.by_age.remove(&tail.written);
        self.by_age.insert(written, channel.clone());
        tail.written = written;
        self.bytes -= tail.bytes;
        tail.push(Arc::clone(publication));
        self.bytes += tail.bytes;
    }

    /// Lets the least recently written channels go until the bounds hold.
    fn shrink(&mut self) {
        while self.tails.len() > limits::TAIL_CHANNELS_MAX || self.bytes > limits::TAIL_BYTES_MAX {
            let Some((_, channel)) = self.by_age.pop_first() else {
                return;
            };
            self.remove(&channel);
        }
    }

    fn remove(&mut self, channel: &Channel) {
        if let Some(tail) = self.tails.remove(channel) {
            self.by_age.remove(&tail.written);
            self.bytes -= tail.bytes;
        }
    }
}

impl Tail {
    fn push(&mut self, publication: Arc<Publication>) {
        self.last = publication.position.offset;
        self.bytes += cost(&publication);
        self.publications.push_back(publication);
        if self.publications.len() > limits::TAIL_PUBLICATIONS_MAX
            && let Some(oldest) = self.publications.pop_front()
        {
            self.since = oldest.position.offset;
            self.bytes -= cost(&oldest);
        }
    }

    fn page(&self, read: &Read, epoch: Epoch) -> Option<Page> {
        // What retention removed lies before `since`: a position there is judged on disk.
        let end = End { last: self.last, trimmed_through: self.since };
        if let ReplayFrom::Position(position) | ReplayFrom::Next(position) = read.from
            && (position.epoch != epoch || position.offset < self.since || position.offset > self.last)
        {
            return None;
        }
        let (start, place) = replay::begin(read.from, epoch, end);
        let before = match place {
            Place::After(offset) => offset,
            Place::BeforeLast(count) => self.before_last(count, read.role)?,
        };
        let (publications, through) = self.after(before, read.role, read.limit);
        let at = |offset| Position { epoch, offset };
        Some(Page { start, before: at(before), publications, through: at(through), last: at(self.last) })
    }

    /// The offset before the last `count` that the role may see; `None` if memory does not hold so many.
    fn before_last(&self, count: usize, role: Role) -> Option<Offset> {
        if count == 0 {
            return Some(self.last);
        }
        let mut visible = self.publications.iter().rev().filter(|p| p.audience.includes(role));
        let first = visible.nth(count - 1)?;
        Some(Offset(first.position.offset.0 - 1))
    }

    fn after(&self, before: Offset, role: Role, limit: usize) -> (Vec<Arc<Publication>>, Offset) {
        let first = self.publications.partition_point(|p| p.position.offset <= before);
        let (mut page, mut bytes, mut through): (Vec<Arc<Publication>>, usize, Offset) =
            (Vec::new(), 0, before);
        for publication in self.publications.range(first..) {
            if publication.audience.includes(role) {
                bytes += publication.body.len();
                let full = page.len() == limit || bytes > limits::READ_PAGE_BYTES_MAX;
                if full && !page.is_empty() {
                    return (page, through);
                }
                page.push(Arc::clone(publication));
            }
            through = publication.position.offset;
        }
        (page, self.last)
    }
}

fn cost(publication: &Publication) -> usize {
    publication.body.len() + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests;
