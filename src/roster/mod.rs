//! The school directory: accounts, classes, guardians, held in compact memory.
//!
//! A [`Roster`] never changes; a reload puts another one in its place ([`Directory`]). Names and identifiers live in
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
mod index;
mod kind;
mod new;
mod read;
mod rows;
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
pub use kind::{ClassKind, EnrolmentRole, LinkKind, LinkTerms, OrgKind};
pub use new::{NewAccount, NewClass, NewLink, NewOrg};
pub use read::{Loaded, Progress, Skipped, read};

use crate::base::Role;
use index::Index;
use rows::Rows;
use text::{Text, Texts};

/// Who belongs to the schools, and how. Immutable.
#[derive(Debug, Default)]
pub struct Roster {
    texts: Texts,
    accounts: Box<[AccountRow]>,
    roles: Box<[Role]>,
    /// What an account may do depends on this and nothing else; compared when a reload replaces a roster.
    fingerprints: Box<[u64]>,
    account_index: Index,
    classes: Box<[ClassRow]>,
    class_index: Index,
    orgs: Box<[OrgRow]>,
    org_index: Index,
    /// By account: orgs. A guardian's are the schools of the linked students.
    account_orgs: Rows,
    /// By account: places of grades.
    account_grades: Rows,
    /// By account: class and role.
    enrolments: Rows,
    /// By account: student and terms.
    children: Rows,
    /// By account: guardian and terms.
    guardians: Rows,
    /// By class: account and role.
    members: Rows,
    /// By class: places of grades.
    class_grades: Rows,
}

#[derive(Debug)]
struct AccountRow {
    id: Text,
    given_name: Text,
    family_name: Text,
    email: Text,
}

#[derive(Debug)]
struct ClassRow {
    id: Text,
    title: Text,
    subject: Text,
    school: u32,
    kind: ClassKind,
}

#[derive(Debug)]
struct OrgRow {
    id: Text,
    name: Text,
    kind: OrgKind,
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
            + size_of_val(&*self.fingerprints)
            + size_of_val(&*self.classes)
            + size_of_val(&*self.orgs)
            + lists.into_iter().map(Rows::heap_bytes).sum::<usize>()
            + self.account_index.heap_bytes()
            + self.class_index.heap_bytes()
            + self.org_index.heap_bytes()
    }
}
