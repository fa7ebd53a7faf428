//! A poll and its votes. Once it is closed, who voted for what is nowhere any more.

use std::collections::BTreeMap;

use super::news::News;
use crate::base::body::{Poll, Shown};
use crate::base::{AccountId, MessageId, Role, limits};
use crate::protocol::lesson::{PollState, Votes};

/// The poll of a lesson that is open, or the last one that was.
#[derive(Debug)]
pub(super) struct Ballot {
    poll: Poll,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Open(BTreeMap<AccountId, u8>),
    /// The teacher has asked to close it: nobody votes any more, so that the counts in the log are the last ones.
    Closing(Vec<u32>),
    /// The counts, unless the class was never to see them and the hub was restarted since.
    Closed(Option<Vec<u32>>),
}

/// Why a vote does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoVote {
    /// That poll is not open.
    Unknown,
    /// It has no such choice.
    Choice,
    /// As many have voted as are remembered.
    TooMany,
}

impl Ballot {
    /// A poll that is open.
    pub(super) fn open(poll: Poll) -> Self {
        Self { poll, stage: Stage::Open(BTreeMap::new()) }
    }

    /// Whether it is this one.
    pub(super) fn is(&self, poll: &MessageId) -> bool {
        self.poll.poll == *poll
    }

    /// Whether it is not closed yet.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Closed(_))
    }

    /// Somebody votes, or votes otherwise.
    pub(super) fn vote(
        &mut self,
        who: &AccountId,
        poll: &MessageId,
        choice: u8,
        news: &mut News,
    ) -> Result<(), NoVote> {
        let is_this = self.is(poll);
        let Stage::Open(votes) = &mut self.stage else { return Err(NoVote::Unknown) };
        if !is_this {
            return Err(NoVote::Unknown);
        }
        if usize::from(choice) >= self.poll.scale.choices() {
            return Err(NoVote::Choice);
        }
        if !votes.contains_key(who) && votes.len() >= limits::LESSON_PEOPLE_MAX {
            return Err(NoVote::TooMany);
        }
        if votes.insert(who.clone(), choice) != Some(choice) {
            news.pulse = true;
            news.mine(who);
        }
        Ok(())
    }

    /// Somebody's vote, while it is open.
    pub(super) fn vote_of(&self, who: &AccountId) -> Option<u8> {
        match &self.stage {
            Stage::Open(votes) => votes.get(who).copied(),
            Stage::Closing(_) | Stage::Closed(_) => None,
        }
    }

    /// Takes no more votes. What is to stand in the log: the counts, if the class may ever see them.
    pub(super) fn close(&mut self, news: &mut News) -> Option<Vec<u32>> {
        if let Stage::Open(votes) = &self.stage {
            self.stage = Stage::Closing(tally(votes, self.poll.scale.choices()));
            news.everybody();
        }
        self.counts().filter(|_| self.poll.shown != Shown::Never)
    }

    /// It is closed, with these counts in the log.
    pub(super) fn closed(&mut self, counts: Option<Vec<u32>>, news: &mut News) {
        // The log is silent about a poll that the class never sees. Votes that are still open are not this poll's: the hub was
        // restarted since.
        let own = self.counts().filter(|_| !matches!(self.stage, Stage::Open(_)));
        self.stage = Stage::Closed(counts.or(own));
        news.state = true;
        news.pulse = true;
        news.everybody();
    }

    /// How it stands, for a role.
    pub(super) fn state(&self, to: Role) -> PollState {
        let open = self.is_open();
        let counts = self.counts().filter(|_| self.shows(to));
        PollState { poll: self.poll.clone(), open, counts }
    }

    /// Its votes, for a role, while it is open.
    pub(super) fn votes(&self, to: Role) -> Option<Votes> {
        let counts = self.counts().filter(|_| self.is_open())?;
        let voters = counts.iter().sum();
        Some(Votes { poll: self.poll.poll.clone(), voters, counts: self.shows(to).then_some(counts) })
    }

    fn counts(&self) -> Option<Vec<u32>> {
        match &self.stage {
            Stage::Open(votes) => Some(tally(votes, self.poll.scale.choices())),
            Stage::Closing(counts) => Some(counts.clone()),
            Stage::Closed(counts) => counts.clone(),
        }
    }

    /// Whether a role may see the counts now.
    fn shows(&self, to: Role) -> bool {
        let class = match self.poll.shown {
            Shown::Live => true,
            Shown::Closed => !self.is_open(),
            Shown::Never => false,
        };
        to == Role::Teacher || class
    }
}

fn tally(votes: &BTreeMap<AccountId, u8>, choices: usize) -> Vec<u32> {
    let mut counts = vec![0; choices];
    for choice in votes.values() {
        if let Some(count) = counts.get_mut(usize::from(*choice)) {
            *count += 1;
        }
    }
    counts
}
