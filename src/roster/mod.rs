//! The school directory: accounts, classes, guardians, held in compact memory.
//!
//! A [`Roster`] never changes; a reload or a cut link puts another one in its place ([`Directory`]). Names and identifiers live in
//! one arena, enrolments and links in flat arrays, so that a region of 453,100 accounts fits in some tens of MiB.
//! It is read from OneRoster files, or made by hand with [`RosterBuilder`].
//!
//! It knows nothing of connections, channels or rights, and puts no roster value into errors or logs.

mod account;
mod builder;
mod changes;
mod class;
mod diagnostic;
mod directory;
mod generate;
mod hidden;
mod index;
mod kind;
mod new;
mod read;
mod rows;
mod tables;
mod text;

#[cfg(test)]
mod reload_tests;
#[cfg(test)]
mod tests;

pub use account::{Account, Enrolment, Level, Link};
pub use builder::{BuildError, RosterBuilder};
pub use changes::Changes;
pub use class::{Class, Org};
pub use diagnostic::{Code, Diagnostic, Report, Severity};
pub use directory::{Directory, Refused, Shrink};
pub use generate::{DEMO, Demo, GenerateError, Naming, Spec, generate};
pub use hidden::Decision;
pub use kind::{ClassKind, EnrolmentRole, LinkKind, LinkTerms, OrgKind};
pub use new::{NewAccount, NewClass, NewLink, NewOrg};
pub use read::{Loaded, Progress, Skipped, read};

use std::ops::Deref;
use std::sync::Arc;

use crate::base::Role;
use hidden::Hidden;
use rows::Rows;
use tables::Tables;
use text::Text;

/// Who belongs to the schools, and how. Immutable: a reload or a cut link puts another one in force.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    tables: Arc<Tables>,
    /// What an account may do depends on this and nothing else; compared when a reload replaces a roster.
    fingerprints: Arc<[u64]>,
    hidden: Arc<Hidden>,
}

impl Deref for Roster {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

/// How much a roster holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Accounts by role, in the order of [`Role::ALL`].
    pub accounts: [usize; Role::ALL.len()],
    /// Schools and the bodies above them.
    pub orgs: usize,
    /// Orgs that are schools.
    pub schools: usize,
    /// Classes and groups.
    pub classes: usize,
    /// Classes that are homerooms.
    pub homerooms: usize,
    /// Enrolments of all roles.
    pub enrolments: usize,
    /// Links between a guardian and a student.
    pub links: usize,
}

impl Counts {
    /// Accounts of all roles.
    pub fn accounts_total(&self) -> usize {
        self.accounts.iter().sum()
    }

    /// Accounts of one role.
    pub fn of(&self, role: Role) -> usize {
        self.accounts[role as usize]
    }
}

impl Roster {
    /// The account with this identifier.
    pub fn account(&self, id: &str) -> Option<Account<'_>> {
        let is = |row: u32| self.texts.get(self.accounts[row as usize].id) == id;
        let row = self.account_index.find(text::hash(id), is)?;
        Some(Account::new(self, row))
    }

    /// All accounts, in the order of their source.
    pub fn accounts(&self) -> impl Iterator<Item = Account<'_>> {
        (0_u32..).zip(&self.accounts).map(|(row, _)| Account::new(self, row))
    }

    /// The class with this identifier.
    pub fn class(&self, id: &str) -> Option<Class<'_>> {
        let is = |row: u32| self.texts.get(self.classes[row as usize].id) == id;
        let row = self.class_index.find(text::hash(id), is)?;
        Some(Class::new(self, row))
    }

    /// All classes, in the order of their source.
    pub fn classes(&self) -> impl Iterator<Item = Class<'_>> {
        (0_u32..).zip(&self.classes).map(|(row, _)| Class::new(self, row))
    }

    /// The school or other body with this identifier.
    pub fn org(&self, id: &str) -> Option<Org<'_>> {
        let is = |row: u32| self.texts.get(self.orgs[row as usize].id) == id;
        let row = self.org_index.find(text::hash(id), is)?;
        Some(Org::new(self, row))
    }

    /// All schools and other bodies, in the order of their source.
    pub fn orgs(&self) -> impl Iterator<Item = Org<'_>> {
        (0_u32..).zip(&self.orgs).map(|(row, _)| Org::new(self, row))
    }

    /// Whether the source links a guardian and a student, also if that link is cut.
    pub fn is_linked(&self, guardian: &str, child: &str) -> bool {
        let (Some(guardian), Some(child)) = (self.account(guardian), self.account(child)) else {
            return false;
        };
        let children = self.children.of(guardian.row());
        children.iter().any(|packed| LinkTerms::unpack(*packed).0 == child.row())
    }

    /// How much the roster holds.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            orgs: self.orgs.len(),
            schools: self.orgs().filter(|org| org.kind() == OrgKind::School).count(),
            classes: self.classes.len(),
            homerooms: self.classes().filter(|class| class.kind() == ClassKind::Homeroom).count(),
            enrolments: self.enrolments.len(),
            links: self.children.len(),
            ..Counts::default()
        };
        for role in &self.roles {
            counts.accounts[*role as usize] += 1;
        }
        counts
    }

    /// Bytes that the roster holds on the heap, counted by its own lengths.
    pub fn heap_bytes(&self) -> usize {
        let lists = [
            &self.account_orgs,
            &self.account_grades,
            &self.enrolments,
            &self.children,
            &self.guardians,
            &self.members,
            &self.class_grades,
        ];
        self.texts.heap_bytes()
            + size_of_val(&*self.accounts)
            + size_of_val(&*self.roles)
            + size_of_val(&*self.adults)
            + size_of_val(&*self.fingerprints)
            + size_of_val(&*self.classes)
            + size_of_val(&*self.orgs)
            + lists.into_iter().map(Rows::heap_bytes).sum::<usize>()
            + self.account_index.heap_bytes()
            + self.class_index.heap_bytes()
            + self.org_index.heap_bytes()
    }
}
