//! Raised hands, the first raised first, and who was called last.

use super::news::News;
use crate::base::{AccountId, MachineTime, limits};

/// The hands of a lesson.
#[derive(Debug, Default)]
pub(super) struct Hands {
    raised: Vec<Hand>,
    called: Option<AccountId>,
}

#[derive(Debug)]
struct Hand {
    account: AccountId,
    at: MachineTime,
}

/// As many hands are raised as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Hands {
    /// Whose are raised.
    pub(super) fn raised(&self) -> impl ExactSizeIterator<Item = &AccountId> {
        self.raised.iter().map(|hand| &hand.account)
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

    /// Somebody raises a hand; one that is raised keeps its place.
    pub(super) fn raise(&mut self, who: &AccountId, at: MachineTime, news: &mut News) -> Result<(), TooMany> {
        if self.place(who).is_some() {
            return Ok(());
        }
        if self.raised.len() >= limits::HANDS_MAX {
            return Err(TooMany);
        }
        self.raised.push(Hand { account: who.clone(), at });
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

    /// Those sink whose owners are not there and who raised them before an instant.
    pub(super) fn sink(&mut self, before: MachineTime, here: impl Fn(&AccountId) -> bool, news: &mut News) {
        self.keep(|hand| hand.at > before || here(&hand.account), news);
    }

    /// Somebody is called.
    pub(super) fn call(&mut self, who: &AccountId, news: &mut News) {
        self.lower(who, news);
        self.called = Some(who.clone());
        news.pulse = true;
    }

    /// Keeps some hands. From the first that goes, everybody has another place.
    fn keep(&mut self, stays: impl Fn(&Hand) -> bool, news: &mut News) {
        let Some(first) = self.raised.iter().position(|hand| !stays(hand)) else { return };
        news.pulse = true;
        self.raised[first..].iter().for_each(|hand| news.mine(&hand.account));
        self.raised.retain(stays);
    }
}
