//! What a reload changes, so that open connections can be judged again.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::Roster;
use super::account::Account;
use crate::base::{AccountId, limits};

/// Accounts that disappeared, or may do other things than before.
///
/// Changed are role, schools, grades, enrolments (also by another school or grade of a class) and links; names and
/// addresses don't count. Accounts that are new can't have a connection yet and don't count either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// These accounts and no other. May be empty.
    Accounts(HashSet<AccountId>),
    /// More than [`limits::ROSTER_CHANGES_MAX`]: judge every connection.
    Everybody,
}

impl Changes {
    /// What differs between the roster in force and the one that takes its place.
    pub(super) fn between(old: &Roster, new: &Roster) -> Self {
        let mut changed = HashSet::new();
        for account in old.accounts() {
            let now = new.account(account.id());
            if now.map(|now| now.fingerprint()) == Some(account.fingerprint()) {
                continue;
            }
            if changed.len() == limits::ROSTER_CHANGES_MAX {
                return Self::Everybody;
            }
            // The builder has checked every identifier.
            if let Ok(id) = AccountId::parse(account.id()) {
                changed.insert(id);
            }
        }
        Self::Accounts(changed)
    }

    /// Whether a connection of this account has to be judged again.
    pub fn concerns(&self, account: &AccountId) -> bool {
        match self {
            Self::Accounts(changed) => changed.contains(account),
            Self::Everybody => true,
        }
    }

    /// Whether no account changed.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Accounts(changed) if changed.is_empty())
    }
}

/// Each account's fingerprint. It does not depend on the order of the source's rows.
pub(super) fn fingerprints(roster: &Roster) -> Arc<[u64]> {
    let classes: Vec<u64> = roster
        .classes()
        .map(|class| {
            let grades = class.grades().map(|grade| number(&grade));
            number(&(class.id(), class.school().id(), sum(grades)))
        })
        .collect();
    let classes = |account: &Account<'_>| {
        sum(account.classes().map(|e| number(&(classes[e.class.row() as usize], e.role))))
    };
    roster
        .accounts()
        .map(|account| {
            let row = account.row();
            let orgs = roster.account_orgs.of(row).iter();
            let grades = roster.account_grades.of(row).iter();
            let links = account.children().chain(account.guardians());
            number(&(
                account.role(),
                sum(orgs.map(|org| number(&super::Org::new(roster, *org).id()))),
                sum(grades.map(|grade| number(&roster.texts.get(super::Text(*grade))))),
                classes(&account),
                sum(links.map(|link| number(&(link.account.id(), link.terms)))),
            ))
        })
        .collect()
}

fn number(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::wrapping_add)
}
