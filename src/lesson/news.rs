//! What of a class is still to be told on one shard.

use std::collections::BTreeSet;

use super::outcome::{Changed, Whose};
use crate::base::{AccountId, ClassId};

/// What is to be told. The same told twice is told once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own to tell")]
pub(super) struct News {
    /// The lesson began.
    pub(super) began: bool,
    /// It stands otherwise.
    pub(super) state: bool,
    /// Something moved.
    pub(super) pulse: bool,
    /// Somebody came or went.
    pub(super) presence: bool,
    mine: Whose,
}

impl News {
    /// A lesson begins: everything is news.
    pub(super) fn of_a_lesson() -> Self {
        Self { began: true, state: true, pulse: true, presence: true, mine: Whose::Everybody }
    }

    /// A lesson ends.
    pub(super) fn of_an_end() -> Self {
        Self { state: true, mine: Whose::Everybody, ..Self::default() }
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// A student stands otherwise.
    pub(super) fn mine(&mut self, who: &AccountId) {
        match &mut self.mine {
            Whose::Everybody => {}
            Whose::These(some) => {
                some.insert(who.clone());
            }
            nobody @ Whose::Nobody => *nobody = Whose::These(BTreeSet::from([who.clone()])),
        }
    }

    /// Every student stands otherwise.
    pub(super) fn everybody(&mut self) {
        self.mine = Whose::Everybody;
    }

    /// These too.
    pub(super) fn add(&mut self, more: &Self) {
        self.began |= more.began;
        self.state |= more.state;
        self.pulse |= more.pulse;
        self.presence |= more.presence;
        match &more.mine {
            Whose::Nobody => {}
            Whose::Everybody => self.everybody(),
            Whose::These(some) => some.iter().for_each(|who| self.mine(who)),
        }
    }

    /// The same, for who is to tell it.
    pub(super) fn of(self, class: ClassId, is_live: bool) -> Changed {
        let Self { began, state, pulse, presence, mine } = self;
        Changed { class, began: began && is_live, state, pulse, presence, mine }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_everybody_is_told_of_each() {
        let ids = ["a", "b"].map(|id| AccountId::parse(id).unwrap());
        let mut news = News::default();
        assert!(news.is_none());
        news.mine(&ids[0]);
        let mut more = News { pulse: true, ..News::default() };
        more.mine(&ids[1]);
        news.add(&more);
        assert_eq!(news.mine, Whose::These(ids.clone().into()));
        news.add(&News { mine: Whose::Everybody, ..News::default() });
        news.mine(&ids[0]);
        let changed = news.of(ClassId::parse("3a").unwrap(), true);
        assert_eq!((changed.pulse, changed.state, changed.mine), (true, false, Whose::Everybody));
    }
}
