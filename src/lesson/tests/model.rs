//! What a lesson is, told naively: everything that has happened since it began, read from the end each time.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::body::{Mode, Rules, Shown, Standing};
use crate::base::{MachineTime, MessageId, Position, limits};
use crate::protocol::{ErrorCode, Reaction};

/// One thing that has happened; people are pupils' numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thing {
    Rules(Rules),
    /// Muted or unmuted; nobody named is everybody.
    Mute(Option<usize>, bool),
    Pinned(Option<Position>),
    /// A pupil was allowed to say something.
    Spoke(usize, MachineTime),
    /// Something stands in the log; a question or not. Nobody is a teacher.
    Said(Position, Option<usize>, bool),
    Proposed(Position, usize, MessageId),
    /// A proposal waits no more.
    Judged(Position),
    Deleted(Position),
    Settled(Position, Standing),
    Reported(usize),
    Opened(MessageId, Shown),
    Closing,
    Closed,
    Voted(usize, u8),
    Upvoted(usize, Position, bool),
    /// Under a name, or none.
    Raised(usize, Option<MessageId>, MachineTime),
    Lowered(usize),
    /// Its owner has been away for too long.
    Aside(usize),
    /// Its owner is there again.
    Back(usize, MachineTime),
    Called(usize),
    Reacted(Reaction),
}

/// What has happened in a lesson.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Where it began.
    since: Position,
    pub(super) things: Vec<Thing>,
    pub(super) follows: [BTreeSet<usize>; super::SHARDS],
    pub(super) left: BTreeMap<usize, MachineTime>,
}

/// The choices of the polls here.
const CHOICES: usize = 4;

impl Model {
    pub(super) fn since(since: Position) -> Self {
        Self { since, things: Vec::new(), follows: Default::default(), left: BTreeMap::new() }
    }

    /// The last thing that says something, and what it says.
    fn last<T>(&self, says: impl Fn(&Thing) -> Option<T>) -> Option<T> {
        self.things.iter().rev().find_map(says)
    }

    fn all<T>(&self, says: impl Fn(&Thing) -> Option<T>) -> Vec<T> {
        self.things.iter().filter_map(says).collect()
    }

    pub(super) fn rules(&self) -> Rules {
        self.last(|thing| if let Thing::Rules(rules) = thing { Some(*rules) } else { None })
            .unwrap_or_default()
    }

    /// The last word about somebody holds, whether it was about this one or about everybody.
    pub(super) fn is_muted(&self, who: usize) -> bool {
        let word = |thing: &Thing| match thing {
            Thing::Mute(whom, muted) if whom.is_none_or(|whom| whom == who) => Some(*muted),
            _ => None,
        };
        self.last(word).unwrap_or(false)
    }

    pub(super) fn all_muted(&self) -> bool {
        self.last(|thing| if let Thing::Mute(None, muted) = thing { Some(*muted) } else { None })
            .unwrap_or(false)
    }

    pub(super) fn pinned(&self) -> Option<Position> {
        let pin = self.things.iter().rposition(|thing| matches!(thing, Thing::Pinned(_)))?;
        let Thing::Pinned(Some(at)) = self.things[pin] else { return None };
        (!self.things[pin..].contains(&Thing::Deleted(at))).then_some(at)
    }

    fn is_deleted(&self, at: Position) -> bool {
        self.things.contains(&Thing::Deleted(at))
    }

    /// Whether this student said what stands at a place; nothing if nothing stands there.
    fn is_own(&self, who: usize, at: Position) -> Option<bool> {
        let own = self.last(|thing| match thing {
            Thing::Said(place, author, _) if *place == at => Some(*author == Some(who)),
            Thing::Proposed(place, author, _) if *place == at => Some(*author == who),
            _ => None,
        });
        own.filter(|_| !self.is_deleted(at))
    }

    pub(super) fn proposals(&self) -> Vec<(Position, usize, MessageId)> {
        let mut all = self.all(|thing| match thing {
            Thing::Proposed(at, who, name) => Some((*at, *who, name.clone())),
            _ => None,
        });
        all.retain(|(at, ..)| !self.things.contains(&Thing::Judged(*at)) && !self.is_deleted(*at));
        all
    }

    pub(super) fn questions(&self) -> Vec<(Position, Standing)> {
        let mut all = self.all(|thing| if let Thing::Said(at, _, true) = thing { Some(*at) } else { None });
        all.retain(|at| !self.is_deleted(*at));
        all.into_iter().map(|at| (at, self.standing(at))).collect()
    }

