//! What a roster's source says, in flat arrays.
//!
//! Nothing here ever changes: a roster shares it with those that hide other links ([`super::hidden`]).

use super::index::Index;
use super::kind::{ClassKind, OrgKind};
use super::rows::Rows;
use super::text::{Text, Texts};
use crate::base::Role;

/// The arrays. Only a roster can be reached by others, so this has no name outside.
#[derive(Debug, Default)]
pub struct Tables {
    pub(super) texts: Texts,
    pub(super) accounts: Box<[AccountRow]>,
    pub(super) roles: Box<[Role]>,
    pub(super) account_index: Index,
    pub(super) classes: Box<[ClassRow]>,
    pub(super) class_index: Index,
    pub(super) orgs: Box<[OrgRow]>,
    pub(super) org_index: Index,
    /// By account: orgs. A guardian's are the schools of the linked students.
    pub(super) account_orgs: Rows,
    /// By account: places of grades.
    pub(super) account_grades: Rows,
    /// By account: class and role.
    pub(super) enrolments: Rows,
    /// By account: student and terms.
    pub(super) children: Rows,
    /// By account: guardian and terms.
    pub(super) guardians: Rows,
    /// By class: account and role.
    pub(super) members: Rows,
    /// By class: places of grades.
    pub(super) class_grades: Rows,
    /// Students of age, by row.
    pub(super) adults: Box<[u32]>,
}

#[derive(Debug)]
pub(super) struct AccountRow {
    pub(super) id: Text,
    pub(super) given_name: Text,
    pub(super) family_name: Text,
    pub(super) email: Text,
}

#[derive(Debug)]
pub(super) struct ClassRow {
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) subject: Text,
    pub(super) school: u32,
    pub(super) kind: ClassKind,
}

#[derive(Debug)]
pub(super) struct OrgRow {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) kind: OrgKind,
}
