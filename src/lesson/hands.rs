//! Raised hands, the first raised first, and who was called last.
//!
//! The hand of somebody who is away is put aside: nobody sees it, and it has its place again when its owner is back. Whoever
//! lowers it meanwhile lowers it for good: also against its owner's asking for the same raising once more.

use std::collections::VecDeque;

use super::news::News;
use crate::base::{AccountId, MachineTime, MessageId, limits};

/// The hands of a lesson.
#[derive(Debug, Default)]
pub(super) struct Hands {
    raised: Vec<Hand>,
    /// Hands that were lowered, each by the name of its raising, the one lowered last at the end.
    lowered: VecDeque<(AccountId, MessageId)>,
    called: Option<AccountId>,
}

#[derive(Debug)]
struct Hand {
    account: AccountId,
    /// What its owner calls its last raising, if anything.
    name: Option<MessageId>,
    at: MachineTime,
    is_aside: bool,
}

/// As many hands are raised as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Hands {
    /// Whose are raised.
    pub(super) fn raised(&self) -> impl Iterator<Item = &AccountId> {
        self.raised.iter().filter(|hand| !hand.is_aside).map(|hand| &hand.account)
    }

    /// The place of somebody's hand, from 1.
    pub(super) fn place(&self, who: &AccountId) -> Option<u32> {
        let index = self.raised().position(|account| account == who)?;
        u32::try_from(index + 1).ok()
    }

    /// Who was called last.
    pub(super) fn called(&self) -> Option<&AccountId> {
        self.called.as_ref()
    }

    /// Somebody raises a hand; one that is raised keeps its place. What was asked for under the same name and lowered since
    /// stays lowered.
    pub(super) fn raise(
        &mut self,
        (who, name): (&AccountId, Option<&MessageId>),
        at: MachineTime,
        news: &mut News,
    ) -> Result<(), TooMany> {
        if let Some(hand) = self.raised.iter_mut().find(|hand| hand.account == *who) {
            hand.name = name.cloned().or(hand.name.take());
            self.bring_back(|account| account == who, at, news);
            return Ok(());
        }
        if name.is_some_and(|name| self.lowered.iter().any(|(by, last)| (by, last) == (who, name))) {
            return Ok(());
        }
        if self.raised.len() >= limits::HANDS_MAX {
            return Err(TooMany);
        }
        self.raised.push(Hand { account: who.clone(), name: name.cloned(), at, is_aside: false });
        news.pulse = true;
        news.mine(who);
        Ok(())
    }

    /// Somebody's hand is lowered, if it is raised.
    pub(super) fn lower(&mut self, who: &AccountId, news: &mut News) {
        self.keep(|hand| hand.account != *who, news);
    }

    /// All hands are lowered.
    pub(super) fn lower_all(&mut self, news: &mut News) {
        self.keep(|_| false, news);
    }

    /// Those are put aside whose owners are not there and who raised them before an instant.
    pub(super) fn put_aside(
        &mut self,
        before: MachineTime,
        here: impl Fn(&AccountId) -> bool,
        news: &mut News,
    ) {
        let is_left = |hand: &Hand| !hand.is_aside && hand.at <= before && !here(&hand.account);
        let Some(first) = self.raised.iter().position(is_left) else { return };
        for hand in &mut self.raised {
            hand.is_aside |= is_left(hand);
        }
        self.moved_from(first, news);
    }

    /// Those of whoever is there are seen again, in their places.
    pub(super) fn bring_back(
        &mut self,
        here: impl Fn(&AccountId) -> bool,
        now: MachineTime,
        news: &mut News,
    ) {
        let is_back = |hand: &Hand| hand.is_aside && here(&hand.account);
        let Some(first) = self.raised.iter().position(is_back) else { return };
        for hand in self.raised.iter_mut().filter(|hand| is_back(hand)) {
            (hand.is_aside, hand.at) = (false, now);
        }
        self.moved_from(first, news);
    }

    /// Somebody is called.
    pub(super) fn call(&mut self, who: &AccountId, news: &mut News) {
        self.lower(who, news);
        self.called = Some(who.clone());
        news.pulse = true;
    }

    fn keep(&mut self, stays: impl Fn(&Hand) -> bool, news: &mut News) {
        let Some(first) = self.raised.iter().position(|hand| !stays(hand)) else { return };
        self.moved_from(first, news);
        let (stay, sink): (Vec<_>, Vec<_>) = self.raised.drain(..).partition(stays);
        self.raised = stay;
        for Hand { account, name, .. } in sink {
            let Some(name) = name else { continue };
            self.lowered.retain(|(by, _)| *by != account);
            if self.lowered.len() >= limits::HANDS_LOWERED_MAX {
                self.lowered.pop_front();
            }
            self.lowered.push_back((account, name));
        }
    }

    /// From one hand on, everybody has another place.
    fn moved_from(&self, first: usize, news: &mut News) {
        news.pulse = true;
        self.raised[first..].iter().for_each(|hand| news.mine(&hand.account));
    }
}