    fn standing(&self, question: Position) -> Standing {
        let word = |thing: &Thing| match thing {
            Thing::Settled(at, standing) if *at == question => Some(*standing),
            _ => None,
        };
        self.last(word).unwrap_or_default()
    }

    pub(super) fn has_upvoted(&self, who: usize, question: Position) -> bool {
        let word = |thing: &Thing| match thing {
            Thing::Upvoted(by, at, up) if (*by, *at) == (who, question) => Some(*up),
            _ => None,
        };
        self.last(word).unwrap_or(false)
    }

    pub(super) fn upvotes(&self, question: Position) -> u32 {
        (0..super::PUPILS).map(|who| u32::from(self.has_upvoted(who, question))).sum()
    }

    /// The last poll, whether it is open and takes votes, and what has happened since it was opened.
    fn poll(&self) -> Option<(&MessageId, Shown, &[Thing])> {
        let opened = self.things.iter().rposition(|thing| matches!(thing, Thing::Opened(..)))?;
        let Thing::Opened(poll, shown) = &self.things[opened] else { return None };
        Some((poll, *shown, &self.things[opened..]))
    }

    pub(super) fn last_poll(&self) -> Option<&MessageId> {
        self.poll().map(|(poll, ..)| poll)
    }

    pub(super) fn open_poll(&self) -> Option<&MessageId> {
        let (poll, _, since) = self.poll()?;
        (!since.contains(&Thing::Closed)).then_some(poll)
    }

    fn takes_votes(&self) -> bool {
        self.poll()
            .is_some_and(|(_, _, since)| !since.contains(&Thing::Closed) && !since.contains(&Thing::Closing))
    }

    fn last_vote(&self, who: usize) -> Option<u8> {
        let (_, _, since) = self.poll()?;
        since.iter().rev().find_map(|thing| match thing {
            Thing::Voted(by, choice) if *by == who => Some(*choice),
            _ => None,
        })
    }

    pub(super) fn vote(&self, who: usize) -> Option<u8> {
        self.last_vote(who).filter(|_| self.takes_votes())
    }

    /// The last poll's votes for each choice, and whether it is open.
    pub(super) fn counts(&self) -> Option<(bool, Shown, Vec<u32>)> {
        let (_, shown, _) = self.poll()?;
        let mut counts = vec![0; CHOICES];
        for choice in (0..super::PUPILS).filter_map(|who| self.last_vote(who)) {
            counts[usize::from(choice)] += 1;
        }
        Some((self.open_poll().is_some(), shown, counts))
    }

    /// Who has a hand up, the first first.
    pub(super) fn raised(&self) -> Vec<usize> {
        self.hands().into_iter().filter(|(_, aside)| !aside).map(|(who, _)| who).collect()
    }

    /// Whose hands were raised and not lowered, and whether they are put aside.
    fn hands(&self) -> Vec<(usize, bool)> {
        let mut hands: Vec<(usize, bool)> = Vec::new();
        for thing in &self.things {
            match thing {
                Thing::Raised(who, ..) if hands.iter().all(|(other, _)| other != who) => {
                    hands.push((*who, false));
                }
                Thing::Lowered(who) | Thing::Called(who) => hands.retain(|(other, _)| other != who),
                Thing::Aside(who) => set_aside(&mut hands, *who, true),
                Thing::Raised(who, ..) | Thing::Back(who, _) => set_aside(&mut hands, *who, false),
                _ => {}
            }
        }
        hands
    }

    /// A hand goes up, or keeps its place; one that was lowered does not go up again under the name of its last raising.
    pub(super) fn raise(&mut self, who: usize, name: Option<MessageId>, now: MachineTime) {
        let is_up = self.hands().iter().any(|(other, _)| *other == who);
        let last = self.last(|thing| match thing {
            Thing::Raised(by, Some(name), _) if *by == who => Some(name.clone()),
            _ => None,
        });
        if is_up || name.is_none() || name != last {
            self.things.push(Thing::Raised(who, name, now));
        }
    }

    /// The hands of those who are there again are up again.
    pub(super) fn come_back(&mut self, now: MachineTime) {
        for (who, is_aside) in self.hands() {
            if is_aside && self.is_here(who) {
                self.things.push(Thing::Back(who, now));
            }
        }
    }

    pub(super) fn called(&self) -> Option<usize> {
        self.last(|thing| if let Thing::Called(who) = thing { Some(*who) } else { None })
    }

    pub(super) fn is_here(&self, who: usize) -> bool {
        self.left.contains_key(&who) || self.follows.iter().any(|shard| shard.contains(&who))
    }

