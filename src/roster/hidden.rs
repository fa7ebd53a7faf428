//! Links of a roster that do not count: cut by decision, or stopped by a student of age.
//!
//! A cut link takes its school from the guardian, if no other child is there. A student of age who stops the family's mail
//! vanishes from the family's children and no more: what is for the whole school still is for the family. Decisions are
//! held by identifier and outlive rosters; each roster has them by row, so that nobody who reads links knows of them.

use std::collections::{HashMap, HashSet};

use super::Roster;
use super::kind::LinkTerms;
use super::tables::Tables;
use crate::base::AccountId;

/// What somebody decided about links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A guardian has nothing to do with a student any more.
    Cut {
        /// The adult.
        guardian: AccountId,
        /// The student.
        child: AccountId,
    },
    /// The roster's source decides again about a guardian and a student.
    Restored {
        /// The adult.
        guardian: AccountId,
        /// The student.
        child: AccountId,
    },
    /// A student wants the family to get nothing. Holds while the student is of age.
    Stopped(AccountId),
    /// A student wants the family to get what families get.
    Resumed(AccountId),
}

/// The decisions that hold, whatever roster is in force.
#[derive(Debug, Default)]
pub(super) struct Decided {
    cut: HashSet<(AccountId, AccountId)>,
    stopped: HashSet<AccountId>,
}

impl Decided {
    /// Takes a decision up; the accounts that it is about.
    pub(super) fn take_up(&mut self, decision: Decision) -> Vec<AccountId> {
        match decision {
            Decision::Cut { guardian, child } => {
                self.cut.insert((guardian.clone(), child.clone()));
                vec![guardian, child]
            }
            Decision::Restored { guardian, child } => {
                let link = (guardian, child);
                self.cut.remove(&link);
                vec![link.0, link.1]
            }
            Decision::Stopped(student) => {
                self.stopped.insert(student.clone());
                vec![student]
            }
            Decision::Resumed(student) => {
                self.stopped.remove(&student);
                vec![student]
            }
        }
    }

    /// Whether a link is cut.
    pub(super) fn is_cut(&self, guardian: &AccountId, child: &AccountId) -> bool {
        self.cut.contains(&(guardian.clone(), child.clone()))
    }

    /// Whether a student has stopped the family's mail.
    pub(super) fn is_stopped(&self, student: &AccountId) -> bool {
        self.stopped.contains(student)
    }
}

/// The links of one roster that do not count, by row.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// (guardian, student)
    cut: HashSet<(u32, u32)>,
    stopped: HashSet<u32>,
    /// By guardian with a cut link: the bodies of the children that are left.
    orgs: HashMap<u32, Box<[u32]>>,
}

impl Hidden {
    /// What the decisions come to in a roster.
    pub(super) fn of(roster: &Roster, decided: &Decided) -> Self {
        let row = |id: &AccountId| roster.account(id.as_str()).map(|account| account.row());
        let stopped = decided.stopped.iter().filter_map(|id| roster.account(id.as_str()));
        let cut = decided.cut.iter().filter_map(|(guardian, child)| row(guardian).zip(row(child)));
        let mut hidden = Self {
            cut: cut.collect(),
            stopped: stopped.filter(super::Account::is_adult).map(|account| account.row()).collect(),
            orgs: HashMap::new(),
        };
        for (guardian, _) in &hidden.cut {
            hidden.orgs.entry(*guardian).or_insert_with(|| orgs(roster, *guardian, &hidden.cut));
        }
        hidden
    }

    /// Whether the link between a guardian and a student does not count.
    pub(super) fn hides(&self, guardian: u32, child: u32) -> bool {
        self.cut.contains(&(guardian, child)) || self.stopped.contains(&child)
    }

    /// Whether the link between a guardian and a student is cut.
    pub(super) fn is_cut(&self, guardian: u32, child: u32) -> bool {
        self.cut.contains(&(guardian, child))
    }

    /// Whether a student of age has stopped the family's mail.
    pub(super) fn is_stopped(&self, student: u32) -> bool {
        self.stopped.contains(&student)
    }

    /// The bodies that an account belongs to, if they are others than the source's.
    pub(super) fn orgs(&self, account: u32) -> Option<&[u32]> {
        self.orgs.get(&account).map(AsRef::as_ref)
    }
}

/// The bodies of the children that a guardian is left with.
fn orgs(tables: &Tables, guardian: u32, cut: &HashSet<(u32, u32)>) -> Box<[u32]> {
    let children = tables.children.of(guardian).iter().map(|packed| LinkTerms::unpack(*packed).0);
    let left = children.filter(|child| !cut.contains(&(guardian, *child)));
    let mut orgs: Vec<u32> = left.flat_map(|child| tables.account_orgs.of(child)).copied().collect();
    orgs.sort_unstable();
    orgs.dedup();
    orgs.into_boxed_slice()
}