    /// Those go who left too long ago; their hands are put aside, and those of whoever never came.
    pub(super) fn sink(&mut self, now: MachineTime) {
        self.left.retain(|_, left| now.since(*left) < limits::PRESENCE_GRACE);
        for who in self.raised() {
            let since = self.things.iter().rev().take_while(|thing| {
                ![Thing::Lowered(who), Thing::Called(who), Thing::Aside(who)].contains(*thing)
            });
            let first = since.filter_map(|thing| match thing {
                Thing::Raised(by, _, at) | Thing::Back(by, at) if *by == who => Some(*at),
                _ => None,
            });
            let is_old = first.last().is_some_and(|at| now.since(at) >= limits::PRESENCE_GRACE);
            if is_old && !self.is_here(who) {
                self.things.push(Thing::Aside(who));
            }
        }
    }

    /// Whether a pupil may say something: held or not, or why not.
    pub(super) fn speak(&self, who: usize, is_question: bool, now: MachineTime) -> Result<bool, ErrorCode> {
        let rules = self.rules();
        let spoke = self.last(|thing| match thing {
            Thing::Spoke(by, at) if *by == who => Some(*at),
            _ => None,
        });
        let own = self.proposals().iter().filter(|(_, author, _)| *author == who).count();
        if self.is_muted(who) {
            Err(ErrorCode::Muted)
        } else if rules.mode == Mode::Teacher || rules.mode == Mode::Questions && !is_question {
            Err(ErrorCode::ModeForbids)
        } else if spoke.is_some_and(|at| now.0 < at.0 + u64::from(rules.slow_s) * 1_000) {
            Err(ErrorCode::SlowMode)
        } else if rules.moderated && own >= limits::PROPOSALS_PER_STUDENT_MAX {
            Err(ErrorCode::RateLimited)
        } else {
            Ok(rules.moderated)
        }
    }

    /// Whether something that stands in the class's feed is there. What is older than the lesson is for the store to say.
    pub(super) fn stands(&self, at: Position) -> Result<(), ErrorCode> {
        let said = self.things.iter().any(|thing| matches!(thing, Thing::Said(place, ..) if *place == at));
        if said && !self.is_deleted(at) || at.offset <= self.since.offset {
            Ok(())
        } else {
            Err(ErrorCode::UnknownTarget)
        }
    }

    pub(super) fn take_back(&self, who: usize, at: Position) -> Result<(), ErrorCode> {
        match self.is_own(who, at) {
            Some(true) => Ok(()),
            Some(false) => Err(ErrorCode::NotAllowed),
            None => Err(ErrorCode::UnknownTarget),
        }
    }

    pub(super) fn report(&self, who: usize, at: Position) -> Result<(), ErrorCode> {
        self.stands(at)?;
        let own = self.things.iter().filter(|thing| **thing == Thing::Reported(who)).count();
        if own < limits::REPORTS_PER_STUDENT_MAX { Ok(()) } else { Err(ErrorCode::RateLimited) }
    }

    pub(super) fn is_question(&self, at: Position) -> Result<(), ErrorCode> {
        let known = self.questions().iter().any(|(place, _)| *place == at);
        if known { Ok(()) } else { Err(ErrorCode::UnknownTarget) }
    }

    pub(super) fn upvote(&self, at: Position) -> Result<(), ErrorCode> {
        let open = self.questions().contains(&(at, Standing::Open));
        if open { Ok(()) } else { Err(ErrorCode::UnknownTarget) }
    }

    pub(super) fn react(&self, who: usize) -> Result<(), ErrorCode> {
        if !self.rules().reactions {
            Err(ErrorCode::ModeForbids)
        } else if self.is_muted(who) {
            Err(ErrorCode::Muted)
        } else {
            Ok(())
        }
    }

    pub(super) fn vote_in(&self, poll: &MessageId, choice: u8) -> Result<(), ErrorCode> {
        if !self.takes_votes() || self.poll().is_none_or(|(open, ..)| open != poll) {
            Err(ErrorCode::UnknownTarget)
        } else if usize::from(choice) >= CHOICES {
            Err(ErrorCode::InvalidBody)
        } else {
            Ok(())
        }
    }

    pub(super) fn call(&self, who: usize) -> Result<(), ErrorCode> {
        if self.is_here(who) || self.raised().contains(&who) { Ok(()) } else { Err(ErrorCode::UnknownTarget) }
    }
}

fn set_aside(hands: &mut [(usize, bool)], who: usize, aside: bool) {
    hands.iter_mut().filter(|(other, _)| *other == who).for_each(|hand| hand.1 = aside);
}
